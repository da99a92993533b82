// SPDX-License-Identifier: GPL-2.0
/*
 * sock.c - sockets of the library that a trapped program has
 *
 * Layer:   tools/lkl/hijack/trap; see the theory of operation in trap.h.
 * Context: the thread of serve.c.
 */
#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <lkl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

long kernel(long nr, long a, long b, long c, long d, long e, long f)
{
	long params[6] = { a, b, c, d, e, f };

	return lkl_syscall(nr, params);
}

static struct sock **bucket(struct trap *trap, ino_t ino)
{
	return &trap->socks[ino % SOCK_BUCKETS];
}

struct sock *sock_find(struct trap *trap, ino_t ino)
{
	struct sock *s = *bucket(trap, ino);

	while (s && s->ino != ino)
		s = s->hash;
	return s;
}

static void sock_insert(struct trap *trap, struct sock *s)
{
	struct sock **b = bucket(trap, s->ino);

	s->hash = *b;
	*b = s;
}

static void sock_unlink(struct trap *trap, struct sock *s)
{
	struct sock **b = bucket(trap, s->ino);

	while (*b && *b != s)
		b = &(*b)->hash;
	if (*b)
		*b = s->hash;
}

/* ---- making one ---- */

static int watch(struct trap *trap, struct sock *s)
{
	struct epoll_event event = {
		.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
		.data.ptr = s,
	};
	long err;

	if (epoll_ctl(trap->epoll, EPOLL_CTL_ADD, s->end, &event))
		return -errno;
	err = kernel(__lkl__NR_epoll_ctl, trap->lib_epoll, EPOLL_CTL_ADD, s->fd,
		     (long)&event, 0, 0);
	return (int)err;
}

/* A number of the range that the program does not use, or -1. */
static int free_number(struct trap *trap, pid_t tid)
{
	unsigned int size = TRAP_FD_LAST - TRAP_FD_FIRST + 1;

	for (unsigned int i = 0; i < size; i++) {
		int fd = (int)(TRAP_FD_FIRST + (trap->next_fd + i) % size);

		if (!peer_has(tid, fd)) {
			trap->next_fd = (trap->next_fd + i + 1) % size;
			return fd;
		}
	}
	return -1;
}

static int add_fd(struct call *call, int end, int number, int flags)
{
	struct seccomp_notif_addfd add = {
		.id = call->req->id,
		.flags = SECCOMP_ADDFD_FLAG_SEND |
			 (number < 0 ? 0 : SECCOMP_ADDFD_FLAG_SETFD),
		.srcfd = (__u32)end,
		.newfd = number < 0 ? 0 : (__u32)number,
		.newfd_flags = flags & SOCK_CLOEXEC ? O_CLOEXEC : 0,
	};
	int fd = ioctl(call->trap->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add);

	return fd < 0 ? -errno : fd;
}

/* Install the program's end, which is the answer to its call. */
static int give(struct call *call, int end, bool stream, int flags)
{
	int number = stream ? -1 : free_number(call->trap, (pid_t)call->req->pid);
	int fd = add_fd(call, end, number, flags);

	/* The number may be above the program's RLIMIT_NOFILE. */
	if (number >= 0 && (fd == -EBADF || fd == -EMFILE))
		fd = add_fd(call, end, -1, flags);
	return fd;
}

static void sock_delete(struct sock *s)
{
	call_forget(s);
	free(s->to_host.data);
	free(s->to_lib.data);
	free(s->head);
	while (s->kept) {
		struct datagram *next = s->kept->next;

		free(s->kept);
		s->kept = next;
	}
	free(s->accepted);
	free(s);
}

static struct sock *sock_new(int end, int program_end, int fd, bool stream,
			     enum sock_state state)
{
	struct sock *s = calloc(1, sizeof(*s));
	struct stat st;

	if (!s || fstat(program_end, &st)) {
		free(s);
		return NULL;
	}
	s->ino = st.st_ino;
	s->end = end;
	s->fd = fd;
	s->stream = stream;
	s->state = state;
	s->host_out = true;
	s->lib_in = true;
	s->lib_out = state == SOCK_CONNECTED || !stream;
	return s;
}

/* Everything but handing it over; ends[0] is ours. */
static struct sock *sock_make(struct trap *trap, int ends[2], int fd, bool stream,
			      enum sock_state state, int flags)
{
	struct sock *s = sock_new(ends[0], ends[1], fd, stream, state);

	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	if (flags & SOCK_NONBLOCK)
		fcntl(ends[1], F_SETFL, O_NONBLOCK);
	if (!s)
		return NULL;
	if ((stream && state != SOCK_CONNECTED && stream_plug(s, ends[1])) ||
	    watch(trap, s)) {
		sock_delete(s);
		return NULL;
	}
	sock_insert(trap, s);
	return s;
}

