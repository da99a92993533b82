// SPDX-License-Identifier: GPL-2.0
/*
 * call.c - serve one notification
 *
 * Layer:   tools/lkl/hijack/trap; called by serve.c.
 * Context: the thread of serve.c.
 */
#include "inside.h"

#include <errno.h>
#include <lkl.h>
#include <linux/audit.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCH_NATIVE	AUDIT_ARCH_X86_64
#define CALL_FOREIGN	0x40000000	/* x32 */
#elif defined(__aarch64__)
#define ARCH_NATIVE	AUDIT_ARCH_AARCH64
#define CALL_FOREIGN	0
#endif

/* ---- making sockets ---- */

static bool is_stream(int fd)
{
	int type = 0;
	socklen_t len = sizeof(type);

	kernel(__lkl__NR_getsockopt, fd, SOL_SOCKET, SO_TYPE, (long)&type,
	       (long)&len, 0);
	return type == SOCK_STREAM;
}

static long call_socket(struct call *call)
{
	const __u64 *args = call->req->data.args;
	int type = (int)args[1];
	long fd, err;

	if ((int)args[0] == AF_UNIX)
		return CALL_CONTINUE;
	fd = kernel(__lkl__NR_socket, (int)args[0],
		    type | SOCK_NONBLOCK | SOCK_CLOEXEC, (int)args[2], 0, 0, 0);
	if (fd < 0)
		return fd;
	err = sock_give(call, (int)fd, is_stream((int)fd), SOCK_NEW, type);
	if (err != CALL_ANSWERED)
		kernel(__lkl__NR_close, fd, 0, 0, 0, 0, 0);
	return err;
}

/* Only unix sockets come in pairs (and TIPC's, which the library lacks). */
static long call_socketpair(struct call *call)
{
	return (int)call->req->data.args[0] == AF_UNIX ? CALL_CONTINUE : -EOPNOTSUPP;
}

/* ---- addresses ---- */

static long with_address(struct call *call)
{
	const __u64 *args = call->req->data.args;
	char address[ADDRESS_MAX];
	socklen_t len = (socklen_t)args[2];

	if (len > sizeof(address))
		return -EINVAL;
	if (peer_read((pid_t)call->req->pid, args[1], address, len))
		return -EFAULT;
	return kernel(call->req->data.nr, call->sock->fd, (long)address, len, 0, 0, 0);
}

static long call_connect(struct call *call)
{
	return call->sock->stream ? stream_connect(call) : with_address(call);
}

static long call_name(struct call *call)
{
	const __u64 *args = call->req->data.args;
	pid_t pid = (pid_t)call->req->pid;
	struct sockaddr_storage name;
	socklen_t len = sizeof(name), room;
	long err;

	if (peer_read(pid, args[2], &room, sizeof(room)))
		return -EFAULT;
	err = kernel(call->req->data.nr, call->sock->fd, (long)&name, (long)&len,
		     0, 0, 0);
	if (err)
		return err;
	if (peer_write(pid, args[1], &name, room < len ? room : len) ||
	    peer_write(pid, args[2], &len, sizeof(len)))
		return -EFAULT;
	return 0;
}

static long call_listen(struct call *call)
{
	if (call->sock->stream)
		return stream_listen(call);
	return kernel(__lkl__NR_listen, call->sock->fd,
		      (long)call->req->data.args[1], 0, 0, 0, 0);
}

static long call_accept(struct call *call)
{
	if (!call->sock->stream)
		return -EOPNOTSUPP;
	return stream_accept(call);
}

/*
 * What a connected program shuts down, it shuts down on the pair, behind what it
 * wrote there.
 */
static long call_shutdown(struct call *call)
{
	struct sock *s = call->sock;

	if (s->stream && s->state == SOCK_CONNECTED)
		return CALL_CONTINUE;
	return kernel(__lkl__NR_shutdown, s->fd, (long)call->req->data.args[1],
		      0, 0, 0, 0);
}

/* ---- calls whose arguments may point to anything ---- */

/*
 * With the program's memory for the user's: options and requests have values that
 * point on (socket filters, tables, interface lists).
 */
static long in_its_memory(struct call *call, int fd)
{
	const __u64 *args = call->req->data.args;
	long ret = lkl_peer_set((int)call->req->pid);

	if (ret)
		return ret;
	ret = kernel(call->req->data.nr, fd, (long)args[1], (long)args[2],
		     (long)args[3], (long)args[4], (long)args[5]);
	lkl_peer_set(0);
	return ret;
}

