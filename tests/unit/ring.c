// SPDX-License-Identifier: GPL-2.0
/*
 * ring.c - the split ring: order, interrupts, and every way to break the rules.
 *
 * Layer:   tests/unit.
 */
#include "drivers/virtio/virtio.h"

#include <criterion/criterion.h>
#include <linux/virtio_blk.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/driver.h"
#include "tests/unit/fake.h"
#include "tests/unit/membe.h"

#define NO_EVENT_IDX	(~(1ULL << VIRTIO_RING_F_EVENT_IDX))
#define NO_INDIRECT	(~(1ULL << VIRTIO_RING_F_INDIRECT_DESC))

/* A range translates only if all of it is inside the window. */
Test(ring, memory_range_bounds)
{
	struct virtio_memory mem = { (void *)0x1000000, 0x2000, 0x5000 };

	cr_assert_eq(virtio_memory_range(&mem, (guest_addr_t){ 0x2000 }, 1),
		     (void *)0x1002000);
	cr_assert(virtio_memory_range(&mem, (guest_addr_t){ 0x2000 }, 0x3000));
	cr_assert(virtio_memory_range(&mem, (guest_addr_t){ 0x4fff }, 1));
	cr_assert_null(virtio_memory_range(&mem, (guest_addr_t){ 0x1fff }, 2));
	cr_assert_null(virtio_memory_range(&mem, (guest_addr_t){ 0x2000 }, 0x3001));
	cr_assert_null(virtio_memory_range(&mem, (guest_addr_t){ 0x5000 }, 1));
	cr_assert_null(virtio_memory_range(&mem, (guest_addr_t){ 0x2000 }, 0));
	cr_assert_null(virtio_memory_range(&mem, (guest_addr_t){ 0x3000 },
					   UINT64_MAX - 0x2fff));
	cr_assert_null(virtio_memory_range(&mem, (guest_addr_t){ UINT64_MAX }, 2));
}

/* Chains made available together come back in order with one interrupt. */
Test(ring, batch_gives_one_interrupt)
{
	struct rig rig;
	struct driver_queue *q = &rig.drv.queue[0];
	struct vring_used_elem elem;
	unsigned int i;

	rig_start(&rig, ALL_FEATURES, 1, 64);
	for (i = 0; i < 20; i++) {
		blk_io_make(q, i * 3, VIRTIO_BLK_T_OUT, i, 512, false);
		queue_publish(q, i * 3);
	}
	queue_notify(&rig.drv, 0);
	for (i = 0; i < 20; i++) {
		cr_assert(queue_used(q, &elem));
		cr_assert_eq(elem.id, i * 3);
		cr_assert_eq(elem.len, 1);
	}
	cr_assert(!queue_used(q, &elem));
	cr_assert_eq(fake.interrupts, 1);
	rig_stop(&rig);
}

/* With EVENT_IDX an interrupt comes only when used_event is passed. */
Test(ring, used_event_delays_interrupt)
{
	struct rig rig;
	struct driver_queue *q = &rig.drv.queue[0];
	unsigned int i;

	rig_start(&rig, ALL_FEATURES, 1, 64);
	q->avail->ring[q->size] = 4;
	for (i = 0; i < 8; i++) {
		blk_io_make(q, 0, VIRTIO_BLK_T_OUT, i, 512, false);
		queue_publish(q, 0);
		queue_notify(&rig.drv, 0);
		cr_assert_eq(fake.interrupts, i >= 4, "after %u", i);
	}
	rig_stop(&rig);
}

/* Without EVENT_IDX the driver's NO_INTERRUPT flag is heeded. */
Test(ring, no_interrupt_flag)
{
	struct rig rig;
	struct driver_queue *q = &rig.drv.queue[0];
	unsigned int i;

	rig_start(&rig, ALL_FEATURES & NO_EVENT_IDX, 1, 64);
	for (i = 0; i < 4; i++) {
		q->avail->flags = i % 2 ? VRING_AVAIL_F_NO_INTERRUPT : 0;
		blk_io_make(q, 0, VIRTIO_BLK_T_OUT, i, 512, false);
		queue_publish(q, 0);
		queue_notify(&rig.drv, 0);
	}
	cr_assert_eq(q->used->idx, 4);
	cr_assert_eq(fake.interrupts, 2);
	rig_stop(&rig);
}

