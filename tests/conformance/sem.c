// SPDX-License-Identifier: GPL-2.0
/*
 * sem.c - the semaphore family against its contract.
 *
 * Layer:   tests/conformance.
 */
#include "tests/conformance/host.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

#define NSEC_PER_MSEC	1000000ULL
#define NSEC_PER_SEC	1000000000ULL

static struct lkl_sem *sem;

static __u64 mono(void)
{
	return host->time->monotonic();
}

static struct lkl_sem *make(__u32 count)
{
	struct lkl_sem *new = host->sem->alloc(count);

	cr_assert_not_null(new);
	return new;
}

static int down_in(struct lkl_sem *s, __u64 ns)
{
	return host->sem->down(s, mono() + ns);
}

static void sleep_ms(int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * NSEC_PER_MSEC };

	while (nanosleep(&ts, &ts))
		;
}

/* --- counting --- */

Test(sem, starts_with_its_count)
{
	static const __u32 counts[] = { 0, 1, 2, 7, 1000 };

	for (int i = 0; i < 5; i++) {
		sem = make(counts[i]);
		for (__u32 n = 0; n < counts[i]; n++)
			cr_assert_eq(host->sem->down(sem, LKL_FOREVER), 0);
		cr_assert_eq(host->sem->down(sem, 0), -ETIMEDOUT);
		host->sem->free(sem);
	}
}

Test(sem, counts_ups_that_nobody_waits_for)
{
	sem = make(0);
	for (int i = 0; i < 1000; i++)
		host->sem->up(sem);
	for (int i = 0; i < 1000; i++)
		cr_assert_eq(host->sem->down(sem, LKL_FOREVER), 0);
	cr_assert_eq(host->sem->down(sem, 0), -ETIMEDOUT);
	host->sem->free(sem);
}

/* --- deadlines --- */

Test(sem, permit_wins_over_a_deadline_that_passed)
{
	sem = make(2);
	cr_assert_eq(host->sem->down(sem, 0), 0);
	cr_assert_eq(host->sem->down(sem, mono() - 1), 0);
	cr_assert_eq(host->sem->down(sem, mono() - 1), -ETIMEDOUT);
	host->sem->free(sem);
}

static void check_deadline(__u64 ns)
{
	__u64 deadline = mono() + ns;
	__u64 late;

	cr_assert_eq(host->sem->down(sem, deadline), -ETIMEDOUT);
	late = mono() - deadline;
	/* Early would wrap. A second late is a lost wake-up, not a busy host. */
	cr_assert_lt(late, NSEC_PER_SEC, "deadline in %llu ns missed by %lld",
		     (unsigned long long)ns, (long long)late);
}

Test(sem, deadline_is_kept)
{
	sem = make(0);
	for (__u64 ns = 1; ns < 100 * NSEC_PER_MSEC; ns = ns * 3)
		check_deadline(ns);
	host->sem->free(sem);
}

Test(sem, deadline_is_met_to_a_millisecond)
{
	__u64 best = ~0ULL;

	sem = make(0);
	for (int i = 0; i < 20; i++) {
		__u64 deadline = mono() + 5 * NSEC_PER_MSEC;
		__u64 late;

		host->sem->down(sem, deadline);
		late = mono() - deadline;
		if (late < best)
			best = late;
	}
	cr_assert_lt(best, NSEC_PER_MSEC);
	host->sem->free(sem);
}

static void *up_late(void *arg)
{
	sleep_ms(100);
	host->sem->up(sem);
	return NULL;
}

static void check_up_ends_wait(__u64 deadline)
{
	pthread_t thread;
	__u64 start = mono();

	sem = make(0);
	pthread_create(&thread, NULL, up_late, NULL);
	cr_assert_eq(host->sem->down(sem, deadline), 0);
	cr_assert_geq(mono() - start, 100 * NSEC_PER_MSEC);
	pthread_join(thread, NULL);
	host->sem->free(sem);
}

Test(sem, up_ends_a_wait)
{
	check_up_ends_wait(LKL_FOREVER);
	check_up_ends_wait(LKL_FOREVER - 1);
	check_up_ends_wait(mono() + 100 * NSEC_PER_SEC);
}

Test(sem, a_timeout_does_not_cost_a_permit)
{
	sem = make(0);
	for (int i = 0; i < 50; i++)
		cr_assert_eq(down_in(sem, 100000), -ETIMEDOUT);
	host->sem->up(sem);
	cr_assert_eq(host->sem->down(sem, 0), 0);
	cr_assert_eq(host->sem->down(sem, 0), -ETIMEDOUT);
	host->sem->free(sem);
}

/* --- signals --- */

static atomic_int signals;

static void count_signal(int signo)
{
	signals++;
}

