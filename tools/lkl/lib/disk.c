// SPDX-License-Identifier: GPL-2.0
/*
 * disk.c - lkl_disk_add() and lkl_disk_remove(): the disks of a kernel
 *
 * Layer:   tools/lkl/lib, the C API, above device.c and drivers/virtio;
 *	documented in lkl.h.
 * Users:   applications; instance.c plugs the disks when a kernel has booted.
 * Locking: the kernel's lock, held through each function that changes a disk.
 *
 * A disk outlives the kernel's boots: it may be added before the first and is
 * there again after the next. Its virtio device is made for each boot anew.
 *
 * Programs keep struct lkl_disk by value, perhaps longer than the disk lives,
 * so its dev member is a number that is never used twice, not a pointer.
 */
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device.h"
#include "diskops.h"

#define SECTOR_SIZE	512

/**
 * struct disk - a disk, plugged or not
 * @next: the kernel's next disk
 * @id: what lkl_disk_add() returned
 * @number: what struct lkl_disk.dev holds; never used twice in the process
 * @app: as the application described it; if it is a file, fd is our own
 * @is_file: the library's own way to the file, not the application's ops
 * @device: its device, NULL unless it is plugged
 */
struct disk {
	struct disk *next;
	int id;
	uintptr_t number;
	struct lkl_disk app;
	bool is_file;
	struct device *device;
};

/* Per thread, as errno is: why its last lkl_disk_add() failed. */
static __thread const char *disk_error = "";

const char *lkl_disk_error(void)
{
	return disk_error;
}

static int fail(int err, const char *why)
{
	disk_error = why;
	return err;
}

/*
 * Checking what the application gave, so that a bad disk is refused at once,
 * whether the kernel runs or not.
 */

static int size_check(unsigned long long size)
{
	if (!size)
		return fail(-EINVAL, "the disk is empty");
	if (size % SECTOR_SIZE)
		return fail(-EINVAL, "the size of the disk is not a multiple of 512 bytes");
	return 0;
}

static int file_check(const struct lkl_disk *app)
{
	unsigned long long size;
	struct stat st;
	int err, flags = fcntl(app->fd, F_GETFL);

	if (flags < 0 || fstat(app->fd, &st))
		return fail(-EBADF, "the descriptor is not open");
	if ((flags & O_ACCMODE) == O_WRONLY)
		return fail(-EACCES, "the file is not open for reading");
	if (flags & O_PATH)
		return fail(-EBADF, "the descriptor is open as a path only");
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return fail(-ENOTBLK, "neither a regular file nor a block device");
	if ((flags & O_APPEND) && (flags & O_ACCMODE) != O_RDONLY)
		return fail(-EINVAL, "the file is open for appending");
	err = lkl_dev_blk_ops.get_capacity(*app, &size);
	if (err)
		return fail(err, "the size of the disk cannot be found out");
	return size_check(size);
}

static int app_check(const struct lkl_disk *app)
{
	unsigned long long size;
	int err;

	if (!app->ops->get_capacity ||
	    (!app->ops->request && !app->ops->backend))
		return fail(-EINVAL, "the disk's operations are incomplete");
	err = app->ops->get_capacity(*app, &size);
	if (err)
		return fail(err < 0 ? err : -EIO,
			    "the disk's get_capacity operation failed");
	return size_check(size);
}

/*
 * Plugging.
 */

static int backend_create(struct disk *disk, const struct virtio_host *host,
			  struct virtio_blk_backend **be)
{
	int err;

	if (disk->is_file)
		err = virtio_blk_fd_create(host, disk->app.fd, 0, be);
	else if (disk->app.ops->backend)
		err = disk->app.ops->backend(disk->app, host, be);
	else
		err = diskops_backend_create(&disk->app, be);
	if (err)
		return err;
	snprintf((*be)->serial, sizeof((*be)->serial), "lkl%lu",
		 (unsigned long)disk->number);
	return 0;
}

static int window_create(struct disk *disk, const struct virtio_host *host,
			 unsigned int queues, struct virtio_mmio **mmio)
{
	struct virtio_blk_backend *be;
	struct virtio_device *vdev;
	int err;

	err = backend_create(disk, host, &be);
	if (err)
		return err;
	err = virtio_blk_create(host, be, queues, &vdev);
	if (err) {
		be->ops->destroy(be);
		return err;
	}
	err = virtio_mmio_create(vdev, mmio);
	if (err)
		vdev->ops->destroy(vdev);
	return err;
}

