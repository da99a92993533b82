// SPDX-License-Identifier: GPL-2.0
/*
 * netdev_fd.c - network devices over descriptors: TAP, macvtap, raw, pipes, sockets
 *
 * Layer:   tools/lkl/lib, the C API, above drivers/virtio; documented in lkl.h.
 * Users:   applications; netdev.c, by struct lkl_dev_net_ops.
 * Locking: none; a device is in one kernel at a time.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "drivers/virtio/net_pipe.h"
#include "drivers/virtio/net_raw.h"
#include "drivers/virtio/net_tap.h"
#include "netdev.h"

/**
 * struct fd_netdev - such a device
 * @nd: the part all share
 * @fd: its descriptor, or the one for reading
 * @tx: the one for writing, or -1
 * @offload: features it may offer
 * @more: open another queue of it, or NULL
 * @name: what by
 */
struct fd_netdev {
	struct lkl_netdev nd;
	int fd;
	int tx;
	uint64_t offload;
	int (*more)(struct fd_netdev *dev);
	char name[PATH_MAX];
};

static struct fd_netdev *to_fd(struct lkl_netdev *nd)
{
	return (struct fd_netdev *)nd;
}

static void fd_free(struct lkl_netdev *nd)
{
	struct fd_netdev *dev = to_fd(nd);

	if (dev->fd >= 0)
		close(dev->fd);
	if (dev->tx >= 0)
		close(dev->tx);
	free(dev);
}

static struct fd_netdev *fd_create(struct lkl_dev_net_ops *ops, const char *name,
				   int offload)
{
	struct fd_netdev *dev;

	netdev_ok();
	if (!name || strlen(name) >= sizeof(dev->name)) {
		netdev_fail(-EINVAL, "no name, or one that is too long");
		return NULL;
	}
	dev = calloc(1, sizeof(*dev));
	if (!dev) {
		netdev_fail(-ENOMEM, "%s", name);
		return NULL;
	}
	dev->nd.ops = ops;
	dev->nd.id = -1;
	dev->fd = -1;
	dev->tx = -1;
	dev->offload = netdev_offload(offload);
	strcpy(dev->name, name);
	return dev;
}

/* Finish making @dev if @fd is one. */
static struct lkl_netdev *fd_opened(struct fd_netdev *dev, int fd,
				    const char *what)
{
	dev->fd = fd;
	if (fd >= 0)
		return &dev->nd;
	netdev_fail(fd, "%s %s", what, dev->name);
	fd_free(&dev->nd);
	return NULL;
}

static int fd_dup(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	return copy < 0 ? -errno : copy;
}

/*
 * TAP and macvtap.
 */

/* As many queues as there may be, and one at least. */
static unsigned int queues_open(struct fd_netdev *dev, int *fds, unsigned int max)
{
	unsigned int count = 1;

	fds[0] = dev->fd;
	while (dev->more && count < max) {
		fds[count] = dev->more(dev);
		if (fds[count] < 0)
			break;
		count++;
	}
	return count;
}

static int tap_backend(struct lkl_netdev *nd, const struct virtio_host *host,
		       unsigned int pairs, struct virtio_net_backend **be)
{
	struct fd_netdev *dev = to_fd(nd);
	int err, fds[VIRTIO_NET_PAIRS_MAX];
	unsigned int count = queues_open(dev, fds, pairs);

	err = virtio_net_tap_create(host, fds, count, be);
	while (--count)
		close(fds[count]);
	if (!err)
		(*be)->features &= dev->offload;
	return err;
}

static struct lkl_dev_net_ops tap_ops = {
	.free = fd_free,
	.backend = tap_backend,
};

static int tap_more(struct fd_netdev *dev)
{
	return virtio_net_tap_open(dev->name);
}

/* Which one it is, if the host has given it a name. */
static void tap_name(struct fd_netdev *dev)
{
	struct ifreq ifr = { 0 };

	if (ioctl(dev->fd, TUNGETIFF, &ifr))
		return;
	memcpy(dev->name, ifr.ifr_name, sizeof(ifr.ifr_name));
	if (ifr.ifr_flags & IFF_MULTI_QUEUE)
		dev->more = tap_more;
}

