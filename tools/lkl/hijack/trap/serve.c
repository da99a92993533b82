// SPDX-License-Identifier: GPL-2.0
/*
 * serve.c - the loop of the process that serves
 *
 * Layer:   tools/lkl/hijack/trap; called by run.c.
 * Context: one thread, and one that does nothing but wait for events of the
 *          library and ring a bell: the loop sleeps in the host's epoll.
 */
#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <lkl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define EVENTS		64
/* Notifications in a row before events of sockets have their turn. */
#define CALLS_IN_A_ROW	32
#define FD_LIMIT	(1U << 20)
#define DRAIN_STEP_NS	5000000L
#define DRAIN_STEPS	2000		/* 10 s */

uint64_t trap_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

void serve_again(struct trap *trap, struct sock *s)
{
	if (s->queued)
		return;
	s->queued = true;
	s->again_next = trap->again;
	trap->again = s;
}

/* ---- the bell ---- */

/* Rings once for all the events there are; then waits until they were taken. */
static void *ring(void *arg)
{
	struct trap *trap = arg;
	struct pollfd p = { .fd = trap->lib_epoll, .events = POLLIN };
	uint64_t one = 1;

	for (;;) {
		long n = kernel(__lkl__NR_poll, (long)&p, 1, -1, 0, 0, 0);

		if (n < 0 && n != -EINTR)
			return NULL;	/* the kernel was halted */
		if (n <= 0)
			continue;
		if (write(trap->bell, &one, sizeof(one)) < 0)
			return NULL;
		while (sem_wait(&trap->bell_heard) && errno == EINTR)
			;
	}
}

static int start_bell(struct trap *trap)
{
	pthread_t thread;
	int err;

	sem_init(&trap->bell_heard, 0, 0);
	trap->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (trap->bell < 0)
		return -errno;
	err = pthread_create(&thread, NULL, ring, trap);
	if (!err)
		pthread_detach(thread);
	return -err;
}

/* ---- what happens ---- */

static void events_of(struct trap *trap, struct sock *s)
{
	if (s->gone)
		return;
	if (s->stream)
		stream_events(trap, s);
	else
		dgram_events(trap, s);
}

static void host_event(struct trap *trap, struct sock *s, uint32_t events)
{
	if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		s->host_in = true;
	if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
		s->host_out = true;
	if (events & EPOLLHUP)
		s->host_hup = true;
	events_of(trap, s);
}

static void lib_event(struct trap *trap, struct sock *s, uint32_t events)
{
	if (s->gone)
		return;
	if (s->stream) {
		stream_lib_events(trap, s, events);
		return;
	}
	s->lib_in = true;
	dgram_events(trap, s);
}

/* Everything the library has to say. */
static void lib_events(struct trap *trap)
{
	struct epoll_event events[EVENTS];
	long n;

	do {
		n = kernel(__lkl__NR_epoll_wait, trap->lib_epoll, (long)events,
			   EVENTS, 0, 0, 0);
		for (long i = 0; i < n; i++)
			lib_event(trap, events[i].data.ptr, events[i].events);
		sock_free_dead(trap);
	} while (n == EVENTS);
}

static void queued_events(struct trap *trap)
{
	struct sock *s = trap->again;

	trap->again = NULL;
	while (s) {
		struct sock *next = s->again_next;

		s->queued = false;
		events_of(trap, s);
		s = next;
	}
	sock_free_dead(trap);
}

static void bell_rang(struct trap *trap)
{
	uint64_t count;

	if (read(trap->bell, &count, sizeof(count)) == sizeof(count)) {
		lib_events(trap);
		sem_post(&trap->bell_heard);
	}
}

static int wait_ms(const struct trap *trap)
{
	uint64_t now;

	if (trap->again)
		return 0;
	if (trap->next_deadline == ~0ULL)
		return -1;
	now = trap_now();
	if (now >= trap->next_deadline)
		return 0;
	return (int)((trap->next_deadline - now) / 1000000) + 1;
}

/* Return: the listener's events. */
static uint32_t host_events(struct trap *trap, int timeout)
{
	struct epoll_event events[EVENTS];
	int n = epoll_wait(trap->epoll, events, EVENTS, timeout);
	uint32_t calls = 0;

	for (int i = 0; i < n; i++) {
		void *what = events[i].data.ptr;

		if (what == &trap->listener)
			calls = events[i].events;
		else if (what == &trap->bell)
			bell_rang(trap);
		else if (what == &trap->signals)
			reap(trap);
		else if (what == &trap->reports)
			caller_gone(trap);
		else
			host_event(trap, what, events[i].events);
	}
	sock_free_dead(trap);
	return calls;
}

