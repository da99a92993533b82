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
 * QEMU locks single bytes: this one says that it writes. A whole-file lock of
 * our own that excludes all others meets it by itself, a shared one does not.
 * (block/file-posix.c of QEMU: RAW_LOCK_PERM_BASE, BLK_PERM_WRITE)
 */
#define QEMU_WRITES	101

static bool qemu_writes(int fd)
{
	struct flock lock = {
		.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = QEMU_WRITES,
		.l_len = 1,
	};

	return !fcntl(fd, F_OFD_GETLK, &lock) && lock.l_type != F_UNLCK;
}

/*
 * Exclusive for writing, shared for reading. An open file description lock goes
 * with the last copy of the descriptor, also when we are killed.
 */
static int file_lock(struct source *source, bool writable)
{
	struct flock lock = {
		.l_type = writable ? F_WRLCK : F_RDLCK,
		.l_whence = SEEK_SET,
	};
	bool busy = !writable && qemu_writes(source->fd);

	if (!busy && !fcntl(source->fd, F_OFD_SETLK, &lock))
		return 0;
	if (busy || errno == EAGAIN || errno == EACCES)
		return fail(source->images, -EBUSY,
			    "%s: is in use by another program (locked)",
			    source->name);
	/* A file system without locks has no other users we could find. */
	if (errno == ENOLCK || errno == EOPNOTSUPP || errno == ENOSYS)
		return 0;
	return fail(source->images, -errno, "%s: cannot lock: %s", source->name,
		    strerror(errno));
}

void file_unlock(struct source *source)
{
	struct flock lock = { .l_type = F_UNLCK, .l_whence = SEEK_SET };

	/* There may be no lock; then there is nothing to give back. */
	(void)fcntl(source->fd, F_OFD_SETLK, &lock);
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
