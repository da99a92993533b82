// SPDX-License-Identifier: GPL-2.0
/*
 * volume.c - a kernel in this process with one file system of the images
 *
 * Layer:   tools; see volume.h.
 * Context: one thread, the same for all calls.
 *
 * What is in the images, and where the file system is in it, is found by
 * ../image; here it is mounted as its type wants it.
 */
#include "volume.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

#include <lkl_host.h>

#include "diag.h"
#include "unpacking.h"

/**
 * struct volume - a mounted file system
 * @images: the host's side
 * @options: what the user asked for
 * @name: of the first image
 * @target: the block device inside, and the type of what is on it
 * @writable: mounted to be written
 * @root: descriptor of its root inside the library
 * @settle: see volume_settle(), or NULL
 * @epoch: likewise
 */
struct volume {
	struct images *images;
	const struct imageopts *options;
	const char *name;
	struct images_target target;
	bool writable;
	int root;
	int (*settle)(int fd, int64_t epoch);
	int64_t epoch;
};

#define MOUNT_POINT	"/image"	/* inside the library */
#define UMOUNT_TIMEOUT	(60 * 1000)	/* ms */
#define LOG_SIZE	(128 * 1024)
#define MEMORY_MIN_MIB	128
#define MEMORY_MAX_MIB	4096
#define DESCRIPTORS	(1 << 19)
#define OPTIONS_SIZE	4096		/* a page, as mount(2) takes it */

/* ---- images ---- */

static void report_warnings(struct images *images)
{
	const char *text;

	while ((text = images_warning(images)))
		diag_warning("%s", text);
}

static int report_images(struct images *images, int err)
{
	report_warnings(images);
	if (err)
		diag_error("%s", images_error(images));
	return err;
}

struct images *volume_images_open(const struct imageopts *o)
{
	struct images_options options = o->images;
	struct images *images = images_new();
	struct unpacking unpacking;
	int err;

	if (!images) {
		diag_error("%s", diag_cause(-ENOMEM));
		return NULL;
	}
	unpacking_begin(&unpacking, &options);
	err = images_open(images, o->names, o->count, &options);
	unpacking_end(&unpacking);
	if (!report_images(images, err))
		return images;
	images_free(images);
	return NULL;
}

int volume_images_close(struct images *images)
{
	int err = report_images(images, images_close(images));

	images_free(images);
	return err;
}

/* ---- file systems ---- */

/**
 * struct quirk - how one type wants to be mounted
 * @type: file system type
 * @always: mount options in any case, or NULL
 * @writable: further ones if it is to be written, or NULL
 * @norecovery: what keeps it from replaying a journal it cannot write, or NULL
 * @repeatable: what keeps chance out of where it writes, or NULL
 */
struct quirk {
	const char *type;
	const char *always;
	const char *writable;
	const char *norecovery;
	const char *repeatable;
};

/* Stop at the first inconsistency rather than make it worse. */
#define EXT_ERRORS	"errors=remount-ro"

static const struct quirk quirks[] = {
	{ "ext4", NULL, EXT_ERRORS, "noload",
	  "nodelalloc,dioread_lock,noinit_itable" },
	{ "ext3", NULL, EXT_ERRORS, "noload", "noinit_itable" },
	{ "ext2", NULL, EXT_ERRORS, NULL, "noinit_itable" },
	{ "xfs", NULL, NULL, "norecovery", NULL },
	{ "btrfs", NULL, NULL, "rescue=nologreplay", NULL },
	{ "f2fs", NULL, NULL, "norecovery", NULL },
	{ "vfat", "utf8,umask=022", NULL, NULL, NULL },
	{ "exfat", "umask=022", NULL, NULL, NULL },
	{ "iso9660", "iocharset=utf8", NULL, NULL, NULL },
	{ NULL, NULL, NULL, NULL, NULL },
};

static const struct quirk *find_quirk(const char *type)
{
	const struct quirk *q;

	for (q = quirks; q->type; q++)
		if (!strcmp(q->type, type))
			break;
	return q;
}

/* Add options to a list; the kernel takes the last of those that contradict. */
static void add_options(char list[OPTIONS_SIZE], const char *more)
{
	size_t len = strlen(list);

	if (more && *more)
		snprintf(list + len, OPTIONS_SIZE - len, "%s%s",
			 len ? "," : "", more);
}

