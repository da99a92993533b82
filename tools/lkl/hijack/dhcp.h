/* SPDX-License-Identifier: GPL-2.0 */
/*
 * dhcp.h - a DHCP client (RFC 2131) that asks once
 *
 * Layer:   tools/lkl/hijack.
 * Users:   apply_network.c; the messages also the tests.
 *
 * The kernel's own client looks for devices while the kernel boots, and ours are
 * announced when it has. The address is kept as long as the kernel runs: a program
 * that has connections cannot change it anyway, so it is not renewed.
 */
#ifndef HIJACK_DHCP_H
#define HIJACK_DHCP_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DHCP_SERVERS_MAX	4

/* Room for an IP packet with a message. */
#define DHCP_PACKET_MAX		1500

enum dhcp_type {
	DHCP_DISCOVER = 1,
	DHCP_OFFER = 2,
	DHCP_REQUEST = 3,
	DHCP_ACK = 5,
	DHCP_NAK = 6,
};

/**
 * struct dhcp_lease - what a server gives
 * @address: the address
 * @prefix: bits of its network
 * @router: the gateway, or 0
 * @server: the server's address, which a request names
 * @servers: name servers
 * @server_count: how many of @servers there are
 */
struct dhcp_lease {
	struct in_addr address;
	unsigned int prefix;
	struct in_addr router;
	struct in_addr server;
	struct in_addr servers[DHCP_SERVERS_MAX];
	unsigned int server_count;
};

/**
 * dhcp_packet_write - make an IP packet with a client's message
 * @packet: room for DHCP_PACKET_MAX bytes
 * @type: DHCP_DISCOVER, or DHCP_REQUEST for what @lease offers
 * @xid: the exchange's number
 * @mac: the interface's address
 * @lease: of the offer; NULL for DHCP_DISCOVER
 *
 * Return: its length in bytes.
 */
size_t dhcp_packet_write(uint8_t *packet, enum dhcp_type type, uint32_t xid,
			 const uint8_t *mac, const struct dhcp_lease *lease);

/**
 * dhcp_packet_read - look at an IP packet from the link
 * @packet: it; anything
 * @len: its bytes
 * @xid: the exchange's number
 * @mac: the interface's address
 * @lease: filled, if it is an answer
 *
 * Return: DHCP_OFFER, DHCP_ACK, DHCP_NAK; 0 if it is not for us or malformed.
 */
int dhcp_packet_read(const uint8_t *packet, size_t len, uint32_t xid,
		     const uint8_t *mac, struct dhcp_lease *lease);

struct apply_api;

/**
 * dhcp_obtain - ask on a link for an address
 * @api: functions of liblkl
 * @ifindex: an interface that is up
 * @lease: filled
 *
 * Blocks: until a server has answered, 12 s at most.
 * Return: 0; -ETIMEDOUT; the error of a system call.
 */
int dhcp_obtain(const struct apply_api *api, int ifindex, struct dhcp_lease *lease);

#endif /* HIJACK_DHCP_H */
