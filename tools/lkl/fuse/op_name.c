// SPDX-License-Identifier: GPL-2.0
/*
 * op_name.c - requests that make, move and remove names
 *
 * Layer:   tools, over lkl.h; called by libfuse.
 * Context: any thread that serves requests.
 */
#include "fs.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/sysmacros.h>

#include <lkl.h>

#include "creds.h"

/**
 * struct making - a file that is to be made
 * @mode: type and permissions
 * @rdev: of a device node
 * @target: of a symbolic link
 */
struct making {
	mode_t mode;
	dev_t rdev;
	const char *target;
};

/* As mknod(2) has it, which is how the kernel passes it to a system call. */
static unsigned int encode_device(dev_t dev)
{
	unsigned int maj = major(dev), min = minor(dev);

	return (min & 0xff) | maj << 8 | (min & ~0xffu) << 12;
}

static int make(int dir, const char *name, const struct making *what)
{
	if (S_ISDIR(what->mode))
		return lkl_sys_mkdirat(dir, name, what->mode & ALLPERMS);
	if (S_ISLNK(what->mode))
		return lkl_sys_symlinkat(what->target, dir, name);
	return lkl_sys_mknodat(dir, name, what->mode,
			       encode_device(what->rdev));
}

static void make_and_reply(fuse_req_t req, fuse_ino_t parent, const char *name,
			   const struct making *what)
{
	struct fuse_entry_param entry;
	struct fs *fs = fs_of(req);
	int dir, err;

	dir = fs_get(fs, parent);
	if (dir < 0) {
		fs_reply(req, dir);
		return;
	}
	err = fs_become(fs, req);
	if (!err)
		err = make(dir, name, what);
	if (!err)
		err = fs_entry(fs, dir, name, &entry, NULL);
	fs_put(fs, parent);
	if (err)
		fs_reply(req, err);
	else
		fs_reply_entry(req, &entry);
}

static void op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name,
		     mode_t mode, dev_t rdev)
{
	if (S_ISREG(mode)) {
		op_file_make(req, parent, name, mode);
		return;
	}
	make_and_reply(req, parent, name,
		       &(struct making){ .mode = mode, .rdev = rdev });
}

static void op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name,
		     mode_t mode)
{
	make_and_reply(req, parent, name,
		       &(struct making){ .mode = (mode & ALLPERMS) | S_IFDIR });
}

static void op_symlink(fuse_req_t req, const char *target, fuse_ino_t parent,
		       const char *name)
{
	make_and_reply(req, parent, name,
		       &(struct making){ .mode = S_IFLNK, .target = target });
}

static void op_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t parent,
		    const char *name)
{
	struct fuse_entry_param entry;
	struct fs *fs = fs_of(req);
	char path[FS_FD_PATH];
	int fd, dir, err;

	fd = fs_get(fs, ino);
	if (fd < 0) {
		fs_reply(req, fd);
		return;
	}
	dir = fs_get(fs, parent);
	if (dir < 0) {
		fs_put(fs, ino);
		fs_reply(req, dir);
		return;
	}
	/* This way a file that has no name yet (O_TMPFILE) can get one. */
	fs_fd_path(path, fd);
	err = lkl_sys_linkat(AT_FDCWD, path, dir, name, AT_SYMLINK_FOLLOW);
	if (!err)
		err = fs_entry(fs, dir, name, &entry, NULL);
	fs_put(fs, parent);
	fs_put(fs, ino);
	if (err)
		fs_reply(req, err);
	else
		fs_reply_entry(req, &entry);
}

static void remove_and_reply(fuse_req_t req, fuse_ino_t parent,
			     const char *name, int flags)
{
	struct fs *fs = fs_of(req);
	int dir = fs_get(fs, parent);
	int err;

	if (dir < 0) {
		fs_reply(req, dir);
		return;
	}
	node_unlinking(&fs->nodes, dir, name);
	err = lkl_sys_unlinkat(dir, name, flags);
	fs_put(fs, parent);
	fs_reply(req, err);
}

static void op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	remove_and_reply(req, parent, name, 0);
}

static void op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	remove_and_reply(req, parent, name, AT_REMOVEDIR);
}

static void op_rename(fuse_req_t req, fuse_ino_t parent, const char *name,
		      fuse_ino_t new_parent, const char *new_name,
		      unsigned int flags)
{
	struct fs *fs = fs_of(req);
	int from, to, err;

	from = fs_get(fs, parent);
	if (from < 0) {
		fs_reply(req, from);
		return;
	}
	to = fs_get(fs, new_parent);
	if (to < 0) {
		fs_put(fs, parent);
		fs_reply(req, to);
		return;
	}
	if (!(flags & (LKL_RENAME_NOREPLACE | LKL_RENAME_EXCHANGE)))
		node_unlinking(&fs->nodes, to, new_name);
	err = lkl_sys_renameat2(from, name, to, new_name, flags);
	fs_put(fs, new_parent);
	fs_put(fs, parent);
	fs_reply(req, err);
}

void op_name_register(struct fuse_lowlevel_ops *ops)
{
	ops->mknod = op_mknod;
	ops->mkdir = op_mkdir;
	ops->symlink = op_symlink;
	ops->link = op_link;
	ops->unlink = op_unlink;
	ops->rmdir = op_rmdir;
	ops->rename = op_rename;
}
