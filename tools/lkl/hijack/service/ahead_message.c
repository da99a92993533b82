// SPDX-License-Identifier: GPL-2.0
/*
 * ahead_message.c - what a client's messages do to its board
 *
 * Layer:   tools/lkl/hijack/service; board.h has the theory.
 * Users:   client.c.
 * Context: the process's only thread that makes calls. Once there are others, all
 *          goes by message, and nothing is done here.
 */
#include "ahead.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>

#include "ahead_state.h"
#include "guard.h"
#include "preload.h"
#include "real.h"

static void own_new(long lib)
{
	if (lib >= 0 && lib < BOARD_STREAMS)
		ahead.owns[lib] = (struct own){ .era = ahead.era + 1 };
}

/* The answer brings the events, and what there is to read. */
static void events_by_board(struct request *req)
{
	const struct timespec *timeout = (const struct timespec *)req->params[3];

	ahead.peeked = 0;
	if (req->params[2] <= 0)
		return;
	if (req->nr == SYS_epoll_pwait2 &&
	    (req->params[4] || (timeout && guarded_copy(&ahead.board->timeout, timeout,
							sizeof(*timeout)))))
		return;
	if (req->params[2] > BOARD_EVENTS)
		req->params[2] = BOARD_EVENTS;
	req->board = 1;
}

/* What may read a socket otherwise than by its number as the first argument? */
static bool one_socket(long nr)
{
	switch (nr) {
	case SYS_read:
	case SYS_readv:
	case SYS_recvfrom:
	case SYS_recvmsg:
	case SYS_write:
	case SYS_writev:
	case SYS_sendto:
	case SYS_sendmsg:
	case SYS_accept:
	case SYS_accept4:
	case SYS_socket:
	case SYS_connect:
	case SYS_getsockopt:
	case SYS_setsockopt:
	case SYS_getsockname:
	case SYS_getpeername:
	case SYS_epoll_ctl:
	case SYS_fcntl:
	case SYS_ioctl:
	case SYS_shutdown:
	case SYS_close:
		return true;
	}
	return false;
}

/* The socket that a call is about. */
static long socket_of(const struct request *req)
{
	return req->params[req->nr == SYS_epoll_ctl ? 2 : 0];
}

void ahead_before(struct request *req)
{
	struct own *o;

	if (!ahead.board || ahead.stopped)
		return;
	req->own = own(socket_of(req)) != NULL;
	if (req->nr == SYS_epoll_wait || req->nr == SYS_epoll_pwait2) {
		events_by_board(req);
	} else if (one_socket(req->nr)) {
		o = own(req->params[0]);
		if (o && req->nr != SYS_setsockopt)
			o->peek = 0;
	} else if (req->nr != SYS_dup3) {
		ahead.peeked = 0;
	}
}

/* Its connection has ended: what calls say of that is for the kernel to say. */
static void ended(const struct request *req, const struct epoll_event *event)
{
	struct hint hint = ahead.board->hints[hint_place(event->data.u64)];

	if (event->events & (EPOLLERR | EPOLLHUP) && hint.data == event->data.u64 &&
	    hint.epoll == req->params[0])
		ahead_passed(hint.lib);
}

static void peeks_taken(void)
{
	struct own *o;

	ahead.peeked = ahead.board->peeked < BOARD_PEEKS ? ahead.board->peeked : BOARD_PEEKS;
	for (uint32_t i = 0; i < ahead.peeked; i++) {
		ahead.peeks[i] = ahead.board->peeks[i];
		ahead.used[i] = 0;
		o = own(ahead.peeks[i].lib);
		if (o)
			o->peek = i + 1;
	}
}

static long events_taken(const struct request *req, const long *params, long ret)
{
	if (ret <= 0)
		return ret;
	for (long i = 0; i < ret; i++)
		ended(req, &ahead.board->events[i]);
	peeks_taken();
	if (guarded_copy((void *)params[1], ahead.board->events,
			 (size_t)ret * sizeof(struct epoll_event)))
		return -EFAULT;
	return ret;
}

static void polled(const long *params)
{
	const struct pollfd *fds = (const struct pollfd *)params[0];

	for (long i = 0; i < params[1]; i++)
		if (fds[i].revents & (POLLERR | POLLHUP))
			ahead_passed(fds[i].fd);
}

static void option_told(const long *params)
{
	int error = 0;

	if (params[1] == SOL_SOCKET && params[2] == SO_ERROR &&
	    !guarded_copy(&error, (void *)params[3], sizeof(error)) && error)
		ahead_passed((int)params[0]);
}

static void member_noted(const long *params)
{
	struct hint *hints = ahead.board ? ahead.board->hints : ahead.hints;
	struct epoll_event event;

	if (params[1] == EPOLL_CTL_DEL ||
	    guarded_copy(&event, (void *)params[3], sizeof(event)))
		return;
	hints[hint_place(event.data.u64)] = (struct hint){
		event.data.u64, (int32_t)params[0], (int32_t)params[2],
	};
}

static void duplicated(const long *params)
{
	if (params[1] == F_DUPFD || params[1] == F_DUPFD_CLOEXEC)
		ahead_passed((int)params[0]);
}

static void failed(const struct request *req, long ret)
{
	if (ret != -EAGAIN && ret != -EINTR && ret != -EFAULT && one_socket(req->nr))
		ahead_passed((int)req->params[0]);
}

static void succeeded(const struct request *req, const long *params, long ret)
{
	switch (req->nr) {
	case SYS_accept:
	case SYS_accept4:
	case SYS_socket:
		own_new(ret);
		break;
	case SYS_fcntl:
		duplicated(params);
		break;
	case SYS_ppoll:
		polled(params);
		break;
	case SYS_getsockopt:
		option_told(params);
		break;
	case SYS_dup3:
		ahead_passed((int)params[1]);
		/* fallthrough */
	case SYS_dup:
	case SYS_shutdown:
	case SYS_close:
		ahead_passed((int)params[0]);
		break;
	case SYS_sendmsg:
	case SYS_sendmmsg:
		/* By a unix socket, descriptors may have gone with it. */
		if (!own(params[0]))
			ahead_shared();
		break;
	}
}

/* Perhaps the owner has found that it is ours alone. */
static void given(long lib)
{
	uint32_t *given;

	if (lib < 0 || lib >= BOARD_STREAMS)
		return;
	given = &ahead.board->streams[lib].given;
	if (unlikely(__atomic_load_n(given, __ATOMIC_ACQUIRE))) {
		__atomic_store_n(given, 0, __ATOMIC_RELAXED);
		own_new(lib);
	}
}

long ahead_after(const struct request *req, const long *params, long ret)
{
	if (req->board)
		return events_taken(req, params, ret);
	if (req->nr == SYS_epoll_ctl && !ret)
		member_noted(params);
	if (!ahead.board || ahead.stopped)
		return ret;
	given(socket_of(req));
	if (ret < 0)
		failed(req, ret);
	else
		succeeded(req, params, ret);
	return ret;
}
