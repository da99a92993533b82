// SPDX-License-Identifier: GPL-2.0
/*
 * dgram.c - datagram, raw, netlink and packet sockets of a trapped program
 *
 * Layer:   tools/lkl/hijack/trap; see the theory of operation in trap.h.
 * Context: the thread of serve.c.
 *
 * The head, the first datagram waiting, is both here, with its address and
 * control data, and in the pair, where it makes the program's end readable. A
 * trapped call that receives takes it out of the pair first; if it is not there,
 * a program has read it by itself, and it counts as received.
 */
#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sockios.h>
#include <lkl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAYLOAD_MAX	(BUFFER_SIZE - CONTROL_MAX)
#define MESSAGES_MAX	1024

/* What a call of either direction is about, in the program's memory. */
struct transfer {
	pid_t pid;
	struct iovec iov[IOV_MAX];
	size_t iovs;
	size_t len;
	uint64_t name;
	socklen_t name_len;
	uint64_t name_len_at;	/* where its length goes, or 0 */
	uint64_t control;
	size_t control_len;
	uint64_t header;	/* a struct msghdr to fill, or 0 */
	int flags;
};

/* ---- the head ---- */

static struct datagram *datagram_new(const struct msghdr *msg, const char *data,
				     size_t len)
{
	struct datagram *d = calloc(1, sizeof(*d) + msg->msg_controllen + len);

	if (!d)
		return NULL;
	d->name_len = msg->msg_namelen;
	memcpy(&d->name, msg->msg_name, msg->msg_namelen);
	d->flags = msg->msg_flags;
	d->control_len = msg->msg_controllen;
	d->len = len;
	memcpy(d->bytes, msg->msg_control, msg->msg_controllen);
	memcpy(d->bytes + msg->msg_controllen, data, len);
	return d;
}

/* Take one from the library. Return: NULL if there is none. */
static struct datagram *lib_take(struct trap *trap, struct sock *s, int flags)
{
	struct sockaddr_storage name;
	struct iovec iov = { trap->buf + CONTROL_MAX, PAYLOAD_MAX };
	struct msghdr msg = {
		.msg_name = &name, .msg_namelen = sizeof(name),
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = trap->buf, .msg_controllen = CONTROL_MAX,
	};
	struct datagram *d;
	long n = kernel(__lkl__NR_recvmsg, s->fd, (long)&msg, flags | MSG_DONTWAIT,
			0, 0, 0);

	if (n == -EAGAIN) {
		s->lib_in = false;
		return NULL;
	}
	if (n < 0)
		msg.msg_controllen = msg.msg_namelen = 0;
	d = datagram_new(&msg, iov.iov_base, n < 0 ? 0 : (size_t)n);
	if (d && n < 0)
		d->error = (int)-n;
	return d;
}

static struct datagram *take(struct trap *trap, struct sock *s)
{
	struct datagram *d = s->kept;

	if (!d)
		return lib_take(trap, s, 0);
	s->kept = d->next;
	d->next = NULL;
	return d;
}

