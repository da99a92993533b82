// SPDX-License-Identifier: GPL-2.0
/*
 * netlink.c - requests to the kernel by netlink sockets; see netlink.h
 *
 * Layer:   tools/lkl/lib, internal, above system calls.
 * Users:   netif.c, netaddr.c, route.c, neigh.c, qdisc.c, netsock.c.
 * Locking: none: each call has a socket of its own, and reasons are kept by
 *	thread.
 */
#include "netlink.h"

#include <errno.h>
#include <lkl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* At least what the kernel gathers for one answer of a dump: a page or 8 KiB. */
#define ANSWER_MAX	16384

#define ATTR_MASK	((uint16_t)~(NLA_F_NESTED | NLA_F_NET_BYTEORDER))

/* Per thread, as errno is: why its last call failed. */
static __thread char reason[128];

const char *lkl_netlink_error(void)
{
	return reason;
}

int netlink_fail(int err, const char *why)
{
	snprintf(reason, sizeof(reason), "%s", why);
	return err;
}

size_t netlink_family_len(int af)
{
	switch (af) {
	case AF_INET:
		return sizeof(struct in_addr);
	case AF_INET6:
		return sizeof(struct in6_addr);
	default:
		netlink_fail(0, "Neither an IPv4 nor an IPv6 address");
		return 0;
	}
}

/*
 * Room for @len more bytes, aligned and zeroed; NULL if there is none. Inlined with
 * sanitizers, GCC 12 takes the whole request for its first member and warns.
 */
static __attribute__((noinline)) void *
request_extend(struct netlink_request *req, size_t len)
{
	size_t at = NLMSG_ALIGN(req->hdr.nlmsg_len);

	if (at > sizeof(req->bytes) || len > sizeof(req->bytes) - at) {
		req->overflow = 1;
		return NULL;
	}
	req->hdr.nlmsg_len = (uint32_t)(at + len);
	return req->bytes + at;
}

void netlink_raw(struct netlink_request *req, const void *data, size_t len)
{
	void *room = request_extend(req, len);

	if (room)
		memcpy(room, data, len);
}

void netlink_begin(struct netlink_request *req, uint16_t type, uint16_t flags,
		   const void *message, size_t len)
{
	memset(req, 0, sizeof(*req));
	req->hdr.nlmsg_len = NLMSG_HDRLEN;
	req->hdr.nlmsg_type = type;
	req->hdr.nlmsg_flags = flags | NLM_F_REQUEST | NLM_F_ACK;
	netlink_raw(req, message, len);
}

void netlink_attr(struct netlink_request *req, uint16_t type, const void *data,
		  size_t len)
{
	const struct nlattr attr = {
		.nla_len = (uint16_t)(NLA_HDRLEN + len),
		.nla_type = type,
	};
	char *room = request_extend(req, NLA_HDRLEN + len);

	if (!room)
		return;
	memcpy(room, &attr, NLA_HDRLEN);
	if (len)
		memcpy(room + NLA_HDRLEN, data, len);
}

void netlink_attr_u32(struct netlink_request *req, uint16_t type, uint32_t value)
{
	netlink_attr(req, type, &value, sizeof(value));
}

size_t netlink_nest_begin(struct netlink_request *req, uint16_t type)
{
	size_t at = NLMSG_ALIGN(req->hdr.nlmsg_len);

	netlink_attr(req, type | NLA_F_NESTED, NULL, 0);
	return at;
}

void netlink_nest_end(struct netlink_request *req, size_t nest)
{
	struct nlattr *attr = (struct nlattr *)(req->bytes + nest);

	if (!req->overflow)
		attr->nla_len = (uint16_t)(req->hdr.nlmsg_len - nest);
}

/* Find an attribute among the @len bytes at @at. */
static const void *attr_find(const char *at, size_t len, uint16_t type,
			     size_t least)
{
	const struct nlattr *attr;

	while (len >= NLA_HDRLEN) {
		attr = (const struct nlattr *)at;
		if (attr->nla_len < NLA_HDRLEN || attr->nla_len > len)
			break;
		if ((attr->nla_type & ATTR_MASK) == type)
			return attr->nla_len >= NLA_HDRLEN + least ?
				at + NLA_HDRLEN : NULL;
		if ((size_t)NLA_ALIGN(attr->nla_len) >= len)
			break;
		at += NLA_ALIGN(attr->nla_len);
		len -= NLA_ALIGN(attr->nla_len);
	}
	return NULL;
}

const void *netlink_find(const struct nlmsghdr *msg, size_t head, uint16_t type,
			 size_t len)
{
	size_t skip = NLMSG_HDRLEN + NLMSG_ALIGN(head);

	if (msg->nlmsg_len < skip)
		return NULL;
	return attr_find((const char *)msg + skip, msg->nlmsg_len - skip, type, len);
}

/*
 * What the kernel says of an error: the text among the attributes after the
 * struct of the acknowledgment, which ends before the request's own message.
 */
