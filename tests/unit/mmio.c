// SPDX-License-Identifier: GPL-2.0
/*
 * mmio.c - the register window, as virtio 1.2 section 4.2.2 has it.
 *
 * Layer:   tests/unit.
 */
#include "drivers/virtio/virtio.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <linux/virtio_ids.h>

#include "tests/unit/driver.h"
#include "tests/unit/fake.h"
#include "tests/unit/membe.h"

/* The window says what it is. */
Test(mmio, identity)
{
	struct rig rig;

	rig_start(&rig, 0, 2, 0);
	cr_assert_eq(reg_read(&rig.drv, VIRTIO_MMIO_MAGIC_VALUE), 0x74726976);
	cr_assert_eq(reg_read(&rig.drv, VIRTIO_MMIO_VERSION), 2);
	cr_assert_eq(reg_read(&rig.drv, VIRTIO_MMIO_DEVICE_ID),
		     VIRTIO_ID_BLOCK);
	cr_assert_eq(driver_status(&rig.drv), 0);
	rig_stop(&rig);
}

/* There are no shared memory regions: their length reads as all ones. */
Test(mmio, no_shared_memory)
{
	struct rig rig;

	rig_start(&rig, 0, 1, 0);
	reg_write(&rig.drv, VIRTIO_MMIO_SHM_SEL, 0);
	cr_assert_eq(reg_read(&rig.drv, VIRTIO_MMIO_SHM_LEN_LOW), UINT32_MAX);
	cr_assert_eq(reg_read(&rig.drv, VIRTIO_MMIO_SHM_LEN_HIGH), UINT32_MAX);
	cr_assert_eq(reg_read(&rig.drv, VIRTIO_MMIO_SHM_BASE_LOW), UINT32_MAX);
	rig_stop(&rig);
}

/* Accesses the device does not have are refused, and nothing happens. */
Test(mmio, bad_accesses)
{
	static const struct {
		uint32_t offset, size;
	} bad[] = {
		{ 0x000, 1 }, { 0x000, 2 }, { 0x000, 8 }, { 0x001, 4 },
		{ 0x002, 4 }, { 0x00c, 0 }, { 0x00c, 3 }, { 0x048, 4 },
		{ 0x0f8, 4 }, { 0x100, 8 }, { 0x101, 2 }, { 0x102, 4 },
		{ 0x200, 4 }, { 0x1fe, 4 }, { 0xfffffffc, 4 },
		{ 0xffffffff, 1 }, { 0x100, 0x40000000 },
	};
	struct rig rig;
	__u64 value;
	size_t i;

	rig_start(&rig, 0, 1, 0);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cr_expect_eq(virtio_mmio_read(rig.mmio, bad[i].offset,
					      bad[i].size, &value), -EINVAL,
			     "read 0x%x/%u", bad[i].offset, bad[i].size);
		cr_expect_eq(virtio_mmio_write(rig.mmio, bad[i].offset,
					       bad[i].size, 1), -EINVAL,
			     "write 0x%x/%u", bad[i].offset, bad[i].size);
	}
	cr_expect_eq(virtio_mmio_read(rig.mmio, VIRTIO_MMIO_QUEUE_NOTIFY, 4,
				      &value), -EINVAL);
	cr_expect_eq(virtio_mmio_write(rig.mmio, VIRTIO_MMIO_MAGIC_VALUE, 4,
				       1), -EINVAL);
	rig_stop(&rig);
}

/* FEATURES_OK does not stick without VERSION_1 or with what was not offered. */
Test(mmio, features_refused)
{
	static const uint64_t bad[] = {
		0,
		1ULL << VIRTIO_BLK_F_FLUSH,
		1ULL << VIRTIO_F_VERSION_1 | 1ULL << 63,
		1ULL << VIRTIO_F_VERSION_1 | 1ULL << VIRTIO_BLK_F_RO,
	};
	struct rig rig;
	size_t i;

	rig_start(&rig, 0, 1, 0);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		driver_reset(&rig.drv);
		reg_write(&rig.drv, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1);
		reg_write(&rig.drv, VIRTIO_MMIO_DRIVER_FEATURES, bad[i] >> 32);
		reg_write(&rig.drv, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 0);
		reg_write(&rig.drv, VIRTIO_MMIO_DRIVER_FEATURES,
			  (uint32_t)bad[i]);
		reg_write(&rig.drv, VIRTIO_MMIO_STATUS, 0xb);
		cr_expect_eq(driver_status(&rig.drv), 0x3, "features %llx",
			     (unsigned long long)bad[i]);
	}
	rig_stop(&rig);
}

