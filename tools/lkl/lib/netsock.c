// SPDX-License-Identifier: GPL-2.0
/*
 * netsock.c - ending the connections that an interface carried
 *
 * Layer:   tools/lkl/lib, internal, above system calls.
 * Users:   netgone.c.
 * Locking: none.
 *
 * Linux itself lets a connection live when its interface goes: another route may
 * turn up before TCP has lost patience, a quarter of an hour later. So it is told
 * which to end, as ss(8) does with -K, by SOCK_DESTROY of sock_diag(7).
 *
 * First the addresses are noted, since IPv6 ones go with the interface; then it is
 * taken down, and only then sockets are looked for: one that found its way before is
 * among them, and one that had not yet finds none.
 */
#include "netsock.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <lkl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "netlink.h"

/* Values of the kernel's <net/tcp_states.h>; UDP sockets have the first or CLOSE. */
enum {
	TCP_ESTABLISHED = 1,
	TCP_TIME_WAIT = 6,
	TCP_CLOSE = 7,
	TCP_LISTEN = 10,
};

#define TCP_STATES_BEGUN	(0xfff & ~(1U << TCP_TIME_WAIT | 1U << TCP_CLOSE |	\
					   1U << TCP_LISTEN))
#define UDP_STATES_ALL		(1U << TCP_ESTABLISHED | 1U << TCP_CLOSE)

/**
 * struct list - an array that grows
 * @items: it
 * @size: bytes of an item
 * @count: items
 */
struct list {
	char *items;
	size_t size;
	size_t count;
};

/* Room is made for a power of two. */
static int list_add(struct list *list, const void *item)
{
	size_t count = list->count;
	char *items = list->items;

	if (!(count & (count - 1))) {
		items = realloc(items, (count ? 2 * count : 1) * list->size);
		if (!items)
			return netlink_fail(-ENOMEM, "Out of memory");
		list->items = items;
	}
	memcpy(items + count * list->size, item, list->size);
	list->count++;
	return 0;
}

/*
 * Addresses, IPv4 ones as IPv6 maps them.
 */

/**
 * struct link - an interface
 * @ifindex: its number
 * @addrs: its addresses: struct in6_addr
 */
struct link {
	int ifindex;
	struct list addrs;
};

static struct in6_addr addr_mapped(int family, const void *addr)
{
	struct in6_addr mapped = { .s6_addr = { [10] = 0xff, [11] = 0xff } };

	if (family == AF_INET)
		memcpy(&mapped.s6_addr[12], addr, sizeof(struct in_addr));
	else
		memcpy(&mapped, addr, sizeof(mapped));
	return mapped;
}

/* The one of our side: on a link between two, IFA_ADDRESS is the other's. */
static const void *addr_own(const struct nlmsghdr *msg, int family)
{
	const size_t head = sizeof(struct ifaddrmsg);
	size_t len = netlink_family_len(family);
	const void *addr = NULL;

	if (len)
		addr = netlink_find(msg, head, IFA_LOCAL, len);
	if (len && !addr)
		addr = netlink_find(msg, head, IFA_ADDRESS, len);
	return addr;
}

static int addr_note(const struct nlmsghdr *msg, void *arg)
{
	const struct ifaddrmsg *info = NLMSG_DATA(msg);
	struct link *link = arg;
	struct in6_addr mapped;
	const void *addr;

	if (msg->nlmsg_type != RTM_NEWADDR ||
	    msg->nlmsg_len < NLMSG_LENGTH(sizeof(*info)) ||
	    (int)info->ifa_index != link->ifindex)
		return 0;
	addr = addr_own(msg, info->ifa_family);
	if (!addr)
		return 0;
	mapped = addr_mapped(info->ifa_family, addr);
	return list_add(&link->addrs, &mapped);
}

static int addrs_note(struct link *link)
{
	struct ifaddrmsg info = { .ifa_family = AF_UNSPEC };
	struct netlink_request req;

	netlink_begin(&req, RTM_GETADDR, NLM_F_DUMP, &info, sizeof(info));
	return netlink_call(&req, addr_note, link);
}

static bool addr_is_of(const struct link *link, const struct in6_addr *addr)
{
	size_t i;

	for (i = 0; i < link->addrs.count; i++)
		if (!memcmp(link->addrs.items + i * sizeof(*addr), addr, sizeof(*addr)))
			return true;
	return false;
}

/*
 * Sockets.
 */

/**
 * struct search - sockets of one kind that go over an interface
 * @link: the interface
 * @found: what names them: struct inet_diag_req_v2
 * @protocol: their kind
 */
struct search {
	const struct link *link;
	struct list found;
	uint8_t protocol;
};

/* Where a socket may go by its device alone, its address says nothing. */
static bool socket_is_over(const struct link *link, const struct inet_diag_msg *sock)
{
	struct in6_addr addr = addr_mapped(sock->idiag_family, sock->id.idiag_src);

	if (sock->id.idiag_if)
		return (int)sock->id.idiag_if == link->ifindex;
	return addr_is_of(link, &addr);
}

static int socket_note(const struct nlmsghdr *msg, void *arg)
{
	const struct inet_diag_msg *sock = NLMSG_DATA(msg);
	struct search *search = arg;
	struct inet_diag_req_v2 name;

	if (msg->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
	    msg->nlmsg_len < NLMSG_LENGTH(sizeof(*sock)) ||
	    !socket_is_over(search->link, sock))
		return 0;
	name = (struct inet_diag_req_v2){
		.sdiag_family = sock->idiag_family,
		.sdiag_protocol = search->protocol,
		.id = sock->id,
	};
	return list_add(&search->found, &name);
}

static int sockets_find(struct search *search, int family, uint32_t states)
{
	struct inet_diag_req_v2 kind = {
		.sdiag_family = (uint8_t)family,
		.sdiag_protocol = search->protocol,
		.idiag_states = states,
	};
	struct netlink_request req;

	netlink_begin(&req, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &kind, sizeof(kind));
	return netlink_call_to(NETLINK_SOCK_DIAG, &req, socket_note, search);
}

/* One that has ended by itself meanwhile is not there any more. */
static int sockets_destroy(const struct search *search)
{
	const size_t size = search->found.size;
	struct netlink_request req;
	int err, first = 0;
	size_t i;

	for (i = 0; i < search->found.count; i++) {
		netlink_begin(&req, SOCK_DESTROY, 0, search->found.items + i * size,
			      size);
		err = netlink_call_to(NETLINK_SOCK_DIAG, &req, NULL, NULL);
		if (err && err != -ENOENT && !first)
			first = err;
	}
	return first;
}

static int sockets_end(const struct link *link, uint8_t protocol, uint32_t states)
{
	struct search search = {
		.link = link,
		.found.size = sizeof(struct inet_diag_req_v2),
		.protocol = protocol,
	};
	int err, failed;

	err = sockets_find(&search, AF_INET, states);
	if (!err)
		err = sockets_find(&search, AF_INET6, states);
	failed = sockets_destroy(&search);
	free(search.found.items);
	return err ? err : failed;
}

int netsock_end(int ifindex)
{
	struct link link = {
		.ifindex = ifindex,
		.addrs.size = sizeof(struct in6_addr),
	};
	int err, udp;

	err = addrs_note(&link);
	if (!err)
		err = lkl_if_down(ifindex);
	if (!err) {
		err = sockets_end(&link, IPPROTO_TCP, TCP_STATES_BEGUN);
		udp = sockets_end(&link, IPPROTO_UDP, UDP_STATES_ALL);
		err = err ? err : udp;
	}
	free(link.addrs.items);
	return err;
}
