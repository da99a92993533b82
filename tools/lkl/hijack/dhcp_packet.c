// SPDX-License-Identifier: GPL-2.0
/*
 * dhcp_packet.c - messages of DHCP, as such and within UDP and IP; see dhcp.h
 *
 * Layer:   tools/lkl/hijack.
 * Users:   dhcp.c.
 */
#include "dhcp.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <string.h>

#define OP_REQUEST	1
#define OP_REPLY	2
#define ETHERNET	1
#define FLAG_BROADCAST	0x8000
#define COOKIE		0x63825363

/* Options (RFC 2132). */
enum {
	OPTION_PAD = 0,
	OPTION_MASK = 1,
	OPTION_ROUTER = 3,
	OPTION_NAME_SERVERS = 6,
	OPTION_ADDRESS = 50,
	OPTION_LEASE = 51,
	OPTION_TYPE = 53,
	OPTION_SERVER = 54,
	OPTION_WANTED = 55,
	OPTION_RENEW = 58,
	OPTION_REBIND = 59,
	OPTION_END = 255,
};

/* RFC 2131, figure 1. */
struct message {
	uint8_t op;
	uint8_t htype;
	uint8_t hlen;
	uint8_t hops;
	uint32_t xid;
	uint16_t secs;
	uint16_t flags;
	uint32_t ciaddr;
	uint32_t yiaddr;
	uint32_t siaddr;
	uint32_t giaddr;
	uint8_t chaddr[16];
	uint8_t sname[64];
	uint8_t file[128];
	uint32_t cookie;
};

static_assert(sizeof(struct message) == 240, "fixed part of a DHCP message");

#define HEADERS		(sizeof(struct iphdr) + sizeof(struct udphdr))

/*
 * Writing.
 */

static uint8_t *option_write(uint8_t *at, uint8_t option, const void *data,
			     uint8_t len)
{
	*at++ = option;
	*at++ = len;
	memcpy(at, data, len);
	return at + len;
}

/* RFC 2131, table 5: an address that we have stands in the message itself. */
static uint8_t *options_write(uint8_t *at, enum dhcp_type type,
			      const struct dhcp_lease *lease)
{
	static const uint8_t wanted[] = {
		OPTION_MASK, OPTION_ROUTER, OPTION_NAME_SERVERS, OPTION_LEASE,
		OPTION_RENEW, OPTION_REBIND,
	};
	uint8_t byte = (uint8_t)type;

	at = option_write(at, OPTION_TYPE, &byte, 1);
	if (type == DHCP_REQUEST)
		at = option_write(at, OPTION_ADDRESS, &lease->address, 4);
	if (type == DHCP_REQUEST || type == DHCP_RELEASE)
		at = option_write(at, OPTION_SERVER, &lease->server, 4);
	if (type != DHCP_RELEASE)
		at = option_write(at, OPTION_WANTED, wanted, sizeof(wanted));
	*at++ = OPTION_END;
	return at;
}

