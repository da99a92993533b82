/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kernel.h - the library kernel as the interposers see it
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   the interposers (kernel_call), socket() and what opens files
 *	(kernel_up), the service for forked children (kernel_call_set).
 * Context: any thread.
 */
#ifndef HIJACK_KERNEL_H
#define HIJACK_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

/* Takes a system call's number and its six arguments; result or -errno. */
typedef long kernel_function(long nr, long *params);

/* Where calls go; in the process that booted the kernel, lkl_syscall(). */
extern kernel_function *kernel_target;

/**
 * kernel_call - a system call of the library kernel
 * @nr: its number
 * @a: first argument ...
 * @b: second
 * @c: third
 * @d: fourth
 * @e: fifth
 * @f: sixth
 *
 * Return: its result or a negative errno; -ENOTCONN before kernel_up(),
 * -ENOLINK in a forked child that nobody serves.
 */
static inline long kernel_call(long nr, long a, long b, long c, long d, long e,
			       long f)
{
	long params[6] = { a, b, c, d, e, f };

	return __atomic_load_n(&kernel_target, __ATOMIC_ACQUIRE)(nr, params);
}

/**
 * kernel_call_set - send calls somewhere else
 * @target: takes them from now on
 */
void kernel_call_set(kernel_function *target);

/**
 * kernel_up - boot the kernel unless it is up
 *
 * The first caller boots, others wait for it.
 *
 * Return: true if calls can be made; false if there is no kernel and errno
 * says why: boot failed (said on standard error), or the caller is part of
 * booting and means the host.
 */
bool kernel_up(void);

/**
 * kernel_is_up - has the kernel been booted (by this process or its parent)?
 */
bool kernel_is_up(void);

/**
 * kernel_busy - is the calling thread inside boot, where calls mean the host?
 */
bool kernel_busy(void);

/**
 * kernel_forked - is this a forked child that nobody serves?
 */
bool kernel_forked(void);

/**
 * kernel_remote - is the kernel another process's?
 */
bool kernel_remote(void);

/* Another process's kernel is ours too; @target makes its calls. */
void kernel_join(kernel_function *target);

/* In the child, after fork(): calls fail until kernel_call_set(). */
void kernel_fork_child(void);

/* A descriptor of the library on which every call fails with EBADF. */
extern int kernel_dead;

#endif /* HIJACK_KERNEL_H */
