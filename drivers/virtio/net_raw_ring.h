/* SPDX-License-Identifier: GPL-2.0 */
/*
 * net_raw_ring.h - what a packet socket receives, in memory shared with the host.
 *
 * Layer:   drivers/virtio, below net_raw.c.
 * Users:   that.
 */
#ifndef LKL_VIRTIO_NET_RAW_RING_H
#define LKL_VIRTIO_NET_RAW_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#include "drivers/virtio/net.h"

/**
 * struct raw_ring - slots that the host fills
 * @map: them; NULL: there are none
 * @at: the next one to be filled
 */
struct raw_ring {
	char *map;
	unsigned int at;
};

/**
 * enum raw_slot - what the next slot has
 * @RAW_SLOT_NONE: nothing yet
 * @RAW_SLOT_FRAME: a frame
 * @RAW_SLOT_QUEUED: the word that a frame that is too long waits in the socket
 */
enum raw_slot { RAW_SLOT_NONE, RAW_SLOT_FRAME, RAW_SLOT_QUEUED };

/**
 * raw_ring_open - have a packet socket fill a ring
 * @ring: filled in
 * @fd: a packet socket with headers (PACKET_VNET_HDR)
 *
 * Where the host refuses, everything goes on waiting in the socket.
 *
 * Return: 0 or a negative errno.
 */
int raw_ring_open(struct raw_ring *ring, int fd);

/**
 * raw_ring_close - give the ring back
 * @ring: an open one, or one that could not be opened
 * @fd: its socket, which others may have, too
 */
void raw_ring_close(struct raw_ring *ring, int fd);

/**
 * raw_ring_look - what is next?
 * @ring: a ring
 *
 * Slots with frames that were cut short are passed over.
 */
enum raw_slot raw_ring_look(struct raw_ring *ring);

/**
 * raw_ring_take - copy a frame out of its slot
 * @ring: a ring, of which raw_ring_look() said RAW_SLOT_FRAME
 * @hdr: set to its header
 * @iov: room for the frame without it
 * @count: buffers
 *
 * Return: bytes; what does not fit is lost, as with readv().
 */
size_t raw_ring_take(struct raw_ring *ring, struct virtio_net_hdr *hdr,
		     const struct iovec *iov, unsigned int count);

/**
 * raw_ring_next - give the next slot back to the host
 * @ring: a ring, of which raw_ring_look() said RAW_SLOT_QUEUED
 */
void raw_ring_next(struct raw_ring *ring);

#endif /* LKL_VIRTIO_NET_RAW_RING_H */
