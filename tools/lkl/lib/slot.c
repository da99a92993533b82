// SPDX-License-Identifier: GPL-2.0
/*
 * slot.c - what was added to a kernel and is there again at each boot
 *
 * Layer:   tools/lkl/lib, internal, above device.c and drivers/virtio.
 * Users:   see slot.h.
 * Locking: see slot.h.
 *
 * A disk or a network device may be added before the first boot and is there again
 * after the next. Its virtio device is made for each boot anew.
 */
#include "slot.h"

#include <errno.h>
#include <stddef.h>

#include "device.h"

/* The virtio device and its window. */
static int window_create(struct slot *slot, struct virtio_host *host,
			 unsigned int queues, struct virtio_mmio **mmio)
{
	struct virtio_device *vdev;
	int err = slot->ops->create(slot, host, queues, &vdev);

	if (err)
		return err;
	err = virtio_mmio_create(vdev, mmio);
	if (err)
		vdev->ops->destroy(vdev);
	return err;
}

static int slot_plug(struct lkl_kernel *kernel, struct slot *slot)
{
	enum slot_step step = SLOT_MEMORY;
	struct virtio_host host;
	struct virtio_mmio *mmio;
	struct device *dev;
	int err = -ENOMEM;

	dev = device_create(kernel, &host);
	if (!dev)
		goto err_failed;
	step = SLOT_DEVICE;
	err = window_create(slot, &host, kernel->vcpus, &mmio);
	if (err)
		goto err_device;
	step = SLOT_KERNEL;
	err = device_plug(dev, mmio);
	if (err)
		goto err_window;
	slot->device = dev;
	if (slot->ops->plugged)
		slot->ops->plugged(slot);
	return 0;

err_window:
	virtio_mmio_destroy(mmio);
err_device:
	device_destroy(dev);
err_failed:
	slot->ops->failed(err, step);
	return err;
}

static void slot_unplug(struct slot *slot)
{
	if (slot->device && slot->ops->unplug)
		slot->ops->unplug(slot);
}

/* Give it the lowest id that is free, and with that its place. */
static void slot_link(struct slot **list, struct slot *slot)
{
	while (*list && (*list)->id == slot->id) {
		slot->id++;
		list = &(*list)->next;
	}
	slot->next = *list;
	*list = slot;
}

static void slot_unlink(struct slot **list, struct slot *slot)
{
	while (*list != slot)
		list = &(*list)->next;
	*list = slot->next;
}

int slot_add(struct lkl_kernel *kernel, struct slot **list, struct slot *slot)
{
	int err = 0;

	slot_link(list, slot);
	if (kernel_running(kernel))
		err = slot_plug(kernel, slot);
	if (err)
		slot_unlink(list, slot);
	return err ? err : slot->id;
}

void slot_remove(struct slot **list, struct slot *slot)
{
	slot_unplug(slot);
	if (slot->device)
		device_unplug(slot->device);
	slot_unlink(list, slot);
	slot->ops->free(slot);
}

struct slot *slot_find(struct slot *list, int id)
{
	while (list && list->id != id)
		list = list->next;
	return list;
}

static int list_plug(struct lkl_kernel *kernel, struct slot *slot)
{
	int err = 0;

	for (; !err && slot; slot = slot->next)
		err = slot_plug(kernel, slot);
	return err;
}

int slots_plug(struct lkl_kernel *kernel)
{
	int err = list_plug(kernel, kernel->disks);

	return err ? err : list_plug(kernel, kernel->netdevs);
}

static void list_unplug(struct slot *slot)
{
	for (; slot; slot = slot->next)
		slot_unplug(slot);
}

void slots_unplug(struct lkl_kernel *kernel)
{
	list_unplug(kernel->disks);
	list_unplug(kernel->netdevs);
}

static void list_unplugged(struct slot *slot)
{
	for (; slot; slot = slot->next)
		slot->device = NULL;
}

void slots_unplugged(struct lkl_kernel *kernel)
{
	list_unplugged(kernel->disks);
	list_unplugged(kernel->netdevs);
}

static void list_free(struct slot **list)
{
	struct slot *slot;

	while ((slot = *list)) {
		*list = slot->next;
		slot->ops->free(slot);
	}
}

void slots_free(struct lkl_kernel *kernel)
{
	list_free(&kernel->disks);
	list_free(&kernel->netdevs);
}
