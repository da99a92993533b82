/* SPDX-License-Identifier: GPL-2.0 */
/*
 * probe.h - code that faults, at addresses the tests know.
 *
 * Layer:   tests/conformance.
 * Users:   fault.c and posix.c; implemented by probe.c.
 *
 * All of it lies in [probe_start, probe_end). A probe returns 0 when nothing
 * happened. A handler makes it return 1 by resuming at probe_recover, with the
 * stack pointer it found, or at probe_recover_sp after probe_stack.
 */
#ifndef LKL_CONFORMANCE_PROBE_H
#define LKL_CONFORMANCE_PROBE_H

extern const char probe_start[], probe_end[];
extern const char probe_recover[], probe_recover_stack[];

int probe_load(const volatile void *addr);
int probe_store(volatile void *addr);
int probe_illegal(void);
/* Divides by zero; on processors where that is no fault it returns 0. */
int probe_divide(void);
/* Loads from @addr with the stack pointer at @sp. */
int probe_stack(const volatile void *addr, void *sp);
/* Stays in the range until *@stop is not 0. */
int probe_loop(const volatile int *stop);

#endif /* LKL_CONFORMANCE_PROBE_H */
