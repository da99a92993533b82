// SPDX-License-Identifier: GPL-2.0
/*
 * fake_test.c - the fake host does what its header says.
 *
 * Layer:   tests/fake. Part of the unit suites:
 *	gcc -std=gnu11 -D_GNU_SOURCE -O2 -I. -o /tmp/fake tests/fake/[a-z]*.c \
 *		-lcriterion
 */
#include "tests/fake/host.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <string.h>

#define RW		(LKL_PROT_READ | LKL_PROT_WRITE)
#define SPAN		FAKE_SPAN_START
#define PAGE		FAKE_PAGE_SIZE

static const struct lkl_host_operations *const host = &fake_host;

static void check_leaks(void)
{
	fake_reset();
	cr_assert_eq(fake_leaks(), 0);
}

TestSuite(fake, .init = fake_reset, .fini = check_leaks);

static char trace[64];

static void note(const char *what)
{
	strncat(trace, what, sizeof(trace) - strlen(trace) - 1);
}

/* --- time --- */

Test(fake, time_stands_still_until_something_passes_it)
{
	cr_assert_eq(host->time->monotonic(), FAKE_START_TIME);
	cr_assert_eq(host->time->monotonic(), FAKE_START_TIME);
	host->time->delay(7);
	fake_advance(3);
	cr_assert_eq(host->time->monotonic(), FAKE_START_TIME + 10);
	cr_assert_eq(fake_now(), FAKE_START_TIME + 10);
}

Test(fake, realtime_goes_with_monotonic)
{
	__u64 start = host->time->realtime();

	fake_advance(123);
	cr_assert_eq(host->time->realtime(), start + 123);
}

/* --- semaphores --- */

Test(fake, semaphore_counts)
{
	struct lkl_sem *sem = host->sem->alloc(1);

	host->sem->up(sem);
	cr_assert_eq(host->sem->down(sem, 0), 0);
	cr_assert_eq(host->sem->down(sem, LKL_FOREVER), 0);
	cr_assert_eq(host->sem->down(sem, 0), -ETIMEDOUT);
	host->sem->free(sem);
	cr_assert_eq(fake_leaks(), 0);
}

Test(fake, waiting_alone_jumps_to_the_deadline)
{
	struct lkl_sem *sem = host->sem->alloc(0);

	cr_assert_eq(host->sem->down(sem, FAKE_START_TIME + 5000), -ETIMEDOUT);
	cr_assert_eq(fake_now(), FAKE_START_TIME + 5000);
	host->sem->free(sem);
}

Test(fake, waiting_for_ever_alone_is_a_deadlock)
{
	struct lkl_sem *sem = host->sem->alloc(0);

	fake_expect_deadlock();
	cr_assert_eq(host->sem->down(sem, LKL_FOREVER), -EDEADLK);
	host->sem->free(sem);
}

Test(fake, deadlock_ends_the_test, .signal = SIGABRT)
{
	host->sem->down(host->sem->alloc(0), LKL_FOREVER);
}

/* --- threads --- */

static struct lkl_sem *ping, *pong;

static void answer(void *arg)
{
	for (int i = 0; i < 3; i++) {
		host->sem->down(ping, LKL_FOREVER);
		note("b");
		host->sem->up(pong);
	}
}

Test(fake, threads_take_turns_where_they_wait)
{
	__u64 thread;

	ping = host->sem->alloc(0);
	pong = host->sem->alloc(0);
	cr_assert_eq(host->thread->create(answer, NULL, "answer", &thread), 0);
	note("0");
	for (int i = 0; i < 3; i++) {
		note("a");
		host->sem->up(ping);
		cr_assert_eq(host->sem->down(pong, LKL_FOREVER), 0);
	}
	cr_assert_eq(host->thread->join(thread), 0);
	cr_assert_str_eq(trace, "0ababab");
	cr_assert_eq(fake_now(), FAKE_START_TIME);
	host->sem->free(ping);
	host->sem->free(pong);
	cr_assert_eq(fake_leaks(), 0);
}

static void wait_until(void *arg)
{
	host->sem->down(ping, FAKE_START_TIME + (__u64)arg);
	note((__u64)arg == 100 ? "1" : "2");
}

Test(fake, deadlines_come_in_order)
{
	__u64 first, second;

	ping = host->sem->alloc(0);
	host->thread->create(wait_until, (void *)200, "x", &second);
	host->thread->create(wait_until, (void *)100, "x", &first);
	cr_assert_eq(fake_run(), 2);
	cr_assert_str_eq(trace, "");
	fake_advance(150);
	cr_assert_eq(fake_run(), 1);
	cr_assert_str_eq(trace, "1");
	cr_assert_eq(host->thread->join(second), 0);
	cr_assert_str_eq(trace, "12");
	cr_assert_eq(fake_now(), FAKE_START_TIME + 200);
	cr_assert_eq(host->thread->join(first), 0);
	host->sem->free(ping);
}

