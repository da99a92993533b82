// SPDX-License-Identifier: GPL-2.0
/*
 * probe.c - what is on a volume, by libblkid
 *
 * Layer:   tools/lkl/image, over lkl.h and libblkid.
 * Context: one thread, in the sandbox.
 *
 * libblkid reads from a descriptor of the host, but a volume may be one that
 * exists inside the kernel only (a LUKS container, a logical volume, a disk
 * behind a server). So it is given a sparse file in memory, as large as the
 * volume, with those parts filled in where file systems and tables have their
 * marks. Nobody but the kernel has to know how to reach a volume this way.
 */
#include "inside.h"

#include <blkid/blkid.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define KIB		1024ULL
#define MIB		(1024 * KIB)

/*
 * Nearly all marks are within the first 128 KiB and the last 128 KiB (RAID). UDF
 * is the exception: with blocks of 4 KiB it has one behind the first MiB; and it
 * may show first what may be UDF too. Labels of some types are further behind.
 */
#define HEAD_FIRST	(128 * KIB)
#define HEAD		(1280 * KIB)
#define TAIL		(128 * KIB)
#define HEAD_LABELS	(8 * MIB)
#define CHUNK		(128 * KIB)

/* Partitions in an extended one; more are taken for a loop. */
#define LOGICAL_MAX	256

/**
 * struct sample - the sparse copy
 * @fd: it
 * @in: the volume, inside
 * @size: of both
 * @buf: CHUNK bytes
 */
struct sample {
	int fd;
	int in;
	uint64_t size;
	char *buf;
};

static void sample_close(struct sample *s)
{
	free(s->buf);
	if (s->fd >= 0)
		close(s->fd);
	if (s->in >= 0)
		lkl_sys_close((unsigned int)s->in);
}

static bool is_zero(const char *p, size_t len)
{
	return !p[0] && !memcmp(p, p + 1, len - 1);
}

/* Fill in [start, end); zeros are there already. */
static int sample_fill(struct sample *s, uint64_t start, uint64_t end)
{
	int err = 0;

	if (end > s->size)
		end = s->size;
	while (!err && start < end) {
		size_t n = end - start < CHUNK ? end - start : CHUNK;

		err = volume_pread(s->in, s->buf, n, start);
		if (!err && !is_zero(s->buf, n) && pwrite(s->fd, s->buf, n, (off_t)start) !=
		    (ssize_t)n)
			err = -ENOMEM;
		start += n;
	}
	return err;
}

static int sample_open(struct sample *s, const struct volume *volume,
		       uint64_t head, uint64_t tail)
{
	int err;

	*s = (struct sample){ .fd = -1, .in = -1, .size = volume->size };
	s->buf = malloc(CHUNK);
	s->fd = memfd_create("volume", MFD_CLOEXEC);
	if (!s->buf || s->fd < 0 || ftruncate(s->fd, (off_t)s->size)) {
		err = -ENOMEM;
		goto err_close;
	}
	s->in = volume_fd_open(volume);
	err = s->in < 0 ? s->in : sample_fill(s, 0, head);
	if (!err && s->size > head + tail)
		err = sample_fill(s, s->size - tail, s->size);
	else if (!err)
		err = sample_fill(s, head, s->size);
	if (!err)
		return 0;
err_close:
	sample_close(s);
	return err;
}

static blkid_probe prober_new(const struct sample *s,
			      const struct volume *volume)
{
	blkid_probe pr = blkid_new_probe();

	if (!pr)
		return NULL;
	if (blkid_probe_set_device(pr, s->fd, 0, 0)) {
		blkid_free_probe(pr);
		return NULL;
	}
	blkid_probe_set_sectorsize(pr, volume->sector_size);
	return pr;
}

static void value_take(blkid_probe pr, const char *name, char *text,
		       size_t size)
{
	const char *value;

	text[0] = '\0';
	if (!blkid_probe_lookup_value(pr, name, &value, NULL))
		snprintf(text, size, "%s", value);
}

static void values_take(blkid_probe pr, struct probe *probe)
{
	value_take(pr, "TYPE", probe->type, sizeof(probe->type));
	value_take(pr, "USAGE", probe->usage, sizeof(probe->usage));
	value_take(pr, "VERSION", probe->version, sizeof(probe->version));
	value_take(pr, "LABEL", probe->label, sizeof(probe->label));
	value_take(pr, "UUID", probe->uuid, sizeof(probe->uuid));
}

