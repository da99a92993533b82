// SPDX-License-Identifier: GPL-2.0
/*
 * watch.c - host descriptors that a client watches while it waits for a call
 *
 * Layer:   tools/lkl/hijack/service; see watch.h.
 * Locking: lock while functions run and while watches go, so that none runs once
 *          its watch was removed.
 *
 * What the library's lkl_watch_add() does in the owner: whoever waits for the
 * kernel collects the events. Here that is whoever waits for an answer.
 */
#include "watch.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "api.h"
#include "real.h"
#include "service.h"

#define EVENTS	16

struct lkl_watch {
	int fd;
	void (*ready)(void *arg, uint32_t events);
	void *arg;
};

/* File-scope state: descriptors are the process's. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int epoll = -1;
static unsigned int watches;

static int add(int fd, void (*ready)(void *arg, uint32_t events), void *arg,
	       struct lkl_watch **watchp)
{
	struct lkl_watch *watch = malloc(sizeof(*watch));
	struct epoll_event event = {
		.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
		.data.ptr = watch,
	};
	int err;

	if (!watch)
		return -ENOMEM;
	watch->fd = fd;
	watch->ready = ready;
	watch->arg = arg;
	if (!real.epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event)) {
		*watchp = watch;
		__atomic_add_fetch(&watches, 1, __ATOMIC_RELAXED);
		return 0;
	}
	err = -errno;
	free(watch);
	return err;
}

static void take_away(struct lkl_watch *watch)
{
	if (!watch)
		return;
	pthread_mutex_lock(&lock);
	real.epoll_ctl(epoll, EPOLL_CTL_DEL, watch->fd, NULL);
	__atomic_sub_fetch(&watches, 1, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&lock);
	free(watch);
}

void watch_run(void)
{
	struct epoll_event events[EVENTS];
	struct lkl_watch *watch;
	int n;

	pthread_mutex_lock(&lock);
	n = real.epoll_wait(epoll, events, EVENTS, 0);
	for (int i = 0; i < n; i++) {
		watch = events[i].data.ptr;
		watch->ready(watch->arg, events[i].events);
	}
	pthread_mutex_unlock(&lock);
}

int watch_epoll(void)
{
	return __atomic_load_n(&watches, __ATOMIC_RELAXED) ? epoll : -1;
}

void watch_start(void)
{
	connection_close(epoll);
	pthread_mutex_init(&lock, NULL);
	watches = 0;
	epoll = connection_keep(real.epoll_create1(EPOLL_CLOEXEC));
	api.lkl_watch_add = add;
	api.lkl_watch_remove = take_away;
}