static void end(void *arg)
{
	note(arg);
}

Test(fake, threads_run_in_the_order_they_were_made)
{
	__u64 threads[3];

	host->thread->create(end, "1", "x", &threads[0]);
	host->thread->create(end, "2", "x", &threads[1]);
	host->thread->create(end, "3", "x", &threads[2]);
	cr_assert_str_eq(trace, "");
	cr_assert_eq(fake_run(), 0);
	cr_assert_str_eq(trace, "123");
	cr_assert_eq(fake_leaks(), 3);
	for (int i = 0; i < 3; i++)
		cr_assert_eq(host->thread->join(threads[i]), 0);
	cr_assert_eq(host->thread->join(threads[0]), -ESRCH);
	cr_assert_eq(fake_leaks(), 0);
}

static __u64 slot;

static void set_slot(void *arg)
{
	cr_assert_null(host->thread->slot_get(slot));
	host->thread->slot_set(slot, arg);
	note("s");
}

static void destructor(void *value)
{
	cr_assert_null(host->thread->slot_get(slot));
	note(value);
}

Test(fake, slots_are_per_thread_with_destructors)
{
	__u64 thread;

	cr_assert_eq(host->thread->slot_alloc(destructor, &slot), 0);
	host->thread->slot_set(slot, "mine");
	host->thread->create(set_slot, "d", "x", &thread);
	host->thread->join(thread);
	cr_assert_str_eq(trace, "sd");
	cr_assert_str_eq(host->thread->slot_get(slot), "mine");
	host->thread->slot_free(slot);
	cr_assert_eq(host->thread->slot_set(slot, "x"), -EINVAL);
}

static void join_self(void *arg)
{
	cr_assert_eq(host->thread->join(host->thread->self()), -EDEADLK);
	note("j");
}

Test(fake, join_of_oneself_fails)
{
	__u64 thread;

	host->thread->create(join_self, NULL, "x", &thread);
	host->thread->join(thread);
	cr_assert_str_eq(trace, "j");
}

Test(fake, signals_are_kept)
{
	struct lkl_signal sig = { .signo = 14, .code = -2, .value = 5 };

	cr_assert_null(fake_signal(1));
	cr_assert_eq(host->thread->signal(host->thread->self(), &sig), 0);
	cr_assert_eq(fake_signal(1)->signo, 14);
	cr_assert_eq(fake_signal(1)->value, 5);
	cr_assert_eq(host->thread->signal(99, &sig), -ESRCH);
	sig.signo = 65;
	cr_assert_eq(host->thread->signal(1, &sig), -EINVAL);
}

/* --- memory --- */

Test(fake, alloc_is_zeroed_aligned_and_counted)
{
	char *ptr = host->mem->alloc(100);

	for (int i = 0; i < 100; i++)
		cr_assert_eq(ptr[i], 0);
	cr_assert_eq((__u64)ptr % 64, 0);
	cr_assert_eq(fake_leaks(), 1);
	host->mem->free(ptr);
	host->mem->free(NULL);
	cr_assert_eq(fake_leaks(), 0);
}

Test(fake, double_free_ends_the_test, .signal = SIGABRT)
{
	char *ptr = host->mem->alloc(1);

	host->mem->free(ptr);
	host->mem->free(ptr);
}

static char *at(__u64 addr)
{
	return fake_mem_at(addr, RW);
}

Test(fake, mappings_share_pages)
{
	__u64 obj;

	cr_assert_eq(host->mem->object_create(8 * PAGE, &obj), 0);
	cr_assert_eq(host->mem->map(obj, SPAN, 8 * PAGE, 0, RW), 0);
	cr_assert_eq(host->mem->map(obj, SPAN + 16 * PAGE, PAGE, 3 * PAGE, RW), 0);
	*at(SPAN + 3 * PAGE + 5) = 'x';
	cr_assert_eq(*at(SPAN + 16 * PAGE + 5), 'x');
	cr_assert_eq(host->mem->discard(obj, 3 * PAGE, PAGE), 0);
	cr_assert_eq(*at(SPAN + 16 * PAGE + 5), 0);
	host->mem->object_destroy(obj);
	*at(SPAN) = 'y';
	cr_assert_eq(host->mem->unmap(SPAN, 32 * PAGE), 0);
	cr_assert_eq(fake_leaks(), 0);
}

