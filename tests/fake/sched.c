// SPDX-License-Identifier: GPL-2.0
/*
 * sched.c - the fake host's threads, semaphores and time.
 *
 * Layer:   tests/fake.
 * Context: one host thread, which the fake threads share.
 *
 * DOC: Theory of operation
 *
 * Each fake thread is a ucontext; the test itself is the first one. A thread
 * that has to wait goes through the others in the order they were made and
 * switches to the first that can run. If there is none, time jumps to the
 * earliest deadline of a waiting thread; if there is none of these either,
 * nobody can ever run again: a deadlock, which ends the test.
 */
#include "tests/fake/fake.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif

#define STACK_SIZE	(256 << 10)
#define SLOTS_MAX	64
#define NAME_SIZE	16
/* PTHREAD_DESTRUCTOR_ITERATIONS, as POSIX has it at least. */
#define DESTRUCTOR_ROUNDS	4

struct lkl_sem {
	struct lkl_sem *next;
	__u32 count;
	unsigned int waiters;
};

/**
 * struct thread - a fake thread
 * @wait_sem: the semaphore it waits for, or NULL
 * @wait_join: the thread whose end it waits for, or NULL
 * @paused: waits in fake_run() until nobody else can run
 * @deadline: of the wait for @wait_sem
 */
struct thread {
	struct thread *next;
	__u64 id;
	void (*fn)(void *arg);
	void *arg;
	char name[NAME_SIZE];
	void *slots[SLOTS_MAX];
	struct lkl_sem *wait_sem;
	struct thread *wait_join;
	int paused;
	int ended;
	__u64 deadline;
	struct lkl_signal signal;
	ucontext_t context;
	char *stack;
	void *asan_stack;
	const void *asan_bottom;
	size_t asan_size;
};

struct slot {
	int used;
	void (*destructor)(void *value);
};

static struct thread test_thread = { .id = 1 };
static struct thread *current = &test_thread;
static struct thread *switched_from;
static __u64 last_id = 1;
static struct slot slots[SLOTS_MAX];
static struct lkl_sem *sems;
static __u64 now = FAKE_START_TIME;
static int deadlock_expected;

/* --- switching --- */

static void switch_begin(struct thread *from, struct thread *to)
{
	switched_from = from;
	current = to;
#ifdef __SANITIZE_ADDRESS__
	__sanitizer_start_switch_fiber(from->ended ? NULL : &from->asan_stack,
				       to->asan_bottom, to->asan_size);
#endif
}

static void switch_end(void)
{
#ifdef __SANITIZE_ADDRESS__
	__sanitizer_finish_switch_fiber(current->asan_stack,
					&switched_from->asan_bottom,
					&switched_from->asan_size);
#endif
}

static void switch_to(struct thread *to)
{
	struct thread *from = current;

	if (from == to)
		return;
	switch_begin(from, to);
	swapcontext(&from->context, &to->context);
	switch_end();
}

static int can_run(const struct thread *thread)
{
	if (thread->ended || thread->paused)
		return 0;
	if (thread->wait_join)
		return thread->wait_join->ended;
	if (thread->wait_sem)
		return thread->wait_sem->count || thread->deadline <= now;
	return 1;
}

/* The first that can run, starting after the caller. */
static struct thread *pick(void)
{
	struct thread *thread = current;

	do {
		thread = thread->next ? thread->next : &test_thread;
		if (can_run(thread))
			return thread;
	} while (thread != current);
	return NULL;
}

static __u64 earliest_deadline(void)
{
	__u64 earliest = LKL_FOREVER;

	for (struct thread *t = &test_thread; t; t = t->next)
		if (!t->ended && t->wait_sem && t->deadline < earliest)
			earliest = t->deadline;
	return earliest;
}

/* Let others run until the caller can. Return: 0, or -EDEADLK. */
static int wait_turn(void)
{
	for (;;) {
		struct thread *next = pick();
		__u64 deadline;

		if (next) {
			switch_to(next);
			return 0;
		}
		if (test_thread.paused) {
			test_thread.paused = 0;
			continue;
		}
		deadline = earliest_deadline();
		if (deadline == LKL_FOREVER)
			break;
		now = deadline;
	}
	if (!deadlock_expected)
		fake_misuse("everybody waits and nobody has a deadline");
	return -EDEADLK;
}

/* --- threads --- */

static void run_destructors(struct thread *thread)
{
	for (int round = 0; round < DESTRUCTOR_ROUNDS; round++) {
		for (int i = 0; i < SLOTS_MAX; i++) {
			void *value = thread->slots[i];

			thread->slots[i] = NULL;
			if (value && slots[i].used && slots[i].destructor)
				slots[i].destructor(value);
		}
	}
}

static void thread_main(void)
{
	struct thread *thread = current;

	switch_end();
	thread->fn(thread->arg);
	run_destructors(thread);
	thread->ended = 1;
	/* Whoever deadlocks now is not this thread: it needs no turn. */
	if (wait_turn()) {
		switch_begin(thread, &test_thread);
		setcontext(&test_thread.context);
	}
}

