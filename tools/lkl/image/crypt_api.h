/* SPDX-License-Identifier: GPL-2.0 */
/*
 * crypt_api.h - libcryptsetup, loaded when it is first needed
 *
 * Layer:   tools/lkl/image, private to it.
 * Users:   luks.c.
 *
 * It brings OpenSSL, json-c, libdevmapper and more, which would add 1.5 ms to
 * the start of each tool (measured); most images are not encrypted.
 */
#ifndef LKL_IMAGES_CRYPT_API_H
#define LKL_IMAGES_CRYPT_API_H

#include <libcryptsetup.h>

#define CRYPT_FUNCTIONS(f)	\
	f(init)			\
	f(free)			\
	f(load)			\
	f(set_log_callback)	\
	f(metadata_locking)	\
	f(volume_key_get)	\
	f(get_volume_key_size)	\
	f(get_cipher)		\
	f(get_cipher_mode)	\
	f(get_uuid)		\
	f(get_type)		\
	f(get_data_offset)	\
	f(get_iv_offset)	\
	f(get_sector_size)	\
	f(get_integrity_info)	\
	f(keyslot_max)		\
	f(keyslot_status)	\
	f(keyslot_get_pbkdf)

#define CRYPT_FUNCTION(name)	__typeof__(crypt_##name) *(name);

/* struct crypt_api - its functions by their names without "crypt_" */
struct crypt_api {
	CRYPT_FUNCTIONS(CRYPT_FUNCTION)
};

/**
 * crypt_api_load - load libcryptsetup, once in the process
 *
 * Return: its functions, for good; NULL: not installed, or too old.
 */
const struct crypt_api *crypt_api_load(void);

#endif /* LKL_IMAGES_CRYPT_API_H */