static int acknowledged(const struct nlmsghdr *msg, size_t head, int err)
{
	const char *text = netlink_find(msg, head, NLMSGERR_ATTR_MSG, 1);

	if (err)
		netlink_fail(err, text ? text : lkl_strerror(err));
	return err;
}

static int error_message(const struct nlmsghdr *msg)
{
	const struct nlmsgerr *ack = NLMSG_DATA(msg);

	if (msg->nlmsg_len < NLMSG_LENGTH(sizeof(*ack)))
		return netlink_fail(-EPROTO, "Truncated acknowledgment");
	return acknowledged(msg, sizeof(*ack), ack->error);
}

static int done_message(const struct nlmsghdr *msg)
{
	int err = 0;

	if (msg->nlmsg_len >= NLMSG_LENGTH(sizeof(err)))
		memcpy(&err, NLMSG_DATA(msg), sizeof(err));
	return acknowledged(msg, sizeof(err), err);
}

/* An exchange under way: ended is set by the message that ends it. */
struct exchange {
	netlink_visit_t *visit;
	void *arg;
	bool ended;
};

static int message_handle(const struct nlmsghdr *msg, struct exchange *ex)
{
	int ret;

	if (msg->nlmsg_type == NLMSG_ERROR || msg->nlmsg_type == NLMSG_DONE) {
		ex->ended = true;
		return msg->nlmsg_type == NLMSG_ERROR ? error_message(msg) :
			done_message(msg);
	}
	ret = ex->visit ? ex->visit(msg, ex->arg) : 0;
	ex->ended = ret != 0;
	return ret;
}

static int messages_handle(const char *buf, size_t len, struct exchange *ex)
{
	const struct nlmsghdr *msg = (const struct nlmsghdr *)buf;
	int left = (int)len, ret;

	for (; NLMSG_OK(msg, (unsigned int)left); msg = NLMSG_NEXT(msg, left)) {
		ret = message_handle(msg, ex);
		if (ex->ended)
			return ret;
	}
	return 0;
}

static int receive(long fd, struct exchange *ex)
{
	char buf[ANSWER_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	int ret = 0;
	long got;

	do {
		got = lkl_sys_recvfrom((int)fd, buf, sizeof(buf), LKL_MSG_TRUNC,
				       NULL, NULL);
		if (got == -EINTR)
			continue;
		if (got < 0)
			return netlink_fail((int)got, lkl_strerror((int)got));
		if ((size_t)got > sizeof(buf))
			return netlink_fail(-EMSGSIZE, "The answer is too long");
		ret = messages_handle(buf, (size_t)got, ex);
	} while (!ex->ended);
	return ret;
}

int netlink_listen(long fd, netlink_visit_t *visit, void *arg)
{
	struct exchange ex = { .visit = visit, .arg = arg };

	return receive(fd, &ex);
}

static void answers_with_words(long fd)
{
	int on = 1;

	/* Older kernels have neither; then there is the number. */
	lkl_sys_setsockopt((int)fd, SOL_NETLINK, NETLINK_EXT_ACK,
			   (char *)&on, sizeof(on));
	lkl_sys_setsockopt((int)fd, SOL_NETLINK, NETLINK_CAP_ACK,
			   (char *)&on, sizeof(on));
}

static long socket_open(int protocol, uint32_t groups)
{
	struct sockaddr_nl local = { .nl_family = AF_NETLINK, .nl_groups = groups };
	long err, fd = lkl_sys_socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		return netlink_fail((int)fd, lkl_strerror((int)fd));
	err = lkl_sys_bind((int)fd, (struct sockaddr *)&local, sizeof(local));
	if (err) {
		lkl_sys_close((unsigned int)fd);
		return netlink_fail((int)err, lkl_strerror((int)err));
	}
	answers_with_words(fd);
	return fd;
}

long netlink_open(uint32_t groups)
{
	return socket_open(NETLINK_ROUTE, groups);
}

static long request_send(long fd, const struct netlink_request *req)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	long sent = lkl_sys_sendto((int)fd, (void *)req->bytes, req->hdr.nlmsg_len,
				   0, (struct sockaddr *)&kernel, sizeof(kernel));

	return sent < 0 ? netlink_fail((int)sent, lkl_strerror((int)sent)) : 0;
}

int netlink_call(struct netlink_request *req, netlink_visit_t *visit, void *arg)
{
	return netlink_call_to(NETLINK_ROUTE, req, visit, arg);
}

int netlink_call_to(int protocol, struct netlink_request *req,
		    netlink_visit_t *visit, void *arg)
{
	long fd, err;

	netlink_fail(0, "");
	if (req->overflow)
		return netlink_fail(-EMSGSIZE, "The request is too long");
	fd = socket_open(protocol, 0);
	if (fd < 0)
		return (int)fd;
	err = request_send(fd, req);
	if (!err)
		err = netlink_listen(fd, visit, arg);
	lkl_sys_close((unsigned int)fd);
	return (int)err;
}