static void thread_append(struct thread *thread)
{
	struct thread *last = &test_thread;

	while (last->next)
		last = last->next;
	last->next = thread;
}

static void thread_remove(struct thread *thread)
{
	struct thread *pos = &test_thread;

	while (pos->next != thread)
		pos = pos->next;
	pos->next = thread->next;
	free(thread->stack);
	free(thread);
}

static struct thread *thread_find(__u64 id)
{
	struct thread *thread = &test_thread;

	while (thread && thread->id != id)
		thread = thread->next;
	return thread;
}

static int thread_create(void (*fn)(void *arg), void *arg, const char *name,
			 __u64 *handle)
{
	int err = RECORD(FAKE_THREAD_CREATE, fn, arg, name, handle, 0);
	struct thread *thread;

	if (err)
		return err;
	thread = calloc(1, sizeof(*thread));
	if (!thread)
		fake_misuse("no memory for a thread");
	thread->stack = malloc(STACK_SIZE);
	thread->asan_bottom = thread->stack;
	thread->asan_size = STACK_SIZE;
	thread->id = ++last_id;
	thread->fn = fn;
	thread->arg = arg;
	strncpy(thread->name, name, NAME_SIZE - 1);
	getcontext(&thread->context);
	thread->context.uc_stack.ss_sp = thread->stack;
	thread->context.uc_stack.ss_size = STACK_SIZE;
	makecontext(&thread->context, thread_main, 0);
	thread_append(thread);
	*handle = thread->id;
	return 0;
}

static int thread_join(__u64 handle)
{
	int err = RECORD(FAKE_THREAD_JOIN, handle, 0, 0, 0, 0);
	struct thread *thread = thread_find(handle);

	if (err)
		return err;
	if (!thread || thread == &test_thread)
		return fake_returns(-ESRCH);
	if (thread == current)
		return fake_returns(-EDEADLK);
	current->wait_join = thread;
	while (!err && !thread->ended)
		err = wait_turn();
	current->wait_join = NULL;
	if (!err)
		thread_remove(thread);
	return fake_returns(err);
}

unsigned int fake_run(void)
{
	unsigned int alive = 0;

	if (current != &test_thread)
		fake_misuse("fake_run() in a fake thread");
	test_thread.paused = 1;
	wait_turn();
	test_thread.paused = 0;
	for (struct thread *t = test_thread.next; t; t = t->next)
		alive += !t->ended;
	return alive;
}

void fake_expect_deadlock(void)
{
	deadlock_expected = 1;
}

__u64 fake_current(void)
{
	return current->id;
}

static __u64 thread_self(void)
{
	RECORD(FAKE_THREAD_SELF, 0, 0, 0, 0, 0);
	return fake_returns(current->id);
}

static int thread_signal(__u64 id, const struct lkl_signal *sig)
{
	int err = RECORD(FAKE_THREAD_SIGNAL, id, sig->signo, sig->code,
			 sig->value, 0);
	struct thread *thread = thread_find(id);

	if (err)
		return err;
	if (sig->signo < 1 || sig->signo > 64)
		return fake_returns(-EINVAL);
	if (!thread || thread->ended)
		return fake_returns(-ESRCH);
	thread->signal = *sig;
	return 0;
}

const struct lkl_signal *fake_signal(__u64 id)
{
	struct thread *thread = thread_find(id);

	return thread && thread->signal.signo ? &thread->signal : NULL;
}

/* --- slots --- */

/* Slots are numbered from 1, so that one that was never set shows. */
static int slot_index(__u64 slot)
{
	if (slot < 1 || slot > SLOTS_MAX || !slots[slot - 1].used)
		return -1;
	return slot - 1;
}

static int slot_alloc(void (*destructor)(void *value), __u64 *slot)
{
	int err = RECORD(FAKE_SLOT_ALLOC, destructor, slot, 0, 0, 0);

	if (err)
		return err;
	for (int i = 0; i < SLOTS_MAX; i++) {
		if (slots[i].used)
			continue;
		slots[i] = (struct slot){ 1, destructor };
		for (struct thread *t = &test_thread; t; t = t->next)
			t->slots[i] = NULL;
		*slot = i + 1;
		return 0;
	}
	return fake_returns(-EAGAIN);
}

static void slot_free(__u64 slot)
{
	RECORD(FAKE_SLOT_FREE, slot, 0, 0, 0, 0);
	if (slot_index(slot) < 0)
		fake_misuse("slot_free() of what is no slot");
	slots[slot_index(slot)].used = 0;
}

static int slot_set(__u64 slot, void *value)
{
	int err = RECORD(FAKE_SLOT_SET, slot, value, 0, 0, 0);

	if (err)
		return err;
	if (slot_index(slot) < 0)
		return fake_returns(-EINVAL);
	current->slots[slot_index(slot)] = value;
	return 0;
}

static void *slot_get(__u64 slot)
{
	void *value = NULL;

	RECORD(FAKE_SLOT_GET, slot, 0, 0, 0, 0);
	if (slot_index(slot) >= 0)
		value = current->slots[slot_index(slot)];
	fake_returns((__s64)(__u64)value);
	return value;
}

