// SPDX-License-Identifier: GPL-2.0
/*
 * ahead.c - a client's calls that need not wait for the owner
 *
 * Layer:   tools/lkl/hijack/service; board.h has the theory.
 * Users:   client.c.
 * Context: the process's only thread that makes calls; ahead_stop() any other.
 */
#include "ahead.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "board.h"
#include "guard.h"
#include "preload.h"
#include "real.h"
#include "sandbox.h"

#define SPANS	16

/**
 * struct own - what we know of a socket, by the library's number
 * @era: of ours, if it is only this process's
 * @charged: against its limit
 * @peek: index of what was read ahead, plus one
 */
struct own {
	uint32_t era;
	uint32_t charged;
	uint32_t peek;
};

/**
 * struct spans - what is to be read or written
 * @iov: where
 * @count: how many
 * @total: bytes
 */
struct spans {
	struct iovec iov[SPANS];
	size_t count;
	size_t total;
};

/*
 * File-scope state: a process has one board at most. An era ends when all that is
 * ours becomes somebody else's, too.
 */
static struct board *board;
static int connection;
static bool stopped;
static bool posting;
static uint32_t era = 1;
static struct own owns[BOARD_STREAMS];
static struct peek peeks[BOARD_PEEKS];
static uint32_t peeked;
static uint32_t used[BOARD_PEEKS];

void ahead_start(int end, int fd)
{
	void *map = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED,
			 fd, 0);

	if (map == MAP_FAILED)
		return;
	connection = end;
	peeked = 0;
	board = map;
}

bool ahead_started(void)
{
	return board;
}

static struct own *own(long lib)
{
	if (lib < 0 || lib >= BOARD_STREAMS || owns[lib].era != era)
		return NULL;
	return &owns[lib];
}

static void own_new(long lib)
{
	if (lib >= 0 && lib < BOARD_STREAMS)
		owns[lib] = (struct own){ .era = era };
}

void ahead_passed(int lib)
{
	if (lib >= 0 && lib < BOARD_STREAMS)
		owns[lib].era = 0;
}

void ahead_shared(void)
{
	era++;
	peeked = 0;
}

void ahead_forget(void)
{
	if (board)
		munmap(board, sizeof(*board));
	board = NULL;
	stopped = false;
	posting = false;
	ahead_shared();
}

/* ---- posts ---- */

static void kick(void)
{
	struct request req = { .nr = REQUEST_KICK };

	if (__atomic_load_n(&board->awake, __ATOMIC_SEQ_CST) ||
	    __atomic_exchange_n(&board->awake, 1, __ATOMIC_SEQ_CST))
		return;
	/* If it is gone, the next message says so. */
	(void)sandbox_send(connection, &req, sizeof(req), -1);
}

static uint32_t offset(uint32_t at)
{
	return at & (BOARD_POSTS - 1);
}

/* Where @size bytes go, in one piece; or NULL if they do not. */
static struct post *post_room(uint32_t size)
{
	uint32_t head = board->head;
	uint32_t tail = __atomic_load_n(&board->tail, __ATOMIC_ACQUIRE);
	uint32_t rest = BOARD_POSTS - offset(head);
	uint32_t skip = rest < size ? rest : 0;
	struct post *post = (struct post *)(board->posts + offset(head));

	if (BOARD_POSTS - (head - tail) < skip + size)
		return NULL;
	if (!skip)
		return post;
	*post = (struct post){ POST_SKIP, 0, skip - (uint32_t)sizeof(*post), 0 };
	__atomic_store_n(&board->head, head + skip, __ATOMIC_RELEASE);
	return (struct post *)board->posts;
}

static void post(struct post *at, enum post_op op, long lib, size_t len)
{
	*at = (struct post){ op, (int32_t)lib, (uint32_t)len, 0 };
	__atomic_store_n(&board->head, board->head + post_size(op, at->len),
			 __ATOMIC_SEQ_CST);
	kick();
}

/* ---- what is to be read or written ---- */

static bool spans_add(struct spans *spans, const struct iovec *iov, size_t count)
{
	if (count > SPANS || guarded_copy(spans->iov, iov, count * sizeof(*iov)))
		return false;
	spans->count = count;
	spans->total = 0;
	for (size_t i = 0; i < count; i++) {
		if (spans->iov[i].iov_len > BOARD_POSTS)
			return false;
		spans->total += spans->iov[i].iov_len;
	}
	return spans->total > 0;
}

