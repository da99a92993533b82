// SPDX-License-Identifier: GPL-2.0
/*
 * blk.c - the block device: requests, configuration, late answers, reset.
 *
 * Layer:   tests/unit.
 */
#include "drivers/virtio/virtio.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "tests/unit/driver.h"
#include "tests/unit/fake.h"
#include "tests/unit/membe.h"

#define HAS(features, bit)	((features) >> (bit) & 1)
#define CONFIG(field)		offsetof(struct virtio_blk_config, field)
#define CONFIG_SIZE(field)	sizeof(((struct virtio_blk_config *)0)->field)
#define CONFIG_READ(drv, field) \
	config_read(drv, CONFIG(field), CONFIG_SIZE(field))

/* The configuration is what the backend said. */
Test(blk, configuration)
{
	struct rig rig;

	rig_start(&rig, ALL_FEATURES, 3, 16);
	cr_assert_eq(CONFIG_READ(&rig.drv, capacity), RIG_SECTORS);
	cr_assert_eq(CONFIG_READ(&rig.drv, seg_max), 254);
	cr_assert_gt(CONFIG_READ(&rig.drv, size_max), 65535);
	cr_assert_eq(CONFIG_READ(&rig.drv, blk_size), 512);
	cr_assert_eq(CONFIG_READ(&rig.drv, physical_block_exp), 3);
	cr_assert_eq(CONFIG_READ(&rig.drv, min_io_size), 8);
	cr_assert_eq(CONFIG_READ(&rig.drv, opt_io_size), 128);
	cr_assert_eq(CONFIG_READ(&rig.drv, num_queues), 3);
	cr_assert_eq(CONFIG_READ(&rig.drv, max_discard_seg), 1);
	cr_assert_eq(CONFIG_READ(&rig.drv, discard_sector_alignment), 8);
	cr_assert_eq(CONFIG_READ(&rig.drv, write_zeroes_may_unmap), 1);
	cr_assert_eq(config_read(&rig.drv, 0xf0, 4), 0, "beyond the end");
	rig_stop(&rig);
}

/* Features follow the backend. */
Test(blk, features)
{
	struct rig rig;
	uint64_t f;

	rig_start(&rig, 0, 1, 0);
	f = driver_offered(&rig.drv);
	cr_assert(HAS(f, VIRTIO_F_VERSION_1));
	cr_assert(HAS(f, VIRTIO_BLK_F_FLUSH));
	cr_assert(HAS(f, VIRTIO_BLK_F_DISCARD));
	cr_assert(HAS(f, VIRTIO_BLK_F_WRITE_ZEROES));
	cr_assert(!HAS(f, VIRTIO_BLK_F_MQ), "one queue");
	cr_assert(!HAS(f, VIRTIO_BLK_F_RO));
	rig_stop(&rig);
}

/* A read-only disk says so, and refuses every kind of change. */
Test(blk, read_only)
{
	struct virtio_device *vdev;
	struct virtio_mmio *mmio;
	struct driver drv = { 0 };
	struct membe *mb;
	uint64_t f;

	fake_init();
	mb = membe_create(4096);
	mb->be.read_only = true;
	cr_assert_eq(virtio_blk_create(&fake.host, &mb->be, 1, &vdev), 0);
	cr_assert_eq(virtio_mmio_create(vdev, &mmio), 0);
	driver_start(&drv, mmio, ALL_FEATURES, 1, 16);
	f = driver_offered(&drv);
	cr_assert(HAS(f, VIRTIO_BLK_F_RO));
	cr_assert(!HAS(f, VIRTIO_BLK_F_DISCARD));
	cr_assert(!HAS(f, VIRTIO_BLK_F_WRITE_ZEROES));
	cr_assert_eq(blk_write(&drv, 0, NULL, 512), VIRTIO_BLK_S_IOERR);
	cr_assert_eq(blk_range(&drv, VIRTIO_BLK_T_DISCARD, 0, 1, 0),
		     VIRTIO_BLK_S_UNSUPP);
	cr_assert_eq(blk_read(&drv, 0, NULL, 512), VIRTIO_BLK_S_OK);
	cr_assert_eq(blk_flush(&drv), VIRTIO_BLK_S_OK);
	cr_assert_eq(mb->ops[VIRTIO_BLK_OP_WRITE], 0);
	virtio_mmio_destroy(mmio);
	fake_check_clean();
}

