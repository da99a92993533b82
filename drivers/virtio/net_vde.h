/* SPDX-License-Identifier: GPL-2.0 */
/*
 * net_vde.h - a port of a VDE switch as a network backend.
 *
 * Layer:   drivers/virtio.
 * Users:   tools/lkl/lib.
 */
#ifndef LKL_VIRTIO_NET_VDE_H
#define LKL_VIRTIO_NET_VDE_H

#include "drivers/virtio/net.h"

/**
 * virtio_net_vde_create - a backend over libvdeplug
 * @host: surroundings; @mem and @watch are used
 * @url: what to connect to, as vde_plug(1) takes it: the directory of a switch, or
 *	vde://, vxvde://, udp:// and so on
 * @be: set to the backend; give it to virtio_net_create() or destroy it
 *
 * Context: not on a vCPU. Blocks: until the switch has answered.
 * Return: 0, -ELIBACC (libvdeplug is not installed), -ENOENT, -EACCES,
 * -ECONNREFUSED and what else connecting may fail with, -EOPNOTSUPP (@host has no
 * watch), -ENOMEM.
 */
int virtio_net_vde_create(const struct virtio_host *host, const char *url,
			  struct virtio_net_backend **be);

#endif /* LKL_VIRTIO_NET_VDE_H */
