// SPDX-License-Identifier: GPL-2.0
/*
 * behind.c - the owner does what clients have put on their boards
 *
 * Layer:   tools/lkl/hijack/service; board.h has the theory.
 * Users:   serve.c.
 * Context: the thread that serves the client's; behind_settled() any.
 */
#include "behind.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "api.h"
#include "board.h"
#include "real.h"

/* Ask again how much a socket takes when so much of it is left, bytes. */
#define LIMIT_LOW	(128 * 1024)

/* As at the end of a process (exit.c): how long a peer may take nothing, s. */
#define PATIENCE	3

/* getsockopt(SO_MEMINFO): asm/socket.h, linux/sock_diag.h */
#define OPTION_MEMINFO	55
enum { MEMINFO_SNDBUF = 3, MEMINFO_WMEM_QUEUED = 5, MEMINFO_VARS = 9 };

/**
 * struct served - a socket, by number
 * @charged: against its limit
 * @limit: what the client was told
 * @ended: its peer is gone
 * @tcp: is it one that has a board's services?
 */
struct served {
	uint32_t charged;
	uint32_t limit;
	bool ended;
	bool tcp;
};

/**
 * struct behind - a board's other side
 * @board: shared with the client
 * @tail: bytes done
 * @left: there is no client any more
 * @served: by number
 */
struct behind {
	struct board *board;
	uint32_t tail;
	bool left;
	struct served served[BOARD_STREAMS];
};

static long lib(long nr, long a, long b, long c, long d, long e)
{
	long params[6] = { a, b, c, d, e, 0 };

	return api.apply.lkl_syscall(nr, params);
}

/* ---- life ---- */

