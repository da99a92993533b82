// SPDX-License-Identifier: GPL-2.0
/*
 * epoll_wait.c - epoll_wait() and its like interposed
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   the program.
 * Context: any thread; no locks.
 *
 * While all members are the host's, the host waits. An epoll with a library
 * side is looked at there first, and at the host's side when that may have
 * something: it said so, the library has nothing, or it is its turn.
 */
#include "epoll_side.h"

#include <stdlib.h>
#include <sys/syscall.h>

#include "kernel.h"
#include "real.h"

/* A busy library side keeps the host side waiting for so many looks at most. */
#define LOOKS_MAX	16

/* Slots */

static struct sleeper **slot_in(struct waiters *waiters, struct sleeper *self)
{
	struct sleeper *none;

	for (int i = 0; i < WAITERS; i++) {
		none = NULL;
		if (__atomic_compare_exchange_n(&waiters->slot[i], &none, self,
						false, __ATOMIC_SEQ_CST,
						__ATOMIC_RELAXED))
			return &waiters->slot[i];
	}
	return NULL;
}

static struct waiters *more_slots(struct waiters *waiters)
{
	struct waiters *more = __atomic_load_n(&waiters->more, __ATOMIC_ACQUIRE);
	struct waiters *fresh;

	if (more)
		return more;
	fresh = calloc(1, sizeof(*fresh));
	if (!fresh)
		return NULL;
	if (__atomic_compare_exchange_n(&waiters->more, &more, fresh, false,
					__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return fresh;
	free(fresh);
	return more;
}

static struct sleeper **slot_take(struct epoll *epoll, struct sleeper *self)
{
	struct waiters *waiters = &epoll->waiters;
	struct sleeper **slot = NULL;

	while (waiters) {
		slot = slot_in(waiters, self);
		if (slot)
			break;
		waiters = more_slots(waiters);
	}
	return slot;
}

void epoll_wake_all(struct epoll *epoll)
{
	struct waiters *waiters = &epoll->waiters;
	struct sleeper *sleeper;

	while (waiters) {
		for (int i = 0; i < WAITERS; i++) {
			sleeper = __atomic_load_n(&waiters->slot[i],
						  __ATOMIC_SEQ_CST);
			if (sleeper)
				wait_wake(sleeper);
		}
		waiters = __atomic_load_n(&waiters->more, __ATOMIC_ACQUIRE);
	}
}

/* Waiting on both sides */

/**
 * struct wait - one epoll_wait()
 * @epoll: for what
 * @fd: its host number
 * @events: the program's array
 * @max: its size
 * @deadline: until when
 * @mask: signal mask for its time
 */
struct wait {
	struct epoll *epoll;
	int fd;
	struct epoll_event *events;
	int max;
	uint64_t deadline;
	struct wait_mask mask;
};

/* The last that might sleep in the host is out: the wake descriptor may go. */
static void wake_done(struct epoll *epoll, int fd)
{
	int wake = epoll->wake;

	if (wake < 0 || __atomic_load_n(&epoll->host_waiters, __ATOMIC_SEQ_CST))
		return;
	if (__atomic_exchange_n(&epoll->wake, -1, __ATOMIC_ACQ_REL) != wake)
		return;
	real.epoll_ctl(fd, EPOLL_CTL_DEL, wake, NULL);
	file_withdraw(wake);
	real.close(wake);
}

/* Leave out our own event. */
static int without_wake(struct epoll *epoll, int fd, struct epoll_event *events,
			int count)
{
	int kept = 0;

	for (int i = 0; i < count; i++)
		if (events[i].data.ptr != epoll)
			events[kept++] = events[i];
	if (kept != count || epoll->wake >= 0)
		wake_done(epoll, fd);
	return kept;
}

/* Has it members there, or the wake descriptor? */
static bool host_side(struct epoll *epoll)
{
	return __atomic_load_n(&epoll->host_members, __ATOMIC_RELAXED) > 0 ||
	       __atomic_load_n(&epoll->wake, __ATOMIC_RELAXED) >= 0;
}

static int host_look(struct wait *wait)
{
	struct epoll *epoll = wait->epoll;
	int got;

	if (!host_side(epoll))
		return 0;
	__atomic_store_n(&epoll->looks, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&epoll->host_ready, false, __ATOMIC_SEQ_CST);
	got = real.epoll_wait(wait->fd, wait->events, wait->max, 0);
	if (got < 0)
		return -errno;
	/* Level-triggered ones may be there again next time. */
	if (got)
		__atomic_store_n(&epoll->host_ready, true, __ATOMIC_RELAXED);
	return without_wake(epoll, wait->fd, wait->events, got);
}

static int lib_look(struct wait *wait, int have)
{
	if (have == wait->max)
		return 0;
	return (int)kernel_call(SYS_epoll_wait, wait->epoll->lib,
				(long)(wait->events + have), wait->max - have,
				0, 0, 0);
}

static bool host_turn(struct epoll *epoll)
{
	return __atomic_load_n(&epoll->host_ready, __ATOMIC_ACQUIRE) ||
	       __atomic_add_fetch(&epoll->looks, 1, __ATOMIC_RELAXED) >= LOOKS_MAX;
}

/* A kernel that is another process's is asked once: sleeping in it looks, too. */
static bool sleep_looks(const struct wait *wait)
{
	return wait->deadline && kernel_remote();
}

/* Which side comes first alternates, so that neither fills the array always. */
static int both_look(struct wait *wait)
{
	int host = 0, lib;

	if (host_turn(wait->epoll) || sleep_looks(wait))
		host = host_look(wait);
	if (host < 0 || (!host && sleep_looks(wait)))
		return host;
	lib = lib_look(wait, host);
	if (host + lib || lib < 0)
		return lib < 0 && !host ? lib : host + (lib > 0 ? lib : 0);
	return host_look(wait);
}

static int both_sleep(struct wait *wait)
{
	struct timespec left;
	long params[6] = {
		wait->epoll->lib, (long)wait->events, wait->max,
		(long)wait_left(wait->deadline, &left), 0, 0
	};
	long ret = api.lkl_waker_syscall(SYS_epoll_pwait2, params);

	if (ret == -EINTR)
		return wait_interrupted(&wait->mask);
	/* The time has come: a last look at the host. */
	return ret ? (int)ret : host_look(wait);
}

static int both_turn(struct wait *wait, struct sleeper *self)
{
	int ret = both_look(wait);

	if (!ret)
		ret = wait_mask_begin(&wait->mask, self);
	return ret ? ret : both_sleep(wait);
}

static int both_wait(struct wait *wait)
{
	struct sleeper *self, **slot;
	int ret = both_look(wait);

	if (ret || !wait->deadline)
		return ret;
	self = wait_self();
	slot = self ? slot_take(wait->epoll, self) : NULL;
	if (!slot)
		return -ENOMEM;
	do {
		ret = both_turn(wait, self);
	} while (ret == -EAGAIN);
	__atomic_store_n(slot, NULL, __ATOMIC_RELEASE);
	wait_mask_end(&wait->mask, self);
	return ret;
}

/* Waiting on the host alone, until the epoll gets a library side */

static int host_sleep(struct wait *wait)
{
	struct timespec left;
	int got;

	__atomic_add_fetch(&wait->epoll->host_waiters, 1, __ATOMIC_SEQ_CST);
	if (epoll_lib(wait->epoll) < 0)
		got = real.epoll_pwait2(wait->fd, wait->events, wait->max,
					wait_left(wait->deadline, &left),
					wait->mask.wanted);
	else
		got = 0;
	got = got < 0 ? -errno : got;
	__atomic_sub_fetch(&wait->epoll->host_waiters, 1, __ATOMIC_SEQ_CST);
	if (got > 0 && epoll_lib(wait->epoll) >= 0)
		got = without_wake(wait->epoll, wait->fd, wait->events, got);
	return got;
}

static int epoll_wait_until(struct wait *wait)
{
	int ret = 0;

	if (wait->max <= 0)
		return -EINVAL;
	if (epoll_lib(wait->epoll) < 0) {
		ret = host_sleep(wait);
		if (ret || epoll_lib(wait->epoll) < 0)
			return ret;
	}
	return both_wait(wait);
}

static int epoll_wait_use(struct use *use, int fd, struct epoll_event *events,
			  int max, uint64_t deadline, const sigset_t *mask)
{
	struct wait wait = {
		.epoll = use->file->epoll, .fd = fd, .events = events,
		.max = max, .deadline = deadline,
	};
	int ret;

	wait_mask_init(&wait.mask, mask);
	ret = use->file->kind == FILE_EPOLL ? epoll_wait_until(&wait) : -EINVAL;
	use_end(use);
	return (int)result(ret);
}

HIJACK int epoll_wait(int fd, struct epoll_event *events, int max, int timeout)
{
	struct use use;

	if (!use_begin_any(&use, fd, true))
		return real.epoll_wait(fd, events, max, timeout);
	return epoll_wait_use(&use, fd, events, max, wait_deadline_ms(timeout),
			      NULL);
}

HIJACK int epoll_pwait(int fd, struct epoll_event *events, int max, int timeout,
		       const sigset_t *mask)
{
	struct use use;

	if (!use_begin_any(&use, fd, true))
		return real.epoll_pwait(fd, events, max, timeout, mask);
	return epoll_wait_use(&use, fd, events, max, wait_deadline_ms(timeout),
			      mask);
}

HIJACK int epoll_pwait2(int fd, struct epoll_event *events, int max,
			const struct timespec *timeout, const sigset_t *mask)
{
	struct use use;

	if (!use_begin_any(&use, fd, true))
		return real.epoll_pwait2(fd, events, max, timeout, mask);
	return epoll_wait_use(&use, fd, events, max, wait_deadline(timeout),
			      mask);
}
