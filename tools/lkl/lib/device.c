// SPDX-License-Identifier: GPL-2.0
/*
 * device.c - a device of a kernel: between its register window and the kernel
 *
 * Layer:   tools/lkl/lib, internal, above drivers/virtio.
 * Users:   slot.c; instance.c.
 * Context: the functions of device_io_ops run on a vCPU; raise_line() on any
 *	thread; the rest on host threads that hold the kernel's lock.
 */
#include "device.h"

#include <errno.h>
#include <stdlib.h>

#include "host/posix/posix.h"

static void gate_leave(struct device *dev)
{
	uint32_t before = __atomic_fetch_sub(&dev->gate, 1, __ATOMIC_ACQ_REL);

	if (before == (DEVICE_CLOSED | 1))
		dev->kernel->ops.sem->up(dev->drained);
}

static bool gate_enter(struct device *dev)
{
	uint32_t before = __atomic_fetch_add(&dev->gate, 1, __ATOMIC_ACQ_REL);

	if (!(before & DEVICE_CLOSED))
		return true;
	gate_leave(dev);
	return false;
}

static void gate_close(struct device *dev)
{
	const struct lkl_sem_ops *sem = dev->kernel->ops.sem;

	/* An access that finds it closed may raise drained once more. */
	__atomic_fetch_or(&dev->gate, DEVICE_CLOSED, __ATOMIC_ACQ_REL);
	while (__atomic_load_n(&dev->gate, __ATOMIC_ACQUIRE) != DEVICE_CLOSED)
		sem->down(dev->drained, LKL_FOREVER);
}

static int window_read(void *arg, __u32 offset, __u32 size, __u64 *value)
{
	struct device *dev = arg;
	int err;

	if (!gate_enter(dev))
		return -EINVAL;
	err = virtio_mmio_read(dev->mmio, offset, size, value);
	gate_leave(dev);
	return err;
}

static int window_write(void *arg, __u32 offset, __u32 size, __u64 value)
{
	struct device *dev = arg;
	int err;

	if (!gate_enter(dev))
		return -EINVAL;
	err = virtio_mmio_write(dev->mmio, offset, size, value);
	gate_leave(dev);
	return err;
}

const struct lkl_io_ops device_io_ops = {
	.hdr = LKL_OPS_HEADER(struct lkl_io_ops),
	.read = window_read,
	.write = window_write,
};

/* The kernel sets irq before it lets a driver near the window. */
static void raise_line(void *arg)
{
	struct device *dev = arg;

	dev->kernel->calls->irq_raise(dev->announced.irq);
}

/*
 * The watches of host/posix, for devices. A waiter that sleeps elsewhere, since
 * there was nothing to watch, is made to look.
 */
static int watch_add(void *watcher, int fd,
		     void (*ready)(void *arg, uint32_t events), void *arg,
		     struct virtio_watch **watch)
{
	struct device *dev = watcher;
	struct posix_watch *w;
	int err;

	err = posix_watch_add(dev->kernel->poller, fd, ready, arg, &w);
	if (err)
		return err;
	*watch = (struct virtio_watch *)w;
	dev->kernel->calls->look();
	return 0;
}

static void watch_remove(struct virtio_watch *watch)
{
	posix_watch_remove((struct posix_watch *)watch);
}

static const struct virtio_watch_ops device_watch_ops = {
	.add = watch_add,
	.remove = watch_remove,
};

struct device *device_create(struct lkl_kernel *kernel,
			     struct virtio_host *host)
{
	const struct lkl_kernel_calls *calls = kernel->calls;
	struct device *dev = calloc(1, sizeof(*dev));

	if (!dev)
		return NULL;
	dev->kernel = kernel;
	dev->drained = kernel->ops.sem->alloc(0);
	if (!dev->drained) {
		free(dev);
		return NULL;
	}
	*host = (struct virtio_host){
		.memory = {
			.base = (void *)(uintptr_t)kernel->image.info.image_base,
			.start = calls->dma_start,
			.end = calls->dma_end,
		},
		.raise = raise_line,
		.raise_arg = dev,
		.mem = kernel->ops.mem,
		.sem = kernel->ops.sem,
		.thread = kernel->ops.thread,
		.watch = kernel->poller ? &device_watch_ops : NULL,
		.watcher = dev,
	};
	return dev;
}

void device_destroy(struct device *dev)
{
	dev->kernel->ops.sem->free(dev->drained);
	free(dev);
}

static void device_link(struct device *dev)
{
	dev->next = dev->kernel->devices;
	dev->kernel->devices = dev;
}

static void device_unlink(struct device *dev)
{
	struct device **link = &dev->kernel->devices;

	while (*link != dev)
		link = &(*link)->next;
	*link = dev->next;
}

int device_plug(struct device *dev, struct virtio_mmio *mmio)
{
	dev->mmio = mmio;
	dev->announced.driver = "virtio-mmio";
	dev->announced.dev = dev;
	dev->announced.size = VIRTIO_MMIO_WINDOW_SIZE;
	dev->id = dev->kernel->calls->device_add(&dev->announced);
	if (dev->id < 0) {
		/* A kernel that panicked meanwhile may still know the window. */
		gate_close(dev);
		dev->mmio = NULL;
		return dev->id;
	}
	device_link(dev);
	return 0;
}

static void device_close(struct device *dev)
{
	gate_close(dev);
	virtio_mmio_destroy(dev->mmio);
	dev->mmio = NULL;
}

void device_unplug(struct device *dev)
{
	/* Once it is halted or has panicked, only destroy() makes it let go. */
	if (dev->kernel->calls->device_remove(dev->id)) {
		device_close(dev);
		return;
	}
	virtio_mmio_destroy(dev->mmio);
	device_unlink(dev);
	device_destroy(dev);
}

void devices_close(struct lkl_kernel *kernel)
{
	struct device *dev;

	for (dev = kernel->devices; dev; dev = dev->next)
		device_close(dev);
}

void devices_free(struct lkl_kernel *kernel)
{
	struct device *dev;

	while ((dev = kernel->devices)) {
		kernel->devices = dev->next;
		device_destroy(dev);
	}
}
