/* SPDX-License-Identifier: GPL-2.0 */
/*
 * registry.h - descriptors of the library on their way to another program
 *
 * Layer:   tools/lkl/hijack/service, in the owner. Users: server.c, hooks.c.
 * Context: any thread.
 */
#ifndef HIJACK_REGISTRY_H
#define HIJACK_REGISTRY_H

#include <sys/types.h>

/**
 * registry_keep - a number may come to light in another program
 * @inode: of the host's socket behind it
 * @lib: the library's descriptor; a duplicate is kept
 * @end: the other end of the host's pair; the registry's from now on
 *
 * Return: 0 or a negative errno.
 */
int registry_keep(ino_t inode, int lib, int end);

/**
 * registry_find - what is behind a number
 * @inode: as above
 * @end: set to the registry's own other end, or -1
 *
 * Return: a new descriptor of the library, or -ENOENT.
 */
int registry_find(ino_t inode, int *end);

/* Around fork(), and in the child, which does not have it. */
void registry_freeze(void);
void registry_thaw(void);
void registry_forget(void);

#endif /* HIJACK_REGISTRY_H */
