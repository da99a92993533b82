// SPDX-License-Identifier: GPL-2.0
/*
 * lease.c - keep an address that is given for a time; see lease.h
 *
 * Layer:   tools/lkl/hijack.
 * Users:   apply_dhcp.c.
 * Locking: lock protects known and waker until they are set, and stop.
 */
#include "lease.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "apply.h"

/* How long an answer is waited for, and how often is asked (RFC 2131, 4.4.5). */
#define ANSWER_MS	10000L
#define AGAIN_MS	60000L

/**
 * struct lease - an address
 * @api: functions of liblkl
 * @ops: the protocol
 * @arg: for @ops
 * @times: of the address
 * @since: when these began, in ms; 0 while there is no address
 * @thread: which does all this
 * @lock: see above
 * @wake: ends its sleep
 * @stop: it is to end
 * @known: @waker is set
 * @waker: ends its wait in the library
 */
struct lease {
	const struct apply_api *api;
	const struct lease_ops *ops;
	void *arg;
	struct lease_times times;
	long since;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stop;
	bool known;
	struct lkl_waker waker;
};

/* File-scope state: what the calling thread, one of ours, keeps. */
static __thread struct lease *own __attribute__((tls_model("initial-exec")));

bool lease_ending(void)
{
	return own && __atomic_load_n(&own->stop, __ATOMIC_ACQUIRE);
}

/* Return: false if it is to end. */
static bool sleep_until(struct lease *l, long ms)
{
	const struct timespec until = {
		.tv_sec = ms / 1000,
		.tv_nsec = ms % 1000 * 1000000,
	};
	bool stop;

	pthread_mutex_lock(&l->lock);
	while (!l->stop &&
	       !pthread_cond_clockwait(&l->wake, &l->lock, CLOCK_MONOTONIC, &until))
		;
	stop = l->stop;
	pthread_mutex_unlock(&l->lock);
	return !stop;
}

/* When the next question is due: half way to the end, but not too often. */
static long next_question(long now, long end)
{
	long half = (end - now) / 2;

	now += half > AGAIN_MS ? half : AGAIN_MS;
	return now < end ? now : end;
}

/* Ask again and again. Return: 0, -ETIMEDOUT at @end, -EADDRNOTAVAIL, -EINTR. */
static int ask_until(struct lease *l, bool all, long end)
{
	long now = apply_now_ms(), next;
	int err;

	while (now < end) {
		next = next_question(now, end);
		err = l->ops->renew(l->arg, all, next - now < ANSWER_MS ? next - now :
				    ANSWER_MS, &l->times);
		if (!err)
			l->since = now;
		if (!err || err == -EADDRNOTAVAIL)
			return err;
		if (!sleep_until(l, next))
			return -EINTR;
		now = apply_now_ms();
	}
	return -ETIMEDOUT;
}

static long at(const struct lease *l, uint32_t seconds)
{
	return l->since + (long)seconds * 1000;
}

/* Return: false when the address is lost, or it is to end. */
static bool renew_once(struct lease *l)
{
	int err;

	if (!sleep_until(l, at(l, l->times.renew)))
		return false;
	err = ask_until(l, false, at(l, l->times.rebind));
	if (err == -ETIMEDOUT)
		err = ask_until(l, true, at(l, l->times.end));
	return !err;
}

/* Return: false if it is to end. */
static bool obtain(struct lease *l)
{
	long now = apply_now_ms();

	while (l->ops->obtain(l->arg, &l->times)) {
		if (!sleep_until(l, apply_now_ms() + AGAIN_MS))
			return false;
		now = apply_now_ms();
	}
	l->since = now;
	return true;
}

static void *lease_main(void *arg)
{
	struct lease *l = arg;

	own = l;
	pthread_mutex_lock(&l->lock);
	l->known = !l->api->lkl_waker_self(&l->waker);
	pthread_mutex_unlock(&l->lock);
	while (!lease_ending() && (l->since || obtain(l))) {
		while (renew_once(l))
			;
		if (lease_ending())
			break;
		l->ops->lost(l->arg);
		l->since = 0;
	}
	return NULL;
}

/* Signals are the program's. */
static int thread_start(struct lease *l)
{
	pthread_attr_t attr;
	sigset_t all;
	int err;

	sigfillset(&all);
	pthread_attr_init(&attr);
	pthread_attr_setsigmask_np(&attr, &all);
	err = pthread_create(&l->thread, &attr, lease_main, l);
	pthread_attr_destroy(&attr);
	return err;
}

struct lease *lease_keep(const struct apply_api *api, const struct lease_ops *ops,
			 void *arg, const struct lease_times *times)
{
	struct lease *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->api = api;
	l->ops = ops;
	l->arg = arg;
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->wake, NULL);
	if (times) {
		l->times = *times;
		l->since = apply_now_ms();
	}
	if (!thread_start(l))
		return l;
	free(l);
	return NULL;
}

void lease_end(struct lease *l)
{
	if (!l)
		return;
	pthread_mutex_lock(&l->lock);
	__atomic_store_n(&l->stop, true, __ATOMIC_RELEASE);
	pthread_cond_signal(&l->wake);
	if (l->known)
		l->api->lkl_waker_interrupt(&l->waker);
	pthread_mutex_unlock(&l->lock);
	pthread_join(l->thread, NULL);
	free(l);
}