Test(fake, unmap_and_protect_split_mappings)
{
	__u64 obj;

	host->mem->object_create(8 * PAGE, &obj);
	host->mem->map(obj, SPAN, 8 * PAGE, 0, RW);
	for (int i = 0; i < 8; i++)
		*at(SPAN + i * PAGE) = i;
	cr_assert_eq(host->mem->unmap(SPAN + 2 * PAGE, PAGE), 0);
	cr_assert_eq(host->mem->protect(SPAN + 4 * PAGE, 2 * PAGE, LKL_PROT_READ), 0);
	for (int i = 0; i < 8; i++) {
		char *byte = fake_mem_at(SPAN + i * PAGE, LKL_PROT_READ);

		cr_assert_eq(byte == NULL, i == 2);
		cr_assert_eq(at(SPAN + i * PAGE) == NULL, i == 2 || i == 4 || i == 5);
		if (byte)
			cr_assert_eq(*byte, i);
	}
	cr_assert_null(at(SPAN + 8 * PAGE));
	host->mem->unmap(SPAN, 8 * PAGE);
	host->mem->object_destroy(obj);
	cr_assert_eq(fake_leaks(), 0);
}

Test(fake, bad_ranges_are_refused)
{
	__u64 obj;

	cr_assert_eq(host->mem->object_create(0, &obj), -EINVAL);
	host->mem->object_create(PAGE, &obj);
	cr_assert_eq(host->mem->map(obj, SPAN, 2 * PAGE, 0, RW), -EINVAL);
	cr_assert_eq(host->mem->map(obj, SPAN + 1, PAGE, 0, RW), -EINVAL);
	cr_assert_eq(host->mem->map(obj, SPAN - PAGE, PAGE, 0, RW), -EINVAL);
	cr_assert_eq(host->mem->map(obj, SPAN, PAGE, 0, 4), -EINVAL);
	cr_assert_eq(host->mem->unmap(SPAN, 0), -EINVAL);
	cr_assert_eq(host->mem->protect(0, PAGE, RW), -EINVAL);
	cr_assert_eq(host->mem->discard(obj, PAGE, PAGE), -EINVAL);
	host->mem->object_destroy(obj);
}

/* --- devices and the rest --- */

static int read_register(void *dev, __u32 offset, __u32 size, __u64 *value)
{
	host->time->delay(1);
	*value = offset + size;
	return 0;
}

static int write_register(void *dev, __u32 offset, __u32 size, __u64 value)
{
	*(__u64 *)dev = value;
	return 0;
}

static const struct lkl_io_ops registers = {
	.hdr = LKL_OPS_HEADER(struct lkl_io_ops),
	.read = read_register,
	.write = write_register,
};

Test(fake, io_goes_to_the_device)
{
	__u64 dev = 0, value;

	cr_assert_eq(host->io->read(&dev, 0, 4, &value), -EINVAL);
	fake_set_io(&registers);
	cr_assert_eq(host->io->read(&dev, 8, 4, &value), 0);
	cr_assert_eq(value, 12);
	cr_assert_eq(host->io->write(&dev, 8, 4, 77), 0);
	cr_assert_eq(dev, 77);
	cr_assert_eq(fake_call(FAKE_IO_READ, 0)->ret, -EINVAL);
	cr_assert_eq(fake_call(FAKE_IO_READ, 1)->ret, 0);
	cr_assert_eq(fake_call(FAKE_IO_WRITE, 0)->args[3], 77);
}

Test(fake, console_is_kept)
{
	host->console->write(NULL, "one ", 4);
	host->console->write(NULL, "two!", 3);
	cr_assert_str_eq(fake_console(), "one two");
}

Test(fake, entropy_may_run_out)
{
	unsigned char buf[8] = { 0 };

	cr_assert_eq(host->random->fill(buf, 2), 2);
	fake_set_entropy(3);
	cr_assert_eq(host->random->fill(buf, 2), 2);
	cr_assert_eq(buf[0], 2);
	cr_assert_eq(host->random->fill(buf, 8), 1);
	cr_assert_eq(host->random->fill(buf, 8), 0);
}

static int move_on(struct lkl_fault *fault)
{
	fault->pc += 2;
	return 1;
}

Test(fake, faults_go_to_their_range)
{
	struct lkl_fault fault = { .pc = 0x1008 };

	cr_assert_eq(fake_fault(&fault), -1);
	cr_assert_eq(host->fault->attach(0x1000, 0x10, move_on), 0);
	cr_assert_eq(fake_fault(&fault), 1);
	cr_assert_eq(fault.pc, 0x100a);
	fault.pc = 0x1010;
	cr_assert_eq(fake_fault(&fault), -1);
	cr_assert_eq(fake_leaks(), 1);
	host->fault->detach(0x1000);
	cr_assert_eq(fake_leaks(), 0);
}

Test(fake, panic_is_kept)
{
	cr_assert_null(fake_panic_message());
	host->panic->panic(NULL, "why");
	cr_assert_str_eq(fake_panic_message(), "why");
}

