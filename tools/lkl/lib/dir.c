// SPDX-License-Identifier: GPL-2.0
/*
 * dir.c - reading directories of the kernel's file systems
 *
 * Layer:   tools/lkl/lib, the C API above system calls; documented in lkl.h.
 * Users:   applications; blockdev.c.
 * Locking: none: a handle is for one thread at a time.
 */
#include <lkl.h>
#include <stdlib.h>

/* As much as one call reads; holds the largest entry many times. */
#define DIR_BUFFER	32768

/**
 * struct lkl_dir - an open directory
 * @fd: its descriptor
 * @err: of the last getdents64
 * @pos: where the next entry starts in @buf, in bytes
 * @len: bytes in @buf
 * @buf: entries
 */
struct lkl_dir {
	int fd;
	int err;
	size_t pos;
	size_t len;
	char buf[DIR_BUFFER] __attribute__((aligned(8)));
};

static void error_set(int *err, long value)
{
	if (err)
		*err = (int)value;
}

struct lkl_dir *lkl_fdopendir(int fd, int *err)
{
	struct lkl_dir *dir = malloc(sizeof(*dir));

	if (!dir) {
		error_set(err, -LKL_ENOMEM);
		return NULL;
	}
	dir->fd = fd;
	dir->err = 0;
	dir->pos = 0;
	dir->len = 0;
	error_set(err, 0);
	return dir;
}

struct lkl_dir *lkl_opendir(const char *path, int *err)
{
	long fd = lkl_sys_open(path, LKL_O_RDONLY | LKL_O_DIRECTORY |
			       LKL_O_CLOEXEC, 0);
	struct lkl_dir *dir;

	if (fd < 0) {
		error_set(err, fd);
		return NULL;
	}
	dir = lkl_fdopendir((int)fd, err);
	if (!dir)
		lkl_sys_close((unsigned int)fd);
	return dir;
}

int lkl_closedir(struct lkl_dir *dir)
{
	long err = lkl_sys_close((unsigned int)dir->fd);

	free(dir);
	return (int)err;
}

void lkl_rewinddir(struct lkl_dir *dir)
{
	dir->err = (int)lkl_sys_lseek((unsigned int)dir->fd, 0, LKL_SEEK_SET);
	dir->pos = 0;
	dir->len = 0;
}

struct lkl_linux_dirent64 *lkl_readdir(struct lkl_dir *dir)
{
	struct lkl_linux_dirent64 *entry;
	long got;

	if (dir->pos == dir->len) {
		entry = (struct lkl_linux_dirent64 *)dir->buf;
		got = lkl_sys_getdents64((unsigned int)dir->fd, entry,
					 sizeof(dir->buf));
		dir->err = got < 0 ? (int)got : 0;
		if (got <= 0)
			return NULL;
		dir->len = (size_t)got;
		dir->pos = 0;
	}
	entry = (struct lkl_linux_dirent64 *)(dir->buf + dir->pos);
	dir->pos += entry->d_reclen;
	return entry;
}

int lkl_errdir(struct lkl_dir *dir)
{
	return dir->err;
}

int lkl_dirfd(struct lkl_dir *dir)
{
	return dir->fd;
}
