/* SPDX-License-Identifier: GPL-2.0 */
/*
 * netdev.h - the network devices of a kernel
 *
 * Layer:   tools/lkl/lib, internal, above device.c.
 * Users:   instance.c at start and at the end; netdev_*.c, which make devices.
 * Locking: the kernel's lock is held by the caller of netdevs_*().
 */
#ifndef LKL_LIB_NETDEV_H
#define LKL_LIB_NETDEV_H

#include "drivers/virtio/net.h"
#include "kernel.h"

/**
 * netdevs_plug - announce all network devices to a kernel that has just booted
 * @kernel: it
 *
 * Return: 0, or the first error; the devices before it are then announced.
 */
int netdevs_plug(struct lkl_kernel *kernel);

/**
 * netdevs_unplugged - the devices behind them are gone; keep the network devices
 * @kernel: a kernel whose devices were freed
 */
void netdevs_unplugged(struct lkl_kernel *kernel);

/**
 * netdevs_free - remove all network devices; they can be added again
 * @kernel: a kernel without devices
 */
void netdevs_free(struct lkl_kernel *kernel);

/**
 * netdev_offload - which features an application's word permits
 * @offload: as in struct lkl_netdev_args
 *
 * Return: a mask of VIRTIO_NET_F_*.
 */
uint64_t netdev_offload(int offload);

/**
 * netdev_fail - remember why a call of lkl_netdev_*() fails
 * @err: a negative errno, whose text is appended
 * @format: what failed, as for printf()
 *
 * Return: @err.
 */
int netdev_fail(int err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* netdev_ok - a call of lkl_netdev_*() begins: nothing has failed yet */
void netdev_ok(void);

#endif /* LKL_LIB_NETDEV_H */
