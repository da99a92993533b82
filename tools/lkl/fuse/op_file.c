// SPDX-License-Identifier: GPL-2.0
/*
 * op_file.c - requests about open files
 *
 * Layer:   tools, over lkl.h; called by libfuse.
 * Context: any thread that serves requests.
 *
 * There are no open files here: descriptors belong to nodes (node.h). With
 * write-back the host tells us of opens nevertheless, since what it holds of a
 * file that is being written has to be asked for now and then.
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

static bool may_write(int flags)
{
	return (flags & O_ACCMODE) != O_RDONLY;
}

/*
 * A file that may only be appended to (chattr +a) cannot be opened to be
 * written anywhere. Its pages cannot be written back either, so they are not
 * to be cached.
 */
static int open_node(struct fs *fs, struct node *node,
		     struct fuse_file_info *fi)
{
	bool writer = may_write(fi->flags);
	int fd = node_io(&fs->nodes, node, writer ? NODE_WRITE : NODE_READ);

	if (fd == -EPERM && writer && fi->flags & O_APPEND) {
		fi->direct_io = 1;
		return 0;
	}
	return fd < 0 ? fd : 0;
}

static void op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct fs *fs = fs_of(req);
	struct node *node = fs_node(fs, ino);
	int err;

	/* The host will not ask again, and opens files by itself. */
	if (!fs->write_back) {
		fuse_reply_err(req, ENOSYS);
		return;
	}
	err = fs_get(fs, ino);
	if (err < 0) {
		fs_reply(req, err);
		return;
	}
	err = open_node(fs, node, fi);
	if (!err)
		node_open(&fs->nodes, node, may_write(fi->flags));
	fs_put(fs, ino);
	fi->keep_cache = 1;
	if (err)
		fs_reply(req, err);
	else if (fuse_reply_open(req, fi))
		node_close(&fs->nodes, node, may_write(fi->flags));
}

static void op_release(fuse_req_t req, fuse_ino_t ino,
		       struct fuse_file_info *fi)
{
	struct fs *fs = fs_of(req);

	if (fs->write_back)
		node_close(&fs->nodes, fs_node(fs, ino), may_write(fi->flags));
	fs_reply(req, 0);
}

/* What is left to the host. */
#define FLAGS_OUTSIDE	(O_APPEND | O_DIRECT | O_SYNC | O_DSYNC | O_ASYNC | \
			 O_NOCTTY | O_NONBLOCK | O_ACCMODE)

static int try_create(int dir, const char *name, mode_t mode, int flags)
{
	int access = may_write(flags) ? O_RDWR : O_RDONLY;

	flags &= ~FLAGS_OUTSIDE;
	if (request_extra.tmpfile)
		return lkl_sys_openat(dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC |
				      (flags & O_EXCL), mode & ALLPERMS);
	return lkl_sys_openat(dir, name, flags | access | O_CREAT |
			      O_NOFOLLOW | O_CLOEXEC, mode & ALLPERMS);
}

static int create_in(struct fs *fs, fuse_req_t req, fuse_ino_t parent,
		     const char *name, mode_t mode, int flags)
{
	int dir = fs_get(fs, parent);
	int fd;

	if (dir < 0)
		return dir;
	fd = fs_become(fs, req);
	if (!fd)
		fd = creds_keep_privileged(!request_extra.kill_privileged);
	if (!fd)
		fd = try_create(dir, name, mode, flags);
	if (fd == -ENOSPC && node_wait_unlinked(&fs->nodes))
		fd = try_create(dir, name, mode, flags);
	fs_put(fs, parent);
	return fd;
}

/* The new file's node, which takes the descriptor. */
static int adopt_created(struct fs *fs, int fd, enum node_fd what,
			 struct fuse_entry_param *entry, struct node **node)
{
	int err = fs_entry_of(fs, fd, false, entry, node);

	if (err)
		lkl_sys_close(fd);
	else
		node_give(&fs->nodes, *node, what, fd);
	return err;
}

static void reply_created(fuse_req_t req, struct fs *fs, int fd,
			  struct fuse_file_info *fi)
{
	bool writer = may_write(fi->flags) || request_extra.tmpfile;
	struct fuse_entry_param entry;
	struct node *node;
	int err;

	err = adopt_created(fs, fd, writer ? NODE_WRITE : NODE_READ, &entry,
			    &node);
	if (err) {
		fs_reply(req, err);
		return;
	}
	if (fs->write_back)
		node_open(&fs->nodes, node, may_write(fi->flags));
	fi->fh = 0;
	fi->keep_cache = 1;
	if (!fuse_reply_create(req, &entry, fi))
		return;
	if (fs->write_back)
		node_close(&fs->nodes, node, may_write(fi->flags));
	fs_entry_undo(fs, &entry);
}

