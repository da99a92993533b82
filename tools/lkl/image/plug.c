// SPDX-License-Identifier: GPL-2.0
/*
 * plug.c - images as disks of the library
 *
 * Layer:   tools/lkl/image, between lkl_disk_add() and the backends of
 *	drivers/virtio.
 * Context: one thread; backends are made by the library, under its lock.
 *
 * Each is a backend of ours, made anew for each start of the kernel: a file or a
 * connection, and if only a part of it is the disk, or its sectors have another
 * size, a window over that.
 */
#include "internal.h"

#include <errno.h>
#include <string.h>

#include "drivers/virtio/blk_nbd.h"
#include "drivers/virtio/blk_window.h"

static bool needs_window(const struct images_options *options)
{
	return options->offset || options->length ||
	       options->sector_size > SECTOR;
}

static uint64_t disk_size(const struct source *source)
{
	const struct images_options *options = &source->images->options;

	if (options->offset >= source->size)
		return 0;
	return options->length ? options->length :
				 source->size - options->offset;
}

static int disk_capacity(struct lkl_disk disk, unsigned long long *size)
{
	*size = disk_size(disk.handle);
	return 0;
}

static int inner_create(const struct source *source,
			const struct virtio_host *host,
			struct virtio_blk_backend **be)
{
	if (source->nbd)
		return virtio_blk_nbd_create(host, source->images->nbd,
					     source->nbd, source->read_only,
					     be);
	/* At once: the tool may have given up making one when it is needed. */
	return virtio_blk_fd_create(host, source->fd, VIRTIO_BLK_FD_RING_NOW |
				    (source->read_only ?
				     VIRTIO_BLK_FD_READ_ONLY : 0), be);
}

static int disk_backend(struct lkl_disk disk, const struct virtio_host *host,
			struct virtio_blk_backend **be)
{
	const struct source *source = disk.handle;
	const struct images_options *options = &source->images->options;
	struct virtio_blk_backend *inner;
	int err;

	err = inner_create(source, host, &inner);
	if (err || !needs_window(options)) {
		*be = inner;
		return err;
	}
	err = virtio_blk_window_create(host, inner, options->offset,
				       options->length, options->sector_size,
				       be);
	if (err)
		inner->ops->destroy(inner);
	return err;
}

/* Not const: lkl.h has it so. Never written. */
static struct lkl_dev_blk_ops disk_ops = {
	.get_capacity = disk_capacity,
	.backend = disk_backend,
};

static int check_size(struct source *source)
{
	const struct images_options *options = &source->images->options;
	unsigned int sector = options->sector_size ? options->sector_size :
						     SECTOR;
	uint64_t size = disk_size(source);

	if (!size || options->offset + size > source->size ||
	    options->offset + size < size)
		return fail(source->images, -EINVAL,
			    "%s: has %llu bytes, so no disk at offset %llu%s",
			    source->name, (unsigned long long)source->size,
			    (unsigned long long)options->offset,
			    options->length ? " of the length given" : "");
	if (size % sector)
		return fail(source->images, -EINVAL,
			    "%s: its size of %llu bytes is no multiple of %u; is it complete?",
			    source->name, (unsigned long long)size, sector);
	return 0;
}

int source_plug(struct source *source)
{
	int id, err;

	err = check_size(source);
	if (err)
		return err;
	memset(&source->disk, 0, sizeof(source->disk));
	source->disk.handle = source;
	source->disk.ops = &disk_ops;
	id = lkl_disk_add(&source->disk);
	if (id < 0)
		return fail(source->images, id, "%s: %s", source->name,
			    lkl_disk_error());
	source->disk_id = id;
	source->plugged = true;
	return 0;
}

void source_unplug(struct source *source)
{
	if (source->plugged)
		lkl_disk_remove(source->disk);
	source->plugged = false;
}
