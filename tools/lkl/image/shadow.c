// SPDX-License-Identifier: GPL-2.0
/*
 * shadow.c - a device that can be written while the image cannot
 *
 * Layer:   tools/lkl/image, over lkl.h; documented in images.h.
 * Context: one thread, in the sandbox.
 *
 * dm-snapshot over the device, as the origin that nobody writes. What is written
 * goes to a further disk, a file of the host's memory without a name and sparse,
 * so that only what a journal really changes takes any.
 */
#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define CHUNK		8	/* sectors copied at a time */

/* As large as the origin, and a chunk that the snapshot keeps for itself. */
static int memory_open(struct images *images, uint64_t size)
{
	int fd = memfd_create("lkl-shadow", MFD_CLOEXEC);

	if (fd >= 0 && ftruncate(fd, (off_t)(size + 2ULL * CHUNK * SECTOR))) {
		close(fd);
		fd = -1;
	}
	return fd >= 0 ? fd : fail_errno(images, -errno, "memory for changes");
}

static int memory_plug(struct images *images, uint64_t size, uint32_t *dev)
{
	int id, err;

	images->shadow = (struct lkl_disk){ .fd = memory_open(images, size) };
	if (images->shadow.fd < 0)
		return images->shadow.fd;
	id = lkl_disk_add(&images->shadow);
	if (id < 0)
		err = fail(images, id, "memory for changes: %s",
			   lkl_disk_error());
	else
		err = lkl_get_virtio_blkdev((unsigned int)id, 0, dev);
	if (err)
		shadow_forget(images);
	return err;
}

/* The device's number, from the node that images_select() named. */
static int origin_find(struct images *images, const char *path, uint32_t *dev)
{
	struct lkl_stat st = { 0 };
	long err = lkl_sys_newfstatat(AT_FDCWD, path, &st, 0);

	*dev = (uint32_t)st.st_rdev;
	return err ? fail_errno(images, (int)err, path) : 0;
}

static int snapshot_make(struct images *images, uint64_t size,
			 const struct volume *origin, const struct volume *cow)
{
	struct dm_target target = { .sectors = size / SECTOR };
	char params[64];

	snprintf(params, sizeof(params), "%u:%u %u:%u N %d",
		 volume_major(origin), volume_minor(origin), volume_major(cow),
		 volume_minor(cow), CHUNK);
	target.type = "snapshot";
	target.params = params;
	return mapping_create(images, "shadow", &target, 1, false);
}

int images_shadow(struct images *images, struct images_target *target)
{
	struct volume origin = { .size = target->size }, cow = { .size = 0 };
	int err;

	images->error[0] = '\0';
	if (images->count > 1 || images->shadow.fd >= 0)
		return fail(images, -EOPNOTSUPP,
			    "%s: only one device can be laid under memory",
			    target->path);
	err = origin_find(images, target->path, &origin.dev);
	if (!err)
		err = memory_plug(images, target->size, &cow.dev);
	if (!err)
		err = snapshot_make(images, target->size, &origin, &cow);
	if (err)
		return err;
	memcpy(target->path, images->mappings->volume.path,
	       sizeof(target->path));
	target->read_only = false;
	return 0;
}

void shadow_forget(struct images *images)
{
	if (images->shadow.fd >= 0)
		close(images->shadow.fd);
	images->shadow.fd = -1;
}
