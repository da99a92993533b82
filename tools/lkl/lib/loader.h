/* SPDX-License-Identifier: GPL-2.0 */
/*
 * loader.h - a fresh copy of the kernel image for each boot
 *
 * Layer:   tools/lkl/lib, above host/posix/mem.c (address space) and image.c.
 * Users:   instance.c.
 * Locking: the list of instances for debuggers has its own lock; otherwise
 *	callers may load and unload different instances at the same time.
 */
#ifndef LKL_LIB_LOADER_H
#define LKL_LIB_LOADER_H

#include "lkl_debug.h"
#include "host/ops.h"

/* The embedded image; see image.S. */
extern const unsigned char lkl_image_start[];
extern const unsigned char lkl_image_end[];

/**
 * struct loaded_image - one mapped instance
 * @info: for the kernel's entry
 * @entry: the kernel's entry
 * @debug: its place in the list for debuggers
 * @path: name of the file its text is mapped from, or NULL if it is a copy
 */
struct loaded_image {
	struct lkl_image_info info;
	lkl_kernel_entry_t *entry;
	struct lkl_debug_instance debug;
	char *path;
};

/**
 * loader_load - map an image, relocated and ready to be entered
 * @loaded: filled
 * @bytes: the image file, in memory, aligned to IMAGE_PAGE
 * @size: its size in bytes
 *
 * Reserves LOADER_SPAN bytes of address space, or LKL_SPAN_MIN where that much
 * is not to be had. Code and constants are mapped from the file that @bytes
 * itself was mapped from and so are shared with everybody who uses it; without
 * such a file they are copied.
 *
 * Context: any host thread outside the kernel. Blocks: for file reads.
 * Return: 0; -ENOEXEC if @bytes is no image of ours; -ENOMEM; -EACCES or
 * -EPERM if the host forbids executable memory. On error nothing is left
 * behind.
 */
int loader_load(struct loaded_image *loaded, const void *bytes, uint64_t size);

/**
 * loader_unload - unmap an instance and give its address space back
 * @loaded: filled by loader_load()
 *
 * Context: any host thread, when no thread is in the instance any more.
 */
void loader_unload(struct loaded_image *loaded);

/**
 * loader_forget - in a forked child: unmap the image, leave the rest alone
 * @loaded: filled by loader_load() in the parent
 */
void loader_forget(struct loaded_image *loaded);

#define LOADER_SPAN	(1ULL << 40)

#endif /* LKL_LIB_LOADER_H */
