// SPDX-License-Identifier: GPL-2.0
/*
 * net_raw_ring.c - what a packet socket receives, in memory shared with the host.
 *
 * Layer:   drivers/virtio, below net_raw.c.
 * Users:   that.
 * Locking: one thread receives at a time.
 *
 * A slot takes a frame of the usual size, so receiving one costs a copy and no
 * system call. Those that the host has merged or not yet segmented are up to 64 KiB:
 * slots for them would be few, and each would hold a frame of 60 bytes just as well.
 * The host keeps them in the socket's queue (PACKET_COPY_THRESH) and marks the slot,
 * and readv() gets them with one copy less than the ring could.
 */
#include "drivers/virtio/net_raw_ring.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#define SLOT_SIZE	2048
#define BLOCK_SIZE	(64 * 1024)
#define BLOCKS		32
#define SLOTS		(BLOCKS * (BLOCK_SIZE / SLOT_SIZE))
#define RING_SIZE	((size_t)BLOCKS * BLOCK_SIZE)

static struct tpacket2_hdr *slot(const struct raw_ring *ring)
{
	return (struct tpacket2_hdr *)(ring->map + (size_t)ring->at * SLOT_SIZE);
}

static int ring_set(int fd, const struct tpacket_req *req)
{
	return setsockopt(fd, SOL_PACKET, PACKET_RX_RING, req, sizeof(*req)) ? -errno : 0;
}

static int option_set(int fd, int option, int value)
{
	return setsockopt(fd, SOL_PACKET, option, &value, sizeof(value)) ? -errno : 0;
}

static int ring_make(int fd)
{
	static const struct tpacket_req req = {
		.tp_block_size = BLOCK_SIZE, .tp_block_nr = BLOCKS,
		.tp_frame_size = SLOT_SIZE, .tp_frame_nr = SLOTS,
	};
	int err = option_set(fd, PACKET_VERSION, TPACKET_V2);

	if (!err)
		err = option_set(fd, PACKET_COPY_THRESH, 1);
	return err ? err : ring_set(fd, &req);
}

int raw_ring_open(struct raw_ring *ring, int fd)
{
	static const struct tpacket_req none;
	int err = ring_make(fd);
	void *map;

	ring->map = NULL;
	ring->at = 0;
	if (err)
		return err;
	map = mmap(NULL, RING_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		err = -errno;
		ring_set(fd, &none);
		return err;
	}
	ring->map = map;
	return 0;
}

void raw_ring_close(struct raw_ring *ring, int fd)
{
	static const struct tpacket_req none;

	if (!ring->map)
		return;
	munmap(ring->map, RING_SIZE);
	ring->map = NULL;
	ring_set(fd, &none);
}

void raw_ring_next(struct raw_ring *ring)
{
	__atomic_store_n(&slot(ring)->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
	ring->at = (ring->at + 1) % SLOTS;
}

/* Is the frame whole, with its header before it, inside the slot? */
static bool whole(const struct tpacket2_hdr *hdr)
{
	return hdr->tp_snaplen == hdr->tp_len && hdr->tp_mac <= SLOT_SIZE &&
	       hdr->tp_mac >= sizeof(*hdr) + sizeof(struct virtio_net_hdr) &&
	       hdr->tp_snaplen <= SLOT_SIZE - (unsigned int)hdr->tp_mac;
}

enum raw_slot raw_ring_look(struct raw_ring *ring)
{
	struct tpacket2_hdr *hdr;
	__u32 status;

	for (;; raw_ring_next(ring)) {
		hdr = slot(ring);
		status = __atomic_load_n(&hdr->tp_status, __ATOMIC_ACQUIRE);
		if (!(status & TP_STATUS_USER))
			return RAW_SLOT_NONE;
		if (status & TP_STATUS_COPY)
			return RAW_SLOT_QUEUED;
		/* The socket's queue was full, too: as if it had been lost before. */
		if (whole(hdr))
			return RAW_SLOT_FRAME;
	}
}

size_t raw_ring_take(struct raw_ring *ring, struct virtio_net_hdr *hdr,
		     const struct iovec *iov, unsigned int count)
{
	const struct tpacket2_hdr *from = slot(ring);
	const char *data = (const char *)from + from->tp_mac;
	size_t left = from->tp_snaplen, n, taken = 0;

	memcpy(hdr, data - sizeof(*hdr), sizeof(*hdr));
	for (; count && left; count--, iov++) {
		n = iov->iov_len < left ? iov->iov_len : left;
		memcpy(iov->iov_base, data, n);
		data += n;
		left -= n;
		taken += n;
	}
	raw_ring_next(ring);
	return taken;
}
