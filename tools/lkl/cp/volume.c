// SPDX-License-Identifier: GPL-2.0
/*
 * volume.c - a kernel in this process with one file system of the image
 *
 * Layer:   tools; called by main.c.
 * Context: one thread, the same for all calls.
 *
 * The kernel in the library reads the partition table, so that there is one
 * parser of it and every kind of table works; the host half only compares
 * signatures to find the file system's type (probe.c).
 */
#include "volume.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include <lkl_host.h>

#include "diag.h"
#include "probe.h"

/**
 * struct volume - a mounted file system
 * @image: the host's side
 * @disk: as the library knows it
 * @disk_id: from lkl_disk_add()
 * @partition: 0 for the whole disk
 * @writable: mounted to be written
 * @path: where it is mounted inside the library
 * @root: descriptor of its root there
 */
struct volume {
	const struct image *image;
	struct lkl_disk disk;
	int disk_id;
	unsigned int partition;
	bool writable;
	char path[64];
	int root;
};

#define SECTOR		512
#define PARTS_SHOWN	16
#define UMOUNT_TIMEOUT	(60 * 1000)	/* ms */
#define LOG_SIZE	(16 * 1024)
#define MEMORY_MIB	256		/* of the kernel; taken as it is used */
#define DESCRIPTORS	(1 << 19)

/* ---- file systems ---- */

/**
 * struct quirk - how one type wants to be mounted
 * @type: file system type
 * @always: mount options in any case, or NULL
 * @writable: further ones if it is to be written, or NULL
 * @norecovery: what keeps it from replaying a journal it cannot write, or NULL
 */
struct quirk {
	const char *type;
	const char *always;
	const char *writable;
	const char *norecovery;
};

/* Stop at the first inconsistency rather than make it worse. */
#define EXT_ERRORS	"errors=remount-ro"

static const struct quirk quirks[] = {
	{ "ext4", NULL, EXT_ERRORS, "noload" },
	{ "ext3", NULL, EXT_ERRORS, "noload" },
	{ "ext2", NULL, EXT_ERRORS, NULL },
	{ "xfs", NULL, NULL, "norecovery" },
	{ "btrfs", NULL, NULL, "rescue=nologreplay" },
	{ "f2fs", NULL, NULL, "norecovery" },
	{ "vfat", "utf8,umask=022", NULL, NULL },
	{ "exfat", "umask=022", NULL, NULL },
	{ "iso9660", "iocharset=utf8", NULL, NULL },
	{ NULL, NULL, NULL, NULL },
};

static const struct quirk *find_quirk(const char *type)
{
	const struct quirk *q;

	for (q = quirks; q->type; q++)
		if (!strcmp(q->type, type))
			break;
	return q;
}

/* Join what there is of three option lists with commas, into @out. */
static void join_options(char *out, size_t size, const char *a, const char *b,
			 const char *c)
{
	const char *parts[] = { a, b, c };
	size_t i, len = 0;

	*out = '\0';
	for (i = 0; i < 3; i++) {
		if (!parts[i])
			continue;
		len += snprintf(out + len, size - len, "%s%s", len ? "," : "",
				parts[i]);
		if (len >= size)
			return;
	}
}

/* ---- boot and halt ---- */

static int add_disk(struct volume *v)
{
	int id;

	v->disk.fd = v->image->fd;
	id = lkl_disk_add(&v->disk);
	if (id < 0) {
		diag_error("%s: %s", v->image->path, lkl_disk_error());
		return id;
	}
	v->disk_id = id;
	return 0;
}

static int start_kernel(struct volume *v, bool printk)
{
	int err;

	if (!printk)
		lkl_host_ops.print = NULL;
	lkl_init(&lkl_host_ops);
	err = add_disk(v);
	if (err)
		goto err_cleanup;
	err = lkl_start_kernel("mem=%dM loglevel=%d", MEMORY_MIB,
			       printk ? 8 : 0);
	if (!err)
		return 0;
	diag_error("cannot start the kernel: %s", lkl_strerror(err));
	lkl_disk_remove(v->disk);
err_cleanup:
	lkl_cleanup();
	return err;
}

static void stop_kernel(struct volume *v)
{
	lkl_disk_remove(v->disk);
	lkl_sys_halt();
	lkl_cleanup();
}

