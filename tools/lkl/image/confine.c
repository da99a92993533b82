// SPDX-License-Identifier: GPL-2.0
/*
 * confine.c - what a helper may touch of the host's files
 *
 * Layer:   tools/lkl/image, on the host.
 * Users:   server.c.
 *
 * qemu-nbd parses what may be a hostile image, and its formats are far from
 * simple. By Landlock it may read programs, libraries, settings and the image,
 * write the image only, and connect to nobody. A host without Landlock (before
 * Linux 5.13) runs helpers as any other program of the user.
 */
#include "internal.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Rights by the version that brought them; headers may be older. */
#define RIGHT(n)	(1ULL << (n))
#define EXECUTE		RIGHT(0)
#define READ		(RIGHT(2) | RIGHT(3))
#define WRITE		RIGHT(1)
#define RIGHTS_V1	(RIGHT(13) - 1)
#define REFER		RIGHT(13)	/* 2 */
#define TRUNCATE	RIGHT(14)	/* 3 */
#define NET		3ULL		/* 4: bind, connect */
#define IOCTL_DEV	RIGHT(15)	/* 5 */

/* Those that a rule for a file, not a directory, may name. */
#define FILE_RIGHTS	(EXECUTE | WRITE | RIGHT(2) | TRUNCATE | IOCTL_DEV)

/* struct landlock_ruleset_attr as of version 4. */
struct ruleset {
	uint64_t fs;
	uint64_t net;
};

static const char *const programs[] = {
	"/usr", "/bin", "/lib", "/lib32", "/lib64", "/opt", "/nix/store",
	"/gnu/store",
};

static const char *const settings[] = { "/etc", "/proc", "/sys", "/run" };

static void allow(int ruleset, const char *path, uint64_t rights)
{
	struct landlock_path_beneath_attr rule = {
		.parent_fd = open(path, O_PATH | O_CLOEXEC),
	};
	struct stat st;

	/* A path that is not there needs no rule. */
	if (rule.parent_fd < 0)
		return;
	if (!fstat(rule.parent_fd, &st) && !S_ISDIR(st.st_mode))
		rights &= FILE_RIGHTS;
	rule.allowed_access = rights;
	syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH,
		&rule, 0);
	close(rule.parent_fd);
}

static void allow_all(int ruleset, const struct confines *confines,
		      uint64_t known)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(programs); i++)
		allow(ruleset, programs[i], (READ | EXECUTE) & known);
	for (i = 0; i < ARRAY_SIZE(settings); i++)
		allow(ruleset, settings[i], READ & known);
	allow(ruleset, "/dev/null", (READ | WRITE) & known);
	allow(ruleset, "/dev/urandom", READ & known);
	if (confines->read_all)
		allow(ruleset, "/", READ & known);
	for (i = 0; i < ARRAY_SIZE(confines->read) && confines->read[i]; i++)
		allow(ruleset, confines->read[i], READ & known);
	for (i = 0; i < ARRAY_SIZE(confines->write) && confines->write[i]; i++)
		allow(ruleset, confines->write[i],
		      (READ | WRITE | TRUNCATE | IOCTL_DEV) & known);
}

int confines_prepare(const struct confines *confines)
{
	int version = syscall(SYS_landlock_create_ruleset, NULL, 0,
			      LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset rights = { .fs = RIGHTS_V1 };
	int ruleset;

	if (version < 1)
		return -1;
	if (version >= 2)
		rights.fs |= REFER;
	if (version >= 3)
		rights.fs |= TRUNCATE;
	if (version >= 4 && !confines->network)
		rights.net = NET;
	if (version >= 5)
		rights.fs |= IOCTL_DEV;
	ruleset = syscall(SYS_landlock_create_ruleset, &rights,
			  version >= 4 ? sizeof(rights) : sizeof(rights.fs), 0);
	if (ruleset >= 0)
		allow_all(ruleset, confines, rights.fs);
	return ruleset;
}

int confines_enter(int ruleset)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	return ruleset < 0 ? 0 :
	       syscall(SYS_landlock_restrict_self, ruleset, 0);
}
