// SPDX-License-Identifier: GPL-2.0
/*
 * net.c - the network device: frames in both directions, and bad ones.
 *
 * Layer:   tests/unit.
 */
#include "drivers/virtio/net.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "tests/unit/fake.h"
#include "tests/unit/netmem.h"

#define ALL	(~0ULL)
#define NO(f)	(~(1ULL << (f)))
#define HDR	VIRTIO_NET_HDR_SIZE

static const struct virtio_net_hdr_v1 plain;

/* Sending */

/* A frame goes out with its header, whatever buffers the driver cut it into. */
Test(net_tx, every_split_of_the_header)
{
	struct driver_buf bufs[3] = { 0 };
	unsigned char *bytes;
	struct netdrv nd;
	uint32_t a, b;

	netdrv_start(&nd, ALL);
	for (a = 1; a < HDR + 3; a++) {
		b = a + 5;
		bufs[0] = (struct driver_buf){ fake_alloc(100, 1), a, false };
		bufs[1] = (struct driver_buf){ { bufs[0].addr.raw + a }, b - a, false };
		bufs[2] = (struct driver_buf){ { bufs[0].addr.raw + b }, 100 - b, false };
		bytes = fake_ptr(bufs[0].addr);
		for (int i = HDR; i < 100; i++)
			bytes[i] = netmem_byte(a, (size_t)i);
		netdrv_chain(&nd, NET_TX, bufs, 3);
		cr_assert_eq(nd.nm->sent_count, a);
		cr_assert_eq(nd.nm->sent[a - 1].len, 100);
		cr_assert_eq(memcmp(nd.nm->sent[a - 1].bytes, bytes, 100), 0);
		cr_assert_eq(netdrv_used(&nd, NET_TX), 1);
	}
	netdrv_stop(&nd);
}

/* What a header may ask for is what was agreed on; else the frame is dropped. */
struct header_case {
	uint8_t flags;
	uint8_t gso_type;
	unsigned int feature;
	bool known;
};

static const struct header_case tx_headers[] = {
	{ 1, 0, VIRTIO_NET_F_CSUM, true },
	{ 1, VIRTIO_NET_HDR_GSO_TCPV4, VIRTIO_NET_F_HOST_TSO4, true },
	{ 1, VIRTIO_NET_HDR_GSO_TCPV6, VIRTIO_NET_F_HOST_TSO6, true },
	{ 1, VIRTIO_NET_HDR_GSO_TCPV4 | VIRTIO_NET_HDR_GSO_ECN,
	  VIRTIO_NET_F_HOST_ECN, true },
	{ 1, VIRTIO_NET_HDR_GSO_UDP_L4, VIRTIO_NET_F_HOST_USO, true },
	{ 1, VIRTIO_NET_HDR_GSO_UDP, VIRTIO_NET_F_HOST_UFO, false },
	{ 1, VIRTIO_NET_HDR_GSO_ECN, VIRTIO_NET_F_HOST_ECN, true },
	{ 1, 2, VIRTIO_NET_F_CSUM, false },
	{ 1, 0x7f, VIRTIO_NET_F_CSUM, false },
};

Test(net_tx, headers_keep_to_what_was_agreed)
{
	struct virtio_net_hdr_v1 hdr = { .gso_size = 1000, .num_buffers = 77 };
	unsigned int i;
	struct netdrv nd;

	for (i = 0; i < sizeof(tx_headers) / sizeof(tx_headers[0]); i++) {
		const struct header_case *c = &tx_headers[i];

		fake.memory = NULL;
		hdr.flags = c->flags;
		hdr.gso_type = c->gso_type;
		netdrv_start(&nd, ALL);
		netdrv_send(&nd, &hdr, 60, i);
		cr_assert_eq(nd.nm->sent_count, c->known, "case %u", i);
		cr_assert_eq(netdrv_used(&nd, NET_TX), 1);
		if (c->known)
			cr_assert_eq(nd.nm->sent[0].bytes[10], 0, "num_buffers is ours");
		if (c->feature == VIRTIO_NET_F_CSUM)
			netdrv_begin(&nd, ~VIRTIO_NET_HOST_OFFLOADS, 3);
		else
			netdrv_begin(&nd, NO(c->feature), 3);
		netdrv_send(&nd, &hdr, 60, i);
		cr_assert_eq(nd.nm->sent_count, c->known, "case %u, not agreed", i);
		cr_assert_eq(netdrv_used(&nd, NET_TX), 1);
		cr_assert(!netdrv_broken(&nd));
		netdrv_stop(&nd);
	}
}

