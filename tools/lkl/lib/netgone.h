/* SPDX-License-Identifier: GPL-2.0 */
/*
 * netgone.h - what is done when a network device's backend is gone for good
 *
 * Layer:   tools/lkl/lib, internal, above device.c.
 * Users:   netdev.c.
 */
#ifndef LKL_LIB_NETGONE_H
#define LKL_LIB_NETGONE_H

#include <pthread.h>
#include <stdbool.h>

#include "device.h"

/**
 * struct netgone - the end of one network device
 * @lock: held for a moment only, on vCPUs too
 * @dev: the device, while there is an interface whose connections can be ended
 * @gone: its backend is gone
 * @started: there is a thread to join
 * @thread: it
 */
struct netgone {
	pthread_mutex_t lock;
	const struct device *dev;
	bool gone;
	bool started;
	__u64 thread;
};

/**
 * netgone_begin - a device is about to be made
 * @end: filled
 */
void netgone_begin(struct netgone *end);

/**
 * netgone_report - struct virtio_host.gone
 * @arg: the struct netgone
 */
void netgone_report(void *arg);

/**
 * netgone_open - the kernel has the device
 * @end: what was begun
 * @dev: the device
 */
void netgone_open(struct netgone *end, const struct device *dev);

/**
 * netgone_close - the kernel will not have the device any more
 * @end: what was opened
 *
 * Blocks: until a thread that ends connections has done so.
 */
void netgone_close(struct netgone *end);

#endif /* LKL_LIB_NETGONE_H */
