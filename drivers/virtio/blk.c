// SPDX-License-Identifier: GPL-2.0
/*
 * blk.c - the virtio block device (virtio 1.2 section 5.2).
 *
 * Layer:   drivers/virtio, between a transport (struct virtio_device_ops) and a
 *          backend (struct virtio_blk_backend_ops).
 * Users:   the transport; backends, through struct virtio_blk_request.done.
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
 *
 * The driver's framing is not relied on (section 2.7.4.2): the header is
 * gathered from, and the status byte cut off, wherever buffer boundaries are.
 */
#include "drivers/virtio/virtio.h"

#include <endian.h>
#include <errno.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_ids.h>
#include <string.h>

#define SECTOR_SIZE	512
#define QUEUES_MAX	64
#define QUEUE_SIZE	VIRTQUEUE_SIZE_MAX

/* Data segments in a request, and with header and status byte. */
#define SEG_MAX		254
#define IOV_MAX_SLOT	(SEG_MAX + 2)
#define SIZE_MAX_SEG	(4U << 20)

/* Longest DISCARD or WRITE_ZEROES: 2 GiB, so that one does not take forever. */
#define RANGE_SECTORS_MAX	(1U << 22)

/* Show the driver what is done, at the latest after so many requests. */
#define BATCH_MAX	32

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

static struct virtio_blk *to_blk(struct virtio_device *vdev)
{
	return (struct virtio_blk *)vdev;
}

static bool blk_has(const struct virtio_blk *blk, unsigned int feature)
{
	return blk->vdev.features >> feature & 1;
}

/* Slots */

static void slot_put(struct blk_slot *slot)
{
	slot->next = slot->queue->free;
	slot->queue->free = slot;
}

static void slot_done(struct virtio_blk_request *req, int result);

static bool slots_grow(struct virtio_blk *blk, struct blk_queue *queue)
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
		slot_put(&chunk[i]);
	}
	return true;
}

/* Return: NULL only while others are in use, which will come back. */
static struct blk_slot *slot_get(struct virtio_blk *blk,
				 struct blk_queue *queue)
{
	struct blk_slot *slot;

	if (!queue->free && !slots_grow(blk, queue))
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
static void slot_finish(struct blk_slot *slot, uint8_t status)
{
	uint32_t written = slot->written;

	if (status != VIRTIO_BLK_S_OK && slot->reading)
		written = 0;
	*slot->status = status;
	virtqueue_push(slot->queue->vq, slot->head, written);
	slot_put(slot);
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
		slot_finish(slot, status_of(slot, result));
}

static void slot_start(struct virtio_blk *blk, struct blk_slot *slot)
{
	int result = slot_submit(blk, slot);

	if (result != -EINPROGRESS)
		slot_answer(blk, slot, result);
}

/* Requests */

/* Move @len bytes out of the front of @out. The driver's memory is read once. */
static bool chain_gather(struct virtqueue_chain *chain, void *buf, size_t len)
{
	char *to = buf;

	if (chain->out_len < len)
		return false;
	chain->out_len -= len;
	while (len) {
		struct iovec *iov = chain->out;
		size_t n = iov->iov_len < len ? iov->iov_len : len;

		memcpy(to, iov->iov_base, n);
		to += n;
		len -= n;
		iov->iov_base = (char *)iov->iov_base + n;
		iov->iov_len -= n;
		if (!iov->iov_len) {
			chain->out++;
			chain->out_count--;
		}
	}
	/* The copy is what counts from here on. */
	__asm__ volatile("" : : : "memory");
	return true;
}

/* Copy to the front of @in what fits. */
static void chain_scatter(const struct virtqueue_chain *chain, const void *buf,
			  size_t len)
{
	const char *from = buf;
	unsigned int i;

	for (i = 0; i < chain->in_count && len; i++) {
		const struct iovec *iov = &chain->in[i];
		size_t n = iov->iov_len < len ? iov->iov_len : len;

		memcpy(iov->iov_base, from, n);
		from += n;
		len -= n;
	}
}

/* Cut the status byte off the end of @in. */
static uint8_t *chain_status(struct virtqueue_chain *chain)
{
	struct iovec *last;

	if (!chain->in_len)
		return NULL;
	last = &chain->in[chain->in_count - 1];
	last->iov_len--;
	chain->in_len--;
	if (!last->iov_len)
		chain->in_count--;
	return (uint8_t *)last->iov_base + last->iov_len;
}

static bool range_ok(const struct virtio_blk *blk, uint64_t sector,
		     uint64_t sectors)
{
	uint64_t capacity = blk->be->size / SECTOR_SIZE;

	return sector <= capacity && sectors <= capacity - sector;
}

static void blk_read_write(struct virtio_blk *blk, struct blk_slot *slot,
			   struct virtqueue_chain *chain, uint64_t sector,
			   bool write)
{
	uint64_t len = write ? chain->out_len : chain->in_len;

	slot->reading = !write && len;
	if (len % SECTOR_SIZE || !range_ok(blk, sector, len / SECTOR_SIZE) ||
	    (write && blk->be->read_only)) {
		slot_finish(slot, VIRTIO_BLK_S_IOERR);
		return;
	}
	if (!len) {
		slot_finish(slot, VIRTIO_BLK_S_OK);
		return;
	}
	slot->req.op = write ? VIRTIO_BLK_OP_WRITE : VIRTIO_BLK_OP_READ;
	slot->req.iov = write ? chain->out : chain->in;
	slot->req.iov_count = write ? chain->out_count : chain->in_count;
	slot->req.offset = sector * SECTOR_SIZE;
	slot->req.len = len;
	slot->flush_after =
		write && __atomic_load_n(&blk->write_through, __ATOMIC_RELAXED);
	slot_start(blk, slot);
}

static void blk_flush(struct virtio_blk *blk, struct blk_slot *slot)
{
	slot->req.op = VIRTIO_BLK_OP_FLUSH;
	slot->req.offset = 0;
	slot->req.len = 0;
	slot_start(blk, slot);
}

/* Section 5.2.6.2: which flags exist for what, and what is not supported. */
static uint8_t range_check(const struct virtio_blk *blk, bool discard,
			   uint64_t sector, uint32_t sectors, uint32_t flags)
{
	uint32_t known = discard ? 0 : VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP;

	if (flags & ~known)
		return VIRTIO_BLK_S_UNSUPP;
	if (blk->be->read_only || sectors > RANGE_SECTORS_MAX ||
	    !range_ok(blk, sector, sectors))
		return VIRTIO_BLK_S_IOERR;
	return VIRTIO_BLK_S_OK;
}

/* DISCARD and WRITE_ZEROES: we said that one range is the most there may be. */
static void blk_range(struct virtio_blk *blk, struct blk_slot *slot,
		      struct virtqueue_chain *chain, bool discard)
{
	struct virtio_blk_discard_write_zeroes range;
	uint64_t sector;
	uint32_t sectors, flags;
	uint8_t status;

