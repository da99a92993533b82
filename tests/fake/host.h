/* SPDX-License-Identifier: GPL-2.0 */
/*
 * host.h - a host in memory, for unit tests.
 *
 * Layer:   tests/fake. Knows host/ops.h alone.
 * Users:   tests/unit: whatever takes families of host operations can be given
 *          those of fake_host.
 *
 * What is fake about it:
 *
 * - Time is virtual. It stands still until a test advances it, something
 *   delays, or everybody waits: then it jumps to the earliest deadline.
 * - Threads take turns in one host thread and change places only where one
 *   waits (sem down, join) or ends, in the order they were made. A test gives
 *   the same result each time.
 * - Memory objects are plain memory; fake_mem_at() does what a load or store
 *   through a mapping would.
 * - Each call is recorded, and any that can fail can be made to.
 * - Misuse (a double free, a wait that nobody will ever end, ...) ends the
 *   test with a message.
 *
 * Context: one host thread, fake_reset() first.
 */
#ifndef LKL_FAKE_HOST_H
#define LKL_FAKE_HOST_H

#include <stddef.h>

#include "host/ops.h"

enum fake_op {
	FAKE_THREAD_CREATE,
	FAKE_THREAD_JOIN,
	FAKE_SLOT_ALLOC,
	FAKE_SLOT_FREE,
	FAKE_SLOT_SET,
	FAKE_SLOT_GET,
	FAKE_THREAD_SELF,
	FAKE_THREAD_SIGNAL,
	FAKE_SEM_ALLOC,
	FAKE_SEM_FREE,
	FAKE_SEM_UP,
	FAKE_SEM_DOWN,
	FAKE_SEM_DOWN_INTERRUPTIBLE,
	FAKE_MONOTONIC,
	FAKE_REALTIME,
	FAKE_DELAY,
	FAKE_MEM_ALLOC,
	FAKE_MEM_FREE,
	FAKE_OBJECT_CREATE,
	FAKE_OBJECT_DESTROY,
	FAKE_MAP,
	FAKE_UNMAP,
	FAKE_PROTECT,
	FAKE_DISCARD,
	FAKE_IO_READ,
	FAKE_IO_WRITE,
	FAKE_CONSOLE_WRITE,
	FAKE_RANDOM_FILL,
	FAKE_FAULT_ATTACH,
	FAKE_FAULT_DETACH,
	FAKE_PANIC,
	FAKE_OPS
};

/**
 * struct fake_call - one recorded call
 * @op: which operation
 * @thread: the fake thread that called; 1 is the test itself
 * @args: its arguments in order, pointers as numbers, up to five
 * @ret: what it returned, a pointer as a number
 */
struct fake_call {
	enum fake_op op;
	__u64 thread;
	__u64 args[5];
	__s64 ret;
};

#define FAKE_PAGE_SIZE		4096ULL
#define FAKE_START_TIME		1000000000ULL

/* The address range that map, unmap and protect accept. */
#define FAKE_SPAN_START		(1ULL << 40)
#define FAKE_SPAN_SIZE		LKL_SPAN_MIN

extern const struct lkl_host_operations fake_host;

/**
 * fake_reset - start anew: no threads, no resources, no calls, no failures
 */
void fake_reset(void);

/**
 * fake_leaks - resources that were taken and not given back
 *
 * Threads not joined, slots, semaphores, memory, objects, mapped ranges and
 * attached fault ranges.
 *
 * Return: how many.
 */
unsigned int fake_leaks(void);

/* --- calls and failures --- */

/**
 * fake_calls - how often an operation was called
 * @op: which
 */
unsigned int fake_calls(enum fake_op op);

/**
 * fake_call - a recorded call
 * @op: which operation
 * @nth: 0 for the first one
 *
 * Return: it, valid until the next call of any operation, or NULL.
 */
const struct fake_call *fake_call(enum fake_op op, unsigned int nth);

/**
 * fake_call_at - a recorded call among all, in their order
 * @index: 0 for the first one
 *
 * Return: it, valid until the next call of any operation, or NULL.
 */
const struct fake_call *fake_call_at(unsigned int index);

/**
 * fake_fail - make one call fail, without effect
 * @op: an operation whose contract has an error
 * @nth: 1 for the next call
 * @error: what it returns, a negative errno; operations that return a pointer
 *	give NULL and fill() of random gives 0
 */
void fake_fail(enum fake_op op, unsigned int nth, int error);

/**
 * fake_can_fail - has the operation an error, so that fake_fail() takes it?
 * @op: which
 */
int fake_can_fail(enum fake_op op);

/* --- time and threads --- */

/**
 * fake_now - virtual time, in ns, without recording a call
 */
__u64 fake_now(void);

/**
 * fake_advance - let time pass; waits whose deadline it passes time out
 * @ns: how much
 */
void fake_advance(__u64 ns);

/**
 * fake_run - let the other threads run until each has ended or waits
 *
 * Time stands still meanwhile. Return: how many threads have not ended.
 */
unsigned int fake_run(void);

/**
 * fake_expect_deadlock - from now on, a wait that nobody can end returns
 * -EDEADLK, instead of ending the test
 */
void fake_expect_deadlock(void);

/* --- memory, devices, the rest --- */

/**
 * fake_mem_at - what a load or store through a mapping reaches
 * @addr: an address in the span
 * @prot: the access, LKL_PROT_*
 *
 * Return: the byte, contiguous to the end of its page; NULL for a fault.
 */
void *fake_mem_at(__u64 addr, __u32 prot);

/**
 * fake_set_io - the operations that fake_host.io passes accesses to
 * @ops: their read and write; NULL (at first) fails each with -EINVAL
 */
void fake_set_io(const struct lkl_io_ops *ops);

/**
 * fake_console - all console output so far, terminated
 */
const char *fake_console(void);

/**
 * fake_panic_message - what panic() was called with, or NULL
 */
const char *fake_panic_message(void);

/**
 * fake_set_entropy - how many bytes random.fill() can give from now on
 * @bytes: at first, as many as anybody wants
 */
void fake_set_entropy(__u64 bytes);

/**
 * fake_fault - let the calling thread have a processor fault
 * @fault: as the backend would describe it; changed by the handler
 *
 * Return: what the handler of its range returned, or -1 if there is none.
 */
int fake_fault(struct lkl_fault *fault);

/**
 * fake_signal - the last signal sent to a thread
 * @thread: its self() number
 *
 * Return: the signal, or NULL if there was none.
 */
const struct lkl_signal *fake_signal(__u64 thread);

#endif /* LKL_FAKE_HOST_H */
