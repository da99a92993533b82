// SPDX-License-Identifier: GPL-2.0
/*
 * serve.c - the loop of the process that serves
 *
 * Layer:   tools/lkl/hijack/trap; called by run.c.
 * Context: one thread. It sleeps in the library's epoll_wait(), which an event of
 *          the host's epoll instance interrupts; before it does, it has looked at
 *          both, so that no event is lost.
 */
#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <lkl.h>
#include <lkl_host.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define EVENTS		64
/* Notifications in a row before events of sockets have their turn. */
#define CALLS_IN_A_ROW	32
#define FD_LIMIT	(1U << 20)
/* What older headers lack: answers wake the program on the supervisor's processor. */
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS	SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP	(1UL << 0)
#endif
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

/* Everything the library has to say, waiting for it or the host if there is nothing. */
static long lib_events(struct trap *trap, int timeout)
{
	struct epoll_event events[EVENTS];
	long params[6] = { trap->lib_epoll, (long)events, EVENTS, timeout };
	long n;

	do {
		n = params[3] ? lkl_waker_syscall(__lkl__NR_epoll_wait, params) :
				lkl_syscall(__lkl__NR_epoll_wait, params);
		for (long i = 0; i < n; i++)
			lib_event(trap, events[i].data.ptr, events[i].events);
		sock_free_dead(trap);
		params[3] = 0;
	} while (n == EVENTS);
	return n;
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

static void one_host_event(struct trap *trap, const struct epoll_event *event,
			   uint32_t *calls)
{
	void *what = event->data.ptr;

	if (what == &trap->listener)
		*calls = event->events;
	else if (what == &trap->signals)
		reap(trap);
	else if (what == &trap->reports)
		caller_gone(trap);
	else
		host_event(trap, what, event->events);
}

/* All there are: only new ones end a wait. Return: the listener's events. */
static uint32_t host_events(struct trap *trap)
{
	struct epoll_event events[EVENTS];
	uint32_t calls = 0;
	int n;

	do {
		n = epoll_wait(trap->epoll, events, EVENTS, 0);
		trap->happened |= n > 0;
		for (int i = 0; i < n; i++)
			one_host_event(trap, &events[i], &calls);
		sock_free_dead(trap);
	} while (n == EVENTS);
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
		if (ioctl(trap->listener, SECCOMP_IOCTL_NOTIF_RECV, &req) == 0) {
			host_events(trap);
			call_serve(trap, &req);
		}
		more = host_events(trap);
	}
	return more;
}

/*
 * Nothing is done between the look at the host that finds nothing and the wait.
 *
 * Return: false once nobody is left under the filter.
 */
static bool one_round(struct trap *trap)
{
	uint32_t calls;

	queued_events(trap);
	trap->happened = false;
	calls = host_events(trap);
	if (calls & EPOLLIN)
		calls = serve_calls(trap);
	lib_events(trap, trap->happened ? 0 : wait_ms(trap));
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

static void interrupt(void *arg, uint32_t events)
{
	lkl_waker_interrupt(arg);
}

static int watch_host(struct trap *trap)
{
	return lkl_waker_self(&trap->waker) ?:
	       lkl_watch_add(trap->epoll, interrupt, &trap->waker, &trap->host_watch);
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
	/* Linux 6.6; slower without. */
	ioctl(trap->listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS,
	      SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
	err = watch_host(trap);
	return err ?: watch(trap, &trap->listener) ?:
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
		report_left(trap);
	epoll_ctl(trap->epoll, EPOLL_CTL_DEL, trap->listener, NULL);
	reap_program(trap);
	drain(trap);
	lkl_watch_remove(trap->host_watch);
	return 0;
}
