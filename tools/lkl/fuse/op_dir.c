// SPDX-License-Identifier: GPL-2.0
/*
 * op_dir.c - requests about open directories
 *
 * Layer:   tools, over lkl.h; called by libfuse.
 * Context: any thread that serves requests. The host asks for one directory
 *          handle's entries from one thread at a time.
 */
#include "fs.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <lkl.h>

#define LISTING_SIZE	(32 * 1024)

/**
 * struct listing - entries that were read and not yet handed on
 * @lock: several threads of a program may share the descriptor
 * @position: where the next entry to hand on is in the directory
 * @next: that entry in @entries
 * @length: bytes of @entries that are filled
 * @entries: as getdents64() gives them
 */
struct listing {
	pthread_mutex_t lock;
	off_t position;
	size_t next;
	size_t length;
	char entries[LISTING_SIZE]
		__attribute__((aligned(__alignof__(struct lkl_linux_dirent64))));
};

static void op_opendir(fuse_req_t req, fuse_ino_t ino,
		       struct fuse_file_info *fi)
{
	struct fs *fs = fs_of(req);
	struct directory *dir = calloc(1, sizeof(*dir));
	int fd, err = -ENOMEM;

	if (!dir)
		goto err_reply;
	dir->listing = malloc(sizeof(*dir->listing));
	if (!dir->listing)
		goto err_free;
	pthread_mutex_init(&dir->listing->lock, NULL);
	dir->listing->position = 0;
	dir->listing->next = 0;
	dir->listing->length = 0;
	err = fd = fs_get(fs, ino);
	if (fd < 0)
		goto err_free;
	err = dir->fd = lkl_sys_openat(fd, ".", O_RDONLY | O_DIRECTORY |
					O_CLOEXEC, 0);
	if (err >= 0)
		node_open(&fs->nodes, fs_node(fs, ino), false);
	fs_put(fs, ino);
	if (err < 0)
		goto err_free;
	fi->fh = (uintptr_t)dir;
	fi->keep_cache = 1;
	fi->cache_readdir = 1;
	if (fuse_reply_open(req, fi)) {
		node_close(&fs->nodes, fs_node(fs, ino), false);
		lkl_sys_close(dir->fd);
		free(dir->listing);
		free(dir);
	}
	return;

err_free:
	if (dir)
		free(dir->listing);
	free(dir);
err_reply:
	fs_reply(req, err);
}

static void op_releasedir(fuse_req_t req, fuse_ino_t ino,
			  struct fuse_file_info *fi)
{
	struct fs *fs = fs_of(req);
	struct directory *dir = fs_directory(fi);

	lkl_sys_close(dir->fd);
	node_close(&fs->nodes, fs_node(fs, ino), false);
	pthread_mutex_destroy(&dir->listing->lock);
	free(dir->listing);
	free(dir);
	fs_reply(req, 0);
}

static void op_fsyncdir(fuse_req_t req, fuse_ino_t ino, int datasync,
			struct fuse_file_info *fi)
{
	int fd = fs_directory(fi)->fd;

	fs_reply(req, datasync ? lkl_sys_fdatasync(fd) : lkl_sys_fsync(fd));
}

/* ---- reading ---- */

/* To the start it is gone in any case: that may show what is new. */
static int seek(struct directory *dir, off_t position)
{
	struct listing *l = dir->listing;
	long err;

	if (position && l->position == position)
		return 0;
	err = lkl_sys_lseek(dir->fd, position, SEEK_SET);
	if (err < 0)
		return err;
	l->position = position;
	l->next = 0;
	l->length = 0;
	return 0;
}

/* The next entry; NULL at the end, or if *@err is set. */
static struct lkl_linux_dirent64 *peek(struct directory *dir, int *err)
{
	struct listing *l = dir->listing;
	long len;

	*err = 0;
	if (l->next == l->length) {
		len = lkl_sys_getdents64(dir->fd, (void *)l->entries,
					 sizeof(l->entries));
		if (len <= 0) {
			*err = len;
			return NULL;
		}
		l->next = 0;
		l->length = len;
	}
	return (void *)(l->entries + l->next);
}