/* One of those without an end is looked at whenever another socket is made. */
static void sweep_reset(struct trap *trap)
{
	struct sock *s = trap->resets;

	if (!s)
		return;
	trap->resets = s->reset_next;
	if (!trap->resets)
		trap->resets_end = &trap->resets;
	if (!sock_released(trap, s)) {
		s->reset_next = NULL;
		*trap->resets_end = s;
		trap->resets_end = &s->reset_next;
	}
}

long sock_give(struct call *call, int fd, bool stream, enum sock_state state,
	       int flags)
{
	int ends[2];
	struct sock *s;
	int number;

	sweep_reset(call->trap);
	if (socketpair(AF_UNIX, (stream ? SOCK_STREAM : SOCK_SEQPACKET) | SOCK_CLOEXEC,
		       0, ends))
		return -errno;
	s = sock_make(call->trap, ends, fd, stream, state, flags);
	if (!s) {
		close(ends[0]);
		close(ends[1]);
		return -ENOMEM;
	}
	number = give(call, ends[1], stream, flags);
	close(ends[1]);
	if (number < 0) {
		s->fd = -1;
		sock_close(call->trap, s);
		kernel(__lkl__NR_epoll_ctl, call->trap->lib_epoll, EPOLL_CTL_DEL,
		       fd, 0, 0, 0);
		return number;
	}
	s->pid = (pid_t)call->req->pid;
	s->pfd = number;
	if (!stream)
		dgram_events(call->trap, s);
	else if (state == SOCK_CONNECTED)
		stream_events(call->trap, s);
	return CALL_ANSWERED;
}

/* ---- its end ---- */

void sock_close(struct trap *trap, struct sock *s)
{
	if (s->gone)
		return;
	s->gone = true;
	sock_unlink(trap, s);
	if (s->end >= 0)
		close(s->end);
	for (unsigned int i = 0; i < s->accepted_count; i++)
		kernel(__lkl__NR_close, s->accepted[i], 0, 0, 0, 0, 0);
	if (s->fd >= 0)
		kernel(__lkl__NR_close, s->fd, 0, 0, 0, 0, 0);
	s->dead = trap->dead;
	trap->dead = s;
}

void sock_free_dead(struct trap *trap)
{
	struct sock **link = &trap->dead;

	while (*link) {
		struct sock *s = *link;

		if (s->queued) {
			link = &s->dead;	/* its turn comes */
			continue;
		}
		*link = s->dead;
		sock_delete(s);
	}
}

bool sock_released(struct trap *trap, struct sock *s)
{
	if (diag_exists(trap, s->ino))
		return false;
	sock_close(trap, s);
	return true;
}

int sock_copy(struct sock *s)
{
	int fd = peer_getfd(s->pid, s->pfd);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) == 0 && st.st_ino == s->ino)
		return fd;
	close(fd);
	return -ESTALE;
}

/* It may have been moved since, or handed on. */
static int moved_copy(struct sock *s)
{
	int copy = sock_copy(s);

	return copy < 0 && peer_search(s->ino, &s->pid, &s->pfd) ? sock_copy(s) : copy;
}

/*
 * A unix socket whose peer is closed with something unread gives ECONNRESET, as
 * a TCP connection that was reset. So there must be something unread.
 */
void sock_reset(struct trap *trap, struct sock *s)
{
	int copy = s->plug ? -1 : moved_copy(s);

	if (copy >= 0) {
		if (send(copy, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			errno = 0;
		close(copy);
	}
	close(s->end);
	s->end = -1;
	s->plug = 0;
	s->reset_next = NULL;
	*trap->resets_end = s;
	trap->resets_end = &s->reset_next;
}

bool sock_blocks(struct sock *s)
{
	int copy = sock_copy(s);
	int flags = copy < 0 ? O_NONBLOCK : fcntl(copy, F_GETFL);

	if (copy >= 0)
		close(copy);
	return !(flags & O_NONBLOCK);
}

long sock_dup(struct call *call, int flags)
{
	int copy = sock_copy(call->sock);
	long ret;

	if (copy < 0)
		return copy;
	ret = give(call, copy, false, flags);
	close(copy);
	return ret < 0 ? ret : CALL_ANSWERED;
}
