// SPDX-License-Identifier: GPL-2.0
/*
 * directories.c - reading directories, interposed
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   the program; walk.c.
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

#include "directories.h"
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

DIR *directory_open(struct where *where)
{
	int fd = fd_new(path_call(where, SYS_openat,
				  O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0, 0),
			true, false);
	DIR *dir;

	if (result(fd) < 0)
		return NULL;
	dir = directory_new(fd);
	if (!dir)
		close(fd);
	return dir;
}

HIJACK DIR *opendir(const char *path)
{
	struct where *where = path_begin(AT_FDCWD, path);

	if (likely(!where))
		return real.opendir(path);
	if (where->host)
		return (DIR *)path_host(where, (long)real.opendir(where->path));
	return directory_open(where);
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

/* Those who pass an entry of their own; libc calls it obsolete. */
static int directory_copy(struct directory *directory, struct dirent *entry,
			  struct dirent **got)
{
	int saved = errno, err;

	errno = 0;
	*got = directory_read(directory);
	err = errno;
	errno = saved;
	if (!*got)
		return err;
	memcpy(entry, *got, (*got)->d_reclen < sizeof(*entry) ?
	       (*got)->d_reclen : sizeof(*entry));
	*got = entry;
	return 0;
}

static int read_into(DIR *dir, struct dirent *entry, struct dirent **got)
{
	struct directory *directory = find(dir);

	return likely(!directory) ? real.readdir_r(dir, entry, got) :
	       directory_copy(directory, entry, got);
}

HIJACK int readdir_r(DIR *dir, struct dirent *entry, struct dirent **got)
{
	return read_into(dir, entry, got);
}

HIJACK int readdir64_r(DIR *dir, struct dirent64 *entry, struct dirent64 **got)
{
	return read_into(dir, (struct dirent *)entry, (struct dirent **)got);
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