static void advance(struct directory *dir, const struct lkl_linux_dirent64 *d)
{
	dir->listing->next += d->d_reclen;
	dir->listing->position = d->d_off;
}

static bool is_dot(const char *name)
{
	return name[0] == '.' &&
	       (!name[1] || (name[1] == '.' && !name[2]));
}

/**
 * struct answer - entries for the host
 * @buf: where they go
 * @size: of @buf
 * @used: bytes of it
 */
struct answer {
	char *buf;
	size_t size;
	size_t used;
};

/* Add an entry; false if there is no room. */
static bool add_plain(fuse_req_t req, struct answer *a,
		      const struct lkl_linux_dirent64 *d)
{
	const struct stat st = { .st_ino = d->d_ino, .st_mode = d->d_type << 12 };
	size_t len = fuse_add_direntry(req, a->buf + a->used, a->size - a->used,
				       d->d_name, &st, d->d_off);

	if (len > a->size - a->used)
		return false;
	a->used += len;
	return true;
}

/*
 * Add an entry with all there is to know of it. One that is gone meanwhile,
 * or that cannot be read, is handed on by name alone: whoever looks it up will
 * be told.
 */
static bool add_full(fuse_req_t req, struct answer *a, int dir_fd,
		     const struct lkl_linux_dirent64 *d)
{
	struct fuse_entry_param entry = {
		.attr.st_ino = d->d_ino,
		.attr.st_mode = d->d_type << 12,
	};
	struct fs *fs = fs_of(req);
	size_t len;

	if (fuse_add_direntry_plus(req, NULL, 0, d->d_name, &entry, 0) >
	    a->size - a->used)
		return false;
	if (!is_dot(d->d_name) && fs_entry(fs, dir_fd, d->d_name, &entry, NULL))
		entry.ino = 0;
	len = fuse_add_direntry_plus(req, a->buf + a->used, a->size - a->used,
				     d->d_name, &entry, d->d_off);
	a->used += len;
	return true;
}

static int fill(fuse_req_t req, struct directory *dir, off_t position, bool full,
		struct answer *a)
{
	const struct lkl_linux_dirent64 *d;
	int err = seek(dir, position);

	while (!err && (d = peek(dir, &err))) {
		/* A damaged directory that has no end. */
		if (d->d_off == dir->listing->position) {
			err = -EIO;
			break;
		}
		if (!(full ? add_full(req, a, dir->fd, d) :
			     add_plain(req, a, d)))
			break;
		advance(dir, d);
	}
	/* What was found before an error comes first. */
	return a->used ? 0 : err;
}

static void read_directory(fuse_req_t req, size_t size, off_t position,
			   struct fuse_file_info *fi, bool full)
{
	struct directory *dir = fs_directory(fi);
	struct answer a = { .size = size };
	int err;

	a.buf = malloc(size);
	if (!a.buf) {
		fs_reply(req, -ENOMEM);
		return;
	}
	pthread_mutex_lock(&dir->listing->lock);
	err = fill(req, dir, position, full, &a);
	pthread_mutex_unlock(&dir->listing->lock);
	if (err)
		fs_reply(req, err);
	else
		fuse_reply_buf(req, a.buf, a.used);
	free(a.buf);
}

static void op_readdir(fuse_req_t req, fuse_ino_t ino, size_t size,
		       off_t position, struct fuse_file_info *fi)
{
	read_directory(req, size, position, fi, false);
}

static void op_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size,
			   off_t position, struct fuse_file_info *fi)
{
	read_directory(req, size, position, fi, true);
}

void op_dir_register(struct fuse_lowlevel_ops *ops)
{
	ops->opendir = op_opendir;
	ops->releasedir = op_releasedir;
	ops->fsyncdir = op_fsyncdir;
	ops->readdir = op_readdir;
	ops->readdirplus = op_readdirplus;
}
