// SPDX-License-Identifier: GPL-2.0
/*
 * stream.c - stream sockets of a trapped program: bytes are carried
 *
 * Layer:   tools/lkl/hijack/trap; see the theory of operation in trap.h.
 * Context: the thread of serve.c.
 *
 * Both sides are watched edge-triggered: a side that said EAGAIN is not asked
 * again before its next event. What was read on one side and not taken by the
 * other stays in a struct rest, and no more is read until it is gone; so a
 * program that does not read stops its peer, as on a host.
 */
#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <lkl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/* Rounds of one socket before others have their turn. */
#define TURNS		16
#define PLUG_STEP	(16 * 1024)
#define TOKENS_MAX	4

/* ---- the plug ---- */

/*
 * Fill the pair until the program's end is not writable. A unix socket counts as
 * writable while less than a quarter of its send buffer is used.
 */
int stream_plug(struct sock *s, int program_end)
{
	static const char zeros[PLUG_STEP];
	struct pollfd p = { .fd = program_end, .events = POLLOUT };

	while (poll(&p, 1, 0) > 0 && p.revents & POLLOUT) {
		ssize_t n = send(program_end, zeros, sizeof(zeros),
				 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0)
			return -errno;
		s->plug += (size_t)n;
	}
	return 0;
}

static void unplug(struct trap *trap, struct sock *s)
{
	while (s->plug) {
		size_t step = s->plug < BUFFER_SIZE ? s->plug : BUFFER_SIZE;
		ssize_t n = recv(s->end, trap->buf, step, MSG_DONTWAIT);

		if (n <= 0)
			break;
		s->plug -= (size_t)n;
	}
	s->plug = 0;
}

/* ---- carrying ---- */

static bool rest_empty(const struct rest *r)
{
	return r->start == r->end;
}

static int rest_keep(struct rest *r, const char *data, size_t len)
{
	if (!r->data)
		r->data = malloc(BUFFER_SIZE);
	if (!r->data)
		return -ENOMEM;
	memcpy(r->data, data, len);
	r->start = 0;
	r->end = len;
	return 0;
}

static void rest_took(struct rest *r, size_t len)
{
	r->start += len;
	if (!rest_empty(r))
		return;
	free(r->data);
	memset(r, 0, sizeof(*r));
}

static ssize_t host_send(struct sock *s, const char *data, size_t len)
{
	ssize_t n = send(s->end, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);

	return n < 0 ? -errno : n;
}

static ssize_t lib_send(struct sock *s, const char *data, size_t len)
{
	return kernel(__lkl__NR_sendto, s->fd, (long)data, (long)len,
		      MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0);
}

/*
 * One direction: who sends, whether it may take more, and what was not taken.
 * Return: false if nothing can be done at the moment.
 */
static bool hand_over(struct sock *s, struct rest *r, bool *ready,
		      ssize_t (*out)(struct sock *s, const char *data, size_t len),
		      const char *data, size_t len)
{
	bool fresh = rest_empty(r);
	ssize_t n;

	if (!fresh) {
		data = r->data + r->start;
		len = r->end - r->start;
	}
	n = *ready ? out(s, data, len) : -EAGAIN;
	if (n == -EAGAIN) {
		*ready = false;
		n = 0;
	} else if (n < 0) {
		n = (ssize_t)len;	/* nobody wants it any more */
	}
	if (!fresh)
		rest_took(r, (size_t)n);
	else if ((size_t)n < len && rest_keep(r, data + n, len - (size_t)n))
		return false;
	return rest_empty(r);
}

static bool host_flush(struct sock *s)
{
	return rest_empty(&s->to_host) ||
	       hand_over(s, &s->to_host, &s->host_out, host_send, NULL, 0);
}

static bool lib_flush(struct sock *s)
{
	return rest_empty(&s->to_lib) ||
	       hand_over(s, &s->to_lib, &s->lib_out, lib_send, NULL, 0);
}

/* The library's connection has failed: what it delivered comes first. */
static void lib_failed(struct sock *s, int err)
{
	s->lib_in = false;
	s->lib_eof = true;
	s->error = -err;
}

/* From the library to the program. Return: more may be there. */
static bool carry_down(struct trap *trap, struct sock *s)
{
	ssize_t n;

	if (!host_flush(s) || !s->lib_in || s->lib_eof)
		return false;
	n = kernel(__lkl__NR_recvfrom, s->fd, (long)trap->buf, BUFFER_SIZE,
		   MSG_DONTWAIT, 0, 0);
	if (n > 0)
		return hand_over(s, &s->to_host, &s->host_out, host_send,
				 trap->buf, (size_t)n);
	s->lib_in = false;
	if (n == 0)
		s->lib_eof = true;
	else if (n != -EAGAIN)
		lib_failed(s, (int)n);
	return false;
}

