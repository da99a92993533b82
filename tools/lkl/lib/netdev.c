// SPDX-License-Identifier: GPL-2.0
/*
 * netdev.c - lkl_netdev_add() and lkl_netdev_remove(): a kernel's network devices
 *
 * Layer:   tools/lkl/lib, the C API, above device.c and drivers/virtio;
 *	documented in lkl.h.
 * Users:   applications; instance.c plugs the devices when a kernel has booted.
 * Locking: the kernel's lock, held through each function that changes the list.
 *
 * As a disk, a network device outlives the kernel's boots: its virtio device and
 * backend are made for each boot anew.
 */
#include "netdev.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "device.h"
#include "drivers/virtio/net_pcap.h"
#include "file.h"

#define PLATFORM_DIR	"/sysfs/devices/platform"
#define PATH_BYTES	320

/**
 * struct netdev - a network device that was added to a kernel
 * @next: the kernel's next
 * @id: what lkl_netdev_add() returned
 * @nd: the application's
 * @mac: its address, or all zeros
 * @offload: features that may be offered, as a mask
 * @device: its device, NULL unless it is plugged
 */
struct netdev {
	struct netdev *next;
	int id;
	struct lkl_netdev *nd;
	uint8_t mac[6];
	uint64_t offload;
	struct device *device;
};

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
	err = nd->ops->backend(nd, host, pairs, be);
	if (err)
		return err;
	(*be)->features &= netdev->offload;
	if (mac_given(netdev->mac))
		memcpy((*be)->mac, netdev->mac, sizeof(no_mac));
	else if (!mac_given((*be)->mac))
		memcpy((*be)->mac, mac_make(nd), sizeof(no_mac));
	return 0;
}

/* struct lkl_netdev.capture */
struct capture {
	int fd;
};

/* Put a capture between the backend and the device, if one is wanted. */
static int capture_create(const struct lkl_netdev *nd,
			  const struct virtio_host *host,
			  struct virtio_net_backend **be)
{
	const struct capture *capture = nd->capture;

	if (!capture)
		return 0;
	return virtio_net_pcap_create(host, *be, capture->fd, be);
}

static int window_create(const struct netdev *netdev,
			 const struct virtio_host *host, unsigned int pairs,
			 struct virtio_mmio **mmio)
{
	struct virtio_net_backend *be;
	struct virtio_device *vdev;
	int err;

	err = backend_create(netdev, host, pairs, &be);
	if (err)
		return err;
	err = capture_create(netdev->nd, host, &be);
	if (!err)
		err = virtio_net_create(host, be, &vdev);
	if (err) {
		be->ops->destroy(be);
		return err;
	}
	err = virtio_mmio_create(vdev, mmio);
	if (err)
		vdev->ops->destroy(vdev);
	return err;
}

static int netdev_plug(struct lkl_kernel *kernel, struct netdev *netdev)
{
	struct virtio_host host;
	struct virtio_mmio *mmio;
	struct device *dev;
	int err;

	dev = device_create(kernel, &host);
	if (!dev)
		return netdev_fail(-ENOMEM, "network device");
	err = window_create(netdev, &host, kernel->vcpus, &mmio);
	if (err) {
		/* The backend may have said why. */
		if (!netdev_error[0])
			netdev_fail(err, "the network device cannot be made");
		goto err_device;
	}
	err = device_plug(dev, mmio);
	if (err) {
		netdev_fail(err, "the kernel does not take the network device");
		goto err_window;
	}
	netdev->device = dev;
	return 0;

err_window:
	virtio_mmio_destroy(mmio);
err_device:
	device_destroy(dev);
	return err;
}

/* The lowest id that is free, and the place in the list, sorted by id. */
static void netdev_link(struct lkl_kernel *kernel, struct netdev *netdev)
{
	struct netdev **link = &kernel->netdevs;

	while (*link && (*link)->id == netdev->id) {
		netdev->id++;
		link = &(*link)->next;
	}
	netdev->next = *link;
	*link = netdev;
}

static struct netdev **netdev_find(struct lkl_kernel *kernel, int id)
{
	struct netdev **link = &kernel->netdevs;

	while (*link && (*link)->id != id)
		link = &(*link)->next;
	return link;
}

static bool netdev_added(const struct lkl_kernel *kernel,
			 const struct lkl_netdev *nd)
{
	const struct netdev *netdev = kernel->netdevs;

	while (netdev && netdev->nd != nd)
		netdev = netdev->next;
	return netdev;
}

static struct netdev *netdev_create(struct lkl_netdev *nd,
				    const struct lkl_netdev_args *args)
{
	struct netdev *netdev = calloc(1, sizeof(*netdev));

	if (!netdev)
		return NULL;
	netdev->nd = nd;
	memcpy(netdev->mac, args && args->mac ? args->mac : nd->mac,
	       sizeof(netdev->mac));
	netdev->offload = args ? netdev_offload((int)args->offload) : ~0ULL;
	return netdev;
}

/* The lock is held. */
static int netdev_add(struct lkl_kernel *kernel, struct netdev *netdev)
{
	int err = 0;

	if (netdev_added(kernel, netdev->nd)) {
		netdev_fail(-EBUSY, "the network device was added before");
		return -EBUSY;
	}
	netdev_link(kernel, netdev);
	if (kernel_running(kernel))
		err = netdev_plug(kernel, netdev);
	if (err)
		*netdev_find(kernel, netdev->id) = netdev->next;
	else
		netdev->nd->id = netdev->id;
	return err;
}

