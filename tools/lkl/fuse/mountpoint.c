// SPDX-License-Identifier: GPL-2.0
/*
 * mountpoint.c - the mount on the host: is it there, and take it away
 *
 * Layer:   tools; called by supervisor.c.
 * Context: one thread.
 */
#include "mountpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOUNTINFO	"/proc/self/mountinfo"
#define READ_AHEAD	"/sys/class/bdi/%s/read_ahead_kb"

/* Headers may be older. */
#define MNT_ID_UNIQUE	0x4000U		/* STATX_MNT_ID_UNIQUE */

extern char **environ;

/* Undo the kernel's \ooo in a path. */
static void unescape(char *s)
{
	char *to = s;

	while (*s) {
		if (s[0] == '\\' && s[1] && s[2] && s[3]) {
			*to++ = (s[1] - '0') * 64 + (s[2] - '0') * 8 +
				(s[3] - '0');
			s += 4;
		} else {
			*to++ = *s++;
		}
	}
	*to = '\0';
}

/*
 * Device of the topmost mount at @path. A line is "ID PARENT MAJOR:MINOR ROOT
 * MOUNTPOINT ..."; see proc_pid_mountinfo(5).
 */
static int topmost_device(const char *path, char device[32])
{
	FILE *in = fopen(MOUNTINFO, "re");
	char *line = NULL, *where = NULL;
	size_t size = 0;
	char dev[32];
	int err = -ENOENT;

	if (!in)
		return -errno;
	while (getline(&line, &size, in) > 0) {
		if (sscanf(line, "%*s %*s %31s %*s %ms", dev, &where) != 2)
			continue;
		unescape(where);
		if (!strcmp(where, path)) {
			strcpy(device, dev);
			err = 0;
		}
		free(where);
		where = NULL;
	}
	free(line);
	fclose(in);
	return err;
}

/* Asks the host's kernel alone. */
static uint64_t topmost_id(const char *path)
{
	struct statx st;

	if (statx(AT_FDCWD, path, AT_STATX_DONT_SYNC | AT_SYMLINK_NOFOLLOW |
		  AT_NO_AUTOMOUNT, MNT_ID_UNIQUE, &st) ||
	    !(st.stx_mask & MNT_ID_UNIQUE))
		return 0;
	return st.stx_mnt_id;
}

int mountpoint_find(struct mountpoint *m, const char *path)
{
	m->path = path;
	m->device[0] = '\0';
	m->id = topmost_id(path);
	return topmost_device(path, m->device);
}

bool mountpoint_is_there(const struct mountpoint *m)
{
	char device[32];

	return !topmost_device(m->path, device) &&
	       !strcmp(device, m->device) && topmost_id(m->path) == m->id;
}

/* An ordinary user's way; it says what is wrong itself. */
static int run_fusermount(const struct mountpoint *m, bool detach)
{
	char *const argv[] = {
		"fusermount3", "-u", detach ? "-qz" : "-q", "--",
		(char *)m->path, NULL,
	};
	pid_t pid;
	int status, err;

	err = posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);
	if (err)
		return -err;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EBUSY;
}

int mountpoint_unmount(const struct mountpoint *m, bool detach)
{
	if (!umount2(m->path, UMOUNT_NOFOLLOW | (detach ? MNT_DETACH : 0)))
		return 0;
	return errno == EPERM ? run_fusermount(m, detach) : -errno;
}

int mountpoint_sync(const struct mountpoint *m)
{
	int fd = open(m->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (syncfs(fd))
		err = -errno;
	close(fd);
	return err;
}

void mountpoint_read_ahead(const struct mountpoint *m, unsigned int kib)
{
	char name[64];
	int fd;

	snprintf(name, sizeof(name), READ_AHEAD, m->device);
	fd = open(name, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	dprintf(fd, "%u\n", kib);
	close(fd);
}
