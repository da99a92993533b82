// SPDX-License-Identifier: GPL-2.0
/*
 * net_raw.c - a packet socket on an interface of the host as a network backend.
 *
 * Layer:   drivers/virtio, a backend (device/backend seam of net.h).
 * Users:   net.c, by its operations; tools/lkl/lib/netdev_fd.c makes it.
 * Locking: there is one queue pair; the seam says the rest.
 *
 * Frames pass with headers (PACKET_VNET_HDR), so the host's interface does the
 * segmentation and the checksums, if need be in software. The socket's headers are
 * two bytes shorter than the device's: they lack num_buffers. Short frames come by a
 * ring that is shared with the host, if it gives us one.
 */
#include "drivers/virtio/net_raw.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "drivers/virtio/net_fd.h"
#include "drivers/virtio/net_raw_ring.h"

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING	23
#endif

/* Room for so many frames of 64 KiB, if the host allows it. */
#define FRAMES_QUEUED	32

struct raw {
	struct virtio_net_backend be;
	void (*free)(void *ptr);
	struct net_fd queue;
	struct raw_ring ring;
};

static int raw_start(struct virtio_net_backend *be, uint64_t features,
		     unsigned int pairs)
{
	return 0;
}

/* The first bytes of @frame, from its first buffers. */
static void header_copy(const struct iovec *frame, struct virtio_net_hdr *hdr,
			bool to_frame)
{
	size_t at = 0, n;

	for (; at < sizeof(*hdr); at += n, frame++) {
		n = frame->iov_len;
		if (n > sizeof(*hdr) - at)
			n = sizeof(*hdr) - at;
		if (to_frame)
			memcpy(frame->iov_base, (char *)hdr + at, n);
		else
			memcpy((char *)hdr + at, frame->iov_base, n);
	}
}

/* @frame with @hdr in place of its own header, in @iov, which has room for @max more. */
static unsigned int iov_build(struct iovec *iov, unsigned int max,
			      struct virtio_net_hdr *hdr,
			      const struct iovec *frame, unsigned int count)
{
	iov[0] = (struct iovec){ hdr, sizeof(*hdr) };
	return 1 + net_fd_unprefixed(iov + 1, max, frame, count);
}

static int raw_send(struct virtio_net_backend *be, unsigned int pair,
		    const struct iovec *frame, unsigned int count, size_t len)
{
	struct raw *raw = (struct raw *)be;
	struct iovec *iov = raw->queue.out;
	struct virtio_net_hdr hdr;
	int err;

	header_copy(frame, &hdr, false);
	count = iov_build(iov, VIRTIO_NET_SEND_IOVS, &hdr, frame, count);
	len -= VIRTIO_NET_HDR_SIZE - sizeof(hdr);
	err = net_fd_send(&raw->queue, iov, count, len);
	/* The host's queue is full, and it does not say when it is not. */
	return err == -ENOBUFS ? 0 : err;
}

/* The interface is down: the socket says so once, and works when it is up again. */
static ssize_t raw_failed(struct raw *raw, int err)
{
	if (err == -ENETDOWN)
		virtio_net_link(&raw->be, false);
	return err;
}

/* A frame of the socket's queue. */
static ssize_t queue_receive(struct raw *raw, struct virtio_net_hdr *hdr,
			     const struct iovec *frame, unsigned int count)
{
	struct iovec *iov = raw->queue.in;
	ssize_t n;

	count = iov_build(iov, VIRTIO_NET_RECEIVE_IOVS, hdr, frame, count);
	/* EINVAL: a frame that no header can describe, now gone. */
	do {
		n = readv(raw->queue.fd, iov, (int)count);
	} while (n < 0 && (errno == EINTR || errno == EINVAL));
	return n < 0 ? -errno : n - (ssize_t)sizeof(*hdr);
}

/* A frame of the ring's. */
static ssize_t slot_receive(struct raw *raw, struct virtio_net_hdr *hdr,
			    const struct iovec *frame, unsigned int count)
{
	struct iovec *iov = raw->queue.in;

	count = net_fd_unprefixed(iov, VIRTIO_NET_RECEIVE_IOVS, frame, count);
	return (ssize_t)raw_ring_take(&raw->ring, hdr, iov, count);
}

/* Nothing is in the ring: is that because the interface is down? */
static int ring_error(struct raw *raw)
{
	int err = 0;
	socklen_t len = sizeof(err);

	if (getsockopt(raw->queue.fd, SOL_SOCKET, SO_ERROR, &err, &len))
		return -errno;
	return err ? -err : -EAGAIN;
}

