/* SPDX-License-Identifier: GPL-2.0 */
/*
 * slot.h - what was added to a kernel and is there again at each boot
 *
 * Layer:   tools/lkl/lib, internal, above device.c.
 * Users:   disk.c and netdev.c, of whose structs a slot is the first member;
 *	instance.c at start and at the end.
 * Locking: the kernel's lock is held by the caller of all these functions, and so by
 *	that of the operations.
 */
#ifndef LKL_LIB_SLOT_H
#define LKL_LIB_SLOT_H

#include "drivers/virtio/virtio.h"
#include "kernel.h"

struct slot;

/* What could not be done. */
enum slot_step {
	SLOT_MEMORY,		/* find memory */
	SLOT_DEVICE,		/* make the virtio device: create() has failed */
	SLOT_KERNEL,		/* have the kernel take it */
};

/**
 * struct slot_ops - what differs between kinds of devices
 * @create: Make the virtio device for this boot. What @host says of the device as a
 *	whole may be completed.
 *	Return: 0 and *@vdev set, or an error.
 * @failed: Note, in words, that plugging failed with @err at @step.
 * @plugged: Optional: the kernel has the device now.
 * @unplug: Optional: the kernel will not have the device any more. May wait for
 *	threads that make system calls, which fail if the kernel has ended.
 * @free: Free what the slot is part of; its device is gone.
 */
struct slot_ops {
	int (*create)(struct slot *slot, struct virtio_host *host,
		      unsigned int queues, struct virtio_device **vdev);
	void (*failed)(int err, enum slot_step step);
	void (*plugged)(struct slot *slot);
	void (*unplug)(struct slot *slot);
	void (*free)(struct slot *slot);
};

/**
 * struct slot - one such thing
 * @next: the next in its list, which is sorted by @id
 * @id: what the application knows it by; unique in its list
 * @ops: its kind
 * @device: its device, NULL unless it is plugged
 */
struct slot {
	struct slot *next;
	int id;
	const struct slot_ops *ops;
	struct device *device;
};

/**
 * slot_add - add a slot to a list of a kernel; plug it, if the kernel runs
 * @kernel: the kernel
 * @list: one of its lists
 * @slot: all zeros but for @ops
 *
 * Return: its id, the lowest that was free; or an error, told to ops->failed(): it is
 * then the caller's to free.
 */
int slot_add(struct lkl_kernel *kernel, struct slot **list, struct slot *slot);

/**
 * slot_remove - take a slot from its list, and its device from the kernel; free it
 * @list: its list
 * @slot: it
 *
 * Blocks: until its requests are done.
 */
void slot_remove(struct slot **list, struct slot *slot);

/**
 * slot_find - find a slot by its id
 * @list: the list
 * @id: the id
 *
 * Return: it, or NULL.
 */
struct slot *slot_find(struct slot *list, int id);

/**
 * slots_plug - announce all that was added to a kernel that has just booted
 * @kernel: it
 *
 * Return: 0, or the first error; those before it are then announced.
 */
int slots_plug(struct lkl_kernel *kernel);

/**
 * slots_unplug - tell all slots that the kernel is about to be taken apart
 * @kernel: it; still mapped
 */
void slots_unplug(struct lkl_kernel *kernel);

/**
 * slots_unplugged - the devices behind them are gone; keep the slots
 * @kernel: a kernel whose devices were freed
 */
void slots_unplugged(struct lkl_kernel *kernel);

/**
 * slots_free - remove all
 * @kernel: a kernel without devices
 */
void slots_free(struct lkl_kernel *kernel);

#endif /* LKL_LIB_SLOT_H */
