// SPDX-License-Identifier: GPL-2.0
/*
 * op_file.c - requests about open files
 *
 * Layer:   tools, over lkl.h; called by libfuse.
 * Context: any thread that serves requests.
 *
 * The host caches what is written (FUSE_CAP_WRITEBACK_CACHE), so it reads
 * pages that are written in part, also of files open for writing only; and it
 * settles itself where an append goes. The flags of open() are changed for
 * that.
 */
#include "fs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include <lkl.h>

#include "creds.h"
#include "transfer.h"

/* ---- open and close ---- */

/* What is left to the host, or makes no sense on an inode that is known. */
#define FLAGS_OUTSIDE	(O_APPEND | O_DIRECT | O_SYNC | O_DSYNC | O_ASYNC | \
			 O_NOCTTY | O_NONBLOCK | O_CREAT | O_EXCL | O_NOFOLLOW)

static int inside_flags(int flags)
{
	int access = flags & O_ACCMODE;

	if (access == O_WRONLY)
		access = O_RDWR;
	return (flags & ~(O_ACCMODE | FLAGS_OUTSIDE)) | access;
}

static bool may_write(int flags)
{
	return (flags & O_ACCMODE) != O_RDONLY;
}

static struct file *file_new(int fd, bool writer)
{
	struct file *file = malloc(sizeof(*file));

	if (file)
		*file = (struct file){ .fd = fd, .writer = writer };
	return file;
}

static void file_free(struct fs *fs, struct file *file, struct node *node)
{
	lkl_sys_close(file->fd);
	node_close(&fs->nodes, node, file->writer);
	free(file);
}

/*
 * A file that may only be appended to (chattr +a) cannot be opened otherwise,
 * and its pages cannot be written back at their place.
 */
static int open_append_only(struct fs *fs, struct node *node, int fd, int flags,
			    struct fuse_file_info *fi)
{
	if (!(flags & O_APPEND) || !may_write(flags))
		return -EPERM;
	fi->direct_io = 1;
	return fs_open(fs, node, fd, (flags & O_ACCMODE) | O_APPEND);
}

static int open_node(struct fs *fs, struct node *node, int fd,
		     struct fuse_file_info *fi)
{
	int result = fs_open(fs, node, fd, inside_flags(fi->flags));

	if (result == -EPERM)
		result = open_append_only(fs, node, fd, fi->flags, fi);
	return result;
}

static void op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct fs *fs = fs_of(req);
	struct node *node = fs_node(fs, ino);
	struct file *file;
	int path_fd, fd, err;

	path_fd = fs_get(fs, ino);
	if (path_fd < 0) {
		fs_reply(req, path_fd);
		return;
	}
	err = creds_keep_privileged(!request_extra.kill_privileged);
	fd = err ? err : open_node(fs, node, path_fd, fi);
	if (fd < 0)
		goto err_put;
	file = file_new(fd, may_write(fi->flags));
	if (!file) {
		lkl_sys_close(fd);
		fd = -ENOMEM;
		goto err_put;
	}
	node_open(&fs->nodes, node, file->writer);
	fs_put(fs, ino);
	fi->fh = (uintptr_t)file;
	fi->keep_cache = 1;
	if (fuse_reply_open(req, fi))
		file_free(fs, file, node);
	return;

err_put:
	fs_put(fs, ino);
	fs_reply(req, fd);
}

static int create_in(struct fs *fs, fuse_req_t req, int dir, const char *name,
		     mode_t mode, int flags)
{
	int err = fs_become(fs, req);

	if (!err)
		err = creds_keep_privileged(!request_extra.kill_privileged);
	if (err)
		return err;
	if (request_extra.tmpfile)
		return lkl_sys_openat(dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC |
				      (flags & O_EXCL), mode & ALLPERMS);
	return lkl_sys_openat(dir, name, inside_flags(flags) | O_CREAT |
			      (flags & O_EXCL) | O_NOFOLLOW | O_CLOEXEC,
			      mode & ALLPERMS);
}