/* The device asks to be notified of the chain after the last it has seen. */
Test(ring, avail_event_follows)
{
	struct rig rig;
	struct driver_queue *q = &rig.drv.queue[0];
	uint16_t event;

	rig_start(&rig, ALL_FEATURES, 1, 16);
	blk_io_make(q, 0, VIRTIO_BLK_T_OUT, 0, 512, false);
	queue_publish(q, 0);
	queue_notify(&rig.drv, 0);
	memcpy(&event, &q->used->ring[q->size], sizeof(event));
	cr_assert_eq(event, 1);
	rig_stop(&rig);
}

/* Free-running 16-bit indices wrap many times on a ring of every size. */
Test(ring, indices_wrap)
{
	struct rig rig;
	struct driver_queue *q = &rig.drv.queue[0];
	struct vring_used_elem elem;
	struct blk_io io;
	uint16_t size;
	uint32_t i;

	for (size = 4; size <= 256; size *= 8) {
		fake.memory = NULL;
		rig_start(&rig, ALL_FEATURES, 1, size);
		io = blk_io_make(q, 0, VIRTIO_BLK_T_OUT, 7, 512, false);
		for (i = 0; i < 150000; i++) {
			queue_publish(q, io.head);
			queue_notify(&rig.drv, 0);
			cr_assert(queue_used(q, &elem), "request %u", i);
		}
		cr_assert_eq(fake.interrupts, 150000);
		rig_stop(&rig);
	}
}

/* A chain may go on in an indirect table, alone or after direct buffers. */
Test(ring, indirect_tables)
{
	struct rig rig;
	struct driver_queue *q = &rig.drv.queue[0];
	struct vring_desc *table;
	guest_addr_t addr;
	struct blk_io io;
	unsigned int direct;

	rig_start(&rig, ALL_FEATURES, 1, 16);
	for (direct = 0; direct < 3; direct++) {
		io = blk_io_make(q, 0, VIRTIO_BLK_T_OUT, 3, 512, false);
		memset(fake_ptr(io.data), 'a' + direct, 512);
		addr = fake_alloc(sizeof(*table) * 3, 16);
		table = fake_ptr(addr);
		memcpy(table, &q->desc[direct], sizeof(*table) * (3 - direct));
		table[0].next = 1;
		table[1].next = 2;
		q->desc[direct] = (struct vring_desc){
			.addr = addr.raw,
			.len = sizeof(*table) * (3 - direct),
			.flags = VRING_DESC_F_INDIRECT | VRING_DESC_F_WRITE,
		};
		cr_assert_eq(blk_io_run(&rig.drv, 0, &io, NULL),
			     VIRTIO_BLK_S_OK);
		cr_assert_eq(rig.mb->data[3 * 512], 'a' + (char)direct);
	}
	rig_stop(&rig);
}

/*
 * Every rule of virtio 1.2 section 2.7 that a driver can break. Each case
 * changes a good request of three descriptors (header, data, status).
 */
struct broken_case {
	const char *what;
	void (*damage)(struct driver_queue *q, struct blk_io *io);
	uint64_t features;
};

static void idx_too_far(struct driver_queue *q, struct blk_io *io)
{
	(void)io;
	q->avail_idx += q->size;
}

static void idx_back(struct driver_queue *q, struct blk_io *io)
{
	(void)io;
	q->avail_idx -= 2;
}

static void head_out_of_range(struct driver_queue *q, struct blk_io *io)
{
	io->head = q->size;
}

static void head_far_out(struct driver_queue *q, struct blk_io *io)
{
	(void)q;
	io->head = 0xffff;
}

static void next_out_of_range(struct driver_queue *q, struct blk_io *io)
{
	(void)io;
	q->desc[1].next = q->size;
}

static void chain_loops(struct driver_queue *q, struct blk_io *io)
{
	(void)io;
	q->desc[0].next = 0;
}

static void chain_loops_late(struct driver_queue *q, struct blk_io *io)
{
	(void)io;
	q->desc[2].flags |= VRING_DESC_F_NEXT;
	q->desc[2].next = 2;
}

static void buffer_below(struct driver_queue *q, struct blk_io *io)
{
	(void)io;
	q->desc[1].addr = FAKE_START - 1;
}

static void buffer_across_end(struct driver_queue *q, struct blk_io *io)
{
	(void)io;
	q->desc[1].addr = FAKE_START + FAKE_SIZE - 511;
}