static bool spans_one(struct spans *spans, long address, long len)
{
	struct iovec iov = { (void *)address, (size_t)len };

	return spans_add(spans, &iov, 1);
}

static bool plain(long flags)
{
	return !(flags & ~(long)(MSG_DONTWAIT | MSG_NOSIGNAL));
}

static bool spans_msg(struct spans *spans, const struct msghdr *from)
{
	struct msghdr msg;

	if (guarded_copy(&msg, from, sizeof(msg)) || msg.msg_name || msg.msg_control)
		return false;
	return spans_add(spans, msg.msg_iov, msg.msg_iovlen);
}

/* Of calls that the board knows. */
static bool spans_of(struct spans *spans, long nr, const long *params)
{
	switch (nr) {
	case SYS_read:
	case SYS_write:
		return spans_one(spans, params[1], params[2]);
	case SYS_sendto:
	case SYS_recvfrom:
		return plain(params[3]) && !params[4] &&
		       spans_one(spans, params[1], params[2]);
	case SYS_readv:
	case SYS_writev:
		return params[2] >= 0 &&
		       spans_add(spans, (struct iovec *)params[1], (size_t)params[2]);
	case SYS_sendmsg:
	case SYS_recvmsg:
		return plain(params[2]) &&
		       spans_msg(spans, (struct msghdr *)params[1]);
	}
	return false;
}

static int spans_gather(const struct spans *spans, unsigned char *to)
{
	int err = 0;

	for (size_t i = 0; i < spans->count && !err; i++) {
		err = guarded_copy(to, spans->iov[i].iov_base, spans->iov[i].iov_len);
		to += spans->iov[i].iov_len;
	}
	return err;
}

static int spans_scatter(const struct spans *spans, const unsigned char *from,
			 size_t len)
{
	int err = 0;
	size_t part;

	for (size_t i = 0; i < spans->count && len && !err; i++) {
		part = len < spans->iov[i].iov_len ? len : spans->iov[i].iov_len;
		err = guarded_copy(spans->iov[i].iov_base, from, part);
		from += part;
		len -= part;
	}
	return err;
}

/* ---- writing behind ---- */

static bool send_call(struct own *o, long lib, const struct spans *spans, long *ret)
{
	uint32_t len = (uint32_t)spans->total, charge = post_charge(len);
	uint32_t limit = __atomic_load_n(&board->streams[lib].limit, __ATOMIC_ACQUIRE);
	struct post *at;

	if (spans->total > POST_MAX || (int32_t)(limit - o->charged - charge) < 0)
		return false;
	at = post_room(post_size(POST_SEND, len));
	if (!at)
		return false;
	*ret = spans_gather(spans, (unsigned char *)(at + 1));
	if (*ret)
		return true;
	o->charged += charge;
	post(at, POST_SEND, lib, len);
	*ret = len;
	return true;
}

/* ---- reading ahead ---- */

static bool receive_call(struct own *o, long lib, const struct spans *spans, long *ret)
{
	uint32_t i = o->peek - 1, left, len;
	struct post *at;

	if (!o->peek || i >= peeked || peeks[i].lib != lib)
		return false;
	left = peeks[i].len - used[i];
	len = left < spans->total ? left : (uint32_t)spans->total;
	at = post_room(post_size(POST_DISCARD, len));
	/* More than was looked at is there, perhaps: a short read would lie. */
	if (!at || (peeks[i].len == PEEK_SIZE && spans->total > left)) {
		o->peek = 0;
		return false;
	}
	*ret = spans_scatter(spans, board->data[i] + used[i], len);
	if (*ret)
		return true;
	used[i] += len;
	if (used[i] == peeks[i].len)
		o->peek = 0;
	post(at, POST_DISCARD, lib, len);
	*ret = len;
	return true;
}

/* What else recvmsg() tells. */
static long receive_told(long nr, const long *params, long ret)
{
	struct msghdr *msg = (struct msghdr *)params[1];
	size_t none = 0;
	int flags = 0;

	if (nr != SYS_recvmsg || ret < 0)
		return ret;
	if (guarded_copy(&msg->msg_flags, &flags, sizeof(flags)) ||
	    guarded_copy(&msg->msg_controllen, &none, sizeof(none)))
		return -EFAULT;
	return ret;
}

