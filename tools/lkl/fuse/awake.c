// SPDX-License-Identifier: GPL-2.0
/*
 * awake.c - keep the other processor from falling asleep between two requests
 *
 * Layer:   tools; called by server.c.
 *
 * DOC: Theory of operation
 *
 * Who asks sleeps until the answer, and with him his processor, if nobody else
 * wants it. To wake a processor takes longer than most answers: in a virtual
 * machine, where it is the host's business, half of the time that a request takes
 * altogether. So, while one request follows the other, a thread that does nothing
 * keeps the processor running that would sleep. As the host's kernel sees it
 * (SCHED_IDLE), it runs only where nobody else wants to, and gives way at once.
 *
 * This is what guest_halt_poll_ns does for a whole machine. It costs current, so it
 * is done for a moment only, and not with more than two processors: with two, who
 * asks is on the one where the leader is not; with more, nobody tells us where.
 */
#include "awake.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

#define STREAK		16		/* requests; fewer are not worth it */
#define IDLE_NS		(100 * 1000)	/* without a request until it ends */

/*
 * One process serves one mount.
 *
 * @running: there is @thread; set when all else is
 * @usable: the two processors
 * @avoided: that where the leader runs, as it knows; @thread is on the other
 * @wake: ends its sleep, if it is @asleep
 * @requests: counts them
 */
static struct {
	atomic_bool running;
	pthread_t thread;
	cpu_set_t usable;
	int avoided;
	sem_t wake;
	atomic_bool asleep;
	atomic_bool stopping;
	atomic_uint requests;
} awake;

static long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

static void run_until_idle(void)
{
	unsigned int seen = atomic_load(&awake.requests), requests;
	long end = now_ns() + IDLE_NS, now;

	do {
		now = now_ns();
		requests = atomic_load_explicit(&awake.requests,
						memory_order_relaxed);
		if (requests != seen)
			end = now + IDLE_NS;
		seen = requests;
	} while (now < end);
}

static void *keep_awake(void *arg)
{
	const struct sched_param none = { 0 };

	/* Else it would take time from others. */
	if (sched_setscheduler(0, SCHED_IDLE, &none))
		return NULL;
	while (!atomic_load(&awake.stopping)) {
		atomic_store(&awake.asleep, true);
		while (sem_wait(&awake.wake) && errno == EINTR)
			;
		run_until_idle();
	}
	return NULL;
}

static void wake(void)
{
	if (atomic_exchange(&awake.asleep, false))
		sem_post(&awake.wake);
}

/* It would not be taken to the other one by itself. */
static void place(void)
{
	int cpu = sched_getcpu();
	cpu_set_t others = awake.usable;

	if (cpu < 0 || cpu == awake.avoided)
		return;
	CPU_CLR((unsigned int)cpu, &others);
	if (!pthread_setaffinity_np(awake.thread, sizeof(others), &others))
		awake.avoided = cpu;
}

void awake_note(unsigned int streak)
{
	if (!awake.running)
		return;
	atomic_fetch_add_explicit(&awake.requests, 1, memory_order_relaxed);
	if (streak < STREAK)
		return;
	place();
	if (atomic_load(&awake.asleep))
		wake();
}

int awake_start(void)
{
	int err;

	if (sched_getaffinity(0, sizeof(awake.usable), &awake.usable) ||
	    CPU_COUNT(&awake.usable) != 2)
		return 0;
	awake.avoided = -1;
	sem_init(&awake.wake, 0, 0);
	err = -pthread_create(&awake.thread, NULL, keep_awake, NULL);
	awake.running = !err;
	return err;
}

void awake_stop(void)
{
	if (!awake.running)
		return;
	atomic_store(&awake.stopping, true);
	sem_post(&awake.wake);
	pthread_join(awake.thread, NULL);
	awake.running = false;
}
