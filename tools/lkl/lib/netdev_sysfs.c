// SPDX-License-Identifier: GPL-2.0
/*
 * netdev_sysfs.c - which interface of the kernel a network device is
 *
 * Layer:   tools/lkl/lib, internal, above system calls.
 * Users:   netdev.c, netgone.c.
 *
 * The kernel tells by its place in sysfs:
 * /devices/platform/virtio-mmio.<id>/virtio<n>/net/<name>, where the id is that of
 * the device's register window.
 */
#include <errno.h>
#include <lkl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "netdev.h"

#define WINDOW		"/virtio-mmio."
#define PLATFORM_DIR	"/sysfs/devices/platform"
#define VIRTIO_DIR	"/sysfs/bus/virtio/devices"
#define PATH_BYTES	320

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

	snprintf(path, sizeof(path), PLATFORM_DIR WINDOW "%d", device_id);
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

int netdev_ifindex(int device_id)
{
	long err = lkl_mount_fs("sysfs");

	return err < 0 ? (int)err : ifindex_read(device_id);
}

int netdev_device_id(const char *virtio)
{
	char path[PATH_BYTES], link[PATH_BYTES] = "", *at;
	long n = lkl_mount_fs("sysfs");

	if (n < 0)
		return (int)n;
	snprintf(path, sizeof(path), VIRTIO_DIR "/%s", virtio);
	n = lkl_sys_readlink(path, link, sizeof(link) - 1);
	if (n < 0)
		return (int)n;
	at = strstr(link, WINDOW);
	return at ? atoi(at + strlen(WINDOW)) : -ENODEV;
}