static long saved_error(struct call *call)
{
	const __u64 *args = call->req->data.args;
	pid_t pid = (pid_t)call->req->pid;
	int err = call->sock->error;
	socklen_t room, len = sizeof(err);

	if (peer_read(pid, args[4], &room, sizeof(room)))
		return -EFAULT;
	if (room < len)
		len = room;
	if (peer_write(pid, args[3], &err, len) ||
	    peer_write(pid, args[4], &len, sizeof(len)))
		return -EFAULT;
	call->sock->error = 0;
	return 0;
}

static long call_getsockopt(struct call *call)
{
	const __u64 *args = call->req->data.args;

	if (call->sock->error && (int)args[1] == SOL_SOCKET &&
	    (int)args[2] == SO_ERROR)
		return saved_error(call);
	return in_its_memory(call, call->sock->fd);
}

/* Timeouts and the low-water mark of reading have to hold on the pair as well. */
static void set_on_pair(struct call *call, int name)
{
	const __u64 *args = call->req->data.args;
	socklen_t len = (socklen_t)args[4];
	char value[sizeof(struct timeval)];
	int copy;

	if (name != SO_RCVTIMEO && name != SO_SNDTIMEO && name != SO_RCVLOWAT)
		return;
	if (len > sizeof(value) ||
	    peer_read((pid_t)call->req->pid, args[3], value, len))
		return;
	copy = sock_copy(call->sock);
	if (copy < 0)
		return;
	setsockopt(copy, SOL_SOCKET, name, value, len);
	close(copy);
}

static long call_setsockopt(struct call *call)
{
	const __u64 *args = call->req->data.args;
	long err = in_its_memory(call, call->sock->fd);

	if (!err && (int)args[1] == SOL_SOCKET)
		set_on_pair(call, (int)args[2]);
	return err;
}

/* Programs ask any socket about interfaces, unix ones too. */
static long call_ioctl(struct call *call)
{
	struct trap *trap = call->trap;
	unsigned int cmd = (unsigned int)call->req->data.args[1];

	if (call->sock)
		return in_its_memory(call, call->sock->fd);
	if (cmd < SIOCADDRT || cmd >= 0x89e0 ||
	    !peer_inode((pid_t)call->req->pid, (int)call->req->data.args[0]))
		return CALL_CONTINUE;
	if (trap->helper < 0)
		trap->helper = (int)kernel(__lkl__NR_socket, AF_INET,
					   SOCK_DGRAM | SOCK_CLOEXEC, 0, 0, 0, 0);
	return trap->helper < 0 ? trap->helper : in_its_memory(call, trap->helper);
}

/* ---- dispatch ---- */

/* What is served for library sockets only. */
static long socket_call(struct call *call)
{
	switch (call->req->data.nr) {
	case __lkl__NR_bind:
		return with_address(call);
	case __lkl__NR_connect:
		return call_connect(call);
	case __lkl__NR_listen:
		return call_listen(call);
	case __lkl__NR_accept:
	case __lkl__NR_accept4:
		return call_accept(call);
	case __lkl__NR_getsockname:
	case __lkl__NR_getpeername:
		return call_name(call);
	case __lkl__NR_getsockopt:
		return call_getsockopt(call);
	case __lkl__NR_setsockopt:
		return call_setsockopt(call);
	case __lkl__NR_shutdown:
		return call_shutdown(call);
	}
	return call->sock->stream ? CALL_CONTINUE : dgram_call(call);
}

/* A program of another processor mode got past exec: it is not let run. */
static long refuse(struct call *call)
{
	trap_message(call->trap,
		     "process %u is a 32-bit program, whose network calls cannot be taken over: killed",
		     call->req->pid);
	kill((pid_t)call->req->pid, SIGKILL);
	return -ENOSYS;
}

static long dispatch(struct call *call)
{
	const struct seccomp_data *data = &call->req->data;
	ino_t ino;

	if (data->arch != ARCH_NATIVE || data->nr & CALL_FOREIGN)
		return refuse(call);
	switch (data->nr) {
	case __lkl__NR_socket:
		return call_socket(call);
	case __lkl__NR_socketpair:
		return call_socketpair(call);
#ifdef __lkl__NR_open
	case __lkl__NR_open:
#endif
	case __lkl__NR_openat:
	case __lkl__NR_openat2:
		return file_open(call);
	}
	ino = peer_inode((pid_t)call->req->pid, (int)data->args[0]);
	call->sock = ino ? sock_find(call->trap, ino) : NULL;
	if (call->sock) {
		call->sock->pid = (pid_t)call->req->pid;
		call->sock->pfd = (int)data->args[0];
	}
	if (data->nr == __lkl__NR_ioctl)
		return call_ioctl(call);
	return call->sock ? socket_call(call) : CALL_CONTINUE;
}

