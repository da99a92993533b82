/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fault.h - what fault.c needs to know of the processor.
 *
 * Layer:   host/posix, private.
 * Users:   fault.c; implemented by one fault_<processor>.c, which the Makefile
 *          picks.
 */
#ifndef LKL_HOST_POSIX_FAULT_H
#define LKL_HOST_POSIX_FAULT_H

#include <signal.h>
#include <ucontext.h>

#include "host/ops.h"

/**
 * fault_read_context - describe a fault from what the host's signal says
 * @fault: pc, sp, addr and write are set; kind is the caller's
 * @info: the signal's siginfo
 * @uc: the interrupted context
 *
 * Context: signal handler.
 */
void fault_read_context(struct lkl_fault *fault, const siginfo_t *info,
			const ucontext_t *uc);

/**
 * fault_write_context - let the thread go on at fault->pc with fault->sp
 * @fault: where to resume
 * @uc: the interrupted context, changed
 *
 * Context: signal handler.
 */
void fault_write_context(const struct lkl_fault *fault, ucontext_t *uc);

/**
 * fault_call_on_stack - call a function on another stack
 * @fn: the function
 * @arg: its argument
 * @sp: end of the stack; aligned down, and what a leaf function may have left
 *	below it is spared
 *
 * Context: signal handler. Return: what @fn returned.
 */
long fault_call_on_stack(long (*fn)(void *arg), void *arg, __u64 sp);

#endif /* LKL_HOST_POSIX_FAULT_H */