/* A driver cannot change a header between the check and the use of it. */
Test(net_tx, header_is_our_copy)
{
	struct netdrv nd;

	netdrv_start(&nd, ALL);
	nd.nm->room = 0;
	netdrv_send(&nd, &plain, 60, 1);
	memset(fake_ptr((guest_addr_t){ nd.drv.queue[NET_TX].desc[0].addr }), 0xff, HDR);
	nd.nm->room = -1;
	virtio_net_ready(&nd.nm->be, 0, VIRTIO_NET_READY_SEND);
	cr_assert_eq(nd.nm->sent_count, 1);
	cr_assert_eq(memcmp(nd.nm->sent[0].bytes, &plain, HDR), 0);
	netdrv_stop(&nd);
}

/* Frames that cannot be sent are done with; chains that are none break the device. */
Test(net_tx, malformed_chains)
{
	const struct {
		uint32_t len;
		bool write;
		bool broken;
	} cases[] = {
		{ HDR - 1, false, true },
		{ 1, false, true },
		{ 100, true, true },
		{ HDR, false, false },
		{ HDR + 13, false, false },
		{ VIRTIO_NET_FRAME_MAX + 1, false, false },
	};
	struct driver_buf buf;
	struct netdrv nd;
	unsigned int i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fake.memory = NULL;
		netdrv_start(&nd, ALL);
		buf = (struct driver_buf){ fake_alloc(cases[i].len, 1), cases[i].len,
					   cases[i].write };
		netdrv_chain(&nd, NET_TX, &buf, 1);
		cr_assert_eq(nd.nm->sent_count, 0, "case %u", i);
		cr_assert_eq(netdrv_broken(&nd), cases[i].broken, "case %u", i);
		cr_assert_eq(netdrv_used(&nd, NET_TX), !cases[i].broken, "case %u", i);
		netdrv_stop(&nd);
	}
}

/* The shortest and the longest frame do go out. */
Test(net_tx, lengths_at_the_edge)
{
	struct netdrv nd;

	netdrv_start(&nd, ALL);
	netdrv_send(&nd, &plain, 14, 1);
	netdrv_send(&nd, &plain, VIRTIO_NET_FRAME_MAX - HDR, 2);
	cr_assert_eq(nd.nm->sent_count, 2);
	netdrv_stop(&nd);
}

/* Without room frames wait, in order, and go when there is some: each once. */
Test(net_tx, backend_without_room)
{
	struct netdrv nd;
	unsigned int i;

	netdrv_start(&nd, ALL);
	nd.nm->room = 2;
	for (i = 0; i < 5; i++)
		netdrv_send(&nd, &plain, 60, i);
	cr_assert_eq(nd.nm->sent_count, 2);
	cr_assert_eq(netdrv_used(&nd, NET_TX), 2);
	for (i = 3; i <= 5; i++) {
		nd.nm->room = 1;
		virtio_net_ready(&nd.nm->be, 0, VIRTIO_NET_READY_SEND);
		cr_assert_eq(nd.nm->sent_count, i);
		cr_assert_eq(netdrv_used(&nd, NET_TX), 1);
	}
	virtio_net_ready(&nd.nm->be, 0, VIRTIO_NET_READY_SEND);
	cr_assert_eq(nd.nm->sent_count, 5);
	for (i = 0; i < 5; i++)
		cr_assert_eq(nd.nm->sent[i].bytes[HDR + 1], netmem_byte(i, 1));
	netdrv_stop(&nd);
}

/* A frame that waits when the driver resets is not sent afterwards. */
Test(net_tx, reset_forgets_what_waits)
{
	struct netdrv nd;

	netdrv_start(&nd, ALL);
	nd.nm->room = 0;
	netdrv_send(&nd, &plain, 60, 1);
	driver_reset(&nd.drv);
	nd.nm->room = -1;
	virtio_net_ready(&nd.nm->be, 0, VIRTIO_NET_READY_SEND);
	netdrv_begin(&nd, ALL, 3);
	netdrv_send(&nd, &plain, 60, 2);
	cr_assert_eq(nd.nm->sent_count, 1);
	cr_assert_eq(nd.nm->sent[0].bytes[HDR], netmem_byte(2, 0));
	cr_assert_eq(netdrv_used(&nd, NET_TX), 1);
	netdrv_stop(&nd);
}