/* What was written is read back; the used length says how much was. */
Test(blk, read_and_write)
{
	struct rig rig;
	struct driver_queue *q = &rig.drv.queue[0];
	char out[4096], in[4096];
	struct blk_io io;
	uint32_t len;

	rig_start(&rig, ALL_FEATURES, 1, 16);
	memset(out, 0x5a, sizeof(out));
	cr_assert_eq(blk_write(&rig.drv, 8, out, sizeof(out)), VIRTIO_BLK_S_OK);
	cr_assert_eq(blk_read(&rig.drv, 8, in, sizeof(in)), VIRTIO_BLK_S_OK);
	cr_assert_arr_eq(in, out, sizeof(out));
	io = blk_io_make(q, 0, VIRTIO_BLK_T_IN, 0, 1024, true);
	blk_io_run(&rig.drv, 0, &io, &len);
	cr_assert_eq(len, 1025);
	rig_stop(&rig);
}

/* Beyond the end, also by overflow, and not a sector: I/O errors. */
Test(blk, bad_ranges)
{
	struct rig rig;

	rig_start(&rig, ALL_FEATURES, 1, 16);
	cr_assert_eq(blk_write(&rig.drv, RIG_SECTORS, NULL, 512),
		     VIRTIO_BLK_S_IOERR);
	cr_assert_eq(blk_write(&rig.drv, RIG_SECTORS - 1, NULL, 1024),
		     VIRTIO_BLK_S_IOERR);
	cr_assert_eq(blk_read(&rig.drv, UINT64_MAX, NULL, 512),
		     VIRTIO_BLK_S_IOERR);
	cr_assert_eq(blk_read(&rig.drv, 1ULL << 55, NULL, 512),
		     VIRTIO_BLK_S_IOERR);
	cr_assert_eq(blk_read(&rig.drv, 0, NULL, 511), VIRTIO_BLK_S_IOERR);
	cr_assert_eq(blk_read(&rig.drv, RIG_SECTORS - 1, NULL, 512),
		     VIRTIO_BLK_S_OK);
	cr_assert_eq(blk_range(&rig.drv, VIRTIO_BLK_T_DISCARD, RIG_SECTORS, 1,
			       0), VIRTIO_BLK_S_IOERR);
	cr_assert_eq(blk_range(&rig.drv, VIRTIO_BLK_T_WRITE_ZEROES, UINT64_MAX,
			       UINT32_MAX, 0), VIRTIO_BLK_S_IOERR);
	cr_assert_eq(driver_status(&rig.drv), 0xf, "the device lives");
	rig_stop(&rig);
}

/* A failed read claims no bytes, a failed write its status byte. */
Test(blk, used_length_of_failures)
{
	struct rig rig;
	struct driver_queue *q = &rig.drv.queue[0];
	struct blk_io io;
	uint32_t len;

	rig_start(&rig, ALL_FEATURES, 1, 16);
	rig.mb->result = -EIO;
	io = blk_io_make(q, 0, VIRTIO_BLK_T_IN, 0, 512, true);
	cr_assert_eq(blk_io_run(&rig.drv, 0, &io, &len), VIRTIO_BLK_S_IOERR);
	cr_assert_eq(len, 0);
	io = blk_io_make(q, 0, VIRTIO_BLK_T_OUT, 0, 512, false);
	cr_assert_eq(blk_io_run(&rig.drv, 0, &io, &len), VIRTIO_BLK_S_IOERR);
	cr_assert_eq(len, 1);
	rig_stop(&rig);
}

