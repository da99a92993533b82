/* SPDX-License-Identifier: GPL-2.0 */
/*
 * nbd_api.h - libnbd, loaded when it is first needed.
 *
 * Layer:   drivers/virtio, beside the NBD backend.
 * Users:   blk_nbd.c; tools/lkl/image, which makes connections.
 *
 * libnbd brings a TLS and an XML library with it. Linked to every tool it would
 * add 5 ms to the start of each (measured), more than the kernel's own boot step
 * has to spare, and most images are plain files.
 */
#ifndef LKL_VIRTIO_NBD_API_H
#define LKL_VIRTIO_NBD_API_H

#include <libnbd.h>

#define NBD_FUNCTIONS(f)	\
	f(create)		\
	f(close)		\
	f(get_error)		\
	f(get_errno)		\
	f(set_uri_allow_local_file) \
	f(set_strict_mode)	\
	f(connect_uri)		\
	f(connect_socket)	\
	f(shutdown)		\
	f(get_size)		\
	f(get_block_size)	\
	f(is_read_only)		\
	f(can_flush)		\
	f(can_trim)		\
	f(can_zero)		\
	f(pread)		\
	f(flush)		\
	f(aio_pread)		\
	f(aio_pwrite)		\
	f(aio_flush)		\
	f(aio_trim)		\
	f(aio_zero)		\
	f(aio_get_fd)		\
	f(aio_get_direction)	\
	f(aio_notify_read)	\
	f(aio_notify_write)	\
	f(aio_is_dead)		\
	f(aio_is_closed)

#define NBD_FUNCTION(name)	__typeof__(nbd_##name) *(name);

/* struct nbd_api - the functions of libnbd by their names without "nbd_" */
struct nbd_api {
	NBD_FUNCTIONS(NBD_FUNCTION)
};

/**
 * nbd_api_load - load libnbd, once in the process
 * @api: set to its functions, for good
 *
 * Context: any host thread outside the kernel; one at a time. Blocks: for files.
 * Return: 0, -ELIBACC (not installed, or too old).
 */
int nbd_api_load(const struct nbd_api **api);

#endif /* LKL_VIRTIO_NBD_API_H */