/* A backend that fails loses frames; the driver gets its buffers back. */
Test(net_tx, backend_error_drops)
{
	struct netdrv nd;

	netdrv_start(&nd, ALL);
	nd.nm->send_error = -EIO;
	netdrv_send(&nd, &plain, 60, 1);
	cr_assert_eq(netdrv_used(&nd, NET_TX), 1);
	nd.nm->send_error = 0;
	netdrv_send(&nd, &plain, 60, 2);
	cr_assert_eq(nd.nm->sent_count, 1);
	cr_assert(!netdrv_broken(&nd));
	netdrv_stop(&nd);
}

/* One flush follows a batch, and one that found no room is made again. */
Test(net_tx, flush_follows_a_batch)
{
	struct netdrv nd;
	unsigned int i;

	netdrv_start(&nd, ALL);
	nd.nm->room = 0;
	for (i = 0; i < 10; i++)
		netdrv_send(&nd, &plain, 60, i);
	nd.nm->flushes = 0;
	nd.nm->room = -1;
	nd.nm->flush_error = -EAGAIN;
	virtio_net_ready(&nd.nm->be, 0, VIRTIO_NET_READY_SEND);
	cr_assert_eq(nd.nm->sent_count, 10);
	cr_assert_eq(nd.nm->flushes, 1);
	nd.nm->flush_error = 0;
	virtio_net_ready(&nd.nm->be, 0, VIRTIO_NET_READY_SEND);
	cr_assert_eq(nd.nm->flushes, 2);
	virtio_net_ready(&nd.nm->be, 0, VIRTIO_NET_READY_SEND);
	cr_assert_eq(nd.nm->flushes, 2);
	netdrv_stop(&nd);
}

/* Receiving */

static void check_frame(guest_addr_t at, size_t len, unsigned int seed,
			unsigned int buffers)
{
	const unsigned char *bytes = fake_ptr(at);
	size_t i;

	cr_assert_eq(bytes[10] | bytes[11] << 8, buffers);
	for (i = 0; i < len; i++)
		cr_assert_eq(bytes[HDR + i], netmem_byte(seed, i), "byte %zu", i);
}

static void check_used(struct netdrv *nd, uint32_t len)
{
	struct vring_used_elem elem;

	cr_assert(queue_used(&nd->drv.queue[NET_RX], &elem));
	cr_assert_eq(elem.len, len);
}

/* A short frame takes one buffer; the next one takes the next. */
Test(net_rx, short_frames_take_one_buffer)
{
	guest_addr_t bufs;
	struct netdrv nd;
	unsigned int i;

	netdrv_start(&nd, ALL);
	bufs = netdrv_post(&nd, 50, 1526);
	for (i = 0; i < 5; i++) {
		netmem_offer(nd.nm, &plain, 60 + i, i);
		virtio_net_ready(&nd.nm->be, 0, VIRTIO_NET_READY_RECEIVE);
		check_used(&nd, HDR + 60 + i);
		check_frame((guest_addr_t){ bufs.raw + 1526 * i }, 60 + i, i, 1);
	}
	cr_assert_eq(netdrv_used(&nd, NET_RX), 0);
	netdrv_stop(&nd);
}

/* A long frame takes as many buffers as it needs, however small they are. */
Test(net_rx, long_frames_are_merged)
{
	static const uint32_t sizes[] = { 1200, 1526, 4096, 60000 };
	guest_addr_t bufs;
	struct netdrv nd;
	size_t len, at;
	unsigned int i, n;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		fake.memory = NULL;
		netdrv_start(&nd, ALL);
		bufs = netdrv_post(&nd, 60, sizes[i]);
		/* The last one fills its buffers to the byte. */
		for (len = 2000; len < 66000; len += 12345)
			netmem_offer(nd.nm, &plain, len, (unsigned int)len);
		virtio_net_ready(&nd.nm->be, 0, VIRTIO_NET_READY_RECEIVE);
		len = 2000;
		n = (unsigned int)(HDR + len + sizes[i] - 1) / sizes[i];
		check_frame(bufs, sizes[i] - HDR < len ? sizes[i] - HDR : len, 2000, n);
		for (at = 0; at < HDR + len; at += sizes[i])
			check_used(&nd, HDR + len - at < sizes[i] ?
				   (uint32_t)(HDR + len - at) : sizes[i]);
		cr_assert(!netdrv_broken(&nd));
		netdrv_stop(&nd);
	}
}

