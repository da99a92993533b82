// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz.c - drivers that write nonsense: the device breaks, the process never.
 *
 * Layer:   tests/unit.
 *
 * The seed is fixed, so a failure comes back. What matters runs under ASan and
 * UBSan: guest memory is one allocation, so any access outside is noticed.
 */
#include "drivers/virtio/virtio.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/unit/driver.h"
#include "tests/unit/fake.h"
#include "tests/unit/membe.h"

#define ROUNDS		100000
#define RING		16
#define PLAYGROUND	8192

static uint64_t seed = 88172645463325252ULL;

/* xorshift64 (Marsaglia 2003). */
static uint64_t rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static uint64_t rnd_addr(void)
{
	switch (rnd() % 8) {
	case 0:
		return rnd();
	case 1:
		return FAKE_START + FAKE_SIZE - rnd() % 64;
	case 2:
		return FAKE_START - rnd() % 64;
	default:
		return FAKE_START + rnd() % (2 * PLAYGROUND);
	}
}

static uint32_t rnd_len(void)
{
	switch (rnd() % 8) {
	case 0:
		return (uint32_t)rnd();
	case 1:
		return 0;
	case 2:
		return 16 * (rnd() % 32);
	default:
		return rnd() % 2048;
	}
}

static struct vring_desc rnd_desc(void)
{
	return (struct vring_desc){
		.addr = rnd_addr(),
		.len = rnd_len(),
		.flags = rnd() % 16 ? rnd() % 8 : rnd(),
		.next = rnd() % 16 ? rnd() % RING : rnd(),
	};
}

/* One of the things a driver could get wrong. */
static void corrupt(struct driver_queue *q)
{
	char *playground = fake.memory;
	unsigned int i;

	switch (rnd() % 8) {
	case 0:
		q->desc[rnd() % RING] = rnd_desc();
		break;
	case 1:
		q->avail->ring[rnd() % RING] = rnd() % 4 ? rnd() % RING : rnd();
		break;
	case 2:
		if (rnd() % 8 == 0)
			q->avail_idx = rnd();
		break;
	case 3:
		q->desc[rnd() % RING].flags ^= 1 << rnd() % 4;
		break;
	case 4:
		q->desc[rnd() % RING].next = rnd() % (RING + 2);
		break;
	case 5:
		for (i = 0; i < 16; i++)
			playground[rnd() % PLAYGROUND] = rnd();
		break;
	case 6:
		memcpy(playground + 16 * (rnd() % (PLAYGROUND / 16)),
		       &(struct vring_desc){ FAKE_START + rnd() % PLAYGROUND,
					     rnd_len(), rnd() % 8,
					     rnd() % RING },
		       sizeof(struct vring_desc));
		break;
	default:
		q->avail->flags = rnd();
		break;
	}
}

/* A used entry names a chain and a length the driver could have meant. */
static void check_used(struct driver_queue *q)
{
	struct vring_used_elem elem;

	while (queue_used(q, &elem))
		cr_assert_lt(elem.id, RING);
}

/*
 * Corrupt rings at random, 100000 times: each notification ends with valid used
 * entries or a device that needs reset.
 */
Test(fuzz, rings, .timeout = 120)
{
	struct rig rig;
	struct driver_queue *q = &rig.drv.queue[0];
	unsigned int round, breaks = 0, good = 0;
	uint16_t used;
	uint64_t mark;

	rig_start(&rig, 0, 1, 0);
	for (round = 0; round < ROUNDS; round++) {
		if (round % 16 == 0 || driver_status(&rig.drv) & 0x40) {
			breaks += round % 16 != 0;
			fake_reset_memory();
			fake_alloc(PLAYGROUND, 64);
			driver_start(&rig.drv, rig.mmio,
				     rnd() % 4 ? ALL_FEATURES : rnd() | 1ULL << 32,
				     1, RING);
		}
		mark = fake.used;
		used = q->used_seen;
		blk_io_make(q, rnd() % (RING - 2), rnd() % 16, rnd() % 4096,
			    rnd() % 4 ? 512 : rnd_len() % 4096, rnd() % 2);
		corrupt(q);
		if (rnd() % 2)
			corrupt(q);
		queue_publish(q, rnd() % 8 ? rnd() % RING : rnd());
		queue_notify(&rig.drv, 0);
		check_used(q);
		good += q->used_seen != used;
		fake.used = mark;
	}
	cr_assert_gt(breaks, 1000, "%u violations were found", breaks);
	cr_assert_gt(good, 1000, "%u rounds went well", good);
	driver_reset(&rig.drv);
	rig_stop(&rig);
}

/* The same with answers that come late, from a backend that lets them pile up. */
Test(fuzz, late_answers, .timeout = 120)
{
	struct rig rig;
	struct driver_queue *q = &rig.drv.queue[0];
	unsigned int round;

	rig_start(&rig, 0, 1, 0);
	for (round = 0; round < ROUNDS / 4; round++) {
		rig.mb->hold = rnd() % 4;
		if (rnd() % 8 == 0)
			membe_release(rig.mb);
		if (round % 32 == 0 || driver_status(&rig.drv) & 0x40) {
			membe_release(rig.mb);
			fake_reset_memory();
			fake_alloc(PLAYGROUND, 64);
			driver_start(&rig.drv, rig.mmio, ALL_FEATURES, 1, RING);
		}
		fake.used = 64 << 10;
		blk_io_make(q, rnd() % (RING - 2), rnd() % 16, rnd() % 4096,
			    512, rnd() % 2);
		if (rnd() % 4 == 0)
			corrupt(q);
		queue_publish(q, rnd() % RING);
		queue_notify(&rig.drv, 0);
		check_used(q);
	}
	membe_release(rig.mb);
	rig_stop(&rig);
}

/* Random register accesses of every kind; the window survives them. */
Test(fuzz, registers, .timeout = 120)
{
	struct rig rig;
	unsigned int round;
	uint32_t offset, size;
	__u64 value;

	rig_start(&rig, 0, 2, 0);
	fake_alloc(PLAYGROUND, 64);
	for (round = 0; round < ROUNDS * 4; round++) {
		offset = rnd() % 16 ? rnd() % 0x110 & ~3U : rnd();
		size = rnd() % 8 ? 4 : 1U << rnd() % 5;
		value = rnd() % 2 ? rnd() % 32 : rnd_addr();
		if (rnd() % 4)
			virtio_mmio_write(rig.mmio, offset, size, value);
		else
			virtio_mmio_read(rig.mmio, offset, size, &value);
	}
	driver_start(&rig.drv, rig.mmio, ALL_FEATURES, 1, RING);
	cr_assert_eq(blk_write(&rig.drv, 0, NULL, 512), VIRTIO_BLK_S_OK);
	rig_stop(&rig);
}
