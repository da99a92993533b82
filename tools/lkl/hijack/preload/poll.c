// SPDX-License-Identifier: GPL-2.0
/*
 * poll.c - poll() and ppoll() interposed
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   the program; select.c.
 * Context: any thread.
 *
 * A set of descriptors is sorted into those of the host and those of the
 * library; an epoll that has members on both sides is in both. How to wait for
 * both is in wait.h.
 */
#include "poll.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "epoll.h"
#include "kernel.h"
#include "real.h"
#include "table.h"
#include "wait.h"

/* Sets up to this size are on the stack. */
#define SMALL	64

/* Nothing is open at this number. */
#define NOT_OPEN	(INT_MAX - 1)

/**
 * struct member - a descriptor of the set on one side
 * @index: of the set
 * @use: what keeps the library's number, if that is its side
 */
struct member {
	nfds_t index;
	struct use use;
};

/**
 * struct side - the descriptors of one side
 * @fds: with that side's numbers
 * @members: beside them
 * @count: how many
 */
struct side {
	struct pollfd *fds;
	struct member *members;
	nfds_t count;
};

/**
 * struct set - a set of descriptors, sorted
 * @fds: as the program gave it
 * @count: how many
 * @host: those of the host
 * @lib: those of the library
 */
struct set {
	struct pollfd *fds;
	nfds_t count;
	struct side host;
	struct side lib;
};

/* Sorting */

static struct member *side_add(struct side *side, int fd, short events,
			       nfds_t index)
{
	struct member *member = &side->members[side->count];

	side->fds[side->count++] = (struct pollfd){ .fd = fd, .events = events };
	member->index = index;
	member->use.file = NULL;
	return member;
}

static void set_add_used(struct set *set, nfds_t i, struct use *use)
{
	const struct pollfd *pfd = &set->fds[i];
	int lib = use->file->lib;

	switch (use->file->kind) {
	case FILE_EPOLL:
		side_add(&set->host, pfd->fd, pfd->events, i);
		lib = epoll_lib(use->file->epoll);
		break;
	case FILE_INTERNAL:
		lib = NOT_OPEN;
		break;
	}
	if (lib < 0)
		use_end(use);
	else
		side_add(&set->lib, lib, pfd->events, i)->use = *use;
}

/* The library's numbers are held by count: many at a time, and across sleeps. */
static bool use_begin_counted(struct use *use, int fd)
{
	if (!use_begin_any(use, fd, true))
		return false;
	if (!use->counted) {
		__atomic_fetch_add(&use->file->refs, 1, __ATOMIC_ACQUIRE);
		urcu_bp_read_unlock();
		use->counted = true;
	}
	return true;
}

static void set_sort(struct set *set)
{
	struct use use;

	for (nfds_t i = 0; i < set->count; i++) {
		set->fds[i].revents = 0;
		if (set->fds[i].fd < 0)
			continue;
		if (use_begin_counted(&use, set->fds[i].fd))
			set_add_used(set, i, &use);
		else
			side_add(&set->host, set->fds[i].fd, set->fds[i].events, i);
	}
}

static void set_end(struct set *set)
{
	for (nfds_t i = 0; i < set->lib.count; i++)
		if (set->lib.members[i].use.file)
			use_end(&set->lib.members[i].use);
}

/* Looking */

/* Add one side's results to the set's. */
static void side_report(struct set *set, const struct side *side)
{
	for (nfds_t i = 0; i < side->count; i++)
		set->fds[side->members[i].index].revents |= side->fds[i].revents;
}

static int set_ready(const struct set *set)
{
	int ready = 0;

	for (nfds_t i = 0; i < set->count; i++)
		ready += set->fds[i].revents != 0;
	return ready;
}

static long lib_look(struct side *lib)
{
	return lib->count ? kernel_call(SYS_poll, (long)lib->fds,
					(long)lib->count, 0, 0, 0, 0) : 0;
}

static long host_look(struct side *host)
{
	int ready;

	if (!host->count)
		return 0;
	ready = real.poll(host->fds, host->count, 0);
	return ready < 0 ? -errno : ready;
}

/* Both sides, without waiting. */
static int set_look(struct set *set)
{
	long lib = lib_look(&set->lib), host = host_look(&set->host);

	if (lib > 0)
		side_report(set, &set->lib);
	if (host > 0)
		side_report(set, &set->host);
	if (lib > 0 || host > 0)
		return set_ready(set);
	return (int)(lib < 0 ? lib : host);
}

