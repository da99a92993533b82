// SPDX-License-Identifier: GPL-2.0
/*
 * landlock.c - which files of the host can be reached
 *
 * Layer:   tools; called by sandbox.c.
 * Context: the only thread.
 */
#include "landlock.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <lkl.h>

/* Rights by the version that brought them; headers may be older. */
#define RIGHT(n)		(1ULL << (n))
#define RIGHT_EXECUTE		RIGHT(0)
#define RIGHT_READ_FILE		RIGHT(2)
#define RIGHT_READ_DIR		RIGHT(3)
#define RIGHTS_V1		(RIGHT(13) - 1)
#define RIGHT_REFER		RIGHT(13)	/* 2: move between directories */
#define RIGHT_TRUNCATE		RIGHT(14)	/* 3 */
#define RIGHTS_NET		3ULL		/* 4: bind, connect */
#define RIGHT_IOCTL_DEV		RIGHT(15)	/* 5 */
#define SCOPES			3ULL		/* 6: sockets, signals */

/* struct landlock_ruleset_attr as of version 6. */
struct ruleset {
	uint64_t fs;
	uint64_t net;
	uint64_t scoped;
};

static struct ruleset rights_of(int version)
{
	struct ruleset rights = { .fs = RIGHTS_V1 };

	if (version >= 2)
		rights.fs |= RIGHT_REFER;
	if (version >= 3)
		rights.fs |= RIGHT_TRUNCATE;
	if (version >= 4)
		rights.net = RIGHTS_NET;
	if (version >= 5)
		rights.fs |= RIGHT_IOCTL_DEV;
	if (version >= 6)
		rights.scoped = SCOPES;
	return rights;
}

/* What is not there is no loss: whoever needs it will say so. */
static void allow_open(int ruleset, int fd, uint64_t rights)
{
	struct landlock_path_beneath_attr rule = {
		.allowed_access = rights,
		.parent_fd = fd,
	};

	if (fd < 0)
		return;
	syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH,
		&rule, 0);
	close(fd);
}

static void allow(int ruleset, const char *path, uint64_t rights)
{
	allow_open(ruleset, open(path, O_PATH | O_CLOEXEC), rights);
}

/* The rights that a directory has and a file has not are refused for a file. */
static void allow_source(int ruleset, const char *path)
{
	int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd >= 0 && fstat(fd, &st))
		st.st_mode = 0;
	allow_open(ruleset, fd, fd >= 0 && S_ISDIR(st.st_mode) ?
		   RIGHT_READ_FILE | RIGHT_READ_DIR : RIGHT_READ_FILE);
}

/* The destination if it is a directory, else the one it will be made in. */
static void allow_destination(int ruleset, const char *path, uint64_t rights)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char *parent, *slash;

	if (fd >= 0) {
		allow_open(ruleset, fd, rights);
		return;
	}
	parent = strdup(path);
	if (!parent)
		return;
	slash = parent + strlen(parent);
	while (slash > parent + 1 && slash[-1] == '/')
		*--slash = '\0';
	slash = strrchr(parent, '/');
	if (slash)
		slash[slash == parent] = '\0';
	allow(ruleset, slash ? parent : ".", rights);
	free(parent);
}

/* The library maps the kernel from its own file, which it looks up. */
static void allow_library(int ruleset)
{
	Dl_info info;

	if (dladdr((void *)lkl_init, &info) && info.dli_fname)
		allow(ruleset, info.dli_fname, RIGHT_READ_FILE);
	allow(ruleset, "/proc/self", RIGHT_READ_FILE | RIGHT_READ_DIR);
}

/* The first directory of a path, and so all below: their names, no contents. */
static void allow_first(int ruleset, const char *path, const char *last)
{
	size_t len = strspn(path, "/");
	char *first;

	len += strcspn(path + len, "/");
	if (last && !strncmp(path, last, len) && last[len] == path[len])
		return;
	first = strndup(path, len);
	if (first && path[len])
		allow(ruleset, first, RIGHT_READ_DIR);
	free(first);
}

static void allow_paths(int ruleset, const struct sandbox *s, uint64_t rights)
{
	int i;

	for (i = 0; i < s->count; i++) {
		if (s->role == SANDBOX_READS)
			allow_source(ruleset, s->paths[i]);
		if (s->role == SANDBOX_READS && s->parents)
			allow_first(ruleset, s->paths[i],
				    i ? s->paths[i - 1] : NULL);
		if (s->role == SANDBOX_WRITES)
			allow_destination(ruleset, s->paths[i],
					  rights & ~RIGHT_EXECUTE);
	}
}

int landlock_enter(const struct sandbox *s)
{
	int version = (int)syscall(SYS_landlock_create_ruleset, NULL, 0,
				   LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset rights;
	int ruleset, err = 0;

	if (version < 1)
		return 0;
	rights = rights_of(version);
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &rights,
			       sizeof(rights), 0);
	if (ruleset < 0)
		return -errno;
	allow_paths(ruleset, s, rights.fs);
	allow_library(ruleset);
	if (syscall(SYS_landlock_restrict_self, ruleset, 0))
		err = -errno;
	close(ruleset);
	return err;
}
