// SPDX-License-Identifier: GPL-2.0
/*
 * net_tap.c - TAP and macvtap devices of the host as a network backend.
 *
 * Layer:   drivers/virtio, a backend (device/backend seam of net.h).
 * Users:   net.c, by its operations; tools/lkl/lib/netdev_tap.c makes it.
 * Locking: one thread at a time for a queue pair, as the seam says; nothing is
 *          shared between pairs.
 *
 * A write() passes a frame to the host's network stack, which does its work for
 * it before the call returns; a read() takes one that it has sent. Both begin
 * with the virtio header (IFF_VNET_HDR), so segmentation and checksums are left
 * to whoever comes last: often nobody.
 */
#include "drivers/virtio/net_tap.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "drivers/virtio/net_fd.h"

/* Later than some hosts' <linux/if_tun.h>; the host says whether it knows them. */
#ifndef TUN_F_USO4
#define TUN_F_USO4	0x20
#define TUN_F_USO6	0x40
#endif

#define TUN_DEVICE	"/dev/net/tun"

/**
 * struct tap - the backend
 * @be: the shared part
 * @free: how to free it
 * @vnet: frames carry headers
 * @attached: queues in use; changed by start() and update(); atomic
 * @queue: one descriptor for each pair
 */
struct tap {
	struct virtio_net_backend be;
	void (*free)(void *ptr);
	bool vnet;
	unsigned int attached;
	struct net_fd queue[VIRTIO_NET_PAIRS_MAX];
};

static struct tap *to_tap(struct virtio_net_backend *be)
{
	return (struct tap *)be;
}

/* What the host's stack may leave undone in frames for us. */
static unsigned int tun_offloads(uint64_t features)
{
	static const struct {
		unsigned int feature;
		unsigned int flag;
	} map[] = {
		{ VIRTIO_NET_F_GUEST_CSUM, TUN_F_CSUM },
		{ VIRTIO_NET_F_GUEST_TSO4, TUN_F_TSO4 },
		{ VIRTIO_NET_F_GUEST_TSO6, TUN_F_TSO6 },
		{ VIRTIO_NET_F_GUEST_ECN, TUN_F_TSO_ECN },
		{ VIRTIO_NET_F_GUEST_USO4, TUN_F_USO4 },
		{ VIRTIO_NET_F_GUEST_USO6, TUN_F_USO6 },
	};
	unsigned int i, flags = 0;

	for (i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (features >> map[i].feature & 1)
			flags |= map[i].flag;
	/* The host knows both or none. */
	if ((flags & (TUN_F_USO4 | TUN_F_USO6)) != (TUN_F_USO4 | TUN_F_USO6))
		flags &= ~(TUN_F_USO4 | TUN_F_USO6);
	return flags;
}

static bool is_attached(const struct tap *tap, unsigned int pair)
{
	return pair < __atomic_load_n(&tap->attached, __ATOMIC_ACQUIRE);
}

static void attached_set(struct tap *tap, unsigned int attached)
{
	__atomic_store_n(&tap->attached, attached, __ATOMIC_RELEASE);
}

static int queue_set(struct tap *tap, unsigned int pair, short flag)
{
	struct ifreq ifr = { .ifr_flags = flag };

	return ioctl(tap->queue[pair].fd, TUNSETQUEUE, &ifr) ? -errno : 0;
}

/*
 * Queues that nobody reads must not get frames. One that is not attached fails as one
 * whose device is gone, so it must not be taken for attached.
 */
static int tap_attach(struct tap *tap, unsigned int pairs)
{
	unsigned int n = tap->attached;
	int err = 0;

	for (; !err && n < pairs; n++) {
		err = queue_set(tap, n, IFF_ATTACH_QUEUE);
		if (!err)
			attached_set(tap, n + 1);
	}
	for (; !err && n > pairs; n--) {
		attached_set(tap, n - 1);
		err = queue_set(tap, n - 1, IFF_DETACH_QUEUE);
		if (err)
			attached_set(tap, n);
	}
	return err;
}

static int tap_start(struct virtio_net_backend *be, uint64_t features,
		     unsigned int pairs)
{
	struct tap *tap = to_tap(be);

	if (tap->vnet &&
	    ioctl(tap->queue[0].fd, TUNSETOFFLOAD, tun_offloads(features)))
		return -errno;
	return tap_attach(tap, pairs);
}

/* The host has taken the device away, or somebody has deleted it: for good. */
static int tap_result(struct tap *tap, unsigned int pair, int err)
{
	if ((err == -EBADFD || err == -ENODEV) && is_attached(tap, pair))
		virtio_net_gone(&tap->be);
	return err;
}

static int tap_send(struct virtio_net_backend *be, unsigned int pair,
		    const struct iovec *iov, unsigned int count, size_t len)
{
	struct tap *tap = to_tap(be);
	struct net_fd *queue = &tap->queue[pair];
	int err = tap->vnet ? net_fd_send(queue, iov, count, len) :
			      net_fd_send_bare(queue, iov, count, len);

	return tap_result(tap, pair, err);
}

static ssize_t tap_receive(struct virtio_net_backend *be, unsigned int pair,
			   const struct iovec *iov, unsigned int count)
{
	struct tap *tap = to_tap(be);
	struct net_fd *queue = &tap->queue[pair];
	ssize_t n;

	if (!is_attached(tap, pair))
		return -EAGAIN;
	if (!tap->vnet) {
		n = net_fd_receive_bare(queue, iov, count);
		return n < 0 ? tap_result(tap, pair, (int)n) : n;
	}
	do {
		n = readv(queue->fd, iov, (int)count);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? tap_result(tap, pair, -errno) : n;
}

static void queues_close(struct tap *tap, unsigned int count)
{
	while (count--)
		net_fd_close(&tap->queue[count]);
}

static void tap_destroy(struct virtio_net_backend *be)
{
	struct tap *tap = to_tap(be);

	queues_close(tap, be->pairs);
	tap->free(tap);
}

static const struct virtio_net_backend_ops tap_ops = {
	.start = tap_start,
	.send = tap_send,
	.receive = tap_receive,
	.update = tap_start,
	.destroy = tap_destroy,
};

/* Making one */

static int queue_open(struct tap *tap, const struct virtio_host *host,
		      unsigned int pair, int fd)
{
	int err, copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (copy < 0)
		return -errno;
	err = net_fd_open(&tap->queue[pair], host, &tap->be, pair, copy);
	if (err)
		close(copy);
	return err;
}

/* What the host can carry on @fd, and whether there are headers at all. */
static int tap_probe(struct tap *tap, int fd)
{
	const uint64_t uso = 1ULL << VIRTIO_NET_F_GUEST_USO4 |
			     1ULL << VIRTIO_NET_F_GUEST_USO6 |
			     1ULL << VIRTIO_NET_F_HOST_USO;
	int size = VIRTIO_NET_HDR_SIZE, le = 1;
	struct ifreq ifr = { 0 };

	if (ioctl(fd, TUNGETIFF, &ifr))
		return -errno;
	tap->vnet = ifr.ifr_flags & IFF_VNET_HDR;
	if (!tap->vnet)
		return 0;
	if (ioctl(fd, TUNSETVNETHDRSZ, &size))
		return -errno;
	/* Where it is not known, it is so. */
	ioctl(fd, TUNSETVNETLE, &le);
	tap->be.features = VIRTIO_NET_OFFLOADS;
	if (ioctl(fd, TUNSETOFFLOAD, tun_offloads(VIRTIO_NET_OFFLOADS)))
		tap->be.features &= ~uso;
	return 0;
}

static int queues_open(struct tap *tap, const struct virtio_host *host,
		       const int *fds, unsigned int count)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < count; i++) {
		err = tap_probe(tap, fds[i]);
		if (!err)
			err = queue_open(tap, host, i, fds[i]);
		if (err)
			break;
	}
	if (err)
		queues_close(tap, i);
	return err;
}

