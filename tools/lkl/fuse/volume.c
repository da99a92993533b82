// SPDX-License-Identifier: GPL-2.0
/*
 * volume.c - a kernel in this process with one file system of the image
 *
 * Layer:   tools, over lkl.h; called by worker.c.
 * Context: one thread, the same for all calls.
 *
 * What is in the image, and where the file system is in it, is found by
 * ../image; here it is mounted as its type wants it.
 */
#include "volume.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include <lkl_host.h>

#include "../cp/diag.h"

#define MOUNT_POINT	"/image"	/* inside the library */
#define UMOUNT_TIMEOUT	(10 * 1000)	/* ms, when all was written back */
#define LOG_SIZE	(128 * 1024)
#define DESCRIPTORS	(1 << 20)
#define OPTIONS_SIZE	4096		/* a page, as mount(2) takes it */

/**
 * struct kind - what is special about a type of file system
 * @type: its name
 * @always: mount options in any case, or NULL
 * @writable: further ones if it is to be written, or NULL
 * @norecovery: what keeps it from replaying a journal it cannot write, or NULL
 * @handles: its file handles can be opened at any time, not only while the
 *	inode is in the cache
 * @names_vary: upper and lower case, or several forms, are the same name
 * @no_owners: it stores none, so the user owns everything
 * @time_gran: resolution of its time stamps, in ns; 0 for 1
 */
struct kind {
	const char *type;
	const char *always;
	const char *writable;
	const char *norecovery;
	bool handles;
	bool names_vary;
	bool no_owners;
	unsigned int time_gran;
};

/* Stop at the first inconsistency rather than make it worse. */
#define EXT_ERRORS	"errors=remount-ro"
#define SECOND		1000000000

static const struct kind kinds[] = {
	{ "ext4", NULL, EXT_ERRORS, "noload", .handles = true },
	{ "ext3", NULL, EXT_ERRORS, "noload", .handles = true },
	{ "ext2", NULL, EXT_ERRORS, NULL, .handles = true },
	{ "xfs", NULL, NULL, "norecovery", .handles = true },
	{ "btrfs", NULL, NULL, "rescue=nologreplay", .handles = true },
	{ "f2fs", NULL, NULL, "norecovery", .handles = true },
	{ "erofs", NULL, NULL, NULL, .handles = true },
	{ "squashfs", NULL, NULL, NULL, .handles = true },
	{ "udf", NULL, NULL, NULL, .handles = true },
	{ "iso9660", "iocharset=utf8", NULL, NULL, .handles = true },
	{ "ntfs3", NULL, NULL, NULL, .names_vary = true, .no_owners = true },
	{ "vfat", "utf8,umask=022", NULL, NULL,
	  .names_vary = true, .no_owners = true, .time_gran = SECOND },
	{ "msdos", "umask=022", NULL, NULL,
	  .names_vary = true, .no_owners = true, .time_gran = SECOND },
	{ "exfat", "umask=022", NULL, NULL,
	  .names_vary = true, .no_owners = true, .time_gran = SECOND },
	{ "hfsplus", NULL, NULL, NULL,
	  .names_vary = true, .time_gran = SECOND },
	{ "hfs", NULL, NULL, NULL,
	  .names_vary = true, .no_owners = true, .time_gran = SECOND },
	{ "minix", NULL, NULL, NULL, .time_gran = SECOND },
	{ NULL },
};

static const struct kind *find_kind(const char *type)
{
	const struct kind *k;

	for (k = kinds; k->type; k++)
		if (!strcmp(k->type, type))
			break;
	return k;
}

bool volume_has_handles(const struct volume *v)
{
	return find_kind(v->target.type)->handles;
}

/* What cannot change cannot get a second name either. */
bool volume_names_vary(const struct volume *v)
{
	return find_kind(v->target.type)->names_vary && !v->ro;
}

unsigned int volume_time_gran(const struct volume *v)
{
	unsigned int gran = find_kind(v->target.type)->time_gran;

	return gran ? gran : 1;
}

/* ---- boot and halt ---- */

int volume_boot(struct volume *v, struct images *images,
		const struct config *config,
		void (*print)(const char *text, int len))
{
	int err;

	*v = (struct volume){
		.images = images,
		.config = config,
		.root = -1,
	};
	lkl_host_ops.print = print;
	lkl_init(&lkl_host_ops);
	err = lkl_start_kernel("mem=%uM maxcpus=%u loglevel=%d", config->memory,
			       config->cpus, print ? 8 : 0);
	if (!err)
		err = lkl_set_fd_limit(DESCRIPTORS);
	if (err) {
		diag_error("cannot start the kernel: %s", lkl_strerror(err));
		lkl_cleanup();
	}
	return err;
}

void volume_halt(struct volume *v)
{
	if (!lkl_panic_message()) {
		images_release(v->images);
		lkl_sys_halt();
	}
	lkl_cleanup();
}

/* ---- mounting ---- */

static void report_warnings(struct volume *v)
{
	const char *text;

	while ((text = images_warning(v->images)))
		diag_warning("%s", text);
}

static int report_images(struct volume *v, int err)
{
	report_warnings(v);
	if (err)
		diag_error("%s", images_error(v->images));
	return err;
}

int volume_plug(struct volume *v)
{
	return report_images(v, images_plug(v->images));
}

