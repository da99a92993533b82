// SPDX-License-Identifier: GPL-2.0
/*
 * dhcp.c - ask on a link for an address; see dhcp.h
 *
 * Layer:   tools/lkl/hijack.
 * Users:   apply_network.c.
 *
 * Over a packet socket: before the interface has an address, the kernel takes no
 * datagram for one, and some servers send theirs to the address they offer.
 */
#include "dhcp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#include "apply.h"

/* How long each message is waited for before it is sent again, doubled each time. */
#define FIRST_WAIT_MS	200
#define TRIES		6

/**
 * struct client - an exchange
 * @api: functions of liblkl
 * @fd: packet socket
 * @ifindex: the interface
 * @mac: its address
 * @xid: the exchange's number
 */
struct client {
	const struct apply_api *api;
	long fd;
	int ifindex;
	uint8_t mac[6];
	uint32_t xid;
};

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static long client_open(struct client *c)
{
	struct sockaddr_ll local = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP),
		.sll_ifindex = c->ifindex,
	};
	int size = sizeof(local);
	long err;

	c->fd = apply_sys(c->api, SYS_socket, AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC,
			  htons(ETH_P_IP));
	if (c->fd < 0)
		return c->fd;
	err = apply_sys(c->api, SYS_bind, c->fd, (long)&local, sizeof(local));
	if (!err)
		err = apply_sys(c->api, SYS_getsockname, c->fd, (long)&local, (long)&size);
	memcpy(c->mac, local.sll_addr, sizeof(c->mac));
	if (!err)
		err = apply_sys(c->api, SYS_getrandom, (long)&c->xid, sizeof(c->xid), 0);
	return err < 0 ? err : 0;
}

static long message_send(const struct client *c, enum dhcp_type type,
			 const struct dhcp_lease *lease)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP),
		.sll_ifindex = c->ifindex,
		.sll_halen = ETH_ALEN,
		.sll_addr = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
	};
	uint8_t packet[DHCP_PACKET_MAX];
	size_t len = dhcp_packet_write(packet, type, c->xid, c->mac, lease);

	return apply_sys(c->api, SYS_sendto, c->fd, (long)packet, (long)len, 0,
			 (long)&to, sizeof(to));
}

/* Return: the type of an answer; 0 if none came in time. */
static int answer_wait(const struct client *c, long wait_ms,
		       struct dhcp_lease *lease)
{
	struct pollfd pfd = { .fd = (int)c->fd, .events = POLLIN };
	long end = now_ms() + wait_ms, left, got;
	uint8_t packet[DHCP_PACKET_MAX];
	int type = 0;

	while (!type) {
		left = end - now_ms();
		if (left <= 0 || apply_sys(c->api, SYS_poll, (long)&pfd, 1, left) == 0)
			return 0;
		got = apply_sys(c->api, SYS_recvfrom, c->fd, (long)packet, sizeof(packet),
				MSG_DONTWAIT);
		if (got > 0)
			type = dhcp_packet_read(packet, (size_t)got, c->xid, c->mac, lease);
	}
	return type;
}

/* A discovery, and a request of what is offered, within the time for one try. */
static int try_once(const struct client *c, long wait_ms, struct dhcp_lease *lease)
{
	struct dhcp_lease offer;
	long err = message_send(c, DHCP_DISCOVER, NULL);

	if (err < 0)
		return (int)err;
	if (answer_wait(c, wait_ms, &offer) != DHCP_OFFER)
		return -ETIMEDOUT;
	err = message_send(c, DHCP_REQUEST, &offer);
	if (err < 0)
		return (int)err;
	return answer_wait(c, wait_ms, lease) == DHCP_ACK ? 0 : -ETIMEDOUT;
}

int dhcp_obtain(const struct apply_api *api, int ifindex, struct dhcp_lease *lease)
{
	struct client c = { .api = api, .ifindex = ifindex };
	long wait_ms = FIRST_WAIT_MS;
	int i, err = (int)client_open(&c);

	for (i = 0; i < TRIES && (!i ? !err : err == -ETIMEDOUT); i++) {
		err = try_once(&c, wait_ms, lease);
		wait_ms *= 2;
	}
	if (c.fd >= 0)
		apply_sys(api, SYS_close, c.fd);
	return err;
}