struct lkl_netdev *lkl_netdev_tap_create(const char *ifname, int offload)
{
	struct fd_netdev *dev = fd_create(&tap_ops, ifname, offload);

	if (!dev || !fd_opened(dev, virtio_net_tap_open(ifname), "TAP device"))
		return NULL;
	tap_name(dev);
	return &dev->nd;
}

struct lkl_netdev *lkl_netdev_tap_fd_create(int fd, int offload)
{
	struct fd_netdev *dev = fd_create(&tap_ops, "descriptor", offload);

	return dev ? fd_opened(dev, fd_dup(fd), "TAP device by") : NULL;
}

static int macvtap_more(struct fd_netdev *dev)
{
	uint8_t mac[6];

	return virtio_net_macvtap_open(dev->name, mac);
}

struct lkl_netdev *lkl_netdev_macvtap_create(const char *path, int offload)
{
	struct fd_netdev *dev = fd_create(&tap_ops, path, offload);

	if (!dev)
		return NULL;
	dev->more = macvtap_more;
	return fd_opened(dev, virtio_net_macvtap_open(path, dev->nd.mac),
			 "macvtap device");
}

/*
 * Packet sockets.
 */

static int raw_backend(struct lkl_netdev *nd, const struct virtio_host *host,
		       unsigned int pairs, struct virtio_net_backend **be)
{
	return virtio_net_raw_create(host, to_fd(nd)->fd, be);
}

static struct lkl_dev_net_ops raw_ops = {
	.free = fd_free,
	.backend = raw_backend,
};

struct lkl_netdev *lkl_netdev_raw_create(const char *ifname)
{
	struct fd_netdev *dev = fd_create(&raw_ops, ifname, LKL_NETDEV_OFFLOAD_ALL);

	return dev ? fd_opened(dev, virtio_net_raw_open(ifname), "interface") : NULL;
}

/*
 * Named pipes.
 */

static int pipe_backend(struct lkl_netdev *nd, const struct virtio_host *host,
			unsigned int pairs, struct virtio_net_backend **be)
{
	return virtio_net_fifo_create(host, to_fd(nd)->fd, to_fd(nd)->tx, be);
}

static struct lkl_dev_net_ops pipe_ops = {
	.free = fd_free,
	.backend = pipe_backend,
};

/* For both directions, so that it neither waits nor ends while the peer is away. */
static int fifo_open(const char *path)
{
	int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

struct lkl_netdev *lkl_netdev_pipe_create(const char *ifname, int offload)
{
	struct fd_netdev *dev = fd_create(&pipe_ops, ifname, offload);
	char *tx;

	if (!dev)
		return NULL;
	tx = strchr(dev->name, '|');
	if (!tx)
		return fd_opened(dev, -EINVAL, "no two names in");
	*tx++ = '\0';
	if (!fd_opened(dev, fifo_open(dev->name), "pipe"))
		return NULL;
	dev->tx = fifo_open(tx);
	if (dev->tx >= 0)
		return &dev->nd;
	netdev_fail(dev->tx, "pipe %s", tx);
	fd_free(&dev->nd);
	return NULL;
}

/*
 * Sockets.
 */

static int socket_backend(struct lkl_netdev *nd, const struct virtio_host *host,
			  unsigned int pairs, struct virtio_net_backend **be)
{
	struct fd_netdev *dev = to_fd(nd);
	int err = virtio_net_socket_create(host, dev->fd, be);

	if (!err)
		(*be)->features &= dev->offload;
	return err;
}

static struct lkl_dev_net_ops socket_ops = {
	.free = fd_free,
	.backend = socket_backend,
};

struct lkl_netdev *lkl_netdev_socket_create(int fd, int offload)
{
	struct fd_netdev *dev = fd_create(&socket_ops, "descriptor", offload);

	return dev ? fd_opened(dev, fd_dup(fd), "socket by") : NULL;
}