/* Which status each result of the backend becomes. */
Test(blk, results)
{
	static const struct {
		int result;
		uint8_t write, discard;
	} cases[] = {
		{ -EIO, VIRTIO_BLK_S_IOERR, VIRTIO_BLK_S_IOERR },
		{ -ENOSPC, VIRTIO_BLK_S_IOERR, VIRTIO_BLK_S_IOERR },
		{ -EDQUOT, VIRTIO_BLK_S_IOERR, VIRTIO_BLK_S_IOERR },
		{ -EFBIG, VIRTIO_BLK_S_IOERR, VIRTIO_BLK_S_IOERR },
		{ -EOPNOTSUPP, VIRTIO_BLK_S_IOERR, VIRTIO_BLK_S_UNSUPP },
	};
	struct rig rig;
	size_t i;

	rig_start(&rig, ALL_FEATURES, 1, 16);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		rig.mb->result = cases[i].result;
		cr_expect_eq(blk_write(&rig.drv, 0, NULL, 512), cases[i].write);
		cr_expect_eq(blk_range(&rig.drv, VIRTIO_BLK_T_DISCARD, 0, 8, 0),
			     cases[i].discard);
	}
	rig_stop(&rig);
}

/* DISCARD and WRITE_ZEROES: flags, and the unmap bit on its way down. */
Test(blk, discard_and_write_zeroes)
{
	struct rig rig;

	rig_start(&rig, ALL_FEATURES, 1, 16);
	memset(rig.mb->data, 1, 8192);
	cr_assert_eq(blk_range(&rig.drv, VIRTIO_BLK_T_DISCARD, 0, 8, 0),
		     VIRTIO_BLK_S_OK);
	cr_assert_eq(blk_range(&rig.drv, VIRTIO_BLK_T_WRITE_ZEROES, 8, 4, 0),
		     VIRTIO_BLK_S_OK);
	cr_assert_eq(rig.mb->unmaps, 0);
	cr_assert_eq(blk_range(&rig.drv, VIRTIO_BLK_T_WRITE_ZEROES, 12, 3,
			       VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP),
		     VIRTIO_BLK_S_OK);
	cr_assert_eq(rig.mb->unmaps, 1);
	cr_assert_eq(rig.mb->data[15 * 512 - 1], 0);
	cr_assert_eq(rig.mb->data[15 * 512], 1);

	cr_assert_eq(blk_range(&rig.drv, VIRTIO_BLK_T_DISCARD, 0, 8, 1),
		     VIRTIO_BLK_S_UNSUPP);
	cr_assert_eq(blk_range(&rig.drv, VIRTIO_BLK_T_WRITE_ZEROES, 0, 8, 2),
		     VIRTIO_BLK_S_UNSUPP);
	cr_assert_eq(blk_range(&rig.drv, VIRTIO_BLK_T_DISCARD, 0, 0, 0),
		     VIRTIO_BLK_S_OK);
	cr_assert_eq(rig.mb->ops[VIRTIO_BLK_OP_DISCARD], 1);
	rig_stop(&rig);
}

/* Only one range was offered; half of one is an error too. */
Test(blk, range_payload_size)
{
	struct rig rig;
	struct driver_queue *q = &rig.drv.queue[0];
	struct blk_io io;
	uint32_t len;

	rig_start(&rig, ALL_FEATURES, 1, 16);
	for (len = 8; len <= 32; len += 24) {
		io = blk_io_make(q, 0, VIRTIO_BLK_T_DISCARD, 0, len, false);
		cr_assert_eq(blk_io_run(&rig.drv, 0, &io, NULL),
			     VIRTIO_BLK_S_IOERR);
	}
	rig_stop(&rig);
}

/* The serial number, whole, and cut to the room there is. */
Test(blk, get_id)
{
	struct rig rig;
	struct driver_queue *q = &rig.drv.queue[0];
	struct blk_io io;

	rig_start(&rig, ALL_FEATURES, 1, 16);
	io = blk_io_make(q, 0, VIRTIO_BLK_T_GET_ID, 0, 20, true);
	cr_assert_eq(blk_io_run(&rig.drv, 0, &io, NULL), VIRTIO_BLK_S_OK);
	cr_assert_arr_eq(fake_ptr(io.data), "a serial of 20 bytes", 20);
	io = blk_io_make(q, 0, VIRTIO_BLK_T_GET_ID, 0, 8, true);
	cr_assert_eq(blk_io_run(&rig.drv, 0, &io, NULL), VIRTIO_BLK_S_OK);
	cr_assert_arr_eq(fake_ptr(io.data), "a serial", 8);
	rig_stop(&rig);
}