static void buffer_wraps(struct driver_queue *q, struct blk_io *io)
{
	(void)io;
	q->desc[1].addr = UINT64_MAX - 100;
}

static void buffer_at_zero(struct driver_queue *q, struct blk_io *io)
{
	(void)io;
	q->desc[0].addr = 0;
}

static void buffer_too_long(struct driver_queue *q, struct blk_io *io)
{
	(void)io;
	q->desc[1].len = UINT32_MAX;
}

static void buffer_empty(struct driver_queue *q, struct blk_io *io)
{
	(void)io;
	q->desc[1].len = 0;
}

static void readable_after_writable(struct driver_queue *q, struct blk_io *io)
{
	(void)io;
	q->desc[0].flags |= VRING_DESC_F_WRITE;
}

static void nothing_writable(struct driver_queue *q, struct blk_io *io)
{
	(void)io;
	q->desc[2].flags = 0;
}

static void header_too_short(struct driver_queue *q, struct blk_io *io)
{
	(void)io;
	q->desc[0].len = 15;
	q->desc[0].flags = VRING_DESC_F_NEXT;
	q->desc[0].next = 2;
}

/*
 * Turn the request into an indirect one at descriptor 0. Behind the table lies
 * one good descriptor more, which is not part of it.
 */
static struct vring_desc *make_indirect(struct driver_queue *q)
{
	guest_addr_t addr = fake_alloc(4 * sizeof(struct vring_desc), 16);
	struct vring_desc *table = fake_ptr(addr);

	table[3] = q->desc[2];
	memcpy(table, q->desc, 3 * sizeof(*table));
	q->desc[0] = (struct vring_desc){ .addr = addr.raw,
					  .len = 3 * sizeof(*table),
					  .flags = VRING_DESC_F_INDIRECT };
	return table;
}

static void indirect_not_agreed(struct driver_queue *q, struct blk_io *io)
{
	(void)io;
	make_indirect(q);
}

static void indirect_and_next(struct driver_queue *q, struct blk_io *io)
{
	(void)io;
	make_indirect(q);
	q->desc[0].flags |= VRING_DESC_F_NEXT;
	q->desc[0].next = 1;
}

static void indirect_nested(struct driver_queue *q, struct blk_io *io)
{
	struct vring_desc *table = make_indirect(q);

	(void)io;
	table[2].flags |= VRING_DESC_F_NEXT;
	table[2].next = 3;
	table[3] = q->desc[0];
	q->desc[0].len += sizeof(*table);
}

static void indirect_odd_length(struct driver_queue *q, struct blk_io *io)
{
	(void)io;
	make_indirect(q);
	q->desc[0].len += 8;
}

static void indirect_empty(struct driver_queue *q, struct blk_io *io)
{
	(void)io;
	make_indirect(q);
	q->desc[0].len = 0;
}

static void indirect_out_of_bounds(struct driver_queue *q, struct blk_io *io)
{
	(void)io;
	make_indirect(q);
	q->desc[0].addr = FAKE_START + FAKE_SIZE - 32;
}

static void indirect_loops(struct driver_queue *q, struct blk_io *io)
{
	(void)io;
	make_indirect(q)[1].next = 1;
}

static void indirect_next_out_of_range(struct driver_queue *q,
				       struct blk_io *io)
{
	(void)io;
	make_indirect(q)[1].next = 3;
}

/* More buffers than seg_max allows, all of them good. */
static void indirect_too_many(struct driver_queue *q, struct blk_io *io)
{
	unsigned int i, n = 400;
	guest_addr_t addr = fake_alloc(n * sizeof(struct vring_desc), 16);
	struct vring_desc *table = fake_ptr(addr);

	for (i = 0; i < n; i++)
		table[i] = (struct vring_desc){ .addr = io->data.raw,
						.len = 512,
						.flags = VRING_DESC_F_NEXT,
						.next = i + 1 };
	table[0] = q->desc[0];
	table[0].next = 1;
	table[n - 1] = q->desc[2];
	q->desc[0] = (struct vring_desc){ .addr = addr.raw,
					  .len = n * sizeof(*table),
					  .flags = VRING_DESC_F_INDIRECT };
}

