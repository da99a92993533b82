// SPDX-License-Identifier: GPL-2.0
/*
 * blk_fd_io.c - one block request by plain system calls.
 *
 * Layer:   drivers/virtio, below blk_fd.c.
 * Users:   blk_fd.c inline (RWF_NOWAIT, or what does not block), the worker
 *          threads for all else.
 * Locking: none; a request belongs to one thread at a time.
 */
#include "drivers/virtio/blk_fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* Zeros are written from here if the host knows no better way. */
#define ZERO_CHUNK	(64U << 10)
#define ZERO_IOVS	16

static const char zeros[ZERO_CHUNK];

void fd_io_advance(struct virtio_blk_request *req, uint64_t n)
{
	req->offset += n;
	req->len -= n;
	while (n) {
		struct iovec *iov = req->iov;
		size_t part = iov->iov_len < n ? iov->iov_len : n;

		iov->iov_base = (char *)iov->iov_base + part;
		iov->iov_len -= part;
		n -= part;
		if (!iov->iov_len) {
			req->iov++;
			req->iov_count--;
		}
	}
}

/* A short read goes on where it ended; 0 bytes means the file was cut. */
int fd_io_transfer(const struct fd_disk *disk, struct virtio_blk_request *req,
		   int flags)
{
	ssize_t n;

	while (req->len) {
		if (req->op == VIRTIO_BLK_OP_READ)
			n = preadv2(disk->fd, req->iov, (int)req->iov_count,
				    (off_t)req->offset, flags);
		else
			n = pwritev2(disk->fd, req->iov, (int)req->iov_count,
				     (off_t)req->offset, flags);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0 || (uint64_t)n > req->len)
			return -EIO;
		fd_io_advance(req, (uint64_t)n);
	}
	return 0;
}

int fd_io_flushed(const struct fd_disk *disk)
{
	struct stat st;

	if (disk->block_device)
		return 0;
	if (fstat(disk->fd, &st))
		return -errno;
	return (uint64_t)st.st_size < disk->be.size ? -EIO : 0;
}

static int io_flush(const struct fd_disk *disk)
{
	while (fdatasync(disk->fd))
		if (errno != EINTR)
			return -errno;
	return fd_io_flushed(disk);
}

static int io_fallocate(const struct fd_disk *disk,
			const struct virtio_blk_request *req, int mode)
{
	while (fallocate(disk->fd, mode | FALLOC_FL_KEEP_SIZE,
			 (off_t)req->offset, (off_t)req->len))
		if (errno != EINTR)
			return -errno;
	return 0;
}

static int io_ioctl_range(const struct fd_disk *disk,
			  const struct virtio_blk_request *req,
			  unsigned long command)
{
	uint64_t range[2] = { req->offset, req->len };

	return ioctl(disk->fd, command, range) ? -errno : 0;
}

static int io_discard(const struct fd_disk *disk,
		      const struct virtio_blk_request *req)
{
	if (disk->block_device)
		return io_ioctl_range(disk, req, BLKDISCARD);
	return io_fallocate(disk, req, FALLOC_FL_PUNCH_HOLE);
}

static int io_write_zeros(const struct fd_disk *disk,
			  const struct virtio_blk_request *req)
{
	struct iovec iov[ZERO_IOVS];
	struct virtio_blk_request part = *req;
	uint64_t left = req->len;
	uint64_t n;
	int err;

	part.op = VIRTIO_BLK_OP_WRITE;
	while (left) {
		part.iov = iov;
		part.len = 0;
		for (part.iov_count = 0; part.iov_count < ZERO_IOVS &&
		     part.len < left; part.iov_count++) {
			n = left - part.len < ZERO_CHUNK ? left - part.len
							 : ZERO_CHUNK;
			iov[part.iov_count].iov_base = (void *)zeros;
			iov[part.iov_count].iov_len = n;
			part.len += n;
		}
		left -= part.len;
		err = fd_io_transfer(disk, &part, 0);
		if (err)
			return err;
	}
	return 0;
}

static bool unsupported(int err)
{
	return err == -EOPNOTSUPP || err == -ENOSYS || err == -ENOTTY ||
	       err == -EINVAL;
}

/*
 * Without @unmap the blocks must stay allocated (virtio 1.2 section 5.2.6.2).
 * A file system that has no ZERO_RANGE (tmpfs) gets a hole that is allocated
 * again, and one that has neither, zeros. Errors other than "unsupported" are
 * the answer: a full disk must not be hidden by another attempt.
 */
static int io_write_zeroes(const struct fd_disk *disk,
			   const struct virtio_blk_request *req)
{
	int err = -EOPNOTSUPP;

	if (req->unmap)
		err = io_fallocate(disk, req, FALLOC_FL_PUNCH_HOLE);
	if (unsupported(err) && disk->block_device)
		err = io_ioctl_range(disk, req, BLKZEROOUT);
	if (unsupported(err))
		err = io_fallocate(disk, req, FALLOC_FL_ZERO_RANGE);
	if (unsupported(err) && !disk->block_device) {
		err = io_fallocate(disk, req, FALLOC_FL_PUNCH_HOLE);
		if (!err && !req->unmap)
			err = io_fallocate(disk, req, 0);
	}
	if (unsupported(err))
		err = io_write_zeros(disk, req);
	return err;
}

/* Errors will be found again, and reported, by the next flush. */
static int io_write_behind(const struct fd_disk *disk)
{
	sync_file_range(disk->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	return 0;
}

int fd_io_run(const struct fd_disk *disk, struct virtio_blk_request *req)
{
	if (fd_is_write_behind(disk, req))
		return io_write_behind(disk);
	switch (req->op) {
	case VIRTIO_BLK_OP_READ:
	case VIRTIO_BLK_OP_WRITE:
		return fd_io_transfer(disk, req, 0);
	case VIRTIO_BLK_OP_FLUSH:
		return io_flush(disk);
	case VIRTIO_BLK_OP_DISCARD:
		return io_discard(disk, req);
	case VIRTIO_BLK_OP_WRITE_ZEROES:
		return io_write_zeroes(disk, req);
	}
	return -EOPNOTSUPP;
}
