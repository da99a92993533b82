// SPDX-License-Identifier: GPL-2.0
/*
 * dhcp.c - tests of the DHCP client's messages: what a server says is read,
 * and nothing that comes from the link does harm
 *
 * Layer:   tests/unit; over tools/lkl/hijack/dhcp_packet.c.
 */
#include "tools/lkl/hijack/dhcp.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define XID	0x12345678

static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 1 };

/* Offsets within a packet: IP header, UDP header, message, options. */
#define IP_LENGTH	2
#define IP_PROTOCOL	9
#define UDP		20
#define MESSAGE		28
#define YIADDR		(MESSAGE + 16)
#define OPTIONS		(MESSAGE + 240)

static uint8_t packet[DHCP_PACKET_MAX];
static size_t packet_len;
static struct dhcp_lease lease;

static void length_set(size_t len)
{
	packet_len = len;
	packet[IP_LENGTH] = (uint8_t)(len >> 8);
	packet[IP_LENGTH + 1] = (uint8_t)len;
}

/* A server's answer: a client's message, turned round. */
static void answer(const char *options, size_t len)
{
	static const uint8_t address[] = { 10, 0, 2, 15 };

	memset(packet, 0, sizeof(packet));
	dhcp_packet_write(packet, DHCP_DISCOVER, XID, mac, NULL);
	packet[MESSAGE] = 2;
	packet[UDP + 1] = 67;
	packet[UDP + 3] = 68;
	memcpy(packet + YIADDR, address, 4);
	memcpy(packet + OPTIONS, options, len);
	length_set(OPTIONS + len);
}

#define ANSWER(options)	answer(options, sizeof(options) - 1)

#define FULL_OFFER							\
	"\x35\x01\x02" "\x36\x04\x0a\x00\x02\x02" "\x00"		\
	"\x01\x04\xff\xff\xff\x00" "\x03\x04\x0a\x00\x02\x02"		\
	"\x06\x08\x0a\x00\x02\x03\x0a\x00\x02\x04" "\x0f\x03lan" "\xff"

static int read_it(void)
{
	return dhcp_packet_read(packet, packet_len, XID, mac, &lease);
}

static const char *text(struct in_addr addr)
{
	return inet_ntoa(addr);
}

Test(dhcp, an_offer_is_read)
{
	ANSWER(FULL_OFFER);
	cr_assert_eq(read_it(), DHCP_OFFER);
	cr_assert_str_eq(text(lease.address), "10.0.2.15");
	cr_assert_eq(lease.prefix, 24);
	cr_assert_str_eq(text(lease.router), "10.0.2.2");
	cr_assert_str_eq(text(lease.server), "10.0.2.2");
	cr_assert_eq(lease.server_count, 2);
	cr_assert_str_eq(text(lease.servers[1]), "10.0.2.4");
}

Test(dhcp, a_short_answer_is_enough)
{
	ANSWER("\x35\x01\x05");
	cr_assert_eq(read_it(), DHCP_ACK);
	cr_assert_eq(lease.prefix, 32);
	cr_assert_eq(lease.router.s_addr, 0);
	cr_assert_eq(lease.server_count, 0);
}

Test(dhcp, a_refusal_is_read)
{
	ANSWER("\x35\x01\x06\xff");
	memset(packet + YIADDR, 0, 4);
	cr_assert_eq(read_it(), DHCP_NAK);
}

/* What is another's, or nothing of DHCP's. */
Test(dhcp, what_is_not_for_us_is_ignored)
{
	static const struct {
		const char *what;
		size_t at;
		uint8_t value;
	} changes[] = {
		{ "IP version", 0, 0x65 }, { "IP header length", 0, 0x4f },
		{ "protocol", IP_PROTOCOL, 6 }, { "source port", UDP + 1, 68 },
		{ "destination port", UDP + 3, 67 }, { "a request", MESSAGE, 1 },
		{ "number", MESSAGE + 4, 0xff }, { "address", MESSAGE + 28, 0xff },
		{ "cookie", MESSAGE + 236, 0 }, { "type of message", OPTIONS + 2, 1 },
		{ "length of the type", OPTIONS + 1, 2 },
	};
	size_t i;

	for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		ANSWER(FULL_OFFER);
		packet[changes[i].at] = changes[i].value;
		cr_assert_eq(read_it(), 0, "%s", changes[i].what);
	}
	ANSWER(FULL_OFFER);
	memset(packet + YIADDR, 0, 4);
	cr_assert_eq(read_it(), 0, "no address");
}

/* Every length, with and without the IP header agreeing (run under ASan). */
Test(dhcp, what_is_cut_off_does_no_harm)
{
	size_t len, full;
	uint8_t *part;

	ANSWER(FULL_OFFER);
	full = packet_len;
	for (len = 0; len < full; len++) {
		part = malloc(len);
		cr_assert(!len || part);
		length_set(full);
		if (len)
			memcpy(part, packet, len);
		cr_assert_eq(dhcp_packet_read(part, len, XID, mac, &lease), 0);
		length_set(len);
		if (len)
			memcpy(part, packet, len);
		dhcp_packet_read(part, len, XID, mac, &lease);
		free(part);
	}
}