/* From the program to the library. Return: more may be there. */
static bool carry_up(struct trap *trap, struct sock *s)
{
	ssize_t n;

	if (!lib_flush(s) || !s->host_in || s->host_eof)
		return false;
	n = recv(s->end, trap->buf, BUFFER_SIZE, MSG_DONTWAIT);
	if (n > 0)
		return hand_over(s, &s->to_lib, &s->lib_out, lib_send,
				 trap->buf, (size_t)n);
	s->host_in = false;
	if (n == 0 || errno != EAGAIN)
		s->host_eof = true;
	/* Closed with something unread, to which TCP answers with a reset. */
	if (n < 0 && errno == ECONNRESET) {
		struct linger now = { 1, 0 };

		kernel(__lkl__NR_setsockopt, s->fd, SOL_SOCKET, SO_LINGER,
		       (long)&now, sizeof(now), 0);
	}
	return false;
}

/* ---- ends ---- */

static void tell_ends(struct trap *trap, struct sock *s)
{
	if (s->host_eof && rest_empty(&s->to_lib)) {
		if (s->host_hup) {
			s->host_hup = false;
			if (sock_released(trap, s))
				return;
		}
		if (!s->lib_shut)
			kernel(__lkl__NR_shutdown, s->fd, SHUT_WR, 0, 0, 0, 0);
		s->lib_shut = true;
	}
	if (!s->lib_eof || !rest_empty(&s->to_host) || s->host_shut)
		return;
	s->host_shut = true;
	if (s->error)
		sock_reset(trap, s);
	else
		shutdown(s->end, SHUT_WR);
}

static void carry(struct trap *trap, struct sock *s)
{
	for (int i = 0; i < TURNS; i++) {
		bool down = carry_down(trap, s);

		if (!carry_up(trap, s) && !down)
			return;
	}
	serve_again(trap, s);
}

void stream_events(struct trap *trap, struct sock *s)
{
	if (s->end < 0)
		return;
	if (s->state == SOCK_CONNECTED) {
		carry(trap, s);
		tell_ends(trap, s);
	} else if (s->host_hup) {
		s->host_hup = false;
		sock_released(trap, s);
	}
}

/* ---- connecting ---- */

void stream_connected(struct trap *trap, struct sock *s)
{
	s->state = SOCK_CONNECTED;
	s->lib_in = s->lib_out = s->host_in = true;
	unplug(trap, s);
}

static int lib_error(struct sock *s)
{
	int err = 0;
	socklen_t len = sizeof(err);

	kernel(__lkl__NR_getsockopt, s->fd, SOL_SOCKET, SO_ERROR, (long)&err,
	       (long)&len, 0);
	return err;
}

/* The library is done connecting; a program that waits by poll is told so. */
static void connect_done(struct trap *trap, struct sock *s)
{
	s->error = lib_error(s);
	if (!s->error) {
		stream_connected(trap, s);
		return;
	}
	s->state = SOCK_NEW;
	sock_reset(trap, s);
}

/* Ask the library to connect, or how far it is with that. */
static long lib_connect(struct call *call, const char *address, socklen_t len)
{
	struct sock *s = call->sock;
	long err = kernel(__lkl__NR_connect, s->fd, (long)address, len, 0, 0, 0);

	if (err == -EINPROGRESS || err == -EALREADY) {
		s->state = SOCK_CONNECTING;
		return err;
	}
	if (err == 0 && s->state != SOCK_CONNECTED)
		stream_connected(call->trap, s);
	else if (err && s->state == SOCK_CONNECTING)
		s->state = SOCK_NEW;
	return err;
}

long stream_connect(struct call *call)
{
	const __u64 *args = call->req->data.args;
	struct sock *s = call->sock;
	char address[ADDRESS_MAX];
	socklen_t len = (socklen_t)args[2];
	long err;

	if (len > sizeof(address))
		return -EINVAL;
	if (peer_read((pid_t)call->req->pid, args[1], address, len))
		return -EFAULT;
	if (s->end < 0)
		return -ECONNABORTED;
	err = lib_connect(call, address, len);
	if (s->state == SOCK_CONNECTED)
		stream_events(call->trap, s);
	if (s->state != SOCK_CONNECTING)
		return err;
	if (call->late)
		return -EINPROGRESS;
	return call->again || sock_blocks(s) ? CALL_LATER : err;
}

