// SPDX-License-Identifier: GPL-2.0
/*
 * dhcp6_packet.c - messages of DHCPv6; see dhcp6.h
 *
 * Layer:   tools/lkl/hijack.
 * Users:   dhcp6.c.
 */
#include "dhcp6.h"

#include <arpa/inet.h>
#include <assert.h>
#include <string.h>

/* Options (RFC 8415, 21; RFC 3646). */
enum {
	OPTION_CLIENT = 1,
	OPTION_SERVER = 2,
	OPTION_IA_NA = 3,
	OPTION_ADDRESS = 5,
	OPTION_WANTED = 6,
	OPTION_ELAPSED = 8,
	OPTION_STATUS = 13,
	OPTION_RAPID = 14,
	OPTION_NAME_SERVERS = 23,
};

/* We have one association; it needs a number. */
#define IAID		1

#define OPTION_HEAD	4
#define MESSAGE_HEAD	4

/* Who we are: DUID-LL (11.4). */
struct client_id {
	uint16_t type;
	uint16_t hardware;
	uint8_t mac[6];
};

struct ia_na {
	uint32_t iaid;
	uint32_t t1;
	uint32_t t2;
};

struct ia_address {
	uint8_t address[16];
	uint32_t preferred;
	uint32_t valid;
};

static_assert(sizeof(struct client_id) == 10 && sizeof(struct ia_na) == 12 &&
	      sizeof(struct ia_address) == 24, "fixed parts of DHCPv6 options");

static struct client_id client_id(const uint8_t *mac)
{
	struct client_id id = { .type = htons(3), .hardware = htons(1) };

	memcpy(id.mac, mac, sizeof(id.mac));
	return id;
}

/*
 * Writing.
 */

static uint8_t *head_write(uint8_t *at, uint16_t option, size_t len)
{
	const uint16_t head[2] = { htons(option), htons((uint16_t)len) };

	memcpy(at, head, sizeof(head));
	return at + sizeof(head);
}

static uint8_t *option_write(uint8_t *at, uint16_t option, const void *data, size_t len)
{
	at = head_write(at, option, len);
	if (len)
		memcpy(at, data, len);
	return at + len;
}

/* With the address that is offered, or that we have. */
static uint8_t *association_write(uint8_t *at, const struct dhcp6_lease *lease)
{
	const struct ia_na ia = { .iaid = htonl(IAID) };
	struct ia_address address = { .valid = 0 };

	at = head_write(at, OPTION_IA_NA,
			sizeof(ia) + (lease ? OPTION_HEAD + sizeof(address) : 0));
	memcpy(at, &ia, sizeof(ia));
	at += sizeof(ia);
	if (!lease)
		return at;
	memcpy(address.address, &lease->address, sizeof(address.address));
	return option_write(at, OPTION_ADDRESS, &address, sizeof(address));
}

static bool names_server(enum dhcp6_type type)
{
	return type == DHCP6_REQUEST || type == DHCP6_RENEW || type == DHCP6_RELEASE;
}

size_t dhcp6_message_write(uint8_t *message, enum dhcp6_type type, uint32_t xid,
			   const uint8_t *mac, const struct dhcp6_lease *lease)
{
	const uint32_t head = htonl((uint32_t)type << 24 | (xid & 0xffffff));
	const uint16_t wanted = htons(OPTION_NAME_SERVERS), elapsed = 0;
	const struct client_id id = client_id(mac);
	uint8_t *at = message;

	memcpy(at, &head, sizeof(head));
	at = option_write(at + sizeof(head), OPTION_CLIENT, &id, sizeof(id));
	if (names_server(type))
		at = option_write(at, OPTION_SERVER, lease->id, lease->id_len);
	at = option_write(at, OPTION_ELAPSED, &elapsed, sizeof(elapsed));
	if (type == DHCP6_SOLICIT)
		at = option_write(at, OPTION_RAPID, NULL, 0);
	if (type != DHCP6_INFORMATION)
		at = association_write(at, lease);
	if (type != DHCP6_RELEASE)
		at = option_write(at, OPTION_WANTED, &wanted, sizeof(wanted));
	return (size_t)(at - message);
}

/*
 * Reading: nothing in the message is believed.
 */

/**
 * struct reading - what has been seen of a message
 * @lease: filled
 * @client: our own DUID
 * @ours: the message names it
 */
struct reading {
	struct dhcp6_lease *lease;
	struct client_id client;
	bool ours;
};

