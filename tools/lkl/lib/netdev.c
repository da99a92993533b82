// SPDX-License-Identifier: GPL-2.0
/*
 * netdev.c - lkl_netdev_add() and lkl_netdev_remove(): a kernel's network devices
 *
 * Layer:   tools/lkl/lib, the C API, above slot.c and drivers/virtio;
 *	documented in lkl.h.
 * Users:   applications; slot.c plugs the devices when a kernel has booted.
 * Locking: the kernel's lock, held through each function that changes the list.
 */
#include "netdev.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "device.h"
#include "netgone.h"
#include "netops.h"
#include "slot.h"

/**
 * struct netdev - a network device that was added to a kernel
 * @slot: its place in the kernel; first
 * @nd: the application's
 * @mac: its address, or all zeros
 * @offload: features that may be offered, as a mask
 * @be: the backend of this boot; valid while it is plugged
 * @end: what is done when that is gone
 */
struct netdev {
	struct slot slot;
	struct lkl_netdev *nd;
	uint8_t mac[6];
	uint64_t offload;
	struct virtio_net_backend *be;
	struct netgone end;
};

static struct netdev *to_netdev(struct slot *slot)
{
	return (struct netdev *)slot;
}

static const uint8_t no_mac[6];

/* Per thread, as errno is. */
static __thread char netdev_error[256];

const char *lkl_netdev_error(void)
{
	return netdev_error;
}

void netdev_ok(void)
{
	netdev_error[0] = '\0';
}

int netdev_fail(int err, const char *format, ...)
{
	const size_t size = sizeof(netdev_error);
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(netdev_error, size, format, args);
	va_end(args);
	if (len >= 0 && (size_t)len < size)
		snprintf(netdev_error + len, size - (size_t)len, ": %s",
			 lkl_strerror(err));
	return err;
}

uint64_t netdev_offload(int offload)
{
	return offload == LKL_NETDEV_OFFLOAD_ALL ? ~0ULL : (unsigned int)offload;
}

/*
 * Plugging.
 */

static bool mac_given(const uint8_t *mac)
{
	return memcmp(mac, no_mac, sizeof(no_mac));
}

/*
 * Make an address up, once: neighbours that remember the device should find it
 * again after it was removed and added.
 */
static const uint8_t *mac_make(struct lkl_netdev *nd)
{
	if (!mac_given(nd->mac)) {
		/* Else the device makes one up each time. */
		if (getrandom(nd->mac, sizeof(nd->mac), 0) < 0)
			return no_mac;
		nd->mac[0] = (uint8_t)((nd->mac[0] & ~1U) | 2);
	}
	return nd->mac;
}

static int backend_create(const struct netdev *netdev,
			  const struct virtio_host *host, unsigned int pairs,
			  struct virtio_net_backend **be)
{
	struct lkl_netdev *nd = netdev->nd;
	int err;

	if (pairs > VIRTIO_NET_PAIRS_MAX)
		pairs = VIRTIO_NET_PAIRS_MAX;
	err = nd->ops->backend ? nd->ops->backend(nd, host, pairs, be) :
				 netops_backend_create(nd, host, be);
	if (err)
		return err;
	(*be)->features &= netdev->offload;
	if (mac_given(netdev->mac))
		memcpy((*be)->mac, netdev->mac, sizeof(no_mac));
	else if (!mac_given((*be)->mac))
		memcpy((*be)->mac, mac_make(nd), sizeof(no_mac));
	return 0;
}

/* struct slot_ops.create */
static int netdev_device(struct slot *slot, struct virtio_host *host,
			 unsigned int queues, struct virtio_device **vdev)
{
	struct netdev *netdev = to_netdev(slot);
	struct virtio_net_backend *be;
	int err;

	netdev_ok();
	netgone_begin(&netdev->end);
	host->gone = netgone_report;
	host->gone_arg = &netdev->end;
	err = backend_create(netdev, host, queues, &be);
	if (err)
		return err;
	err = netdev_capture_create(netdev->nd, host, &be);
	if (!err)
		err = virtio_net_create(host, be, vdev);
	if (err)
		be->ops->destroy(be);
	netdev->be = be;
	return err;
}

static void netdev_failed(int err, enum slot_step step)
{
	static const char *const words[] = {
		[SLOT_MEMORY] = "network device",
		[SLOT_DEVICE] = "the network device cannot be made",
		[SLOT_KERNEL] = "the kernel does not take the network device",
	};

	/* The backend may have said why. */
	if (step != SLOT_DEVICE || !netdev_error[0])
		netdev_fail(err, "%s", words[step]);
}

static void netdev_plugged(struct slot *slot)
{
	netgone_open(&to_netdev(slot)->end, slot->device);
}

static void netdev_unplug(struct slot *slot)
{
	netgone_close(&to_netdev(slot)->end);
}

