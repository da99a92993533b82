// SPDX-License-Identifier: GPL-2.0
/*
 * inherit.c - let go of what a process of ours has inherited; see inherit.h
 *
 * Layer:   tools/lkl/hijack.
 * Users:   those of inherit.h.
 */
#include "inherit.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <unistd.h>

static bool is_kept(int fd, const int *keep, size_t count)
{
	while (count && *keep != fd) {
		keep++;
		count--;
	}
	return count;
}

static void standard_drop(const int *keep, size_t count)
{
	int fd, null = open("/dev/null", O_RDWR);

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO && null >= 0; fd++)
		if (!is_kept(fd, keep, count) && fd != null)
			dup2(null, fd);
	if (null > STDERR_FILENO)
		close(null);
}

void inherit_drop_standard(void)
{
	standard_drop(NULL, 0);
}

void inherit_drop(const int *keep, size_t count)
{
	unsigned int from = STDERR_FILENO + 1, fd;
	size_t i;

	standard_drop(keep, count);
	for (i = 0; i < count; i++) {
		fd = (unsigned int)keep[i];
		if (fd > from)
			close_range(from, fd - 1, 0);
		if (fd >= from)
			from = fd + 1;
	}
	close_range(from, UINT_MAX, 0);
}
