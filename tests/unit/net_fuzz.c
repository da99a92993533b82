// SPDX-License-Identifier: GPL-2.0
/*
 * net_fuzz.c - network drivers that write nonsense, and backends that send it.
 *
 * Layer:   tests/unit.
 *
 * As fuzz.c: the seed is fixed, and what matters runs under ASan and UBSan.
 */
#include "drivers/virtio/net.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/fake.h"
#include "tests/unit/netmem.h"

#define ROUNDS		60000
#define QUEUES		3
#define PLACES		(64 * 1024)

static uint64_t seed = 0x2545f4914f6cdd1dULL;

static uint64_t rnd(void)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return seed >> 17;
}

static uint64_t rnd_below(uint64_t n)
{
	return rnd() % n;
}

static struct driver_buf rnd_buf(unsigned int queue, guest_addr_t places)
{
	uint32_t len = (uint32_t)rnd_below(rnd_below(4) ? 100 : 40000);
	struct driver_buf buf = { places, len, queue == NET_RX };

	if (rnd_below(50) == 0)
		buf.addr.raw = rnd();
	else
		buf.addr.raw += rnd_below(PLACES - 40000);
	if (rnd_below(20) == 0)
		buf.len = (uint32_t)rnd();
	if (rnd_below(20) == 0)
		buf.write = !buf.write;
	return buf;
}

static void rnd_chain(struct netdrv *nd, guest_addr_t places)
{
	unsigned int queue = (unsigned int)rnd_below(QUEUES);
	unsigned int i, n = 1 + (unsigned int)rnd_below(6);
	struct driver_buf bufs[8];
	uint16_t first;

	for (i = 0; i < n; i++)
		bufs[i] = rnd_buf(queue, places);
	/* A command wants its answer in the end. */
	if (queue == NET_CTRL)
		bufs[n - 1].write = true;
	first = netdrv_chain(nd, queue, bufs, n);
	if (rnd_below(100) == 0)
		nd->drv.queue[queue].desc[first].next = (uint16_t)rnd();
	if (rnd_below(200) == 0)
		nd->drv.queue[queue].avail_idx += (uint16_t)rnd();
}

/* What headers, commands and frames are made of. */
static void rnd_bytes(guest_addr_t places)
{
	unsigned char *bytes = fake_ptr(places);
	uint64_t at = rnd_below(PLACES - 16);
	int i;

	for (i = 0; i < 16; i++)
		bytes[at + (uint64_t)i] = (unsigned char)rnd_below(rnd_below(2) ? 6 : 256);
}

static void rnd_frame(struct netdrv *nd)
{
	struct virtio_net_hdr_v1 hdr = {
		.flags = (uint8_t)rnd_below(8),
		.gso_type = (uint8_t)rnd_below(8),
		.hdr_len = (uint16_t)rnd(),
		.gso_size = (uint16_t)rnd(),
		.num_buffers = (uint16_t)rnd(),
	};

	if (nd->nm->waiting_count < 8)
		netmem_offer(nd->nm, &hdr, rnd_below(rnd_below(8) ? 2000 : 70000), 1);
	virtio_net_ready(&nd->nm->be, 0, VIRTIO_NET_READY_RECEIVE);
}

static void backend_change(struct netdrv *nd)
{
	nd->nm->room = rnd_below(3) ? -1 : (int)rnd_below(3);
	nd->nm->send_error = rnd_below(8) ? 0 : -5;
	nd->nm->flush_error = rnd_below(8) ? 0 : -11;
	virtio_net_link(&nd->nm->be, rnd_below(2));
	virtio_net_ready(&nd->nm->be, 0, VIRTIO_NET_READY_SEND);
}

static void sent_forget(struct netmem *nm)
{
	while (nm->sent_count)
		free(nm->sent[--nm->sent_count].bytes);
}

static guest_addr_t begin_anew(struct netdrv *nd)
{
	fake_reset_memory();
	netdrv_begin(nd, rnd() | rnd() << 40 | 1ULL << VIRTIO_F_VERSION_1 |
		     1ULL << VIRTIO_NET_F_CSUM | 1ULL << VIRTIO_NET_F_GUEST_CSUM |
		     1ULL << VIRTIO_NET_F_CTRL_VQ | 1ULL << VIRTIO_NET_F_CTRL_RX, QUEUES);
	return fake_alloc(PLACES, 64);
}

/* The device may break, which a reset cures; frames that pass are sound. */
Test(net_fuzz, nonsense_from_both_sides)
{
	unsigned int i, broken = 0, sent = 0;
	guest_addr_t places;
	struct netdrv nd;

	fake_init();
	netdrv_make(&nd, netmem_create(1));
	places = begin_anew(&nd);
	for (i = 0; i < ROUNDS; i++) {
		rnd_bytes(places);
		rnd_chain(&nd, places);
		if (rnd_below(4) == 0)
			rnd_frame(&nd);
		if (rnd_below(16) == 0)
			backend_change(&nd);
		sent += nd.nm->sent_count;
		sent_forget(nd.nm);
		if (netdrv_broken(&nd) || rnd_below(500) == 0) {
			broken += netdrv_broken(&nd);
			places = begin_anew(&nd);
		}
	}
	/* It went through the device, not past it. */
	cr_assert_gt(broken, 100);
	cr_assert_gt(sent, 100);
	netdrv_stop(&nd);
}
