// SPDX-License-Identifier: GPL-2.0
/*
 * net_ring.c - a queue of frames between two threads.
 *
 * Layer:   drivers/virtio, private to it.
 * Users:   see net_ring.h.
 */
#include "drivers/virtio/net_ring.h"

#include <string.h>

#include "drivers/virtio/net_device.h"

/* Before each frame, and what keeps the next one aligned. */
#define RECORD_ALIGN	8
#define RECORD_HEADER	8

/* A length that says: go on at the start of the buffer. */
#define RECORD_WRAP	UINT64_MAX

static size_t record_size(size_t len)
{
	return RECORD_HEADER + ((len + RECORD_ALIGN - 1) & ~(size_t)(RECORD_ALIGN - 1));
}

static char *ring_at(const struct net_ring *ring, uint64_t position)
{
	return ring->data + (position & (ring->size - 1));
}

/* Bytes from @position to the end of the buffer, at least RECORD_HEADER. */
static size_t ring_tail(const struct net_ring *ring, uint64_t position)
{
	return ring->size - (position & (ring->size - 1));
}

static void header_write(char *at, uint64_t len)
{
	memcpy(at, &len, sizeof(len));
}

static uint64_t header_read(const char *at)
{
	uint64_t len;

	memcpy(&len, at, sizeof(len));
	return len;
}

bool net_ring_put(struct net_ring *ring, const struct iovec *iov,
		  unsigned int count, size_t skip, size_t len)
{
	uint64_t taken = __atomic_load_n(&ring->taken, __ATOMIC_SEQ_CST);
	uint64_t put = ring->put;
	size_t size = record_size(len), tail = ring_tail(ring, put), wrap = 0;

	if (tail < size)
		wrap = tail;
	if (put - taken + wrap + size > ring->size)
		return false;
	if (wrap)
		header_write(ring_at(ring, put), RECORD_WRAP);
	put += wrap;
	header_write(ring_at(ring, put), len);
	iov_get(iov, count, skip, ring_at(ring, put) + RECORD_HEADER, len);
	__atomic_store_n(&ring->put, put + size, __ATOMIC_SEQ_CST);
	return true;
}

const char *net_ring_peek(struct net_ring *ring, size_t *len)
{
	uint64_t taken = ring->taken;

	if (__atomic_load_n(&ring->put, __ATOMIC_SEQ_CST) == taken)
		return NULL;
	if (header_read(ring_at(ring, taken)) == RECORD_WRAP) {
		taken += ring_tail(ring, taken);
		__atomic_store_n(&ring->taken, taken, __ATOMIC_SEQ_CST);
	}
	*len = header_read(ring_at(ring, taken));
	return ring_at(ring, taken) + RECORD_HEADER;
}

void net_ring_drop(struct net_ring *ring)
{
	size_t size = record_size(header_read(ring_at(ring, ring->taken)));

	__atomic_store_n(&ring->taken, ring->taken + size, __ATOMIC_SEQ_CST);
}