/* Request types that do not exist are told apart from errors. */
Test(blk, unknown_types)
{
	static const uint32_t types[] = { 2, 3, 5, 14, 15, 0x80000000, ~0U };
	struct rig rig;
	struct blk_io io;
	size_t i;

	rig_start(&rig, ALL_FEATURES, 1, 16);
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		io = blk_io_make(&rig.drv.queue[0], 0, types[i], 0, 512, true);
		cr_expect_eq(blk_io_run(&rig.drv, 0, &io, NULL),
			     VIRTIO_BLK_S_UNSUPP, "type %u", types[i]);
	}
	rig_stop(&rig);
}

/* Header, data and status may be cut anywhere and joined (section 2.7.4.2). */
Test(blk, any_framing)
{
	struct rig rig;
	struct driver_queue *q = &rig.drv.queue[0];
	struct virtio_blk_outhdr *hdr;
	guest_addr_t out, in;
	uint8_t *status;
	unsigned int cut, n;

	rig_start(&rig, ALL_FEATURES, 1, 16);
	out = fake_alloc(16 + 1024, 16);
	in = fake_alloc(1024 + 1, 16);
	hdr = fake_ptr(out);
	for (cut = 1; cut < 16 + 1024; cut += 7) {
		struct driver_buf write[] = {
			{ out, cut, false },
			{ { out.raw + cut }, 16 + 1024 - cut, false },
			{ in, 1, true },
		};
		struct driver_buf read[] = {
			{ out, cut < 16 ? cut : 15, false },
			{ { out.raw + (cut < 16 ? cut : 15) },
			  cut < 16 ? 16 - cut : 1, false },
			{ in, cut > 1024 ? 1024 : cut, true },
			{ { in.raw + (cut > 1024 ? 1024 : cut) },
			  cut > 1024 ? 1 : 1025 - cut, true },
		};

		*hdr = (struct virtio_blk_outhdr){ .type = VIRTIO_BLK_T_OUT,
						   .sector = 5 };
		memset(hdr + 1, (int)cut, 1024);
		queue_fill(q, 0, write, 3);
		n = q->used_seen;
		queue_publish(q, 0);
		queue_notify(&rig.drv, 0);
		queue_wait_used(q);
		status = fake_ptr(in);
		cr_assert_eq(*status, VIRTIO_BLK_S_OK, "cut %u", cut);

		hdr->type = VIRTIO_BLK_T_IN;
		memset(status, 0xee, 1025);
		queue_fill(q, 0, read, 4);
		queue_publish(q, 0);
		queue_notify(&rig.drv, 0);
		queue_wait_used(q);
		cr_assert_eq((uint16_t)(q->used_seen - n), 2);
		cr_assert_eq(status[1024], VIRTIO_BLK_S_OK, "cut %u", cut);
		cr_assert_arr_eq(status, hdr + 1, 1024, "cut %u", cut);
	}
	rig_stop(&rig);
}

/* Answers may come later, in any order; each goes to its own chain. */
Test(blk, late_answers)
{
	struct rig rig;
	struct driver_queue *q = &rig.drv.queue[0];
	struct blk_io io[5];
	unsigned int i;

	rig_start(&rig, ALL_FEATURES, 1, 16);
	rig.mb->hold = true;
	for (i = 0; i < 5; i++) {
		rig.mb->data[i * 512] = (char)('a' + i);
		io[i] = blk_io_make(q, i * 3, VIRTIO_BLK_T_IN, i, 512, true);
		queue_publish(q, io[i].head);
	}
	queue_notify(&rig.drv, 0);
	cr_assert_eq(q->used->idx, 0);
	cr_assert_eq(membe_release(rig.mb), 5);
	for (i = 0; i < 5; i++) {
		cr_assert_eq(queue_wait_used(q).id, io[4 - i].head);
		cr_assert_eq(*(char *)fake_ptr(io[i].data), 'a' + (char)i);
		cr_assert_eq(blk_io_status(&io[i]), VIRTIO_BLK_S_OK);
	}
	rig_stop(&rig);
}