/* A frame of just as many bytes as its buffers leaves no empty one behind. */
Test(net_rx, frames_that_fill_their_buffers)
{
	struct netdrv nd;

	netdrv_start(&nd, ALL);
	netdrv_post(&nd, 60, 2000);
	netmem_offer(nd.nm, &plain, 2000 - HDR, 1);
	netmem_offer(nd.nm, &plain, 4000 - HDR, 2);
	virtio_net_ready(&nd.nm->be, 0, VIRTIO_NET_READY_RECEIVE);
	check_used(&nd, 2000);
	check_used(&nd, 2000);
	check_used(&nd, 2000);
	cr_assert_eq(netdrv_used(&nd, NET_RX), 0);
	netdrv_stop(&nd);
}

/* Without merging each frame has a chain of its own, of several buffers even. */
Test(net_rx, without_merging)
{
	struct driver_buf bufs[3];
	struct netdrv nd;

	netdrv_start(&nd, NO(VIRTIO_NET_F_MRG_RXBUF));
	for (int i = 0; i < 3; i++)
		bufs[i] = (struct driver_buf){ fake_alloc(30000, 16), 30000, true };
	netdrv_chain(&nd, NET_RX, bufs, 3);
	netmem_offer(nd.nm, &plain, 65536, 3);
	netmem_offer(nd.nm, &plain, 100, 4);
	virtio_net_ready(&nd.nm->be, 0, VIRTIO_NET_READY_RECEIVE);
	check_used(&nd, HDR + 65536);
	check_frame(bufs[0].addr, 30000 - HDR, 3, 1);
	cr_assert_eq(nd.nm->waiting_count, 1);
	netdrv_chain(&nd, NET_RX, bufs, 3);
	check_used(&nd, HDR + 100);
	netdrv_stop(&nd);
}

/* Buffers that no frame is sure to fit in, and what is not for writing. */
Test(net_rx, malformed_chains)
{
	struct driver_buf good = { { 0 }, 60000, true }, bad;
	struct netdrv nd;

	netdrv_start(&nd, NO(VIRTIO_NET_F_MRG_RXBUF));
	netdrv_post(&nd, 1, 60000);
	cr_assert(netdrv_broken(&nd), "too short for the longest frame");
	netdrv_stop(&nd);

	fake.memory = NULL;
	netdrv_start(&nd, ALL);
	good.addr = fake_alloc(60000, 1);
	bad = good;
	bad.write = false;
	netdrv_chain(&nd, NET_RX, &bad, 1);
	cr_assert(netdrv_broken(&nd), "readable");
	netdrv_begin(&nd, ALL, 3);
	cr_assert(!netdrv_broken(&nd), "until it is reset");
	netdrv_chain(&nd, NET_RX, &good, 1);
	netdrv_chain(&nd, NET_RX, &good, 1);
	netmem_offer(nd.nm, &plain, 60, 1);
	virtio_net_ready(&nd.nm->be, 0, VIRTIO_NET_READY_RECEIVE);
	check_used(&nd, HDR + 60);
	netdrv_stop(&nd);
}

/* Without buffers frames stay where they are, and the driver's refill gets them. */
Test(net_rx, refill_goes_on_reading)
{
	struct netdrv nd;
	unsigned int i;

	netdrv_start(&nd, ALL);
	for (i = 0; i < 10; i++)
		netmem_offer(nd.nm, &plain, 60, i);
	virtio_net_ready(&nd.nm->be, 0, VIRTIO_NET_READY_RECEIVE);
	cr_assert_eq(nd.nm->waiting_count, 10);
	netdrv_post(&nd, 17, 4096);
	/* With 16 in hand the longest frame might not fit the rest. */
	cr_assert_eq(netdrv_used(&nd, NET_RX), 1);
	netdrv_post(&nd, 5, 4096);
	cr_assert_eq(netdrv_used(&nd, NET_RX), 5);
	netdrv_post(&nd, 4, 4096);
	cr_assert_eq(netdrv_used(&nd, NET_RX), 4);
	cr_assert_eq(nd.nm->waiting_count, 0);
	netdrv_stop(&nd);
}

