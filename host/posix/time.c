// SPDX-License-Identifier: GPL-2.0
/*
 * time.c - the time family: clocks of the vDSO, and short delays.
 *
 * Layer:   host/posix.
 * Users:   the kernel (clock source, clock event deadlines, udelay), sem.c.
 * Context: any thread.
 */
#include <errno.h>
#include <time.h>

#include "host/posix/cpu.h"
#include "host/posix/posix.h"

#define NSEC_PER_SEC	1000000000ULL

/*
 * The host may let a sleeping thread lie for its timer slack (50 us unless
 * changed) and the wake-up on top: what is shorter than this is waited for
 * awake.
 */
#define DELAY_AWAKE_NS	100000ULL

static __u64 clock_read(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

static __u64 time_monotonic(void)
{
	return clock_read(CLOCK_MONOTONIC);
}

static __u64 time_realtime(void)
{
	return clock_read(CLOCK_REALTIME);
}

static void sleep_until(__u64 deadline)
{
	struct timespec ts = {
		.tv_sec = deadline / NSEC_PER_SEC,
		.tv_nsec = deadline % NSEC_PER_SEC,
	};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) ==
	       EINTR)
		;
}

static void time_delay(__u64 ns)
{
	__u64 end = time_monotonic() + ns;

	if (ns > DELAY_AWAKE_NS)
		sleep_until(end - DELAY_AWAKE_NS);
	while (time_monotonic() < end)
		cpu_relax();
}

const struct lkl_time_ops posix_time_ops = {
	.hdr = LKL_OPS_HEADER(struct lkl_time_ops),
	.resolution = 1,
	.monotonic = time_monotonic,
	.realtime = time_realtime,
	.delay = time_delay,
};
