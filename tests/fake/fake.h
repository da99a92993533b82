/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fake.h - what the files of the fake host share.
 *
 * Layer:   tests/fake, private.
 * Users:   record.c, sched.c, memory.c, host.c.
 */
#ifndef LKL_FAKE_FAKE_H
#define LKL_FAKE_FAKE_H

#include "tests/fake/host.h"

/* Say what was done wrong, and end the test. */
void fake_misuse(const char *what) __attribute__((noreturn));

/*
 * Record a call with its arguments. Return: the error that fake_fail() asked
 * for, or 0 to go on.
 */
int fake_record(enum fake_op op, __u64 a, __u64 b, __u64 c, __u64 d, __u64 e);

/* What the call recorded last by the calling thread returns; gives it back. */
__s64 fake_returns(__s64 ret);

/* The same for a call in the course of which others may have been recorded. */
unsigned int fake_last_call(void);
__s64 fake_call_returns(unsigned int index, __s64 ret);

/* The calling thread's self() number. */
__u64 fake_current(void);

extern const struct lkl_thread_ops fake_thread_ops;
extern const struct lkl_sem_ops fake_sem_ops;
extern const struct lkl_time_ops fake_time_ops;
extern const struct lkl_mem_ops fake_mem_ops;

void record_reset(void);
void sched_reset(void);
void memory_reset(void);
unsigned int sched_leaks(void);
unsigned int memory_leaks(void);

#define RECORD(op, a, b, c, d, e)					\
	fake_record(op, (__u64)(a), (__u64)(b), (__u64)(c), (__u64)(d),	\
		    (__u64)(e))

#endif /* LKL_FAKE_FAKE_H */
