// SPDX-License-Identifier: GPL-2.0
/*
 * ring.c - split virtqueues, device side (virtio 1.2 section 2.7).
 *
 * Layer:   drivers/virtio, below the devices and the transport.
 * Users:   devices take chains and give them back; the transport enables,
 *          disables and kicks queues.
 * Locking: none. See below.
 *
 * DOC: Theory of operation
 *
 * Who runs a queue. A queue is kicked by the driver's doorbell, on a vCPU, and
 * by host threads that completed a request. Only one thread runs a queue at a
 * time, yet none ever waits for another: a kick is an atomic increment of
 * @kicks, and whoever incremented it from zero runs the queue, once for all
 * kicks it has seen, until it can take the counter back to zero. All others go
 * their way at once. So a vCPU cannot be held up by a thread that the host has
 * preempted, and the fields used while running need no lock: the counter's
 * acquire and release order them from one runner to the next.
 *
 * Who may stop it. @refs counts the threads inside virtqueue_kick() and the
 * requests that are with a backend. Disabling sets REFS_DEAD in it, after which
 * no new reference can be had, and waits for the last one to go, which ups
 * @drained exactly once. Stock drivers quiesce before they reset, so this wait
 * is normally none; a driver that does not would otherwise have its freed
 * memory written by a late read.
 *
 * Trust. Nothing the driver wrote is believed. Every field is read exactly once
 * (access.h), into a local, and checked there: how far the available index
 * moved, heads that are out of range or already in flight, the chain's length
 * (which also ends loops), the place and length of each buffer, indirect tables,
 * and that no readable buffer follows a writable one. A violation marks the
 * device broken (virtio 1.2 section 2.1.1, DEVICE_NEEDS_RESET) and the queue is
 * not looked at again until reset. Buffers may overlap each other or the rings:
 * that harms only the driver, because we keep nothing in memory it can write.
 *
 * Batches. Used entries are written by virtqueue_push() and become visible, with
 * at most one interrupt, in virtqueue_flush(). While the queue is being run the
 * driver's notification threshold (avail_event) is left behind, so that it need
 * not ring the doorbell; virtqueue_idle() moves it up and looks once more,
 * which closes the race with a driver that adds a chain meanwhile.
 */
#include "drivers/virtio/virtio.h"

#include <errno.h>
#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_ring.h>
#include <string.h>

#include "drivers/virtio/access.h"
#include "drivers/virtio/ring.h"

#define REFS_DEAD	(1U << 31)

/* A chain is no longer than this in all, virtio 1.2 section 2.7.4.1. */
#define CHAIN_BYTES_MAX	(1ULL << 32)

_Static_assert(sizeof(struct vring_desc) == 16, "virtio 1.2 section 2.7.5");
_Static_assert(sizeof(struct vring_used_elem) == 8, "virtio 1.2 section 2.7.8");

/* Bytes of each part, the event index at the end included (section 2.7). */
#define DESC_BYTES(n)	(16ULL * (n))
#define AVAIL_BYTES(n)	(6 + 2ULL * (n))
#define USED_BYTES(n)	(6 + 8ULL * (n))

/* A descriptor as it was when we read it. */
struct desc_copy {
	guest_addr_t addr;
	uint32_t len;
	uint16_t flags;
	uint16_t next;
};

static struct desc_copy desc_read(const struct vring_desc *desc)
{
	return (struct desc_copy){
		.addr.raw = shared_read64(&desc->addr),
		.len = shared_read32(&desc->len),
		.flags = shared_read16(&desc->flags),
		.next = shared_read16(&desc->next),
	};
}

/* The event indices lie behind the rings, where the structs end. */
static uint16_t *avail_used_event(const struct virtqueue *vq)
{
	return &vq->avail->ring[vq->size];
}

static uint16_t *used_avail_event(const struct virtqueue *vq)
{
	return (uint16_t *)&vq->used->ring[vq->size];
}

/* References */

static bool virtqueue_get(struct virtqueue *vq)
{
	uint32_t refs = __atomic_load_n(&vq->refs, __ATOMIC_RELAXED);

	do {
		if (refs & REFS_DEAD)
			return false;
	} while (!__atomic_compare_exchange_n(&vq->refs, &refs, refs + 1, true,
					      __ATOMIC_ACQUIRE,
					      __ATOMIC_RELAXED));
	return true;
}

void virtqueue_hold(struct virtqueue *vq)
{
	__atomic_add_fetch(&vq->refs, 1, __ATOMIC_RELAXED);
}

void virtqueue_release(struct virtqueue *vq)
{
	if (__atomic_sub_fetch(&vq->refs, 1, __ATOMIC_ACQ_REL) == REFS_DEAD)
		vq->vdev->host.sem->up(vq->drained);
}

