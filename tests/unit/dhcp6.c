// SPDX-License-Identifier: GPL-2.0
/*
 * dhcp6.c - tests of the DHCPv6 client's messages: what a server says is read,
 * and nothing that comes from the link does harm
 *
 * Layer:   tests/unit; over tools/lkl/hijack/dhcp6_packet.c.
 */
#include "tools/lkl/hijack/dhcp6.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define XID	0x123456

static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 1 };

#define HEAD(type)	type "\x12\x34\x56"
#define CLIENT		"\x00\x01\x00\x0a\x00\x03\x00\x01\x02\x00\x00\x00\x00\x01"
#define SERVER		"\x00\x02\x00\x04\x00\x02\xab\xcd"
#define ADDRESS								\
	"\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x50"
#define TIMES		"\x00\x00\x00\x64" "\x00\x00\x00\xc8"
/* IA_NA with T1, T2 and an address of 600 s. */
#define ASSOCIATION							\
	"\x00\x03\x00\x28\x00\x00\x00\x01" TIMES			\
	"\x00\x05\x00\x18" ADDRESS "\x00\x00\x02\x58" "\x00\x00\x02\x58"
#define DNS		"\x00\x17\x00\x10" ADDRESS
#define FULL_REPLY	HEAD("\x07") CLIENT SERVER ASSOCIATION DNS

static struct dhcp6_lease lease;

static int read_bytes(const char *bytes, size_t len)
{
	return dhcp6_message_read((const uint8_t *)bytes, len, XID, mac, &lease);
}

#define READ(bytes)	read_bytes(bytes, sizeof(bytes) - 1)

Test(dhcp6, a_reply_is_read)
{
	cr_assert_eq(READ(FULL_REPLY), DHCP6_REPLY);
	cr_assert_eq(memcmp(&lease.address, ADDRESS, 16), 0);
	cr_assert_eq(lease.renew, 100);
	cr_assert_eq(lease.rebind, 200);
	cr_assert_eq(lease.seconds, 600);
	cr_assert_eq(lease.server_count, 1);
	cr_assert_eq(lease.id_len, 4);
	cr_assert_not(lease.refused);
}

Test(dhcp6, information_has_no_address)
{
	cr_assert_eq(READ(HEAD("\x07") CLIENT SERVER DNS), DHCP6_REPLY);
	cr_assert(IN6_IS_ADDR_UNSPECIFIED(&lease.address));
	cr_assert_eq(lease.server_count, 1);
}

/* NoAddrsAvail within the association; a life of no seconds. */
Test(dhcp6, what_is_refused_is_no_address)
{
	cr_assert_eq(READ(HEAD("\x02") CLIENT SERVER
			  "\x00\x03\x00\x12\x00\x00\x00\x01" TIMES
			  "\x00\x0d\x00\x02\x00\x02"), DHCP6_ADVERTISE);
	cr_assert(lease.refused);
	cr_assert_eq(READ(HEAD("\x07") CLIENT SERVER
			  "\x00\x03\x00\x28\x00\x00\x00\x01" TIMES
			  "\x00\x05\x00\x18" ADDRESS "\x00\x00\x00\x00"
			  "\x00\x00\x00\x00"), DHCP6_REPLY);
	cr_assert(IN6_IS_ADDR_UNSPECIFIED(&lease.address));
}

Test(dhcp6, what_is_not_for_us_is_ignored)
{
	cr_assert_eq(READ(HEAD("\x01") CLIENT SERVER), 0, "a client's");
	cr_assert_eq(READ("\x07\x12\x34\x57" CLIENT SERVER), 0, "another number");
	cr_assert_eq(READ(HEAD("\x07") SERVER), 0, "names nobody");
	cr_assert_eq(READ(HEAD("\x07") CLIENT), 0, "from nobody");
	cr_assert_eq(READ(HEAD("\x07") SERVER "\x00\x01\x00\x0a\x00\x03\x00\x01"
			  "\x02\x00\x00\x00\x00\x02"), 0, "another's");
}

/* T1 and T2 of 0 leave it to us; so do those that are past the end. */
Test(dhcp6, times_that_are_not_said_are_made_up)
{
	char reply[] = FULL_REPLY;
	char *times = memmem(reply, sizeof(reply), TIMES, sizeof(TIMES) - 1);

	cr_assert_not_null(times);
	memset(times, 0, 8);
	cr_assert_eq(READ(reply), DHCP6_REPLY);
	cr_assert_eq(lease.renew, 300);
	cr_assert_eq(lease.rebind, 480);
	memset(times, 0xff, 8);
	cr_assert_eq(READ(reply), DHCP6_REPLY);
	cr_assert_eq(lease.renew, 300);
}

/* Every length, and any bytes changed (run under ASan). */
Test(dhcp6, what_is_damaged_does_no_harm)
{
	unsigned int state = 1, i, changes;
	size_t len, full = sizeof(FULL_REPLY) - 1;
	char *copy;

	for (i = 0; i < 50000; i++) {
		len = i < full ? i : full - i % 7;
		copy = malloc(len ? len : 1);
		cr_assert_not_null(copy);
		memcpy(copy, FULL_REPLY, len);
		for (changes = i < full ? 0 : state % 6; changes; changes--) {
			state = state * 1103515245 + 12345;
			copy[(state >> 16) % len] = (char)(state >> 8);
		}
		state = state * 1103515245 + 12345;
		read_bytes(copy, len);
		free(copy);
	}
}

static bool has(const uint8_t *message, size_t len, const char *bytes, size_t size)
{
	return memmem(message, len, bytes, size);
}

#define HAS(bytes)	has(message, len, bytes, sizeof(bytes) - 1)

Test(dhcp6, messages_name_what_they_have_to)
{
	uint8_t message[DHCP6_MESSAGE_MAX];
	size_t len;

	cr_assert_eq(READ(FULL_REPLY), DHCP6_REPLY);
	len = dhcp6_message_write(message, DHCP6_SOLICIT, XID, mac, NULL);
	cr_assert(HAS(HEAD("\x01")) && HAS(CLIENT) && HAS("\x00\x0e\x00\x00"));
	cr_assert_not(HAS(SERVER));
	len = dhcp6_message_write(message, DHCP6_RENEW, XID, mac, &lease);
	cr_assert(HAS(HEAD("\x05")) && HAS(SERVER) && HAS(ADDRESS));
	len = dhcp6_message_write(message, DHCP6_REBIND, XID, mac, &lease);
	cr_assert(HAS(HEAD("\x06")) && HAS(ADDRESS));
	cr_assert_not(HAS(SERVER));
	len = dhcp6_message_write(message, DHCP6_INFORMATION, XID, mac, NULL);
	cr_assert(HAS(HEAD("\x0b")) && HAS("\x00\x06\x00\x02\x00\x17"));
	cr_assert_not(HAS("\x00\x03\x00\x0c"));
}
