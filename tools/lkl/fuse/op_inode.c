// SPDX-License-Identifier: GPL-2.0
/*
 * op_inode.c - requests about an inode as a whole: find, stat, change, forget
 *
 * Layer:   tools, over lkl.h; called by libfuse.
 * Context: any thread that serves requests.
 */
#include "fs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <lkl.h>

#include "creds.h"

static void op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fuse_entry_param entry = { 0 };
	struct fs *fs = fs_of(req);
	int dir, err;

	dir = fs_get(fs, parent);
	if (dir < 0) {
		fs_reply(req, dir);
		return;
	}
	err = fs_entry(fs, dir, name, &entry, NULL);
	fs_put(fs, parent);
	if (!err) {
		fs_reply_entry(req, &entry);
	} else if (err == -ENOENT) {
		/* That there is none may be remembered as well. */
		entry.entry_timeout = fs->names_vary ? 0 : FS_FOREVER;
		fuse_reply_entry(req, &entry);
	} else {
		fs_reply(req, err);
	}
}

static void op_forget(fuse_req_t req, fuse_ino_t ino, uint64_t nlookup)
{
	struct fs *fs = fs_of(req);

	node_forget(&fs->nodes, fs_node(fs, ino), nlookup);
	fuse_reply_none(req);
}

static void op_forget_multi(fuse_req_t req, size_t count,
			    struct fuse_forget_data *forgets)
{
	struct fs *fs = fs_of(req);
	size_t i;

	for (i = 0; i < count; i++)
		node_forget(&fs->nodes, fs_node(fs, forgets[i].ino),
			    forgets[i].nlookup);
	fuse_reply_none(req);
}

static void reply_attr(fuse_req_t req, int fd)
{
	struct statx stx;
	struct stat st;
	int err = lkl_sys_statx(fd, "", AT_EMPTY_PATH, FS_STATX_MASK, &stx);

	if (err) {
		fs_reply(req, err);
		return;
	}
	fs_stat(fs_of(req), &stx, &st);
	fuse_reply_attr(req, &st, FS_FOREVER);
}

static void op_getattr(fuse_req_t req, fuse_ino_t ino,
		       struct fuse_file_info *fi)
{
	struct fs *fs = fs_of(req);
	int fd;

	fd = fs_get(fs, ino);
	if (fd < 0) {
		fs_reply(req, fd);
		return;
	}
	reply_attr(req, fd);
	fs_put(fs, ino);
}

/* ---- setattr ---- */

static int set_owner(struct fs *fs, int fd, const struct stat *st, int which)
{
	uint32_t uid = OWNER_NONE, gid = OWNER_NONE;
	int err = 0;

	if (which & FUSE_SET_ATTR_UID)
		err = owner_store(&fs->owner.users, st->st_uid, &uid);
	if (!err && which & FUSE_SET_ATTR_GID)
		err = owner_store(&fs->owner.groups, st->st_gid, &gid);
	return err ? err : lkl_sys_fchownat(fd, "", uid, gid, AT_EMPTY_PATH);
}

static int set_size(int fd, off_t size)
{
	char path[FS_FD_PATH];
	int err = creds_keep_privileged(!request_extra.kill_privileged);

	if (err)
		return err;
	fs_fd_path(path, fd);
	return lkl_sys_truncate(path, size);
}

static struct timespec new_time(const struct timespec *t, int which, int set,
				int now)
{
	if (which & now)
		return (struct timespec){ .tv_nsec = UTIME_NOW };
	if (which & set)
		return *t;
	return (struct timespec){ .tv_nsec = UTIME_OMIT };
}

static int set_times(int fd, const struct stat *st, int which)
{
	const struct timespec times[2] = {
		new_time(&st->st_atim, which, FUSE_SET_ATTR_ATIME,
			 FUSE_SET_ATTR_ATIME_NOW),
		new_time(&st->st_mtim, which, FUSE_SET_ATTR_MTIME,
			 FUSE_SET_ATTR_MTIME_NOW),
	};

	return lkl_sys_utimensat(fd, "", times, AT_EMPTY_PATH);
}