/* ---- boot and halt ---- */

/*
 * What a file system keeps in memory about itself grows with it: of all, f2fs
 * takes most, 0.3 MiB for each GiB. Memory that is not used is not taken.
 */
static unsigned int memory_mib(const struct volume *v)
{
	uint64_t mib = MEMORY_MIN_MIB + (images_size(v->images) >> 30) / 2;

	if (v->options->memory)
		return v->options->memory;
	return mib < MEMORY_MAX_MIB ? (unsigned int)mib : MEMORY_MAX_MIB;
}

static int start_kernel(struct volume *v)
{
	bool printk = v->options->printk;
	int err;

	if (!printk)
		lkl_host_ops.print = NULL;
	lkl_init(&lkl_host_ops);
	err = lkl_start_kernel("mem=%uM loglevel=%d", memory_mib(v),
			       printk ? 8 : 0);
	if (!err)
		return 0;
	diag_error("cannot start the kernel: %s", lkl_strerror(err));
	lkl_cleanup();
	return err;
}

static void stop_kernel(struct volume *v)
{
	if (!lkl_panic_message()) {
		images_release(v->images);
		lkl_sys_halt();
	}
	lkl_cleanup();
}

/* ---- mounting ---- */

static int mount_with(struct volume *v, const char *extra)
{
	const struct quirk *q = find_quirk(v->target.type);
	unsigned int flags = MS_NOATIME | (v->writable ? 0 : MS_RDONLY);
	char options[OPTIONS_SIZE] = "";

	add_options(options, q->always);
	add_options(options, v->writable ? q->writable : NULL);
	add_options(options, v->options->repeatable ? q->repeatable : NULL);
	add_options(options, extra);
	add_options(options, v->options->mount_options);
	return (int)lkl_sys_mount(v->target.path, MOUNT_POINT, v->target.type,
				  flags, *options ? options : NULL);
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

static int report_panic(const struct volume *v)
{
	if (!lkl_panic_message())
		return 0;
	diag_error("%s: the kernel in the library has panicked: %s", v->name,
		   lkl_panic_message());
	return -ENOTRECOVERABLE;
}

static int report_mount(const struct volume *v, int err)
{
	const char *type = v->target.type;
	char *said;

	if (report_panic(v))
		return err;
	if (err == -ENODEV) {
		diag_error("%s: file system type '%s' is not known", v->name,
			   type);
		return err;
	}
	said = last_kernel_error();
	diag_error("%s: cannot mount as %s: %s%s%s%s", v->name, type,
		   diag_cause(err), said ? " (" : "", said ? said : "",
		   said ? ")" : "");
	free(said);
	return err;
}

/*
 * A journal that was not closed cleanly has to be replayed, which writes. The
 * image must not change, so memory is laid over it to take that. Where this
 * cannot be done the file system is read as it is.
 */
static int mount_unclean(struct volume *v)
{
	const char *norecovery = find_quirk(v->target.type)->norecovery;

	if (!norecovery)
		return -EROFS;
	if (!images_shadow(v->images, &v->target) && !mount_with(v, NULL)) {
		diag_note("%s: was not unmounted cleanly; its journal is replayed in memory",
			  v->name);
		return 0;
	}
	if (mount_with(v, norecovery))
		return -EROFS;
	diag_warning("%s: was not unmounted cleanly; its last changes may be missing",
		     v->name);
	return 0;
}

static int mount_type(struct volume *v)
{
	int err = mount_with(v, NULL);

	if (err && err != -ENODEV && !v->writable && !mount_unclean(v))
		return 0;
	return err ? report_mount(v, err) : 0;
}

/*
 * Not O_PATH: errors of writing back are reported once to each descriptor
 * that was open when they happened, and this is the one that asks.
 */
static int open_root(struct volume *v)
{
	v->root = (int)lkl_sys_openat(AT_FDCWD, MOUNT_POINT,
				      O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (v->root >= 0)
		return 0;
	diag_error("%s: %s", v->name, diag_cause(v->root));
	lkl_umount_timeout(MOUNT_POINT, 0, UMOUNT_TIMEOUT);
	return v->root;
}

static int prepare_inside(void)
{
	int err = lkl_set_fd_limit(DESCRIPTORS);

	lkl_sys_umask(0);
	if (!err)
		err = (int)lkl_sys_mkdir(MOUNT_POINT, 0700);
	if (err)
		diag_error("cannot prepare the kernel: %s", diag_cause(err));
	return err;
}

static int plug_images(struct volume *v)
{
	int err = report_images(v->images, images_plug(v->images));

	if (!err && !v->options->no_sandbox)
		err = sandbox_seal();
	return err;
}

static int select_target(struct volume *v)
{
	int err = images_select(v->images, &v->options->choice, &v->target);

	return report_images(v->images, err);
}

static int mount_image(struct volume *v)
{
	int err = prepare_inside();

	if (!err)
		err = select_target(v);
	if (err)
		return err;
	diag_note("%s: %s on %s", v->name, v->target.type, v->target.path);
	err = mount_type(v);
	return err ? err : open_root(v);
}

static enum diag_status use_kernel(struct volume *v,
				   const struct sandbox *sandbox)
{
	const struct imageopts *o = v->options;

	if (!o->no_sandbox && sandbox_enter(sandbox))
		return DIAG_IMAGE;
	if (plug_images(v))
		return DIAG_IMAGE;
	if (o->self_test)
		return sandbox_test() ? DIAG_FILES : DIAG_OK;
	return mount_image(v) ? DIAG_IMAGE : DIAG_OK;
}

enum diag_status volume_open(struct images *images, const struct imageopts *o,
			     const struct sandbox *sandbox,
			     struct volume **volume)
{
	struct volume *v = calloc(1, sizeof(*v));
	enum diag_status status = DIAG_IMAGE;

	*volume = NULL;
	if (!v) {
		diag_error("%s", diag_cause(-ENOMEM));
		return status;
	}
	v->images = images;
	v->options = o;
	v->name = o->names[0];
	v->writable = !o->images.read_only;
	if (!o->no_sandbox && sandbox_prepare(sandbox))
		goto out_free;
	if (start_kernel(v))
		goto out_free;
	status = use_kernel(v, sandbox);
	if (!status && !o->self_test) {
		*volume = v;
		return status;
	}
	stop_kernel(v);
out_free:
	free(v);
	return status;
}

int volume_root(const struct volume *v)
{
	return v->root;
}

static int write_back(struct volume *v)
{
	int err = v->writable ? (int)lkl_sys_syncfs(v->root) : 0;

	if (err)
		diag_error("%s: writing back failed, files in it may be damaged: %s",
			   v->name, diag_cause(err));
	return err;
}

const char *volume_type(const struct volume *v)
{
	return v->target.type;
}

void volume_settle(struct volume *v, int (*settle)(int fd, int64_t epoch),
		   int64_t epoch)
{
	v->settle = settle;
	v->epoch = epoch;
}

/* So that nothing of what was there for a while stays in free blocks. */
static void trim(struct volume *v)
{
	struct fstrim_range all = { .len = UINT64_MAX };

	lkl_sys_ioctl((unsigned int)v->root, (unsigned int)FITRIM,
		      (unsigned long)&all);
}

static int settle(struct volume *v)
{
	int fd = (int)lkl_sys_openat(AT_FDCWD, v->target.path,
				     O_RDWR | O_CLOEXEC, 0);
	int err = fd < 0 ? fd : v->settle(fd, v->epoch);

	if (!err)
		err = (int)lkl_sys_fsync((unsigned int)fd);
	if (fd >= 0)
		lkl_sys_close((unsigned int)fd);
	if (err)
		diag_error("%s: cannot be made the same every time: %s",
			   v->name, diag_cause(err));
	return err;
}

static int unmount(struct volume *v)
{
	int err;

	lkl_sys_chdir("/");
	lkl_sys_close(v->root);
	err = lkl_umount_timeout(MOUNT_POINT, 0, UMOUNT_TIMEOUT);
	if (err)
		diag_error("%s: cannot unmount: %s", v->name, diag_cause(err));
	return err;
}

int volume_close(struct volume *v)
{
	int err = report_panic(v), umount_err;

	if (!err) {
		err = write_back(v);
		if (!err && v->settle)
			trim(v);
		umount_err = unmount(v);
		err = err ? err : umount_err;
	}
	if (!err && v->settle)
		err = settle(v);
	stop_kernel(v);
	free(v);
	return err;
}