/* Selectors beyond what exists read as 0 and write to nothing. */
Test(mmio, selectors_out_of_range)
{
	struct rig rig;

	rig_start(&rig, ALL_FEATURES, 2, 16);
	reg_write(&rig.drv, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 2);
	cr_assert_eq(reg_read(&rig.drv, VIRTIO_MMIO_DEVICE_FEATURES), 0);
	reg_write(&rig.drv, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 77);
	reg_write(&rig.drv, VIRTIO_MMIO_DRIVER_FEATURES, UINT32_MAX);
	reg_write(&rig.drv, VIRTIO_MMIO_QUEUE_SEL, 2);
	cr_assert_eq(reg_read(&rig.drv, VIRTIO_MMIO_QUEUE_NUM_MAX), 0);
	cr_assert_eq(reg_read(&rig.drv, VIRTIO_MMIO_QUEUE_READY), 0);
	reg_write(&rig.drv, VIRTIO_MMIO_QUEUE_NUM, 16);
	reg_write(&rig.drv, VIRTIO_MMIO_QUEUE_READY, 1);
	cr_assert_eq(reg_read(&rig.drv, VIRTIO_MMIO_QUEUE_READY), 0);
	reg_write(&rig.drv, VIRTIO_MMIO_QUEUE_NOTIFY, 2);
	reg_write(&rig.drv, VIRTIO_MMIO_QUEUE_NOTIFY, UINT32_MAX);
	cr_assert_eq(driver_status(&rig.drv), 0xf);
	rig_stop(&rig);
}

/* A queue that cannot work is not started, and the device says so. */
struct queue_case {
	const char *what;
	uint32_t size;
	uint64_t desc, avail, used;
};

Test(mmio, bad_queues_break_the_device)
{
	static const struct queue_case cases[] = {
		{ "size 0", 0, 0x20000, 0x21000, 0x22000 },
		{ "no power of two", 15, 0x20000, 0x21000, 0x22000 },
		{ "too large", 512, 0x20000, 0x24000, 0x28000 },
		{ "above 16 bits", 0x10010, 0x20000, 0x21000, 0x22000 },
		{ "table not aligned", 16, 0x20008, 0x21000, 0x22000 },
		{ "available not aligned", 16, 0x20000, 0x21001, 0x22000 },
		{ "used not aligned", 16, 0x20000, 0x21000, 0x22002 },
		{ "table at 0", 16, 0, 0x21000, 0x22000 },
		{ "table across the end", 16, FAKE_START + FAKE_SIZE - 0xf0,
		  0x21000, 0x22000 },
		{ "used beyond the end", 16, 0x20000, 0x21000,
		  FAKE_START + FAKE_SIZE },
		{ "used wraps", 16, 0x20000, 0x21000, UINT64_MAX - 3 },
		{ "table over available", 16, 0x20000, 0x200fe, 0x22000 },
		{ "available over used", 16, 0x20000, 0x21000, 0x21020 },
		{ "used over table", 16, 0x20000, 0x21000, 0x200fc },
	};
	struct rig rig;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct queue_case *c = &cases[i];

		fake.memory = NULL;
		rig_start(&rig, 0, 1, 0);
		driver_negotiate(&rig.drv, ALL_FEATURES);
		reg_write(&rig.drv, VIRTIO_MMIO_QUEUE_SEL, 0);
		reg_write(&rig.drv, VIRTIO_MMIO_QUEUE_NUM, c->size);
		reg_write(&rig.drv, VIRTIO_MMIO_QUEUE_DESC_LOW, c->desc);
		reg_write(&rig.drv, VIRTIO_MMIO_QUEUE_DESC_HIGH, c->desc >> 32);
		reg_write(&rig.drv, VIRTIO_MMIO_QUEUE_AVAIL_LOW, c->avail);
		reg_write(&rig.drv, VIRTIO_MMIO_QUEUE_USED_LOW, c->used);
		reg_write(&rig.drv, VIRTIO_MMIO_QUEUE_USED_HIGH, c->used >> 32);
		reg_write(&rig.drv, VIRTIO_MMIO_QUEUE_READY, 1);
		cr_expect_eq(reg_read(&rig.drv, VIRTIO_MMIO_QUEUE_READY), 0,
			     "%s", c->what);
		cr_expect(driver_status(&rig.drv) & VIRTIO_CONFIG_S_NEEDS_RESET,
			  "%s", c->what);
		rig_stop(&rig);
	}
}

