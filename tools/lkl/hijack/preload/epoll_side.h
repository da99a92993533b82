/* SPDX-License-Identifier: GPL-2.0 */
/*
 * epoll_side.h - the inside of an epoll, for the files that wait and change
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   epoll.c, epoll_wait.c.
 */
#ifndef HIJACK_EPOLL_SIDE_H
#define HIJACK_EPOLL_SIDE_H

#include <pthread.h>

#include "epoll.h"
#include "table.h"
#include "wait.h"

#define WAITERS		8

/**
 * struct waiters - threads that wait for an epoll
 * @slot: them; NULL is free
 * @more: further slots
 */
struct waiters {
	struct sleeper *slot[WAITERS];
	struct waiters *more;
};

/**
 * struct epoll - shared by the numbers that are duplicates of one epoll
 * @next: in the pool
 * @lock: held while the library's side is made
 * @refs: numbers
 * @lib: the library's epoll, or -1
 * @host_members: in the host epoll; perhaps too many, since a member that is
 *	closed leaves without a word
 * @host_ready: the host epoll is to be looked at
 * @host_waiters: threads that may be asleep in the host epoll
 * @looks: without the host epoll since the last with it
 * @watched: a duplicate of the host epoll, of our own
 * @wake: member of the host epoll that gets threads out of there, or -1
 * @watch: of @watched
 * @waiters: threads asleep in the library's
 * @adopted: while a forked child takes over what it inherited
 */
struct epoll {
	uint32_t next;
	pthread_mutex_t lock;
	uint32_t refs;
	int lib;
	int host_members;
	bool host_ready;
	uint32_t host_waiters;
	uint32_t looks;
	int watched;
	int wake;
	struct lkl_watch *watch;
	struct waiters waiters;
	bool adopted;
};

/* In a forked child: @lib is its library side. */
void epoll_forked(struct epoll *epoll, int lib);

/* The library's epoll, made if there is none; or a negative errno. */
int epoll_need_lib(struct epoll *epoll, int fd);

/* Have all that wait look again. Any context that may wake. */
void epoll_wake_all(struct epoll *epoll);

#endif /* HIJACK_EPOLL_SIDE_H */
