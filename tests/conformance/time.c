// SPDX-License-Identifier: GPL-2.0
/*
 * time.c - the time family against its contract.
 *
 * Layer:   tests/conformance.
 */
#include "tests/conformance/host.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#define NSEC_PER_SEC	1000000000ULL
#define READINGS	200000

static __u64 mono(void)
{
	return host->time->monotonic();
}

Test(time, resolution_is_told)
{
	cr_assert_geq(host->time->resolution, 1);
	cr_assert_leq(host->time->resolution, NSEC_PER_SEC);
}

/* The last reading that any thread has published. */
static _Atomic __u64 published;

static void *read_clock(void *arg)
{
	for (int i = 0; i < READINGS; i++) {
		__u64 before = atomic_load(&published);
		__u64 now = mono();
		__u64 seen = before;

		if (now < before)
			return "went back";
		while (now > seen &&
		       !atomic_compare_exchange_weak(&published, &seen, now))
			;
	}
	return NULL;
}

Test(time, monotonic_never_goes_back_across_threads)
{
	pthread_t threads[4];
	void *result;

	for (int i = 0; i < 4; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, read_clock, NULL), 0);
	for (int i = 0; i < 4; i++) {
		cr_assert_eq(pthread_join(threads[i], &result), 0);
		cr_assert_null(result);
	}
}

Test(time, monotonic_counts_nanoseconds)
{
	struct timespec ts = { .tv_nsec = 50000000 };
	__u64 start = mono();
	__u64 passed;

	cr_assert_eq(nanosleep(&ts, NULL), 0);
	passed = mono() - start;
	cr_assert_geq(passed, 50000000);
	cr_assert_lt(passed, 5 * NSEC_PER_SEC);
}

Test(time, realtime_is_the_hosts)
{
	__u64 before = time(NULL);
	__u64 now = host->time->realtime();
	__u64 after = time(NULL);

	/* time() may be a tick behind. */
	cr_assert_geq(now / NSEC_PER_SEC, before);
	cr_assert_leq(now / NSEC_PER_SEC, after + 1);
}

static void check_delay(__u64 ns)
{
	__u64 start = mono();

	host->time->delay(ns);
	cr_assert_geq(mono() - start, ns, "delay(%llu) was short",
		      (unsigned long long)ns);
}

Test(time, delay_is_never_short)
{
	for (__u64 ns = 0; ns < 50000; ns = ns * 2 + 1)
		check_delay(ns);
	check_delay(100000);
	check_delay(1000000);
	check_delay(30000000);
}

/* The best of several, since a test machine may be busy. */
Test(time, delay_is_not_much_longer_than_asked)
{
	__u64 best = ~0ULL;

	for (int i = 0; i < 50; i++) {
		__u64 start = mono();
		__u64 took;

		host->time->delay(2000);
		took = mono() - start;
		if (took < best)
			best = took;
	}
	cr_assert_lt(best, 20000);
}
