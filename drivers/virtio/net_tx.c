// SPDX-License-Identifier: GPL-2.0
/*
 * net_tx.c - transmit queues: the driver's frames to the backend.
 *
 * Layer:   drivers/virtio, part of the network device; theory in net.c.
 * Users:   net.c.
 * Locking: whoever runs the queue owns its struct net_tx.
 */
#include "drivers/virtio/net_device.h"

#include <errno.h>
#include <string.h>

#define ETH_HEADER	14

/* Show the driver what has gone, at the latest after so many frames. */
#define FRAMES_MAX	32

enum tx_step {
	TX_NEXT,		/* one frame is done */
	TX_EMPTY,		/* the ring is */
	TX_WAIT,		/* the backend has no room */
};

static bool header_check(const struct virtio_net *net,
			 struct virtio_net_hdr_v1 *hdr)
{
	hdr->flags &= VIRTIO_NET_HDR_F_NEEDS_CSUM;
	hdr->num_buffers = 0;
	return net_gso_allowed(hdr, net->vdev.features, VIRTIO_NET_F_CSUM,
			       VIRTIO_NET_F_HOST_TSO4, VIRTIO_NET_F_HOST_TSO6,
			       VIRTIO_NET_F_HOST_ECN,
			       1ULL << VIRTIO_NET_F_HOST_USO);
}

/* Leave the first @skip bytes out. Return: buffers that were only those. */
static unsigned int iov_skip(struct iovec *iov, size_t skip)
{
	unsigned int i = 0;

	while (skip && skip >= iov[i].iov_len)
		skip -= iov[i++].iov_len;
	if (skip) {
		iov[i].iov_base = (char *)iov[i].iov_base + skip;
		iov[i].iov_len -= skip;
	}
	return i;
}

/*
 * Replace the driver's header by our copy of it. The frame begins in one of the
 * buffers after iov[0], and the ones before are closed up.
 */
static void frame_build(struct net_tx *tx, const struct virtqueue_chain *chain)
{
	unsigned int empty;

	iov_get(chain->out, chain->out_count, 0, &tx->hdr, sizeof(tx->hdr));
	empty = iov_skip(chain->out, sizeof(tx->hdr));
	tx->count = 1 + chain->out_count - empty;
	if (empty)
		memmove(tx->iov + 1, chain->out + empty,
			(chain->out_count - empty) * sizeof(*tx->iov));
	tx->iov[0] = (struct iovec){ &tx->hdr, sizeof(tx->hdr) };
	tx->head = chain->head;
	tx->len = chain->out_len;
}

/* Take a frame from the driver; one that cannot be sent is done with at once. */
static enum tx_step frame_take(struct virtio_net *net, struct net_tx *tx)
{
	struct virtqueue_chain chain;

	if (virtqueue_pop(tx->vq, &chain, tx->iov + 1, TX_IOV_MAX - 1) <= 0)
		return TX_EMPTY;
	if (chain.in_count || chain.out_len < VIRTIO_NET_HDR_SIZE) {
		virtio_device_break(&net->vdev);
		return TX_EMPTY;
	}
	frame_build(tx, &chain);
	tx->held = tx->len >= VIRTIO_NET_HDR_SIZE + ETH_HEADER &&
		   tx->len <= VIRTIO_NET_FRAME_MAX &&
		   header_check(net, &tx->hdr);
	if (!tx->held)
		virtqueue_push(tx->vq, tx->head, 0);
	return TX_NEXT;
}

/* A frame that the backend refuses for good is lost, as on any wire. */
static enum tx_step frame_send(struct virtio_net *net, struct net_tx *tx)
{
	if (net->be->ops->send(net->be, tx->vq->index / 2, tx->iov, tx->count,
			       tx->len) == -EAGAIN)
		return TX_WAIT;
	tx->held = false;
	tx->unflushed = true;
	virtqueue_push(tx->vq, tx->head, 0);
	return TX_NEXT;
}

static enum tx_step frames_send(struct virtio_net *net, struct net_tx *tx)
{
	enum tx_step step = TX_NEXT;
	unsigned int n;

	for (n = 0; step == TX_NEXT && n < FRAMES_MAX; n++) {
		if (!tx->held)
			step = frame_take(net, tx);
		if (tx->held)
			step = frame_send(net, tx);
	}
	return step;
}

/* Return: false if the backend has no room. */
static bool backend_flush(struct virtio_net *net, struct net_tx *tx)
{
	if (!tx->unflushed || !net->be->ops->flush)
		return true;
	tx->unflushed = net->be->ops->flush(net->be, tx->vq->index / 2) == -EAGAIN;
	return !tx->unflushed;
}

void net_tx_run(struct virtio_net *net, struct net_tx *tx)
{
	enum tx_step step;

	if (tx->generation != tx->vq->generation) {
		tx->generation = tx->vq->generation;
		tx->held = false;
		tx->unflushed = false;
	}
	do {
		step = frames_send(net, tx);
		if (!backend_flush(net, tx))
			step = TX_WAIT;
		virtqueue_flush(tx->vq);
	} while (step == TX_NEXT ||
		 (step == TX_EMPTY && !virtqueue_idle(tx->vq)));
}
