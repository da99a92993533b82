/* SPDX-License-Identifier: GPL-2.0 */
/*
 * net.h - device/backend seam of the network device.
 *
 * Layer:   drivers/virtio, between the network device (net.c) and the place where
 *          frames come from and go to (net_tap.c, net_passt.c, ...).
 * Users:   the composition (tools/lkl/lib/netdev.c) makes a backend, a device over
 *          it and a window over that.
 *
 * DOC: Frames
 *
 * A frame starts with a struct virtio_net_hdr_v1 of <linux/virtio_net.h>, 12 bytes,
 * little-endian (virtio 1.2 section 5.1.6), in both directions, then the Ethernet
 * header. What the header may ask for (checksum to be completed, segmentation) is
 * limited to the features that were agreed on. num_buffers is the device's own:
 * backends leave it 0.
 *
 * A backend that cannot carry such headers (a wire, a socket without them) offers
 * no offloads; it then gets and gives headers of zeros.
 */
#ifndef LKL_VIRTIO_NET_H
#define LKL_VIRTIO_NET_H

#include <linux/virtio_net.h>
#include <sys/epoll.h>

#include "drivers/virtio/virtio.h"

#define VIRTIO_NET_PAIRS_MAX	16

/* Bytes of the header. */
#define VIRTIO_NET_HDR_SIZE	12

/* Longest frame, header included: a GSO packet of 64 KiB and its Ethernet header. */
#define VIRTIO_NET_FRAME_MAX	(VIRTIO_NET_HDR_SIZE + 65536 + 18)

/*
 * Most buffers of a frame that is sent, a chain of the driver and the header, and of
 * the room for one that is received. Arrays of so many are too large for the stack:
 * frames pass on those of the kernel, too, which are 32 KiB.
 */
#define VIRTIO_NET_SEND_IOVS	(VIRTQUEUE_SIZE_MAX + 1)
#define VIRTIO_NET_RECEIVE_IOVS	(3 * VIRTQUEUE_SIZE_MAX)

/* Later than some hosts' <linux/virtio_net.h>; virtio 1.3 section 5.1.3. */
#ifndef VIRTIO_NET_F_GUEST_USO4
#define VIRTIO_NET_F_GUEST_USO4	54
#define VIRTIO_NET_F_GUEST_USO6	55
#define VIRTIO_NET_F_HOST_USO	56
#endif
#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

/* Features that are a backend's to carry. */
#define VIRTIO_NET_GUEST_OFFLOADS	(1ULL << VIRTIO_NET_F_GUEST_CSUM |	\
					 1ULL << VIRTIO_NET_F_GUEST_TSO4 |	\
					 1ULL << VIRTIO_NET_F_GUEST_TSO6 |	\
					 1ULL << VIRTIO_NET_F_GUEST_ECN |	\
					 1ULL << VIRTIO_NET_F_GUEST_USO4 |	\
					 1ULL << VIRTIO_NET_F_GUEST_USO6)
#define VIRTIO_NET_HOST_OFFLOADS	(1ULL << VIRTIO_NET_F_CSUM |		\
					 1ULL << VIRTIO_NET_F_HOST_TSO4 |	\
					 1ULL << VIRTIO_NET_F_HOST_TSO6 |	\
					 1ULL << VIRTIO_NET_F_HOST_ECN |	\
					 1ULL << VIRTIO_NET_F_HOST_USO)
#define VIRTIO_NET_OFFLOADS	(VIRTIO_NET_GUEST_OFFLOADS | VIRTIO_NET_HOST_OFFLOADS)

struct virtio_net_backend;

/* Bits of virtio_net_backend.ready. */
#define VIRTIO_NET_READY_RECEIVE	(1U << 0)	/* receive() may have frames */
#define VIRTIO_NET_READY_SEND		(1U << 1)	/* send() may have room again */
#define VIRTIO_NET_READY_LINK		(1U << 2)	/* link_up or gone has changed */

/**
 * struct virtio_net_backend_ops - what a backend of the network device offers
 *
 * @start: The device is ready to be called: begin. @features are the
 *	VIRTIO_NET_F_* the driver agreed to, a subset of the backend's; @pairs is
 *	how many queue pairs are used. Called again after each reset of the device,
 *	with no other operation under way. Frames that arrived before may be dropped.
 *	Context: on a vCPU. Blocks: no.
 *	Return: 0, or an error, upon which the link is down.
 * @send: Send one frame of @len bytes in @iov. All of it is taken, or none; @iov
 *	and what it points to are the device's again afterwards.
 *	Context: any host thread, one at a time for a @pair. Blocks: no.
 *	Return: 0; -EAGAIN when there is no room: VIRTIO_NET_READY_SEND follows and the
 *	frame is offered again; any other error drops the frame.
 * @flush: Every frame that send() was given since the last flush goes out now;
 *	NULL if send() does not hold frames back. Context and return as @send.
 * @receive: Take one frame into @iov, which has room for VIRTIO_NET_FRAME_MAX bytes
 *	with offloads, or for header and mtu + 18 bytes without. A longer frame is
 *	dropped, and the next is taken.
 *	Context: any host thread, one at a time for a @pair. Blocks: no.
 *	Return: bytes, at least header and 14; -EAGAIN when there is none:
 *	VIRTIO_NET_READY_RECEIVE follows; another error when there is no peer, with
 *	link_up false.
 * @update: Optional: as @start, for a change while the device is used: a subset of
 *	the GUEST_* features from now on, and another number of pairs in use, from
 *	1 to those of @start. Without it all pairs are always served.
 *	Context: on a vCPU; other operations may be under way. Blocks: no.
 *	Return: 0, or an error: nothing has changed.
 * @destroy: Free the backend; it makes no further calls of @ready.
 *	Context: not on a vCPU; no other operation under way. Blocks: yes.
 */
