// SPDX-License-Identifier: GPL-2.0
/*
 * blk_request.c - what the driver asks of the block device (virtio 1.2 section
 * 5.2.6).
 *
 * Layer:   drivers/virtio, inside the block device.
 * Users:   blk.c, for each chain it takes.
 * Locking: none; called by the thread that runs the queue.
 *
 * The driver's framing is not relied on (section 2.7.4.2): the header is
 * gathered from, and the status byte cut off, wherever buffer boundaries are.
 * What is gathered is a copy, checked and used; the driver's is not read again.
 */
#include "drivers/virtio/blk.h"

#include <endian.h>
#include <string.h>

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
		blk_slot_finish(slot, VIRTIO_BLK_S_IOERR);
		return;
	}
	if (!len) {
		blk_slot_finish(slot, VIRTIO_BLK_S_OK);
		return;
	}
	slot->req.op = write ? VIRTIO_BLK_OP_WRITE : VIRTIO_BLK_OP_READ;
	slot->req.iov = write ? chain->out : chain->in;
	slot->req.iov_count = write ? chain->out_count : chain->in_count;
	slot->req.offset = sector * SECTOR_SIZE;
	slot->req.len = len;
	slot->flush_after =
		write && __atomic_load_n(&blk->write_through, __ATOMIC_RELAXED);
	blk_slot_start(blk, slot);
}

static void blk_flush(struct virtio_blk *blk, struct blk_slot *slot)
{
	slot->req.op = VIRTIO_BLK_OP_FLUSH;
	slot->req.offset = 0;
	slot->req.len = 0;
	blk_slot_start(blk, slot);
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
		blk_slot_finish(slot, VIRTIO_BLK_S_UNSUPP);
		return;
	}
	if (chain->out_len != sizeof(range) ||
	    !chain_gather(chain, &range, sizeof(range))) {
		blk_slot_finish(slot, VIRTIO_BLK_S_IOERR);
		return;
	}
	sector = le64toh(range.sector);
	sectors = le32toh(range.num_sectors);
	flags = le32toh(range.flags);
	status = range_check(blk, discard, sector, sectors, flags);
	if (status != VIRTIO_BLK_S_OK || !sectors) {
		blk_slot_finish(slot, status);
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
	blk_slot_start(blk, slot);
}

static void blk_get_id(struct virtio_blk *blk, struct blk_slot *slot,
		       struct virtqueue_chain *chain)
{
	chain_scatter(chain, blk->be->serial, sizeof(blk->be->serial));
	blk_slot_finish(slot, VIRTIO_BLK_S_OK);
}

/* Return: false if the chain cannot even carry a status. */
bool blk_request(struct virtio_blk *blk, struct blk_slot *slot,
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
		blk_slot_finish(slot, VIRTIO_BLK_S_UNSUPP);
		break;
	}
	return true;
}