typedef void option_function(struct reading *reading, unsigned int option,
			     const uint8_t *data, size_t len);

static unsigned int number16(const uint8_t *at)
{
	return (unsigned int)(at[0] << 8 | at[1]);
}

/* Return: do they fill what there is? */
static bool options_each(struct reading *reading, const uint8_t *at, size_t len,
			 option_function *function)
{
	size_t size;

	while (len >= OPTION_HEAD) {
		size = number16(at + 2);
		if (len - OPTION_HEAD < size)
			return false;
		function(reading, number16(at), at + OPTION_HEAD, size);
		at += OPTION_HEAD + size;
		len -= OPTION_HEAD + size;
	}
	return !len;
}

/* Any but success (0). */
static void status_read(struct reading *reading, const uint8_t *data, size_t len)
{
	if (len >= 2 && number16(data))
		reading->lease->refused = true;
}

static void address_read(struct reading *reading, const uint8_t *data, size_t len)
{
	struct dhcp6_lease *lease = reading->lease;
	struct ia_address address;

	if (len < sizeof(address))
		return;
	memcpy(&address, data, sizeof(address));
	/* The server takes it back. */
	if (!address.valid)
		return;
	memcpy(&lease->address, address.address, sizeof(address.address));
	lease->seconds = ntohl(address.valid);
}

static void association_option(struct reading *reading, unsigned int option,
			       const uint8_t *data, size_t len)
{
	if (option == OPTION_ADDRESS)
		address_read(reading, data, len);
	else if (option == OPTION_STATUS)
		status_read(reading, data, len);
}

static void association_read(struct reading *reading, const uint8_t *data, size_t len)
{
	struct ia_na ia;

	if (len < sizeof(ia))
		return;
	memcpy(&ia, data, sizeof(ia));
	if (ia.iaid != htonl(IAID))
		return;
	reading->lease->renew = ntohl(ia.t1);
	reading->lease->rebind = ntohl(ia.t2);
	options_each(reading, data + sizeof(ia), len - sizeof(ia), association_option);
}

static void servers_read(struct dhcp6_lease *lease, const uint8_t *data, size_t len)
{
	for (; len >= 16 && lease->server_count < DHCP6_SERVERS_MAX; data += 16, len -= 16)
		memcpy(&lease->servers[lease->server_count++], data, 16);
}

static void message_option(struct reading *reading, unsigned int option,
			   const uint8_t *data, size_t len)
{
	struct dhcp6_lease *lease = reading->lease;

	switch (option) {
	case OPTION_CLIENT:
		reading->ours = len == sizeof(reading->client) &&
				!memcmp(data, &reading->client, len);
		break;
	case OPTION_SERVER:
		if (!len || len > sizeof(lease->id))
			break;
		memcpy(lease->id, data, len);
		lease->id_len = len;
		break;
	case OPTION_IA_NA:
		association_read(reading, data, len);
		break;
	case OPTION_STATUS:
		status_read(reading, data, len);
		break;
	case OPTION_NAME_SERVERS:
		servers_read(lease, data, len);
		break;
	}
}

/* 14.2: when it is left to us, or makes no sense. */
static void times_fill(struct dhcp6_lease *lease)
{
	if (!lease->rebind || lease->rebind >= lease->seconds)
		lease->rebind = (uint32_t)(lease->seconds * 8ULL / 10);
	if (!lease->renew || lease->renew >= lease->rebind)
		lease->renew = (uint32_t)(lease->rebind * 5ULL / 8);
}

int dhcp6_message_read(const uint8_t *message, size_t len, uint32_t xid,
		       const uint8_t *mac, struct dhcp6_lease *lease)
{
	struct reading reading = { .lease = lease, .client = client_id(mac) };
	uint32_t head;

	if (len < MESSAGE_HEAD)
		return 0;
	memcpy(&head, message, sizeof(head));
	head = ntohl(head);
	if ((head & 0xffffff) != (xid & 0xffffff) ||
	    (head >> 24 != DHCP6_ADVERTISE && head >> 24 != DHCP6_REPLY))
		return 0;
	memset(lease, 0, sizeof(*lease));
	if (!options_each(&reading, message + MESSAGE_HEAD, len - MESSAGE_HEAD,
			  message_option))
		return 0;
	if (!reading.ours || !lease->id_len)
		return 0;
	times_fill(lease);
	return (int)(head >> 24);
}