/* Addresses of 64 bits arrive in two halves, in any order. */
Test(mmio, address_halves)
{
	struct rig rig;
	struct driver_queue *q = &rig.drv.queue[0];

	rig_start(&rig, 0, 1, 0);
	driver_negotiate(&rig.drv, ALL_FEATURES);
	reg_write(&rig.drv, VIRTIO_MMIO_QUEUE_DESC_HIGH, 0xdead);
	reg_write(&rig.drv, VIRTIO_MMIO_QUEUE_AVAIL_HIGH, 0xdead);
	reg_write(&rig.drv, VIRTIO_MMIO_QUEUE_USED_HIGH, 0xdead);
	driver_queue_setup(&rig.drv, 0, 16);
	reg_write(&rig.drv, VIRTIO_MMIO_STATUS, 0xf);
	cr_assert_eq(blk_write(&rig.drv, 0, NULL, 512), VIRTIO_BLK_S_OK);
	cr_assert_eq(q->used->idx, 1);
	rig_stop(&rig);
}

/* While a queue is ready its registers are frozen. */
Test(mmio, ready_queue_is_frozen)
{
	struct rig rig;
	int i;

	rig_start(&rig, ALL_FEATURES, 1, 16);
	reg_write(&rig.drv, VIRTIO_MMIO_QUEUE_NUM, 3);
	reg_write(&rig.drv, VIRTIO_MMIO_QUEUE_DESC_LOW, 0);
	reg_write(&rig.drv, VIRTIO_MMIO_QUEUE_READY, 1);
	for (i = 0; i < 20; i++)
		cr_assert_eq(blk_write(&rig.drv, 0, NULL, 512),
			     VIRTIO_BLK_S_OK);
	cr_assert_eq(driver_status(&rig.drv), 0xf);
	rig_stop(&rig);
}

/* A queue can be stopped by itself, and then takes nothing. */
Test(mmio, queue_stops)
{
	struct rig rig;

	rig_start(&rig, ALL_FEATURES, 2, 16);
	reg_write(&rig.drv, VIRTIO_MMIO_QUEUE_SEL, 1);
	reg_write(&rig.drv, VIRTIO_MMIO_QUEUE_READY, 0);
	cr_assert_eq(reg_read(&rig.drv, VIRTIO_MMIO_QUEUE_READY), 0);
	blk_io_make(&rig.drv.queue[1], 0, VIRTIO_BLK_T_OUT, 0, 512, false);
	queue_publish(&rig.drv.queue[1], 0);
	queue_notify(&rig.drv, 1);
	cr_assert_eq(rig.drv.queue[1].used->idx, 0);
	cr_assert_eq(blk_write(&rig.drv, 0, NULL, 512), VIRTIO_BLK_S_OK);
	rig_stop(&rig);
}

/* No chain is taken before DRIVER_OK. */
Test(mmio, nothing_before_driver_ok)
{
	struct rig rig;
	struct driver_queue *q = &rig.drv.queue[0];

	rig_start(&rig, 0, 1, 0);
	driver_negotiate(&rig.drv, ALL_FEATURES);
	driver_queue_setup(&rig.drv, 0, 16);
	blk_io_make(q, 0, VIRTIO_BLK_T_OUT, 0, 512, false);
	queue_publish(q, 0);
	queue_notify(&rig.drv, 0);
	cr_assert_eq(q->used->idx, 0);
	cr_assert_eq(fake.interrupts, 0);
	reg_write(&rig.drv, VIRTIO_MMIO_STATUS, 0xf);
	queue_notify(&rig.drv, 0);
	cr_assert_eq(q->used->idx, 1);
	rig_stop(&rig);
}

