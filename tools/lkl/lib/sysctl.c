// SPDX-License-Identifier: GPL-2.0
/*
 * sysctl.c - settings of the kernel, and of the calling task
 *
 * Layer:   tools/lkl/lib, the C API above system calls; documented in lkl.h.
 * Users:   applications.
 */
#include <ctype.h>
#include <lkl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"

/*
 * Dots separate the parts of a name unless there is a slash in it: then dots
 * belong to the names, as in net/ipv4/conf/eth0.100/forwarding.
 */
static int path_make(char *path, size_t size, const char *name)
{
	char *at;

	if ((size_t)snprintf(path, size, "/proc/sys/%s", name) >= size)
		return -LKL_ENAMETOOLONG;
	if (strchr(name, '/'))
		return 0;
	for (at = path; *at; at++)
		if (*at == '.')
			*at = '/';
	return 0;
}

int lkl_sysctl(const char *path, const char *value)
{
	char file[256];
	int err;

	err = path_make(file, sizeof(file), path);
	if (err)
		return err;
	err = lkl_mount_fs("proc");
	if (err < 0)
		return err;
	return file_write(file, value);
}

static char *trim(char *str)
{
	char *end;

	while (isspace((unsigned char)*str))
		str++;
	end = str + strlen(str);
	while (end > str && isspace((unsigned char)end[-1]))
		end--;
	*end = '\0';
	return str;
}

static int assignment_write(char *assignment)
{
	char *value = strchr(assignment, '=');
	int err;

	assignment = trim(assignment);
	if (!*assignment)
		return 0;
	if (!value) {
		lkl_printf("sysctl %s: no value given\n", assignment);
		return -LKL_EINVAL;
	}
	*value++ = '\0';
	assignment = trim(assignment);
	err = lkl_sysctl(assignment, trim(value));
	if (err)
		lkl_printf("sysctl %s: %s\n", assignment, lkl_strerror(err));
	return err;
}

int lkl_sysctl_parse_write(const char *sysctls)
{
	char *copy = strdup(sysctls), *next = copy, *assignment;
	int err, first = 0;

	if (!copy)
		return -LKL_ENOMEM;
	while ((assignment = strsep(&next, ";"))) {
		err = assignment_write(assignment);
		if (err && !first)
			first = err;
	}
	free(copy);
	return first;
}

struct limit {
	uint64_t cur;
	uint64_t max;
};

static long limit_set(const struct limit *limit)
{
	return lkl_sys_prlimit64(0, LKL_RLIMIT_NOFILE,
				 (const struct rlimit64 *)limit, NULL);
}

int lkl_set_fd_limit(unsigned int fd_limit)
{
	struct limit limit = { fd_limit, fd_limit };
	char text[16];
	long err = limit_set(&limit);
	int nr_open_err;

	if (err != -LKL_EPERM)
		return (int)err;
	/* More than the kernel lets anybody have; it counts in words of bits. */
	snprintf(text, sizeof(text), "%u", (fd_limit + 63) / 64 * 64);
	nr_open_err = lkl_sysctl("fs.nr_open", text);
	return nr_open_err ? nr_open_err : (int)limit_set(&limit);
}
