// SPDX-License-Identifier: GPL-2.0
/*
 * fake.c - a fake host for devices.
 *
 * Layer:   tests/unit.
 * Users:   see fake.h. Its operations may be called from any thread.
 */
#include "tests/unit/fake.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct fake_host fake;

/* Memory */

static bool should_fail(int *countdown)
{
	return __atomic_load_n(countdown, __ATOMIC_RELAXED) > 0 &&
	       __atomic_sub_fetch(countdown, 1, __ATOMIC_RELAXED) == 0;
}

static void *fake_mem_alloc(__u64 size)
{
	void *ptr;

	if (should_fail(&fake.fail_alloc))
		return NULL;
	ptr = aligned_alloc(64, (size + 63) & ~63ULL);
	if (ptr) {
		memset(ptr, 0, size);
		__atomic_add_fetch(&fake.allocs, 1, __ATOMIC_RELAXED);
	}
	return ptr;
}

static void fake_mem_free(void *ptr)
{
	if (ptr)
		__atomic_sub_fetch(&fake.allocs, 1, __ATOMIC_RELAXED);
	free(ptr);
}

static const struct lkl_mem_ops fake_mem_ops = {
	.hdr = LKL_OPS_HEADER(struct lkl_mem_ops),
	.page_size = 4096,
	.alloc = fake_mem_alloc,
	.free = fake_mem_free,
};

/* Semaphores */

struct lkl_sem {
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	unsigned int permits;
};

static struct lkl_sem *fake_sem_alloc(__u32 count)
{
	struct lkl_sem *sem;
	pthread_condattr_t attr;

	if (should_fail(&fake.fail_sem))
		return NULL;
	sem = fake_mem_alloc(sizeof(*sem));
	if (!sem)
		return NULL;
	pthread_mutex_init(&sem->mutex, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&sem->cond, &attr);
	pthread_condattr_destroy(&attr);
	sem->permits = count;
	return sem;
}

static void fake_sem_free(struct lkl_sem *sem)
{
	if (!sem)
		return;
	pthread_cond_destroy(&sem->cond);
	pthread_mutex_destroy(&sem->mutex);
	fake_mem_free(sem);
}

static void fake_sem_up(struct lkl_sem *sem)
{
	pthread_mutex_lock(&sem->mutex);
	sem->permits++;
	pthread_cond_signal(&sem->cond);
	pthread_mutex_unlock(&sem->mutex);
}

static int fake_sem_down(struct lkl_sem *sem, __u64 deadline)
{
	struct timespec ts = {
		.tv_sec = (time_t)(deadline / 1000000000),
		.tv_nsec = (long)(deadline % 1000000000),
	};
	int err = 0;

	pthread_mutex_lock(&sem->mutex);
	while (!sem->permits && err != ETIMEDOUT) {
		if (deadline == LKL_FOREVER)
			pthread_cond_wait(&sem->cond, &sem->mutex);
		else
			err = pthread_cond_timedwait(&sem->cond, &sem->mutex,
						     &ts);
	}
	if (sem->permits) {
		sem->permits--;
		err = 0;
	}
	pthread_mutex_unlock(&sem->mutex);
	return -err;
}

static const struct lkl_sem_ops fake_sem_ops = {
	.hdr = LKL_OPS_HEADER(struct lkl_sem_ops),
	.alloc = fake_sem_alloc,
	.free = fake_sem_free,
	.up = fake_sem_up,
	.down = fake_sem_down,
};

/* Threads */

struct start {
	void (*fn)(void *arg);
	void *arg;
};

static void *thread_main(void *arg)
{
	struct start start = *(struct start *)arg;

	free(arg);
	start.fn(start.arg);
	return NULL;
}

static int fake_thread_create(void (*fn)(void *arg), void *arg,
			      const char *name, __u64 *thread)
{
	struct start *start;
	pthread_t pthread;

	(void)name;
	if (__atomic_load_n(&fake.fail_thread, __ATOMIC_RELAXED) > 0) {
		__atomic_sub_fetch(&fake.fail_thread, 1, __ATOMIC_RELAXED);
		return -EAGAIN;
	}
	start = malloc(sizeof(*start));
	*start = (struct start){ fn, arg };
	__atomic_add_fetch(&fake.threads, 1, __ATOMIC_RELAXED);
	if (pthread_create(&pthread, NULL, thread_main, start))
		cr_assert_fail("no thread");
	*thread = (__u64)pthread;
	return 0;
}

static int fake_thread_join(__u64 thread)
{
	pthread_join((pthread_t)thread, NULL);
	__atomic_sub_fetch(&fake.threads, 1, __ATOMIC_RELAXED);
	return 0;
}

static const struct lkl_thread_ops fake_thread_ops = {
	.hdr = LKL_OPS_HEADER(struct lkl_thread_ops),
	.create = fake_thread_create,
	.join = fake_thread_join,
};

/* Interrupts and guest memory */

static void fake_raise(void *arg)
{
	struct fake_host *host = arg;

	__atomic_add_fetch(&host->interrupts, 1, __ATOMIC_ACQ_REL);
	fake_sem_up(host->raised);
}

void fake_wait_interrupt(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	cr_assert_eq(fake_sem_down(fake.raised,
				   (__u64)(ts.tv_sec + 10) * 1000000000), 0,
		     "an interrupt comes");
}

guest_addr_t fake_alloc(uint64_t size, uint64_t align)
{
	guest_addr_t addr;

	fake.used = (fake.used + align - 1) & ~(align - 1);
	addr.raw = FAKE_START + fake.used;
	fake.used += size;
	cr_assert_leq(fake.used, FAKE_SIZE);
	memset(fake_ptr(addr), 0, size);
	return addr;
}

void fake_reset_memory(void)
{
	fake.used = 0;
}

void *fake_ptr(guest_addr_t addr)
{
	return fake.memory + (addr.raw - FAKE_START);
}

void fake_init(void)
{
	memset(&fake, 0, sizeof(fake));
	fake.memory = aligned_alloc(4096, FAKE_SIZE);
	cr_assert_not_null(fake.memory);
	fake.host = (struct virtio_host){
		.memory.base = (void *)((uintptr_t)fake.memory - FAKE_START),
		.memory.start = FAKE_START,
		.memory.end = FAKE_START + FAKE_SIZE,
		.raise = fake_raise,
		.raise_arg = &fake,
		.mem = &fake_mem_ops,
		.sem = &fake_sem_ops,
		.thread = &fake_thread_ops,
	};
	fake.raised = fake_sem_alloc(0);
	fake.allocs = 0;
}

void fake_check_clean(void)
{
	cr_expect_eq(fake.allocs, 0, "%d allocations are left", fake.allocs);
	cr_expect_eq(fake.threads, 0, "%d threads are left", fake.threads);
	fake_sem_free(fake.raised);
	free(fake.memory);
}