/* Over a header of 20 bytes whose own field is 0 (RFC 1071). */
static uint16_t ip_checksum(const uint8_t *header)
{
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i < sizeof(struct iphdr); i += 2)
		sum += (uint32_t)(header[i] << 8 | header[i + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/* UDP over IPv4 may go without a checksum (RFC 768). */
static void headers_write(uint8_t *packet, size_t len, struct in_addr from,
			  struct in_addr to)
{
	struct iphdr ip = {
		.version = 4,
		.ihl = 5,
		.tot_len = htons((uint16_t)len),
		.ttl = 64,
		.protocol = IPPROTO_UDP,
		.saddr = from.s_addr,
		.daddr = to.s_addr,
	};
	struct udphdr udp = {
		.source = htons(DHCP_PORT_CLIENT),
		.dest = htons(DHCP_PORT_SERVER),
		.len = htons((uint16_t)(len - sizeof(ip))),
	};

	memcpy(packet, &ip, sizeof(ip));
	ip.check = ip_checksum(packet);
	memcpy(packet, &ip, sizeof(ip));
	memcpy(packet + sizeof(ip), &udp, sizeof(udp));
}

size_t dhcp_message_write(uint8_t *at, enum dhcp_type type, uint32_t xid,
			  const uint8_t *mac, const struct dhcp_lease *lease)
{
	bool have = type == DHCP_RENEW || type == DHCP_RELEASE;
	struct message message = {
		.op = OP_REQUEST,
		.htype = ETHERNET,
		.hlen = 6,
		.xid = htonl(xid),
		.flags = have ? 0 : htons(FLAG_BROADCAST),
		.ciaddr = have ? lease->address.s_addr : 0,
		.cookie = htonl(COOKIE),
	};

	memcpy(message.chaddr, mac, 6);
	memcpy(at, &message, sizeof(message));
	return (size_t)(options_write(at + sizeof(message), type, lease) - at);
}

size_t dhcp_packet_write(uint8_t *packet, enum dhcp_type type, uint32_t xid,
			 const uint8_t *mac, const struct dhcp_lease *lease)
{
	size_t len = HEADERS + dhcp_message_write(packet + HEADERS, type, xid, mac, lease);
	struct in_addr from = { INADDR_ANY }, to = { INADDR_BROADCAST };

	if (type == DHCP_RELEASE) {
		from = lease->address;
		to = lease->server;
	}
	headers_write(packet, len, from, to);
	return len;
}

/*
 * Reading: nothing in the packet is believed.
 */

static unsigned int mask_bits(const uint8_t *mask)
{
	uint32_t bits;

	memcpy(&bits, mask, sizeof(bits));
	return (unsigned int)__builtin_popcount(bits);
}

static void servers_read(struct dhcp_lease *lease, const uint8_t *data, size_t len)
{
	for (; len >= 4 && lease->server_count < DHCP_SERVERS_MAX; data += 4, len -= 4)
		memcpy(&lease->servers[lease->server_count++], data, 4);
}

static uint32_t number_read(const uint8_t *data)
{
	uint32_t number;

	memcpy(&number, data, sizeof(number));
	return ntohl(number);
}

static void option_read(struct dhcp_lease *lease, int *type, uint8_t option,
			const uint8_t *data, size_t len)
{
	if (option == OPTION_TYPE && len == 1)
		*type = *data;
	if (len < 4)
		return;
	switch (option) {
	case OPTION_MASK:
		lease->prefix = mask_bits(data);
		break;
	case OPTION_ROUTER:
		memcpy(&lease->router, data, 4);
		break;
	case OPTION_NAME_SERVERS:
		servers_read(lease, data, len);
		break;
	case OPTION_SERVER:
		memcpy(&lease->server, data, 4);
		break;
	case OPTION_LEASE:
		lease->seconds = number_read(data);
		break;
	case OPTION_RENEW:
		lease->renew = number_read(data);
		break;
	case OPTION_REBIND:
		lease->rebind = number_read(data);
		break;
	}
}

/* Return: the type of message, or 0. */
static int options_read(struct dhcp_lease *lease, const uint8_t *at, size_t len)
{
	int type = 0;
	size_t size;

	while (len && *at != OPTION_END) {
		if (*at == OPTION_PAD) {
			at++;
			len--;
			continue;
		}
		if (len < 2 || len - 2 < at[1])
			return 0;
		option_read(lease, &type, at[0], at + 2, at[1]);
		size = 2 + (size_t)at[1];
		at += size;
		len -= size;
	}
	return type;
}

/* The message within a packet, and its length; NULL if it has none of ours. */
static const uint8_t *payload_find(const uint8_t *packet, size_t *len)
{
	struct iphdr ip;
	struct udphdr udp;
	size_t head, total;

	if (*len < HEADERS)
		return NULL;
	memcpy(&ip, packet, sizeof(ip));
	head = ip.ihl * 4;
	total = ntohs(ip.tot_len);
	if (ip.version != 4 || ip.protocol != IPPROTO_UDP || head < sizeof(ip) ||
	    total > *len || total < head + sizeof(udp))
		return NULL;
	memcpy(&udp, packet + head, sizeof(udp));
	if (udp.source != htons(DHCP_PORT_SERVER) || udp.dest != htons(DHCP_PORT_CLIENT))
		return NULL;
	*len = total - head - sizeof(udp);
	return packet + head + sizeof(udp);
}

/* RFC 2131, 4.4.5: when nothing is said, or what makes no sense. */
static void times_fill(struct dhcp_lease *lease)
{
	if (!lease->seconds)
		lease->seconds = DHCP_FOREVER;
	if (!lease->rebind || lease->rebind >= lease->seconds)
		lease->rebind = (uint32_t)(lease->seconds * 7ULL / 8);
	if (!lease->renew || lease->renew >= lease->rebind)
		lease->renew = (uint32_t)(lease->rebind * 4ULL / 7);
}

static int defaults_fill(struct dhcp_lease *lease, int type)
{
	if (type == DHCP_NAK)
		return type;
	if ((type != DHCP_OFFER && type != DHCP_ACK) || !lease->address.s_addr)
		return 0;
	/* Without a mask, a network of its own. */
	if (!lease->prefix)
		lease->prefix = 32;
	times_fill(lease);
	return type;
}

int dhcp_message_read(const uint8_t *payload, size_t len, uint32_t xid,
		      const uint8_t *mac, struct dhcp_lease *lease)
{
	struct message message;

	if (len < sizeof(message))
		return 0;
	memcpy(&message, payload, sizeof(message));
	if (message.op != OP_REPLY || message.xid != htonl(xid) ||
	    message.cookie != htonl(COOKIE) || memcmp(message.chaddr, mac, 6))
		return 0;
	memset(lease, 0, sizeof(*lease));
	lease->address.s_addr = message.yiaddr;
	return defaults_fill(lease, options_read(lease, payload + sizeof(message),
						 len - sizeof(message)));
}

int dhcp_packet_read(const uint8_t *packet, size_t len, uint32_t xid,
		     const uint8_t *mac, struct dhcp_lease *lease)
{
	const uint8_t *payload = payload_find(packet, &len);

	return payload ? dhcp_message_read(payload, len, xid, mac, lease) : 0;
}