/* ---- listening ---- */

/* Say that there is something to accept, once more for each event. */
static void add_token(struct sock *s)
{
	if (s->end >= 0 && s->tokens < TOKENS_MAX && host_send(s, "", 1) == 1)
		s->tokens++;
}

static bool lib_readable(struct sock *s)
{
	struct pollfd p = { .fd = s->fd, .events = POLLIN };

	return kernel(__lkl__NR_poll, (long)&p, 1, 0, 0, 0, 0) == 1;
}

static bool something_to_accept(struct sock *s)
{
	return s->accepted_count || lib_readable(s);
}

static void drop_tokens(struct sock *s, int copy)
{
	char bytes[TOKENS_MAX];

	if (recv(copy, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		s->tokens = 0;
}

/* Make the program's end readable just if there is something to accept. */
static void update_tokens(struct sock *s, int copy)
{
	bool more = something_to_accept(s);

	if (!more && s->tokens)
		drop_tokens(s, copy);
	else if (more && !s->tokens)
		add_token(s);
}

long stream_listen(struct call *call)
{
	struct sock *s = call->sock;
	long err = kernel(__lkl__NR_listen, s->fd, (long)call->req->data.args[1],
			  0, 0, 0, 0);

	if (!err && s->state == SOCK_NEW) {
		s->state = SOCK_LISTENING;
		if (lib_readable(s))
			add_token(s);
	}
	return err;
}

static int keep_accepted(struct sock *s, int fd)
{
	int *more = realloc(s->accepted, (s->accepted_count + 1) * sizeof(int));

	if (!more) {
		kernel(__lkl__NR_close, fd, 0, 0, 0, 0, 0);
		return -ENOMEM;
	}
	s->accepted = more;
	memmove(more + 1, more, s->accepted_count * sizeof(int));
	more[0] = fd;
	s->accepted_count++;
	return 0;
}

static int take_accepted(struct sock *s)
{
	int fd;

	if (!s->accepted_count)
		return (int)kernel(__lkl__NR_accept4, s->fd, 0, 0,
				   SOCK_NONBLOCK | SOCK_CLOEXEC, 0, 0);
	fd = s->accepted[--s->accepted_count];
	return fd;
}

/* Tell the program who connected. */
static long peer_name(struct call *call, int fd)
{
	const __u64 *args = call->req->data.args;
	pid_t pid = (pid_t)call->req->pid;
	struct sockaddr_storage name;
	socklen_t len = sizeof(name), room;

	if (!args[1])
		return 0;
	if (peer_read(pid, args[2], &room, sizeof(room)))
		return -EFAULT;
	if (kernel(__lkl__NR_getpeername, fd, (long)&name, (long)&len, 0, 0, 0))
		return 0;	/* gone already; the program will see */
	if (peer_write(pid, args[1], &name, room < len ? room : len) ||
	    peer_write(pid, args[2], &len, sizeof(len)))
		return -EFAULT;
	return 0;
}

static long give_accepted(struct call *call, int fd)
{
	int flags = call->req->data.nr == __lkl__NR_accept4 ?
		    (int)call->req->data.args[3] : 0;
	long err = peer_name(call, fd);

	if (!err)
		err = sock_give(call, fd, true, SOCK_CONNECTED, flags);
	if (err < 0 && err != CALL_ANSWERED)
		keep_accepted(call->sock, fd);
	return err;
}

long stream_accept(struct call *call)
{
	struct sock *s = call->sock;
	int copy = sock_copy(s);
	long ret = take_accepted(s);
	bool wait = copy >= 0 && !(fcntl(copy, F_GETFL) & O_NONBLOCK);

	/* Before the answer: the program may look as soon as it has it. */
	if (copy >= 0) {
		update_tokens(s, copy);
		close(copy);
	}
	if (ret >= 0)
		return give_accepted(call, (int)ret);
	return ret == -EAGAIN && wait ? CALL_LATER : ret;
}

/* ---- events of the library ---- */

void stream_lib_events(struct trap *trap, struct sock *s, uint32_t events)
{
	if (events & (EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP))
		s->lib_in = true;
	if (events & (EPOLLOUT | EPOLLERR | EPOLLHUP))
		s->lib_out = true;
	call_retry(trap, s);
	if (s->state == SOCK_CONNECTING && !s->waiting && !s->gone &&
	    events & (EPOLLOUT | EPOLLERR | EPOLLHUP))
		connect_done(trap, s);
	if (s->state == SOCK_LISTENING && !s->gone && something_to_accept(s))
		add_token(s);
	if (!s->gone)
		stream_events(trap, s);
}
