/* SPDX-License-Identifier: GPL-2.0 */
/*
 * guard.h - copying from and to addresses that the program gave
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   service/ahead.c; signals.c.
 * Context: any thread, signal handlers too.
 *
 * A call that is made here, not in a kernel, must say EFAULT where a kernel would.
 */
#ifndef HIJACK_GUARD_H
#define HIJACK_GUARD_H

#include <stdbool.h>
#include <stddef.h>

/* Can guarded_copy() be used? From boot on, on the processors that it knows. */
bool guard_ready(void);
void guard_start(void);

/* As memcpy(). Return: 0, or -EFAULT with nobody knowing how much was copied. */
int guarded_copy(void *to, const void *from, size_t len);

/*
 * In the handler of a fault: was it guarded_copy()'s? Then @context is where it
 * goes on.
 */
bool guard_fault(void *context);

#endif /* HIJACK_GUARD_H */