/* Of several marks, the first that libblkid looks for; containers are first. */
static void superblock_find(blkid_probe pr, struct probe *probe)
{
	int found;

	blkid_probe_enable_superblocks(pr, 1);
	blkid_probe_set_superblocks_flags(pr, BLKID_SUBLKS_TYPE |
					  BLKID_SUBLKS_USAGE |
					  BLKID_SUBLKS_VERSION |
					  BLKID_SUBLKS_LABEL |
					  BLKID_SUBLKS_UUID);
	found = blkid_do_safeprobe(pr);
	if (found == -2) {
		probe->ambiguous = true;
		blkid_reset_probe(pr);
		found = blkid_do_probe(pr);
	}
	if (!found)
		values_take(pr, probe);
}

/*
 * FAT32 and NTFS have their label where the boot sector says.
 * (Microsoft, "FAT32 File System Specification"; ntfs3's ntfs.h)
 */
static void label_fill(struct sample *s, const struct probe *probe)
{
	unsigned char b[SECTOR];
	uint64_t sector, cluster, where = 0;

	if (pread(s->fd, b, sizeof(b), 0) != sizeof(b))
		return;
	sector = b[11] | b[12] << 8;
	cluster = sector * b[13];
	if (!strcmp(probe->type, "vfat") && !(b[22] | b[23]))
		where = sector * ((b[14] | b[15] << 8) + (uint64_t)b[16] *
			(b[36] | b[37] << 8 | b[38] << 16 |
			 (uint64_t)b[39] << 24)) +
			cluster * ((b[44] | b[45] << 8 | b[46] << 16 |
				    (uint64_t)b[47] << 24) - 2);
	else if (!strcmp(probe->type, "ntfs"))
		memcpy(&where, b + 48, sizeof(where)), where *= cluster;
	if (where && where < s->size)
		sample_fill(s, where, where + 64 * KIB);
}

/* Look at what of the volume is in the sample. */
static int sample_probe(const struct sample *s, const struct volume *volume,
			struct probe *probe)
{
	blkid_probe pr = prober_new(s, volume);

	memset(probe, 0, sizeof(*probe));
	if (!pr)
		return -ENOMEM;
	superblock_find(pr, probe);
	blkid_free_probe(pr);
	return 0;
}

/* Fill in more, if that could change the answer, and look again. */
static int sample_probe_more(struct sample *s, const struct volume *volume,
			     bool labels, struct probe *probe)
{
	int err = 0;

	if (labels)
		err = sample_fill(s, HEAD_FIRST, HEAD_LABELS);
	else if (!probe->type[0] || !strcmp(probe->type, "iso9660"))
		err = sample_fill(s, HEAD_FIRST, HEAD);
	else
		return 0;
	if (labels && !err)
		label_fill(s, probe);
	return err ? err : sample_probe(s, volume, probe);
}

int probe_volume(struct images *images, const struct volume *volume,
		 bool labels, struct probe *probe)
{
	struct sample s;
	int err;

	memset(probe, 0, sizeof(*probe));
	err = sample_open(&s, volume, HEAD_FIRST, TAIL);
	if (!err) {
		err = sample_probe(&s, volume, probe);
		if (!err)
			err = sample_probe_more(&s, volume, labels, probe);
		sample_close(&s);
	}
	return err ? fail(images, err, "%s: cannot be read: %s", volume->name,
			  strerror(-err)) : 0;
}

