/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cancel.h - calls of the library that a cancellation ends
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   io.c, messages.c, sockets.c; process.c.
 */
#ifndef HIJACK_CANCEL_H
#define HIJACK_CANCEL_H

#include "kernel.h"
#include "preload.h"

/* As kernel_call() once a thread has been cancelled; -EINTR if it is this one. */
long cancel_call(long nr, long *params);

/* In a forked child: its thread is another one to the library. */
void cancel_forked(void);

/* A call that may sleep. */
static inline long sleeping_call(long nr, long a, long b, long c, long d, long e, long f)
{
	long params[6] = { a, b, c, d, e, f };

	return likely(!cancel_used) ? kernel_call(nr, a, b, c, d, e, f) :
	       cancel_call(nr, params);
}

#endif /* HIJACK_CANCEL_H */