struct virtio_net_backend_ops {
	int (*start)(struct virtio_net_backend *be, uint64_t features,
		     unsigned int pairs);
	int (*send)(struct virtio_net_backend *be, unsigned int pair,
		    const struct iovec *iov, unsigned int count, size_t len);
	int (*flush)(struct virtio_net_backend *be, unsigned int pair);
	ssize_t (*receive)(struct virtio_net_backend *be, unsigned int pair,
			   const struct iovec *iov, unsigned int count);
	int (*update)(struct virtio_net_backend *be, uint64_t features,
		      unsigned int pairs);
	void (*destroy)(struct virtio_net_backend *be);
};

/**
 * struct virtio_net_backend - the part every backend shares with its device
 * @ops: its operations
 * @features: VIRTIO_NET_F_{CSUM,HOST_*,GUEST_*} bits, as masks, that it can carry
 * @pairs: queue pairs it can have (1..VIRTIO_NET_PAIRS_MAX)
 * @mac: the interface's address; all zeros: the device makes a local one up
 * @mtu: the link's MTU in bytes, or 0 for 1500
 * @link_up: is there a peer; atomic, changed by the backend, which then calls @ready
 * @gone: there will never be one again; atomic, like @link_up
 * @ready: set by the device, NULL before; called by virtio_net_ready()
 * @ready_arg: its argument
 *
 * All but @link_up, @gone, @ready and @ready_arg is filled in before virtio_net_create()
 * and constant afterwards.
 */
struct virtio_net_backend {
	const struct virtio_net_backend_ops *ops;
	uint64_t features;
	unsigned int pairs;
	uint8_t mac[6];
	uint16_t mtu;
	bool link_up;
	bool gone;
	void (*ready)(void *arg, unsigned int pair, unsigned int what);
	void *ready_arg;
};

/**
 * virtio_net_ready - tell the device what has become so
 * @be: the backend
 * @pair: the queue pair; any for VIRTIO_NET_READY_LINK
 * @what: VIRTIO_NET_READY_*
 *
 * May call the backend's operations before it returns.
 *
 * Context: any host thread that holds no vCPU, or from within an operation of
 * the backend. Blocks: no.
 */
static inline void virtio_net_ready(struct virtio_net_backend *be,
				    unsigned int pair, unsigned int what)
{
	void (*ready)(void *arg, unsigned int pair, unsigned int what);

	ready = __atomic_load_n(&be->ready, __ATOMIC_ACQUIRE);
	if (ready)
		ready(be->ready_arg, pair, what);
}

/**
 * virtio_net_link - the backend's peer has come or gone
 * @be: the backend
 * @up: whether it is there now; if not, it may come again
 *
 * Context: as virtio_net_ready().
 */
static inline void virtio_net_link(struct virtio_net_backend *be, bool up)
{
	if (__atomic_exchange_n(&be->link_up, up, __ATOMIC_ACQ_REL) != up)
		virtio_net_ready(be, 0, VIRTIO_NET_READY_LINK);
}

/**
 * virtio_net_gone - the backend has lost its peer and will not find another
 * @be: the backend; its link is down from now on
 *
 * Unlike a link that is down, this ends the connections that go over the device.
 *
 * Context: as virtio_net_ready().
 */
static inline void virtio_net_gone(struct virtio_net_backend *be)
{
	if (__atomic_exchange_n(&be->gone, true, __ATOMIC_ACQ_REL))
		return;
	__atomic_store_n(&be->link_up, false, __ATOMIC_RELEASE);
	virtio_net_ready(be, 0, VIRTIO_NET_READY_LINK);
}

/**
 * virtio_net_is_gone - is that so?
 * @be: the backend
 *
 * Context: any.
 */
static inline bool virtio_net_is_gone(const struct virtio_net_backend *be)
{
	return __atomic_load_n(&be->gone, __ATOMIC_ACQUIRE);
}

/**
 * virtio_net_is_up - has a backend a peer?
 * @be: the backend
 *
 * Context: any.
 */
static inline bool virtio_net_is_up(const struct virtio_net_backend *be)
{
	return __atomic_load_n(&be->link_up, __ATOMIC_ACQUIRE);
}

/**
 * virtio_net_events - tell the device what a watched descriptor is ready for
 * @be: the backend; the descriptor serves its first queue pair
 * @events: what struct virtio_watch_ops has told
 *
 * Context: as virtio_net_ready().
 */
static inline void virtio_net_events(struct virtio_net_backend *be, uint32_t events)
{
	unsigned int what = 0;

	if (events & EPOLLIN)
		what |= VIRTIO_NET_READY_RECEIVE;
	if (events & EPOLLOUT)
		what |= VIRTIO_NET_READY_SEND;
	if (what)
		virtio_net_ready(be, 0, what);
}

/**
 * virtio_net_create - make a network device
 * @host: surroundings, copied
 * @be: the backend; belongs to the device from now on, if this succeeds
 * @vdev: set to the device
 *
 * Context: not on a vCPU. Return: 0, -ENOMEM, -EINVAL (what @be says of itself).
 */
int virtio_net_create(const struct virtio_host *host,
		      struct virtio_net_backend *be,
		      struct virtio_device **vdev);

#endif /* LKL_VIRTIO_NET_H */