/* A queue cannot be ready before features are agreed. */
Test(mmio, no_queue_before_features_ok)
{
	struct rig rig;

	rig_start(&rig, 0, 1, 0);
	reg_write(&rig.drv, VIRTIO_MMIO_STATUS, 3);
	reg_write(&rig.drv, VIRTIO_MMIO_QUEUE_SEL, 0);
	reg_write(&rig.drv, VIRTIO_MMIO_QUEUE_NUM, 16);
	reg_write(&rig.drv, VIRTIO_MMIO_QUEUE_DESC_LOW, 0x20000);
	reg_write(&rig.drv, VIRTIO_MMIO_QUEUE_AVAIL_LOW, 0x21000);
	reg_write(&rig.drv, VIRTIO_MMIO_QUEUE_USED_LOW, 0x22000);
	reg_write(&rig.drv, VIRTIO_MMIO_QUEUE_READY, 1);
	cr_assert_eq(reg_read(&rig.drv, VIRTIO_MMIO_QUEUE_READY), 0);
	rig_stop(&rig);
}

/* Interrupt bits stay until acknowledged, each by itself. */
Test(mmio, interrupt_status_and_ack)
{
	struct rig rig;

	rig_start(&rig, ALL_FEATURES, 1, 16);
	blk_write(&rig.drv, 0, NULL, 512);
	cr_assert_eq(reg_read(&rig.drv, VIRTIO_MMIO_INTERRUPT_STATUS),
		     VIRTIO_MMIO_INT_VRING);
	reg_write(&rig.drv, VIRTIO_MMIO_INTERRUPT_ACK, VIRTIO_MMIO_INT_CONFIG);
	cr_assert_eq(reg_read(&rig.drv, VIRTIO_MMIO_INTERRUPT_STATUS),
		     VIRTIO_MMIO_INT_VRING);
	reg_write(&rig.drv, VIRTIO_MMIO_INTERRUPT_ACK, VIRTIO_MMIO_INT_VRING);
	cr_assert_eq(reg_read(&rig.drv, VIRTIO_MMIO_INTERRUPT_STATUS), 0);
	rig_stop(&rig);
}

/* Reset takes everything back: status, interrupts, queues, selectors. */
Test(mmio, reset)
{
	struct rig rig;
	uint32_t mark;

	rig_start(&rig, ALL_FEATURES, 1, 16);
	blk_write(&rig.drv, 0, NULL, 512);
	mark = fake.interrupts;
	driver_reset(&rig.drv);
	cr_assert_eq(reg_read(&rig.drv, VIRTIO_MMIO_INTERRUPT_STATUS), 0);
	cr_assert_eq(reg_read(&rig.drv, VIRTIO_MMIO_QUEUE_READY), 0);
	queue_notify(&rig.drv, 0);
	cr_assert_eq(fake.interrupts, mark);
	driver_start(&rig.drv, rig.mmio, ALL_FEATURES, 1, 64);
	cr_assert_eq(blk_write(&rig.drv, 0, NULL, 512), VIRTIO_BLK_S_OK);
	rig_stop(&rig);
}

/* Every allocation and semaphore may be refused; nothing leaks. */
Test(mmio, creation_fails_cleanly)
{
	struct virtio_device *vdev;
	struct virtio_mmio *mmio;
	struct membe *mb;
	int i, err;

	fake_init();
	for (i = 1;; i++) {
		mb = membe_create(4096);
		fake.fail_alloc = i;
		err = virtio_blk_create(&fake.host, &mb->be, 3, &vdev);
		if (!err) {
			err = virtio_mmio_create(vdev, &mmio);
			if (!err)
				break;
			vdev->ops->destroy(vdev);
		} else {
			mb->be.ops->destroy(&mb->be);
		}
		cr_assert_eq(err, -ENOMEM);
		cr_assert_eq(fake.allocs, 0, "failure %d leaks", i);
	}
	cr_assert_gt(i, 8);
	fake.fail_alloc = 0;
	virtio_mmio_destroy(mmio);
	fake_check_clean();
}