bool virtqueue_enabled(const struct virtqueue *vq)
{
	return !(__atomic_load_n(&vq->refs, __ATOMIC_ACQUIRE) & REFS_DEAD);
}

void virtqueue_disable(struct virtqueue *vq)
{
	uint32_t refs;

	refs = __atomic_fetch_or(&vq->refs, REFS_DEAD, __ATOMIC_ACQ_REL);
	if (!(refs & REFS_DEAD) && refs)
		vq->vdev->host.sem->down(vq->drained, LKL_FOREVER);
}

void virtqueue_kick(struct virtqueue *vq)
{
	uint32_t seen;

	if (!virtqueue_get(vq))
		return;
	if (__atomic_fetch_add(&vq->kicks, 1, __ATOMIC_ACQ_REL))
		goto out;
	do {
		seen = __atomic_load_n(&vq->kicks, __ATOMIC_ACQUIRE);
		vq->vdev->ops->run(vq);
	} while (__atomic_sub_fetch(&vq->kicks, seen, __ATOMIC_ACQ_REL));
out:
	virtqueue_release(vq);
}

/* Setting up */

int virtqueue_init(struct virtqueue *vq, struct virtio_device *vdev,
		   uint16_t index)
{
	vq->vdev = vdev;
	vq->index = index;
	vq->refs = REFS_DEAD;
	vq->drained = vdev->host.sem->alloc(0);
	return vq->drained ? 0 : -ENOMEM;
}

void virtqueue_fini(struct virtqueue *vq)
{
	vq->vdev->host.sem->free(vq->drained);
	vq->drained = NULL;
}

void virtqueue_clear(struct virtqueue *vq)
{
	vq->size = 0;
	vq->desc_addr.raw = 0;
	vq->avail_addr.raw = 0;
	vq->used_addr.raw = 0;
}

static bool ranges_overlap(guest_addr_t a, uint64_t a_len, guest_addr_t b,
			   uint64_t b_len)
{
	return a.raw < b.raw + b_len && b.raw < a.raw + a_len;
}

/* Alignment: virtio 1.2 section 2.7. Bounds come first: sums cannot wrap then. */
static bool virtqueue_place(struct virtqueue *vq)
{
	const struct virtio_memory *mem = &vq->vdev->host.memory;
	uint64_t desc_len = DESC_BYTES(vq->size);
	uint64_t avail_len = AVAIL_BYTES(vq->size);
	uint64_t used_len = USED_BYTES(vq->size);

	if (vq->desc_addr.raw % 16 || vq->avail_addr.raw % 2 ||
	    vq->used_addr.raw % 4)
		return false;

	vq->desc = virtio_memory_range(mem, vq->desc_addr, desc_len);
	vq->avail = virtio_memory_range(mem, vq->avail_addr, avail_len);
	vq->used = virtio_memory_range(mem, vq->used_addr, used_len);
	if (!vq->desc || !vq->avail || !vq->used)
		return false;

	return !ranges_overlap(vq->desc_addr, desc_len, vq->avail_addr,
			       avail_len) &&
	       !ranges_overlap(vq->desc_addr, desc_len, vq->used_addr,
			       used_len) &&
	       !ranges_overlap(vq->avail_addr, avail_len, vq->used_addr,
			       used_len);
}

int virtqueue_enable(struct virtqueue *vq)
{
	uint64_t features = vq->vdev->features;

	if (!vq->size || vq->size > vq->vdev->queue_size_max ||
	    vq->size & (vq->size - 1) || !virtqueue_place(vq))
		return -EINVAL;

	vq->event_idx = features >> VIRTIO_RING_F_EVENT_IDX & 1;
	vq->indirect = features >> VIRTIO_RING_F_INDIRECT_DESC & 1;
	vq->last_avail = 0;
	vq->used_idx = 0;
	vq->signalled = 0;
	vq->generation++;
	memset(vq->in_flight, 0, sizeof(vq->in_flight));
	__atomic_store_n(&vq->kicks, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&vq->refs, 0, __ATOMIC_RELEASE);
	return 0;
}

/* Taking chains */

/* Where a chain is being collected. */
struct chain_walk {
	struct virtqueue_chain *chain;
	struct iovec *iov;
	unsigned int max;
};

static bool chain_add(const struct virtio_memory *mem, struct chain_walk *walk,
		      const struct desc_copy *desc)
{
	struct virtqueue_chain *chain = walk->chain;
	unsigned int n = chain->out_count + chain->in_count;
	void *base = virtio_memory_range(mem, desc->addr, desc->len);

	if (!base || n >= walk->max)
		return false;
	walk->iov[n].iov_base = base;
	walk->iov[n].iov_len = desc->len;

	if (desc->flags & VRING_DESC_F_WRITE) {
		chain->in_count++;
		chain->in_len += desc->len;
	} else {
		if (chain->in_count)
			return false;
		chain->out_count++;
		chain->out_len += desc->len;
	}
	return chain->out_len + chain->in_len <= CHAIN_BYTES_MAX;
}

