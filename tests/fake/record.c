// SPDX-License-Identifier: GPL-2.0
/*
 * record.c - the fake host's record of calls, and failures on demand.
 *
 * Layer:   tests/fake.
 * Context: one host thread.
 */
#include "tests/fake/fake.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What each operation fails with when nothing better is known; 0 for never. */
static const int errors[FAKE_OPS] = {
	[FAKE_THREAD_CREATE] = -EAGAIN,
	[FAKE_THREAD_JOIN] = -ESRCH,
	[FAKE_SLOT_ALLOC] = -EAGAIN,
	[FAKE_SLOT_SET] = -ENOMEM,
	[FAKE_THREAD_SIGNAL] = -ESRCH,
	[FAKE_SEM_ALLOC] = -ENOMEM,
	[FAKE_SEM_DOWN] = -ETIMEDOUT,
	[FAKE_SEM_DOWN_INTERRUPTIBLE] = -EINTR,
	[FAKE_MEM_ALLOC] = -ENOMEM,
	[FAKE_OBJECT_CREATE] = -ENOMEM,
	[FAKE_MAP] = -ENOMEM,
	[FAKE_UNMAP] = -ENOMEM,
	[FAKE_PROTECT] = -ENOMEM,
	[FAKE_DISCARD] = -EOPNOTSUPP,
	[FAKE_IO_READ] = -EINVAL,
	[FAKE_IO_WRITE] = -EINVAL,
	[FAKE_RANDOM_FILL] = -EAGAIN,
	[FAKE_FAULT_ATTACH] = -EBUSY,
};

/* File-scope state: the record, and per operation how often and what next. */
static struct fake_call *calls;
static unsigned int calls_used, calls_room;
static unsigned int counts[FAKE_OPS];
static unsigned int fail_in[FAKE_OPS];
static int fail_with[FAKE_OPS];

void fake_misuse(const char *what)
{
	fprintf(stderr, "fake host: %s\n", what);
	abort();
}

void record_reset(void)
{
	free(calls);
	calls = NULL;
	calls_used = calls_room = 0;
	memset(counts, 0, sizeof(counts));
	memset(fail_in, 0, sizeof(fail_in));
}

static struct fake_call *call_append(void)
{
	if (calls_used == calls_room) {
		calls_room = calls_room ? calls_room * 2 : 64;
		calls = realloc(calls, calls_room * sizeof(*calls));
		if (!calls)
			fake_misuse("no memory for the record");
	}
	return &calls[calls_used++];
}

int fake_record(enum fake_op op, __u64 a, __u64 b, __u64 c, __u64 d, __u64 e)
{
	struct fake_call *call = call_append();

	*call = (struct fake_call){ op, fake_current(), { a, b, c, d, e }, 0 };
	counts[op]++;
	if (!fail_in[op] || --fail_in[op])
		return 0;
	call->ret = fail_with[op];
	return fail_with[op];
}

__s64 fake_returns(__s64 ret)
{
	for (unsigned int i = calls_used; i--; ) {
		if (calls[i].thread == fake_current()) {
			calls[i].ret = ret;
			break;
		}
	}
	return ret;
}

unsigned int fake_last_call(void)
{
	return calls_used - 1;
}

__s64 fake_call_returns(unsigned int index, __s64 ret)
{
	calls[index].ret = ret;
	return ret;
}

unsigned int fake_calls(enum fake_op op)
{
	return counts[op];
}

const struct fake_call *fake_call(enum fake_op op, unsigned int nth)
{
	for (unsigned int i = 0; i < calls_used; i++)
		if (calls[i].op == op && !nth--)
			return &calls[i];
	return NULL;
}

const struct fake_call *fake_call_at(unsigned int index)
{
	return index < calls_used ? &calls[index] : NULL;
}

int fake_can_fail(enum fake_op op)
{
	return errors[op] != 0;
}

void fake_fail(enum fake_op op, unsigned int nth, int error)
{
	if (!fake_can_fail(op))
		fake_misuse("fake_fail() of an operation that cannot fail");
	if (!nth)
		fake_misuse("fake_fail() of the call before the next");
	fail_in[op] = nth;
	fail_with[op] = error ? error : errors[op];
}
