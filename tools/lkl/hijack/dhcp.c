// SPDX-License-Identifier: GPL-2.0
/*
 * dhcp.c - exchanges with a DHCP server; see dhcp.h
 *
 * Layer:   tools/lkl/hijack.
 * Users:   apply_dhcp.c, lease.c.
 * Context: one thread for an interface at a time.
 *
 * Without an address by a packet socket: the kernel takes no datagram for an address
 * that it has not got, and some servers send theirs to the one they offer. With an
 * address by an ordinary socket, which is open only while something is asked: a
 * packet socket would be shown all that the program receives.
 */
#include "dhcp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "apply.h"

/* How long each message is waited for before it is sent again, doubled each time. */
#define FIRST_WAIT_MS	200
#define TRIES		6

/**
 * struct client - an exchange
 * @link: the interface
 * @fd: socket
 * @mac: its address
 * @xid: the exchange's number
 * @packets: @fd takes and gives IP packets, not datagrams
 */
struct client {
	const struct apply_link *link;
	long fd;
	uint8_t mac[6];
	uint32_t xid;
	bool packets;
};

static void client_close(const struct client *c)
{
	if (c->fd >= 0)
		apply_sys(c->link->api, SYS_close, c->fd);
}

/* A packet socket also tells the interface's own address. */
static long packet_open(struct client *c)
{
	struct sockaddr_ll local = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP),
		.sll_ifindex = c->link->ifindex,
	};
	int size = sizeof(local);
	long err;

	c->packets = true;
	c->fd = apply_sys(c->link->api, SYS_socket, AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC,
			  htons(ETH_P_IP));
	if (c->fd < 0)
		return c->fd;
	err = apply_sys(c->link->api, SYS_bind, c->fd, (long)&local, sizeof(local));
	if (!err)
		err = apply_sys(c->link->api, SYS_getsockname, c->fd, (long)&local, (long)&size);
	memcpy(c->mac, local.sll_addr, sizeof(c->mac));
	if (!err)
		err = apply_sys(c->link->api, SYS_getrandom, (long)&c->xid, sizeof(c->xid), 0);
	return err < 0 ? err : 0;
}

static long option_set(const struct client *c, int name, int value)
{
	return apply_sys(c->link->api, SYS_setsockopt, c->fd, SOL_SOCKET, name, (long)&value,
			 sizeof(value));
}

static long datagram_open(struct client *c)
{
	struct sockaddr_in local = {
		.sin_family = AF_INET,
		.sin_port = htons(DHCP_PORT_CLIENT),
	};
	long err = packet_open(c);

	client_close(c);
	if (err)
		return err;
	c->packets = false;
	c->fd = apply_sys(c->link->api, SYS_socket, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return c->fd;
	err = option_set(c, SO_REUSEADDR, 1);
	if (!err)
		err = option_set(c, SO_BROADCAST, 1);
	if (!err)
		err = option_set(c, SO_BINDTOIFINDEX, c->link->ifindex);
	return err ? err : apply_sys(c->link->api, SYS_bind, c->fd, (long)&local, sizeof(local));
}

static long packet_send(const struct client *c, enum dhcp_type type,
			const struct dhcp_lease *lease)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP),
		.sll_ifindex = c->link->ifindex,
		.sll_halen = ETH_ALEN,
		.sll_addr = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
	};
	uint8_t packet[DHCP_PACKET_MAX];
	size_t len = dhcp_packet_write(packet, type, c->xid, c->mac, lease);

	if (type == DHCP_RELEASE)
		memcpy(to.sll_addr, lease->via, ETH_ALEN);
	return apply_sys(c->link->api, SYS_sendto, c->fd, (long)packet, (long)len, 0,
			 (long)&to, sizeof(to));
}

