/* SPDX-License-Identifier: GPL-2.0 */
/*
 * net_device.h - the parts of the virtio network device.
 *
 * Layer:   drivers/virtio, private to net.c and net_{rx,tx,ctrl}.c.
 *
 * net.c	the device: features, configuration, life cycle
 * net_rx.c	receive queues: the backend's frames into the driver's buffers
 * net_tx.c	transmit queues: the driver's frames to the backend
 * net_ctrl.c	the control queue: what the driver wants changed
 */
#ifndef LKL_VIRTIO_NET_DEVICE_H
#define LKL_VIRTIO_NET_DEVICE_H

#include "drivers/virtio/net.h"

/* Buffers a receive queue keeps; room for one more chain is always left. */
#define RX_IOV_MAX	VIRTIO_NET_RECEIVE_IOVS

/* A chain of the driver, and the header, which is ours. */
#define TX_IOV_MAX	VIRTIO_NET_SEND_IOVS

/**
 * struct rx_chain - a chain that waits for a frame
 * @head: the chain
 * @iovs: its buffers
 * @len: bytes in them
 */
struct rx_chain {
	uint16_t head;
	uint16_t iovs;
	uint32_t len;
};

/**
 * struct net_rx - a receive queue
 * @vq: its virtqueue
 * @generation: of @vq, to which the chains belong
 * @first: the oldest chain held, in @chain
 * @count: chains held
 * @iov_first: its first buffer, in @iov
 * @iov_count: buffers held
 * @len: bytes in them
 * @chain: chains taken from the driver and not used yet, a window that moves up
 *	and is moved back when it comes to the end
 * @iov: their buffers
 *
 * Chains are held from one run to the next, so that those a short frame left
 * need not be looked at again.
 */
struct net_rx {
	struct virtqueue *vq;
	uint32_t generation;
	unsigned int first;
	unsigned int count;
	unsigned int iov_first;
	unsigned int iov_count;
	uint64_t len;
	struct rx_chain chain[VIRTQUEUE_SIZE_MAX];
	struct iovec iov[RX_IOV_MAX];
};

/**
 * struct net_tx - a transmit queue
 * @vq: its virtqueue
 * @generation: of @vq, to which the held frame belongs
 * @held: the frame below was refused with -EAGAIN and is offered again
 * @unflushed: the backend has to be flushed
 * @head: the frame's chain
 * @count: buffers in @iov
 * @len: bytes in them
 * @hdr: its header: a copy, since the driver could change its own
 * @iov: the header, then the frame
 */
struct net_tx {
	struct virtqueue *vq;
	uint32_t generation;
	bool held;
	bool unflushed;
	uint16_t head;
	unsigned int count;
	uint64_t len;
	struct virtio_net_hdr_v1 hdr;
	struct iovec iov[TX_IOV_MAX];
};

/**
 * struct net_pair - two queues for one vCPU
 * @rx: frames to the driver
 * @tx: frames from the driver
 */
struct net_pair {
	struct net_rx rx;
	struct net_tx tx;
};

/**
 * struct virtio_net - the device
 * @vdev: the part shared with the transport
 * @be: where frames come from and go to
 * @config: as the driver reads it, but for @status
 * @status: VIRTIO_NET_S_*; atomic
 * @gone: the host was told that the backend is gone; atomic
 * @offloads: GUEST_* features in force, of those agreed on; atomic
 * @frame_max: longest frame that may be received, header included
 * @started: the backend has been started
 * @pairs: the backend's queue pairs
 * @pairs_used: as the driver last asked for; the control queue's own
 * @ctrl: buffers of a command; likewise
 * @pair: the queues
 */
struct virtio_net {
	struct virtio_device vdev;
	struct virtio_net_backend *be;
	struct virtio_net_config config;
	uint16_t status;
	bool gone;
	uint64_t offloads;
	uint32_t frame_max;
	bool started;
	unsigned int pairs;
	unsigned int pairs_used;
	struct iovec ctrl[VIRTQUEUE_SIZE_MAX];
	struct net_pair *pair;
};

static inline struct virtio_net *to_net(struct virtio_device *vdev)
{
	return (struct virtio_net *)vdev;
}

/* Was a VIRTIO_NET_F_* agreed on? */
static inline bool net_has(const struct virtio_net *net, unsigned int feature)
{
	return net->vdev.features >> feature & 1;
}

/**
 * net_gso_allowed - may a header ask for this?
 * @hdr: the header of a frame
 * @features: as masks
 * @csum: the feature that allows partial checksums
 * @tso4: the feature that allows segmentation of TCP over IPv4
 * @tso6: likewise, over IPv6
 * @ecn: the feature that allows it with ECN
 * @uso: a mask of features, each of which allows segmentation of UDP
 *
 * What the header says of offsets and sizes is for whoever acts on it to check.
 */
static inline bool net_gso_allowed(const struct virtio_net_hdr_v1 *hdr,
				   uint64_t features, unsigned int csum,
				   unsigned int tso4, unsigned int tso6,
				   unsigned int ecn, uint64_t uso)
{
	if (hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM && !(features >> csum & 1))
		return false;
	if (hdr->gso_type & VIRTIO_NET_HDR_GSO_ECN && !(features >> ecn & 1))
		return false;
	switch (hdr->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) {
	case VIRTIO_NET_HDR_GSO_NONE:
		return true;
	case VIRTIO_NET_HDR_GSO_TCPV4:
		return features >> tso4 & 1;
	case VIRTIO_NET_HDR_GSO_TCPV6:
		return features >> tso6 & 1;
	case VIRTIO_NET_HDR_GSO_UDP_L4:
		return features & uso;
	default:
		return false;
	}
}

/**
 * net_rx_run - receive frames
 * @net: the device
 * @rx: the queue that is run
 *
 * Context: struct virtio_device_ops.run.
 */
void net_rx_run(struct virtio_net *net, struct net_rx *rx);

/**
 * net_tx_run - send frames
 * @net: the device
 * @tx: the queue that is run
 *
 * Context: struct virtio_device_ops.run.
 */
void net_tx_run(struct virtio_net *net, struct net_tx *tx);

/**
 * net_ctrl_run - do what the driver asks for
 * @net: the device
 * @vq: the control queue
 *
 * Context: struct virtio_device_ops.run.
 */
void net_ctrl_run(struct virtio_net *net, struct virtqueue *vq);

/**
 * iov_get - gather bytes from buffers
 * @iov: the buffers
 * @count: how many
 * @skip: bytes to leave out
 * @buf: filled
 * @len: bytes wanted
 *
 * Return: bytes gathered.
 */
size_t iov_get(const struct iovec *iov, unsigned int count, size_t skip,
	       void *buf, size_t len);

/**
 * iov_put - scatter bytes into buffers
 * @iov: the buffers
 * @count: how many
 * @skip: bytes to leave as they are
 * @buf: the bytes
 * @len: how many
 *
 * Return: bytes scattered.
 */
size_t iov_put(const struct iovec *iov, unsigned int count, size_t skip,
	       const void *buf, size_t len);

#endif /* LKL_VIRTIO_NET_DEVICE_H */
