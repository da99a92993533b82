// SPDX-License-Identifier: GPL-2.0
/*
 * net_refusal.c - refused connections, told so that the guest believes it.
 *
 * Layer:   drivers/virtio, private to it.
 * Users:   see net_refusal.h.
 * Locking: none. The sending thread writes slots, the receiving one reads them; one
 *          that is read while it changes gives an acknowledgement that fits nothing,
 *          and the guest ignores that as it would have ignored the reset.
 */
#include "drivers/virtio/net_refusal.h"

#include <arpa/inet.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <string.h>

#include "drivers/virtio/net_device.h"

/* Requests and resets carry no data, so that they are short. */
#define SHORT_MAX	160

#define TYPE_AT		12

/**
 * struct segment - where the parts of a TCP segment are
 * @tcp: offset of its header in the frame
 * @peer: offset of the last 4 bytes of the address that is not the guest's
 */
struct segment {
	size_t tcp;
	size_t peer;
};

static uint32_t read32(const char *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static bool segment_find4(const char *frame, size_t len, bool from_guest,
			  struct segment *segment)
{
	struct iphdr ip;

	if (len < ETHER_HDR_LEN + sizeof(ip))
		return false;
	memcpy(&ip, frame + ETHER_HDR_LEN, sizeof(ip));
	segment->tcp = ETHER_HDR_LEN + ip.ihl * 4U;
	segment->peer = ETHER_HDR_LEN + (from_guest ?
		offsetof(struct iphdr, daddr) : offsetof(struct iphdr, saddr));
	return ip.protocol == IPPROTO_TCP && ip.ihl >= 5 &&
	       !(ip.frag_off & htons(IP_OFFMASK | IP_MF));
}

static bool segment_find6(const char *frame, size_t len, bool from_guest,
			  struct segment *segment)
{
	struct ip6_hdr ip;

	if (len < ETHER_HDR_LEN + sizeof(ip))
		return false;
	memcpy(&ip, frame + ETHER_HDR_LEN, sizeof(ip));
	segment->tcp = ETHER_HDR_LEN + sizeof(ip);
	segment->peer = ETHER_HDR_LEN + 12 + (from_guest ?
		offsetof(struct ip6_hdr, ip6_dst) :
		offsetof(struct ip6_hdr, ip6_src));
	return ip.ip6_nxt == IPPROTO_TCP;
}

static bool segment_find(const char *frame, size_t len, bool from_guest,
			 struct segment *segment)
{
	uint16_t type;
	bool found;

	if (len < ETHER_HDR_LEN)
		return false;
	memcpy(&type, frame + TYPE_AT, sizeof(type));
	if (type == htons(ETHERTYPE_IP))
		found = segment_find4(frame, len, from_guest, segment);
	else if (type == htons(ETHERTYPE_IPV6))
		found = segment_find6(frame, len, from_guest, segment);
	else
		return false;
	return found && len >= segment->tcp + sizeof(struct tcphdr);
}

static struct net_request *slot_of(struct net_refusal *refusal, uint32_t ports,
				   uint32_t address)
{
	uint32_t hash = (ports ^ address) * 2654435761U;

	/* The upper bits depend on all of the lower ones. */
	return &refusal->slots[(hash >> 24) % REFUSAL_SLOTS];
}

static uint32_t load(const uint32_t *field)
{
	return __atomic_load_n(field, __ATOMIC_RELAXED);
}

static void store(uint32_t *field, uint32_t value)
{
	__atomic_store_n(field, value, __ATOMIC_RELAXED);
}

static bool slot_is(const struct net_request *slot, uint32_t ports,
		    uint32_t address)
{
	return load(&slot->ports) == ports && load(&slot->address) == address;
}

static void request_sent(struct net_refusal *refusal, uint32_t ports,
			 uint32_t address, uint32_t seq)
{
	struct net_request *slot = slot_of(refusal, ports, address);

	if (slot_is(slot, ports, address) && load(&slot->seq) == seq) {
		store(&slot->sent, load(&slot->sent) + 1);
		return;
	}
	store(&slot->sent, 1);
	store(&slot->seq, seq);
	store(&slot->address, address);
	store(&slot->ports, ports);
}

void net_refusal_sent(struct net_refusal *refusal, const struct iovec *iov,
		      unsigned int count, size_t len)
{
	struct segment segment;
	char frame[SHORT_MAX];
	struct tcphdr tcp;

	len -= VIRTIO_NET_HDR_SIZE;
	if (len > sizeof(frame))
		return;
	iov_get(iov, count, VIRTIO_NET_HDR_SIZE, frame, len);
	if (!segment_find(frame, len, true, &segment))
		return;
	memcpy(&tcp, frame + segment.tcp, sizeof(tcp));
	if (tcp.syn && !tcp.ack)
		request_sent(refusal, (uint32_t)tcp.source << 16 | tcp.dest,
			     read32(frame + segment.peer), tcp.seq);
}

/* Return: whether it was a request, sent once, that a reset with these answers. */
static bool request_take(struct net_refusal *refusal, uint32_t ports,
			 uint32_t address, uint32_t *seq)
{
	struct net_request *slot = slot_of(refusal, ports, address);
	bool once;

	if (!slot_is(slot, ports, address))
		return false;
	once = load(&slot->sent) == 1;
	store(&slot->sent, 0);
	*seq = load(&slot->seq);
	return once;
}

/* RFC 1071: the sum over a header in one's complement. */
static uint32_t header_sum(const struct tcphdr *tcp)
{
	uint16_t words[sizeof(*tcp) / 2];
	uint32_t sum = 0;
	unsigned int i;

	memcpy(words, tcp, sizeof(words));
	for (i = 0; i < sizeof(words) / 2; i++)
		sum += words[i];
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return sum + (sum >> 16);
}

/* Acknowledge; RFC 1624, equation 3, for the whole header at once. */
static void acknowledge(struct tcphdr *tcp, uint32_t ack_seq)
{
	uint16_t check = tcp->check;
	uint16_t before, after;

	tcp->check = 0;
	before = fold(header_sum(tcp));
	tcp->ack = 1;
	tcp->ack_seq = htonl(ack_seq);
	after = fold(header_sum(tcp));
	tcp->check = ~fold((uint16_t)~check + (uint16_t)~before + after);
}

void net_refusal_received(struct net_refusal *refusal, char *frame, size_t len)
{
	struct segment segment;
	struct tcphdr tcp;
	uint32_t seq;

	if (len > SHORT_MAX || !segment_find(frame, len, false, &segment))
		return;
	memcpy(&tcp, frame + segment.tcp, sizeof(tcp));
	if (!tcp.rst || tcp.ack ||
	    !request_take(refusal, (uint32_t)tcp.dest << 16 | tcp.source,
			  read32(frame + segment.peer), &seq))
		return;
	acknowledge(&tcp, ntohl(seq) + 1);
	memcpy(frame + segment.tcp, &tcp, sizeof(tcp));
}
