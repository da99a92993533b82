// SPDX-License-Identifier: GPL-2.0
/*
 * dhcp6.c - exchanges with a DHCPv6 server; see dhcp6.h
 *
 * Layer:   tools/lkl/hijack.
 * Users:   apply_dhcp.c, lease.c.
 * Context: one thread for an interface at a time.
 */
#include "dhcp6.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "apply.h"

#define PORT_CLIENT	546
#define PORT_SERVER	547

/* ff02::1:2: All_DHCP_Relay_Agents_and_Servers. */
static const struct in6_addr servers = { .s6_addr = {
	0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2,
} };

#define FIRST_WAIT_MS	200
#define TRIES		3

/**
 * struct client - an exchange
 * @link: the interface
 * @fd: socket
 * @mac: the interface's address
 * @xid: the exchange's number
 */
struct client {
	const struct apply_link *link;
	long fd;
	uint8_t mac[6];
	uint32_t xid;
};

static void client_close(const struct client *c)
{
	if (c->fd >= 0)
		apply_sys(c->link->api, SYS_close, c->fd);
}

static long mac_find(struct client *c)
{
	struct ifreq request = { .ifr_ifindex = c->link->ifindex };
	long err = apply_sys(c->link->api, SYS_ioctl, c->fd, SIOCGIFNAME, (long)&request);

	if (!err)
		err = apply_sys(c->link->api, SYS_ioctl, c->fd, SIOCGIFHWADDR,
				(long)&request);
	memcpy(c->mac, request.ifr_hwaddr.sa_data, sizeof(c->mac));
	return err;
}

static long client_open(struct client *c)
{
	struct sockaddr_in6 local = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(PORT_CLIENT),
	};
	const struct apply_api *api = c->link->api;
	int on = 1;
	long err;

	c->fd = apply_sys(api, SYS_socket, AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return c->fd;
	err = mac_find(c);
	if (!err)
		err = apply_sys(api, SYS_setsockopt, c->fd, SOL_SOCKET, SO_REUSEADDR,
				(long)&on, sizeof(on));
	if (!err)
		err = apply_sys(api, SYS_setsockopt, c->fd, SOL_SOCKET, SO_BINDTOIFINDEX,
				(long)&c->link->ifindex, sizeof(int));
	if (!err)
		err = apply_sys(api, SYS_bind, c->fd, (long)&local, sizeof(local));
	if (!err)
		err = apply_sys(api, SYS_getrandom, (long)&c->xid, sizeof(c->xid), 0);
	return err < 0 ? err : 0;
}

static long message_send(const struct client *c, enum dhcp6_type type,
			 const struct dhcp6_lease *lease)
{
	struct sockaddr_in6 to = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(PORT_SERVER),
		.sin6_addr = servers,
		.sin6_scope_id = (uint32_t)c->link->ifindex,
	};
	uint8_t message[DHCP6_MESSAGE_MAX];
	size_t len = dhcp6_message_write(message, type, c->xid, c->mac, lease);

	return apply_sys(c->link->api, SYS_sendto, c->fd, (long)message, (long)len, 0,
			 (long)&to, sizeof(to));
}

/* Return: the type of an answer; -ETIMEDOUT, -EINTR. */
static int answer_wait(const struct client *c, long wait_ms, struct dhcp6_lease *lease)
{
	long end = apply_now_ms() + wait_ms, got, err;
	uint8_t buf[DHCP6_MESSAGE_MAX];
	int type = 0;

	while (!type) {
		err = apply_wait(c->link, c->fd, end - apply_now_ms());
		if (err)
			return (int)err;
		got = apply_sys(c->link->api, SYS_recvfrom, c->fd, (long)buf, sizeof(buf),
				MSG_DONTWAIT, 0, 0);
		if (got > 0)
			type = dhcp6_message_read(buf, (size_t)got, c->xid, c->mac, lease);
	}
	return type;
}

static int exchange(const struct client *c, enum dhcp6_type type, long wait_ms,
		    const struct dhcp6_lease *have, struct dhcp6_lease *lease)
{
	long err = message_send(c, type, have);

	return err < 0 ? (int)err : answer_wait(c, wait_ms, lease);
}

/* What a reply gives: is there an address in it? */
static int address_check(const struct dhcp6_lease *lease)
{
	return IN6_IS_ADDR_UNSPECIFIED(&lease->address) || lease->refused ?
	       -EADDRNOTAVAIL : 0;
}

/* Servers may answer with the reply at once (RFC 8415, 18.2.1: rapid commit). */
static int solicit_once(struct client *c, long wait_ms, struct dhcp6_lease *lease)
{
	struct dhcp6_lease offer;
	int type = exchange(c, DHCP6_SOLICIT, wait_ms, NULL, lease);

	if (type == DHCP6_ADVERTISE) {
		if (address_check(lease))
			return -EADDRNOTAVAIL;
		offer = *lease;
		/* What other servers offer is no answer to it. */
		c->xid++;
		type = exchange(c, DHCP6_REQUEST, wait_ms, &offer, lease);
	}
	if (type < 0)
		return type;
	return type == DHCP6_REPLY ? address_check(lease) : -ETIMEDOUT;
}

static int ask_once(struct client *c, bool address, long wait_ms,
		    struct dhcp6_lease *lease)
{
	int type;

	if (address)
		return solicit_once(c, wait_ms, lease);
	type = exchange(c, DHCP6_INFORMATION, wait_ms, NULL, lease);
	return type < 0 ? type : type == DHCP6_REPLY ? 0 : -ETIMEDOUT;
}

int dhcp6_obtain(const struct apply_link *link, bool address, struct dhcp6_lease *lease)
{
	struct client c = { .link = link };
	long wait_ms = FIRST_WAIT_MS;
	int i, err = (int)client_open(&c);

	memset(lease, 0, sizeof(*lease));
	for (i = 0; i < TRIES && (!i ? !err : err == -ETIMEDOUT); i++) {
		err = ask_once(&c, address, wait_ms, lease);
		wait_ms *= 2;
	}
	client_close(&c);
	return err;
}

int dhcp6_renew(const struct apply_link *link, bool all, long wait_ms,
		struct dhcp6_lease *lease)
{
	struct client c = { .link = link };
	struct dhcp6_lease more = { .seconds = 0 };
	int err = (int)client_open(&c);

	if (!err)
		err = exchange(&c, all ? DHCP6_REBIND : DHCP6_RENEW, wait_ms, lease, &more);
	client_close(&c);
	if (err < 0)
		return err;
	if (err != DHCP6_REPLY)
		return -ETIMEDOUT;
	err = address_check(&more);
	if (!err)
		*lease = more;
	return err;
}

void dhcp6_release(const struct apply_link *link, const struct dhcp6_lease *lease)
{
	struct client c = { .link = link };

	if (!client_open(&c))
		message_send(&c, DHCP6_RELEASE, lease);
	client_close(&c);
}