	if (!blk_has(blk, discard ? VIRTIO_BLK_F_DISCARD
				  : VIRTIO_BLK_F_WRITE_ZEROES)) {
		slot_finish(slot, VIRTIO_BLK_S_UNSUPP);
		return;
	}
	if (chain->out_len != sizeof(range) ||
	    !chain_gather(chain, &range, sizeof(range))) {
		slot_finish(slot, VIRTIO_BLK_S_IOERR);
		return;
	}
	sector = le64toh(range.sector);
	sectors = le32toh(range.num_sectors);
	flags = le32toh(range.flags);
	status = range_check(blk, discard, sector, sectors, flags);
	if (status != VIRTIO_BLK_S_OK || !sectors) {
		slot_finish(slot, status);
		return;
	}

	slot->req.op = discard ? VIRTIO_BLK_OP_DISCARD
			       : VIRTIO_BLK_OP_WRITE_ZEROES;
	slot->req.unmap = flags & VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP;
	slot->req.iov_count = 0;
	slot->req.offset = sector * SECTOR_SIZE;
	slot->req.len = (uint64_t)sectors * SECTOR_SIZE;
	slot->flush_after =
		__atomic_load_n(&blk->write_through, __ATOMIC_RELAXED);
	slot_start(blk, slot);
}

static void blk_get_id(struct virtio_blk *blk, struct blk_slot *slot,
		       struct virtqueue_chain *chain)
{
	chain_scatter(chain, blk->be->serial, sizeof(blk->be->serial));
	slot_finish(slot, VIRTIO_BLK_S_OK);
}

/* Return: false if the chain cannot even carry a status. */
static bool blk_request(struct virtio_blk *blk, struct blk_slot *slot,
			struct virtqueue_chain *chain)
{
	struct virtio_blk_outhdr hdr;

	slot->head = chain->head;
	slot->written = chain->in_len > UINT32_MAX ? UINT32_MAX : chain->in_len;
	slot->reading = false;
	slot->flush_after = false;
	slot->status = chain_status(chain);
	if (!slot->status || !chain_gather(chain, &hdr, sizeof(hdr)))
		return false;

	switch (le32toh(hdr.type)) {
	case VIRTIO_BLK_T_IN:
		blk_read_write(blk, slot, chain, le64toh(hdr.sector), false);
		break;
	case VIRTIO_BLK_T_OUT:
		blk_read_write(blk, slot, chain, le64toh(hdr.sector), true);
		break;
	case VIRTIO_BLK_T_FLUSH:
		blk_flush(blk, slot);
		break;
	case VIRTIO_BLK_T_DISCARD:
		blk_range(blk, slot, chain, true);
		break;
	case VIRTIO_BLK_T_WRITE_ZEROES:
		blk_range(blk, slot, chain, false);
		break;
	case VIRTIO_BLK_T_GET_ID:
		blk_get_id(blk, slot, chain);
		break;
	default:
		slot_finish(slot, VIRTIO_BLK_S_UNSUPP);
		break;
	}
	return true;
}

/* Running a queue */

static void queue_answers(struct virtio_blk *blk, struct blk_queue *queue)
{
	struct blk_slot *slot, *next;

	slot = __atomic_exchange_n(&queue->done, NULL, __ATOMIC_ACQUIRE);
	for (; slot; slot = next) {
		next = slot->next;
		slot_answer(blk, slot, slot->result);
	}
}

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
		slot = slot_get(blk, queue);
		if (!slot)
			return BATCH_WAIT;
		if (virtqueue_pop(queue->vq, &chain, slot->iov,
				  IOV_MAX_SLOT) <= 0) {
			slot_put(slot);
			return BATCH_EMPTY;
		}
		if (!blk_request(blk, slot, &chain)) {
			slot_put(slot);
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
		queue_answers(blk, queue);
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

/* Nothing is in flight, but answers nobody looked at may have been left. */
static void queue_reset(struct blk_queue *queue)
{
	unsigned int i, j;

	queue->free = NULL;
	queue->done = NULL;
	queue->started = false;
	for (i = queue->chunks; i-- > 0;)
		for (j = CHUNK_SLOTS; j-- > 0;)
			slot_put(&queue->chunk[i][j]);
}

static void blk_reset(struct virtio_device *vdev)
{
	struct virtio_blk *blk = to_blk(vdev);
	unsigned int i;

	for (i = 0; i < vdev->queue_count; i++)
		queue_reset(&blk->queues[i]);
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
		if (!slots_grow(blk, &blk->queues[i]))
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