static void interrupt_every_ms(void)
{
	struct itimerval timer = { { 0, 1000 }, { 0, 1000 } };
	struct sigaction action = { .sa_handler = count_signal };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

Test(sem, signals_do_not_end_a_wait)
{
	__u64 deadline = mono() + 200 * NSEC_PER_MSEC;

	sem = make(0);
	interrupt_every_ms();
	cr_assert_eq(host->sem->down(sem, deadline), -ETIMEDOUT);
	cr_assert_geq(mono(), deadline);
	cr_assert_gt(signals, 10);
	host->sem->free(sem);
}

static int interrupted(int flags, __u64 deadline)
{
	struct sigaction action = { .sa_handler = count_signal, .sa_flags = flags };
	struct itimerval timer = { { 0, 0 }, { 0, 30000 } };
	int err;

	signals = 0;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
	err = host->sem->down_interruptible(sem, deadline);
	cr_assert_eq(signals, 1);
	cr_assert_eq(host->sem->down(sem, 0), -ETIMEDOUT);
	return err;
}

Test(sem, a_handler_ends_an_interruptible_wait)
{
	sem = make(0);
	cr_assert_eq(interrupted(0, LKL_FOREVER), -EINTR);
	cr_assert_eq(interrupted(0, mono() + 100 * NSEC_PER_SEC), -EINTR);
	cr_assert_eq(interrupted(SA_RESTART, LKL_FOREVER), -ERESTART);
	cr_assert_eq(interrupted(SA_RESTART, mono() + 100 * NSEC_PER_SEC),
		     -ERESTART);
	host->sem->free(sem);
}

Test(sem, an_interruptible_wait_is_a_wait)
{
	__u64 deadline = mono() + 30 * NSEC_PER_MSEC;

	sem = make(1);
	cr_assert_eq(host->sem->down_interruptible(sem, 0), 0);
	cr_assert_eq(host->sem->down_interruptible(sem, 0), -ETIMEDOUT);
	cr_assert_eq(host->sem->down_interruptible(sem, deadline), -ETIMEDOUT);
	cr_assert_geq(mono(), deadline);
	host->sem->up(sem);
	cr_assert_eq(host->sem->down_interruptible(sem, LKL_FOREVER), 0);
	host->sem->free(sem);
}

Test(sem, a_blocked_or_ignored_signal_does_not_interrupt)
{
	struct itimerval timer = { { 0, 5000 }, { 0, 5000 } };
	sigset_t set;

	sem = make(0);
	signal(SIGALRM, SIG_IGN);
	setitimer(ITIMER_REAL, &timer, NULL);
	cr_assert_eq(host->sem->down_interruptible(sem, mono() + 50 * NSEC_PER_MSEC),
		     -ETIMEDOUT);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGALRM, count_signal);
	cr_assert_eq(host->sem->down_interruptible(sem, mono() + 50 * NSEC_PER_MSEC),
		     -ETIMEDOUT);
	host->sem->free(sem);
}

static void up_from_signal(int signo)
{
	host->sem->up(sem);
}

Test(sem, up_works_in_a_signal_handler)
{
	struct itimerval timer = { { 0, 0 }, { 0, 50000 } };
	struct sigaction action = { .sa_handler = up_from_signal };

	sem = make(0);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
	cr_assert_eq(host->sem->down(sem, LKL_FOREVER), 0);
	host->sem->free(sem);
}

/* --- several threads --- */

#define WAITERS	8

static atomic_int woken;

static void *wait_once(void *arg)
{
	cr_assert_eq(host->sem->down(sem, LKL_FOREVER), 0);
	woken++;
	return NULL;
}

Test(sem, each_up_wakes_one_waiter)
{
	pthread_t threads[WAITERS];

	sem = make(0);
	for (int i = 0; i < WAITERS; i++)
		pthread_create(&threads[i], NULL, wait_once, NULL);
	for (int i = 1; i <= WAITERS; i++) {
		__u64 give_up = mono() + 10 * NSEC_PER_SEC;

		sleep_ms(20);
		cr_assert_eq(woken, i - 1);
		host->sem->up(sem);
		while (woken < i && mono() < give_up)
			sleep_ms(1);
		cr_assert_eq(woken, i);
	}
	for (int i = 0; i < WAITERS; i++)
		pthread_join(threads[i], NULL);
	host->sem->free(sem);
}

Test(sem, ups_at_once_wake_all_waiters)
{
	pthread_t threads[WAITERS];

	for (int round = 0; round < 100; round++) {
		sem = make(0);
		for (int i = 0; i < WAITERS; i++)
			pthread_create(&threads[i], NULL, wait_once, NULL);
		for (int i = 0; i < WAITERS; i++)
			host->sem->up(sem);
		for (int i = 0; i < WAITERS; i++)
			pthread_join(threads[i], NULL);
		host->sem->free(sem);
	}
	cr_assert_eq(woken, 100 * WAITERS);
}

/*
 * A token goes round four threads: whoever holds it is alone, sees all that
 * the last holder wrote, and no hand-off is lost.
 */
#define RING		4
#define ROUNDS		20000

static struct lkl_sem *ring[RING];
static long token;
static atomic_int holders;
static atomic_int crowds;

