// SPDX-License-Identifier: GPL-2.0
/*
 * fs.c - what the requests of all kinds have in common
 *
 * Layer:   tools, over lkl.h; called by the op_*.c files.
 * Context: any thread that serves requests.
 */
#include "fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include <lkl.h>

#include "creds.h"

_Thread_local struct request_extra request_extra;

int fs_errno(int err)
{
	switch (err) {
	case -ENOTRECOVERABLE:
	case -ESHUTDOWN:
	case -ENOTCONN:
		return EIO;
	default:
		return -err;
	}
}

void fs_reply(fuse_req_t req, int err)
{
	fuse_reply_err(req, err < 0 ? fs_errno(err) : 0);
}

void fs_fd_path(char path[FS_FD_PATH], int fd)
{
	snprintf(path, FS_FD_PATH, "/proc/self/fd/%d", fd);
}

static struct timespec time_of(const struct statx_timestamp *t)
{
	return (struct timespec){ .tv_sec = t->tv_sec, .tv_nsec = t->tv_nsec };
}

void fs_stat(const struct fs *fs, const struct statx *stx, struct stat *st)
{
	*st = (struct stat){
		.st_ino = stx->stx_ino,
		.st_mode = stx->stx_mode,
		.st_nlink = stx->stx_nlink,
		.st_uid = owner_show(&fs->owner.users, stx->stx_uid),
		.st_gid = owner_show(&fs->owner.groups, stx->stx_gid),
		.st_rdev = makedev(stx->stx_rdev_major, stx->stx_rdev_minor),
		.st_size = stx->stx_size,
		.st_blksize = stx->stx_blksize,
		.st_blocks = stx->stx_blocks,
		.st_atim = time_of(&stx->stx_atime),
		.st_mtim = time_of(&stx->stx_mtime),
		.st_ctim = time_of(&stx->stx_ctime),
	};
}

int fs_become(struct fs *fs, fuse_req_t req)
{
	const struct fuse_ctx *ctx = fuse_req_ctx(req);
	uint32_t uid, gid;
	int err;

	err = owner_store(&fs->owner.users, ctx->uid, &uid);
	if (!err)
		err = owner_store(&fs->owner.groups, ctx->gid, &gid);
	if (!err)
		err = creds_become(uid, gid);
	if (!err)
		creds_umask(ctx->umask);
	return err;
}

int fs_entry_of(struct fs *fs, int fd, bool take,
		struct fuse_entry_param *entry, struct node **result)
{
	struct node *node;
	struct statx stx;
	int err;

	err = lkl_sys_statx(fd, "", AT_EMPTY_PATH, FS_STATX_MASK, &stx);
	if (err) {
		if (take)
			lkl_sys_close(fd);
		return err;
	}
	err = node_adopt(&fs->nodes, fd, take, &stx, &node);
	if (err)
		return err;
	memset(entry, 0, sizeof(*entry));
	entry->ino = (fuse_ino_t)node;
	entry->generation = node->generation;
	entry->attr_timeout = FS_FOREVER;
	entry->entry_timeout = fs->names_vary ? 0 : FS_FOREVER;
	fs_stat(fs, &stx, &entry->attr);
	if (result)
		*result = node;
	return 0;
}

int fs_entry(struct fs *fs, int dir, const char *name,
	     struct fuse_entry_param *entry, struct node **node)
{
	int fd = lkl_sys_openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);

	return fd < 0 ? fd : fs_entry_of(fs, fd, true, entry, node);
}

void fs_entry_undo(struct fs *fs, const struct fuse_entry_param *entry)
{
	node_forget(&fs->nodes, (struct node *)entry->ino, 1);
}

void fs_reply_entry(fuse_req_t req, const struct fuse_entry_param *entry)
{
	struct fs *fs = fs_of(req);

	if (fuse_reply_entry(req, entry))
		fs_entry_undo(fs, entry);
}