/* Sleep in the library. Return: as its ppoll; results are to be looked for. */
static long set_sleep(struct set *set, uint64_t deadline)
{
	struct timespec left;
	long params[6] = {
		(long)set->lib.fds, (long)set->lib.count,
		(long)wait_left(deadline, &left), 0, 0, 0
	};

	return api.lkl_waker_syscall(SYS_ppoll, params);
}

/*
 * One turn: let signals in, make sure of being woken, look, sleep. Return: as
 * poll(), -EAGAIN to go on.
 */
static int set_turn(struct set *set, struct sleeper *self, uint64_t deadline,
		    struct wait_mask *mask)
{
	int ret = 0;
	long slept;

	if (set->host.count)
		ret = wait_host_arm(self, set->host.fds, set->host.count);
	if (!ret)
		ret = set_look(set);
	if (!ret)
		ret = wait_mask_begin(mask, self);
	if (ret)
		return ret;
	slept = set_sleep(set, deadline);
	if (slept == -EINTR)
		return wait_interrupted(mask);
	if (slept < 0)
		return (int)slept;
	return set_look(set);
}

static int set_wait(struct set *set, uint64_t deadline, const sigset_t *sigmask)
{
	struct wait_mask mask;
	struct sleeper *self;
	int ret;

	wait_mask_init(&mask, sigmask);
	ret = set_look(set);
	if (ret || !deadline)
		return ret;
	self = wait_self();
	if (!self)
		return -errno;
	do {
		ret = set_turn(set, self, deadline, &mask);
	} while (ret == -EAGAIN);
	wait_mask_end(&mask, self);
	return ret;
}

/* The library alone, no signal mask: as a call like any other. */
static int set_wait_library(struct set *set, uint64_t deadline)
{
	struct timespec left;
	long ret = kernel_call(SYS_ppoll, (long)set->lib.fds,
			       (long)set->lib.count,
			       (long)wait_left(deadline, &left), 0, 0, 0);

	if (ret > 0)
		side_report(set, &set->lib);
	return (int)ret;
}

static int set_poll(struct set *set, uint64_t deadline, const sigset_t *mask)
{
	int ret;

	set_sort(set);
	if (set->host.count || mask)
		ret = set_wait(set, deadline, mask);
	else
		ret = set_wait_library(set, deadline);
	set_end(set);
	return ret;
}

static int poll_many(struct pollfd *fds, nfds_t count, uint64_t deadline,
		     const sigset_t *mask)
{
	struct pollfd *numbers = malloc(2 * count * sizeof(*numbers));
	struct member *members = malloc(2 * count * sizeof(*members));
	struct set set = {
		.fds = fds, .count = count,
		.host = { numbers, members, 0 },
		.lib = { numbers + count, members + count, 0 },
	};
	int ret = -ENOMEM;

	if (numbers && members)
		ret = set_poll(&set, deadline, mask);
	free(members);
	free(numbers);
	return ret;
}

int poll_until(struct pollfd *fds, nfds_t count, uint64_t deadline,
	       const sigset_t *mask)
{
	struct pollfd host[SMALL], lib[SMALL];
	struct member host_members[SMALL], lib_members[SMALL];
	struct set set = {
		.fds = fds, .count = count,
		.host = { host, host_members, 0 },
		.lib = { lib, lib_members, 0 },
	};

	if (count > SMALL)
		return poll_many(fds, count, deadline, mask);
	return set_poll(&set, deadline, mask);
}

bool poll_host_only(const struct pollfd *fds, nfds_t count)
{
	for (nfds_t i = 0; i < count; i++)
		if (fds[i].fd >= 0 && file_peek(fds[i].fd))
			return false;
	return true;
}

HIJACK int poll(struct pollfd *fds, nfds_t count, int timeout)
{
	if (likely(poll_host_only(fds, count)))
		return real.poll(fds, count, timeout);
	return (int)result(poll_until(fds, count, wait_deadline_ms(timeout),
				      NULL));
}

HIJACK int ppoll(struct pollfd *fds, nfds_t count,
		 const struct timespec *timeout, const sigset_t *mask)
{
	if (likely(poll_host_only(fds, count)))
		return real.ppoll(fds, count, timeout, mask);
	if (timeout && (timeout->tv_sec < 0 ||
			(unsigned long)timeout->tv_nsec >= 1000000000UL)) {
		errno = EINVAL;
		return -1;
	}
	return (int)result(poll_until(fds, count, wait_deadline(timeout), mask));
}

HIJACK int __poll(struct pollfd *fds, nfds_t count, int timeout)
	__attribute__((alias("poll")));