static void op_create(fuse_req_t req, fuse_ino_t parent, const char *name,
		      mode_t mode, struct fuse_file_info *fi)
{
	struct fs *fs = fs_of(req);
	int fd;

	/*
	 * The host will not ask again, but for a file and then to open it,
	 * which it does by itself. Otherwise it would tell us of the close.
	 */
	if (!fs->write_back && !request_extra.tmpfile) {
		fuse_reply_err(req, ENOSYS);
		return;
	}
	fd = create_in(fs, req, parent, name, mode, fi->flags);
	if (fd < 0)
		fs_reply(req, fd);
	else
		reply_created(req, fs, fd, fi);
}

void op_file_make(fuse_req_t req, fuse_ino_t parent, const char *name,
		  mode_t mode)
{
	struct fuse_entry_param entry;
	struct fs *fs = fs_of(req);
	struct node *node;
	int err, fd;

	err = fd = create_in(fs, req, parent, name, mode, O_RDWR | O_EXCL);
	if (fd >= 0)
		err = adopt_created(fs, fd, NODE_WRITE, &entry, &node);
	if (err)
		fs_reply(req, err);
	else
		fs_reply_entry(req, &entry);
}

/* ---- descriptors ---- */

/*
 * Begin a request that needs a descriptor of the contents. Returns it, to be
 * ended by fs_put(), or a negative errno.
 */
static int begin_io(struct fs *fs, fuse_ino_t ino, enum node_fd what)
{
	int fd = fs_get(fs, ino);

	if (fd < 0)
		return fd;
	fd = node_io(&fs->nodes, fs_node(fs, ino), what);
	if (fd < 0)
		fs_put(fs, ino);
	return fd;
}

/* Likewise, but past the page cache; not every file system can. */
static int begin_direct(struct fs *fs, fuse_ino_t ino, enum node_fd what)
{
	int fd;

	if (fs->no_direct)
		return -EINVAL;
	fd = begin_io(fs, ino, what);
	if (fd == -EINVAL)
		fs->no_direct = true;
	return fd;
}

static void op_fsync(fuse_req_t req, fuse_ino_t ino, int datasync,
		     struct fuse_file_info *fi)
{
	struct fs *fs = fs_of(req);
	int fd = begin_io(fs, ino, NODE_READ);
	int err;

	if (fd < 0) {
		fs_reply(req, fd);
		return;
	}
	err = datasync ? lkl_sys_fdatasync(fd) : lkl_sys_fsync(fd);
	fs_put(fs, ino);
	fs_reply(req, err);
}

/* ---- contents ---- */

static long read_from(struct fs *fs, fuse_ino_t ino, int fd, size_t size,
		      off_t offset, const void **data)
{
	long len;

	if (fd < 0)
		return fd;
	len = transfer_read(fd, size, offset, data);
	fs_put(fs, ino);
	return len;
}

static void op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
		    struct fuse_file_info *fi)
{
	struct fs *fs = fs_of(req);
	const void *data;
	long len = -EINVAL;

	if (transfer_read_directly(size, offset))
		len = read_from(fs, ino, begin_direct(fs, ino, NODE_READ_DIRECT),
				size, offset, &data);
	/* Some file systems open a file so, and then do not read it so. */
	if (len == -EINVAL)
		len = read_from(fs, ino, begin_io(fs, ino, NODE_READ), size,
				offset, &data);
	if (len < 0)
		fs_reply(req, len);
	else
		fuse_reply_buf(req, data, len);
}

/**
 * struct output - data to be written
 * @data: the bytes
 * @size: how many
 * @offset: where in the file
 */
struct output {
	const void *data;
	size_t size;
	off_t offset;
};

static long write_to(struct fs *fs, fuse_ino_t ino, int fd,
		     const struct output *out)
{
	long len;

	if (fd < 0)
		return fd;
	len = transfer_write(fd, out->data, out->size, out->offset);
	fs_put(fs, ino);
	return len;
}

