// SPDX-License-Identifier: GPL-2.0
/*
 * posix_poll.c - the poll and peer families as host/posix has them.
 *
 * Layer:   tests/conformance. The contracts are in host/ops.h and posix.h.
 */
#include "host/posix/posix.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define MS	1000000ULL

static struct posix_poller *poller;
static struct lkl_sem *sem;

static void setup(void)
{
	cr_assert_eq(posix_poller_create(&poller), 0);
	sem = posix_sem_ops.alloc(0);
	cr_assert_not_null(sem);
}

static void teardown(void)
{
	posix_sem_ops.free(sem);
	posix_poller_destroy(poller);
}

TestSuite(posix_poll, .init = setup, .fini = teardown);

static __u64 soon(__u64 ms)
{
	return posix_time_ops.monotonic() + ms * MS;
}

static void count(void *arg, __u32 events)
{
	atomic_fetch_add((atomic_int *)arg, 1);
}

Test(posix_poll, a_permit_that_is_there_is_taken)
{
	posix_sem_ops.up(sem);
	cr_assert_eq(posix_poller_wait(poller, sem, 0), 0);
	cr_assert_eq(posix_poller_wait(poller, sem, 0), -ETIMEDOUT);
}

Test(posix_poll, it_times_out_at_the_deadline_and_not_before)
{
	__u64 deadline = soon(20);

	while (posix_poller_wait(poller, sem, deadline) == 0)
		;
	cr_assert_geq(posix_time_ops.monotonic(), deadline);
}

static void *up_later(void *arg)
{
	usleep(20000);
	posix_sem_ops.up(sem);
	return NULL;
}

Test(posix_poll, up_wakes_a_sleeper)
{
	pthread_t thread;

	pthread_create(&thread, NULL, up_later, NULL);
	cr_assert_eq(posix_poller_wait(poller, sem, LKL_FOREVER), 0);
	pthread_join(thread, NULL);
	cr_assert_eq(posix_sem_ops.down(sem, 0), -ETIMEDOUT);
}

#define ROUNDS	20000

static struct lkl_sem *answer_sem;

static void *answers(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		posix_sem_ops.down(answer_sem, LKL_FOREVER);
		posix_sem_ops.up(sem);
	}
	return NULL;
}

/* Each answer is one permit, whether it came before, during or after sleeping. */
Test(posix_poll, no_permit_is_lost_in_a_race, .timeout = 120)
{
	pthread_t thread;

	answer_sem = posix_sem_ops.alloc(0);
	pthread_create(&thread, NULL, answers, NULL);
	for (int i = 0; i < ROUNDS; i++) {
		posix_sem_ops.up(answer_sem);
		cr_assert_eq(posix_poller_wait(poller, sem, LKL_FOREVER), 0);
	}
	pthread_join(thread, NULL);
	cr_assert_eq(posix_sem_ops.down(sem, 0), -ETIMEDOUT);
	posix_sem_ops.free(answer_sem);
}

Test(posix_poll, readiness_is_told_and_ends_the_wait)
{
	struct posix_watch *watch;
	atomic_int calls = 0;
	int fd = eventfd(0, EFD_NONBLOCK), before;

	cr_assert_eq(*posix_poller_watches(poller), 0);
	cr_assert_eq(posix_watch_add(poller, fd, count, &calls, &watch), 0);
	cr_assert_eq(*posix_poller_watches(poller), 1);
	while (posix_poller_wait(poller, sem, soon(10)) == 0)
		;
	before = calls;
	eventfd_write(fd, 1);
	cr_assert_eq(posix_poller_wait(poller, sem, LKL_FOREVER), 0);
	cr_assert_eq(calls, before + 1);
	/* Edge-triggered: it is still readable, and that is not told again. */
	cr_assert_eq(posix_poller_wait(poller, sem, soon(10)), -ETIMEDOUT);
	posix_watch_remove(watch);
	cr_assert_eq(*posix_poller_watches(poller), 0);
	eventfd_write(fd, 1);
	cr_assert_eq(posix_poller_wait(poller, sem, soon(10)), -ETIMEDOUT);
	cr_assert_eq(calls, before + 1);
	close(fd);
}

static void ignore(int signo)
{
}

static int wait_with_alarm(int flags)
{
	struct itimerval timer = { .it_value.tv_usec = 20000 };
	struct sigaction action = { .sa_handler = ignore, .sa_flags = flags };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
	return posix_poller_wait(poller, sem, LKL_FOREVER);
}

Test(posix_poll, a_handler_ends_the_wait_and_its_flag_is_told)
{
	cr_assert_eq(wait_with_alarm(0), -EINTR);
	cr_assert_eq(wait_with_alarm(SA_RESTART), -ERESTART);
}

#define WAITERS	4

static atomic_int stop;
static atomic_int told;

static void *waits(void *arg)
{
	struct lkl_sem *own = posix_sem_ops.alloc(0);

	while (!stop)
		posix_poller_wait(poller, own, soon(1));
	posix_sem_ops.free(own);
	return NULL;
}

static atomic_int inside;
static atomic_int overlaps;

static void exclusive(void *arg, __u32 events)
{
	overlaps += atomic_fetch_add(&inside, 1) != 0;
	atomic_fetch_add(&told, 1);
	atomic_fetch_sub(&inside, 1);
}

/* A function is run by one at a time, and never after its watch was removed. */
Test(posix_poll, watches_come_and_go_among_many_waiters, .timeout = 120)
{
	pthread_t threads[WAITERS];

	for (int i = 0; i < WAITERS; i++)
		pthread_create(&threads[i], NULL, waits, NULL);
	for (int i = 0; i < 3000; i++) {
		int fd = eventfd(0, EFD_NONBLOCK), before = told;
		struct posix_watch *watch;

		cr_assert_eq(posix_watch_add(poller, fd, exclusive, NULL, &watch), 0);
		eventfd_write(fd, 1);
		while (told == before)
			sched_yield();
		posix_watch_remove(watch);
		before = told;
		eventfd_write(fd, 1);
		close(fd);
		cr_assert_eq(told, before);
	}
	stop = 1;
	for (int i = 0; i < WAITERS; i++)
		pthread_join(threads[i], NULL);
	cr_assert_eq(overlaps, 0);
}

/* --- peer --- */

static __s64 copy(pid_t pid, void *local, const void *remote, __u64 size, int write)
{
	return posix_peer_ops.copy((__u64)pid, local, (__u64)(uintptr_t)remote, size,
				   (__u32)write);
}

Test(posix_peer, copies_both_ways_and_stops_where_it_must)
{
	long page = sysconf(_SC_PAGESIZE);
	char *map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char buf[32] = "";
	pid_t child;

	strcpy(map, "child");
	munmap(map + page, page);
	child = fork();
	if (!child) {
		pause();
		_exit(0);
	}
	strcpy(map, "parent");
	cr_assert_eq(copy(child, buf, map, 6, 0), 6);
	cr_assert_str_eq(buf, "child");
	cr_assert_eq(copy(child, "CHILD", map, 6, 1), 6);
	cr_assert_eq(copy(child, buf, map, 6, 0), 6);
	cr_assert_str_eq(buf, "CHILD");
	cr_assert_str_eq(map, "parent");
	cr_assert_eq(copy(child, buf, map + page - 4, 8, 0), 4);
	cr_assert_eq(copy(child, buf, map + page, 8, 0), -EFAULT);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	cr_assert_eq(copy(child, buf, map, 6, 0), -ESRCH);
}
