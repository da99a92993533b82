/* SPDX-License-Identifier: GPL-2.0 */
/*
 * blk.h - the parts of the virtio block device.
 *
 * Layer:   drivers/virtio, private to blk*.c.
 *
 * blk.c		the device: configuration, queues, life cycle
 * blk_request.c	one request: what the driver asked for
 * blk_slot.c		one request: its slot, the backend, the answer
 */
#ifndef LKL_VIRTIO_BLK_H
#define LKL_VIRTIO_BLK_H

#include "drivers/virtio/virtio.h"

#include <linux/virtio_blk.h>

#define SECTOR_SIZE	512
#define QUEUE_SIZE	VIRTQUEUE_SIZE_MAX

/* Data segments in a request, and with header and status byte. */
#define SEG_MAX		254
#define IOV_MAX_SLOT	(SEG_MAX + 2)

/* Longest DISCARD or WRITE_ZEROES: 2 GiB, so that one does not take forever. */
#define RANGE_SECTORS_MAX	(1U << 22)

/* Slots are allocated so many at a time, as a queue gets deeper. */
#define CHUNK_SLOTS	8
#define CHUNKS_MAX	(QUEUE_SIZE / CHUNK_SLOTS)

/**
 * struct blk_slot - one request
 * @req: what the backend sees
 * @queue: its queue
 * @next: in the free list or the done list
 * @result: the backend's answer, in the done list
 * @head: the chain
 * @status: where the status byte goes
 * @written: length to report to the driver if all goes well
 * @reading: it fills data buffers of the driver
 * @flush_after: write-through: a flush is due before it is done
 * @iov: its buffers
 */
struct blk_slot {
	struct virtio_blk_request req;
	struct blk_queue *queue;
	struct blk_slot *next;
	int result;
	uint16_t head;
	bool reading;
	bool flush_after;
	uint32_t written;
	uint8_t *status;
	struct iovec iov[IOV_MAX_SLOT];
};

/**
 * struct blk_queue - what belongs to one virtqueue
 * @vq: the virtqueue
 * @free: slots not in use
 * @started: a request went to the backend since the last commit
 * @chunks: how many of @chunk exist
 * @chunk: all slots, CHUNK_SLOTS each
 * @done: slots with an answer; atomic
 */
struct blk_queue {
	struct virtqueue *vq;
	struct blk_slot *free;
	bool started;
	unsigned int chunks;
	struct blk_slot *chunk[CHUNKS_MAX];
	struct blk_slot *done;
};

struct virtio_blk {
	struct virtio_device vdev;
	struct virtio_blk_backend *be;
	struct virtio_blk_config config;
	bool write_through;
	struct blk_queue *queues;
};

static inline struct virtio_blk *to_blk(struct virtio_device *vdev)
{
	return (struct virtio_blk *)vdev;
}

/* Was a VIRTIO_BLK_F_* agreed on? */
static inline bool blk_has(const struct virtio_blk *blk, unsigned int feature)
{
	return blk->vdev.features >> feature & 1;
}

/**
 * blk_slots_grow - allocate more slots for a queue
 * @blk: the device
 * @queue: its queue
 *
 * Context: struct virtio_device_ops.run, or before the queue is used.
 * Return: whether there are more now.
 */
bool blk_slots_grow(struct virtio_blk *blk, struct blk_queue *queue);

/**
 * blk_slots_reset - take all slots of a queue back
 * @queue: a queue that nobody runs and that has nothing in flight
 *
 * Context: transport.
 */
void blk_slots_reset(struct blk_queue *queue);

/**
 * blk_slot_get - take a slot
 * @blk: the device
 * @queue: a queue the caller is running
 *
 * Context: struct virtio_device_ops.run.
 * Return: it, or NULL while others are in use, which will come back.
 */
struct blk_slot *blk_slot_get(struct virtio_blk *blk, struct blk_queue *queue);

/**
 * blk_slot_put - give a slot back
 * @slot: one without a request
 *
 * Context: struct virtio_device_ops.run.
 */
void blk_slot_put(struct blk_slot *slot);

/**
 * blk_slot_finish - end a request: status byte, used ring, slot
 * @slot: its slot
 * @status: VIRTIO_BLK_S_*
 *
 * Context: struct virtio_device_ops.run.
 */
void blk_slot_finish(struct blk_slot *slot, uint8_t status);

/**
 * blk_slot_start - hand a slot's request to the backend
 * @blk: the device
 * @slot: its slot, the request filled in
 *
 * It is finished here if the answer comes at once.
 *
 * Context: struct virtio_device_ops.run.
 */
void blk_slot_start(struct virtio_blk *blk, struct blk_slot *slot);

/**
 * blk_slots_answer - finish all requests that were answered late
 * @blk: the device
 * @queue: a queue the caller is running
 *
 * Context: struct virtio_device_ops.run.
 */
void blk_slots_answer(struct virtio_blk *blk, struct blk_queue *queue);

/**
 * blk_request - do what a chain asks for
 * @blk: the device
 * @slot: a slot for it, in whose iov its buffers are
 * @chain: the chain
 *
 * Context: struct virtio_device_ops.run.
 * Return: false if the chain cannot even carry a status; the slot is unused.
 */
bool blk_request(struct virtio_blk *blk, struct blk_slot *slot,
		 struct virtqueue_chain *chain);

#endif /* LKL_VIRTIO_BLK_H */
