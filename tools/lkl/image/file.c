// SPDX-License-Identifier: GPL-2.0
/*
 * file.c - an image that is a file or a block device: opened, measured, locked
 *
 * Layer:   tools/lkl/image, on the host.
 * Context: one thread.
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Who writes locks the whole file, so that nobody else can have any lock. Who
 * reads shares it with others that do, also with QEMU, which says what it does,
 * and what others may not do, by read locks on single bytes, and looks whether
 * the opposite ones are taken (block/file-posix.c of QEMU: RAW_LOCK_PERM_BASE,
 * RAW_LOCK_SHARED_BASE, and the numbers of BLK_PERM_*).
 */
#define READS		100
#define WRITES		101
#define RESIZES		103
#define NO_READERS	200
#define NO_WRITERS	201
#define NO_RESIZERS	203

#define OWN_BYTES	READS	/* those before QEMU's */

static int range_lock(int fd, short type, off_t start, off_t len)
{
	struct flock lock = {
		.l_type = type,
		.l_whence = SEEK_SET,
		.l_start = start,
		.l_len = len,
	};

	return fcntl(fd, F_OFD_SETLK, &lock) ? -errno : 0;
}

static bool byte_taken(int fd, off_t start)
{
	struct flock lock = {
		.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = start,
		.l_len = 1,
	};

	return !fcntl(fd, F_OFD_GETLK, &lock) && lock.l_type != F_UNLCK;
}

static int readers_lock(int fd)
{
	int err = range_lock(fd, F_RDLCK, 0, OWN_BYTES);

	if (!err)
		err = range_lock(fd, F_RDLCK, READS, 1);
	if (!err)
		err = range_lock(fd, F_RDLCK, NO_WRITERS, 1);
	if (!err)
		err = range_lock(fd, F_RDLCK, NO_RESIZERS, 1);
	if (!err && (byte_taken(fd, WRITES) || byte_taken(fd, RESIZES) ||
		     byte_taken(fd, NO_READERS)))
		err = -EAGAIN;
	return err;
}

/*
 * An open file description lock goes with the last copy of the descriptor, also
 * when we are killed.
 */
static int file_lock(struct source *source, bool writable)
{
	int err = writable ? range_lock(source->fd, F_WRLCK, 0, 0) :
			     readers_lock(source->fd);

	if (err == -EAGAIN || err == -EACCES)
		return fail(source->images, -EBUSY,
			    "%s: is in use by another program (locked)",
			    source->name);
	/* A file system without locks has no other users we could find. */
	if (!err || err == -ENOLCK || err == -EOPNOTSUPP || err == -ENOSYS)
		return 0;
	return fail(source->images, err, "%s: cannot lock: %s", source->name,
		    strerror(-err));
}

static int file_measure(struct source *source)
{
	struct stat st;

	if (fstat(source->fd, &st))
		return fail_errno(source->images, -errno, source->name);
	if (S_ISREG(st.st_mode)) {
		source->dev = st.st_dev;
		source->ino = st.st_ino;
		source->size = (uint64_t)st.st_size;
	} else if (S_ISBLK(st.st_mode)) {
		source->block_device = true;
		if (ioctl(source->fd, BLKGETSIZE64, &source->size))
			return fail_errno(source->images, -errno, source->name);
	} else {
		return fail(source->images, -EINVAL, "%s: %s", source->name,
			    S_ISDIR(st.st_mode) ? strerror(EISDIR) :
			    "is neither a regular file nor a block device");
	}
	if (!source->size)
		return fail(source->images, -EINVAL, "%s: is empty",
			    source->name);
	return 0;
}

/*
 * O_EXCL: a block device that is mounted must not be written under the host's
 * feet. O_NONBLOCK: do not wait for the other end should it be a FIFO.
 */
static int descriptor_open(const char *path, bool writable)
{
	int flags = (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK |
		    O_NOCTTY;
	struct stat st;

	if (writable && !stat(path, &st) && S_ISBLK(st.st_mode))
		flags |= O_EXCL;
	return open(path, flags);
}

int file_open(struct source *source, bool writable, bool lock)
{
	int err;

	source->fd = descriptor_open(source->name, writable);
	if (source->fd < 0)
		return fail_errno(source->images, -errno, source->name);
	err = file_measure(source);
	/* Reads and writes shall wait, which io_uring asks the flag about. */
	if (!err && fcntl(source->fd, F_SETFL, 0))
		err = fail_errno(source->images, -errno, source->name);
	if (!err && lock)
		err = file_lock(source, writable);
	if (!err) {
		source->path = realpath(source->name, NULL);
		if (!source->path)
			err = fail_errno(source->images, -errno, source->name);
	}
	return err;
}
