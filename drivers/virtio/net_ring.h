/* SPDX-License-Identifier: GPL-2.0 */
/*
 * net_ring.h - a queue of frames between two threads.
 *
 * Layer:   drivers/virtio, private to it.
 * Users:   net_slirp.c.
 * Locking: none. One thread at a time puts, one at a time peeks and drops; the two
 *          may be different threads. Each counter is written by one side only.
 *
 * Each frame lies in one piece, behind its length; where it would not fit before the
 * end of the buffer, a mark says that the next one is at the start.
 */
#ifndef LKL_VIRTIO_NET_RING_H
#define LKL_VIRTIO_NET_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

/**
 * struct net_ring - the queue
 * @data: @size bytes
 * @size: a power of two
 * @put: bytes put, ever; atomic, the putting side's
 * @taken: bytes dropped, ever; atomic, the other side's
 */
struct net_ring {
	char *data;
	size_t size;
	uint64_t put;
	uint64_t taken;
};

/**
 * net_ring_put - add a frame
 * @ring: the queue
 * @iov: buffers
 * @count: how many
 * @skip: bytes at their start that do not belong to the frame
 * @len: bytes of the frame, what the buffers have after @skip
 *
 * Return: false if there is no room for it.
 */
bool net_ring_put(struct net_ring *ring, const struct iovec *iov,
		  unsigned int count, size_t skip, size_t len);

/**
 * net_ring_peek - look at the oldest frame
 * @ring: the queue
 * @len: set to its length in bytes
 *
 * Return: it, valid until it is dropped; NULL if there is none.
 */
const char *net_ring_peek(struct net_ring *ring, size_t *len);

/**
 * net_ring_drop - remove the frame that net_ring_peek() showed
 * @ring: the queue
 */
void net_ring_drop(struct net_ring *ring);

/* Bytes in use; exact for neither side while the other works. */
static inline size_t net_ring_used(const struct net_ring *ring)
{
	return __atomic_load_n(&ring->put, __ATOMIC_SEQ_CST) -
	       __atomic_load_n(&ring->taken, __ATOMIC_SEQ_CST);
}

#endif /* LKL_VIRTIO_NET_RING_H */
