// SPDX-License-Identifier: GPL-2.0
/*
 * pathname.c - paths as texts: which of them name files of the library
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   see pathname.h.
 * Context: any thread, signal handlers too.
 *
 * What describes the network is the library's, with the name servers that it can
 * reach, and so are the file systems that the settings have mounted, but for proc itself: most of it is about processes,
 * which are the host's.
 */
#include "pathname.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel.h"
#include "preload.h"
#include "settings.h"
#include "unix.h"

static const char * const network_paths[] = {
	"/proc/net",
	"/proc/sys/net",
	"/sys/class/net",
	"/sys/devices/virtual/net",
};

/* Is it @root, or below? */
static bool below(const char *path, const char *root, size_t len)
{
	return !strncmp(path, root, len) && (!path[len] || path[len] == '/');
}

/* The rest of a path after its next component, which is @len bytes long. */
static const char *component(const char *path, size_t *len)
{
	path += strspn(path, "/");
	*len = strcspn(path, "/");
	return path;
}

/* "self", "thread-self" or the number of this process, in /proc. */
static bool is_self(const char *name, size_t len)
{
	char number[16];

	if ((len == 4 && !memcmp(name, "self", 4)) ||
	    (len == 11 && !memcmp(name, "thread-self", 11)))
		return true;
	return *name >= '1' && *name <= '9' &&
	       (size_t)snprintf(number, sizeof(number), "%d", getpid()) == len &&
	       !memcmp(name, number, len);
}

/*
 * /proc/<self>/net and /proc/<self>/task/<thread>/net; the library has threads and
 * processes of its own. Return: what follows "net"; NULL if it is not one of them.
 */
static const char *own_net(const char *path)
{
	const char *name;
	size_t len;

	if (strncmp(path, "/proc/", 6))
		return NULL;
	name = component(path + 6, &len);
	if (!is_self(name, len))
		return NULL;
	name = component(name + len, &len);
	if (len == 4 && !memcmp(name, "task", 4)) {
		name = component(name + len, &len);
		name = component(name + len, &len);
	}
	return len == 3 && !memcmp(name, "net", 3) ? name + len : NULL;
}

/* /sys/devices/.../net: the interfaces of a device. */
static bool is_device_net(const char *path)
{
	const char *net;

	if (strncmp(path, "/sys/devices/", 13))
		return false;
	net = strstr(path, "/net");
	return net && (!net[4] || net[4] == '/');
}

static bool is_network(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(network_paths); i++)
		if (below(path, network_paths[i], strlen(network_paths[i])))
			return true;
	return is_device_net(path);
}

static bool is_resolv_conf(const char *path)
{
	return !strcmp(path, "/etc/resolv.conf");
}

/* Call @fn for the type of each mount until it says true. */
static bool any_mount(bool (*fn)(const char *type, size_t len, const char *path),
		      const char *path)
{
	const char *mounts = settings_mounts(), *end;

	for (; mounts && *mounts; mounts = *end ? end + 1 : end) {
		end = strchrnul(mounts, ',');
		if (strncmp(mounts, "proc", (size_t)(end - mounts)) &&
		    fn(mounts, (size_t)(end - mounts), path))
			return true;
	}
	return false;
}

/* Below /<type>? */
static bool below_mount(const char *type, size_t len, const char *path)
{
	return below(path + 1, type, len);
}

static bool has_component(const char *path, const char *name, size_t len)
{
	const char *at;
	size_t at_len;

	for (at = component(path, &at_len); at_len;
	     at = component(at + at_len, &at_len))
		if (at_len == len && !memcmp(at, name, len))
			return true;
	return false;
}

static bool has_mount(const char *type, size_t len, const char *path)
{
	return has_component(path, type, len);
}

/* Anything that may stand for something shorter? */
static bool is_plain(const char *path)
{
	return !strstr(path, "//") && !strstr(path, "/.");
}