/*
 * What a program did before a call (closed a descriptor, wrote) is looked at
 * before that call is served.
 */
static uint32_t serve_calls(struct trap *trap)
{
	struct seccomp_notif req;
	uint32_t more = EPOLLIN;

	for (int i = 0; i < CALLS_IN_A_ROW && more & EPOLLIN; i++) {
		memset(&req, 0, sizeof(req));
		if (ioctl(trap->listener, SECCOMP_IOCTL_NOTIF_RECV, &req))
			return 0;
		host_events(trap, 0);
		call_serve(trap, &req);
		more = host_events(trap, 0);
	}
	return more;
}

/* Return: false once nobody is left under the filter. */
static bool one_round(struct trap *trap)
{
	uint32_t calls = host_events(trap, wait_ms(trap));

	if (calls & EPOLLIN)
		calls = serve_calls(trap);
	queued_events(trap);
	lib_events(trap);
	call_timeouts(trap);
	return !(calls & EPOLLHUP);
}

/* ---- beginning and end ---- */

static void raise_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	lkl_set_fd_limit(FD_LIMIT);
}

/* Of a pipe's writing end, only that nobody reads any more is of interest. */
static int watch(struct trap *trap, int *fd)
{
	struct epoll_event event = { .events = fd == &trap->reports ? 0 : EPOLLIN,
				     .data.ptr = fd };

	return epoll_ctl(trap->epoll, EPOLL_CTL_ADD, *fd, &event) ? -errno : 0;
}

int trap_prepare(struct trap *trap)
{
	int err;

	raise_limits();
	trap->helper = -1;
	trap->resets_end = &trap->resets;
	trap->next_deadline = ~0ULL;
	trap->buf = malloc(BUFFER_SIZE);
	trap->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (!trap->buf || trap->epoll < 0)
		return -ENOMEM;
	trap->lib_epoll = (int)kernel(__lkl__NR_epoll_create1, EPOLL_CLOEXEC, 0, 0,
				      0, 0, 0);
	if (trap->lib_epoll < 0)
		return trap->lib_epoll;
	diag_open(trap);
	err = start_bell(trap);
	return err ?: watch(trap, &trap->bell) ?: watch(trap, &trap->listener) ?:
	       watch(trap, &trap->signals) ?: watch(trap, &trap->reports);
}

static bool any_socket(const struct trap *trap)
{
	const struct sock *s;

	for (unsigned int i = 0; i < SOCK_BUCKETS; i++)
		for (s = trap->socks[i]; s; s = s->hash)
			if (s->end >= 0)
				return true;
	return false;
}

/* Connections nobody owns whose last bytes are not acknowledged yet. */
static unsigned int orphans(void)
{
	char buf[1024];
	unsigned int count = 0;
	char *word;
	long fd, n;

	lkl_mount_fs("proc");
	fd = kernel(__lkl__NR_openat, AT_FDCWD, (long)"/proc/net/sockstat", 0, 0, 0, 0);
	if (fd < 0)
		return 0;
	n = kernel(__lkl__NR_read, fd, (long)buf, sizeof(buf) - 1, 0, 0, 0);
	kernel(__lkl__NR_close, fd, 0, 0, 0, 0, 0);
	buf[n > 0 ? n : 0] = 0;
	word = strstr(buf, "orphan ");
	if (word)
		count = (unsigned int)strtoul(word + strlen("orphan "), NULL, 10);
	return count;
}

/*
 * What the program wrote before it ended has to reach its peer, as on a host,
 * whose kernel stays. Nothing tells when it did, so it is looked for.
 */
static void drain(struct trap *trap)
{
	const struct timespec step = { 0, DRAIN_STEP_NS };

	for (int i = 0; i < DRAIN_STEPS; i++) {
		if (!any_socket(trap) && !orphans())
			return;
		trap->next_deadline = trap_now() + DRAIN_STEP_NS;
		if (any_socket(trap))
			one_round(trap);
		else
			nanosleep(&step, NULL);
	}
}

int trap_serve(struct trap *trap)
{
	while (one_round(trap))
		;
	epoll_ctl(trap->epoll, EPOLL_CTL_DEL, trap->listener, NULL);
	drain(trap);
	return 0;
}