/* ---- partitions ---- */

/**
 * struct partition - one partition of the image
 * @number: as in -P
 * @start, @size: in bytes
 */
struct partition {
	unsigned int number;
	uint64_t start;
	uint64_t size;
};

/**
 * struct table - the partitions of the image
 * @count: how many there are, of which the first PARTS_SHOWN are in @parts
 */
struct table {
	unsigned int count;
	struct partition parts[PARTS_SHOWN];
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

	if (n >= PARTS_SHOWN)
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

static void print_partition(FILE *out, const struct volume *v,
			    const struct partition *part)
{
	const struct probe *what = probe_file(v->image->fd, part->start);

	fprintf(out, "%u (%s, %.*f MiB)", part->number,
		what ? what->name : "unknown", part->size < 10 << 20 ? 1 : 0,
		part->size / 1048576.0);
}

/* Name the partitions: "1 (vfat, 64 MiB), 2 (ext4, 190 MiB)"; from malloc(). */
static char *list_partitions(const struct volume *v, const struct table *table)
{
	char *text = NULL;
	size_t len;
	unsigned int i;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	for (i = 0; i < table->count && i < PARTS_SHOWN; i++) {
		fputs(i ? ", " : "", out);
		print_partition(out, v, &table->parts[i]);
	}
	if (table->count > PARTS_SHOWN)
		fprintf(out, " and %u more", table->count - PARTS_SHOWN);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

static int report_partitions(const struct volume *v, const struct table *table,
			     const char *problem)
{
	char *list = list_partitions(v, table);

	diag_error("%s: %s: %s", v->image->path, problem,
		   list ? list : diag_cause(-ENOMEM));
	free(list);
	return -EINVAL;
}

static const struct partition *find_partition(const struct table *table,
					      unsigned int number)
{
	unsigned int i;

	for (i = 0; i < table->count && i < PARTS_SHOWN; i++)
		if (table->parts[i].number == number)
			return &table->parts[i];
	return NULL;
}

/*
 * Settle which partition is meant, and where it starts. Without -P it is the
 * whole disk, unless there is a table: then the user has to say which.
 */
static int choose_partition(struct volume *v, int wanted, off_t *start)
{
	const struct partition *part;
	const struct probe *whole;
	struct table table;
	char problem[64];
	int err;

	*start = 0;
	v->partition = 0;
	if (!wanted)
		return 0;
	err = read_table(&table);
	if (err) {
		diag_error("%s: cannot read the partition table: %s",
			   v->image->path, diag_cause(err));
		return err;
	}
	if (wanted == PARTITION_UNSET) {
		whole = probe_file(v->image->fd, 0);
		if (!table.count || (whole && whole->hybrid))
			return 0;
		return report_partitions(v, &table,
					 "has partitions; choose one with -P");
	}
	if (!table.count) {
		diag_error("%s: has no partition %d: there is no partition table",
			   v->image->path, wanted);
		return -EINVAL;
	}
	part = find_partition(&table, wanted);
	if (!part && table.count <= PARTS_SHOWN) {
		snprintf(problem, sizeof(problem), "has no partition %d",
			 wanted);
		return report_partitions(v, &table, problem);
	}
	v->partition = wanted;
	*start = part ? (off_t)part->start : 0;
	return 0;
}

/* ---- mounting ---- */

static int choose_type(struct volume *v, off_t start, const char **type)
{
	const struct probe *what = probe_file(v->image->fd, start);

	if (what && what->mountable) {
		*type = what->name;
		return 0;
	}
	if (what)
		diag_error("%s: holds %s, not a file system", v->image->path,
			   what->name);
	else
		diag_error("%s: no file system found; name its type with -t",
			   v->image->path);
	return -EINVAL;
}

static int mount_with(struct volume *v, const char *type, const char *extra)
{
	const struct quirk *q = find_quirk(type);
	unsigned int flags = MS_NOATIME | (v->writable ? 0 : MS_RDONLY);
	char options[128];
	int err;

	join_options(options, sizeof(options), q->always,
		     v->writable ? q->writable : NULL, extra);
	err = lkl_mount_dev(v->disk_id, v->partition, type, flags,
			    *options ? options : NULL, v->path,
			    sizeof(v->path));
	return err < 0 ? err : 0;
}

/*
 * What the kernel said last and loudest about it, without the "<3>[  0.1] "
 * before it, from malloc(); NULL if it said nothing.
 */
static char *last_kernel_error(void)
{
	char *log = malloc(LOG_SIZE);
	char *line, *rest, *found = NULL;

	if (!log)
		return NULL;
	if (lkl_dmesg(log, LOG_SIZE) < 0)
		log[0] = '\0';
	for (line = strtok_r(log, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		char *text = strstr(line, "] ");

		if (line[0] == '<' && line[1] <= '4' && line[2] == '>' && text)
			found = text + 2;
	}
	found = found ? strdup(found) : NULL;
	free(log);
	return found;
}

static int report_mount(const struct volume *v, const char *type, int err)
{
	char *said;

	if (err == -ENODEV) {
		diag_error("%s: file system type '%s' is not known",
			   v->image->path, type);
		return err;
	}
	said = last_kernel_error();
	diag_error("%s: cannot mount as %s: %s%s%s%s", v->image->path, type,
		   diag_cause(err), said ? " (" : "", said ? said : "",
		   said ? ")" : "");
	free(said);
	return err;
}

/*
 * A journal that was not closed cleanly would have to be replayed, that is
 * written, first. The image must not change, so it is read as it is.
 */
static int mount_volume(struct volume *v, const char *type)
{
	const char *norecovery = find_quirk(type)->norecovery;
	int err = mount_with(v, type, NULL);

	if (err && err != -ENODEV && !v->writable && norecovery) {
		if (!mount_with(v, type, norecovery)) {
			diag_warning("%s: was not unmounted cleanly; its last changes may be missing",
				     v->image->path);
			return 0;
		}
	}
	return err ? report_mount(v, type, err) : 0;
}

/*
 * Not O_PATH: errors of writing back are reported once to each descriptor
 * that was open when they happened, and this is the one that asks.
 */
static int open_root(struct volume *v)
{
	v->root = lkl_sys_openat(AT_FDCWD, v->path,
				 O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (v->root >= 0)
		return 0;
	diag_error("%s: %s", v->image->path, diag_cause(v->root));
	return v->root;
}

static int mount_image(struct volume *v, const struct options *o)
{
	const char *type = o->type;
	off_t start;
	int err;

	err = choose_partition(v, o->partition, &start);
	if (!err && !type)
		err = choose_type(v, start, &type);
	return err ? err : mount_volume(v, type);
}

struct volume *volume_open(const struct image *image, const struct options *o)
{
	struct volume *v = calloc(1, sizeof(*v));

	if (!v) {
		diag_error("%s", diag_cause(-ENOMEM));
		return NULL;
	}
	v->image = image;
	v->writable = !o->from;
	if (start_kernel(v, o->printk))
		goto err_free;
	lkl_sys_umask(0);
	lkl_set_fd_limit(DESCRIPTORS);
	if (mount_image(v, o))
		goto err_stop;
	if (!open_root(v))
		return v;
	lkl_umount_dev(v->disk_id, v->partition, 0, UMOUNT_TIMEOUT);
err_stop:
	stop_kernel(v);
err_free:
	free(v);
	return NULL;
}

int volume_root(const struct volume *v)
{
	return v->root;
}

static int write_back(struct volume *v)
{
	int err = v->writable ? lkl_sys_syncfs(v->root) : 0;

	if (err)
		diag_error("%s: writing back failed, files in it may be damaged: %s",
			   v->image->path, diag_cause(err));
	return err;
}

static int unmount(struct volume *v)
{
	int err;

	lkl_sys_chdir("/");
	lkl_sys_close(v->root);
	err = lkl_umount_dev(v->disk_id, v->partition, 0, UMOUNT_TIMEOUT);
	if (err)
		diag_error("%s: cannot unmount: %s", v->image->path,
			   diag_cause(err));
	return err;
}

int volume_close(struct volume *v)
{
	int err, umount_err;

	if (lkl_panic_message()) {
		diag_error("%s: the kernel has panicked: %s", v->image->path,
			   lkl_panic_message());
		lkl_cleanup();
		err = -ENOTRECOVERABLE;
	} else {
		err = write_back(v);
		umount_err = unmount(v);
		err = err ? err : umount_err;
		stop_kernel(v);
	}
	free(v);
	return err;
}