static long append_to(int path_fd, const struct output *out)
{
	char path[FS_FD_PATH];
	struct stat st = { 0 };
	long fd, len;

	fs_fd_path(path, path_fd);
	fd = lkl_sys_openat(AT_FDCWD, path, O_WRONLY | O_APPEND | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	len = lkl_sys_fstat(fd, &st);
	if (!len && st.st_size != out->offset)
		len = -EPERM;
	if (!len)
		len = transfer_write(fd, out->data, out->size, out->offset);
	lkl_sys_close(fd);
	return len;
}

/* A file that may only be appended to: is it? */
static long write_append_only(struct fs *fs, fuse_ino_t ino,
			      const struct output *out)
{
	int fd = fs_get(fs, ino);
	long len;

	if (fd < 0)
		return fd;
	len = append_to(fd, out);
	fs_put(fs, ino);
	return len;
}

static long write_somehow(struct fs *fs, fuse_ino_t ino,
			  const struct output *out)
{
	long len = -EINVAL;

	if (transfer_write_directly(out->data, out->size, out->offset))
		len = write_to(fs, ino,
			       begin_direct(fs, ino, NODE_WRITE_DIRECT), out);
	if (len == -EINVAL)
		len = write_to(fs, ino, begin_io(fs, ino, NODE_WRITE), out);
	if (len == -EPERM)
		len = write_append_only(fs, ino, out);
	return len;
}

static void op_write_buf(fuse_req_t req, fuse_ino_t ino,
			 struct fuse_bufvec *in, off_t offset,
			 struct fuse_file_info *fi)
{
	/* session.c reads requests into memory, so that is where it is. */
	const struct output out = {
		.data = in->buf[0].mem,
		.size = in->buf[0].size,
		.offset = offset,
	};
	struct fs *fs = fs_of(req);
	long len = creds_keep_privileged(!request_extra.kill_privileged);

	if (!len)
		len = write_somehow(fs, ino, &out);
	if (len == -ENOSPC && node_wait_unlinked(&fs->nodes))
		len = write_somehow(fs, ino, &out);
	if (len < 0)
		fs_reply(req, len);
	else
		fuse_reply_write(req, len);
}

static void op_fallocate(fuse_req_t req, fuse_ino_t ino, int mode, off_t offset,
			 off_t length, struct fuse_file_info *fi)
{
	struct fs *fs = fs_of(req);
	int fd = begin_io(fs, ino, NODE_WRITE);
	int err;

	if (fd < 0) {
		fs_reply(req, fd);
		return;
	}
	err = lkl_sys_fallocate(fd, mode, offset, length);
	if (err == -ENOSPC && node_wait_unlinked(&fs->nodes))
		err = lkl_sys_fallocate(fd, mode, offset, length);
	fs_put(fs, ino);
	fs_reply(req, err);
}

static void op_copy_file_range(fuse_req_t req, fuse_ino_t ino_in, off_t off_in,
			       struct fuse_file_info *fi_in, fuse_ino_t ino_out,
			       off_t off_out, struct fuse_file_info *fi_out,
			       size_t len, int flags)
{
	lkl_loff_t in = off_in, out = off_out;
	struct fs *fs = fs_of(req);
	int fd_in, fd_out;
	long copied;

	fd_in = begin_io(fs, ino_in, NODE_READ);
	if (fd_in < 0) {
		fs_reply(req, fd_in);
		return;
	}
	copied = fd_out = begin_io(fs, ino_out, NODE_WRITE);
	if (fd_out >= 0) {
		copied = lkl_sys_copy_file_range(fd_in, &in, fd_out, &out, len,
						 flags);
		fs_put(fs, ino_out);
	}
	fs_put(fs, ino_in);
	if (copied < 0)
		fs_reply(req, copied);
	else
		fuse_reply_write(req, copied);
}

/* ---- where there is data ---- */

/**
 * struct seeking - a request for where there is data
 * @req: to be answered
 * @fs: the file system
 * @ino: the file
 * @offset: of lseek()
 * @whence: of lseek()
 */
struct seeking {
	fuse_req_t req;
	struct fs *fs;
	fuse_ino_t ino;
	off_t offset;
	int whence;
};

static void seek_and_reply(const struct seeking *s)
{
	int fd = begin_io(s->fs, s->ino, NODE_READ);
	long position = fd;

	if (fd >= 0) {
		position = lkl_sys_lseek(fd, s->offset, s->whence);
		fs_put(s->fs, s->ino);
	}
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

static long do_ioctl(struct fs *fs, fuse_ino_t ino,
		     const struct fuse_file_info *fi, unsigned int cmd,
		     void *buf)
{
	long result;
	int fd;

	if (fs_directory(fi))
		return lkl_sys_ioctl(fs_directory(fi)->fd, cmd,
				     (unsigned long)buf);
	fd = begin_io(fs, ino, NODE_READ);
	if (fd < 0)
		return fd;
	result = lkl_sys_ioctl(fd, cmd, (unsigned long)buf);
	if (cmd == FS_IOC_SETFLAGS || cmd == FS_IOC_FSSETXATTR)
		node_drop_io(&fs->nodes, fs_node(fs, ino));
	fs_put(fs, ino);
	return result;
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
	result = do_ioctl(fs_of(req), ino, fi, cmd, buf);
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
