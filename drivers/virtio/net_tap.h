/* SPDX-License-Identifier: GPL-2.0 */
/*
 * net_tap.h - TAP and macvtap devices of the host as a network backend.
 *
 * Layer:   drivers/virtio.
 * Users:   the composition (tools/lkl/lib/netdev_tap.c), tests.
 */
#ifndef LKL_VIRTIO_NET_TAP_H
#define LKL_VIRTIO_NET_TAP_H

#include "drivers/virtio/net.h"

/**
 * virtio_net_tap_create - a backend over a TAP or macvtap device
 * @host: surroundings; it must be able to watch descriptors
 * @fds: a descriptor for each queue of it, bound to the device (TUNSETIFF). They
 *	are duplicated; the caller keeps its own. Made non-blocking. Without
 *	IFF_VNET_HDR nothing is offloaded.
 * @count: how many
 * @be: set to the backend; may be given a MAC and an MTU, and fewer features,
 *	before virtio_net_create()
 *
 * Context: not on a vCPU. Return: 0, -EINVAL (@count; not such a device),
 * -EBADFD (bound to none), -ENOMEM, -EMFILE, -ENOSYS (@host cannot watch).
 */
int virtio_net_tap_create(const struct virtio_host *host, const int *fds,
			  unsigned int count, struct virtio_net_backend **be);

/**
 * virtio_net_tap_open - open a TAP device, or one more queue of it
 * @name: its name. It is made if there is none, which takes CAP_NET_ADMIN, and
 *	goes away with its last descriptor; "" makes one with a new name.
 *
 * Context: not on a vCPU. Return: a descriptor; -ENOENT or -EACCES (the host's
 * /dev/net/tun), -EPERM (not the user's device), -EBUSY (in use and no second
 * queue is allowed), -ENAMETOOLONG, -EINVAL (not a TAP device), -EMFILE.
 */
int virtio_net_tap_open(const char *name);

/**
 * virtio_net_macvtap_open - open a macvtap device, or one more queue of it
 * @path: its node, /dev/tap<ifindex>
 * @mac: set to its address, which ours has to be
 *
 * Context: not on a vCPU. Return: a descriptor, or a negative errno.
 */
int virtio_net_macvtap_open(const char *path, uint8_t mac[6]);

#endif /* LKL_VIRTIO_NET_TAP_H */
