/* SPDX-License-Identifier: GPL-2.0 */
/*
 * api.h - the functions of liblkl.so that are used here
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   kernel.c and boot.c, wait.c.
 * Context: filled by boot, before any other member is used; then read-only.
 *
 * liblkl.so is loaded when it is first needed, apart from the program's symbols
 * and looking up its own in libc first (RTLD_LOCAL, RTLD_DEEPBIND). So its own
 * host calls do not meet the interposers.
 */
#ifndef HIJACK_API_H
#define HIJACK_API_H

#include <lkl.h>
#include <lkl_host.h>

#include "apply.h"

#define API_FUNCTIONS(X) \
	X(lkl_set_fd_limit) X(lkl_waker_self) X(lkl_waker_interrupt) \
	X(lkl_waker_syscall) X(lkl_watch_add) X(lkl_watch_remove) \
	X(lkl_peer_set) X(lkl_signal_handled) \
	X(lkl_fd_users)

/*
 * struct api - functions of liblkl.so
 * @library: from dlopen()
 * @apply: those that applying the settings needs
 *
 * The rest are the functions themselves.
 */
struct api {
	void *library;
	struct apply_api apply;
#define API_MEMBER(name) __typeof__(&name) name;
	API_FUNCTIONS(API_MEMBER)
#undef API_MEMBER
};

extern struct api api;

/* Load liblkl.so from beside this library; 0 or -ENOENT, having complained. */
int api_load(void);

#endif /* HIJACK_API_H */
