// SPDX-License-Identifier: GPL-2.0
/*
 * dns_ask.c - messages to name servers, and their replies
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   see dns_ask.h.
 * Context: any thread; all state is on the stack, but whose turn it is.
 *
 * socket(), poll() and so on are the interposed ones here, on purpose: what they make is
 * the library's.
 */
#include "dns_ask.h"

#include <arpa/nameser.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <resolv.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "preload.h"

bool dns_asking(const struct dns_message *messages, int count)
{
	for (int i = 0; i < count; i++)
		if (!messages[i].done)
			return true;
	return false;
}

static const HEADER *head_of(const unsigned char *message)
{
	return (const HEADER *)message;
}

/* Time */

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* 0 if the descriptor is ready before @deadline. */
static int wait_until(int fd, short events, long deadline)
{
	struct pollfd pfd = { .fd = fd, .events = events };
	long left;
	int ret;

	do {
		left = deadline - now_ms();
		ret = poll(&pfd, 1, left > 0 ? (int)left : 0);
	} while (ret < 0 && errno == EINTR);
	return ret > 0 ? 0 : ret < 0 ? -errno : -ETIMEDOUT;
}

/* Servers */

static socklen_t addr_size(const struct sockaddr_storage *addr)
{
	return addr->ss_family == AF_INET ? sizeof(struct sockaddr_in) :
	       sizeof(struct sockaddr_in6);
}

static int connected(int fd, long deadline)
{
	socklen_t len = sizeof(int);
	int err = wait_until(fd, POLLOUT, deadline), why = 0;

	if (!err && getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &len))
		why = errno;
	return err ? err : -why;
}

/* A socket that does not block, connected by @deadline; or a negative errno. */
static int connect_to(const struct sockaddr_storage *addr, int type, long deadline)
{
	int fd = socket(addr->ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), err = 0;

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)addr, addr_size(addr)))
		err = errno == EINPROGRESS ? connected(fd, deadline) : -errno;
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* Does a reply fit its question? */

static bool same_question(const struct dns_message *message,
			  const unsigned char *reply, ssize_t len)
{
	const unsigned char *asked = message->query + NS_HFIXEDSZ;
	const unsigned char *said = reply + NS_HFIXEDSZ;
	char name[NS_MAXDNAME], other[NS_MAXDNAME];
	int asked_len, said_len;

	if (ntohs(head_of(reply)->qdcount) != ntohs(head_of(message->query)->qdcount))
		return false;
	if (!head_of(reply)->qdcount)
		return true;
	asked_len = dn_expand(message->query, message->query + message->len, asked, name,
			      sizeof(name));
	said_len = dn_expand(reply, reply + len, said, other, sizeof(other));
	return asked_len > 0 && said_len > 0 && !strcasecmp(name, other) &&
	       len >= NS_HFIXEDSZ + said_len + NS_QFIXEDSZ &&
	       !memcmp(asked + asked_len, said + said_len, NS_QFIXEDSZ);
}

/* A server that cannot read the message may leave the question out. */
static bool answers(const struct dns_message *message, const unsigned char *reply,
		    ssize_t len)
{
	return !message->done && !message->failed && len >= NS_HFIXEDSZ &&
	       !memcmp(message->query, reply, 2) && head_of(reply)->qr &&
	       ((head_of(reply)->rcode == ns_r_formerr && !head_of(reply)->qdcount) ||
		same_question(message, reply, len));
}

/* Another server may know better. */
static bool server_failed(const unsigned char *reply)
{
	int code = head_of(reply)->rcode;

	return code == ns_r_servfail || code == ns_r_refused || code == ns_r_notimpl;
}

/* What does not fit is cut off; the length says so. */
static void reply_take(struct dns_message *message, const unsigned char *reply,
		       ssize_t len)
{
	memcpy(message->reply, reply,
	       (size_t)(len < message->size ? len : message->size));
	message->got = len;
	message->done = !server_failed(reply);
}

/* EDNS: RFC 6891, section 7, and what servers before it say. */

static bool edns_refused(const struct dns_message *message, const unsigned char *reply)
{
	int code = head_of(reply)->rcode;

	return message->plain && (code == ns_r_formerr || code == ns_r_notimpl);
}