/* Threads change where they block; a spin loop here would be for ever. */
static void thread_yield(void)
{
}

const struct lkl_thread_ops fake_thread_ops = {
	.hdr = LKL_OPS_HEADER(struct lkl_thread_ops),
	.create = thread_create,
	.join = thread_join,
	.slot_alloc = slot_alloc,
	.slot_free = slot_free,
	.slot_set = slot_set,
	.slot_get = slot_get,
	.self = thread_self,
	.signal = thread_signal,
	.yield = thread_yield,
};

/* --- semaphores --- */

static struct lkl_sem *sem_alloc(__u32 count)
{
	int err = RECORD(FAKE_SEM_ALLOC, count, 0, 0, 0, 0);
	struct lkl_sem *sem = err ? NULL : calloc(1, sizeof(*sem));

	fake_returns((__s64)(__u64)sem);
	if (!sem)
		return NULL;
	sem->count = count;
	sem->next = sems;
	sems = sem;
	return sem;
}

static struct lkl_sem **sem_find(const struct lkl_sem *sem)
{
	struct lkl_sem **pos = &sems;

	while (*pos && *pos != sem)
		pos = &(*pos)->next;
	if (!*pos)
		fake_misuse("use of what is no semaphore");
	return pos;
}

static void sem_free(struct lkl_sem *sem)
{
	struct lkl_sem **pos = sem_find(sem);

	RECORD(FAKE_SEM_FREE, sem, 0, 0, 0, 0);
	if (sem->waiters)
		fake_misuse("free of a semaphore that is waited for");
	*pos = sem->next;
	free(sem);
}

static void sem_up(struct lkl_sem *sem)
{
	RECORD(FAKE_SEM_UP, sem, 0, 0, 0, 0);
	sem_find(sem);
	sem->count++;
}

static int sem_wait(struct lkl_sem *sem, __u64 deadline)
{
	int err = 0;

	current->wait_sem = sem;
	current->deadline = deadline;
	sem->waiters++;
	while (!err && !sem->count) {
		if (deadline <= now)
			err = -ETIMEDOUT;
		else
			err = wait_turn();
	}
	sem->waiters--;
	current->wait_sem = NULL;
	return err;
}

static int down(enum fake_op op, struct lkl_sem *sem, __u64 deadline)
{
	int err = RECORD(op, sem, deadline, 0, 0, 0);

	if (err)
		return err;
	sem_find(sem);
	err = sem_wait(sem, deadline);
	if (!err)
		sem->count--;
	return fake_returns(err);
}

static int sem_down(struct lkl_sem *sem, __u64 deadline)
{
	return down(FAKE_SEM_DOWN, sem, deadline);
}

/* There are no signal handlers here; fake_fail() makes as if one had run. */
static int sem_down_interruptible(struct lkl_sem *sem, __u64 deadline)
{
	return down(FAKE_SEM_DOWN_INTERRUPTIBLE, sem, deadline);
}

const struct lkl_sem_ops fake_sem_ops = {
	.hdr = LKL_OPS_HEADER(struct lkl_sem_ops),
	.alloc = sem_alloc,
	.free = sem_free,
	.up = sem_up,
	.down = sem_down,
	.down_interruptible = sem_down_interruptible,
};

/* --- time --- */

__u64 fake_now(void)
{
	return now;
}

void fake_advance(__u64 ns)
{
	now += ns;
}

static __u64 time_monotonic(void)
{
	RECORD(FAKE_MONOTONIC, 0, 0, 0, 0, 0);
	return fake_returns(now);
}

/* 2001-09-09 01:46:40 UTC and what has passed since. */
static __u64 time_realtime(void)
{
	RECORD(FAKE_REALTIME, 0, 0, 0, 0, 0);
	return fake_returns(1000000000ULL * 1000000000ULL + now - FAKE_START_TIME);
}

static void time_delay(__u64 ns)
{
	RECORD(FAKE_DELAY, ns, 0, 0, 0, 0);
	now += ns;
}

const struct lkl_time_ops fake_time_ops = {
	.hdr = LKL_OPS_HEADER(struct lkl_time_ops),
	.resolution = 1,
	.monotonic = time_monotonic,
	.realtime = time_realtime,
	.delay = time_delay,
};

/* --- reset --- */

unsigned int sched_leaks(void)
{
	unsigned int leaks = 0;

	for (struct thread *t = test_thread.next; t; t = t->next)
		leaks++;
	for (struct lkl_sem *sem = sems; sem; sem = sem->next)
		leaks++;
	for (int i = 0; i < SLOTS_MAX; i++)
		leaks += slots[i].used;
	return leaks;
}

void sched_reset(void)
{
	while (test_thread.next)
		thread_remove(test_thread.next);
	while (sems) {
		struct lkl_sem *sem = sems;

		sems = sem->next;
		free(sem);
	}
	memset(&test_thread, 0, sizeof(test_thread));
	memset(slots, 0, sizeof(slots));
	test_thread.id = 1;
	current = &test_thread;
	last_id = 1;
	now = FAKE_START_TIME;
	deadlock_expected = 0;
}