/* A batch ends with one commit, however many requests have to wait. */
Test(blk, one_commit_a_batch)
{
	struct rig rig;
	struct driver_queue *q = &rig.drv.queue[0];
	unsigned int i;

	rig_start(&rig, ALL_FEATURES, 1, 64);
	rig.mb->hold = true;
	for (i = 0; i < 20; i++) {
		blk_io_make(q, i * 3, VIRTIO_BLK_T_OUT, i, 512, false);
		queue_publish(q, i * 3);
	}
	queue_notify(&rig.drv, 0);
	cr_assert_eq(membe_held(rig.mb), 20);
	cr_assert_eq(rig.mb->commits, 1);
	membe_release(rig.mb);
	rig_stop(&rig);
}

/* The whole ring in flight at once, while memory for requests runs out. */
Test(blk, full_ring_without_memory)
{
	struct rig rig;
	struct driver_queue *q = &rig.drv.queue[0];
	guest_addr_t hdr, data, status;
	struct vring_desc *table;
	guest_addr_t tables;
	unsigned int i, done = 0;
	struct vring_used_elem elem;

	rig_start(&rig, ALL_FEATURES, 1, 256);
	rig.mb->hold = true;
	hdr = fake_alloc(16, 8);
	((struct virtio_blk_outhdr *)fake_ptr(hdr))->type = VIRTIO_BLK_T_IN;
	data = fake_alloc(512, 512);
	status = fake_alloc(1, 1);
	tables = fake_alloc(256 * 3 * sizeof(*table), 16);
	for (i = 0; i < 256; i++) {
		table = (struct vring_desc *)fake_ptr(tables) + i * 3;
		table[0] = (struct vring_desc){ hdr.raw, 16, 1, 1 };
		table[1] = (struct vring_desc){ data.raw, 512, 3, 2 };
		table[2] = (struct vring_desc){ status.raw, 1, 2, 0 };
		q->desc[i] = (struct vring_desc){
			.addr = tables.raw + i * 3 * sizeof(*table),
			.len = 3 * sizeof(*table),
			.flags = VRING_DESC_F_INDIRECT,
		};
		queue_publish(q, i);
	}
	fake.fail_alloc = 4;
	queue_notify(&rig.drv, 0);
	cr_assert_eq(membe_held(rig.mb), 32, "what three chunks more allow");
	while (membe_held(rig.mb))
		membe_release(rig.mb);
	while (queue_used(q, &elem))
		done++;
	cr_assert_eq(done, 256);
	rig_stop(&rig);
}

struct resetter {
	struct rig *rig;
	bool done;
};

static void *reset_thread(void *arg)
{
	struct resetter *r = arg;

	reg_write(&r->rig->drv, VIRTIO_MMIO_STATUS, 0);
	__atomic_store_n(&r->done, true, __ATOMIC_SEQ_CST);
	return NULL;
}

/* Reset waits for requests in flight, and shows the driver none of them. */
Test(blk, reset_waits_for_requests)
{
	struct rig rig;
	struct driver_queue *q = &rig.drv.queue[0];
	struct resetter r = { .rig = &rig };
	pthread_t thread;

	rig_start(&rig, ALL_FEATURES, 1, 16);
	rig.mb->hold = true;
	blk_io_make(q, 0, VIRTIO_BLK_T_IN, 0, 512, true);
	queue_publish(q, 0);
	queue_notify(&rig.drv, 0);
	pthread_create(&thread, NULL, reset_thread, &r);
	while (virtqueue_enabled(&rig.vdev->queues[0]))
		;
	cr_assert(!__atomic_load_n(&r.done, __ATOMIC_SEQ_CST));
	cr_assert_neq(driver_status(&rig.drv), 0, "not done yet");
	membe_release(rig.mb);
	pthread_join(thread, NULL);
	cr_assert_eq(driver_status(&rig.drv), 0);
	cr_assert_eq(q->used->idx, 0);

	rig.mb->hold = false;
	driver_start(&rig.drv, rig.mmio, ALL_FEATURES, 1, 16);
	cr_assert_eq(blk_write(&rig.drv, 0, NULL, 512), VIRTIO_BLK_S_OK);
	rig_stop(&rig);
}

