/* SPDX-License-Identifier: GPL-2.0 */
/*
 * driver.h - a model of the driver side: registers, split rings, requests.
 *
 * Layer:   tests/unit.
 * Users:   the suites. Written from virtio 1.2, not from the device's code, and
 *          deliberately simple: descriptors of a chain are where the test puts
 *          them, nothing is hidden, everything can be corrupted.
 */
#ifndef LKL_UNIT_DRIVER_H
#define LKL_UNIT_DRIVER_H

#include <linux/virtio_blk.h>
#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_ring.h>

#include "drivers/virtio/virtio.h"

#define DRIVER_QUEUES_MAX	5
#define DRIVER_RING_MAX		256

/**
 * struct driver_queue - one ring as the driver keeps it
 * @size: descriptors
 * @desc: descriptor table, and so on
 * @desc_addr: where it is, and so on
 * @avail_idx: chains made available
 * @used_seen: used entries taken
 */
struct driver_queue {
	uint16_t size;
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
	guest_addr_t desc_addr;
	guest_addr_t avail_addr;
	guest_addr_t used_addr;
	uint16_t avail_idx;
	uint16_t used_seen;
};

struct driver {
	struct virtio_mmio *mmio;
	uint64_t features;
	struct driver_queue queue[DRIVER_QUEUES_MAX];
};

/* One buffer of a chain. */
struct driver_buf {
	guest_addr_t addr;
	uint32_t len;
	bool write;		/* by the device */
};

/* Registers; a refused access fails the test. */
uint32_t reg_read(struct driver *drv, uint32_t offset);
void reg_write(struct driver *drv, uint32_t offset, uint32_t value);
uint64_t config_read(struct driver *drv, uint32_t offset, uint32_t size);
uint64_t driver_offered(struct driver *drv);
uint32_t driver_status(struct driver *drv);

/* Initialise as virtio 1.2 section 3.1.1 says, with those of @features. */
void driver_negotiate(struct driver *drv, uint64_t features);
void driver_queue_setup(struct driver *drv, unsigned int index, uint16_t size);
void driver_start(struct driver *drv, struct virtio_mmio *mmio,
		  uint64_t features, unsigned int queues, uint16_t size);
void driver_reset(struct driver *drv);

/* Write @bufs to descriptors @first.. and make the chain available. */
void queue_fill(struct driver_queue *q, uint16_t first,
		const struct driver_buf *bufs, unsigned int n);
void queue_publish(struct driver_queue *q, uint16_t head);
void queue_notify(struct driver *drv, unsigned int index);

/* The next used entry, if there is one. */
bool queue_used(struct driver_queue *q, struct vring_used_elem *elem);
/* The same, waiting for interrupts. */
struct vring_used_elem queue_wait_used(struct driver_queue *q);

/**
 * struct blk_io - a block request of the driver
 * @head: first descriptor; it takes 2 or 3 of them
 * @hdr: header in guest memory
 * @data: data, if @len
 * @status: status byte
 */
struct blk_io {
	uint16_t head;
	guest_addr_t hdr;
	guest_addr_t data;
	uint32_t len;
	guest_addr_t status;
};

/* Prepare a request at descriptors from @head; @data_written: by the device. */
struct blk_io blk_io_make(struct driver_queue *q, uint16_t head, uint32_t type,
			  uint64_t sector, uint32_t len, bool data_written);
uint8_t blk_io_status(const struct blk_io *io);

/* Send one request and wait for it. Return: its status byte. */
uint8_t blk_io_run(struct driver *drv, unsigned int queue,
		   const struct blk_io *io, uint32_t *used_len);

/* The usual ones. @data may be NULL. */
uint8_t blk_read(struct driver *drv, uint64_t sector, void *data, uint32_t len);
uint8_t blk_write(struct driver *drv, uint64_t sector, const void *data,
		  uint32_t len);
uint8_t blk_flush(struct driver *drv);
uint8_t blk_range(struct driver *drv, uint32_t type, uint64_t sector,
		  uint32_t sectors, uint32_t flags);

#endif /* LKL_UNIT_DRIVER_H */