#define SET_OWNER	(FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID)
#define SET_TIMES	(FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_MTIME | \
			 FUSE_SET_ATTR_ATIME_NOW | FUSE_SET_ATTR_MTIME_NOW)

/*
 * The owner first, which takes set-user-ID bits away that a mode given along
 * with it may set; the times last, which a change of size would touch.
 */
static int set_attributes(struct fs *fs, int fd, const struct stat *st,
			  int which)
{
	int err = 0;

	if (which & SET_OWNER)
		err = set_owner(fs, fd, st, which);
	if (!err && which & FUSE_SET_ATTR_SIZE)
		err = set_size(fd, st->st_size);
	if (!err && which & FUSE_SET_ATTR_MODE)
		err = lkl_sys_fchmodat2(fd, "", st->st_mode & ALLPERMS,
					AT_EMPTY_PATH);
	if (!err && which & SET_TIMES)
		err = set_times(fd, st, which);
	return err;
}

static void op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *st,
		       int which, struct fuse_file_info *fi)
{
	struct fs *fs = fs_of(req);
	int fd = fs_get(fs, ino);
	int err;

	if (fd < 0) {
		fs_reply(req, fd);
		return;
	}
	err = set_attributes(fs, fd, st, which);
	if (err)
		fs_reply(req, err);
	else
		reply_attr(req, fd);
	fs_put(fs, ino);
}

/* ---- the rest ---- */

/*
 * Only asked if the host does not check permissions itself. Then everything is
 * allowed, as to root, who cannot execute what nobody can either.
 */
static void op_access(fuse_req_t req, fuse_ino_t ino, int mask)
{
	struct fs *fs = fs_of(req);
	struct statx stx;
	int fd, err;

	fd = fs_get(fs, ino);
	if (fd < 0) {
		fs_reply(req, fd);
		return;
	}
	err = lkl_sys_statx(fd, "", AT_EMPTY_PATH, STATX_TYPE | STATX_MODE,
			    &stx);
	fs_put(fs, ino);
	if (!err && mask & X_OK && S_ISREG(stx.stx_mode) &&
	    !(stx.stx_mode & (S_IXUSR | S_IXGRP | S_IXOTH)))
		err = -EACCES;
	fs_reply(req, err);
}

static void op_readlink(fuse_req_t req, fuse_ino_t ino)
{
	struct fs *fs = fs_of(req);
	char target[PATH_MAX + 1];
	int fd = fs_get(fs, ino);
	long len;

	if (fd < 0) {
		fs_reply(req, fd);
		return;
	}
	len = lkl_sys_readlinkat(fd, "", target, PATH_MAX);
	fs_put(fs, ino);
	if (len < 0) {
		fs_reply(req, len);
		return;
	}
	target[len] = '\0';
	fuse_reply_readlink(req, target);
}

static void op_statfs(fuse_req_t req, fuse_ino_t ino)
{
	struct fs *fs = fs_of(req);
	struct statvfs vfs;
	struct statfs sfs;
	int err = lkl_sys_fstatfs(fs->nodes.root_fd, &sfs);

	if (err) {
		fs_reply(req, err);
		return;
	}
	vfs = (struct statvfs){
		.f_bsize = sfs.f_bsize,
		.f_frsize = sfs.f_frsize ? sfs.f_frsize : sfs.f_bsize,
		.f_blocks = sfs.f_blocks,
		.f_bfree = sfs.f_bfree,
		.f_bavail = sfs.f_bavail,
		.f_files = sfs.f_files,
		.f_ffree = sfs.f_ffree,
		.f_favail = sfs.f_ffree,
		.f_namemax = sfs.f_namelen,
	};
	fuse_reply_statfs(req, &vfs);
}

void op_inode_register(struct fuse_lowlevel_ops *ops)
{
	ops->lookup = op_lookup;
	ops->forget = op_forget;
	ops->forget_multi = op_forget_multi;
	ops->getattr = op_getattr;
	ops->setattr = op_setattr;
	ops->access = op_access;
	ops->readlink = op_readlink;
	ops->statfs = op_statfs;
}
