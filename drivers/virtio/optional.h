/* SPDX-License-Identifier: GPL-2.0 */
/*
 * optional.h - shared libraries that need not be installed.
 *
 * Layer:   drivers/virtio, private to it.
 * Users:   slirp_api.c, vde_api.c.
 *
 * liblkl.so needs libc and nothing else; what else a backend uses is looked for when
 * somebody asks for that backend.
 */
#ifndef LKL_VIRTIO_OPTIONAL_H
#define LKL_VIRTIO_OPTIONAL_H

#include <stddef.h>

/**
 * struct optional_function - a function of an optional library
 * @name: its symbol, NULL at the end of a table
 * @offset: where in the table of functions its address goes
 */
struct optional_function {
	const char *name;
	size_t offset;
};

/**
 * optional_load - load a library and find its functions
 * @library: its soname
 * @functions: what is needed of it
 * @api: a struct of function pointers, filled in; as it was after an error
 *
 * Loading it again changes nothing.
 *
 * Context: any host thread outside the kernel. Blocks: for files.
 * Return: 0, -ELIBACC (not installed, or a function is missing).
 */
int optional_load(const char *library, const struct optional_function *functions,
		  void *api);

#endif /* LKL_VIRTIO_OPTIONAL_H */