/* It must not be cut off under our hands. */
static int memory_make(void)
{
	int fd = memfd_create("lkl-board", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd >= 0 && !ftruncate(fd, sizeof(struct board)) &&
	    !real.fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		return fd;
	if (fd >= 0)
		real.close(fd);
	return -1;
}

static struct board *board_map(int fd)
{
	void *map = fd < 0 ? MAP_FAILED :
		    mmap(NULL, sizeof(struct board), PROT_READ | PROT_WRITE,
			 MAP_SHARED, fd, 0);

	return map == MAP_FAILED ? NULL : map;
}

struct behind *behind_new(int *fd)
{
	struct behind *behind = calloc(1, sizeof(*behind));

	*fd = behind ? memory_make() : -1;
	if (!behind)
		return NULL;
	behind->board = board_map(*fd);
	if (behind->board)
		return behind;
	if (*fd >= 0)
		real.close(*fd);
	*fd = -1;
	free(behind);
	return NULL;
}

void behind_free(struct behind *behind)
{
	if (!behind)
		return;
	munmap(behind->board, sizeof(*behind->board));
	free(behind);
}

static struct served *served(struct behind *behind, long fd)
{
	if (fd < 0 || fd >= BOARD_STREAMS || !behind->served[fd].tcp)
		return NULL;
	return &behind->served[fd];
}

/* ---- how much a socket takes ---- */

static void limit_tell(struct behind *behind, long fd)
{
	__atomic_store_n(&behind->board->streams[fd].limit, behind->served[fd].limit,
			 __ATOMIC_RELEASE);
}

static void limit_renew(struct behind *behind, long fd)
{
	struct served *s = &behind->served[fd];
	uint32_t info[MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof(info);

	if (s->ended || s->limit - s->charged >= LIMIT_LOW ||
	    lib(SYS_getsockopt, fd, SOL_SOCKET, OPTION_MEMINFO, (long)info, (long)&len))
		return;
	if (info[MEMINFO_SNDBUF] <= info[MEMINFO_WMEM_QUEUED])
		return;
	s->limit = s->charged + info[MEMINFO_SNDBUF] - info[MEMINFO_WMEM_QUEUED];
	limit_tell(behind, fd);
}

/* Its peer is gone: what is written from now on is to fail at once, by message. */
static void limit_end(struct behind *behind, long fd)
{
	struct pollfd pfd = { .fd = (int)fd };
	struct timespec now = { 0, 0 };

	if (lib(SYS_ppoll, (long)&pfd, 1, (long)&now, 0, 0) <= 0)
		return;
	behind->served[fd].ended = true;
	behind->served[fd].limit = behind->served[fd].charged;
	limit_tell(behind, fd);
}

/* ---- posts ---- */

/* Return: false if nobody waits for it any more, and the peer takes nothing. */
static bool wait_writable(const struct behind *behind, int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLOUT };
	struct timespec patience = { PATIENCE, 0 };

	while (!lib(SYS_ppoll, (long)&pfd, 1, (long)&patience, 0, 0))
		if (__atomic_load_n(&behind->left, __ATOMIC_ACQUIRE))
			return false;
	return true;
}

/*
 * The limit sees to it that it is taken at once, unless memory is short. What the
 * client was told is written is written even then, and even if it is gone.
 */
static long send_all(const struct behind *behind, int fd, const unsigned char *data,
		     size_t len)
{
	long ret = 0;

	while (len) {
		ret = lib(SYS_sendto, fd, (long)data, (long)len,
			  MSG_DONTWAIT | MSG_NOSIGNAL, 0);
		if (ret > 0) {
			data += ret;
			len -= (size_t)ret;
		} else if (ret != -EINTR &&
			   (ret != -EAGAIN || !wait_writable(behind, fd))) {
			break;
		}
	}
	return ret;
}

static void post_send(struct behind *behind, const struct post *post,
		      const unsigned char *data)
{
	struct served *s = served(behind, post->lib);
	long ret;

	if (!s)
		return;
	ret = send_all(behind, post->lib, data, post->len);
	if (ret < 0)
		__atomic_store_n(&behind->board->streams[post->lib].error, (int)-ret,
				 __ATOMIC_RELEASE);
	s->charged += post_charge(post->len);
	limit_end(behind, post->lib);
	limit_renew(behind, post->lib);
}

static void post_do(struct behind *behind, const struct post *post,
		    const unsigned char *data)
{
	if (post->op == POST_SEND)
		post_send(behind, post, data);
	else if (post->op == POST_DISCARD && served(behind, post->lib))
		lib(SYS_recvfrom, post->lib, 0, post->len, MSG_TRUNC | MSG_DONTWAIT, 0);
}

/* Is @post, of which no copy is left outside, one that there can be? */
static bool post_valid(const struct post *post, uint32_t at, uint32_t there)
{
	uint32_t size;

	if (at > BOARD_POSTS - sizeof(*post) || post->op > POST_DISCARD ||
	    post->len > BOARD_POSTS)
		return false;
	size = post_size(post->op, post->len);
	return size <= there && size <= BOARD_POSTS - at;
}

static uint32_t posted(const struct behind *behind)
{
	return __atomic_load_n(&behind->board->head, __ATOMIC_SEQ_CST);
}

static void done(struct behind *behind, uint32_t tail)
{
	__atomic_store_n(&behind->board->tail, tail, __ATOMIC_RELEASE);
	__atomic_store_n(&behind->tail, tail, __ATOMIC_SEQ_CST);
}

bool behind_work(struct behind *behind)
{
	uint32_t head = posted(behind), tail = behind->tail, at;
	struct board *board = behind->board;
	struct post post;

	for (; tail != head; done(behind, tail)) {
		at = tail & (BOARD_POSTS - 1);
		memcpy(&post, board->posts + at, sizeof(post));
		if (head - tail > BOARD_POSTS || !post_valid(&post, at, head - tail))
			return false;
		post_do(behind, &post, board->posts + at + sizeof(post));
		tail += post_size(post.op, post.len);
	}
	return true;
}

bool behind_rest(struct behind *behind)
{
	bool right = true;

	do {
		__atomic_store_n(&behind->board->awake, 1, __ATOMIC_RELAXED);
		while (right && posted(behind) != behind->tail)
			right = behind_work(behind);
		__atomic_store_n(&behind->board->awake, 0, __ATOMIC_SEQ_CST);
	} while (right && posted(behind) != behind->tail);
	return right;
}

void behind_leave(struct behind *behind)
{
	__atomic_store_n(&behind->left, true, __ATOMIC_RELEASE);
}

bool behind_settled(const struct behind *behind)
{
	return posted(behind) == __atomic_load_n(&behind->tail, __ATOMIC_SEQ_CST);
}

/* ---- calls that use the board ---- */

bool behind_before(struct behind *behind, struct request *req)
{
	struct board *board = behind->board;

	if (req->nr != SYS_epoll_wait && req->nr != SYS_epoll_pwait2)
		return false;
	req->params[1] = (long)board->events;
	if (req->params[2] > BOARD_EVENTS)
		req->params[2] = BOARD_EVENTS;
	if (req->nr == SYS_epoll_pwait2) {
		req->params[3] = req->params[3] ? (long)&board->timeout : 0;
		req->params[4] = 0;
	}
	return true;
}

/* Which socket an event is of, if the client has said so; or -1. */
static int event_socket(struct behind *behind, const struct request *req, long i)
{
	struct epoll_event event = behind->board->events[i];
	struct hint hint = behind->board->hints[hint_place(event.data.u64)];

	if (!(event.events & EPOLLIN) || event.events & (EPOLLERR | EPOLLHUP) ||
	    hint.data != event.data.u64 || hint.epoll != req->params[0] ||
	    !served(behind, hint.lib))
		return -1;
	return hint.lib;
}

static void read_ahead(struct behind *behind, const struct request *req, long ret)
{
	struct board *board = behind->board;
	uint32_t count = 0;
	long len;
	int fd;

	for (long i = 0; i < ret && count < BOARD_PEEKS; i++) {
		fd = event_socket(behind, req, i);
		if (fd < 0)
			continue;
		len = lib(SYS_recvfrom, fd, (long)board->data[count], PEEK_SIZE,
			  MSG_PEEK | MSG_DONTWAIT, 0);
		if (len > 0)
			board->peeks[count++] = (struct peek){ fd, (uint32_t)len };
	}
	board->peeked = count;
}

/* ---- sockets come and go ---- */

static void stream_new(struct behind *behind, long fd, bool connected)
{
	int protocol = 0;
	socklen_t len = sizeof(protocol);

	if (fd >= BOARD_STREAMS)
		return;
	behind->served[fd] = (struct served){ 0 };
	behind->board->streams[fd].error = 0;
	if (!lib(SYS_getsockopt, fd, SOL_SOCKET, SO_PROTOCOL, (long)&protocol,
		 (long)&len) && protocol == IPPROTO_TCP)
		behind->served[fd].tcp = true;
	limit_tell(behind, fd);
	if (connected && behind->served[fd].tcp)
		limit_renew(behind, fd);
}

/*
 * A socket that came to the client otherwise, and that it has alone: what is given
 * is as if it were new.
 */
static void stream_give(struct behind *behind, const struct request *req, long fd)
{
	struct sockaddr_storage peer = { 0 };
	socklen_t len = sizeof(peer);

	if (req->own || fd < 0 || fd >= BOARD_STREAMS || api.lkl_fd_users((int)fd) != 1)
		return;
	stream_new(behind, fd, !lib(SYS_getpeername, fd, (long)&peer, (long)&len, 0, 0));
	if (behind->served[fd].tcp)
		__atomic_store_n(&behind->board->streams[fd].given, 1, __ATOMIC_RELEASE);
}

static void stream_gone(struct behind *behind, long fd)
{
	if (fd >= 0 && fd < BOARD_STREAMS)
		behind->served[fd].tcp = false;
}

static void stream_used(struct behind *behind, const struct request *req, long ret)
{
	switch (req->nr) {
	case SYS_read:
	case SYS_readv:
	case SYS_recvfrom:
	case SYS_recvmsg:
	case SYS_write:
	case SYS_writev:
	case SYS_sendto:
	case SYS_sendmsg:
		if (ret > 0 || ret == -EAGAIN)
			stream_give(behind, req, req->params[0]);
		break;
	case SYS_epoll_ctl:
		if (!ret && req->params[1] != EPOLL_CTL_DEL)
			stream_give(behind, req, req->params[2]);
		break;
	}
}

void behind_after(struct behind *behind, const struct request *req, long ret)
{
	stream_used(behind, req, ret);
	if (ret < 0)
		return;
	switch (req->nr) {
	case SYS_epoll_wait:
	case SYS_epoll_pwait2:
		if (req->board)
			read_ahead(behind, req, ret);
		break;
	case SYS_accept:
	case SYS_accept4:
	case SYS_socket:
		stream_new(behind, ret, req->nr != SYS_socket);
		break;
	case SYS_close:
		stream_gone(behind, req->params[0]);
		break;
	case SYS_dup3:
		stream_gone(behind, req->params[1]);
		break;
	case SYS_write:
	case SYS_writev:
	case SYS_sendto:
	case SYS_sendmsg:
		/* What was never connected would have failed. */
		if (ret && served(behind, req->params[0]))
			limit_renew(behind, req->params[0]);
		break;
	}
}