static bool error_taken(long lib, long *ret)
{
	int32_t *error = &board->streams[lib].error;

	if (likely(!__atomic_load_n(error, __ATOMIC_RELAXED)))
		return false;
	*ret = -__atomic_exchange_n(error, 0, __ATOMIC_ACQUIRE);
	return *ret < 0;
}

static bool board_call(long nr, const long *params, long *ret)
{
	struct own *o = own(params[0]);
	struct spans spans;

	if (!o || !spans_of(&spans, nr, params))
		return false;
	if (error_taken(params[0], ret))
		return true;
	switch (nr) {
	case SYS_write:
	case SYS_writev:
	case SYS_sendto:
	case SYS_sendmsg:
		return send_call(o, params[0], &spans, ret);
	}
	if (!receive_call(o, params[0], &spans, ret))
		return false;
	*ret = receive_told(nr, params, *ret);
	return true;
}

bool ahead_call(long nr, const long *params, long *ret)
{
	bool done = false;

	if (!board)
		return false;
	__atomic_store_n(&posting, true, __ATOMIC_SEQ_CST);
	if (!__atomic_load_n(&stopped, __ATOMIC_SEQ_CST))
		done = board_call(nr, params, ret);
	__atomic_store_n(&posting, false, __ATOMIC_RELEASE);
	return done;
}

void ahead_stop(void)
{
	__atomic_store_n(&stopped, true, __ATOMIC_SEQ_CST);
	/* A few instructions of another thread. */
	while (__atomic_load_n(&posting, __ATOMIC_SEQ_CST))
		__asm__ volatile("" ::: "memory");
}

/* ---- messages ---- */

/* The answer brings the events, and what there is to read. */
static void events_by_board(struct request *req)
{
	const struct timespec *timeout = (const struct timespec *)req->params[3];

	peeked = 0;
	if (stopped || req->params[2] <= 0)
		return;
	if (req->nr == SYS_epoll_pwait2 &&
	    (req->params[4] || (timeout && guarded_copy(&board->timeout, timeout,
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

void ahead_before(struct request *req)
{
	struct own *o;

	if (!board)
		return;
	if (req->nr == SYS_epoll_wait || req->nr == SYS_epoll_pwait2) {
		events_by_board(req);
	} else if (one_socket(req->nr)) {
		o = own(req->params[0]);
		if (o && req->nr != SYS_setsockopt)
			o->peek = 0;
	} else if (req->nr != SYS_dup3) {
		peeked = 0;
	}
}

/* Its connection has ended: what calls say of that is for the kernel to say. */
static void ended(const struct request *req, const struct epoll_event *event)
{
	struct hint hint = board->hints[hint_place(event->data.u64)];

	if (event->events & (EPOLLERR | EPOLLHUP) && hint.data == event->data.u64 &&
	    hint.epoll == req->params[0])
		ahead_passed(hint.lib);
}

static void peeks_taken(void)
{
	struct own *o;

	peeked = board->peeked < BOARD_PEEKS ? board->peeked : BOARD_PEEKS;
	for (uint32_t i = 0; i < peeked; i++) {
		peeks[i] = board->peeks[i];
		used[i] = 0;
		o = own(peeks[i].lib);
		if (o)
			o->peek = i + 1;
	}
}

static long events_taken(const struct request *req, const long *params, long ret)
{
	if (ret <= 0)
		return ret;
	for (long i = 0; i < ret; i++)
		ended(req, &board->events[i]);
	peeks_taken();
	if (guarded_copy((void *)params[1], board->events,
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
	struct epoll_event event;
	struct hint *hint;

	if (params[1] == EPOLL_CTL_DEL || !own(params[2]) ||
	    guarded_copy(&event, (void *)params[3], sizeof(event)))
		return;
	hint = &board->hints[hint_place(event.data.u64)];
	hint->data = event.data.u64;
	hint->epoll = (int32_t)params[0];
	hint->lib = (int32_t)params[2];
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
	case SYS_epoll_ctl:
		member_noted(params);
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

long ahead_after(const struct request *req, const long *params, long ret)
{
	if (req->board)
		return events_taken(req, params, ret);
	if (!board)
		return ret;
	if (ret < 0)
		failed(req, ret);
	else
		succeeded(req, params, ret);
	return ret;
}