/* More name servers than are kept, options that reach beyond the end. */
Test(dhcp, options_are_kept_within_bounds)
{
	char many[3 + 2 + 40 + 1] = "\x35\x01\x02\x06\x28";

	many[sizeof(many) - 1] = (char)0xff;
	answer(many, sizeof(many));
	cr_assert_eq(read_it(), DHCP_OFFER);
	cr_assert_eq(lease.server_count, DHCP_SERVERS_MAX);
	ANSWER("\x35\x01\x02\x06\x08\x0a\x00");
	cr_assert_eq(read_it(), 0);
	ANSWER("\x35\x01\x02\x06");
	cr_assert_eq(read_it(), 0);
}

Test(dhcp, a_request_names_what_was_offered)
{
	uint8_t request[DHCP_PACKET_MAX];
	size_t len;

	ANSWER(FULL_OFFER);
	cr_assert_eq(read_it(), DHCP_OFFER);
	len = dhcp_packet_write(request, DHCP_REQUEST, XID, mac, &lease);
	cr_assert_not_null(memmem(request + OPTIONS, len - OPTIONS, "\x35\x01\x03", 3));
	cr_assert_not_null(memmem(request + OPTIONS, len - OPTIONS,
				  "\x32\x04\x0a\x00\x02\x0f", 6));
	cr_assert_not_null(memmem(request + OPTIONS, len - OPTIONS,
				  "\x36\x04\x0a\x00\x02\x02", 6));
	cr_assert_eq(request[IP_LENGTH] << 8 | request[IP_LENGTH + 1], len);
}

Test(dhcp, times_of_a_lease_are_read)
{
	ANSWER("\x35\x01\x05" "\x33\x04\x00\x00\x0e\x10" "\x3a\x04\x00\x00\x00\x64"
	       "\x3b\x04\x00\x00\x01\x2c\xff");
	cr_assert_eq(read_it(), DHCP_ACK);
	cr_assert_eq(lease.seconds, 3600);
	cr_assert_eq(lease.renew, 100);
	cr_assert_eq(lease.rebind, 300);
}

/* RFC 2131, 4.4.5; what would be past the end is as good as nothing. */
Test(dhcp, times_that_are_not_said_are_made_up)
{
	ANSWER("\x35\x01\x05" "\x33\x04\x00\x00\x03\x20" "\xff");
	cr_assert_eq(read_it(), DHCP_ACK);
	cr_assert_eq(lease.renew, 400);
	cr_assert_eq(lease.rebind, 700);
	ANSWER("\x35\x01\x05" "\x33\x04\x00\x00\x03\x20" "\x3a\x04\x00\x00\x0f\x00"
	       "\x3b\x04\x00\x00\x0f\x00\xff");
	cr_assert_eq(read_it(), DHCP_ACK);
	cr_assert_eq(lease.renew, 400);
	cr_assert_eq(lease.rebind, 700);
	ANSWER("\x35\x01\x05\xff");
	cr_assert_eq(read_it(), DHCP_ACK);
	cr_assert_eq(lease.seconds, DHCP_FOREVER);
}

/* RFC 2131, table 5: the address stands in the message, in no option. */
Test(dhcp, a_renewal_names_what_we_have)
{
	uint8_t message[DHCP_PACKET_MAX];
	size_t len;

	ANSWER(FULL_OFFER);
	cr_assert_eq(read_it(), DHCP_OFFER);
	len = dhcp_message_write(message, DHCP_RENEW, XID, mac, &lease);
	cr_assert_eq(memcmp(message + 12, "\x0a\x00\x02\x0f", 4), 0);
	cr_assert_eq(message[10], 0, "answered to that address");
	cr_assert_not_null(memmem(message + 240, len - 240, "\x35\x01\x03", 3));
	cr_assert_null(memmem(message + 240, len - 240, "\x32\x04", 2));
	cr_assert_null(memmem(message + 240, len - 240, "\x36\x04", 2));
}

Test(dhcp, a_release_goes_to_the_server)
{
	uint8_t release[DHCP_PACKET_MAX];
	size_t len;

	ANSWER(FULL_OFFER);
	cr_assert_eq(read_it(), DHCP_OFFER);
	len = dhcp_packet_write(release, DHCP_RELEASE, XID, mac, &lease);
	cr_assert_eq(memcmp(release + 12, "\x0a\x00\x02\x0f\x0a\x00\x02\x02", 8), 0);
	cr_assert_eq(memcmp(release + MESSAGE + 12, "\x0a\x00\x02\x0f", 4), 0);
	cr_assert_not_null(memmem(release + OPTIONS, len - OPTIONS, "\x35\x01\x07", 3));
	cr_assert_not_null(memmem(release + OPTIONS, len - OPTIONS,
				  "\x36\x04\x0a\x00\x02\x02", 6));
}

/* Any bytes changed, any length: read or ignored, never more (under ASan). */
Test(dhcp, survives_damaged_packets)
{
	unsigned int state = 1, i, changes;
	uint8_t *copy;
	size_t len;

	for (i = 0; i < 50000; i++) {
		ANSWER(FULL_OFFER);
		for (changes = state % 6; changes; changes--) {
			state = state * 1103515245 + 12345;
			packet[(state >> 16) % packet_len] = (uint8_t)(state >> 8);
		}
		state = state * 1103515245 + 12345;
		len = (state >> 16) % (packet_len + 1);
		copy = malloc(len ? len : 1);
		cr_assert_not_null(copy);
		memcpy(copy, packet, len);
		dhcp_packet_read(copy, len, XID, mac, &lease);
		free(copy);
	}
}
