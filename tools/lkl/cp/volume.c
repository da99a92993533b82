// SPDX-License-Identifier: GPL-2.0
/*
 * volume.c - a kernel in this process with one file system of the image
 *
 * Layer:   tools; called by main.c.
 * Context: one thread, the same for all calls.
 *
 * The file system's type is found by its signature on the host's side
 * (probe.c); everything else about the image is the kernel's business.
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
#include "partition.h"
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

#define UMOUNT_TIMEOUT	(60 * 1000)	/* ms */
#define LOG_SIZE	(16 * 1024)
#define MEMORY_MIN_MIB	128
#define MEMORY_MAX_MIB	4096
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
	const char *const parts[] = { a, b, c };
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

/*
 * What a file system keeps in memory about itself grows with it: of all, f2fs
 * takes most, 0.3 MiB for each GiB. Memory that is not used is not taken.
 */
static unsigned int memory_mib(const struct image *image)
{
	uint64_t mib = MEMORY_MIN_MIB + (image->size >> 30) / 2;

	return mib < MEMORY_MAX_MIB ? mib : MEMORY_MAX_MIB;
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
	err = lkl_start_kernel("mem=%uM loglevel=%d", memory_mib(v->image),
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

	err = partition_choose(v->image, o->partition, &v->partition, &start);
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

static int unmount_volume(struct volume *v)
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
		umount_err = unmount_volume(v);
		err = err ? err : umount_err;
		stop_kernel(v);
	}
	free(v);
	return err;
}
