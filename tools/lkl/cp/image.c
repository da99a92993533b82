// SPDX-License-Identifier: GPL-2.0
/*
 * image.c - the image file or block device on the host: opened and locked
 *
 * Layer:   tools; called by main.c.
 * Context: one thread.
 */
#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "diag.h"

#define SECTOR	512

static int lock_image(struct image *image, bool writable)
{
	struct flock lock = {
		.l_type = writable ? F_WRLCK : F_RDLCK,
		.l_whence = SEEK_SET,
	};

	if (!fcntl(image->fd, F_OFD_SETLK, &lock))
		return 0;
	if (errno == EAGAIN || errno == EACCES) {
		diag_error("%s: is in use by another program (locked)",
			   image->path);
		return -EBUSY;
	}
	/* A file system without locks has no other users we could find. */
	if (errno == ENOLCK || errno == EOPNOTSUPP || errno == ENOSYS)
		return 0;
	diag_error("%s: cannot lock: %s", image->path, diag_cause(-errno));
	return -errno;
}

static int measure_image(struct image *image)
{
	struct stat st;

	if (fstat(image->fd, &st))
		goto err_errno;
	if (S_ISREG(st.st_mode)) {
		image->dev = st.st_dev;
		image->ino = st.st_ino;
		image->size = st.st_size;
	} else if (S_ISBLK(st.st_mode)) {
		if (ioctl(image->fd, BLKGETSIZE64, &image->size))
			goto err_errno;
	} else {
		diag_error("%s: %s", image->path,
			   S_ISDIR(st.st_mode) ? diag_cause(-EISDIR) :
			   "is neither a regular file nor a block device");
		return -EINVAL;
	}
	return 0;

err_errno:
	diag_error("%s: %s", image->path, diag_cause(-errno));
	return -errno;
}

static int check_size(const struct image *image)
{
	if (!image->size) {
		diag_error("%s: is empty", image->path);
		return -EINVAL;
	}
	if (image->size % SECTOR) {
		diag_error("%s: its size of %llu bytes is no multiple of %d; is it complete?",
			   image->path, (unsigned long long)image->size,
			   SECTOR);
		return -EINVAL;
	}
	return 0;
}

/*
 * O_EXCL: a block device that is mounted must not be written under the host's
 * feet. O_NONBLOCK: do not wait for the other end should it be a FIFO.
 */
static int open_file(const char *path, bool writable)
{
	int flags = (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK |
		    O_NOCTTY;
	struct stat st;

	if (writable && !stat(path, &st) && S_ISBLK(st.st_mode))
		flags |= O_EXCL;
	return open(path, flags);
}

int image_open(struct image *image, const char *path, bool writable)
{
	int err;

	*image = (struct image){ .path = path };
	image->fd = open_file(path, writable);
	if (image->fd < 0) {
		err = -errno;
		diag_error("%s: %s", path, diag_cause(err));
		return err;
	}
	err = measure_image(image);
	/* Reads and writes shall wait, which io_uring asks the flag about. */
	if (!err && fcntl(image->fd, F_SETFL, 0))
		err = -errno;
	if (!err)
		err = check_size(image);
	if (!err)
		err = lock_image(image, writable);
	if (err)
		close(image->fd);
	return err;
}

int image_close(struct image *image)
{
	return close(image->fd) ? -errno : 0;
}
