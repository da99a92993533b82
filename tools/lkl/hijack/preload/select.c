// SPDX-License-Identifier: GPL-2.0
/*
 * select.c - select() and pselect() interposed
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   the program.
 * Context: any thread.
 *
 * By poll(): the sets become an array of struct pollfd, as in the host's kernel
 * the one is the other with different arguments.
 */
#include <stdlib.h>
#include <string.h>

#include "poll.h"
#include "real.h"
#include "table.h"
#include "wait.h"

/* What poll() says, as select() says it; of the kernel's fs/select.c. */
#define READABLE	(POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR)
#define WRITABLE	(POLLWRBAND | POLLWRNORM | POLLOUT | POLLERR)
#define EXCEPTIONAL	POLLPRI

/* Arrays up to this size are on the stack. */
#define SMALL	64

/* The three sets of a select(); those not wanted are NULL. */
struct sets {
	fd_set *in;
	fd_set *out;
	fd_set *except;
};

/* Sets may be larger than libc's fd_set: whoever makes them so allocates them. */
static bool set_has(const fd_set *set, int fd)
{
	return set && __FDS_BITS(set)[fd / __NFDBITS] >> fd % __NFDBITS & 1;
}

static void set_put(fd_set *set, int fd)
{
	if (set)
		__FDS_BITS(set)[fd / __NFDBITS] |= 1L << fd % __NFDBITS;
}

static void set_clear(fd_set *set, int count)
{
	if (set)
		memset(set, 0, (size_t)(count + __NFDBITS - 1) / __NFDBITS *
		       sizeof(fd_mask));
}

static short events_of(const struct sets *sets, int fd)
{
	return (short)((set_has(sets->in, fd) ? POLLIN | POLLRDNORM | POLLRDBAND : 0) |
		       (set_has(sets->out, fd) ? POLLOUT | POLLWRNORM | POLLWRBAND : 0) |
		       (set_has(sets->except, fd) ? POLLPRI : 0));
}

/* How many there are, and whether any is not the host's alone. */
static int sets_count(const struct sets *sets, int count, bool *library)
{
	int members = 0;

	*library = false;
	for (int fd = 0; fd < count; fd++) {
		if (!events_of(sets, fd))
			continue;
		members++;
		*library |= file_peek(fd) != NULL;
	}
	return members;
}

static void sets_to_array(const struct sets *sets, int count,
			  struct pollfd *fds)
{
	for (int fd = 0; fd < count; fd++)
		if (events_of(sets, fd))
			*fds++ = (struct pollfd){ fd, events_of(sets, fd), 0 };
}

static int put_if(fd_set *set, const struct pollfd *pfd, short wanted,
		  short events)
{
	if (!(pfd->events & wanted) || !(pfd->revents & events))
		return 0;
	set_put(set, pfd->fd);
	return 1;
}

/* Return: the number of bits set, or -EBADF. */
static int sets_from_array(struct sets *sets, int count,
			   const struct pollfd *fds, int members)
{
	int bits = 0;

	for (int i = 0; i < members; i++)
		if (fds[i].revents & POLLNVAL)
			return -EBADF;
	set_clear(sets->in, count);
	set_clear(sets->out, count);
	set_clear(sets->except, count);
	for (int i = 0; i < members; i++)
		bits += put_if(sets->in, &fds[i], POLLIN, READABLE) +
			put_if(sets->out, &fds[i], POLLOUT, WRITABLE) +
			put_if(sets->except, &fds[i], POLLPRI, EXCEPTIONAL);
	return bits;
}

/*
 * poll() also reports what select() was not asked for: that a descriptor which is
 * only in the third set has hung up. Leave those out from now on, or we would not
 * sleep again.
 */
static void unasked_drop(struct pollfd *fds, int members)
{
	for (int i = 0; i < members; i++)
		if (fds[i].revents)
			fds[i].fd = -1;
}

static int select_array(struct sets *sets, int count, struct pollfd *fds,
			int members, uint64_t deadline, const sigset_t *mask)
{
	int ret, bits;

	sets_to_array(sets, count, fds);
	for (;;) {
		ret = poll_until(fds, (nfds_t)members, deadline, mask);
		if (ret < 0)
			return ret;
		bits = sets_from_array(sets, count, fds, members);
		if (bits || !ret)
			return bits;
		unasked_drop(fds, members);
	}
}

static int select_until(struct sets *sets, int count, int members,
			uint64_t deadline, const sigset_t *mask)
{
	struct pollfd small[SMALL], *fds = small;
	int ret;

	if (members > SMALL)
		fds = malloc(sizeof(*fds) * (size_t)members);
	if (!fds)
		return -ENOMEM;
	ret = select_array(sets, count, fds, members, deadline, mask);
	if (fds != small)
		free(fds);
	return ret;
}

/* select() says how much time was left; pselect() does not. */
HIJACK int select(int count, fd_set *in, fd_set *out, fd_set *except,
		  struct timeval *timeout)
{
	struct sets sets = { in, out, except };
	struct timespec ts, left;
	uint64_t deadline;
	bool library;
	int members = sets_count(&sets, count, &library), ret;

	if (likely(!library))
		return real.select(count, in, out, except, timeout);
	if (timeout && (timeout->tv_sec < 0 || timeout->tv_usec < 0)) {
		errno = EINVAL;
		return -1;
	}
	if (timeout) {
		ts.tv_sec = timeout->tv_sec + timeout->tv_usec / 1000000;
		ts.tv_nsec = timeout->tv_usec % 1000000 * 1000;
	}
	deadline = wait_deadline(timeout ? &ts : NULL);
	ret = select_until(&sets, count, members, deadline, NULL);
	if (timeout && wait_left(deadline, &left)) {
		timeout->tv_sec = left.tv_sec;
		timeout->tv_usec = left.tv_nsec / 1000;
	}
	return (int)result(ret);
}

HIJACK int __select(int count, fd_set *in, fd_set *out, fd_set *except,
		    struct timeval *timeout)
	__attribute__((alias("select")));

HIJACK int pselect(int count, fd_set *in, fd_set *out, fd_set *except,
		   const struct timespec *timeout, const sigset_t *mask)
{
	struct sets sets = { in, out, except };
	bool library;
	int members = sets_count(&sets, count, &library);

	if (likely(!library))
		return real.pselect(count, in, out, except, timeout, mask);
	if (timeout && (timeout->tv_sec < 0 ||
			(unsigned long)timeout->tv_nsec >= 1000000000UL)) {
		errno = EINVAL;
		return -1;
	}
	return (int)result(select_until(&sets, count, members,
					wait_deadline(timeout), mask));
}
