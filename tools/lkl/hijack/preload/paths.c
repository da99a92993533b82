// SPDX-License-Identifier: GPL-2.0
/*
 * paths.c - which files are the library's
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   see paths.h.
 * Context: any thread, signal handlers too; but booting, which takes a while.
 *
 * What describes the network is the library's, and so are the file systems that
 * the settings have mounted, but for proc itself: most of it is about processes,
 * which are the host's.
 */
#include "paths.h"

#include <fcntl.h>
#include <string.h>

#include "boot.h"
#include "kernel.h"

static const char * const network_paths[] = {
	"/proc/net",
	"/proc/self/net",
	"/proc/thread-self/net",
	"/proc/sys/net",
	"/sys/class/net",
	"/sys/devices/virtual/net",
};

/* Is it @root, or below? */
static bool below(const char *path, const char *root, size_t len)
{
	return !strncmp(path, root, len) && (!path[len] || path[len] == '/');
}

static bool is_network(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(network_paths); i++)
		if (below(path, network_paths[i], strlen(network_paths[i])))
			return true;
	return false;
}

/* Below /<type> for one of the settings' mounts? */
static bool is_mount(const char *path)
{
	const char *mounts = kernel_is_up() ? boot_mounts() : NULL, *end;

	for (; mounts && *mounts; mounts = *end ? end + 1 : end) {
		end = strchrnul(mounts, ',');
		if (strncmp(mounts, "proc", (size_t)(end - mounts)) &&
		    below(path + 1, mounts, (size_t)(end - mounts)))
			return true;
	}
	return false;
}

static bool is_ours(const char *path)
{
	if (*path != '/')
		return false;
	/* Almost every path is neither. */
	if (strncmp(path, "/proc/", 6) && strncmp(path, "/sys/", 5))
		return is_mount(path);
	return is_network(path) || is_mount(path);
}

bool path_begin(struct where *where, int dir, const char *path)
{
	where->used = false;
	where->dir = AT_FDCWD;
	if (!path || kernel_busy())
		return false;
	if (*path != '/' && dir != AT_FDCWD && use_begin(&where->use, dir, true)) {
		where->used = true;
		where->dir = where->use.file->lib;
		return true;
	}
	return is_ours(path) && kernel_up();
}

void path_end(struct where *where)
{
	if (where->used)
		use_end(&where->use);
}
