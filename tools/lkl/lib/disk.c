// SPDX-License-Identifier: GPL-2.0
/*
 * disk.c - lkl_disk_add() and lkl_disk_remove(): the disks of a kernel
 *
 * Layer:   tools/lkl/lib, the C API, above slot.c and drivers/virtio;
 *	documented in lkl.h.
 * Users:   applications; slot.c plugs the disks when a kernel has booted.
 * Locking: the kernel's lock, held through each function that changes a disk.
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

#include "diskops.h"
#include "slot.h"

#define SECTOR_SIZE	512

/**
 * struct disk - a disk, plugged or not
 * @slot: its place in the kernel; first
 * @number: what struct lkl_disk.dev holds; never used twice in the process
 * @app: as the application described it; if it is a file, fd is our own
 * @is_file: the library's own way to the file, not the application's ops
 */
struct disk {
	struct slot slot;
	uintptr_t number;
	struct lkl_disk app;
	bool is_file;
};

static struct disk *to_disk(struct slot *slot)
{
	return (struct disk *)slot;
}

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

/* struct slot_ops.create */
static int disk_device(struct slot *slot, struct virtio_host *host,
		       unsigned int queues, struct virtio_device **vdev)
{
	struct virtio_blk_backend *be;
	int err;

	err = backend_create(to_disk(slot), host, &be);
	if (err)
		return err;
	err = virtio_blk_create(host, be, queues, vdev);
	if (err)
		be->ops->destroy(be);
	return err;
}

static void disk_failed(int err, enum slot_step step)
{
	static const char *const words[] = {
		[SLOT_MEMORY] = "out of memory",
		[SLOT_DEVICE] = "the disk's device cannot be made",
		[SLOT_KERNEL] = "the kernel does not take the disk",
	};

	fail(err, words[step]);
}

static void disk_free(struct slot *slot)
{
	struct disk *disk = to_disk(slot);

	if (disk->is_file)
		close(disk->app.fd);
	free(disk);
}

static const struct slot_ops disk_slot_ops = {
	.create = disk_device,
	.failed = disk_failed,
	.free = disk_free,
};

static int disk_create(const struct lkl_disk *app, struct disk **out)
{
	/* Counted through all kernels, so that a number means one disk. */
	static uintptr_t last_number;
	struct disk *disk = calloc(1, sizeof(*disk));

	if (!disk)
		return fail(-ENOMEM, "out of memory");
	disk->slot.ops = &disk_slot_ops;
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
	err = slot_add(kernel, &kernel->disks, &disk->slot);
	if (err < 0)
		disk_free(&disk->slot);
	else
		app->dev = (void *)disk->number;
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

static struct slot *disk_by_number(const struct lkl_kernel *kernel, uintptr_t number)
{
	struct slot *slot = kernel->disks;

	while (slot && to_disk(slot)->number != number)
		slot = slot->next;
	return slot;
}

int lkl_disk_remove(struct lkl_disk app)
{
	struct lkl_kernel *kernel = kernel_selected();
	struct slot *slot;

	pthread_mutex_lock(&kernel->lock);
	slot = disk_by_number(kernel, (uintptr_t)app.dev);
	if (slot)
		slot_remove(&kernel->disks, slot);
	pthread_mutex_unlock(&kernel->lock);
	return slot ? 0 : -ENODEV;
}

int disk_serial(struct lkl_kernel *kernel, int disk_id,
		char serial[DISK_SERIAL_MAX])
{
	struct slot *slot;

	pthread_mutex_lock(&kernel->lock);
	slot = slot_find(kernel->disks, disk_id);
	if (slot)
		snprintf(serial, DISK_SERIAL_MAX, "lkl%lu",
			 (unsigned long)to_disk(slot)->number);
	pthread_mutex_unlock(&kernel->lock);
	return slot ? 0 : -ENODEV;
}