const char *probe_fs_type(const char *type)
{
	static const char *const names[][2] = {
		{ "ntfs", "ntfs3" },
		{ "ext4dev", "ext4" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(type, names[i][0]))
			return names[i][1];
	return type;
}

/* ---- partition tables ---- */

static uint32_t le32_at(const unsigned char *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static bool is_extended(unsigned char type)
{
	return type == 0x05 || type == 0x0f || type == 0x85;
}

/* The extended partition in a (extended) boot record: its first sector. */
static uint32_t extended_find(const unsigned char *record)
{
	const unsigned char *p;

	if (record[510] != 0x55 || record[511] != 0xaa)
		return 0;
	for (p = record + 446; p < record + 510; p += 16)
		if (is_extended(p[4]))
			return le32_at(p + 8);
	return 0;
}

/* Boot records of logical partitions are a list all over the disk. */
static int logical_fill(struct sample *s, unsigned int sector_size)
{
	unsigned char record[SECTOR];
	uint64_t first = 0, at = 0;
	uint32_t next;
	int i, err = 0;

	for (i = 0; !err && i < LOGICAL_MAX; i++) {
		if (pread(s->fd, record, sizeof(record),
			  (off_t)(at * sector_size)) != sizeof(record))
			return -EIO;
		next = extended_find(record);
		if (!next)
			break;
		at = first + next;
		if (!first)
			first = at;
		if (at * sector_size >= s->size)
			break;
		err = sample_fill(s, at * sector_size, (at + 1) * sector_size);
	}
	return err;
}

/* A prober for the partition table; NULL if this fails. */
static int table_open(struct images *images, const struct volume *volume,
		      struct sample *s, blkid_probe *pr)
{
	int err;

	*pr = NULL;
	err = sample_open(s, volume, HEAD, TAIL);
	if (err)
		return fail(images, err, "%s: cannot be read: %s",
			    volume->name, strerror(-err));
	err = logical_fill(s, volume->sector_size);
	if (!err)
		*pr = prober_new(s, volume);
	if (!*pr) {
		sample_close(s);
		return fail_errno(images, err ? err : -ENOMEM, volume->name);
	}
	blkid_probe_enable_superblocks(*pr, 0);
	blkid_probe_enable_partitions(*pr, 1);
	blkid_probe_set_partitions_flags(*pr, BLKID_PARTS_ENTRY_DETAILS);
	return 0;
}

int probe_table(struct images *images, const struct volume *volume, char *type,
		char *uuid, size_t size)
{
	struct sample s;
	blkid_probe pr;
	int err = table_open(images, volume, &s, &pr);

	type[0] = '\0';
	uuid[0] = '\0';
	if (!pr)
		return err;
	if (!blkid_do_fullprobe(pr)) {
		value_take(pr, "PTTYPE", type, size);
		value_take(pr, "PTUUID", uuid, size);
	}
	blkid_free_probe(pr);
	sample_close(&s);
	return 0;
}

static void entry_take(blkid_partition part, struct entry *entry)
{
	const char *text = blkid_partition_get_type_string(part);

	if (text)
		snprintf(entry->type, sizeof(entry->type), "%s", text);
	else
		snprintf(entry->type, sizeof(entry->type), "0x%02x",
			 (unsigned int)blkid_partition_get_type(part));
	text = blkid_partition_get_name(part);
	snprintf(entry->name, sizeof(entry->name), "%s", text ? text : "");
	text = blkid_partition_get_uuid(part);
	snprintf(entry->uuid, sizeof(entry->uuid), "%s", text ? text : "");
	entry->flags = blkid_partition_get_flags(part);
}

/* libblkid numbers some tables in another way than the kernel: go by place. */
static void entries_take(blkid_partlist table, const struct partition *list,
			 unsigned int count, struct entry *entries)
{
	int i, n = blkid_partlist_numof_partitions(table);
	unsigned int j;

	for (i = 0; i < n; i++) {
		blkid_partition part = blkid_partlist_get_partition(table, i);
		uint64_t start = (uint64_t)blkid_partition_get_start(part) *
				 SECTOR;

		for (j = 0; j < count; j++)
			if (list[j].start == start && !entries[j].type[0])
				entry_take(part, &entries[j]);
	}
}

int probe_entries(struct images *images, const struct volume *volume,
		  const struct partition *list, unsigned int count,
		  struct entry *entries)
{
	struct sample s;
	blkid_partlist table;
	blkid_probe pr;
	int err = table_open(images, volume, &s, &pr);

	memset(entries, 0, count * sizeof(*entries));
	if (!pr)
		return err;
	table = blkid_probe_get_partitions(pr);
	if (table)
		entries_take(table, list, count, entries);
	else
		err = -ENOENT;
	blkid_free_probe(pr);
	sample_close(&s);
	return err;
}
