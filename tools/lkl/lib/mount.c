// SPDX-License-Identifier: GPL-2.0
/*
 * mount.c - mounting disks and the kernel's own file systems
 *
 * Layer:   tools/lkl/lib, the C API above system calls; documented in lkl.h.
 * Users:   applications; blockdev.c, sysctl.c.
 */
#include <lkl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* "/mnt/" or "/dev/", and a device number in hexadecimal. */
#define NAME_MAX_BYTES	sizeof("/mnt/xxxxxxxx")

/* mount(2) reads a page of options, whatever their length. */
#define OPTIONS_BYTES	4096

static void names_make(uint32_t dev, char *node, char *point)
{
	snprintf(node, NAME_MAX_BYTES, "/dev/%08x", (unsigned int)dev);
	snprintf(point, NAME_MAX_BYTES, "/mnt/%08x", (unsigned int)dev);
}

static long directory_make(const char *path)
{
	long err = lkl_sys_mkdir(path, 0700);

	return err == -LKL_EEXIST ? 0 : err;
}

static long node_make(const char *path, uint32_t dev)
{
	long err = directory_make("/dev");

	if (err)
		return err;
	err = lkl_sys_mknod(path, LKL_S_IFBLK | 0600, dev);
	return err == -LKL_EEXIST ? 0 : err;
}

static long point_make(const char *path)
{
	long err = directory_make("/mnt");

	return err ? err : directory_make(path);
}

static long node_mount(const char *node, const char *point, const char *fs_type,
		       int flags, const char *opts)
{
	char options[OPTIONS_BYTES] = "";
	size_t len = opts ? strlen(opts) : 0;

	if (len >= sizeof(options))
		return -LKL_EINVAL;
	memcpy(options, opts ? opts : "", len);
	return lkl_sys_mount(node, point, fs_type, (unsigned int)flags,
			     opts ? options : NULL);
}

long lkl_mount_dev(unsigned int disk_id, unsigned int part, const char *fs_type,
		   int flags, const char *opts, char *mnt_str,
		   unsigned int mnt_str_len)
{
	char node[NAME_MAX_BYTES], point[NAME_MAX_BYTES];
	uint32_t dev;
	long err;

	if (mnt_str_len < NAME_MAX_BYTES)
		return -LKL_ENOMEM;
	err = lkl_get_virtio_blkdev((int)disk_id, part, &dev);
	if (err)
		return err;
	names_make(dev, node, point);

	err = node_make(node, dev);
	if (err)
		return err;
	err = point_make(point);
	if (err)
		goto err_node;
	err = node_mount(node, point, fs_type, flags, opts);
	if (err)
		goto err_point;
	memcpy(mnt_str, point, sizeof(point));
	return 0;

err_point:
	/* Fails, rightly, if it is a mount point already. */
	lkl_sys_rmdir(point);
err_node:
	lkl_sys_unlink(node);
	return err;
}

long lkl_umount_timeout(const char *path, int flags, long timeout_ms)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	long err;

	for (;;) {
		err = lkl_sys_umount(path, flags);
		if (err != -LKL_EBUSY || timeout_ms <= 0)
			return err;
		/* Time for the kernel's workers to close files. */
		lkl_sys_nanosleep(&pause, NULL);
		timeout_ms--;
	}
}

long lkl_umount_dev(unsigned int disk_id, unsigned int part, int flags,
		    long timeout_ms)
{
	char node[NAME_MAX_BYTES], point[NAME_MAX_BYTES];
	uint32_t dev;
	long err;

	err = lkl_get_virtio_blkdev((int)disk_id, part, &dev);
	if (err)
		return err;
	names_make(dev, node, point);

	err = lkl_umount_timeout(point, flags, timeout_ms);
	if (err)
		return err;
	err = lkl_sys_unlink(node);
	if (err && err != -LKL_ENOENT)
		return err;
	return lkl_sys_rmdir(point);
}

/* Is something mounted at @path, a directory of the root file system? */
static bool is_mounted(const char *path)
{
	struct lkl_stat root = { 0 }, there = { 0 };

	return !lkl_sys_stat("/", &root) && !lkl_sys_stat(path, &there) &&
	       root.st_dev != there.st_dev;
}

int lkl_mount_fs(const char *fstype)
{
	char path[64];
	long err;

	if ((size_t)snprintf(path, sizeof(path), "/%s", fstype) >= sizeof(path))
		return -LKL_EINVAL;
	err = directory_make(path);
	if (err)
		return (int)err;
	if (is_mounted(path))
		return 1;
	err = lkl_sys_mount(fstype, path, fstype, 0, NULL);
	/* Another thread was faster. */
	return err == -LKL_EBUSY ? 1 : (int)err;
}
