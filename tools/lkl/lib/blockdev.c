// SPDX-License-Identifier: GPL-2.0
/*
 * blockdev.c - which of the kernel's block devices a disk is
 *
 * Layer:   tools/lkl/lib, the C API above system calls; documented in lkl.h.
 * Users:   applications; mount.c.
 *
 * The kernel names disks in the order it finds them. What ties one to a disk of
 * ours is the serial number its device answers with, which sysfs shows.
 */
#include <lkl.h>
#include <stdio.h>
#include <string.h>

#include "disk.h"
#include "file.h"

#define BLOCK_DIR	"/sysfs/block"
#define PATH_BYTES	320

int lkl_encode_dev_from_sysfs(const char *sysfs_path, uint32_t *pdevid)
{
	unsigned int major, minor;
	char text[32];
	int err;

	err = file_read(sysfs_path, text, sizeof(text));
	if (err)
		return err;
	if (sscanf(text, "%u:%u", &major, &minor) != 2)
		return -LKL_EINVAL;
	/* As mknod(2) has it: new_encode_dev() of the kernel. */
	*pdevid = (minor & 0xff) | major << 8 | (minor & ~0xffU) << 12;
	return 0;
}

/* Does <dir>/<name>/<attribute> say @wanted? */
static bool attribute_is(const char *dir, const char *name,
			 const char *attribute, const char *wanted)
{
	char path[2 * PATH_BYTES], text[64];

	snprintf(path, sizeof(path), "%s/%s/%s", dir, name, attribute);
	return !file_read(path, text, sizeof(text)) && !strcmp(text, wanted);
}

/*
 * Append to @path the name of the entry of that directory whose @attribute
 * says @wanted.
 */
static int entry_find(char path[PATH_BYTES], const char *attribute,
		      const char *wanted)
{
	struct lkl_linux_dirent64 *entry;
	struct lkl_dir *dir;
	size_t len = strlen(path);
	int err;

	dir = lkl_opendir(path, &err);
	if (!dir)
		return err;
	while ((entry = lkl_readdir(dir))) {
		if (entry->d_name[0] != '.' &&
		    attribute_is(path, entry->d_name, attribute, wanted))
			break;
	}
	err = lkl_errdir(dir);
	if (entry)
		snprintf(path + len, PATH_BYTES - len, "/%s", entry->d_name);
	else if (!err)
		err = -LKL_ENOENT;
	lkl_closedir(dir);
	return err;
}

int lkl_get_virtio_blkdev(int disk_id, unsigned int part, uint32_t *pdevid)
{
	char path[PATH_BYTES] = BLOCK_DIR, serial[DISK_SERIAL_MAX], number[16];
	int err;

	err = disk_serial(kernel_selected(), disk_id, serial);
	if (err)
		return err;
	err = lkl_mount_fs("sysfs");
	if (err < 0)
		return err;
	err = entry_find(path, "serial", serial);
	if (err)
		return err == -LKL_ENOENT ? -LKL_ENODEV : err;
	if (part) {
		snprintf(number, sizeof(number), "%u", part);
		err = entry_find(path, "partition", number);
		if (err)
			return err;
	}
	strncat(path, "/dev", sizeof(path) - strlen(path) - 1);
	return lkl_encode_dev_from_sysfs(path, pdevid);
}
