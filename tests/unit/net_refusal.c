// SPDX-License-Identifier: GPL-2.0
/*
 * net_refusal.c - resets that lack an acknowledgement.
 *
 * Layer:   tests/unit.
 */
#include "drivers/virtio/net_refusal.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <net/ethernet.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#define HEADER	12

static struct net_refusal refusal;
/* So that what follows the Ethernet header is aligned. */
static char storage[2 + HEADER + 200] __attribute__((aligned(4)));
static char *const frame = storage + 2;

/* One's complement sum of 16-bit words (RFC 1071), not optimised in any way. */
static uint32_t sum(const void *data, size_t len)
{
	const unsigned char *p = data;
	uint32_t s = 0;
	size_t i;

	for (i = 0; i < len; i += 2)
		s += p[i] << 8 | p[i + 1];
	return s;
}

static uint16_t checksum4(void)
{
	const char *ip = frame + HEADER + ETHER_HDR_LEN;
	uint32_t s = sum(ip + 12, 8) + IPPROTO_TCP + sizeof(struct tcphdr) +
		     sum(ip + 20, sizeof(struct tcphdr));

	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return ~s;
}

static struct tcphdr *make4(const char *from, const char *to, uint16_t source,
			    uint16_t dest)
{
	struct ether_header *ethernet = (void *)(frame + HEADER);
	struct iphdr *ip = (void *)(ethernet + 1);
	struct tcphdr *tcp = (void *)(ip + 1);

	memset(storage, 0, sizeof(storage));
	ethernet->ether_type = htons(ETHERTYPE_IP);
	ip->version = 4;
	ip->ihl = 5;
	ip->protocol = IPPROTO_TCP;
	inet_pton(AF_INET, from, &ip->saddr);
	inet_pton(AF_INET, to, &ip->daddr);
	tcp->source = htons(source);
	tcp->dest = htons(dest);
	tcp->doff = 5;
	return tcp;
}

#define LEN4	(ETHER_HDR_LEN + sizeof(struct iphdr) + sizeof(struct tcphdr))

static void send_request(uint32_t seq)
{
	struct tcphdr *tcp = make4("10.0.2.15", "10.0.2.2", 40000, 80);
	struct iovec iov = { frame, HEADER + LEN4 };

	tcp->syn = 1;
	tcp->seq = htonl(seq);
	net_refusal_sent(&refusal, &iov, 1, HEADER + LEN4);
}

/* Return: whether the reset was mended; then it has to be right. */
static bool receive_reset(uint32_t seq)
{
	struct tcphdr *tcp = make4("10.0.2.2", "10.0.2.15", 80, 40000), before;

	tcp->rst = 1;
	tcp->check = htons(checksum4());
	before = *tcp;
	net_refusal_received(&refusal, frame + HEADER, LEN4);
	if (!memcmp(&before, tcp, sizeof(before)))
		return false;
	cr_expect(tcp->rst && tcp->ack && !tcp->syn);
	cr_expect_eq(ntohl(tcp->ack_seq), seq + 1);
	cr_expect_eq(checksum4(), 0, "checksum of seq %u", seq);
	return true;
}

/* The reset that answers a request acknowledges it, with a right checksum. */
Test(net_refusal, request_is_refused)
{
	uint32_t seq, i;

	for (i = 0; i < 10000; i++) {
		seq = i * 2654435761U;
		send_request(seq);
		cr_assert(receive_reset(seq));
	}
	send_request(~0U);
	cr_expect(receive_reset(~0U));
}

/* A request that was repeated is not refused, the one after that may be. */
Test(net_refusal, repeated_request)
{
	send_request(1000);
	send_request(1000);
	cr_expect_not(receive_reset(1000));
	send_request(1000);
	cr_expect(receive_reset(1000));
}

/* Resets of connections that the guest did not ask for, or long ago, stay as they are. */
Test(net_refusal, other_resets)
{
	cr_expect_not(receive_reset(5));
	send_request(5);
	cr_expect(receive_reset(5));
	cr_expect_not(receive_reset(5));
}

/* Requests from neighbouring ports do not make each other forgotten. */
Test(net_refusal, many_requests)
{
	unsigned int port, mended = 0;

	for (port = 0; port < 64; port++) {
		struct tcphdr *tcp = make4("10.0.2.15", "10.0.2.2", 50000 + 2 * port, 80);
		struct iovec iov = { frame, HEADER + LEN4 };

		tcp->syn = 1;
		net_refusal_sent(&refusal, &iov, 1, HEADER + LEN4);
	}
	for (port = 0; port < 64; port++) {
		struct tcphdr *tcp = make4("10.0.2.2", "10.0.2.15", 80, 50000 + 2 * port);

		tcp->rst = 1;
		net_refusal_received(&refusal, frame + HEADER, LEN4);
		mended += tcp->ack;
	}
	cr_expect_gt(mended, 48);
}

/* The same by IPv6; and segments with other flags are not looked at. */
Test(net_refusal, ipv6)
{
	size_t len = ETHER_HDR_LEN + sizeof(struct ip6_hdr) + sizeof(struct tcphdr);
	struct ether_header *ethernet = (void *)(frame + HEADER);
	struct ip6_hdr *ip = (void *)(ethernet + 1);
	struct tcphdr *tcp = (void *)(ip + 1);
	struct iovec iov = { frame, HEADER + len };

	ethernet->ether_type = htons(ETHERTYPE_IPV6);
	ip->ip6_nxt = IPPROTO_TCP;
	inet_pton(AF_INET6, "fd00::2", &ip->ip6_dst);
	tcp->source = htons(40000);
	tcp->dest = htons(80);
	tcp->seq = htonl(7);
	tcp->syn = 1;
	net_refusal_sent(&refusal, &iov, 1, HEADER + len);
	ip->ip6_src = ip->ip6_dst;
	tcp->source = htons(80);
	tcp->dest = htons(40000);
	tcp->seq = 0;
	tcp->syn = 0;
	net_refusal_received(&refusal, frame + HEADER, len);
	cr_expect_not(tcp->ack);
	tcp->rst = 1;
	net_refusal_received(&refusal, frame + HEADER, len);
	cr_expect(tcp->ack);
	cr_expect_eq(ntohl(tcp->ack_seq), 8);
}

/* Frames cut anywhere, and headers that lie about their length: nothing is touched. */
Test(net_refusal, cut_frames)
{
	struct iovec iov = { frame, 0 };
	char *copy;
	size_t len;
	int ihl;

	send_request(9);
	for (ihl = 0; ihl < 16; ihl++) {
		for (len = 0; len <= LEN4; len++) {
			struct tcphdr *tcp = make4("10.0.2.2", "10.0.2.15", 80, 40000);

			tcp->rst = 1;
			((struct iphdr *)(frame + HEADER + ETHER_HDR_LEN))->ihl = ihl;
			if (ihl == 5 && len == LEN4)
				continue;
			copy = malloc(len + 1);
			memcpy(copy, frame + HEADER, len);
			net_refusal_received(&refusal, copy, len);
			cr_expect_arr_eq(copy, frame + HEADER, len);
			free(copy);
			iov.iov_len = HEADER + len;
			net_refusal_sent(&refusal, &iov, 1, HEADER + len);
		}
	}
}