/* While it has buffers the device does not ask to be told of more. */
Test(net_rx, doorbell_only_when_out_of_buffers)
{
	struct driver_queue *q;
	struct netdrv nd;
	uint16_t event;

	netdrv_start(&nd, ALL);
	q = &nd.drv.queue[NET_RX];
	netdrv_post(&nd, 40, 4096);
	memcpy(&event, &q->used->ring[q->size], sizeof(event));
	cr_assert_lt(event, 40);
	for (int i = 0; i < 23; i++)
		netmem_offer(nd.nm, &plain, 60, 1);
	virtio_net_ready(&nd.nm->be, 0, VIRTIO_NET_READY_RECEIVE);
	cr_assert_eq(netdrv_used(&nd, NET_RX), 23);
	memcpy(&event, &q->used->ring[q->size], sizeof(event));
	cr_assert_lt(event, 40, "one frame still fits");
	for (int i = 0; i < 3; i++)
		netmem_offer(nd.nm, &plain, 60, 1);
	virtio_net_ready(&nd.nm->be, 0, VIRTIO_NET_READY_RECEIVE);
	memcpy(&event, &q->used->ring[q->size], sizeof(event));
	cr_assert_eq(event, 40);
	netdrv_stop(&nd);
}

/* A burst raises one interrupt, not one a frame. */
Test(net_rx, a_burst_is_one_interrupt)
{
	struct netdrv nd;

	netdrv_start(&nd, ALL);
	netdrv_post(&nd, 60, 4096);
	for (int i = 0; i < 30; i++)
		netmem_offer(nd.nm, &plain, 1000, 1);
	fake.interrupts = 0;
	virtio_net_ready(&nd.nm->be, 0, VIRTIO_NET_READY_RECEIVE);
	cr_assert_eq(netdrv_used(&nd, NET_RX), 30);
	cr_assert_eq(fake.interrupts, 1);
	netdrv_stop(&nd);
}

static const struct header_case rx_headers[] = {
	{ VIRTIO_NET_HDR_F_NEEDS_CSUM, 0, VIRTIO_NET_F_GUEST_CSUM, true },
	{ 1, VIRTIO_NET_HDR_GSO_TCPV4, VIRTIO_NET_F_GUEST_TSO4, true },
	{ 1, VIRTIO_NET_HDR_GSO_TCPV6, VIRTIO_NET_F_GUEST_TSO6, true },
	{ 1, VIRTIO_NET_HDR_GSO_TCPV6 | VIRTIO_NET_HDR_GSO_ECN,
	  VIRTIO_NET_F_GUEST_ECN, true },
	{ 1, VIRTIO_NET_HDR_GSO_UDP, VIRTIO_NET_F_GUEST_UFO, false },
	{ 1, 0x3f, VIRTIO_NET_F_GUEST_CSUM, false },
};

/* A hostile or confused backend: the driver sees only what it agreed to. */
Test(net_rx, headers_keep_to_what_was_agreed)
{
	struct virtio_net_hdr_v1 hdr = { .gso_size = 1000, .num_buffers = 77 };
	struct netdrv nd;
	unsigned int i;

	for (i = 0; i < sizeof(rx_headers) / sizeof(rx_headers[0]); i++) {
		const struct header_case *c = &rx_headers[i];

		fake.memory = NULL;
		hdr.flags = c->flags;
		hdr.gso_type = c->gso_type;
		netdrv_start(&nd, ALL);
		netdrv_post(&nd, 60, 4096);
		netmem_offer(nd.nm, &hdr, 60, 1);
		virtio_net_ready(&nd.nm->be, 0, VIRTIO_NET_READY_RECEIVE);
		cr_assert_eq(netdrv_used(&nd, NET_RX), c->known, "case %u", i);
		if (c->feature == VIRTIO_NET_F_GUEST_CSUM)
			netdrv_begin(&nd, ~VIRTIO_NET_GUEST_OFFLOADS, 3);
		else
			netdrv_begin(&nd, NO(c->feature), 3);
		netdrv_post(&nd, 60, 4096);
		netmem_offer(nd.nm, &hdr, 60, 1);
		netmem_offer(nd.nm, &plain, 61, 2);
		virtio_net_ready(&nd.nm->be, 0, VIRTIO_NET_READY_RECEIVE);
		check_used(&nd, HDR + 61);
		netdrv_stop(&nd);
	}
}

