/* SPDX-License-Identifier: GPL-2.0 */
/*
 * preload.h - what all files of liblkl-hijack.so share
 *
 * Layer:   tools/lkl/hijack/preload.
 */
#ifndef HIJACK_PRELOAD_H
#define HIJACK_PRELOAD_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An interposer: listed in preload.map, seen by the program. */
#define HIJACK __attribute__((visibility("default")))

/* Another name of one that libc declares as never throwing or calling back. */
#define ALIAS_LEAF(name) __attribute__((alias(name), nothrow, leaf))

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)

/* Thread-local variables are there from the start: no call to find them. */
#define THREAD_LOCAL	static __thread __attribute__((tls_model("initial-exec")))

/* One line to standard error, by the host, whatever the program made of it. */
void complain(const char *what, const char *detail);

/* Has a thread ever been cancelled? Then calls look whether theirs is. */
extern bool cancel_used;

/* What libc's functions return for a system call's result. */
long result_error(long result);

static inline long result(long result)
{
	return unlikely((unsigned long)result > -4096UL) ?
	       result_error(result) : result;
}

#endif /* HIJACK_PRELOAD_H */
