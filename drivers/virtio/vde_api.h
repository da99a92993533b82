/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vde_api.h - libvdeplug, loaded when it is first needed.
 *
 * Layer:   drivers/virtio, beside the VDE backend.
 * Users:   net_vde.c.
 */
#ifndef LKL_VIRTIO_VDE_API_H
#define LKL_VIRTIO_VDE_API_H

#include <libvdeplug.h>

#define VDE_FUNCTIONS(f)	\
	f(open_real)		\
	f(recv)			\
	f(send)			\
	f(datafd)		\
	f(ctlfd)		\
	f(close)

#define VDE_FUNCTION(name)	__typeof__(vde_##name) *(name);

/* struct vde_api - the functions of libvdeplug by their names without "vde_" */
struct vde_api {
	VDE_FUNCTIONS(VDE_FUNCTION)
};

/**
 * vde_api_load - load libvdeplug, once in the process
 * @api: set to its functions, for good
 *
 * Context: any host thread outside the kernel; one at a time. Blocks: for files.
 * Return: 0, -ELIBACC (not installed).
 */
int vde_api_load(const struct vde_api **api);

#endif /* LKL_VIRTIO_VDE_API_H */