static void edns_drop(struct dns_message *message)
{
	if (!message->plain)
		return;
	message->len = message->plain;
	message->plain = 0;
	((HEADER *)message->query)->arcount = 0;
}

/* Over TCP: each message follows its length. */

static int read_all(int fd, unsigned char *buf, size_t len, long deadline)
{
	ssize_t got;
	int err;

	while (len) {
		err = wait_until(fd, POLLIN, deadline);
		if (err < 0)
			return err;
		got = recv(fd, buf, len, 0);
		if (got <= 0)
			return got ? -errno : -ECONNRESET;
		buf += got;
		len -= (size_t)got;
	}
	return 0;
}

static ssize_t tcp_exchange(int fd, const struct dns_message *message,
			    unsigned char *buf, long deadline)
{
	unsigned char head[2] = { (unsigned char)(message->len >> 8),
				  (unsigned char)message->len };
	struct iovec iov[2] = { { head, 2 }, { message->query, (size_t)message->len } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
	int want, err;

	if (sendmsg(fd, &msg, MSG_NOSIGNAL) != message->len + 2)
		return -EIO;
	err = read_all(fd, head, 2, deadline);
	if (err)
		return err;
	want = head[0] << 8 | head[1];
	err = read_all(fd, buf, (size_t)want, deadline);
	return err ? err : want;
}

static ssize_t ask_tcp(const struct sockaddr_storage *addr, long timeout,
		       struct dns_message *message, unsigned char *buf)
{
	long deadline = now_ms() + timeout;
	int fd = connect_to(addr, SOCK_STREAM, deadline);
	ssize_t got;

	if (fd < 0)
		return fd;
	got = tcp_exchange(fd, message, buf, deadline);
	close(fd);
	if (got >= 0 && !answers(message, buf, got))
		got = -EBADMSG;
	return got;
}

/* The whole of a reply that was cut short, which is none without. */
static void ask_rest(const struct dns_conf *conf, const struct sockaddr_storage *addr,
		     long timeout, struct dns_message *message, unsigned char *buf,
		     ssize_t got)
{
	unsigned char *whole;
	ssize_t longer = -ENOMEM;

	if (!head_of(buf)->tc || conf->trust_tc) {
		reply_take(message, buf, got);
		return;
	}
	whole = calloc(1, DNS_MESSAGE_MAX);
	if (whole)
		longer = ask_tcp(addr, timeout, message, whole);
	if (longer > 0)
		reply_take(message, whole, longer);
	else
		message->got = longer;
	free(whole);
}

/* Over UDP: all questions at once, by one socket of their own. */

/**
 * struct asking - a server that is being asked
 * @conf: how
 * @addr: the server
 * @fd: connected to it
 * @messages: the questions
 * @first: the first of those that are under way
 * @count: those up to here are
 * @timeout: milliseconds it has
 * @deadline: when it has had them
 * @buf: DNS_MESSAGE_MAX bytes
 */
struct asking {
	const struct dns_conf *conf;
	const struct sockaddr_storage *addr;
	int fd;
	struct dns_message *messages;
	int first;
	int count;
	long timeout;
	long deadline;
	unsigned char *buf;
};

static int query_send(const struct asking *asking, const struct dns_message *message)
{
	if (send(asking->fd, message->query, (size_t)message->len, MSG_NOSIGNAL) < 0)
		return -errno;
	return 0;
}

/* A reply to one of them, or to none. */
static int reply_sort(struct asking *asking, ssize_t got)
{
	struct dns_message *message;

	for (int i = asking->first; i < asking->count; i++) {
		message = &asking->messages[i];
		if (!answers(message, asking->buf, got))
			continue;
		if (edns_refused(message, asking->buf)) {
			edns_drop(message);
			return query_send(asking, message);
		}
		ask_rest(asking->conf, asking->addr, asking->timeout, message,
			 asking->buf, got);
		message->failed = !message->done;
		return 0;
	}
	return 0;
}

static bool under_way(const struct asking *asking)
{
	for (int i = asking->first; i < asking->count; i++)
		if (!asking->messages[i].done && !asking->messages[i].failed)
			return true;
	return false;
}

/* Until all are answered, the time is over, or the server cannot do it. */
static int replies_read(struct asking *asking)
{
	int err = 0;
	ssize_t got;

	asking->deadline = now_ms() + asking->timeout;
	while (!err && under_way(asking)) {
		err = wait_until(asking->fd, POLLIN, asking->deadline);
		if (err)
			break;
		got = recv(asking->fd, asking->buf, DNS_MESSAGE_MAX, 0);
		if (got >= 0)
			err = reply_sort(asking, got);
		else if (errno != EAGAIN && errno != EINTR)
			err = -errno;
	}
	return err;
}

static int ask_some(struct asking *asking)
{
	int err = 0;

	for (int i = asking->first; i < asking->count && !err; i++)
		if (!asking->messages[i].done)
			err = query_send(asking, &asking->messages[i]);
	return err ? err : replies_read(asking);
}

static int ask_udp(struct asking *asking, int count)
{
	int err = 0;

	asking->fd = connect_to(asking->addr, SOCK_DGRAM, 0);
	if (asking->fd < 0)
		return asking->fd;
	asking->first = 0;
	asking->count = count;
	for (int i = 0; asking->conf->single && i < count && err >= 0; i++) {
		asking->first = i;
		asking->count = i + 1;
		err = ask_some(asking);
	}
	if (!asking->conf->single)
		err = ask_some(asking);
	close(asking->fd);
	return err;
}

static int ask_all_tcp(struct asking *asking, int count)
{
	struct dns_message *message;
	ssize_t got = 0;

	for (int i = 0; i < count; i++) {
		message = &asking->messages[i];
		if (message->done)
			continue;
		got = ask_tcp(asking->addr, asking->timeout, message, asking->buf);
		if (got > 0 && edns_refused(message, asking->buf)) {
			edns_drop(message);
			got = ask_tcp(asking->addr, asking->timeout, message, asking->buf);
		}
		if (got > 0)
			reply_take(message, asking->buf, got);
	}
	return got < 0 ? (int)got : 0;
}

/* Whoever has no reply yet learns why. */
static void reason_note(struct dns_message *messages, int count, int err)
{
	for (int i = 0; i < count; i++)
		if (!messages[i].done && messages[i].got < NS_HFIXEDSZ)
			messages[i].got = err;
}

/* As libc's: twice as long for each server, together as long as there are. */
static long timeout_of(const struct dns_conf *conf, int index)
{
	long seconds = (long)conf->timeout << index;

	if (index)
		seconds /= conf->servers;
	return 1000 * (seconds > 0 ? seconds : 1);
}

static void ask_servers(struct asking *asking, int count, int start)
{
	const struct dns_conf *conf = asking->conf;
	int err;

	for (int i = 0; i < conf->servers && dns_asking(asking->messages, count); i++) {
		asking->addr = &conf->server[(i + start) % conf->servers];
		asking->timeout = timeout_of(conf, i);
		for (int m = 0; m < count; m++)
			asking->messages[m].failed = false;
		err = conf->tcp ? ask_all_tcp(asking, count) : ask_udp(asking, count);
		if (err < 0)
			reason_note(asking->messages, count, err);
	}
}

void dns_ask(const struct dns_conf *conf, struct dns_message *messages, int count)
{
	static unsigned int turn;
	struct asking asking = { .conf = conf, .messages = messages };
	int start = 0;

	reason_note(messages, count, -ECONNREFUSED);
	asking.buf = calloc(1, DNS_MESSAGE_MAX);
	if (!asking.buf) {
		reason_note(messages, count, -ENOMEM);
		return;
	}
	if (conf->rotate && conf->servers)
		start = (int)(__atomic_fetch_add(&turn, 1, __ATOMIC_RELAXED) %
			      (unsigned int)conf->servers);
	for (int try = 0; try < conf->attempts && dns_asking(messages, count); try++) {
		ask_servers(&asking, count, start);
		/* Some drop what they do not know. */
		for (int i = 0; i < count; i++)
			if (!messages[i].done)
				edns_drop(&messages[i]);
	}
	free(asking.buf);
}
