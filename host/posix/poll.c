// SPDX-License-Identifier: GPL-2.0
/*
 * poll.c - sleeping where the readiness of descriptors is collected too.
 *
 * Layer:   host/posix.
 * Users:   the composition, which makes a set for each kernel and gives
 *	    posix_poller_wait() to it as its poll family; devices add watches.
 * Context: any host thread outside the kernel.
 * Locking: watch.lock is held while its function runs, and by whoever ends it;
 *	    poller.lock protects the list of watches.
 *
 * DOC: Theory of operation
 *
 * A set is an epoll instance. It also holds an eventfd, by which sem->up wakes a
 * thread that sleeps here. Everything is edge-triggered: nothing has to be read
 * from the eventfd or re-armed. An event wakes one sleeper, whichever it is, so only
 * one may rely on being woken by its semaphore at a time.
 *
 * Another thread may have fetched an event of a watch just before it is removed.
 * So watches are not freed while their set lives, only used again: a late event
 * then finds a dead watch, or causes one call too many of a live one, which
 * the contract allows.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "host/posix/posix.h"
#include "host/posix/sem.h"

/* Events taken from the host at a time. */
#define EVENTS_MAX	16

#define NSEC_PER_SEC	1000000000ULL

#define WATCH_EVENTS	(EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET)

struct posix_watch {
	struct posix_poller *poller;
	struct posix_watch *next;
	pthread_mutex_t lock;
	int fd;
	void (*ready)(void *arg, __u32 events);
	void *arg;
};

struct posix_poller {
	int epoll_fd;
	int event_fd;
	int index;
	__u32 watches;
	pthread_mutex_t lock;
	struct posix_watch *all;
};

static int host_error(void)
{
	return posix_errno(errno);
}

static int poller_open(struct posix_poller *poller)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	int err;

	poller->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (poller->epoll_fd < 0)
		return host_error();
	poller->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (poller->event_fd < 0) {
		err = host_error();
		goto err_epoll;
	}
	if (epoll_ctl(poller->epoll_fd, EPOLL_CTL_ADD, poller->event_fd, &event)) {
		err = host_error();
		goto err_event;
	}
	poller->index = sem_poller_add(poller->event_fd);
	if (poller->index > 0)
		return 0;
	err = poller->index;
err_event:
	close(poller->event_fd);
err_epoll:
	close(poller->epoll_fd);
	return err;
}

int posix_poller_create(struct posix_poller **poller)
{
	struct posix_poller *p = calloc(1, sizeof(*p));
	int err;

	if (!p)
		return posix_errno(ENOMEM);
	err = poller_open(p);
	if (err) {
		free(p);
		return err;
	}
	pthread_mutex_init(&p->lock, NULL);
	*poller = p;
	return 0;
}

void posix_poller_destroy(struct posix_poller *poller)
{
	struct posix_watch *watch;

	if (!poller)
		return;
	while ((watch = poller->all)) {
		poller->all = watch->next;
		pthread_mutex_destroy(&watch->lock);
		free(watch);
	}
	sem_poller_remove(poller->index);
	close(poller->event_fd);
	close(poller->epoll_fd);
	pthread_mutex_destroy(&poller->lock);
	free(poller);
}

const __u32 *posix_poller_watches(const struct posix_poller *poller)
{
	return &poller->watches;
}

/*
 * Waiting.
 */

static void watch_run(struct posix_watch *watch, __u32 events)
{
	pthread_mutex_lock(&watch->lock);
	if (watch->ready)
		watch->ready(watch->arg, events);
	pthread_mutex_unlock(&watch->lock);
}

static void events_run(const struct epoll_event *events, int count)
{
	for (int i = 0; i < count; i++)
		if (events[i].data.ptr)
			watch_run(events[i].data.ptr, events[i].events);
}

/* Time left, or NULL for ever. */
static struct timespec *time_left(__u64 deadline, struct timespec *ts)
{
	__u64 now, left;

	if (deadline == LKL_FOREVER)
		return NULL;
	now = posix_time_ops.monotonic();
	left = deadline > now ? deadline - now : 0;
	ts->tv_sec = left / NSEC_PER_SEC;
	ts->tv_nsec = left % NSEC_PER_SEC;
	return ts;
}

int posix_poller_wait(struct posix_poller *poller, struct lkl_sem *sem,
		      __u64 deadline)
{
	struct epoll_event events[EVENTS_MAX];
	int saved_errno = errno, err = 0, count = 0;
	struct timespec ts;

	if (!sem_poll_begin(sem, poller->index)) {
		/* Not by libc's function, which is a cancellation point. */
		count = (int)syscall(SYS_epoll_pwait2, poller->epoll_fd, events,
				     EVENTS_MAX, time_left(deadline, &ts), NULL,
				     (size_t)0);
		if (count < 0)
			err = errno == EINTR ? sem_interrupt_errno() : errno;
		else if (count == 0)
			err = ETIMEDOUT;
	}
	errno = saved_errno;
	if (sem_poll_end(sem, poller->index))
		err = 0;
	events_run(events, count);
	return posix_errno(err);
}

/*
 * Watches.
 */

/* One that is not used, or a new one. */
static struct posix_watch *watch_get(struct posix_poller *poller)
{
	struct posix_watch *watch;

	for (watch = poller->all; watch; watch = watch->next)
		if (!watch->ready)
			return watch;
	watch = calloc(1, sizeof(*watch));
	if (!watch)
		return NULL;
	pthread_mutex_init(&watch->lock, NULL);
	watch->poller = poller;
	watch->next = poller->all;
	poller->all = watch;
	return watch;
}

static int watch_start(struct posix_watch *watch)
{
	struct epoll_event event = {
		.events = WATCH_EVENTS,
		.data.ptr = watch,
	};

	if (!epoll_ctl(watch->poller->epoll_fd, EPOLL_CTL_ADD, watch->fd, &event))
		return 0;
	return host_error();
}

int posix_watch_add(struct posix_poller *poller, int fd,
		    void (*ready)(void *arg, __u32 events), void *arg,
		    struct posix_watch **watch)
{
	struct posix_watch *w;
	int err;

	pthread_mutex_lock(&poller->lock);
	w = watch_get(poller);
	if (!w) {
		err = posix_errno(ENOMEM);
		goto out;
	}
	pthread_mutex_lock(&w->lock);
	w->fd = fd;
	w->arg = arg;
	w->ready = ready;
	err = watch_start(w);
	if (err)
		w->ready = NULL;
	pthread_mutex_unlock(&w->lock);
	if (err)
		goto out;
	__atomic_add_fetch(&poller->watches, 1, __ATOMIC_SEQ_CST);
	*watch = w;
out:
	pthread_mutex_unlock(&poller->lock);
	return err;
}

void posix_watch_remove(struct posix_watch *watch)
{
	struct posix_poller *poller;

	if (!watch)
		return;
	poller = watch->poller;
	pthread_mutex_lock(&poller->lock);
	__atomic_sub_fetch(&poller->watches, 1, __ATOMIC_SEQ_CST);
	epoll_ctl(poller->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
	pthread_mutex_lock(&watch->lock);
	watch->ready = NULL;
	pthread_mutex_unlock(&watch->lock);
	pthread_mutex_unlock(&poller->lock);
}