/* Put the next datagram into the pair, so that the program's end is readable. */
static void fill(struct trap *trap, struct sock *s)
{
	struct datagram *d;

	if (s->head || s->host_shut)
		return;
	d = take(trap, s);
	if (!d)
		return;
	s->head = d;
	if (send(s->end, d->bytes + d->control_len, d->len,
		 MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		s->host_shut = errno == EPIPE;
}

static void drop_head(struct sock *s)
{
	free(s->head);
	s->head = NULL;
}

/* Has the program read the head by itself? */
static void look_at_head(struct sock *s)
{
	int unread = 0;

	if (s->head && ioctl(s->end, SIOCOUTQ, &unread) == 0 && !unread)
		drop_head(s);
}

/* Take the head out of the pair. Return: it, or NULL if it is not there. */
static struct datagram *claim(struct sock *s)
{
	struct datagram *d = s->head;
	int copy;
	char c;

	if (!d)
		return NULL;
	s->head = NULL;
	copy = sock_copy(s);
	if (copy >= 0 && recv(copy, &c, 1, MSG_DONTWAIT) >= 0) {
		close(copy);
		return d;
	}
	if (copy >= 0)
		close(copy);
	free(d);
	return NULL;
}

void dgram_undo(struct sock *s, struct datagram *d)
{
	struct datagram *head = claim(s);

	if (head) {
		head->next = s->kept;
		s->kept = head;
	}
	d->next = s->kept;
	s->kept = d;
}

/* What the program wrote without a trap, to a copy outside of the range. */
static void carry_up(struct trap *trap, struct sock *s)
{
	ssize_t n;

	while ((n = recv(s->end, trap->buf, BUFFER_SIZE, MSG_DONTWAIT)) > 0)
		kernel(__lkl__NR_sendto, s->fd, (long)trap->buf, n,
		       MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0);
	s->host_in = false;
}

void dgram_events(struct trap *trap, struct sock *s)
{
	if (s->host_in)
		carry_up(trap, s);
	look_at_head(s);
	call_retry(trap, s);
	if (!s->gone)
		fill(trap, s);
	if (s->host_hup && !s->gone) {
		s->host_hup = false;
		sock_released(trap, s);
	}
}

/* ---- arguments ---- */

static long set_iov(struct transfer *t, uint64_t addr, uint64_t count)
{
	if (count > IOV_MAX)
		return -EMSGSIZE;
	t->iovs = count;
	t->len = 0;
	if (peer_read(t->pid, addr, t->iov, count * sizeof(t->iov[0])))
		return -EFAULT;
	for (size_t i = 0; i < count; i++)
		t->len += t->iov[i].iov_len;
	return 0;
}

static void set_buffer(struct transfer *t, uint64_t addr, uint64_t len)
{
	t->iov[0] = (struct iovec){ (void *)addr, len };
	t->iovs = 1;
	t->len = len;
}

static long set_message(struct transfer *t, uint64_t addr)
{
	struct msghdr msg = { .msg_namelen = 0 };

	if (peer_read(t->pid, addr, &msg, sizeof(msg)))
		return -EFAULT;
	t->header = addr;
	t->name = (uint64_t)msg.msg_name;
	t->name_len = t->name ? msg.msg_namelen : 0;
	t->name_len_at = addr + offsetof(struct msghdr, msg_namelen);
	t->control = (uint64_t)msg.msg_control;
	t->control_len = t->control ? msg.msg_controllen : 0;
	return set_iov(t, (uint64_t)msg.msg_iov, msg.msg_iovlen);
}

/* ---- receiving ---- */

static long put_name(const struct transfer *t, const struct datagram *d)
{
	socklen_t len = d->name_len < t->name_len ? d->name_len : t->name_len;

	if (t->name && peer_write(t->pid, t->name, &d->name, len))
		return -EFAULT;
	if (t->name_len_at && (t->name || t->header) &&
	    peer_write(t->pid, t->name_len_at, &d->name_len, sizeof(d->name_len)))
		return -EFAULT;
	return 0;
}

static long put_control(const struct transfer *t, const struct datagram *d,
			int flags)
{
	size_t len = d->control_len;
	struct {
		size_t len;
		int flags;
	} tail;

	_Static_assert(offsetof(struct msghdr, msg_flags) ==
		       offsetof(struct msghdr, msg_controllen) + sizeof(size_t),
		       "both are written at once");
	if (!t->header)
		return 0;
	if (len > t->control_len) {
		len = t->control_len;
		flags |= MSG_CTRUNC;
	}
	tail.len = len;
	tail.flags = flags | d->flags;
	if (peer_write(t->pid, t->control, d->bytes, len) ||
	    peer_write(t->pid, t->header + offsetof(struct msghdr, msg_controllen),
		       &tail, sizeof(size_t) + sizeof(int)))
		return -EFAULT;
	return 0;
}

static long deliver(const struct transfer *t, const struct datagram *d)
{
	size_t len = d->len < t->len ? d->len : t->len;
	struct iovec here = { (void *)(d->bytes + d->control_len), len };
	long err;

	if (d->error)
		return -d->error;
	if (len && process_vm_writev(t->pid, &here, 1, t->iov, t->iovs, 0) !=
		   (ssize_t)len)
		return -EFAULT;
	err = put_name(t, d) ?: put_control(t, d, len < d->len ? MSG_TRUNC : 0);
	if (err)
		return err;
	return t->flags & MSG_TRUNC ? (long)d->len : (long)len;
}

static long peek(struct trap *trap, struct sock *s, const struct transfer *t)
{
	look_at_head(s);
	fill(trap, s);
	return s->head ? deliver(t, s->head) : -EAGAIN;
}

static long receive(struct call *call, const struct transfer *t)
{
	struct sock *s = call->sock;
	struct datagram *d;

	if (t->flags & MSG_PEEK && !(t->flags & MSG_ERRQUEUE))
		return peek(call->trap, s, t);
	free(call->taken);
	if (t->flags & MSG_ERRQUEUE)
		d = lib_take(call->trap, s, MSG_ERRQUEUE);
	else
		d = claim(s) ?: take(call->trap, s);
	call->taken = d;
	if (!d)
		return -EAGAIN;
	fill(call->trap, s);
	return deliver(t, d);
}

/* ---- sending ---- */

static long transmit(struct call *call, const struct transfer *t)
{
	char name[ADDRESS_MAX], *buf = call->trap->buf;
	struct iovec here = { buf + CONTROL_MAX, t->len };
	struct msghdr msg = {
		.msg_name = t->name_len ? name : NULL, .msg_namelen = t->name_len,
		.msg_iov = &here, .msg_iovlen = 1,
		.msg_control = t->control_len ? buf : NULL,
		.msg_controllen = t->control_len,
	};

	if (t->len > PAYLOAD_MAX)
		return -EMSGSIZE;
	if (t->name_len > sizeof(name) || t->control_len > CONTROL_MAX)
		return -EINVAL;
	if (peer_read(t->pid, t->name, name, t->name_len) ||
	    peer_read(t->pid, t->control, buf, t->control_len))
		return -EFAULT;
	if (t->len && process_vm_readv(t->pid, &here, 1, t->iov, t->iovs, 0) !=
		      (ssize_t)t->len)
		return -EFAULT;
	return kernel(__lkl__NR_sendmsg, call->sock->fd, (long)&msg,
		      t->flags | MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0, 0);
}

/* ---- the calls ---- */

typedef long (*move_fn)(struct call *call, const struct transfer *t);

static long one_message(struct call *call, struct transfer *t, move_fn move)
{
	t->flags = (int)call->req->data.args[2];
	return set_message(t, call->req->data.args[1]) ?: move(call, t);
}

static long many_messages(struct call *call, struct transfer *t, move_fn move)
{
	const __u64 *args = call->req->data.args;
	unsigned int count = (unsigned int)args[2];
	unsigned int done;
	long err = 0;

	t->flags = (int)args[3] & ~MSG_WAITFORONE;
	if (count > MESSAGES_MAX)
		count = MESSAGES_MAX;
	for (done = 0; done < count; done++) {
		uint64_t at = args[1] + done * sizeof(struct mmsghdr);
		unsigned int len;

		err = set_message(t, at) ?: move(call, t);
		if (err < 0)
			break;
		len = (unsigned int)err;
		if (peer_write(t->pid, at + offsetof(struct mmsghdr, msg_len), &len,
			       sizeof(len)))
			return -EFAULT;
	}
	return done ? (long)done : err;
}

static long receive_from(struct call *call, struct transfer *t)
{
	const __u64 *args = call->req->data.args;

	set_buffer(t, args[1], args[2]);
	t->flags = (int)args[3];
	t->name = args[4];
	t->name_len_at = args[4] ? args[5] : 0;
	if (t->name_len_at &&
	    peer_read(t->pid, args[5], &t->name_len, sizeof(t->name_len)))
		return -EFAULT;
	return receive(call, t);
}

static long send_to(struct call *call, struct transfer *t)
{
	const __u64 *args = call->req->data.args;

	set_buffer(t, args[1], args[2]);
	t->flags = (int)args[3];
	t->name = args[4];
	t->name_len = args[4] ? (socklen_t)args[5] : 0;
	return transmit(call, t);
}

static long buffer(struct call *call, struct transfer *t, move_fn move)
{
	set_buffer(t, call->req->data.args[1], call->req->data.args[2]);
	return move(call, t);
}

static long vector(struct call *call, struct transfer *t, move_fn move)
{
	return set_iov(t, call->req->data.args[1], call->req->data.args[2]) ?:
	       move(call, t);
}

static long transfer_call(struct call *call, struct transfer *t)
{
	switch (call->req->data.nr) {
	case __lkl__NR_read:
		return buffer(call, t, receive);
	case __lkl__NR_write:
		return buffer(call, t, transmit);
	case __lkl__NR_readv:
		return vector(call, t, receive);
	case __lkl__NR_writev:
		return vector(call, t, transmit);
	case __lkl__NR_recvfrom:
		return receive_from(call, t);
	case __lkl__NR_sendto:
		return send_to(call, t);
	case __lkl__NR_recvmsg:
		return one_message(call, t, receive);
	case __lkl__NR_sendmsg:
		return one_message(call, t, transmit);
	case __lkl__NR_recvmmsg:
		return many_messages(call, t, receive);
	case __lkl__NR_sendmmsg:
		return many_messages(call, t, transmit);
	}
	return CALL_CONTINUE;
}

static long dup_call(struct call *call)
{
	const __u64 *args = call->req->data.args;

	if (call->req->data.nr == __lkl__NR_fcntl && args[2] > TRAP_FD_FIRST)
		return CALL_CONTINUE;
	return sock_dup(call, call->req->data.nr == __lkl__NR_fcntl &&
			      args[1] == F_DUPFD_CLOEXEC ? SOCK_CLOEXEC : 0);
}

long dgram_call(struct call *call)
{
	/* Too large for the stack; one thread. */
	static struct transfer t;
	long ret;

	if (call->req->data.nr == __lkl__NR_dup ||
	    call->req->data.nr == __lkl__NR_fcntl)
		return dup_call(call);
	memset(&t, 0, offsetof(struct transfer, iov));
	memset(&t.iovs, 0, sizeof(t) - offsetof(struct transfer, iovs));
	t.pid = (pid_t)call->req->pid;
	ret = transfer_call(call, &t);
	if (ret == -EAGAIN && !(t.flags & (MSG_DONTWAIT | MSG_ERRQUEUE)) &&
	    !call->late && sock_blocks(call->sock))
		return CALL_LATER;
	return ret;
}
