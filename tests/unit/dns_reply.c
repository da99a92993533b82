// SPDX-License-Identifier: GPL-2.0
/*
 * dns_reply.c - tests of the hijack's reading of name servers' replies: what a server
 * says is read, and nothing that one sends does harm
 *
 * Layer:   tests/unit; over tools/lkl/hijack/preload/dns_reply.c.
 */
#include "tools/lkl/hijack/preload/dns.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <criterion/criterion.h>
#include <resolv.h>
#include <stdlib.h>
#include <string.h>

#define NAME	"host.test"

static unsigned char reply[2048];
static int reply_len;
static struct dns_answer answer;

static void put(const void *bytes, int len)
{
	memcpy(reply + reply_len, bytes, (size_t)len);
	reply_len += len;
}

static void put16(int value)
{
	unsigned char bytes[2] = { (unsigned char)(value >> 8), (unsigned char)value };

	put(bytes, sizeof(bytes));
}

static void put_name(const char *name)
{
	reply_len += dn_comp(name, reply + reply_len, (int)sizeof(reply) - reply_len, NULL,
			     NULL);
}

static void start(const char *name, int type)
{
	memset(reply, 0, sizeof(reply));
	memset(&answer, 0, sizeof(answer));
	reply_len = NS_HFIXEDSZ;
	((HEADER *)reply)->qr = 1;
	((HEADER *)reply)->qdcount = htons(1);
	put_name(name);
	put16(type);
	put16(ns_c_in);
}

static void record(const char *owner, int type, const void *data, int len)
{
	HEADER *head = (HEADER *)reply;

	put_name(owner);
	put16(type);
	put16(ns_c_in);
	put16(0);
	put16(60);
	put16(len);
	put(data, len);
	head->ancount = htons((uint16_t)(ntohs(head->ancount) + 1));
}

static void record_name(const char *owner, int type, const char *target)
{
	unsigned char wire[NS_MAXCDNAME];

	record(owner, type, wire, dn_comp(target, wire, sizeof(wire), NULL, NULL));
}

static int read_as(int type)
{
	return dns_reply_read(reply, reply_len, NAME, type, &answer);
}

Test(dns_reply, addresses_of_the_name_are_read)
{
	start(NAME, ns_t_a);
	record(NAME, ns_t_a, "\1\2\3\4", 4);
	record("HOST.test", ns_t_a, "\5\6\7\10", 4);
	cr_assert_eq(read_as(ns_t_a), 0);
	cr_assert_eq(answer.count, 2);
	cr_assert_eq(answer.address[1].v4.s_addr, inet_addr("5.6.7.8"));
	cr_assert_str_eq(answer.name, NAME);
}

Test(dns_reply, other_names_are_followed_and_strangers_left_out)
{
	start(NAME, ns_t_a);
	record_name(NAME, ns_t_cname, "real.test");
	record("stranger.test", ns_t_a, "\1\1\1\1", 4);
	record("real.test", ns_t_a, "\1\2\3\4", 4);
	record("real.test", ns_t_a, "\1\2\3", 3);
	cr_assert_eq(read_as(ns_t_a), 0);
	cr_assert_eq(answer.count, 1);
	cr_assert_str_eq(answer.name, "real.test");
}

Test(dns_reply, names_that_no_host_has_are_none)
{
	start(NAME, ns_t_ptr);
	record_name(NAME, ns_t_ptr, "$(reboot).test");
	cr_assert_eq(read_as(ns_t_ptr), EAI_NONAME);
	cr_assert_eq(*answer.name, '\0');
}

Test(dns_reply, a_loop_of_names_ends)
{
	start(NAME, ns_t_a);
	for (int i = 0; i < 20; i++)
		record_name(NAME, ns_t_cname, NAME);
	cr_assert_neq(read_as(ns_t_a), 0);
}

Test(dns_reply, there_is_room_for_so_many_addresses)
{
	start(NAME, ns_t_a);
	for (int i = 0; i < 18; i++)
		record(NAME, ns_t_a, "\1\2\3\4", 4);
	for (int i = 0; i < 4; i++)
		cr_assert_eq(read_as(ns_t_a), i * 18 < DNS_ADDRESSES ? 0 : EAI_NONAME);
	cr_assert_eq(answer.count, DNS_ADDRESSES);
}

Test(dns_reply, every_cut_is_noticed)
{
	unsigned char *exact;

	start(NAME, ns_t_a);
	record_name(NAME, ns_t_cname, "real.test");
	record("real.test", ns_t_a, "\1\2\3\4", 4);
	for (int len = 0; len < reply_len; len++) {
		/* A buffer of that length, so that the sanitizer sees its end. */
		exact = malloc((size_t)len + 1);
		memcpy(exact, reply, (size_t)len);
		memset(&answer, 0, sizeof(answer));
		cr_assert_neq(dns_reply_read(exact, len, NAME, ns_t_a, &answer), 0);
		free(exact);
	}
}

Test(dns_reply, nothing_that_is_sent_does_harm)
{
	unsigned char good[sizeof(reply)], *mutated;
	static const int types[] = { ns_t_a, ns_t_aaaa, ns_t_ptr };
	size_t len;

	start(NAME, ns_t_a);
	record_name(NAME, ns_t_cname, "real.test");
	record("real.test", ns_t_a, "\1\2\3\4", 4);
	record_name("real.test", ns_t_ptr, "name.test");
	memcpy(good, reply, sizeof(good));
	srand(1);
	for (int i = 0; i < 100000; i++) {
		len = (size_t)(rand() % 4 ? reply_len : rand() % reply_len);
		mutated = malloc(len ? len : 1);
		memcpy(mutated, good, len);
		for (int n = rand() % 8; n && len; n--)
			mutated[(size_t)rand() % len] =
				(unsigned char)(rand() % 3 ? rand() : 0xc0);
		memset(&answer, 0, sizeof(answer));
		dns_reply_read(mutated, (ssize_t)len, NAME, types[i % 3], &answer);
		cr_assert_leq(answer.count, DNS_ADDRESSES);
		cr_assert_lt(strlen(answer.name), sizeof(answer.name));
		free(mutated);
	}
}
