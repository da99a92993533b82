// SPDX-License-Identifier: GPL-2.0
/*
 * blk_slot.c - a block request's slot: to the backend, and its answer back.
 *
 * Layer:   drivers/virtio, inside the block device.
 * Users:   blk.c, blk_request.c; backends, through struct virtio_blk_request.done.
 * Locking: a queue's slots are touched only by the thread that runs the queue
 *          (ring.c), but for the done list, which any thread may push to.
 *
 * DOC: Theory of operation
 *
 * Each chain taken from a queue occupies a slot. Slots are kept: a few exist from
 * the start, and more are allocated when a queue gets deeper than ever before;
 * if that fails, chains wait in the ring for a slot to come back. The slot used
 * last is used next, so a shallow queue stays in the processor's cache.
 *
 * The slot's request goes to the backend, which answers at once or later. An
 * answer at once is pushed to the used ring where we stand; a later one is put
 * on the queue's done list, a lock-free stack, and the queue is kicked, so that
 * whoever runs the queue next pushes it, together with all others that are done
 * by then.
 */
#include "drivers/virtio/blk.h"

#include <errno.h>

void blk_slot_put(struct blk_slot *slot)
{
	slot->next = slot->queue->free;
	slot->queue->free = slot;
}

static void slot_done(struct virtio_blk_request *req, int result);

bool blk_slots_grow(struct virtio_blk *blk, struct blk_queue *queue)
{
	struct blk_slot *chunk;
	unsigned int i;

	if (queue->chunks == CHUNKS_MAX)
		return false;
	chunk = blk->vdev.host.mem->alloc(CHUNK_SLOTS * sizeof(*chunk));
	if (!chunk)
		return false;
	queue->chunk[queue->chunks++] = chunk;
	for (i = CHUNK_SLOTS; i-- > 0;) {
		chunk[i].queue = queue;
		chunk[i].req.done = slot_done;
		blk_slot_put(&chunk[i]);
	}
	return true;
}

struct blk_slot *blk_slot_get(struct virtio_blk *blk, struct blk_queue *queue)
{
	struct blk_slot *slot;

	if (!queue->free && !blk_slots_grow(blk, queue))
		return NULL;
	slot = queue->free;
	queue->free = slot->next;
	return slot;
}

/* struct virtio_blk_request.done: any host thread. */
static void slot_done(struct virtio_blk_request *req, int result)
{
	struct blk_slot *slot = (struct blk_slot *)req;
	struct blk_queue *queue = slot->queue;
	struct virtqueue *vq = queue->vq;

	slot->result = result;
	slot->next = __atomic_load_n(&queue->done, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&queue->done, &slot->next, slot,
					    true, __ATOMIC_RELEASE,
					    __ATOMIC_RELAXED))
		;
	virtqueue_kick(vq);
	virtqueue_release(vq);
}

static uint8_t status_of(const struct blk_slot *slot, int result)
{
	if (!result)
		return VIRTIO_BLK_S_OK;
	if (result == -EOPNOTSUPP && slot->req.op >= VIRTIO_BLK_OP_FLUSH)
		return VIRTIO_BLK_S_UNSUPP;
	return VIRTIO_BLK_S_IOERR;
}

/*
 * A failed read has written only the status byte, which lies behind the data,
 * so no length from the start of the buffers is true but 0 (section 2.7.8).
 */
void blk_slot_finish(struct blk_slot *slot, uint8_t status)
{
	uint32_t written = slot->written;

	if (status != VIRTIO_BLK_S_OK && slot->reading)
		written = 0;
	*slot->status = status;
	virtqueue_push(slot->queue->vq, slot->head, written);
	blk_slot_put(slot);
}

/* Hand to the backend. Return: its answer, or -EINPROGRESS. */
static int slot_submit(struct virtio_blk *blk, struct blk_slot *slot)
{
	struct virtqueue *vq = slot->queue->vq;
	int result;

	virtqueue_hold(vq);
	result = blk->be->ops->submit(blk->be, &slot->req);
	if (result == -EINPROGRESS)
		slot->queue->started = true;
	else
		virtqueue_release(vq);
	return result;
}

/* An answer is here: finish, unless write-through needs a flush first. */
static void slot_answer(struct virtio_blk *blk, struct blk_slot *slot,
			int result)
{
	if (!result && slot->flush_after) {
		slot->flush_after = false;
		slot->req.op = VIRTIO_BLK_OP_FLUSH;
		slot->req.offset = 0;
		slot->req.len = 0;
		result = slot_submit(blk, slot);
	}
	if (result != -EINPROGRESS)
		blk_slot_finish(slot, status_of(slot, result));
}

void blk_slot_start(struct virtio_blk *blk, struct blk_slot *slot)
{
	int result = slot_submit(blk, slot);

	if (result != -EINPROGRESS)
		slot_answer(blk, slot, result);
}

void blk_slots_answer(struct virtio_blk *blk, struct blk_queue *queue)
{
	struct blk_slot *slot, *next;

	slot = __atomic_exchange_n(&queue->done, NULL, __ATOMIC_ACQUIRE);
	for (; slot; slot = next) {
		next = slot->next;
		slot_answer(blk, slot, slot->result);
	}
}

/* Nothing is in flight, but answers nobody looked at may have been left. */
void blk_slots_reset(struct blk_queue *queue)
{
	unsigned int i, j;

	queue->free = NULL;
	queue->done = NULL;
	queue->started = false;
	for (i = queue->chunks; i-- > 0;)
		for (j = CHUNK_SLOTS; j-- > 0;)
			blk_slot_put(&queue->chunk[i][j]);
}
