/* SPDX-License-Identifier: GPL-2.0 */
/*
 * netops.h - network devices by struct lkl_dev_net_ops
 *
 * Layer:   tools/lkl/lib, internal, a backend of drivers/virtio.
 * Users:   netdev.c.
 */
#ifndef LKL_LIB_NETOPS_H
#define LKL_LIB_NETOPS_H

#include <lkl_host.h>

#include "drivers/virtio/net.h"

/**
 * netops_complete - can a device be used that way?
 * @ops: its operations
 */
static inline bool netops_complete(const struct lkl_dev_net_ops *ops)
{
	return ops->tx && ops->rx && ops->poll && ops->poll_hup;
}

/**
 * netops_backend_create - a backend by tx, rx, poll and poll_hup
 * @nd: the device, whose operations are complete
 * @host: surroundings
 * @be: set to the backend
 *
 * Return: 0, -ENOMEM, -EAGAIN (no thread to be had).
 */
int netops_backend_create(struct lkl_netdev *nd, const struct virtio_host *host,
			  struct virtio_net_backend **be);

#endif /* LKL_LIB_NETOPS_H */
