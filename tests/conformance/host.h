/* SPDX-License-Identifier: GPL-2.0 */
/*
 * host.h - what the conformance suites ask of the backend under test.
 *
 * Layer:   tests/conformance.
 * Users:   every suite here; implemented by one host_<backend>.c, chosen when
 *          the program is linked. host_posix.c is the first.
 *
 * Build and run all suites against host/posix:
 *	make check-build && build/tests/conformance
 * or by hand, from the root:
 *	gcc -std=gnu11 -D_GNU_SOURCE -O2 -I. -o /tmp/conformance \
 *		tests/conformance/[a-z]*.c \
 *		$(ls host/posix/[a-z]*.c | grep -v 'fault_aarch64') \
 *		-lcriterion -lpthread
 *
 * A suite checks what host/ops.h promises and nothing else. What only this
 * backend promises is in the suite named after it (posix.c).
 */
#ifndef LKL_CONFORMANCE_HOST_H
#define LKL_CONFORMANCE_HOST_H

#include "host/ops.h"

/* The backend under test. The io and panic families are the composer's. */
extern const struct lkl_host_operations *const host;

/* Reserve address space for the mem family; size a multiple of 2 MiB. */
__u64 host_span_reserve(__u64 size);
void host_span_release(__u64 addr, __u64 size);

#endif /* LKL_CONFORMANCE_HOST_H */
