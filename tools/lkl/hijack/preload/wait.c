// SPDX-License-Identifier: GPL-2.0
/*
 * wait.c - sleeping until the library or the host has something to say
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   see wait.h, which has the theory.
 * Context: any thread.
 */
#include "wait.h"

#include "limits.h"
#include "pool.h"
#include "real.h"
#include "table.h"

#define NSEC_PER_SEC	1000000000ULL
#define SLEEPERS_MAX	65536
#define DRAIN		16

/*
 * File-scope state: threads are the process's. Sleepers of threads that ended
 * are used again.
 */
static struct sleeper sleepers[SLEEPERS_MAX];
static struct pool sleeper_pool = POOL(sleepers);
static pthread_key_t sleeper_key;

THREAD_LOCAL struct sleeper *current;
THREAD_LOCAL volatile sig_atomic_t handlers;

static void host_forget(struct sleeper *self)
{
	if (self->host_epoll < 0)
		return;
	if (self->watch)
		api.lkl_watch_remove(self->watch);
	file_withdraw(self->host_epoll);
	real.close(self->host_epoll);
	self->host_epoll = -1;
	self->watch = NULL;
}

static void sleeper_ended(void *value)
{
	current = NULL;
	host_forget(value);
	pool_put(&sleeper_pool, value);
}

__attribute__((constructor(102)))
static void sleeper_init(void)
{
	pthread_key_create(&sleeper_key, sleeper_ended);
}

static struct sleeper *sleeper_new(void)
{
	struct sleeper *self = pool_get(&sleeper_pool);
	int err;

	if (!self) {
		errno = ENOMEM;
		return NULL;
	}
	self->host_epoll = -1;
	self->host = false;
	self->masked = false;
	err = api.lkl_waker_self(&self->waker);
	if (err) {
		pool_put(&sleeper_pool, self);
		errno = -err;
		return NULL;
	}
	pthread_setspecific(sleeper_key, self);
	current = self;
	return self;
}

struct sleeper *wait_self(void)
{
	return likely(current) ? current : sleeper_new();
}

/* The record stays taken: its descriptor is the parent's too. */
void wait_forked(void)
{
	pthread_setspecific(sleeper_key, NULL);
	current = NULL;
}

void wait_wake(struct sleeper *sleeper)
{
	__atomic_store_n(&sleeper->host, true, __ATOMIC_RELEASE);
	api.lkl_waker_interrupt(&sleeper->waker);
}

void wait_signalled(void)
{
	handlers++;
	if (current && current->masked)
		api.lkl_waker_interrupt(&current->waker);
}

int wait_handlers(void)
{
	return handlers;
}

/* Host descriptors of a poll() */

static void host_ready(void *arg, uint32_t events)
{
	(void)events;
	wait_wake(arg);
}

/* An epoll out of the program's way. */
static int own_epoll(void)
{
	int fd = real.epoll_create1(EPOLL_CLOEXEC), own;

	if (fd < 0)
		return -errno;
	own = real.fcntl(fd, F_DUPFD_CLOEXEC, limits_own_base());
	real.close(fd);
	if (own < 0)
		return -errno;
	file_publish(own, &file_internal);
	return own;
}

static int host_prepare(struct sleeper *self)
{
	int err;

	if (self->host_epoll >= 0)
		return 0;
	self->host_epoll = own_epoll();
	if (self->host_epoll < 0)
		return self->host_epoll;
	err = api.lkl_watch_add(self->host_epoll, host_ready, self, &self->watch);
	if (err)
		host_forget(self);
	return err;
}

/* One event each: what was named for an earlier poll() goes silent soon. */
static void host_drain(struct sleeper *self)
{
	struct epoll_event events[DRAIN];

	while (real.epoll_wait(self->host_epoll, events, DRAIN, 0) == DRAIN)
		;
}

static int host_arm_one(int epoll, const struct pollfd *pfd)
{
	struct epoll_event event = {
		.events = (uint16_t)pfd->events | EPOLLONESHOT,
		.data.fd = pfd->fd,
	};

	if (!real.epoll_ctl(epoll, EPOLL_CTL_MOD, pfd->fd, &event))
		return 0;
	if (errno == ENOENT &&
	    !real.epoll_ctl(epoll, EPOLL_CTL_ADD, pfd->fd, &event))
		return 0;
	/* A file that is always ready has been seen, or is of no interest. */
	return errno == EPERM || errno == EBADF ? 0 : -errno;
}

int wait_host_arm(struct sleeper *self, const struct pollfd *fds, size_t count)
{
	int err = host_prepare(self);

	if (err)
		return err;
	if (__atomic_exchange_n(&self->host, false, __ATOMIC_ACQUIRE))
		host_drain(self);
	for (size_t i = 0; i < count && !err; i++)
		if (fds[i].fd >= 0)
			err = host_arm_one(self->host_epoll, &fds[i]);
	return err;
}

/* Time */

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

uint64_t wait_deadline(const struct timespec *timeout)
{
	if (!timeout || (uint64_t)timeout->tv_sec >= WAIT_FOREVER / NSEC_PER_SEC / 4)
		return WAIT_FOREVER;
	if (!timeout->tv_sec && !timeout->tv_nsec)
		return 0;
	return now() + (uint64_t)timeout->tv_sec * NSEC_PER_SEC +
	       (uint64_t)timeout->tv_nsec;
}

uint64_t wait_deadline_ms(int timeout)
{
	struct timespec ts = { timeout / 1000, timeout % 1000 * 1000000L };

	return timeout < 0 ? WAIT_FOREVER : wait_deadline(&ts);
}

struct timespec *wait_left(uint64_t deadline, struct timespec *left)
{
	uint64_t time, ns;

	if (deadline == WAIT_FOREVER)
		return NULL;
	time = deadline ? now() : 0;
	ns = deadline > time ? deadline - time : 0;
	left->tv_sec = (time_t)(ns / NSEC_PER_SEC);
	left->tv_nsec = (long)(ns % NSEC_PER_SEC);
	return left;
}

/* Signal masks */

void wait_mask_init(struct wait_mask *mask, const sigset_t *wanted)
{
	mask->wanted = wanted;
	mask->on = false;
	mask->handlers = handlers;
}

int wait_mask_begin(struct wait_mask *mask, struct sleeper *self)
{
	if (!mask->wanted)
		return 0;
	if (!mask->on) {
		mask->on = true;
		self->masked = true;
		real.pthread_sigmask(SIG_SETMASK, mask->wanted, &mask->saved);
	}
	return handlers != mask->handlers ? -EINTR : 0;
}

void wait_mask_end(struct wait_mask *mask, struct sleeper *self)
{
	if (!mask->on)
		return;
	real.pthread_sigmask(SIG_SETMASK, &mask->saved, NULL);
	self->masked = false;
	mask->on = false;
}

int wait_interrupted(const struct wait_mask *mask)
{
	return handlers != mask->handlers ? -EINTR : -EAGAIN;
}
