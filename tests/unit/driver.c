// SPDX-License-Identifier: GPL-2.0
/*
 * driver.c - a model of the driver side of virtio.
 *
 * Layer:   tests/unit.
 * Users:   see driver.h. One thread a queue.
 */
#include "tests/unit/driver.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/unit/fake.h"

/* Registers */

uint32_t reg_read(struct driver *drv, uint32_t offset)
{
	__u64 value = 0;

	cr_assert_eq(virtio_mmio_read(drv->mmio, offset, 4, &value), 0,
		     "register 0x%x can be read", offset);
	return (uint32_t)value;
}

void reg_write(struct driver *drv, uint32_t offset, uint32_t value)
{
	cr_assert_eq(virtio_mmio_write(drv->mmio, offset, 4, value), 0,
		     "register 0x%x can be written", offset);
}

uint64_t config_read(struct driver *drv, uint32_t offset, uint32_t size)
{
	__u64 value = 0;

	if (size == 8)
		return config_read(drv, offset, 4) |
		       config_read(drv, offset + 4, 4) << 32;
	cr_assert_eq(virtio_mmio_read(drv->mmio, VIRTIO_MMIO_CONFIG + offset,
				      size, &value), 0);
	return value;
}

uint32_t driver_status(struct driver *drv)
{
	return reg_read(drv, VIRTIO_MMIO_STATUS);
}

uint64_t driver_offered(struct driver *drv)
{
	uint64_t features;

	reg_write(drv, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 1);
	features = (uint64_t)reg_read(drv, VIRTIO_MMIO_DEVICE_FEATURES) << 32;
	reg_write(drv, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 0);
	return features | reg_read(drv, VIRTIO_MMIO_DEVICE_FEATURES);
}

void driver_negotiate(struct driver *drv, uint64_t features)
{
	driver_reset(drv);
	reg_write(drv, VIRTIO_MMIO_STATUS, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	reg_write(drv, VIRTIO_MMIO_STATUS,
		  VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER);
	drv->features = driver_offered(drv) & features;
	reg_write(drv, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1);
	reg_write(drv, VIRTIO_MMIO_DRIVER_FEATURES, drv->features >> 32);
	reg_write(drv, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 0);
	reg_write(drv, VIRTIO_MMIO_DRIVER_FEATURES, (uint32_t)drv->features);
	reg_write(drv, VIRTIO_MMIO_STATUS,
		  driver_status(drv) | VIRTIO_CONFIG_S_FEATURES_OK);
	cr_assert(driver_status(drv) & VIRTIO_CONFIG_S_FEATURES_OK);
}

static void queue_alloc(struct driver_queue *q, uint16_t size)
{
	memset(q, 0, sizeof(*q));
	q->size = size;
	q->desc_addr = fake_alloc(16ULL * size, 16);
	q->avail_addr = fake_alloc(6 + 2ULL * size, 2);
	q->used_addr = fake_alloc(6 + 8ULL * size, 4);
	q->desc = fake_ptr(q->desc_addr);
	q->avail = fake_ptr(q->avail_addr);
	q->used = fake_ptr(q->used_addr);
}

void driver_queue_setup(struct driver *drv, unsigned int index, uint16_t size)
{
	struct driver_queue *q = &drv->queue[index];

	queue_alloc(q, size);
	reg_write(drv, VIRTIO_MMIO_QUEUE_SEL, index);
	cr_assert_eq(reg_read(drv, VIRTIO_MMIO_QUEUE_READY), 0);
	cr_assert_geq(reg_read(drv, VIRTIO_MMIO_QUEUE_NUM_MAX), size);
	reg_write(drv, VIRTIO_MMIO_QUEUE_NUM, size);
	reg_write(drv, VIRTIO_MMIO_QUEUE_DESC_LOW, (uint32_t)q->desc_addr.raw);
	reg_write(drv, VIRTIO_MMIO_QUEUE_DESC_HIGH, q->desc_addr.raw >> 32);
	reg_write(drv, VIRTIO_MMIO_QUEUE_AVAIL_LOW,
		  (uint32_t)q->avail_addr.raw);
	reg_write(drv, VIRTIO_MMIO_QUEUE_AVAIL_HIGH, q->avail_addr.raw >> 32);
	reg_write(drv, VIRTIO_MMIO_QUEUE_USED_LOW, (uint32_t)q->used_addr.raw);
	reg_write(drv, VIRTIO_MMIO_QUEUE_USED_HIGH, q->used_addr.raw >> 32);
	reg_write(drv, VIRTIO_MMIO_QUEUE_READY, 1);
	cr_assert_eq(reg_read(drv, VIRTIO_MMIO_QUEUE_READY), 1);
}

void driver_start(struct driver *drv, struct virtio_mmio *mmio,
		  uint64_t features, unsigned int queues, uint16_t size)
{
	unsigned int i;

	drv->mmio = mmio;
	driver_negotiate(drv, features);
	for (i = 0; i < queues; i++)
		driver_queue_setup(drv, i, size);
	reg_write(drv, VIRTIO_MMIO_STATUS,
		  driver_status(drv) | VIRTIO_CONFIG_S_DRIVER_OK);
}

void driver_reset(struct driver *drv)
{
	reg_write(drv, VIRTIO_MMIO_STATUS, 0);
	cr_assert_eq(driver_status(drv), 0);
}

/* Rings. The device may run in another thread, hence the atomics. */

void queue_fill(struct driver_queue *q, uint16_t first,
		const struct driver_buf *bufs, unsigned int n)
{
	struct vring_desc *desc;
	unsigned int i;

	for (i = 0; i < n; i++) {
		desc = &q->desc[first + i];
		desc->addr = bufs[i].addr.raw;
		desc->len = bufs[i].len;
		desc->flags = (bufs[i].write ? VRING_DESC_F_WRITE : 0) |
			      (i + 1 < n ? VRING_DESC_F_NEXT : 0);
		desc->next = i + 1 < n ? first + i + 1 : 0;
	}
}

void queue_publish(struct driver_queue *q, uint16_t head)
{
	__atomic_store_n(&q->avail->ring[q->avail_idx % q->size], head,
			 __ATOMIC_RELAXED);
	q->avail_idx++;
	__atomic_store_n(&q->avail->idx, q->avail_idx, __ATOMIC_RELEASE);
}

void queue_notify(struct driver *drv, unsigned int index)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	reg_write(drv, VIRTIO_MMIO_QUEUE_NOTIFY, index);
}