static int select_target(struct volume *v)
{
	return report_images(v, images_select(v->images, &v->config->choice,
					      &v->target));
}

/* Add options to a list; the kernel takes the last of those that contradict. */
static void add_options(char list[OPTIONS_SIZE], const char *more)
{
	size_t len = strlen(list);

	if (more && *more)
		snprintf(list + len, OPTIONS_SIZE - len, "%s%s",
			 len ? "," : "", more);
}

static int mount_with(struct volume *v, const char *extra)
{
	const struct kind *k = find_kind(v->target.type);
	unsigned int flags = (v->ro ? MS_RDONLY : 0) |
			     (v->config->noatime ? MS_NOATIME : 0);
	char options[OPTIONS_SIZE] = "";
	char owner[64];

	snprintf(owner, sizeof(owner), "uid=%u,gid=%u", getuid(), getgid());
	add_options(options, k->always);
	add_options(options, k->no_owners ? owner : NULL);
	add_options(options, v->ro ? NULL : k->writable);
	add_options(options, extra);
	add_options(options, v->config->opts);
	return lkl_sys_mount(v->target.path, MOUNT_POINT, v->target.type,
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

static int report_mount(const struct volume *v, int err)
{
	char *said;

	if (lkl_panic_message()) {
		diag_error("%s: the kernel in the library has panicked: %s",
			   v->config->image, lkl_panic_message());
		return err;
	}
	if (err == -ENODEV) {
		diag_error("%s: file system type '%s' is not known",
			   v->config->image, v->target.type);
		return err;
	}
	said = last_kernel_error();
	diag_error("%s: cannot mount as %s: %s%s%s%s", v->config->image, v->target.type,
		   diag_cause(err), said ? " (" : "", said ? said : "",
		   said ? ")" : "");
	free(said);
	return err;
}

/*
 * A journal that was not closed cleanly would have to be replayed, that is
 * written, first. The image must not change, so it is read as it is.
 */
static int mount_type(struct volume *v)
{
	const char *norecovery = find_kind(v->target.type)->norecovery;
	int err = mount_with(v, NULL);

	/* A kind of file system that nobody can write. */
	if (err == -EROFS || err == -EACCES) {
		v->ro = true;
		err = mount_with(v, NULL);
	}
	if (err && err != -ENODEV && v->ro && norecovery) {
		if (!mount_with(v, norecovery)) {
			diag_warning("%s: was not unmounted cleanly; its last changes may be missing",
				     v->config->image);
			return 0;
		}
	}
	return err ? report_mount(v, err) : 0;
}

/*
 * Not O_PATH: errors of writing back are reported once to each descriptor
 * that was open when they happened, and this is the one that asks.
 */
static int open_root(struct volume *v)
{
	v->root = lkl_sys_openat(AT_FDCWD, MOUNT_POINT,
				 O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (v->root >= 0)
		return 0;
	diag_error("%s: %s", v->config->image, diag_cause(v->root));
	lkl_umount_timeout(MOUNT_POINT, 0, UMOUNT_TIMEOUT);
	return v->root;
}

static int prepare_inside(void)
{
	int err = lkl_mount_fs("proc");

	if (err >= 0)
		err = lkl_sys_mkdir(MOUNT_POINT, 0700);
	if (err < 0)
		diag_error("cannot prepare the kernel: %s", diag_cause(err));
	return err;
}

int volume_mount(struct volume *v)
{
	int err = prepare_inside();

	if (!err)
		err = select_target(v);
	v->ro = v->config->images.read_only || v->target.read_only;
	if (!err)
		err = mount_type(v);
	return err ? err : open_root(v);
}

static int write_back(struct volume *v)
{
	int err = v->ro ? 0 : lkl_sys_syncfs(v->root);

	if (err)
		diag_error("%s: writing back failed, files in it may be damaged: %s",
			   v->config->image, diag_cause(err));
	return err;
}

/*
 * Who wrote a file was told if it failed; but file systems write much that
 * nobody waits for.
 */
static int check_log(struct volume *v)
{
	char *log = malloc(LOG_SIZE);
	bool bad;

	if (!log)
		return 0;
	bad = lkl_dmesg(log, LOG_SIZE) > 0 && strstr(log, "I/O error, dev ") &&
	      strstr(log, ":(WRITE)");
	free(log);
	if (bad)
		diag_error("%s: could not be written everywhere, files in it may be damaged",
			   v->config->image);
	return bad ? -EIO : 0;
}

int volume_unmount(struct volume *v)
{
	int err, umount_err;

	if (lkl_panic_message()) {
		diag_error("%s: the kernel in the library has panicked: %s",
			   v->config->image, lkl_panic_message());
		return -ENOTRECOVERABLE;
	}
	err = write_back(v);
	/* Whatever is open still: the host may have been cut off. */
	lkl_sys_close_range(0, UINT32_MAX, 0);
	v->root = -1;
	umount_err = lkl_umount_timeout(MOUNT_POINT, 0, UMOUNT_TIMEOUT);
	if (umount_err)
		diag_error("%s: cannot unmount: %s", v->config->image,
			   diag_cause(umount_err));
	if (!err && !umount_err && !v->ro)
		err = check_log(v);
	return err ? err : umount_err;
}