int virtio_net_tap_create(const struct virtio_host *host, const int *fds,
			  unsigned int count, struct virtio_net_backend **be)
{
	struct tap *tap;
	int err;

	if (!count || count > VIRTIO_NET_PAIRS_MAX)
		return -EINVAL;
	tap = host->mem->alloc(sizeof(*tap));
	if (!tap)
		return -ENOMEM;
	tap->be.ops = &tap_ops;
	tap->be.pairs = count;
	tap->be.link_up = true;
	tap->free = host->mem->free;
	tap->attached = count;
	err = queues_open(tap, host, fds, count);
	if (err) {
		host->mem->free(tap);
		return err;
	}
	*be = &tap->be;
	return 0;
}

static int tun_set_iff(int fd, const char *name, short flags)
{
	struct ifreq ifr = { .ifr_flags = flags };

	if (strlen(name) >= sizeof(ifr.ifr_name))
		return -ENAMETOOLONG;
	strcpy(ifr.ifr_name, name);
	return ioctl(fd, TUNSETIFF, &ifr) ? -errno : 0;
}

int virtio_net_tap_open(const char *name)
{
	const short flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
	int err, fd = open(TUN_DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	err = tun_set_iff(fd, name, flags | IFF_MULTI_QUEUE);
	/* One that exists already may have been made for a single queue. */
	if (err == -EINVAL)
		err = tun_set_iff(fd, name, flags);
	if (!err)
		return fd;
	close(fd);
	return err;
}

int virtio_net_macvtap_open(const char *path, uint8_t mac[6])
{
	int err, fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	struct ifreq ifr = { 0 };

	if (fd < 0)
		return -errno;
	err = tun_set_iff(fd, "", IFF_TAP | IFF_NO_PI | IFF_VNET_HDR);
	if (err)
		goto err_close;
	if (ioctl(fd, SIOCGIFHWADDR, &ifr)) {
		err = -errno;
		goto err_close;
	}
	memcpy(mac, ifr.ifr_hwaddr.sa_data, 6);
	return fd;

err_close:
	close(fd);
	return err;
}