bool queue_used(struct driver_queue *q, struct vring_used_elem *elem)
{
	const struct vring_used_elem *used;

	if (__atomic_load_n(&q->used->idx, __ATOMIC_ACQUIRE) == q->used_seen)
		return false;
	used = &q->used->ring[q->used_seen % q->size];
	elem->id = __atomic_load_n(&used->id, __ATOMIC_RELAXED);
	elem->len = __atomic_load_n(&used->len, __ATOMIC_RELAXED);
	q->used_seen++;
	/* used_event: tell us about the next one (section 2.7.7.2). */
	__atomic_store_n(&q->avail->ring[q->size], q->used_seen,
			 __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return true;
}

struct vring_used_elem queue_wait_used(struct driver_queue *q)
{
	struct vring_used_elem elem;

	while (!queue_used(q, &elem))
		fake_wait_interrupt();
	return elem;
}

/* Block requests */

struct blk_io blk_io_make(struct driver_queue *q, uint16_t head, uint32_t type,
			  uint64_t sector, uint32_t len, bool data_written)
{
	struct blk_io io = { .head = head, .len = len };
	struct virtio_blk_outhdr *hdr;
	struct driver_buf bufs[3];
	unsigned int n = 0;

	io.hdr = fake_alloc(sizeof(*hdr), 8);
	io.status = fake_alloc(1, 1);
	*(uint8_t *)fake_ptr(io.status) = 0xee;
	hdr = fake_ptr(io.hdr);
	hdr->type = type;
	hdr->sector = sector;

	bufs[n++] = (struct driver_buf){ io.hdr, sizeof(*hdr), false };
	if (len) {
		io.data = fake_alloc(len, 512);
		bufs[n++] = (struct driver_buf){ io.data, len, data_written };
	}
	bufs[n++] = (struct driver_buf){ io.status, 1, true };
	queue_fill(q, head, bufs, n);
	return io;
}

uint8_t blk_io_status(const struct blk_io *io)
{
	return *(uint8_t *)fake_ptr(io->status);
}

uint8_t blk_io_run(struct driver *drv, unsigned int queue,
		   const struct blk_io *io, uint32_t *used_len)
{
	struct vring_used_elem elem;

	queue_publish(&drv->queue[queue], io->head);
	queue_notify(drv, queue);
	elem = queue_wait_used(&drv->queue[queue]);
	cr_assert_eq(elem.id, io->head);
	if (used_len)
		*used_len = elem.len;
	return blk_io_status(io);
}

/* Guest memory is taken for one request only. */
static uint8_t run_once(struct driver *drv, const struct blk_io *io,
			uint64_t mark)
{
	uint8_t status = blk_io_run(drv, 0, io, NULL);

	fake.used = mark;
	return status;
}

uint8_t blk_read(struct driver *drv, uint64_t sector, void *data, uint32_t len)
{
	uint64_t mark = fake.used;
	struct blk_io io = blk_io_make(&drv->queue[0], 0, VIRTIO_BLK_T_IN,
				       sector, len, true);
	uint8_t status = run_once(drv, &io, mark);

	if (data)
		memcpy(data, fake_ptr(io.data), len);
	return status;
}

uint8_t blk_write(struct driver *drv, uint64_t sector, const void *data,
		  uint32_t len)
{
	uint64_t mark = fake.used;
	struct blk_io io = blk_io_make(&drv->queue[0], 0, VIRTIO_BLK_T_OUT,
				       sector, len, false);

	if (data)
		memcpy(fake_ptr(io.data), data, len);
	return run_once(drv, &io, mark);
}

uint8_t blk_flush(struct driver *drv)
{
	uint64_t mark = fake.used;
	struct blk_io io = blk_io_make(&drv->queue[0], 0, VIRTIO_BLK_T_FLUSH, 0,
				       0, false);

	return run_once(drv, &io, mark);
}

uint8_t blk_range(struct driver *drv, uint32_t type, uint64_t sector,
		  uint32_t sectors, uint32_t flags)
{
	uint64_t mark = fake.used;
	struct blk_io io = blk_io_make(
		&drv->queue[0], 0, type, 0,
		sizeof(struct virtio_blk_discard_write_zeroes), false);
	struct virtio_blk_discard_write_zeroes *range = fake_ptr(io.data);

	range->sector = sector;
	range->num_sectors = sectors;
	range->flags = flags;
	return run_once(drv, &io, mark);
}
