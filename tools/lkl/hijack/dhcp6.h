/* SPDX-License-Identifier: GPL-2.0 */
/*
 * dhcp6.h - a DHCPv6 client (RFC 8415): one address, and name servers
 *
 * Layer:   tools/lkl/hijack.
 * Users:   apply_dhcp.c, lease.c; the messages also the tests.
 *
 * Asked if a router says so: for an address (its flag M), or for name servers alone
 * (O). Libraries of Debian that do this are parts of daemons, or take the host's
 * sockets.
 */
#ifndef HIJACK_DHCP6_H
#define HIJACK_DHCP6_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DHCP6_SERVERS_MAX	4
#define DHCP6_ID_MAX		130

/* Room for a message. */
#define DHCP6_MESSAGE_MAX	1232

#define DHCP6_FOREVER		0xffffffffU

/* RFC 8415, 7.3. */
enum dhcp6_type {
	DHCP6_SOLICIT = 1,
	DHCP6_ADVERTISE = 2,
	DHCP6_REQUEST = 3,
	DHCP6_RENEW = 5,
	DHCP6_REBIND = 6,
	DHCP6_REPLY = 7,
	DHCP6_RELEASE = 8,
	DHCP6_INFORMATION = 11,
};

/**
 * struct dhcp6_lease - what a server gives
 * @address: the address, or zeros
 * @servers: name servers
 * @server_count: how many of @servers there are
 * @seconds: how long the address is ours, or DHCP6_FOREVER
 * @renew: after how many seconds the server is asked for more
 * @rebind: after how many all servers are
 * @id: the server's DUID
 * @id_len: its bytes
 * @refused: it says that it has no address, or not ours any more
 */
struct dhcp6_lease {
	struct in6_addr address;
	struct in6_addr servers[DHCP6_SERVERS_MAX];
	unsigned int server_count;
	uint32_t seconds;
	uint32_t renew;
	uint32_t rebind;
	uint8_t id[DHCP6_ID_MAX];
	size_t id_len;
	bool refused;
};

/**
 * dhcp6_message_write - make a client's message
 * @message: room for DHCP6_MESSAGE_MAX bytes
 * @type: which
 * @xid: the exchange's number; its lower 24 bits
 * @mac: the interface's address, by which servers know us
 * @lease: what was offered, or what we have; NULL for those that name none
 *
 * Return: its length in bytes.
 */
size_t dhcp6_message_write(uint8_t *message, enum dhcp6_type type, uint32_t xid,
			   const uint8_t *mac, const struct dhcp6_lease *lease);

/**
 * dhcp6_message_read - look at what may be a server's message
 * @message: it; anything
 * @len: its bytes
 * @xid: the exchange's number
 * @mac: the interface's address
 * @lease: filled, if it is an answer
 *
 * Return: DHCP6_ADVERTISE, DHCP6_REPLY; 0 if it is not for us or malformed.
 */
int dhcp6_message_read(const uint8_t *message, size_t len, uint32_t xid,
		       const uint8_t *mac, struct dhcp6_lease *lease);

struct apply_link;

/**
 * dhcp6_obtain - ask on a link
 * @link: an interface that is up and has a link-local address
 * @address: for an address and name servers, not for name servers alone
 * @lease: filled
 *
 * Blocks: until a server has answered, 3 s at most; less if it is stopped.
 * Return: 0; -EADDRNOTAVAIL (there is none for us); -ETIMEDOUT; -EINTR; the error of
 * a system call.
 */
int dhcp6_obtain(const struct apply_link *link, bool address,
		 struct dhcp6_lease *lease);

/**
 * dhcp6_renew - ask to keep an address
 * @link: the interface
 * @all: ask all servers, not just the one that gave it
 * @wait_ms: how long an answer is waited for
 * @lease: what we have; replaced
 *
 * Return: as dhcp6_obtain().
 */
int dhcp6_renew(const struct apply_link *link, bool all, long wait_ms,
		struct dhcp6_lease *lease);

/**
 * dhcp6_release - give an address back, without waiting for the answer
 * @link: the interface
 * @lease: what we have
 */
void dhcp6_release(const struct apply_link *link, const struct dhcp6_lease *lease);

#endif /* HIJACK_DHCP6_H */