static void reply_created(fuse_req_t req, struct fs *fs, int fd,
			  struct fuse_file_info *fi)
{
	struct fuse_entry_param entry;
	struct file *file;
	struct node *node;
	int err;

	err = fs_entry_of(fs, fd, false, &entry, &node);
	if (err)
		goto err_close;
	file = file_new(fd, may_write(fi->flags));
	if (!file) {
		err = -ENOMEM;
		goto err_forget;
	}
	node_open(&fs->nodes, node, file->writer);
	fi->fh = (uintptr_t)file;
	fi->keep_cache = 1;
	if (fuse_reply_create(req, &entry, fi)) {
		file_free(fs, file, node);
		fs_entry_undo(fs, &entry);
	}
	return;

err_forget:
	fs_entry_undo(fs, &entry);
err_close:
	lkl_sys_close(fd);
	fs_reply(req, err);
}

static void op_create(fuse_req_t req, fuse_ino_t parent, const char *name,
		      mode_t mode, struct fuse_file_info *fi)
{
	struct fs *fs = fs_of(req);
	int dir, fd;

	dir = fs_get(fs, parent);
	if (dir < 0) {
		fs_reply(req, dir);
		return;
	}
	fd = create_in(fs, req, dir, name, mode, fi->flags);
	fs_put(fs, parent);
	if (fd < 0)
		fs_reply(req, fd);
	else
		reply_created(req, fs, fd, fi);
}

static void op_release(fuse_req_t req, fuse_ino_t ino,
		       struct fuse_file_info *fi)
{
	struct fs *fs = fs_of(req);

	file_free(fs, fs_file(fi), fs_node(fs, ino));
	fs_reply(req, 0);
}

static void op_fsync(fuse_req_t req, fuse_ino_t ino, int datasync,
		     struct fuse_file_info *fi)
{
	int fd = fs_file(fi)->fd;

	fs_reply(req, datasync ? lkl_sys_fdatasync(fd) : lkl_sys_fsync(fd));
}

/* ---- contents ---- */

static void op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
		    struct fuse_file_info *fi)
{
	const void *data;
	long len = transfer_read(fs_file(fi)->fd, size, offset, &data);

	if (len < 0)
		fs_reply(req, len);
	else
		fuse_reply_buf(req, data, len);
}

static void op_write_buf(fuse_req_t req, fuse_ino_t ino,
			 struct fuse_bufvec *in, off_t offset,
			 struct fuse_file_info *fi)
{
	long len;
	int err = creds_keep_privileged(!request_extra.kill_privileged);

	if (err) {
		fs_reply(req, err);
		return;
	}
	/* session.c reads requests into memory, so that is where it is. */
	len = transfer_write(fs_file(fi)->fd, in->buf[0].mem, in->buf[0].size,
			     offset);
	if (len < 0)
		fs_reply(req, len);
	else
		fuse_reply_write(req, len);
}

static void op_fallocate(fuse_req_t req, fuse_ino_t ino, int mode, off_t offset,
			 off_t length, struct fuse_file_info *fi)
{
	fs_reply(req, lkl_sys_fallocate(fs_file(fi)->fd, mode, offset, length));
}

static void op_copy_file_range(fuse_req_t req, fuse_ino_t ino_in, off_t off_in,
			       struct fuse_file_info *fi_in, fuse_ino_t ino_out,
			       off_t off_out, struct fuse_file_info *fi_out,
			       size_t len, int flags)
{
	lkl_loff_t in = off_in, out = off_out;
	long copied = lkl_sys_copy_file_range(fs_file(fi_in)->fd, &in,
					      fs_file(fi_out)->fd, &out, len,
					      flags);

	if (copied < 0)
		fs_reply(req, copied);
	else
		fuse_reply_write(req, copied);
}

