/* SPDX-License-Identifier: GPL-2.0 */
/*
 * net_raw.h - a packet socket on an interface of the host as a network backend.
 *
 * Layer:   drivers/virtio.
 * Users:   the composition (tools/lkl/lib/netdev_fd.c), tests.
 */
#ifndef LKL_VIRTIO_NET_RAW_H
#define LKL_VIRTIO_NET_RAW_H

#include "drivers/virtio/net.h"

/**
 * virtio_net_raw_open - open a packet socket on an interface
 * @name: the interface's name
 *
 * It sees every frame on the wire (promiscuous mode, while it is open), but not
 * those that the host itself sends there.
 *
 * Context: not on a vCPU. Return: a descriptor; -EPERM (takes CAP_NET_RAW), -ENODEV,
 * -EMFILE, -EOPNOTSUPP (not Ethernet).
 */
int virtio_net_raw_open(const char *name);

/**
 * virtio_net_raw_create - a backend over a packet socket
 * @host: surroundings; it must be able to watch descriptors
 * @fd: from virtio_net_raw_open(); duplicated
 * @be: set to the backend
 *
 * Context: not on a vCPU. Return: 0, -EBADF, -ENOMEM, -EMFILE, -ENOSYS (@host cannot
 * watch), and errors of the host for what is no packet socket.
 */
int virtio_net_raw_create(const struct virtio_host *host, int fd,
			  struct virtio_net_backend **be);

#endif /* LKL_VIRTIO_NET_RAW_H */
