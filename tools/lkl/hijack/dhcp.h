/* SPDX-License-Identifier: GPL-2.0 */
/*
 * dhcp.h - a DHCP client (RFC 2131): asks for an address, asks on for it, gives it back
 *
 * Layer:   tools/lkl/hijack.
 * Users:   apply_dhcp.c, lease.c; the messages also the tests.
 *
 * The kernel's own client looks for devices while the kernel boots, and ours are
 * announced when it has; nor does it renew.
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

#define DHCP_PORT_SERVER	67
#define DHCP_PORT_CLIENT	68

/* A lease that never ends. */
#define DHCP_FOREVER		0xffffffffU

/*
 * Those of the messages (RFC 2132, 9.6), and a request for an address that we have,
 * which differs from the first one.
 */
enum dhcp_type {
	DHCP_DISCOVER = 1,
	DHCP_OFFER = 2,
	DHCP_REQUEST = 3,
	DHCP_ACK = 5,
	DHCP_NAK = 6,
	DHCP_RELEASE = 7,
	DHCP_RENEW = 0x100 + DHCP_REQUEST,
};

/**
 * struct dhcp_lease - what a server gives
 * @address: the address
 * @prefix: bits of its network
 * @router: the gateway, or 0
 * @server: the server's address, which a request names
 * @servers: name servers
 * @server_count: how many of @servers there are
 * @seconds: how long the address is ours, or DHCP_FOREVER
 * @renew: after how many seconds the server is asked for more
 * @rebind: after how many all servers are
 * @via: Ethernet address by which the answer came
 */
struct dhcp_lease {
	struct in_addr address;
	unsigned int prefix;
	struct in_addr router;
	struct in_addr server;
	struct in_addr servers[DHCP_SERVERS_MAX];
	unsigned int server_count;
	uint32_t seconds;
	uint32_t renew;
	uint32_t rebind;
	uint8_t via[6];
};

/**
 * dhcp_message_write - make a client's message
 * @message: room for DHCP_PACKET_MAX bytes
 * @type: which; DHCP_REQUEST: for what @lease offers
 * @xid: the exchange's number
 * @mac: the interface's address
 * @lease: of the offer, or what we have; NULL for DHCP_DISCOVER
 *
 * Return: its length in bytes.
 */
size_t dhcp_message_write(uint8_t *message, enum dhcp_type type, uint32_t xid,
			  const uint8_t *mac, const struct dhcp_lease *lease);

/**
 * dhcp_packet_write - the same within an IP packet
 * @packet: room for DHCP_PACKET_MAX bytes
 * @type: which
 * @xid: the exchange's number
 * @mac: the interface's address
 * @lease: as for dhcp_message_write()
 *
 * To everybody, but for DHCP_RELEASE, which is for the server.
 *
 * Return: its length in bytes.
 */
size_t dhcp_packet_write(uint8_t *packet, enum dhcp_type type, uint32_t xid,
			 const uint8_t *mac, const struct dhcp_lease *lease);

/**
 * dhcp_message_read - look at what may be a server's message
 * @message: it; anything
 * @len: its bytes
 * @xid: the exchange's number
 * @mac: the interface's address
 * @lease: filled, if it is an answer
 *
 * Return: DHCP_OFFER, DHCP_ACK, DHCP_NAK; 0 if it is not for us or malformed.
 */
int dhcp_message_read(const uint8_t *message, size_t len, uint32_t xid,
		      const uint8_t *mac, struct dhcp_lease *lease);

/* The same for an IP packet from the link. */
int dhcp_packet_read(const uint8_t *packet, size_t len, uint32_t xid,
		     const uint8_t *mac, struct dhcp_lease *lease);

struct apply_link;

/**
 * dhcp_obtain - ask on a link for an address
 * @link: an interface that is up
 * @lease: filled
 *
 * Blocks: until a server has answered, 12 s at most; less if it is stopped.
 * Return: 0; -ETIMEDOUT; -EINTR; the error of a system call.
 */
int dhcp_obtain(const struct apply_link *link, struct dhcp_lease *lease);

/**
 * dhcp_renew - ask to keep an address
 * @link: the interface, which has it
 * @all: ask all servers, not just the one that gave it
 * @wait_ms: how long an answer is waited for
 * @lease: what we have; replaced
 *
 * Blocks: @wait_ms at most; less if it is stopped.
 * Return: 0; -EADDRNOTAVAIL (it is not ours any more); -ETIMEDOUT; -EINTR; the error
 * of a system call.
 */
int dhcp_renew(const struct apply_link *link, bool all, long wait_ms,
	       struct dhcp_lease *lease);

/**
 * dhcp_release - give an address back
 * @link: the interface
 * @lease: what we have
 *
 * Nobody answers. It does not matter if it gets lost.
 */
void dhcp_release(const struct apply_link *link, const struct dhcp_lease *lease);

#endif /* HIJACK_DHCP_H */