static void netdev_free(struct slot *slot)
{
	free(to_netdev(slot));
}

static const struct slot_ops netdev_slot_ops = {
	.create = netdev_device,
	.failed = netdev_failed,
	.plugged = netdev_plugged,
	.unplug = netdev_unplug,
	.free = netdev_free,
};

/*
 * Adding and removing.
 */

static bool netdev_added(const struct lkl_kernel *kernel,
			 const struct lkl_netdev *nd)
{
	struct slot *slot = kernel->netdevs;

	while (slot && to_netdev(slot)->nd != nd)
		slot = slot->next;
	return slot;
}

static struct netdev *netdev_create(struct lkl_netdev *nd,
				    const struct lkl_netdev_args *args)
{
	struct netdev *netdev = calloc(1, sizeof(*netdev));

	if (!netdev)
		return NULL;
	netdev->slot.ops = &netdev_slot_ops;
	netdev->nd = nd;
	memcpy(netdev->mac, args && args->mac ? args->mac : nd->mac,
	       sizeof(netdev->mac));
	if (args)
		netdev->offload = netdev_offload((int)args->offload);
	else
		/* An application's own device has to say what it can do. */
		netdev->offload = nd->ops->backend ? ~0ULL : 0;
	return netdev;
}

/* The lock is held. */
static int netdev_add(struct lkl_kernel *kernel, struct netdev *netdev)
{
	int id;

	if (netdev_added(kernel, netdev->nd)) {
		netdev_fail(-EBUSY, "the network device was added before");
		return -EBUSY;
	}
	id = slot_add(kernel, &kernel->netdevs, &netdev->slot);
	if (id >= 0)
		netdev->nd->id = id;
	return id;
}

int lkl_netdev_add(struct lkl_netdev *nd, struct lkl_netdev_args *args)
{
	struct lkl_kernel *kernel = kernel_selected();
	struct netdev *netdev;
	int id;

	netdev_ok();
	if (!nd || !nd->ops)
		return netdev_fail(-EINVAL, "no network device given");
	if (!nd->ops->backend && !netops_complete(nd->ops))
		return netdev_fail(-EINVAL, "the device's operations are incomplete");
	netdev = netdev_create(nd, args);
	if (!netdev)
		return netdev_fail(-ENOMEM, "network device");
	if (netdev->mac[0] & 1) {
		free(netdev);
		return netdev_fail(-EINVAL, "the address is that of a group");
	}
	pthread_mutex_lock(&kernel->lock);
	id = netdev_add(kernel, netdev);
	if (id < 0)
		free(netdev);
	pthread_mutex_unlock(&kernel->lock);
	return id;
}

void lkl_netdev_remove(int id)
{
	struct lkl_kernel *kernel = kernel_selected();
	struct slot *slot;

	pthread_mutex_lock(&kernel->lock);
	slot = slot_find(kernel->netdevs, id);
	if (slot)
		slot_remove(&kernel->netdevs, slot);
	pthread_mutex_unlock(&kernel->lock);
}

void lkl_netdev_free(struct lkl_netdev *nd)
{
	if (!nd)
		return;
	netdev_capture_free(nd);
	if (nd->ops->free)
		nd->ops->free(nd);
}

int lkl_netdev_get_ifindex(int id)
{
	struct lkl_kernel *kernel = kernel_selected();
	int index, device_id = -1;
	struct slot *slot;

	netdev_ok();
	pthread_mutex_lock(&kernel->lock);
	slot = slot_find(kernel->netdevs, id);
	if (slot && slot->device)
		device_id = slot->device->id;
	pthread_mutex_unlock(&kernel->lock);
	if (device_id < 0)
		return netdev_fail(-ENODEV, "there is no network device %d", id);
	index = netdev_ifindex(device_id);
	if (index < 0)
		return netdev_fail(index == -ENOENT ? -ENODEV : index,
				   "network device %d has no interface", id);
	return index;
}

/* The one that is behind a register window, which the kernel gives a number. */
static struct netdev *netdev_behind(const struct lkl_kernel *kernel, int device_id)
{
	struct slot *slot = kernel->netdevs;

	while (slot && (!slot->device || slot->device->id != device_id))
		slot = slot->next;
	return slot ? to_netdev(slot) : NULL;
}

bool netdev_has_link(const char *virtio)
{
	struct lkl_kernel *kernel = kernel_selected();
	const struct netdev *netdev;
	int device_id;
	bool up;

	device_id = virtio[0] ? netdev_device_id(virtio) : -ENODEV;
	if (device_id < 0)
		return false;
	pthread_mutex_lock(&kernel->lock);
	netdev = netdev_behind(kernel, device_id);
	up = netdev && virtio_net_is_up(netdev->be);
	pthread_mutex_unlock(&kernel->lock);
	return up;
}
