/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fd.h - making, duplicating and closing descriptors of the library
 *
 * Layer:   tools/lkl/hijack/preload, between table.h and place.h below and the
 *	interposers above.
 * Context: any thread, signal handlers too.
 */
#ifndef HIJACK_FD_H
#define HIJACK_FD_H

#include <stdbool.h>

#include "table.h"

/**
 * struct fd_slot - a number that was taken before there is a file for it
 * @fd: the number
 * @file: its entry, not in the table yet
 */
struct fd_slot {
	int fd;
	struct file *file;
};

/* Take the lowest free number; 0 or a negative errno. */
int fd_reserve(struct fd_slot *slot, bool cloexec);
/* Let it mean the library's descriptor @lib from now on; returns the number. */
int fd_fill(struct fd_slot *slot, int lib, bool nonblock);
/* There will be no file for it. */
void fd_unreserve(struct fd_slot *slot);

/**
 * fd_new - a number for a descriptor of the library
 * @lib: the library's descriptor, or a negative errno, which is returned
 * @cloexec: whether exec closes the number
 * @nonblock: whether it was made O_NONBLOCK and nothing else refers to it
 *
 * Return: the number, or a negative errno with @lib closed.
 */
int fd_new(long lib, bool cloexec, bool nonblock);

/* close() of a number that means something here; 0 or a negative errno. */
int fd_close(int fd);

/* What a number meant is closed, the host's side not being our business. */
void fd_release(struct file *file);

/* Others can clear its O_NONBLOCK from now on; @use was begun as sleeping. */
void fd_share(struct use *use);

/* F_SETFL, minding what file.nonblock promises; @use was begun as sleeping. */
long fd_set_flags(struct use *use, int flags);

/* The library's descriptor is closed in it at once. */
void lib_close(int lib);

#endif /* HIJACK_FD_H */
