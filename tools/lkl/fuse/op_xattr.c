// SPDX-License-Identifier: GPL-2.0
/*
 * op_xattr.c - requests about extended attributes, and so about ACLs
 *
 * Layer:   tools, over lkl.h; called by libfuse.
 * Context: any thread that serves requests.
 *
 * Through procfs inside the library, since an O_PATH descriptor does not do
 * and symbolic links, devices and sockets cannot be opened in another way.
 */
#include "fs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <lkl.h>

/* Path of the inode inside the library; returns 0, or answers the request. */
static int begin(fuse_req_t req, fuse_ino_t ino, char path[FS_FD_PATH])
{
	int fd = fs_get(fs_of(req), ino);

	if (fd < 0) {
		fs_reply(req, fd);
		return fd;
	}
	fs_fd_path(path, fd);
	return 0;
}

/*
 * An ACL has the mode in it. A host that does not check permissions itself
 * does not expect the one to change the other.
 */
static void note_mode(fuse_req_t req, fuse_ino_t ino, const char *name)
{
	struct fs *fs = fs_of(req);

	if (!strncmp(name, "system.posix_acl_", 17))
		fuse_lowlevel_notify_inval_inode(fs->session, ino, -1, 0);
}

static void op_setxattr(fuse_req_t req, fuse_ino_t ino, const char *name,
			const char *value, size_t size, int flags)
{
	char path[FS_FD_PATH];
	int err;

	if (begin(req, ino, path))
		return;
	err = lkl_sys_setxattr(path, name, value, size, flags);
	fs_put(fs_of(req), ino);
	note_mode(req, ino, name);
	fs_reply(req, err);
}

static void op_removexattr(fuse_req_t req, fuse_ino_t ino, const char *name)
{
	char path[FS_FD_PATH];
	int err;

	if (begin(req, ino, path))
		return;
	err = lkl_sys_removexattr(path, name);
	fs_put(fs_of(req), ino);
	note_mode(req, ino, name);
	fs_reply(req, err);
}

/* Read attribute @name, or with NULL the list of their names. */
static long read_xattr(const char *path, const char *name, char *buf,
		       size_t size)
{
	return name ? lkl_sys_getxattr(path, name, buf, size) :
		      lkl_sys_listxattr(path, buf, size);
}

/*
 * Names of trusted attributes are for root's eyes, as on the host, where the
 * host leaves that to the file system. Returns the new length of the list.
 */
static long hide_trusted(fuse_req_t req, char *list, long length)
{
	char *from = list, *to = list, *end = list + length;
	size_t len;

	if (!fuse_req_ctx(req)->uid)
		return length;
	for (; from < end; from += len) {
		len = strnlen(from, end - from);
		len += from + len < end;
		if (!strncmp(from, "trusted.", 8))
			continue;
		memmove(to, from, len);
		to += len;
	}
	return to - list;
}

/*
 * A file system that does not know the attribute which the host asks for before
 * the first write to each file knows none. Then the host need not ask again.
 */
static long none_at_all(const char *name, long err)
{
	return err == -EOPNOTSUPP && name &&
	       !strcmp(name, "security.capability") ? -ENOSYS : err;
}

static void reply_xattr(fuse_req_t req, fuse_ino_t ino, const char *name,
			size_t size)
{
	char path[FS_FD_PATH];
	char *buf = NULL;
	long len;

	if (size) {
		buf = malloc(size);
		if (!buf) {
			fs_reply(req, -ENOMEM);
			return;
		}
	}
	if (!begin(req, ino, path)) {
		len = read_xattr(path, name, buf, size);
		fs_put(fs_of(req), ino);
		if (len > 0 && size && !name)
			len = hide_trusted(req, buf, len);
		if (len < 0)
			fs_reply(req, none_at_all(name, len));
		else if (!size)
			fuse_reply_xattr(req, len);
		else
			fuse_reply_buf(req, buf, len);
	}
	free(buf);
}

static void op_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name,
			size_t size)
{
	reply_xattr(req, ino, name, size);
}

static void op_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size)
{
	reply_xattr(req, ino, NULL, size);
}

void op_xattr_register(struct fuse_lowlevel_ops *ops)
{
	ops->setxattr = op_setxattr;
	ops->getxattr = op_getxattr;
	ops->listxattr = op_listxattr;
	ops->removexattr = op_removexattr;
}