static void *pass_token(void *arg)
{
	long me = (long)arg;

	for (int i = 0; i < ROUNDS; i++) {
		cr_assert_eq(host->sem->down(ring[me], LKL_FOREVER), 0);
		if (atomic_fetch_add(&holders, 1))
			crowds++;
		token++;
		atomic_fetch_sub(&holders, 1);
		host->sem->up(ring[(me + 1) % RING]);
	}
	return NULL;
}

Test(sem, four_threads_hand_a_token_round, .timeout = 120)
{
	pthread_t threads[RING];

	for (int i = 0; i < RING; i++)
		ring[i] = make(0);
	for (long i = 0; i < RING; i++)
		pthread_create(&threads[i], NULL, pass_token, (void *)i);
	host->sem->up(ring[0]);
	for (int i = 0; i < RING; i++)
		pthread_join(threads[i], NULL);
	cr_assert_eq(token, (long)RING * ROUNDS);
	cr_assert_eq(crowds, 0);
	for (int i = 0; i < RING; i++)
		host->sem->free(ring[i]);
}

/* As a lock, with timeouts racing against ups. */
#define LOCK_TURNS	50000

static long locked_count;
static atomic_long turns_taken;

static void *lock_and_count(void *arg)
{
	for (int i = 0; i < LOCK_TURNS; i++) {
		__u64 ns = i % 7 ? NSEC_PER_SEC * 60 : 300;

		if (down_in(sem, ns))
			continue;
		locked_count++;
		turns_taken++;
		host->sem->up(sem);
	}
	return NULL;
}

Test(sem, permits_are_neither_lost_nor_made_under_contention, .timeout = 120)
{
	pthread_t threads[4];

	sem = make(1);
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, lock_and_count, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	cr_assert_eq(locked_count, turns_taken);
	cr_assert_geq(locked_count, 4L * LOCK_TURNS * 6 / 7 - 4);
	cr_assert_eq(host->sem->down(sem, 0), 0);
	cr_assert_eq(host->sem->down(sem, 0), -ETIMEDOUT);
	host->sem->free(sem);
}

/* A permit that comes at the very deadline is taken, or still there. */
#define RACE_NS		60000
#define RACES		3000

static _Atomic __u64 race_deadline;

static void *up_at_the_deadline(void *arg)
{
	for (int i = 0; i < RACES; i++) {
		__u64 when;

		while (!(when = atomic_exchange(&race_deadline, 0)))
			sched_yield();
		/* From a little before until long after it was late. */
		while (mono() < when - 4000 + i % 128 * 1000)
			;
		host->sem->up(sem);
	}
	return NULL;
}

Test(sem, a_permit_that_comes_at_the_deadline_counts_once, .timeout = 120)
{
	pthread_t thread;

	sem = make(0);
	pthread_create(&thread, NULL, up_at_the_deadline, NULL);
	for (int i = 0; i < RACES; i++) {
		__u64 deadline = mono() + RACE_NS;
		int err;

		atomic_store(&race_deadline, deadline);
		err = host->sem->down(sem, deadline);
		cr_assert(!err || err == -ETIMEDOUT);
		/* The one permit of this round, now or soon. */
		if (err)
			err = down_in(sem, 60 * NSEC_PER_SEC);
		cr_assert_eq(err, 0);
		cr_assert_eq(host->sem->down(sem, 0), -ETIMEDOUT);
	}
	pthread_join(thread, NULL);
	host->sem->free(sem);
}

/* The waiter frees the semaphore while up() may still be on its way out. */
static struct lkl_sem *_Atomic mailbox;

static void *up_mailbox(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct lkl_sem *s;

		while (!(s = atomic_exchange(&mailbox, NULL)))
			sched_yield();
		host->sem->up(s);
	}
	return NULL;
}

Test(sem, may_be_freed_as_soon_as_its_permit_is_taken, .timeout = 120)
{
	pthread_t thread;

	pthread_create(&thread, NULL, up_mailbox, NULL);
	for (int i = 0; i < ROUNDS; i++) {
		struct lkl_sem *s = make(0);

		atomic_store(&mailbox, s);
		cr_assert_eq(host->sem->down(s, LKL_FOREVER), 0);
		host->sem->free(s);
	}
	pthread_join(thread, NULL);
}

/* --- waiting costs nothing --- */

static __u64 cpu_time(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

Test(sem, a_long_wait_takes_no_processor_time)
{
	__u64 before = cpu_time();

	sem = make(0);
	cr_assert_eq(down_in(sem, 500 * NSEC_PER_MSEC), -ETIMEDOUT);
	cr_assert_lt(cpu_time() - before, 5 * NSEC_PER_MSEC);
	host->sem->free(sem);
}

Test(sem, repeated_waits_of_a_millisecond_take_little_processor_time)
{
	__u64 before;

	sem = make(0);
	before = cpu_time();
	for (int i = 0; i < 500; i++)
		cr_assert_eq(down_in(sem, NSEC_PER_MSEC), -ETIMEDOUT);
	/* Half a second of waiting; a tenth of it would be spinning. */
	cr_assert_lt(cpu_time() - before, 50 * NSEC_PER_MSEC);
	host->sem->free(sem);
}
