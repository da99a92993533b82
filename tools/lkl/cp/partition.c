// SPDX-License-Identifier: GPL-2.0
/*
 * partition.c - which part of the image is meant
 *
 * Layer:   tools, over lkl.h; called by volume.c once the kernel is up.
 * Context: one thread.
 *
 * The kernel in the library reads the partition table, so that there is one
 * parser of it and every kind of table works.
 */
#include "partition.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <lkl.h>

#include "diag.h"
#include "options.h"
#include "probe.h"
#include "tree.h"

#define SECTOR		512
#define PARTS_MAX	256	/* DISK_MAX_PARTS of the kernel */

/**
 * struct partition - one partition of the image
 * @number: as in -P
 * @start: in bytes
 * @size: in bytes
 */
struct partition {
	unsigned int number;
	uint64_t start;
	uint64_t size;
};

/**
 * struct table - the partitions of the image
 * @count: how many there are
 * @parts: by number; at most PARTS_MAX
 */
struct table {
	unsigned int count;
	struct partition parts[PARTS_MAX];
};

/* Read a number from a file of sysfs. */
static int read_number(int dir, const char *path, uint64_t *value)
{
	char text[32];
	long fd, len;

	fd = lkl_sys_openat(dir, path, O_RDONLY, 0);
	if (fd < 0)
		return fd;
	len = lkl_sys_read(fd, text, sizeof(text) - 1);
	lkl_sys_close(fd);
	if (len < 0)
		return len;
	text[len] = '\0';
	*value = strtoull(text, NULL, 10);
	return 0;
}

/* Entry @name of the disk's directory in sysfs; not all are partitions. */
static int read_partition(int dir, const char *name, struct partition *part)
{
	uint64_t number, start, size;
	long fd;
	int err;

	fd = lkl_sys_openat(dir, name, O_PATH | O_DIRECTORY, 0);
	if (fd < 0)
		return fd;
	err = read_number(fd, "partition", &number);
	if (!err)
		err = read_number(fd, "start", &start);
	if (!err)
		err = read_number(fd, "size", &size);
	lkl_sys_close(fd);
	if (err)
		return err;
	*part = (struct partition){ number, start * SECTOR, size * SECTOR };
	return 0;
}

static void add_partition(struct table *table, const struct partition *part)
{
	unsigned int i, n = table->count++;

	if (n >= PARTS_MAX)
		return;
	for (i = n; i && table->parts[i - 1].number > part->number; i--)
		table->parts[i] = table->parts[i - 1];
	table->parts[i] = *part;
}

/* Open the directory of the only virtio disk in sysfs. */
static int open_sys_disk(void)
{
	int err = lkl_mount_fs("sysfs");

	if (err < 0)
		return err;
	return lkl_sys_openat(AT_FDCWD, "/sysfs/block/vda",
			      O_RDONLY | O_DIRECTORY, 0);
}

static int read_table(struct table *table)
{
	char buf[4096];
	long len;
	int dir;

	table->count = 0;
	dir = open_sys_disk();
	if (dir < 0)
		return dir;
	while ((len = lkl_sys_getdents64(dir, (void *)buf, sizeof(buf))) > 0) {
		char *p = buf;

		while (p < buf + len) {
			const struct tree_dirent *d = (void *)p;
			struct partition part;

			if (!read_partition(dir, d->name, &part))
				add_partition(table, &part);
			p += d->reclen;
		}
	}
	lkl_sys_close(dir);
	return len;
}

static void print_partition(FILE *out, const struct image *image,
			    const struct partition *part)
{
	const struct probe *what = probe_file(image->fd, part->start);

	fprintf(out, "%u (%s, %.*f MiB)", part->number,
		what ? what->name : "unknown", part->size < 10 << 20 ? 1 : 0,
		part->size / 1048576.0);
}

/* Name the partitions: "1 (vfat, 64 MiB), 2 (ext4, 190 MiB)"; from malloc(). */
static char *list_partitions(const struct image *image, const struct table *table)
{
	char *text = NULL;
	size_t len;
	unsigned int i;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	for (i = 0; i < table->count && i < PARTS_MAX; i++) {
		fputs(i ? ", " : "", out);
		print_partition(out, image, &table->parts[i]);
	}
	if (table->count > PARTS_MAX)
		fprintf(out, " and %u more", table->count - PARTS_MAX);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

static int report_partitions(const struct image *image, const struct table *table,
			     const char *problem)
{
	char *list = list_partitions(image, table);

	diag_error("%s: %s: %s", image->path, problem,
		   list ? list : diag_cause(-ENOMEM));
	free(list);
	return -EINVAL;
}

static const struct partition *find_partition(const struct table *table,
					      unsigned int number)
{
	unsigned int i;

	for (i = 0; i < table->count && i < PARTS_MAX; i++)
		if (table->parts[i].number == number)
			return &table->parts[i];
	return NULL;
}

/* Without -P: the whole disk, unless the user has to say which partition. */
static int choose_default(const struct image *image, const struct table *table)
{
	const struct probe *whole = probe_file(image->fd, 0);

	if (!table->count || (whole && whole->hybrid))
		return 0;
	return report_partitions(image, table,
				 "has partitions; choose one with -P");
}

static int choose_numbered(const struct image *image, const struct table *table,
			   int wanted, off_t *start)
{
	const struct partition *part;
	char problem[64];

	if (!table->count) {
		diag_error("%s: has no partition %d: there is no partition table",
			   image->path, wanted);
		return -EINVAL;
	}
	part = find_partition(table, wanted);
	if (!part) {
		snprintf(problem, sizeof(problem), "has no partition %d",
			 wanted);
		return report_partitions(image, table, problem);
	}
	*start = part->start;
	return 0;
}

int partition_choose(const struct image *image, int wanted,
		     unsigned int *partition, off_t *start)
{
	struct table table;
	int err;

	*start = 0;
	*partition = wanted == PARTITION_UNSET ? 0 : wanted;
	if (!wanted)
		return 0;
	err = read_table(&table);
	if (err) {
		diag_error("%s: cannot read the partition table: %s",
			   image->path, diag_cause(err));
		return err;
	}
	if (wanted == PARTITION_UNSET)
		return choose_default(image, &table);
	return choose_numbered(image, &table, wanted, start);
}
