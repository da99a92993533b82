// SPDX-License-Identifier: GPL-2.0
/*
 * dm.c - the device mapper inside the kernel, by its ioctls
 *
 * Layer:   tools/lkl/image, over lkl.h.
 * Context: one thread.
 *
 * libdevmapper would talk to the host's device mapper. The interface is small:
 * create a device, load a table, resume it (include/uapi/linux/dm-ioctl.h).
 */
#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#define CONTROL		"/dev/" DM_DIR "/control"
#define CONTROL_DEV	(10 << 8 | 236)		/* MISC_MAJOR, MAPPER_CTRL_MINOR */

#define ALIGN8(n)	(((n) + 7) & ~(size_t)7)

static int control_open(void)
{
	long err;

	lkl_sys_mkdir("/dev", 0755);
	lkl_sys_mkdir("/dev/" DM_DIR, 0755);
	err = lkl_sys_mknod(CONTROL, S_IFCHR | 0600, CONTROL_DEV);
	if (err && err != -EEXIST)
		return (int)err;
	return (int)lkl_sys_openat(AT_FDCWD, CONTROL, O_RDWR | O_CLOEXEC, 0);
}

static void header_init(struct dm_ioctl *io, const char *name, size_t size,
			uint32_t flags)
{
	memset(io, 0, size);
	io->version[0] = DM_VERSION_MAJOR;
	io->data_size = (uint32_t)size;
	io->data_start = sizeof(*io);
	/* The kernel wipes its copies: a table may hold a key. */
	io->flags = flags | DM_SECURE_DATA_FLAG;
	snprintf(io->name, sizeof(io->name), "%s", name);
}

static int simple_call(int fd, unsigned long command, const char *name,
		       uint32_t flags, uint64_t *dev)
{
	struct dm_ioctl io;
	long err;

	header_init(&io, name, sizeof(io), flags);
	err = lkl_sys_ioctl((unsigned int)fd, (unsigned int)command,
			    (unsigned long)&io);
	if (!err && dev)
		*dev = io.dev;
	return (int)err;
}

static size_t target_size(const struct dm_target *target)
{
	return ALIGN8(sizeof(struct dm_target_spec) +
		      strlen(target->params) + 1);
}

static void targets_put(struct dm_ioctl *io, const struct dm_target *targets,
			unsigned int count)
{
	char *p = (char *)io + io->data_start;
	unsigned int i;

	for (i = 0; i < count; i++) {
		struct dm_target_spec *spec = (struct dm_target_spec *)p;

		spec->sector_start = targets[i].start;
		spec->length = targets[i].sectors;
		spec->next = (uint32_t)target_size(&targets[i]);
		snprintf(spec->target_type, sizeof(spec->target_type), "%s",
			 targets[i].type);
		memcpy(p + sizeof(*spec), targets[i].params,
		       strlen(targets[i].params) + 1);
		p += spec->next;
	}
	io->target_count = count;
}

static int table_load(int fd, const char *name, const struct dm_target *targets,
		      unsigned int count, bool read_only)
{
	size_t size = sizeof(struct dm_ioctl);
	struct dm_ioctl *io;
	unsigned int i;
	long err;

	for (i = 0; i < count; i++)
		size += target_size(&targets[i]);
	io = malloc(size);
	if (!io)
		return -ENOMEM;
	header_init(io, name, size, read_only ? DM_READONLY_FLAG : 0);
	targets_put(io, targets, count);
	err = lkl_sys_ioctl((unsigned int)fd, (unsigned int)DM_TABLE_LOAD,
			    (unsigned long)io);
	explicit_bzero(io, size);
	free(io);
	return (int)err;
}

static int device_create(int fd, const char *name,
			 const struct dm_target *targets, unsigned int count,
			 bool read_only, uint32_t *dev)
{
	uint64_t number;
	int err;

	err = simple_call(fd, DM_DEV_CREATE, name, 0, &number);
	if (err)
		return err;
	err = table_load(fd, name, targets, count, read_only);
	if (!err)
		err = simple_call(fd, DM_DEV_SUSPEND, name,
				  read_only ? DM_READONLY_FLAG : 0, NULL);
	if (err)
		simple_call(fd, DM_DEV_REMOVE, name, 0, NULL);
	*dev = (uint32_t)number;
	return err;
}

int mapping_create(struct images *images, const char *name,
		   const struct dm_target *targets, unsigned int count,
		   bool read_only)
{
	struct mapping *mapping = calloc(1, sizeof(*mapping));
	uint32_t dev;
	int fd, err;

	if (!mapping)
		return fail_errno(images, -ENOMEM, name);
	fd = control_open();
	err = fd < 0 ? fd : device_create(fd, name, targets, count, read_only,
					  &dev);
	if (fd >= 0)
		lkl_sys_close((unsigned int)fd);
	if (err) {
		free(mapping);
		return fail(images, err, "%s: the kernel cannot map it: %s",
			    name, strerror(-err));
	}
	snprintf(mapping->name, sizeof(mapping->name), "%s", name);
	mapping->next = images->mappings;
	images->mappings = mapping;
	return volume_node(images, dev, &mapping->volume);
}

struct mapping *mapping_over(struct images *images, uint32_t below)
{
	struct mapping *m = images->mappings;

	while (m && m->below != below)
		m = m->next;
	return m;
}

struct mapping *mapping_named(struct images *images, const char *name)
{
	struct mapping *m = images->mappings;

	while (m && strcmp(m->name, name))
		m = m->next;
	return m;
}

/* The newest first: it may lie over an older one. */
int images_release(struct images *images)
{
	struct mapping *m;
	int fd, err = 0;

	images->error[0] = '\0';
	if (!images->mappings)
		return 0;
	fd = control_open();
	while (fd >= 0 && !err && (m = images->mappings)) {
		err = simple_call(fd, DM_DEV_REMOVE, m->name, 0, NULL);
		if (err) {
			fail(images, err, "%s: cannot be closed: %s", m->name,
			     strerror(-err));
			break;
		}
		lkl_sys_unlink(m->volume.path);
		images->mappings = m->next;
		free(m);
	}
	if (fd < 0)
		return fail_errno(images, fd, CONTROL);
	lkl_sys_close((unsigned int)fd);
	return err;
}

void mappings_forget(struct images *images)
{
	struct mapping *m;

	while ((m = images->mappings)) {
		images->mappings = m->next;
		free(m);
	}
}