/*
 * Walk a table of @count descriptors from @index. Loops end because each round
 * adds a buffer, of which there is a limit. An indirect descriptor ends the
 * walk and is left in *@last, to be followed by the caller.
 */
static bool chain_walk(const struct virtio_memory *mem, struct chain_walk *walk,
		       const struct vring_desc *table, uint32_t count,
		       uint32_t index, struct desc_copy *last)
{
	do {
		if (index >= count)
			return false;
		*last = desc_read(&table[index]);
		if (last->flags & VRING_DESC_F_INDIRECT)
			return !(last->flags & VRING_DESC_F_NEXT);
		if (!chain_add(mem, walk, last))
			return false;
		index = last->next;
	} while (last->flags & VRING_DESC_F_NEXT);
	return true;
}

/* Indirect tables: virtio 1.2 section 2.7.5.3. They do not nest. */
static bool chain_walk_indirect(const struct virtio_memory *mem,
				struct chain_walk *walk,
				const struct desc_copy *desc)
{
	const struct vring_desc *table;
	struct desc_copy last;

	if (desc->len % sizeof(*table) || desc->addr.raw % _Alignof(uint64_t))
		return false;
	table = virtio_memory_range(mem, desc->addr, desc->len);
	if (!table)
		return false;
	return chain_walk(mem, walk, table, desc->len / sizeof(*table), 0,
			  &last) &&
	       !(last.flags & VRING_DESC_F_INDIRECT);
}

static bool chain_read(struct virtqueue *vq, struct virtqueue_chain *chain,
		       struct iovec *iov, unsigned int iov_max)
{
	const struct virtio_memory *mem = &vq->vdev->host.memory;
	struct chain_walk walk = { chain, iov, iov_max };
	struct desc_copy last;

	if (!chain_walk(mem, &walk, vq->desc, vq->size, chain->head, &last))
		return false;
	if (last.flags & VRING_DESC_F_INDIRECT &&
	    (!vq->indirect || !chain_walk_indirect(mem, &walk, &last)))
		return false;
	chain->out = iov;
	chain->in = iov + chain->out_count;
	return true;
}

int virtqueue_pop(struct virtqueue *vq, struct virtqueue_chain *chain,
		  struct iovec *iov, unsigned int iov_max)
{
	uint16_t avail, head;

	if (!virtqueue_enabled(vq) || virtio_device_broken(vq->vdev))
		return 0;
	avail = shared_read16_acquire(&vq->avail->idx) - vq->last_avail;
	if (!avail)
		return 0;
	if (avail > vq->size)
		goto err_break;

	head = shared_read16(&vq->avail->ring[vq->last_avail % vq->size]);
	if (head >= vq->size || vq->in_flight[head])
		goto err_break;
	*chain = (struct virtqueue_chain){ .head = head };
	if (!chain_read(vq, chain, iov, iov_max))
		goto err_break;

	vq->in_flight[head] = true;
	vq->last_avail++;
	return 1;

err_break:
	virtio_device_break(vq->vdev);
	return -EPROTO;
}

/* Giving chains back */

void virtqueue_push(struct virtqueue *vq, uint16_t head, uint32_t written)
{
	struct vring_used_elem *elem = &vq->used->ring[vq->used_idx % vq->size];

	vq->in_flight[head] = false;
	if (virtio_device_broken(vq->vdev))
		return;
	shared_write32(&elem->id, head);
	shared_write32(&elem->len, written);
	vq->used_idx++;
}

/* Does the driver want an interrupt for what lies between? Section 2.7.10. */
static bool virtqueue_interrupt_wanted(struct virtqueue *vq, uint16_t from)
{
	uint16_t event;

	if (!vq->event_idx)
		return !(shared_read16(&vq->avail->flags) &
			 VRING_AVAIL_F_NO_INTERRUPT);
	event = shared_read16(avail_used_event(vq));
	return vring_need_event(event, vq->used_idx, from);
}

void virtqueue_flush(struct virtqueue *vq)
{
	uint16_t from = vq->signalled;

	if (vq->used_idx == from || virtio_device_broken(vq->vdev))
		return;
	shared_write16_release(&vq->used->idx, vq->used_idx);
	vq->signalled = vq->used_idx;
	shared_barrier();
	if (virtqueue_interrupt_wanted(vq, from))
		vq->vdev->signal(vq->vdev, VIRTIO_MMIO_INT_VRING);
}

bool virtqueue_idle(struct virtqueue *vq)
{
	if (!virtqueue_enabled(vq) || virtio_device_broken(vq->vdev))
		return true;
	if (vq->event_idx)
		shared_write16(used_avail_event(vq), vq->last_avail);
	shared_barrier();
	return shared_read16(&vq->avail->idx) == vq->last_avail;
}
