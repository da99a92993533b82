/* SPDX-License-Identifier: GPL-2.0 */
/*
 * netdev.h - the network devices of a kernel
 *
 * Layer:   tools/lkl/lib, internal, above slot.c.
 * Users:   netdev_*.c, which make devices; netgone.c; netif.c.
 */
#ifndef LKL_LIB_NETDEV_H
#define LKL_LIB_NETDEV_H

#include "drivers/virtio/net.h"
#include "kernel.h"

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

/**
 * netdev_capture_create - put a capture before a backend, if one is wanted
 * @nd: the device
 * @host: surroundings
 * @be: the backend; set to that of the capture, which then owns it
 *
 * Return: 0, -ENOMEM, -EMFILE.
 */
int netdev_capture_create(const struct lkl_netdev *nd,
			  const struct virtio_host *host,
			  struct virtio_net_backend **be);

/**
 * netdev_capture_free - want no capture any more
 * @nd: the device
 */
void netdev_capture_free(struct lkl_netdev *nd);

/**
 * netdev_ifindex - the interface of a device
 * @device_id: what the kernel calls the device, struct device.id
 *
 * Return: its index; -ENOENT if there is none in the caller's network namespace; or
 * an error of a system call.
 */
int netdev_ifindex(int device_id);

/**
 * netdev_device_id - the device whose register window a virtio driver has found
 * @virtio: what the virtio bus calls it, "virtio<n>"
 *
 * Return: what the kernel calls the device, struct device.id; -ENODEV if it is none
 * of ours; or an error of a system call.
 */
int netdev_device_id(const char *virtio);

/**
 * netdev_has_link - is an interface a device of ours that has a peer?
 * @virtio: what the virtio bus calls its device; "" if it has none
 *
 * Then its carrier is on, or about to be, if it is up.
 */
bool netdev_has_link(const char *virtio);

#endif /* LKL_LIB_NETDEV_H */