static long renewal_send(const struct client *c, bool all, const struct dhcp_lease *lease)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(DHCP_PORT_SERVER),
		.sin_addr = { all || !lease->server.s_addr ? INADDR_BROADCAST :
			      lease->server.s_addr },
	};
	uint8_t message[DHCP_PACKET_MAX];
	size_t len = dhcp_message_write(message, DHCP_RENEW, c->xid, c->mac, lease);

	return apply_sys(c->link->api, SYS_sendto, c->fd, (long)message, (long)len, 0,
			 (long)&to, sizeof(to));
}

/* Return: the type of an answer; 0 if there was none, or something else. */
static int answer_take(const struct client *c, struct dhcp_lease *lease)
{
	struct sockaddr_ll from = { .sll_family = 0 };
	int size = sizeof(from), type;
	uint8_t buf[DHCP_PACKET_MAX];
	long got = apply_sys(c->link->api, SYS_recvfrom, c->fd, (long)buf, sizeof(buf),
			     MSG_DONTWAIT, c->packets ? (long)&from : 0,
			     c->packets ? (long)&size : 0);

	if (got <= 0)
		return 0;
	if (!c->packets)
		return dhcp_message_read(buf, (size_t)got, c->xid, c->mac, lease);
	type = dhcp_packet_read(buf, (size_t)got, c->xid, c->mac, lease);
	if (type && from.sll_halen == ETH_ALEN)
		memcpy(lease->via, from.sll_addr, ETH_ALEN);
	return type;
}

/*
 * An offer is an answer to who has asked for one: others may come from other servers.
 *
 * Return: the type of an answer; -ETIMEDOUT if none came in time; -EINTR.
 */
static int answer_wait(const struct client *c, bool offer, long wait_ms,
		       struct dhcp_lease *lease)
{
	long end = apply_now_ms() + wait_ms, err;
	int type = 0;

	while (!type || (type == DHCP_OFFER) != offer) {
		err = apply_wait(c->link, c->fd, end - apply_now_ms());
		if (err)
			return (int)err;
		type = answer_take(c, lease);
	}
	return type;
}

/* A discovery, and a request of what is offered, within the time for one try. */
static int try_once(const struct client *c, long wait_ms, struct dhcp_lease *lease)
{
	struct dhcp_lease offer = { .seconds = 0 };
	long err = packet_send(c, DHCP_DISCOVER, NULL);

	if (err < 0)
		return (int)err;
	err = answer_wait(c, true, wait_ms, &offer);
	if (err < 0)
		return (int)err;
	err = packet_send(c, DHCP_REQUEST, &offer);
	if (err < 0)
		return (int)err;
	err = answer_wait(c, false, wait_ms, lease);
	return err == DHCP_ACK ? 0 : err < 0 ? (int)err : -ETIMEDOUT;
}

int dhcp_obtain(const struct apply_link *link, struct dhcp_lease *lease)
{
	struct client c = { .link = link };
	long wait_ms = FIRST_WAIT_MS;
	int i, err = (int)packet_open(&c);

	for (i = 0; i < TRIES && (!i ? !err : err == -ETIMEDOUT); i++) {
		err = try_once(&c, wait_ms, lease);
		wait_ms *= 2;
	}
	client_close(&c);
	return err;
}

int dhcp_renew(const struct apply_link *link, bool all, long wait_ms,
	       struct dhcp_lease *lease)
{
	struct client c = { .link = link };
	struct dhcp_lease more = { .seconds = 0 };
	long err = datagram_open(&c);

	if (!err)
		err = renewal_send(&c, all, lease);
	if (err >= 0)
		err = answer_wait(&c, false, wait_ms, &more);
	client_close(&c);
	if (err < 0)
		return (int)err;
	if (err != DHCP_ACK)
		return err == DHCP_NAK ? -EADDRNOTAVAIL : -ETIMEDOUT;
	memcpy(more.via, lease->via, sizeof(more.via));
	if (!more.server.s_addr)
		more.server = lease->server;
	*lease = more;
	return 0;
}

void dhcp_release(const struct apply_link *link, const struct dhcp_lease *lease)
{
	struct client c = { .link = link };

	if (!packet_open(&c))
		packet_send(&c, DHCP_RELEASE, lease);
	client_close(&c);
}
