/* SPDX-License-Identifier: GPL-2.0 */
/*
 * device.h - a device of a kernel: between its register window and the kernel
 *
 * Layer:   tools/lkl/lib, internal, above drivers/virtio.
 * Users:   slot.c; instance.c (the I/O family, and the end).
 * Locking: the kernel's lock is held by the caller, except where it says so.
 *
 * DOC: Life of a device
 *
 *	device_create()			gives the virtio_host to make a device with
 *	  device_plug()			the kernel's driver finds it
 *	    device_unplug()		taken away from a running kernel, freed
 *	    or devices_close()		before lkl_kernel_calls.destroy()
 *	       devices_free()		after it
 *
 * A kernel that has panicked may still be ringing a doorbell while it is being
 * taken apart, until destroy() has joined its threads. But destroy() also takes
 * its memory away, and by then no request may be in flight any more that points
 * there. So each device has a gate in front of its window: devices_close()
 * shuts it, waits for accesses that are inside, and then for the requests.
 */
#ifndef LKL_LIB_DEVICE_H
#define LKL_LIB_DEVICE_H

#include "drivers/virtio/virtio.h"
#include "kernel.h"

/**
 * struct device - one device
 * @kernel: whose
 * @next: its next device
 * @mmio: the register window; NULL before it is plugged and once closed
 * @announced: as the kernel was told; irq is set by it
 * @id: what the kernel calls it
 * @gate: accesses inside the window, and DEVICE_CLOSED
 * @drained: raised when the last one has left a closed gate
 */
struct device {
	struct lkl_kernel *kernel;
	struct device *next;
	struct virtio_mmio *mmio;
	struct lkl_device announced;
	int id;
	uint32_t gate;
	struct lkl_sem *drained;
};

#define DEVICE_CLOSED	(1U << 31)

/* For kernels: behind the gate is virtio_mmio_read() and virtio_mmio_write(). */
extern const struct lkl_io_ops device_io_ops;

/**
 * device_create - make a device that has no window yet
 * @kernel: a running kernel
 * @host: set to what the virtio device and its backend are to be made with
 *
 * Return: it, or NULL when memory is short.
 */
struct device *device_create(struct lkl_kernel *kernel,
			     struct virtio_host *host);

/**
 * device_destroy - free a device that was not plugged
 * @dev: it
 */
void device_destroy(struct device *dev);

/**
 * device_plug - announce a device to the kernel
 * @dev: the device
 * @mmio: its window; belongs to the device if this succeeds
 *
 * Return: 0, or an error of lkl_kernel_calls.device_add.
 */
int device_plug(struct device *dev, struct virtio_mmio *mmio);

/**
 * device_unplug - take a device away; frees it, at once or with its kernel
 * @dev: a plugged device
 *
 * Blocks: until its requests are done.
 */
void device_unplug(struct device *dev);

/**
 * devices_close - let no access and no request of any device go on
 * @kernel: a kernel about to be destroyed
 */
void devices_close(struct lkl_kernel *kernel);

/**
 * devices_free - free all devices
 * @kernel: a kernel that has been destroyed, or a forked copy, whose devices'
 *	windows belong to the parent and are left alone
 */
void devices_free(struct lkl_kernel *kernel);

#endif /* LKL_LIB_DEVICE_H */