/* ---- answers ---- */

static int answer(struct call *call, long ret)
{
	struct seccomp_notif_resp resp = { .id = call->req->id };

	if (ret == CALL_CONTINUE)
		resp.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	else if (ret < 0)
		resp.error = (int)ret;
	else
		resp.val = ret;
	return ioctl(call->trap->listener, SECCOMP_IOCTL_NOTIF_SEND, &resp) ?
	       -errno : 0;
}

static bool still_waits(struct trap *trap, uint64_t id)
{
	return ioctl(trap->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

/* How long the program lets a call of this socket wait. */
static uint64_t deadline_of(const struct call *call)
{
	int nr = call->req->data.nr;
	bool sends = nr == __lkl__NR_connect || nr == __lkl__NR_sendto ||
		     nr == __lkl__NR_sendmsg || nr == __lkl__NR_write;
	struct timeval tv = { 0, 0 };
	socklen_t len = sizeof(tv);

	kernel(__lkl__NR_getsockopt, call->sock->fd, SOL_SOCKET,
	       sends ? SO_SNDTIMEO : SO_RCVTIMEO, (long)&tv, (long)&len, 0);
	if (!tv.tv_sec && !tv.tv_usec)
		return ~0ULL;
	return trap_now() + (uint64_t)tv.tv_sec * 1000000000ULL +
	       (uint64_t)tv.tv_usec * 1000ULL;
}

/* At the end of the queue; an older call of the same thread was given up. */
static int put_aside(struct call *call, struct waiting *old)
{
	struct waiting **at = &call->sock->waiting;
	struct waiting *w = old ?: calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	if (!old) {
		w->req = *call->req;
		w->deadline = deadline_of(call);
		if (w->deadline < call->trap->next_deadline)
			call->trap->next_deadline = w->deadline;
	}
	w->next = NULL;
	while (*at) {
		struct waiting *other = *at;

		if (other->req.pid == w->req.pid) {
			*at = other->next;
			free(other);
		} else {
			at = &other->next;
		}
	}
	*at = w;
	return 0;
}

static void finish(struct call *call, long ret)
{
	int err = ret == CALL_ANSWERED ? 0 : answer(call, ret);

	if (err && call->taken && ret >= 0) {
		dgram_undo(call->sock, call->taken);
		return;
	}
	free(call->taken);
}

void call_serve(struct trap *trap, const struct seccomp_notif *req)
{
	struct call call = { .trap = trap, .req = req };
	long ret = dispatch(&call);

	if (ret == CALL_LATER) {
		ret = put_aside(&call, NULL);
		if (!ret)
			return;
	}
	finish(&call, ret);
}

static void retry(struct trap *trap, struct sock *s, struct waiting *w, bool late)
{
	struct call call = {
		.trap = trap, .req = &w->req, .sock = s, .again = true, .late = late,
	};
	long ret;

	if (!still_waits(trap, w->req.id)) {
		free(w);
		return;
	}
	s->pid = (pid_t)w->req.pid;
	s->pfd = (int)w->req.data.args[0];
	ret = socket_call(&call);
	if (ret == CALL_LATER && late)
		ret = -EAGAIN;
	if (ret == CALL_LATER) {
		put_aside(&call, w);
		return;
	}
	finish(&call, ret);
	free(w);
}

void call_retry(struct trap *trap, struct sock *s)
{
	struct waiting *w = s->waiting;

	s->waiting = NULL;
	while (w) {
		struct waiting *next = w->next;

		if (s->gone)
			free(w);
		else
			retry(trap, s, w, false);
		w = next;
	}
}

static void timeouts_of(struct trap *trap, struct sock *s, uint64_t now)
{
	struct waiting *w = s->waiting;

	s->waiting = NULL;
	while (w) {
		struct waiting *next = w->next;

		retry(trap, s, w, w->deadline <= now);
		w = next;
	}
	for (w = s->waiting; w; w = w->next)
		if (w->deadline < trap->next_deadline)
			trap->next_deadline = w->deadline;
}

void call_timeouts(struct trap *trap)
{
	uint64_t now = trap_now();

	if (now < trap->next_deadline)
		return;
	trap->next_deadline = ~0ULL;
	for (unsigned int i = 0; i < SOCK_BUCKETS; i++)
		for (struct sock *s = trap->socks[i]; s; s = s->hash)
			timeouts_of(trap, s, now);
}

void call_forget(struct sock *s)
{
	while (s->waiting) {
		struct waiting *w = s->waiting;

		s->waiting = w->next;
		free(w);
	}
}