/* --- the record, and failures --- */

Test(fake, calls_are_recorded_in_order)
{
	void *ptr;

	host->time->delay(5);
	ptr = host->mem->alloc(9);
	host->mem->free(ptr);
	cr_assert_eq(fake_calls(FAKE_DELAY), 1);
	cr_assert_eq(fake_calls(FAKE_MEM_ALLOC), 1);
	cr_assert_eq(fake_call_at(0)->op, FAKE_DELAY);
	cr_assert_eq(fake_call_at(0)->args[0], 5);
	cr_assert_eq(fake_call_at(1)->op, FAKE_MEM_ALLOC);
	cr_assert_eq(fake_call_at(1)->ret, (__s64)(__u64)ptr);
	cr_assert_eq(fake_call_at(2)->args[0], (__u64)ptr);
	cr_assert_null(fake_call_at(3));
	cr_assert_null(fake_call(FAKE_MEM_FREE, 1));
}

Test(fake, the_nth_call_fails_and_only_that)
{
	void *ptr[4];

	fake_fail(FAKE_MEM_ALLOC, 3, -ENOMEM);
	for (int i = 0; i < 4; i++) {
		ptr[i] = host->mem->alloc(1);
		cr_assert_eq(ptr[i] == NULL, i == 2);
	}
	for (int i = 0; i < 4; i++)
		host->mem->free(ptr[i]);
}

/* Each in turn, called so that it would succeed. */
Test(fake, every_operation_with_an_error_can_fail)
{
	struct lkl_signal sig = { .signo = 1 };
	struct lkl_sem *sem = host->sem->alloc(9);
	__u64 obj, thread, s, value = 0;
	char byte;

	fake_set_io(&registers);
	host->mem->object_create(PAGE, &obj);
	host->thread->slot_alloc(NULL, &s);
	host->thread->create(end, "", "x", &thread);
	for (enum fake_op op = 0; op < FAKE_OPS; op++)
		if (fake_can_fail(op))
			fake_fail(op, 1, -E2BIG);
	cr_assert_eq(host->thread->create(end, "", "x", &value), -E2BIG);
	cr_assert_eq(host->thread->join(thread), -E2BIG);
	cr_assert_eq(host->thread->slot_alloc(NULL, &value), -E2BIG);
	cr_assert_eq(host->thread->slot_set(s, NULL), -E2BIG);
	cr_assert_eq(host->thread->signal(1, &sig), -E2BIG);
	cr_assert_null(host->sem->alloc(1));
	cr_assert_eq(host->sem->down(sem, 0), -E2BIG);
	cr_assert_eq(host->sem->down_interruptible(sem, 0), -E2BIG);
	cr_assert_null(host->mem->alloc(1));
	cr_assert_eq(host->mem->object_create(PAGE, &value), -E2BIG);
	cr_assert_eq(host->mem->map(obj, SPAN, PAGE, 0, RW), -E2BIG);
	cr_assert_eq(host->mem->unmap(SPAN, PAGE), -E2BIG);
	cr_assert_eq(host->mem->protect(SPAN, PAGE, RW), -E2BIG);
	cr_assert_eq(host->mem->discard(obj, 0, PAGE), -E2BIG);
	cr_assert_eq(host->io->read(&value, 0, 4, &value), -E2BIG);
	cr_assert_eq(host->io->write(&value, 0, 4, 1), -E2BIG);
	cr_assert_eq(host->random->fill(&byte, 1), 0);
	cr_assert_eq(host->fault->attach(0, 1, move_on), -E2BIG);
	cr_assert_eq(value, 0, "a failed call has no effect");
	/* The thread, the slot, the semaphore and the object from above. */
	cr_assert_eq(fake_leaks(), 4);
}

Test(fake, what_cannot_fail_is_refused, .signal = SIGABRT)
{
	fake_fail(FAKE_MONOTONIC, 1, -EINVAL);
}

Test(fake, reset_forgets_everything)
{
	__u64 any;

	host->mem->alloc(1);
	host->sem->alloc(1);
	host->mem->object_create(PAGE, &any);
	host->mem->map(any, SPAN, PAGE, 0, RW);
	host->mem->object_destroy(any);
	host->thread->slot_alloc(NULL, &any);
	ping = host->sem->alloc(0);
	host->thread->create(answer, NULL, "x", &any);
	fake_run();
	fake_fail(FAKE_MEM_ALLOC, 1, 0);
	cr_assert_eq(fake_leaks(), 6);
	fake_reset();
	cr_assert_eq(fake_leaks(), 0);
	cr_assert_eq(fake_now(), FAKE_START_TIME);
	cr_assert_null(fake_call_at(0));
	cr_assert_not_null(host->mem->alloc(1));
}
