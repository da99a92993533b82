// SPDX-License-Identifier: GPL-2.0
/*
 * directories.c - reading directories, interposed
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   the program.
 * Locking: open_lock protects the list; a DIR is for one thread at a time.
 *
 * A DIR of the library is a struct of ours, which is told from libc's by being
 * in a list. While the list is empty, nobody looks.
 */
#include <dirent.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "fd.h"
#include "kernel.h"
#include "paths.h"
#include "real.h"

#define BUFFER_SIZE	32768

/**
 * struct directory - an open directory of the library
 * @next: in the list
 * @fd: its host number
 * @len: bytes in @buf
 * @at: of them read
 * @pos: position of the next entry
 * @buf: as getdents64 filled it; libc's struct dirent is the same
 */
struct directory {
	struct directory *next;
	int fd;
	long len;
	long at;
	off_t pos;
	char buf[BUFFER_SIZE] __attribute__((aligned(8)));
};

/* File-scope state: open directories belong to the process. */
static struct directory *all_open;
static pthread_mutex_t open_lock = PTHREAD_MUTEX_INITIALIZER;

static struct directory *find(DIR *dir)
{
	struct directory *one;

	if (likely(!__atomic_load_n(&all_open, __ATOMIC_ACQUIRE)))
		return NULL;
	pthread_mutex_lock(&open_lock);
	one = all_open;
	while (one && one != (struct directory *)dir)
		one = one->next;
	pthread_mutex_unlock(&open_lock);
	return one;
}

static DIR *directory_new(int fd)
{
	struct directory *directory = calloc(1, sizeof(*directory));

	if (!directory)
		return NULL;
	directory->fd = fd;
	pthread_mutex_lock(&open_lock);
	directory->next = all_open;
	__atomic_store_n(&all_open, directory, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&open_lock);
	return (DIR *)directory;
}

HIJACK DIR *opendir(const char *path)
{
	struct where where;
	DIR *dir;
	int fd;

	if (likely(!path_begin(&where, AT_FDCWD, path)))
		return real.opendir(path);
	path_end(&where);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	dir = directory_new(fd);
	if (!dir)
		close(fd);
	return dir;
}

HIJACK DIR *fdopendir(int fd)
{
	struct stat st;

	if (likely(!file_peek(fd)))
		return real.fdopendir(fd);
	if (fstat(fd, &st))
		return NULL;
	if (S_ISDIR(st.st_mode))
		return directory_new(fd);
	errno = ENOTDIR;
	return NULL;
}

static long directory_fill(struct directory *directory)
{
	struct use use;
	long got = -EBADF;

	if (use_begin(&use, directory->fd, true)) {
		got = kernel_call(SYS_getdents64, use.file->lib,
				  (long)directory->buf, BUFFER_SIZE, 0, 0, 0);
		use_end(&use);
	}
	directory->len = got > 0 ? got : 0;
	directory->at = 0;
	return got;
}

static struct dirent *directory_read(struct directory *directory)
{
	struct dirent *entry;

	if (directory->at >= directory->len &&
	    result(directory_fill(directory)) <= 0)
		return NULL;
	entry = (struct dirent *)(directory->buf + directory->at);
	directory->at += entry->d_reclen;
	directory->pos = entry->d_off;
	return entry;
}

HIJACK struct dirent *readdir(DIR *dir)
{
	struct directory *directory = find(dir);

	return likely(!directory) ? real.readdir(dir) : directory_read(directory);
}

HIJACK struct dirent64 *readdir64(DIR *dir)
{
	return (struct dirent64 *)readdir(dir);
}

HIJACK int dirfd(DIR *dir)
{
	struct directory *directory = find(dir);

	return likely(!directory) ? real.dirfd(dir) : directory->fd;
}

static void directory_seek(struct directory *directory, off_t pos)
{
	lseek(directory->fd, pos, SEEK_SET);
	directory->len = 0;
	directory->at = 0;
	directory->pos = pos;
}

HIJACK void rewinddir(DIR *dir)
{
	struct directory *directory = find(dir);

	if (likely(!directory))
		real.rewinddir(dir);
	else
		directory_seek(directory, 0);
}

HIJACK void seekdir(DIR *dir, long pos)
{
	struct directory *directory = find(dir);

	if (likely(!directory))
		real.seekdir(dir, pos);
	else
		directory_seek(directory, pos);
}

HIJACK long telldir(DIR *dir)
{
	struct directory *directory = find(dir);

	return likely(!directory) ? real.telldir(dir) : directory->pos;
}

HIJACK int closedir(DIR *dir)
{
	struct directory *directory = find(dir), **link = &all_open;
	int ret;

	if (likely(!directory))
		return real.closedir(dir);
	pthread_mutex_lock(&open_lock);
	while (*link != directory)
		link = &(*link)->next;
	*link = directory->next;
	pthread_mutex_unlock(&open_lock);
	ret = close(directory->fd);
	free(directory);
	return ret;
}