static ssize_t next_receive(struct raw *raw, struct virtio_net_hdr *hdr,
			    const struct iovec *frame, unsigned int count)
{
	if (!raw->ring.map)
		return queue_receive(raw, hdr, frame, count);
	switch (raw_ring_look(&raw->ring)) {
	case RAW_SLOT_FRAME:
		return slot_receive(raw, hdr, frame, count);
	case RAW_SLOT_QUEUED:
		raw_ring_next(&raw->ring);
		return queue_receive(raw, hdr, frame, count);
	default:
		return ring_error(raw);
	}
}

static ssize_t raw_receive(struct virtio_net_backend *be, unsigned int pair,
			   const struct iovec *frame, unsigned int count)
{
	struct raw *raw = (struct raw *)be;
	struct virtio_net_hdr hdr;
	ssize_t n = next_receive(raw, &hdr, frame, count);

	if (n < 0)
		return n == -EAGAIN ? n : raw_failed(raw, (int)n);
	if (!__atomic_load_n(&be->link_up, __ATOMIC_RELAXED))
		virtio_net_link(be, true);
	header_copy(frame, &hdr, true);
	return n + VIRTIO_NET_HDR_SIZE;
}

static void raw_destroy(struct virtio_net_backend *be)
{
	struct raw *raw = (struct raw *)be;

	raw_ring_close(&raw->ring, raw->queue.fd);
	net_fd_close(&raw->queue);
	raw->free(raw);
}

static const struct virtio_net_backend_ops raw_ops = {
	.start = raw_start,
	.send = raw_send,
	.receive = raw_receive,
	.destroy = raw_destroy,
};

/* Making one */

static int option_set(int fd, int option, int value)
{
	return setsockopt(fd, SOL_PACKET, option, &value, sizeof(value)) ? -errno : 0;
}

static int interface_index(int fd, const char *name)
{
	struct ifreq ifr = { 0 };

	if (strlen(name) >= sizeof(ifr.ifr_name))
		return -ENODEV;
	strcpy(ifr.ifr_name, name);
	if (ioctl(fd, SIOCGIFHWADDR, &ifr))
		return -errno;
	if (ifr.ifr_hwaddr.sa_family != ARPHRD_ETHER &&
	    ifr.ifr_hwaddr.sa_family != ARPHRD_LOOPBACK)
		return -EOPNOTSUPP;
	return ioctl(fd, SIOCGIFINDEX, &ifr) ? -errno : ifr.ifr_ifindex;
}

static int raw_bind(int fd, const char *name)
{
	struct packet_mreq all = { .mr_type = PACKET_MR_PROMISC };
	struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
	};
	int index = interface_index(fd, name);

	if (index < 0)
		return index;
	addr.sll_ifindex = index;
	all.mr_ifindex = index;
	/* Without this one we would hear what we send; older hosts lack it. */
	if (option_set(fd, PACKET_IGNORE_OUTGOING, 1) ||
	    option_set(fd, PACKET_VNET_HDR, 1) ||
	    bind(fd, (struct sockaddr *)&addr, sizeof(addr)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof(all)))
		return -errno;
	return 0;
}

int virtio_net_raw_open(const char *name)
{
	const int room = FRAMES_QUEUED * VIRTIO_NET_FRAME_MAX;
	/* Of no protocol, so that nothing comes in before it is bound. */
	int err, fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	err = raw_bind(fd, name);
	if (err) {
		close(fd);
		return err;
	}
	/* As much as the host allows. */
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	return fd;
}

static int raw_watch(struct raw *raw, const struct virtio_host *host, int fd)
{
	int err, copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (copy < 0)
		return -errno;
	err = option_set(copy, PACKET_IGNORE_OUTGOING, 1);
	if (err) {
		close(copy);
		return err;
	}
	/* Without one, frames are read one by one. */
	(void)raw_ring_open(&raw->ring, copy);
	err = net_fd_open(&raw->queue, host, &raw->be, 0, copy);
	if (err) {
		raw_ring_close(&raw->ring, copy);
		close(copy);
	}
	return err;
}

int virtio_net_raw_create(const struct virtio_host *host, int fd,
			  struct virtio_net_backend **be)
{
	struct raw *raw = host->mem->alloc(sizeof(*raw));
	int err;

	if (!raw)
		return -ENOMEM;
	raw->be.ops = &raw_ops;
	/* Segmentation of UDP by the socket came late, and it does not tell. */
	raw->be.features = VIRTIO_NET_OFFLOADS &
			   ~(1ULL << VIRTIO_NET_F_GUEST_USO4 |
			     1ULL << VIRTIO_NET_F_GUEST_USO6 |
			     1ULL << VIRTIO_NET_F_HOST_USO);
	raw->be.pairs = 1;
	raw->be.link_up = true;
	raw->free = host->mem->free;
	err = raw_watch(raw, host, fd);
	if (err) {
		host->mem->free(raw);
		return err;
	}
	*be = &raw->be;
	return 0;
}
