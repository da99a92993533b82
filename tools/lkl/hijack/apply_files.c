// SPDX-License-Identifier: GPL-2.0
/*
 * apply_files.c - files of the library kernel: mounts, dumps; see apply.h
 *
 * Layer:   tools/lkl/hijack.
 * Users:   apply.c and those of apply.h.
 */
#include "apply.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "check.h"

long apply_file_read(const struct apply_api *api, const char *path, char *buf,
		     size_t size)
{
	long got = 1, fd = apply_sys(api, SYS_open, (long)path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;

	if (fd < 0)
		return fd;
	while (got > 0 && len < size - 1) {
		got = apply_sys(api, SYS_read, fd, (long)buf + (long)len,
				(long)(size - 1 - len));
		len += got > 0 ? (size_t)got : 0;
	}
	apply_sys(api, SYS_close, fd);
	buf[len] = '\0';
	return got < 0 ? got : (long)len;
}

long apply_file_write(const struct apply_api *api, const char *path,
		      const char *text)
{
	long fd = apply_sys(api, SYS_open, (long)path,
			    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	long done;

	if (fd < 0)
		return fd;
	done = apply_sys(api, SYS_write, fd, (long)text, (long)strlen(text));
	apply_sys(api, SYS_close, fd);
	return done < 0 ? done : 0;
}

long apply_directory_make(const struct apply_api *api, const char *path)
{
	long err = apply_sys(api, SYS_mkdir, (long)path, 0755);

	return err == -EEXIST ? 0 : err;
}

/*
 * Mounts.
 */

struct mounting {
	const struct applied *applied;
	struct config_error *error;
};

static bool mount_one(const char *item, void *arg)
{
	struct mounting *mounting = arg;
	int err = mounting->applied->api->lkl_mount_fs(item);

	if (err >= 0)
		return true;
	apply_wrong(mounting->applied, mounting->error, err, "mount: %s", item);
	return false;
}

/* Where programs look for them. */
static long standard_mounts(const struct apply_api *api)
{
	long err = api->lkl_mount_fs("proc");

	if (err >= 0)
		err = apply_directory_make(api, "/sys");
	if (!err)
		err = apply_sys(api, SYS_mount, (long)"sysfs", (long)"/sys", (long)"sysfs");
	return err < 0 ? err : 0;
}

int apply_mounts(const struct applied *applied, struct config_error *error)
{
	const char *mounts = applied->cfg->value[CONFIG_MOUNT];
	struct mounting mounting = { applied, error };
	long err = standard_mounts(applied->api);

	if (err)
		return apply_wrong(applied, error, err, "mounting proc and sysfs");
	if (mounts && !check_each(mounts, ',', mount_one, &mounting))
		return -EINVAL;
	return 0;
}

/*
 * Dumps.
 */

struct dumping {
	const struct applied *applied;
	int fd;
};

static void write_all(int fd, const char *text, size_t len)
{
	ssize_t done;

	while (len) {
		done = write(fd, text, len);
		if (done < 0 && errno != EINTR)
			return;
		text += done > 0 ? done : 0;
		len -= done > 0 ? (size_t)done : 0;
	}
}

static bool dump_one(const char *item, void *arg)
{
	const struct dumping *dumping = arg;
	char text[65536], head[512];
	long got = apply_file_read(dumping->applied->api, item, text, sizeof(text));

	snprintf(head, sizeof(head), "==> %s <==\n", item);
	write_all(dumping->fd, head, strlen(head));
	if (got < 0) {
		snprintf(head, sizeof(head), "%s\n",
			 dumping->applied->api->lkl_strerror((int)got));
		write_all(dumping->fd, head, strlen(head));
	} else {
		write_all(dumping->fd, text, (size_t)got);
	}
	return true;
}

void apply_dump(const struct applied *applied, int fd)
{
	const char *paths = applied->cfg->value[CONFIG_DUMP];
	struct dumping dumping = { applied, fd };

	if (paths)
		check_each(paths, ',', dump_one, &dumping);
}
