// SPDX-License-Identifier: GPL-2.0
/*
 * blk.c - the virtio block device (virtio 1.2 section 5.2).
 *
 * Layer:   drivers/virtio, between a transport (struct virtio_device_ops) and a
 *          backend (struct virtio_blk_backend_ops).
 * Users:   the transport.
 * Locking: a queue is run by one thread at a time (ring.c); the configuration
 *          changes only while no queue is enabled, but for @write_through,
 *          which is atomic.
 */
#include "drivers/virtio/blk.h"

#include <endian.h>
#include <errno.h>
#include <linux/virtio_ids.h>
#include <string.h>

#define QUEUES_MAX	64

/* A data segment is no longer than this. */
#define SIZE_MAX_SEG	(4U << 20)

/* Show the driver what is done, at the latest after so many requests. */
#define BATCH_MAX	32

/* Running a queue */

enum batch {
	BATCH_EMPTY,		/* the ring is */
	BATCH_MORE,		/* there may be more in it */
	BATCH_WAIT,		/* the next answer has to come first */
};

static enum batch queue_batch(struct virtio_blk *blk, struct blk_queue *queue)
{
	struct virtqueue_chain chain;
	struct blk_slot *slot;
	unsigned int n;

	for (n = 0; n < BATCH_MAX; n++) {
		slot = blk_slot_get(blk, queue);
		if (!slot)
			return BATCH_WAIT;
		if (virtqueue_pop(queue->vq, &chain, slot->iov,
				  IOV_MAX_SLOT) <= 0) {
			blk_slot_put(slot);
			return BATCH_EMPTY;
		}
		if (!blk_request(blk, slot, &chain)) {
			blk_slot_put(slot);
			virtio_device_break(&blk->vdev);
		}
	}
	return BATCH_MORE;
}

static void blk_run(struct virtqueue *vq)
{
	struct virtio_blk *blk = to_blk(vq->vdev);
	struct blk_queue *queue = &blk->queues[vq->index];
	enum batch batch;

	do {
		blk_slots_answer(blk, queue);
		batch = queue_batch(blk, queue);
		if (queue->started && blk->be->ops->commit)
			blk->be->ops->commit(blk->be);
		queue->started = false;
		virtqueue_flush(vq);
	} while (batch == BATCH_MORE ||
		 (batch == BATCH_EMPTY && !virtqueue_idle(vq)));
}

/* Configuration */

static uint32_t blk_config_read(struct virtio_device *vdev, uint32_t offset,
				uint32_t size)
{
	struct virtio_blk *blk = to_blk(vdev);
	const char *config = (const char *)&blk->config;
	uint32_t value = 0;

	if (offset < sizeof(blk->config) && size <= sizeof(blk->config) - offset)
		memcpy(&value, config + offset, size);
	if (offset == offsetof(struct virtio_blk_config, wce) && size == 1)
		value = !__atomic_load_n(&blk->write_through, __ATOMIC_RELAXED);
	return le32toh(value);
}

/* Only the write cache can be switched (section 5.2.5.1). */
static void blk_config_write(struct virtio_device *vdev, uint32_t offset,
			     uint32_t size, uint32_t value)
{
	struct virtio_blk *blk = to_blk(vdev);

	if (offset == offsetof(struct virtio_blk_config, wce) && size == 1 &&
	    blk_has(blk, VIRTIO_BLK_F_CONFIG_WCE))
		__atomic_store_n(&blk->write_through, !(value & 1),
				 __ATOMIC_RELAXED);
}

/*
 * A driver that does not know FLUSH has no way to ask for durability, so it
 * gets write-through (section 5.2.6.2).
 */
static bool blk_features_ok(struct virtio_device *vdev)
{
	struct virtio_blk *blk = to_blk(vdev);

	blk->write_through = !blk_has(blk, VIRTIO_BLK_F_FLUSH);
	return true;
}

static unsigned int log2_of(uint32_t value)
{
	return 31 - __builtin_clz(value);
}

static void blk_config_init(struct virtio_blk *blk, unsigned int queues)
{
	const struct virtio_blk_backend *be = blk->be;
	uint32_t blocks = be->physical_size / be->block_size;

	blk->config = (struct virtio_blk_config){
		.capacity = htole64(be->size / SECTOR_SIZE),
		.size_max = htole32(SIZE_MAX_SEG),
		.seg_max = htole32(SEG_MAX),
		.blk_size = htole32(be->block_size),
		.physical_block_exp = log2_of(blocks),
		.min_io_size = htole16(blocks),
		.opt_io_size = htole32(be->optimal_size / be->block_size),
		.num_queues = htole16(queues),
		.max_discard_sectors = htole32(RANGE_SECTORS_MAX),
		.max_discard_seg = htole32(1),
		.discard_sector_alignment =
			htole32(be->physical_size / SECTOR_SIZE),
		.max_write_zeroes_sectors = htole32(RANGE_SECTORS_MAX),
		.max_write_zeroes_seg = htole32(1),
		.write_zeroes_may_unmap = 1,
	};
}

