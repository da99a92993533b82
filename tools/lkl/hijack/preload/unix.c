// SPDX-License-Identifier: GPL-2.0
/*
 * unix.c - names of the library's unix sockets
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   see unix.h.
 * Context: any thread, signal handlers too.
 *
 * A socket's path is a file of the library's file system, which begins as good as
 * empty. Programs bind to paths in directories that they found on the host, so these
 * are made in the library when they are missed. Who then looks at the path, changes
 * its mode or removes it means that file; paths.c asks here.
 */
#include "unix.h"

#include <string.h>
#include <sys/syscall.h>

#include "kernel.h"
#include "preload.h"
#include "real.h"
#include "settings.h"

#define PATH_AT		offsetof(struct sockaddr_un, sun_path)
#define PATH_SIZE	sizeof(((struct sockaddr_un *)NULL)->sun_path)

/* An address that names a file, by a path that starts here? */
static bool is_relative(const struct sockaddr *addr, socklen_t len)
{
	return addr && len > PATH_AT && addr->sa_family == AF_UNIX &&
	       addr->sa_data[0] && addr->sa_data[0] != '/';
}

int unix_address_take(struct unix_address *to, const struct sockaddr *addr,
		      socklen_t len)
{
	const struct sockaddr_un *un = (const struct sockaddr_un *)addr;
	char here[PATH_SIZE];
	int made;

	to->addr = addr;
	to->len = len;
	if (likely(!settings_unix_library()) || !is_relative(addr, len) ||
	    len > sizeof(*un))
		return 0;
	if (!getcwd(here, sizeof(here)))
		return errno == ERANGE ? -ENAMETOOLONG : -errno;
	made = snprintf(to->own.sun_path, PATH_SIZE, "%s/%.*s",
			here[1] ? here : "", (int)(len - PATH_AT), un->sun_path);
	if (made >= (int)PATH_SIZE)
		return -ENAMETOOLONG;
	to->own.sun_family = AF_UNIX;
	to->addr = (const struct sockaddr *)&to->own;
	to->len = (socklen_t)PATH_AT + (socklen_t)made + 1;
	return 0;
}

/* Make the directories that @path is in, as far as the host has them. */
static bool directories_make(char *path)
{
	bool made = false;
	char *slash;

	for (slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (!real.access(path, F_OK) &&
		    !kernel_call(SYS_mkdirat, AT_FDCWD, (long)path, 0777, 0, 0, 0))
			made = true;
		*slash = '/';
	}
	return made;
}

long unix_bind(int lib, const struct unix_address *addr)
{
	const struct sockaddr_un *un = (const struct sockaddr_un *)addr->addr;
	char path[PATH_SIZE + 1] = "";
	long ret = kernel_call(SYS_bind, lib, (long)addr->addr, addr->len, 0, 0, 0);

	if (likely(ret != -ENOENT) || addr->len <= PATH_AT || addr->len > sizeof(*un) ||
	    un->sun_family != AF_UNIX)
		return ret;
	memcpy(path, un->sun_path, addr->len - PATH_AT);
	if (*path == '/' && directories_make(path))
		ret = kernel_call(SYS_bind, lib, (long)addr->addr, addr->len, 0, 0, 0);
	return ret;
}

enum unix_name unix_name(const char *path)
{
	struct stat st = { 0 };

	if (likely(!settings_unix_library()))
		return UNIX_NONE;
	if (kernel_is_up() &&
	    !kernel_call(SYS_newfstatat, AT_FDCWD, (long)path, (long)&st,
			 AT_SYMLINK_NOFOLLOW, 0, 0) && S_ISSOCK(st.st_mode))
		return UNIX_LIBRARY;
	if (!real.fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) &&
	    S_ISSOCK(st.st_mode))
		return UNIX_HOST;
	return UNIX_NONE;
}