/**
 * struct seeking - a request for where there is data
 * @req: to be answered
 * @fs: the file system
 * @ino: the file
 * @fd: the file inside the library
 * @offset: of lseek()
 * @whence: of lseek()
 */
struct seeking {
	fuse_req_t req;
	struct fs *fs;
	fuse_ino_t ino;
	int fd;
	off_t offset;
	int whence;
};

static void seek_and_reply(const struct seeking *s)
{
	long position = lkl_sys_lseek(s->fd, s->offset, s->whence);

	if (position < 0)
		fs_reply(s->req, position);
	else
		fuse_reply_lseek(s->req, position);
}

static void *seek_written(void *arg)
{
	struct seeking *s = arg;

	fuse_lowlevel_notify_inval_inode(s->fs->session, s->ino, 0, 0);
	seek_and_reply(s);
	free(s);
	return NULL;
}

/*
 * The host asks where there is data without having sent what it has cached. It
 * is made to; and since the threads that serve requests are needed for that,
 * another one waits for it.
 */
static int seek_in_thread(const struct seeking *s)
{
	struct seeking *copy = malloc(sizeof(*copy));
	pthread_t thread;
	int err;

	if (!copy)
		return -ENOMEM;
	*copy = *s;
	err = pthread_create(&thread, NULL, seek_written, copy);
	if (err) {
		free(copy);
		return -err;
	}
	pthread_detach(thread);
	return 0;
}

static void op_lseek(fuse_req_t req, fuse_ino_t ino, off_t offset, int whence,
		     struct fuse_file_info *fi)
{
	const struct seeking s = {
		.req = req,
		.fs = fs_of(req),
		.ino = ino,
		.fd = fs_file(fi)->fd,
		.offset = offset,
		.whence = whence,
	};
	int err;

	if (!node_written(&s.fs->nodes, fs_node(s.fs, ino))) {
		seek_and_reply(&s);
		return;
	}
	err = seek_in_thread(&s);
	if (err)
		fs_reply(req, err);
}

/* ---- ioctl: attributes of files ---- */

static const unsigned int ioctls[] = {
	FS_IOC_GETFLAGS, FS_IOC_SETFLAGS, FS_IOC_GETVERSION,
	FS_IOC_FSGETXATTR, FS_IOC_FSSETXATTR, FS_IOC_GETFSLABEL,
};

#define IOCTL_MAX	512	/* bytes that the largest of them passes */

static bool is_known_ioctl(unsigned int cmd)
{
	size_t i;

	for (i = 0; i < sizeof(ioctls) / sizeof(ioctls[0]); i++)
		if (cmd == ioctls[i])
			return true;
	return false;
}

static void op_ioctl(fuse_req_t req, fuse_ino_t ino, unsigned int cmd,
		     void *arg, struct fuse_file_info *fi, unsigned int flags,
		     const void *in, size_t in_size, size_t out_size)
{
	char buf[IOCTL_MAX] = { 0 };
	long result;

	if (!is_known_ioctl(cmd) || flags & FUSE_IOCTL_COMPAT ||
	    in_size > sizeof(buf) || out_size > sizeof(buf)) {
		fs_reply(req, -ENOTTY);
		return;
	}
	if (in_size)
		memcpy(buf, in, in_size);
	result = lkl_sys_ioctl(fs_file(fi)->fd, cmd, (unsigned long)buf);
	if (result < 0)
		fs_reply(req, result);
	else
		fuse_reply_ioctl(req, result, buf, out_size);
}

void op_file_register(struct fuse_lowlevel_ops *ops)
{
	ops->open = op_open;
	ops->create = op_create;
	ops->release = op_release;
	ops->fsync = op_fsync;
	ops->read = op_read;
	ops->write_buf = op_write_buf;
	ops->fallocate = op_fallocate;
	ops->copy_file_range = op_copy_file_range;
	ops->lseek = op_lseek;
	ops->ioctl = op_ioctl;
}