static uint64_t blk_features(const struct virtio_blk_backend *be,
			     unsigned int queues)
{
	uint64_t features = 1ULL << VIRTIO_BLK_F_SIZE_MAX |
			    1ULL << VIRTIO_BLK_F_SEG_MAX |
			    1ULL << VIRTIO_BLK_F_BLK_SIZE |
			    1ULL << VIRTIO_BLK_F_FLUSH |
			    1ULL << VIRTIO_BLK_F_TOPOLOGY |
			    1ULL << VIRTIO_BLK_F_CONFIG_WCE;

	if (queues > 1)
		features |= 1ULL << VIRTIO_BLK_F_MQ;
	if (be->read_only)
		return features | 1ULL << VIRTIO_BLK_F_RO;
	if (be->discard)
		features |= 1ULL << VIRTIO_BLK_F_DISCARD;
	if (be->write_zeroes)
		features |= 1ULL << VIRTIO_BLK_F_WRITE_ZEROES;
	return features;
}

/* Life cycle */

static void blk_reset(struct virtio_device *vdev)
{
	struct virtio_blk *blk = to_blk(vdev);
	unsigned int i;

	for (i = 0; i < vdev->queue_count; i++)
		blk_slots_reset(&blk->queues[i]);
	blk->write_through = false;
}

static void blk_free(struct virtio_blk *blk)
{
	const struct lkl_mem_ops *mem = blk->vdev.host.mem;
	unsigned int i, j;

	for (i = 0; blk->queues && i < blk->vdev.queue_count; i++)
		for (j = 0; j < blk->queues[i].chunks; j++)
			mem->free(blk->queues[i].chunk[j]);
	mem->free(blk->queues);
	virtio_device_fini(&blk->vdev);
	mem->free(blk);
}

/* The backend goes first: its threads may still be on their way out of us. */
static void blk_destroy(struct virtio_device *vdev)
{
	struct virtio_blk *blk = to_blk(vdev);

	blk->be->ops->destroy(blk->be);
	blk_free(blk);
}

static const struct virtio_device_ops blk_ops = {
	.config_read = blk_config_read,
	.config_write = blk_config_write,
	.features_ok = blk_features_ok,
	.run = blk_run,
	.reset = blk_reset,
	.destroy = blk_destroy,
};

static bool power_of_two(uint32_t value)
{
	return value && !(value & (value - 1));
}

static bool backend_ok(const struct virtio_blk_backend *be)
{
	return be->size % SECTOR_SIZE == 0 && power_of_two(be->block_size) &&
	       power_of_two(be->physical_size) &&
	       be->block_size >= SECTOR_SIZE && be->block_size <= 4096 &&
	       be->physical_size >= be->block_size;
}

int virtio_blk_create(const struct virtio_host *host,
		      struct virtio_blk_backend *be, unsigned int queues,
		      struct virtio_device **vdev)
{
	struct virtio_blk *blk;
	unsigned int i;
	int err;

	if (!queues || queues > QUEUES_MAX || !backend_ok(be))
		return -EINVAL;
	blk = host->mem->alloc(sizeof(*blk));
	if (!blk)
		return -ENOMEM;
	blk->be = be;
	blk->vdev.ops = &blk_ops;
	blk->vdev.id = VIRTIO_ID_BLOCK;
	blk->vdev.offered = blk_features(be, queues);
	blk_config_init(blk, queues);

	err = virtio_device_init(&blk->vdev, host, queues, QUEUE_SIZE);
	if (err)
		goto err_free;
	err = -ENOMEM;
	blk->queues = host->mem->alloc(queues * sizeof(*blk->queues));
	if (!blk->queues)
		goto err_fini;
	for (i = 0; i < queues; i++) {
		blk->queues[i].vq = &blk->vdev.queues[i];
		if (!blk_slots_grow(blk, &blk->queues[i]))
			goto err_fini;
	}
	*vdev = &blk->vdev;
	return 0;

err_fini:
	blk_free(blk);
	return err;
err_free:
	host->mem->free(blk);
	return err;
}
