// SPDX-License-Identifier: GPL-2.0
/*
 * net_rx.c - receive queues: the backend's frames into the driver's buffers.
 *
 * Layer:   drivers/virtio, part of the network device; theory in net.c.
 * Users:   net.c.
 * Locking: whoever runs the queue owns its struct net_rx.
 */
#include "drivers/virtio/net_device.h"

#include <endian.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

/* Show the driver what has come, at the latest after so many frames. */
#define FRAMES_MAX	64

/* The window of chains */

static void window_forget(struct net_rx *rx)
{
	rx->generation = rx->vq->generation;
	rx->first = 0;
	rx->count = 0;
	rx->iov_first = 0;
	rx->iov_count = 0;
	rx->len = 0;
}

/* Move it back, so that there is room behind it for another chain. */
static void window_compact(struct net_rx *rx)
{
	memmove(rx->chain, rx->chain + rx->first, rx->count * sizeof(*rx->chain));
	rx->first = 0;
	memmove(rx->iov, rx->iov + rx->iov_first,
		rx->iov_count * sizeof(*rx->iov));
	rx->iov_first = 0;
}

static bool window_room(struct net_rx *rx)
{
	if (rx->first + rx->count == VIRTQUEUE_SIZE_MAX ||
	    rx->iov_first + rx->iov_count > RX_IOV_MAX - VIRTQUEUE_SIZE_MAX)
		window_compact(rx);
	return rx->count < VIRTQUEUE_SIZE_MAX &&
	       rx->iov_count <= RX_IOV_MAX - VIRTQUEUE_SIZE_MAX;
}

/* Take one more chain. Return: false if there is none, or it is of no use. */
static bool window_add(struct net_rx *rx)
{
	unsigned int iov_end = rx->iov_first + rx->iov_count;
	struct virtqueue_chain chain;

	if (virtqueue_pop(rx->vq, &chain, rx->iov + iov_end,
			  RX_IOV_MAX - iov_end) <= 0)
		return false;
	if (chain.out_count || chain.in_len > UINT32_MAX) {
		virtio_device_break(rx->vq->vdev);
		return false;
	}
	rx->chain[rx->first + rx->count++] = (struct rx_chain){
		.head = chain.head,
		.iovs = chain.in_count,
		.len = chain.in_len,
	};
	rx->iov_count += chain.in_count;
	rx->len += chain.in_len;
	return true;
}

static void window_take(struct net_rx *rx, uint32_t written)
{
	struct rx_chain *chain = &rx->chain[rx->first];

	virtqueue_push(rx->vq, chain->head, written);
	rx->first++;
	rx->count--;
	rx->iov_first += chain->iovs;
	rx->iov_count -= chain->iovs;
	rx->len -= chain->len;
}

/*
 * Have room for the longest frame: in one chain, or in several if they may be
 * merged. A driver whose chains are too short for that breaks section 5.1.6.3.1.
 */
static bool window_fill(struct virtio_net *net, struct net_rx *rx)
{
	bool merge = net_has(net, VIRTIO_NET_F_MRG_RXBUF);

	while (rx->count == 0 || (merge && rx->len < net->frame_max)) {
		if (!window_room(rx)) {
			virtio_device_break(&net->vdev);
			return false;
		}
		if (!window_add(rx))
			return false;
	}
	if (merge || rx->chain[rx->first].len >= net->frame_max)
		return true;
	virtio_device_break(&net->vdev);
	return false;
}

/* Frames */

/* What the driver did not agree to must not reach it: section 5.1.6.4.1. */
static bool header_check(struct virtio_net *net, struct virtio_net_hdr_v1 *hdr)
{
	uint64_t offloads = __atomic_load_n(&net->offloads, __ATOMIC_RELAXED);

	hdr->flags &= VIRTIO_NET_HDR_F_NEEDS_CSUM | VIRTIO_NET_HDR_F_DATA_VALID;
	if (!(offloads >> VIRTIO_NET_F_GUEST_CSUM & 1))
		hdr->flags &= ~VIRTIO_NET_HDR_F_DATA_VALID;
	return net_gso_allowed(hdr, offloads, VIRTIO_NET_F_GUEST_CSUM,
			       VIRTIO_NET_F_GUEST_TSO4, VIRTIO_NET_F_GUEST_TSO6,
			       VIRTIO_NET_F_GUEST_ECN,
			       1ULL << VIRTIO_NET_F_GUEST_USO4 |
			       1ULL << VIRTIO_NET_F_GUEST_USO6);
}

/* How many chains @len bytes take. */
static unsigned int chains_for(const struct net_rx *rx, size_t len)
{
	unsigned int n = 0;

	while (len > rx->chain[rx->first + n].len)
		len -= rx->chain[rx->first + n++].len;
	return n + 1;
}

static void frame_deliver(struct virtio_net *net, struct net_rx *rx, size_t len)
{
	const struct iovec *iov = rx->iov + rx->iov_first;
	unsigned int chains = chains_for(rx, len);
	struct virtio_net_hdr_v1 hdr;
	uint32_t part;

	iov_get(iov, rx->iov_count, 0, &hdr, sizeof(hdr));
	if (!header_check(net, &hdr))
		return;
	hdr.num_buffers = htole16(chains);
	iov_put(iov, rx->iov_count, 0, &hdr, sizeof(hdr));
	while (chains--) {
		part = rx->chain[rx->first].len;
		if (part > len)
			part = len;
		window_take(rx, part);
		len -= part;
	}
}

/* Return: false when there is no frame. */
static bool frame_receive(struct virtio_net *net, struct net_rx *rx)
{
	bool merge = net_has(net, VIRTIO_NET_F_MRG_RXBUF);
	unsigned int iovs = merge ? rx->iov_count : rx->chain[rx->first].iovs;
	uint64_t room = merge ? rx->len : rx->chain[rx->first].len;
	ssize_t len;

	len = net->be->ops->receive(net->be, rx->vq->index / 2,
				    rx->iov + rx->iov_first, iovs);
	if (len < 0)
		return false;
	/* One that fills all the room was perhaps longer. */
	if (len >= VIRTIO_NET_HDR_SIZE && (uint64_t)len < room)
		frame_deliver(net, rx, len);
	return true;
}

void net_rx_run(struct virtio_net *net, struct net_rx *rx)
{
	unsigned int frames = 0;

	if (rx->generation != rx->vq->generation)
		window_forget(rx);
	for (;;) {
		if (!window_fill(net, rx)) {
			virtqueue_flush(rx->vq);
			if (virtqueue_idle(rx->vq))
				return;
			continue;
		}
		if (!frame_receive(net, rx))
			break;
		if (++frames % FRAMES_MAX == 0)
			virtqueue_flush(rx->vq);
	}
	virtqueue_flush(rx->vq);
}
