/* SPDX-License-Identifier: GPL-2.0 */
/*
 * slirp_api.h - libslirp, loaded when it is first needed.
 *
 * Layer:   drivers/virtio, beside the slirp backend.
 * Users:   net_slirp.c.
 */
#ifndef LKL_VIRTIO_SLIRP_API_H
#define LKL_VIRTIO_SLIRP_API_H

#include <slirp/libslirp.h>

#define SLIRP_FUNCTIONS(f)	\
	f(new)			\
	f(cleanup)		\
	f(input)		\
	f(pollfds_fill)		\
	f(pollfds_poll)		\
	f(add_hostxfwd)

#define SLIRP_FUNCTION(name)	__typeof__(slirp_##name) *(name);

/* struct slirp_api - the functions of libslirp by their names without "slirp_" */
struct slirp_api {
	SLIRP_FUNCTIONS(SLIRP_FUNCTION)
};

/**
 * slirp_api_load - load libslirp, once in the process
 * @api: set to its functions, for good
 *
 * Context: any host thread outside the kernel; one at a time. Blocks: for files.
 * Return: 0, -ELIBACC (not installed, or older than 4.5).
 */
int slirp_api_load(const struct slirp_api **api);

#endif /* LKL_VIRTIO_SLIRP_API_H */