static int disk_plug(struct lkl_kernel *kernel, struct disk *disk)
{
	struct virtio_host host;
	struct virtio_mmio *mmio;
	struct device *dev;
	int err;

	dev = device_create(kernel, &host);
	if (!dev)
		return fail(-ENOMEM, "out of memory");
	err = window_create(disk, &host, kernel->vcpus, &mmio);
	if (err) {
		fail(err, "the disk's device cannot be made");
		goto err_device;
	}
	err = device_plug(dev, mmio);
	if (err) {
		fail(err, "the kernel does not take the disk");
		goto err_window;
	}
	disk->device = dev;
	return 0;

err_window:
	virtio_mmio_destroy(mmio);
err_device:
	device_destroy(dev);
	return err;
}

static void disk_free(struct disk *disk)
{
	if (disk->is_file)
		close(disk->app.fd);
	free(disk);
}

/* The lowest id that is free, and the place in the list, sorted by id. */
static void disk_link(struct lkl_kernel *kernel, struct disk *disk)
{
	struct disk **link = &kernel->disks;

	while (*link && (*link)->id == disk->id) {
		disk->id++;
		link = &(*link)->next;
	}
	disk->next = *link;
	*link = disk;
}

static void disk_unlink(struct lkl_kernel *kernel, struct disk *disk)
{
	struct disk **link = &kernel->disks;

	while (*link != disk)
		link = &(*link)->next;
	*link = disk->next;
}

static int disk_create(const struct lkl_disk *app, struct disk **out)
{
	/* Counted through all kernels, so that a number means one disk. */
	static uintptr_t last_number;
	struct disk *disk = calloc(1, sizeof(*disk));

	if (!disk)
		return fail(-ENOMEM, "out of memory");
	disk->app = *app;
	disk->is_file = !app->ops || app->ops == &lkl_dev_blk_ops;
	if (disk->is_file) {
		disk->app.fd = fcntl(app->fd, F_DUPFD_CLOEXEC, 0);
		if (disk->app.fd < 0) {
			free(disk);
			return fail(-EMFILE, "too many open files");
		}
	}
	disk->number = __atomic_add_fetch(&last_number, 1, __ATOMIC_RELAXED);
	disk->app.dev = (void *)disk->number;
	*out = disk;
	return 0;
}

static int disk_add(struct lkl_kernel *kernel, struct lkl_disk *app)
{
	struct disk *disk;
	int err;

	err = disk_create(app, &disk);
	if (err)
		return err;
	pthread_mutex_lock(&kernel->lock);
	disk_link(kernel, disk);
	if (kernel_running(kernel))
		err = disk_plug(kernel, disk);
	if (err) {
		disk_unlink(kernel, disk);
		disk_free(disk);
	} else {
		app->dev = (void *)disk->number;
		err = disk->id;
	}
	pthread_mutex_unlock(&kernel->lock);
	return err;
}

int lkl_disk_add(struct lkl_disk *disk)
{
	int err;

	disk_error = "";
	if (!disk)
		return fail(-EINVAL, "no disk given");
	err = disk->ops && disk->ops != &lkl_dev_blk_ops ?
	      app_check(disk) : file_check(disk);
	return err ? err : disk_add(kernel_selected(), disk);
}

int lkl_disk_remove(struct lkl_disk app)
{
	struct lkl_kernel *kernel = kernel_selected();
	struct disk *disk;

	pthread_mutex_lock(&kernel->lock);
	for (disk = kernel->disks; disk; disk = disk->next)
		if (disk->number == (uintptr_t)app.dev)
			break;
	if (disk) {
		if (disk->device)
			device_unplug(disk->device);
		disk_unlink(kernel, disk);
		disk_free(disk);
	}
	pthread_mutex_unlock(&kernel->lock);
	return disk ? 0 : -ENODEV;
}

int disks_plug(struct lkl_kernel *kernel)
{
	struct disk *disk;
	int err = 0;

	for (disk = kernel->disks; !err && disk; disk = disk->next)
		err = disk_plug(kernel, disk);
	return err;
}

void disks_unplugged(struct lkl_kernel *kernel)
{
	struct disk *disk;

	for (disk = kernel->disks; disk; disk = disk->next)
		disk->device = NULL;
}

void disks_free(struct lkl_kernel *kernel)
{
	struct disk *disk;

	while ((disk = kernel->disks)) {
		kernel->disks = disk->next;
		disk_free(disk);
	}
}

int disk_serial(struct lkl_kernel *kernel, int disk_id,
		char serial[DISK_SERIAL_MAX])
{
	struct disk *disk;

	pthread_mutex_lock(&kernel->lock);
	for (disk = kernel->disks; disk; disk = disk->next)
		if (disk->id == disk_id)
			break;
	if (disk)
		snprintf(serial, DISK_SERIAL_MAX, "lkl%lu",
			 (unsigned long)disk->number);
	pthread_mutex_unlock(&kernel->lock);
	return disk ? 0 : -ENODEV;
}