static const struct broken_case broken_cases[] = {
	{ "available index too far", idx_too_far, ALL_FEATURES },
	{ "available index goes back", idx_back, ALL_FEATURES },
	{ "head out of range", head_out_of_range, ALL_FEATURES },
	{ "head far out", head_far_out, ALL_FEATURES },
	{ "next out of range", next_out_of_range, ALL_FEATURES },
	{ "loop at once", chain_loops, ALL_FEATURES },
	{ "loop at the end", chain_loops_late, ALL_FEATURES },
	{ "buffer below memory", buffer_below, ALL_FEATURES },
	{ "buffer across the end", buffer_across_end, ALL_FEATURES },
	{ "buffer wraps", buffer_wraps, ALL_FEATURES },
	{ "buffer at zero", buffer_at_zero, ALL_FEATURES },
	{ "buffer too long", buffer_too_long, ALL_FEATURES },
	{ "empty buffer", buffer_empty, ALL_FEATURES },
	{ "readable after writable", readable_after_writable, ALL_FEATURES },
	{ "nothing writable", nothing_writable, ALL_FEATURES },
	{ "header too short", header_too_short, ALL_FEATURES },
	{ "indirect not agreed", indirect_not_agreed, NO_INDIRECT },
	{ "indirect with next", indirect_and_next, ALL_FEATURES },
	{ "indirect nested", indirect_nested, ALL_FEATURES },
	{ "indirect odd length", indirect_odd_length, ALL_FEATURES },
	{ "indirect empty", indirect_empty, ALL_FEATURES },
	{ "indirect out of bounds", indirect_out_of_bounds, ALL_FEATURES },
	{ "indirect loop", indirect_loops, ALL_FEATURES },
	{ "indirect next out", indirect_next_out_of_range, ALL_FEATURES },
	{ "indirect too many", indirect_too_many, ALL_FEATURES },
};

static void check_broken(const struct broken_case *c)
{
	struct rig rig;
	struct driver_queue *q = &rig.drv.queue[0];
	struct blk_io io;

	fake.memory = NULL;
	rig_start(&rig, c->features, 1, 16);
	io = blk_io_make(q, 0, VIRTIO_BLK_T_OUT, 1, 512, false);
	c->damage(q, &io);
	queue_publish(q, io.head);
	queue_notify(&rig.drv, 0);

	cr_expect(driver_status(&rig.drv) & VIRTIO_CONFIG_S_NEEDS_RESET,
		  "%s: needs reset", c->what);
	cr_expect_eq(reg_read(&rig.drv, VIRTIO_MMIO_INTERRUPT_STATUS),
		     VIRTIO_MMIO_INT_CONFIG, "%s: interrupt", c->what);
	cr_expect_eq(fake.interrupts, 1, "%s: one interrupt", c->what);
	cr_expect_eq(q->used->idx, 0, "%s: nothing used", c->what);
	cr_expect_eq(rig.mb->ops[VIRTIO_BLK_OP_WRITE], 0, "%s", c->what);

	/* It stays silent, until reset makes it as good as new. */
	queue_notify(&rig.drv, 0);
	cr_expect_eq(fake.interrupts, 1, "%s: silent", c->what);
	driver_start(&rig.drv, rig.mmio, ALL_FEATURES, 1, 16);
	cr_expect_eq(blk_write(&rig.drv, 1, NULL, 512), VIRTIO_BLK_S_OK,
		     "%s: works after reset", c->what);
	rig_stop(&rig);
}

/* Each violation breaks the device, and reset repairs it. */
Test(ring, violations_break_the_device)
{
	size_t i;

	for (i = 0; i < sizeof(broken_cases) / sizeof(broken_cases[0]); i++)
		check_broken(&broken_cases[i]);
}

/* A head that is still in flight may not be made available again. */
Test(ring, head_in_flight_twice)
{
	struct rig rig;
	struct driver_queue *q = &rig.drv.queue[0];

	rig_start(&rig, ALL_FEATURES, 1, 16);
	rig.mb->hold = true;
	blk_io_make(q, 0, VIRTIO_BLK_T_OUT, 1, 512, false);
	queue_publish(q, 0);
	queue_notify(&rig.drv, 0);
	cr_assert_eq(membe_held(rig.mb), 1);
	queue_publish(q, 0);
	queue_notify(&rig.drv, 0);
	cr_assert(driver_status(&rig.drv) & VIRTIO_CONFIG_S_NEEDS_RESET);

	/* The answer to the first one comes too late to be shown. */
	membe_release(rig.mb);
	cr_assert_eq(q->used->idx, 0);
	rig_stop(&rig);
}