/* Without FLUSH, or with the write cache off, each change is flushed. */
Test(blk, write_through)
{
	struct rig rig;
	unsigned int flushes;

	rig_start(&rig, ~(1ULL << VIRTIO_BLK_F_FLUSH), 1, 16);
	cr_assert_eq(blk_write(&rig.drv, 0, NULL, 512), VIRTIO_BLK_S_OK);
	cr_assert_eq(rig.mb->ops[VIRTIO_BLK_OP_FLUSH], 1);
	driver_start(&rig.drv, rig.mmio, ALL_FEATURES, 1, 16);
	cr_assert_eq(CONFIG_READ(&rig.drv, wce), 1);
	cr_assert_eq(blk_write(&rig.drv, 0, NULL, 512), VIRTIO_BLK_S_OK);
	cr_assert_eq(rig.mb->ops[VIRTIO_BLK_OP_FLUSH], 1);

	cr_assert_eq(virtio_mmio_write(rig.mmio, VIRTIO_MMIO_CONFIG +
				       CONFIG(wce), 1, 0), 0);
	cr_assert_eq(CONFIG_READ(&rig.drv, wce), 0);
	cr_assert_eq(blk_write(&rig.drv, 0, NULL, 512), VIRTIO_BLK_S_OK);
	blk_range(&rig.drv, VIRTIO_BLK_T_WRITE_ZEROES, 0, 8, 0);
	flushes = rig.mb->ops[VIRTIO_BLK_OP_FLUSH];
	cr_assert_eq(flushes, 3);
	cr_assert_eq(blk_read(&rig.drv, 0, NULL, 512), VIRTIO_BLK_S_OK);
	cr_assert_eq(rig.mb->ops[VIRTIO_BLK_OP_FLUSH], flushes);
	rig_stop(&rig);
}

/* Write-through with late answers: first the write's, then the flush's. */
Test(blk, write_through_late)
{
	struct rig rig;
	struct driver_queue *q = &rig.drv.queue[0];

	rig_start(&rig, ~(1ULL << VIRTIO_BLK_F_FLUSH), 1, 16);
	rig.mb->hold = true;
	blk_io_make(q, 0, VIRTIO_BLK_T_OUT, 0, 512, false);
	queue_publish(q, 0);
	queue_notify(&rig.drv, 0);
	cr_assert_eq(membe_held(rig.mb), 1);
	rig.mb->hold = true;
	cr_assert_eq(membe_release(rig.mb), 2);
	cr_assert_eq(rig.mb->ops[VIRTIO_BLK_OP_FLUSH], 1);
	cr_assert_eq(q->used->idx, 1);
	rig_stop(&rig);
}

/* What virtio_blk_create() cannot make sense of. */
Test(blk, bad_parameters)
{
	struct virtio_device *vdev;
	struct membe *mb;

	fake_init();
	mb = membe_create(4096);
	cr_assert_eq(virtio_blk_create(&fake.host, &mb->be, 0, &vdev), -EINVAL);
	cr_assert_eq(virtio_blk_create(&fake.host, &mb->be, 65, &vdev),
		     -EINVAL);
	mb->be.size = 1000;
	cr_assert_eq(virtio_blk_create(&fake.host, &mb->be, 1, &vdev), -EINVAL);
	mb->be.size = 4096;
	mb->be.block_size = 768;
	cr_assert_eq(virtio_blk_create(&fake.host, &mb->be, 1, &vdev), -EINVAL);
	mb->be.ops->destroy(&mb->be);
	fake_check_clean();
}