/* Of a path without detours. */
static const char *plain_library(const char *path, char *text)
{
	const char *rest = own_net(path);

	if (rest) {
		/* Shorter than what it replaces. */
		snprintf(text, PATH_MAX, "/proc/net%s", rest);
		return text;
	}
	if (is_network(path) || is_resolv_conf(path) || any_mount(below_mount, path) ||
	    unix_name(path) == UNIX_LIBRARY)
		return path;
	return NULL;
}

bool pathname_candidate(const char *path)
{
	if (unlikely(settings_mounts() || settings_unix_library()))
		return true;
	if ((strstr(path, "proc") || strstr(path, "sys")) && strstr(path, "/net"))
		return true;
	return strstr(path, "/resolv.conf");
}

const char *pathname_library(const char *path, char *text)
{
	char plain[PATH_MAX];
	const char *found;

	if (*path != '/' || !pathname_candidate(path))
		return NULL;
	if (is_plain(path))
		return plain_library(path, text);
	if (pathname_join(plain, "/", path))
		return NULL;
	found = plain_library(plain, text);
	if (found == plain)
		found = strcpy(text, plain);
	return found;
}

/* One component of a path is added to @text, of @len bytes. */
static size_t component_add(char *text, size_t len, const char *name, size_t size)
{
	if (size == 1 && *name == '.')
		return len;
	if (size == 2 && name[0] == '.' && name[1] == '.') {
		while (len && text[len - 1] != '/')
			len--;
		return len ? len - 1 : 0;
	}
	text[len] = '/';
	memcpy(text + len + 1, name, size);
	return len + 1 + size;
}

static long components_add(char *text, size_t len, const char *path)
{
	size_t size;

	for (path = component(path, &size); size; path = component(path + size, &size)) {
		if (len + size + 2 > PATH_MAX)
			return -ENAMETOOLONG;
		len = component_add(text, len, path, size);
	}
	return (long)len;
}

int pathname_join(char *text, const char *base, const char *path)
{
	char made[PATH_MAX];
	long len = *path == '/' ? 0 : components_add(made, 0, base);

	if (len >= 0)
		len = components_add(made, (size_t)len, path);
	if (len < 0)
		return (int)len;
	if (!len)
		made[len++] = '/';
	memcpy(text, made, (size_t)len);
	text[len] = '\0';
	return 0;
}

bool pathname_climbs(const char *path)
{
	size_t len;
	int depth = 0;

	for (path = component(path, &len); len; path = component(path + len, &len)) {
		if (len == 2 && path[0] == '.' && path[1] == '.')
			depth--;
		else if (len != 1 || *path != '.')
			depth++;
		if (depth < 0)
			return true;
	}
	return false;
}

bool pathname_may_cross(const char *path)
{
	if (unlikely(settings_unix_library()))
		return true;
	if (unlikely(settings_mounts()) && any_mount(has_mount, path))
		return true;
	return strstr(path, "net") && has_component(path, "net", 3);
}

static bool mount_below(const char *type, size_t len, const char *path)
{
	(void)type;
	(void)len;
	return !path[1];
}

bool pathname_leads_to_library(const char *path)
{
	char text[PATH_MAX], plain[PATH_MAX];
	size_t len;

	if (pathname_library(path, text))
		return true;
	if (pathname_join(plain, "/", path))
		return false;
	len = plain[1] ? strlen(plain) : 0;
	for (size_t i = 0; i < ARRAY_SIZE(network_paths); i++)
		if (below(network_paths[i], plain, len))
			return true;
	if (below(plain, "/sys/devices", 12) || below("/proc/self", plain, len))
		return true;
	return any_mount(mount_below, plain);
}

/* The library's process has another number than the program. */
void pathname_of_library(char *text)
{
	char number[32], rest[PATH_MAX];
	int len = snprintf(number, sizeof(number), "/proc/%ld",
			   kernel_call(SYS_getpid, 0, 0, 0, 0, 0, 0));

	if (!below(text, number, (size_t)len))
		return;
	strcpy(rest, text + len);
	if (snprintf(text, PATH_MAX, "/proc/self%s", rest) >= PATH_MAX)
		text[PATH_MAX - 1] = '\0';
}
