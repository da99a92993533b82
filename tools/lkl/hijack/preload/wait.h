/* SPDX-License-Identifier: GPL-2.0 */
/*
 * wait.h - sleeping until the library or the host has something to say
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   poll.c, select.c, epoll.c; signals.c wakes.
 * Context: any thread.
 *
 * DOC: Theory of operation
 *
 * A thread that waits for descriptors of both sides sleeps in the library's poll
 * or epoll_wait, by lkl_waker_syscall(), which wait_wake() ends. Whoever finds
 * that a host descriptor is ready calls that; so does a signal handler of the
 * program that runs while the thread has another signal mask for the time of
 * its wait. An interrupt that comes before the sleep ends it too. So the order
 * is always: say where to be found (wait_host_arm(), a slot of an epoll), look
 * at both sides, sleep, look again.
 */
#ifndef HIJACK_WAIT_H
#define HIJACK_WAIT_H

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "api.h"

/**
 * struct sleeper - a thread as others wake it
 * @next: in the pool; sleepers are never freed, so a late wake-up is harmless
 * @waker: what the library calls it
 * @host: a host descriptor of its may have events to be taken out
 * @masked: it has another signal mask, so handlers interrupt it
 * @host_epoll: watched for it, with the host descriptors of its poll(); or -1
 * @watch: of @host_epoll
 */
struct sleeper {
	uint32_t next;
	struct lkl_waker waker;
	bool host;
	volatile bool masked;
	int host_epoll;
	struct lkl_watch *watch;
};

/* The calling thread's; NULL when the library cannot take it, with errno. */
struct sleeper *wait_self(void);

/* How many handlers of the program have run in the calling thread. */
int wait_handlers(void);

/* In a forked child: what the owner of the kernel knew of this thread is not ours. */
void wait_forked(void);

/* A host descriptor is ready: have the thread look. Any context. */
void wait_wake(struct sleeper *sleeper);

/* A handler of the program ran in the calling thread. Signal handlers. */
void wait_signalled(void);

/*
 * Have the thread woken when one of these is ready; they need to be named again
 * for each sleep. 0 or a negative errno.
 */
int wait_host_arm(struct sleeper *self, const struct pollfd *fds, size_t count);

/* Absolute times of CLOCK_MONOTONIC; WAIT_FOREVER is none. */
#define WAIT_FOREVER	UINT64_MAX

uint64_t wait_deadline(const struct timespec *timeout);
uint64_t wait_deadline_ms(int timeout);
/* What is left, as the library's calls want it; NULL for ever. */
struct timespec *wait_left(uint64_t deadline, struct timespec *left);

/**
 * struct wait_mask - signals during a wait
 * @wanted: another mask for its time, or NULL
 * @saved: the thread's own
 * @handlers: wait_handlers() when the wait began
 * @on: @wanted is in force
 *
 * A sleep ends by -EINTR for a signal, for a host descriptor, and for what was
 * meant for an earlier wait; only if a handler has run is it the program's.
 */
struct wait_mask {
	const sigset_t *wanted;
	sigset_t saved;
	int handlers;
	bool on;
};

void wait_mask_init(struct wait_mask *mask, const sigset_t *wanted);
/*
 * To be called before each sleep: lets the signals in. Return: -EINTR if a
 * handler ran, else 0.
 */
int wait_mask_begin(struct wait_mask *mask, struct sleeper *self);
void wait_mask_end(struct wait_mask *mask, struct sleeper *self);

/* After a sleep that ended by -EINTR: -EINTR for the program, -EAGAIN to go on. */
int wait_interrupted(const struct wait_mask *mask);

#endif /* HIJACK_WAIT_H */