int lkl_netdev_add(struct lkl_netdev *nd, struct lkl_netdev_args *args)
{
	struct lkl_kernel *kernel = kernel_selected();
	struct netdev *netdev;
	int err;

	netdev_ok();
	if (!nd || !nd->ops || !nd->ops->backend)
		return netdev_fail(-EINVAL, "no network device given");
	netdev = netdev_create(nd, args);
	if (!netdev)
		return netdev_fail(-ENOMEM, "network device");
	if (netdev->mac[0] & 1) {
		free(netdev);
		return netdev_fail(-EINVAL, "the address is that of a group");
	}
	pthread_mutex_lock(&kernel->lock);
	err = netdev_add(kernel, netdev);
	if (err)
		free(netdev);
	else
		err = netdev->id;
	pthread_mutex_unlock(&kernel->lock);
	return err;
}

void lkl_netdev_remove(int id)
{
	struct lkl_kernel *kernel = kernel_selected();
	struct netdev **link, *netdev;

	pthread_mutex_lock(&kernel->lock);
	link = netdev_find(kernel, id);
	netdev = *link;
	if (netdev) {
		if (netdev->device)
			device_unplug(netdev->device);
		*link = netdev->next;
		free(netdev);
	}
	pthread_mutex_unlock(&kernel->lock);
}

static void capture_free(struct lkl_netdev *nd)
{
	struct capture *capture = nd->capture;

	if (capture)
		close(capture->fd);
	free(capture);
	nd->capture = NULL;
}

static int capture_open(const char *path)
{
	int err, fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);

	if (fd < 0)
		return -errno;
	err = virtio_net_pcap_begin(fd);
	if (!err)
		return fd;
	close(fd);
	return err;
}

int lkl_netdev_capture(struct lkl_netdev *nd, const char *path)
{
	struct capture *capture;

	netdev_ok();
	if (!nd)
		return netdev_fail(-EINVAL, "no network device given");
	capture_free(nd);
	if (!path)
		return 0;
	capture = malloc(sizeof(*capture));
	if (!capture)
		return netdev_fail(-ENOMEM, "capture");
	capture->fd = capture_open(path);
	if (capture->fd < 0) {
		int err = capture->fd;

		free(capture);
		return netdev_fail(err, "capture file %s", path);
	}
	nd->capture = capture;
	return 0;
}

void lkl_netdev_free(struct lkl_netdev *nd)
{
	if (!nd)
		return;
	capture_free(nd);
	nd->ops->free(nd);
}

int netdevs_plug(struct lkl_kernel *kernel)
{
	struct netdev *netdev;
	int err = 0;

	netdev_ok();
	for (netdev = kernel->netdevs; !err && netdev; netdev = netdev->next)
		err = netdev_plug(kernel, netdev);
	return err;
}

void netdevs_unplugged(struct lkl_kernel *kernel)
{
	struct netdev *netdev;

	for (netdev = kernel->netdevs; netdev; netdev = netdev->next)
		netdev->device = NULL;
}

void netdevs_free(struct lkl_kernel *kernel)
{
	struct netdev *netdev;

	while ((netdev = kernel->netdevs)) {
		kernel->netdevs = netdev->next;
		free(netdev);
	}
}

/*
 * Which interface is it? The kernel tells by its place in sysfs:
 * virtio-mmio.<id>/virtio<n>/net/<name>.
 */

/* Append to @path the name of the entry that begins with @prefix. */
static int entry_append(char path[PATH_BYTES], const char *prefix)
{
	struct lkl_linux_dirent64 *entry;
	struct lkl_dir *dir;
	size_t len = strlen(path);
	int err;

	dir = lkl_opendir(path, &err);
	if (!dir)
		return err;
	do {
		entry = lkl_readdir(dir);
	} while (entry && (entry->d_name[0] == '.' ||
			   strncmp(entry->d_name, prefix, strlen(prefix))));
	if (entry)
		snprintf(path + len, PATH_BYTES - len, "/%s", entry->d_name);
	lkl_closedir(dir);
	return entry ? 0 : -ENOENT;
}

static int ifindex_read(int device_id)
{
	char path[PATH_BYTES], text[16];
	int err;

	snprintf(path, sizeof(path), PLATFORM_DIR "/virtio-mmio.%d", device_id);
	err = entry_append(path, "virtio");
	if (!err)
		err = entry_append(path, "net");
	if (!err)
		err = entry_append(path, "");
	if (err)
		return err;
	strncat(path, "/ifindex", sizeof(path) - strlen(path) - 1);
	err = file_read(path, text, sizeof(text));
	return err ? err : atoi(text);
}

int lkl_netdev_get_ifindex(int id)
{
	struct lkl_kernel *kernel = kernel_selected();
	struct netdev *netdev;
	int index, device_id = -1;

	netdev_ok();
	pthread_mutex_lock(&kernel->lock);
	netdev = *netdev_find(kernel, id);
	if (netdev && netdev->device)
		device_id = netdev->device->id;
	pthread_mutex_unlock(&kernel->lock);
	if (device_id < 0)
		return netdev_fail(-ENODEV, "there is no network device %d", id);
	index = lkl_mount_fs("sysfs");
	if (index >= 0)
		index = ifindex_read(device_id);
	if (index < 0)
		return netdev_fail(index == -ENOENT ? -ENODEV : index,
				   "network device %d has no interface", id);
	return index;
}
