// SPDX-License-Identifier: GPL-2.0
/*
 * file.c - small files of the kernel (sysfs, procfs), whole
 *
 * Layer:   tools/lkl/lib, internal, above system calls.
 * Users:   blockdev.c, sysctl.c.
 */
#include "file.h"

#include <lkl.h>
#include <string.h>

int file_read(const char *path, char *buf, size_t size)
{
	long fd = lkl_sys_open(path, LKL_O_RDONLY | LKL_O_CLOEXEC, 0);
	long got;

	if (fd < 0)
		return (int)fd;
	got = lkl_sys_read((unsigned int)fd, buf, size - 1);
	lkl_sys_close((unsigned int)fd);
	if (got < 0)
		return (int)got;
	if (got && buf[got - 1] == '\n')
		got--;
	buf[got] = '\0';
	return 0;
}

int file_write(const char *path, const char *str)
{
	long fd = lkl_sys_open(path, LKL_O_WRONLY | LKL_O_CLOEXEC, 0);
	size_t len = strlen(str);
	long done;

	if (fd < 0)
		return (int)fd;
	done = lkl_sys_write((unsigned int)fd, str, len);
	lkl_sys_close((unsigned int)fd);
	if (done < 0)
		return (int)done;
	return (size_t)done == len ? 0 : -LKL_EIO;
}
