// SPDX-License-Identifier: GPL-2.0
/*
 * volume.c - disks and partitions as block devices inside the kernel
 *
 * Layer:   tools/lkl/image, over lkl.h.
 * Context: one thread.
 *
 * Partition tables are read by the kernel, so that there is one parser of them
 * and every kind works. What it found is in sysfs.
 */
#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SYS_BLOCK	"/sysfs/dev/block"

/* new_encode_dev() of the kernel. */
unsigned int volume_major(const struct volume *volume)
{
	return (volume->dev >> 8) & 0xfff;
}

unsigned int volume_minor(const struct volume *volume)
{
	return (volume->dev & 0xff) | ((volume->dev >> 12) & ~0xffU);
}

/* A file of sysfs, without the newline. */
static int text_read(const char *path, char *text, size_t size)
{
	long fd, len;

	fd = lkl_sys_openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return (int)fd;
	len = lkl_sys_read((unsigned int)fd, text, size - 1);
	lkl_sys_close((unsigned int)fd);
	if (len < 0)
		return (int)len;
	while (len && text[len - 1] == '\n')
		len--;
	text[len] = '\0';
	return 0;
}

static int number_read(const char *dir, const char *name, uint64_t *value)
{
	char path[512], text[32];
	int err;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, name) >=
	    sizeof(path))
		return -ENAMETOOLONG;
	err = text_read(path, text, sizeof(text));
	if (!err)
		*value = strtoull(text, NULL, 10);
	return err;
}

/* The kernel's name of a device: what its link in sysfs ends with. */
static int name_read(const char *link, char *name, size_t size)
{
	char target[512];
	const char *slash;
	long len;

	len = lkl_sys_readlinkat(AT_FDCWD, link, target, sizeof(target) - 1);
	if (len < 0)
		return (int)len;
	target[len] = '\0';
	slash = strrchr(target, '/');
	slash = slash ? slash + 1 : target;
	if (strlen(slash) >= size)
		return -ENAMETOOLONG;
	memcpy(name, slash, strlen(slash) + 1);
	return 0;
}

static int node_make(struct volume *volume, const char *name)
{
	long err;

	err = lkl_sys_mkdir("/dev", 0755);
	if (err && err != -EEXIST)
		return (int)err;
	snprintf(volume->path, sizeof(volume->path), "/dev/%s", name);
	err = lkl_sys_mknod(volume->path, S_IFBLK | 0600, volume->dev);
	return err == -EEXIST ? 0 : (int)err;
}

int volume_node(struct images *images, uint32_t dev, struct volume *volume)
{
	char link[64], name[64];
	uint64_t sectors = 0, read_only = 0, block = SECTOR;
	int err;

	memset(volume, 0, sizeof(*volume));
	volume->dev = dev;
	snprintf(link, sizeof(link), SYS_BLOCK "/%u:%u", volume_major(volume),
		 volume_minor(volume));
	err = lkl_mount_fs("sysfs");
	if (err >= 0)
		err = name_read(link, name, sizeof(name));
	if (!err)
		err = number_read(link, "size", &sectors);
	if (!err)
		err = number_read(link, "ro", &read_only);
	/* A partition has the queue of its disk. */
	if (!err && number_read(link, "queue/logical_block_size", &block))
		err = number_read(link, "../queue/logical_block_size", &block);
	if (!err)
		err = node_make(volume, name);
	if (err)
		return fail(images, err, "device %u:%u: %s",
			    volume_major(volume), volume_minor(volume),
			    strerror(-err));
	volume->size = sectors * SECTOR;
	volume->read_only = read_only;
	volume->sector_size = (unsigned int)block;
	return 0;
}

int volume_of(struct images *images, unsigned int image, unsigned int partition,
	      struct volume *volume)
{
	const struct source *source = &images->sources[image];
	uint32_t dev;
	int err;

	err = lkl_get_virtio_blkdev(source->disk_id, partition, &dev);
	if (err)
		return fail(images, err, "%s: partition %u: %s", source->name,
			    partition, strerror(-err));
	err = volume_node(images, dev, volume);
	if (err)
		return err;
	if (partition)
		snprintf(volume->name, sizeof(volume->name), "%s, partition %u",
			 source->name, partition);
	else
		snprintf(volume->name, sizeof(volume->name), "%s",
			 source->name);
	return 0;
}

int volume_fd_open(const struct volume *volume)
{
	return (int)lkl_sys_openat(AT_FDCWD, volume->path,
				   O_RDONLY | O_CLOEXEC, 0);
}

int volume_pread(int fd, void *buf, size_t len, uint64_t offset)
{
	char *p = buf;
	long n;

	while (len) {
		n = lkl_sys_pread64((unsigned int)fd, p, len, (long)offset);
		if (n == -EINTR)
			continue;
		if (n <= 0)
			return n ? (int)n : -EIO;
		p += n;
		len -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

int volume_read(const struct volume *volume, void *buf, size_t len,
		uint64_t offset)
{
	int fd = volume_fd_open(volume);
	int err;

	if (fd < 0)
		return fd;
	err = volume_pread(fd, buf, len, offset);
	lkl_sys_close((unsigned int)fd);
	return err;
}

/* Entry @name of a disk's directory in sysfs; most are no partitions. */
static int partition_read(const char *disk, const char *name,
			  struct partition *part)
{
	char dir[320];
	uint64_t number, start, size;
	int err;

	snprintf(dir, sizeof(dir), "%s/%s", disk, name);
	err = number_read(dir, "partition", &number);
	if (!err)
		err = number_read(dir, "start", &start);
	if (!err)
		err = number_read(dir, "size", &size);
	if (!err)
		*part = (struct partition){
			(unsigned int)number, start * SECTOR, size * SECTOR,
		};
	return err;
}

static int partition_add(struct partition **list, int count,
			 const struct partition *part)
{
	struct partition *longer;
	int i;

	longer = reallocarray(*list, (size_t)count + 1, sizeof(*longer));
	if (!longer)
		return -ENOMEM;
	*list = longer;
	for (i = count; i && longer[i - 1].number > part->number; i--)
		longer[i] = longer[i - 1];
	longer[i] = *part;
	return count + 1;
}

static int directory_read(const char *disk, struct partition **list)
{
	struct lkl_linux_dirent64 *entry;
	struct partition part;
	struct lkl_dir *dir;
	int err, count = 0;

	dir = lkl_opendir(disk, &err);
	if (!dir)
		return err;
	while (count >= 0 && (entry = lkl_readdir(dir)))
		if (!partition_read(disk, entry->d_name, &part))
			count = partition_add(list, count, &part);
	err = lkl_errdir(dir);
	lkl_closedir(dir);
	return err ? err : count;
}

int partitions_read(struct images *images, unsigned int image,
		    struct partition **list)
{
	struct volume disk;
	char path[64];
	int count;

	*list = NULL;
	count = volume_of(images, image, 0, &disk);
	if (count)
		return count;
	snprintf(path, sizeof(path), SYS_BLOCK "/%u:%u", volume_major(&disk),
		 volume_minor(&disk));
	count = directory_read(path, list);
	if (count < 0) {
		free(*list);
		*list = NULL;
		return fail(images, count,
			    "%s: cannot read the partition table: %s",
			    images->sources[image].name, strerror(-count));
	}
	return count;
}
