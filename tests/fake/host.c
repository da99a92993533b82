// SPDX-License-Identifier: GPL-2.0
/*
 * host.c - the fake host put together, and its small families: devices,
 * console, entropy, faults, panic.
 *
 * Layer:   tests/fake.
 * Context: one host thread.
 */
#include "tests/fake/fake.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RANGES_MAX	16

struct range {
	__u64 base;
	__u64 size;
	int (*handler)(struct lkl_fault *fault);
};

static const struct lkl_io_ops *io;
static char *output;
static size_t output_len;
static char *panic_message;
static __u64 entropy;
static __u8 next_random;
static struct range ranges[RANGES_MAX];

/* --- device registers --- */

void fake_set_io(const struct lkl_io_ops *ops)
{
	io = ops;
}

static int io_read(void *dev, __u32 offset, __u32 size, __u64 *value)
{
	int err = RECORD(FAKE_IO_READ, dev, offset, size, value, 0);
	unsigned int call = fake_last_call();

	if (!err)
		err = io ? io->read(dev, offset, size, value) : -EINVAL;
	return fake_call_returns(call, err);
}

static int io_write(void *dev, __u32 offset, __u32 size, __u64 value)
{
	int err = RECORD(FAKE_IO_WRITE, dev, offset, size, value, 0);
	unsigned int call = fake_last_call();

	if (!err)
		err = io ? io->write(dev, offset, size, value) : -EINVAL;
	return fake_call_returns(call, err);
}

static const struct lkl_io_ops fake_io_ops = {
	.hdr = LKL_OPS_HEADER(struct lkl_io_ops),
	.read = io_read,
	.write = io_write,
};

/* --- console and panic --- */

static void console_write(void *data, const char *str, __u32 len)
{
	RECORD(FAKE_CONSOLE_WRITE, data, str, len, 0, 0);
	output = realloc(output, output_len + len + 1);
	if (!output)
		fake_misuse("no memory for console output");
	memcpy(output + output_len, str, len);
	output_len += len;
	output[output_len] = '\0';
}

const char *fake_console(void)
{
	return output ? output : "";
}

static const struct lkl_console_ops fake_console_ops = {
	.hdr = LKL_OPS_HEADER(struct lkl_console_ops),
	.write = console_write,
};

static void panic(void *data, const char *message)
{
	RECORD(FAKE_PANIC, data, message, 0, 0, 0);
	if (panic_message)
		fake_misuse("a second panic");
	panic_message = strdup(message);
}

const char *fake_panic_message(void)
{
	return panic_message;
}

static const struct lkl_panic_ops fake_panic_ops = {
	.hdr = LKL_OPS_HEADER(struct lkl_panic_ops),
	.panic = panic,
};

/* --- entropy --- */

void fake_set_entropy(__u64 bytes)
{
	entropy = bytes;
}

/* Counts, so that a test can tell which bytes it got. */
static __u32 random_fill(void *buf, __u32 len)
{
	int err = RECORD(FAKE_RANDOM_FILL, buf, len, 0, 0, 0);
	__u32 n = len < entropy ? len : entropy;

	if (err)
		return fake_returns(0);
	for (__u32 i = 0; i < n; i++)
		((__u8 *)buf)[i] = next_random++;
	if (entropy != LKL_FOREVER)
		entropy -= n;
	return fake_returns(n);
}

static const struct lkl_random_ops fake_random_ops = {
	.hdr = LKL_OPS_HEADER(struct lkl_random_ops),
	.fill = random_fill,
};

/* --- faults --- */

static int fault_attach(__u64 base, __u64 size,
			int (*handler)(struct lkl_fault *fault))
{
	int err = RECORD(FAKE_FAULT_ATTACH, base, size, handler, 0, 0);

	if (err)
		return err;
	for (int i = 0; i < RANGES_MAX; i++) {
		if (ranges[i].size)
			continue;
		ranges[i] = (struct range){ base, size, handler };
		return 0;
	}
	return fake_returns(-EBUSY);
}

static void fault_detach(__u64 base)
{
	RECORD(FAKE_FAULT_DETACH, base, 0, 0, 0, 0);
	for (int i = 0; i < RANGES_MAX; i++) {
		if (ranges[i].size && ranges[i].base == base) {
			ranges[i].size = 0;
			return;
		}
	}
	fake_misuse("detach of what is not attached");
}

int fake_fault(struct lkl_fault *fault)
{
	for (int i = 0; i < RANGES_MAX; i++)
		if (fault->pc - ranges[i].base < ranges[i].size)
			return ranges[i].handler(fault);
	return -1;
}

static const struct lkl_fault_ops fake_fault_ops = {
	.hdr = LKL_OPS_HEADER(struct lkl_fault_ops),
	.attach = fault_attach,
	.detach = fault_detach,
};

/* --- all of it --- */

const struct lkl_host_operations fake_host = {
	.hdr = LKL_OPS_HEADER(struct lkl_host_operations),
	.thread = &fake_thread_ops,
	.sem = &fake_sem_ops,
	.time = &fake_time_ops,
	.mem = &fake_mem_ops,
	.fault = &fake_fault_ops,
	.io = &fake_io_ops,
	.console = &fake_console_ops,
	.random = &fake_random_ops,
	.panic = &fake_panic_ops,
};

unsigned int fake_leaks(void)
{
	unsigned int leaks = sched_leaks() + memory_leaks();

	for (int i = 0; i < RANGES_MAX; i++)
		leaks += ranges[i].size != 0;
	return leaks;
}

void fake_reset(void)
{
	record_reset();
	sched_reset();
	memory_reset();
	io = NULL;
	free(output);
	output = NULL;
	output_len = 0;
	free(panic_message);
	panic_message = NULL;
	entropy = LKL_FOREVER;
	next_random = 0;
	memset(ranges, 0, sizeof(ranges));
}