/* "Checksum is good" is not said to a driver that did not ask; unknown flags never. */
Test(net_rx, flags_are_cleared)
{
	struct virtio_net_hdr_v1 hdr = { .flags = 0xfe };
	guest_addr_t bufs;
	struct netdrv nd;

	netdrv_start(&nd, ALL);
	bufs = netdrv_post(&nd, 60, 4096);
	netmem_offer(nd.nm, &hdr, 60, 1);
	virtio_net_ready(&nd.nm->be, 0, VIRTIO_NET_READY_RECEIVE);
	cr_assert_eq(*(uint8_t *)fake_ptr(bufs), VIRTIO_NET_HDR_F_DATA_VALID);
	netdrv_begin(&nd, ~VIRTIO_NET_GUEST_OFFLOADS, 3);
	bufs = netdrv_post(&nd, 60, 4096);
	netmem_offer(nd.nm, &hdr, 60, 1);
	virtio_net_ready(&nd.nm->be, 0, VIRTIO_NET_READY_RECEIVE);
	cr_assert_eq(*(uint8_t *)fake_ptr(bufs), 0);
	netdrv_stop(&nd);
}

/* Runts, and a frame longer than all the room, are dropped; the next is taken. */
Test(net_rx, lengths_from_the_backend)
{
	struct netdrv nd;

	netdrv_start(&nd, ALL);
	netdrv_post(&nd, 20, 4096);
	netmem_offer(nd.nm, &plain, 81920, 1);
	netmem_offer(nd.nm, &plain, 60, 1);
	nd.nm->waiting[0].len = 82000;
	virtio_net_ready(&nd.nm->be, 0, VIRTIO_NET_READY_RECEIVE);
	check_used(&nd, HDR + 60);
	netmem_offer(nd.nm, &plain, 0, 1);
	nd.nm->waiting[0].len = 5;
	netmem_offer(nd.nm, &plain, 61, 1);
	virtio_net_ready(&nd.nm->be, 0, VIRTIO_NET_READY_RECEIVE);
	check_used(&nd, HDR + 61);
	netdrv_stop(&nd);
}

/* Chains taken before a queue was stopped are not used after it is started again. */
Test(net_rx, stopped_queue_voids_its_chains)
{
	struct netdrv nd;
	guest_addr_t old, bufs;

	netdrv_start(&nd, ALL);
	old = netdrv_post(&nd, 30, 4096);
	reg_write(&nd.drv, VIRTIO_MMIO_QUEUE_SEL, NET_RX);
	reg_write(&nd.drv, VIRTIO_MMIO_QUEUE_READY, 0);
	driver_queue_setup(&nd.drv, NET_RX, NETDRV_RING);
	nd.next[NET_RX] = 0;
	bufs = netdrv_post(&nd, 30, 4096);
	netmem_offer(nd.nm, &plain, 60, 5);
	virtio_net_ready(&nd.nm->be, 0, VIRTIO_NET_READY_RECEIVE);
	check_used(&nd, HDR + 60);
	check_frame(bufs, 60, 5, 1);
	cr_assert_eq(*(uint8_t *)fake_ptr((guest_addr_t){ old.raw + HDR + 1 }), 0);
	netdrv_stop(&nd);
}

/* The window of held chains moves through its arrays many times. */
Test(net_rx, window_wraps)
{
	struct driver_buf bufs[7];
	struct netdrv nd;
	unsigned int i, j;

	netdrv_start(&nd, ALL);
	for (j = 0; j < 7; j++)
		bufs[j] = (struct driver_buf){ fake_alloc(3000, 1), 3000, true };
	for (i = 0; i < 8; i++)
		netdrv_chain(&nd, NET_RX, bufs, 7);
	for (i = 0; i < 2000; i++) {
		netmem_offer(nd.nm, &plain, 60 + i % 700, i);
		virtio_net_ready(&nd.nm->be, 0, VIRTIO_NET_READY_RECEIVE);
		check_used(&nd, HDR + 60 + i % 700);
		check_frame(bufs[0].addr, 60 + i % 700, i, 1);
		netdrv_chain(&nd, NET_RX, bufs, 7);
	}
	cr_assert(!netdrv_broken(&nd));
	netdrv_stop(&nd);
}
