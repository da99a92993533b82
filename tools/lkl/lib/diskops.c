// SPDX-License-Identifier: GPL-2.0
/*
 * diskops.c - disks by struct lkl_dev_blk_ops
 *
 * Layer:   tools/lkl/lib; a backend of drivers/virtio (device/backend seam),
 *	and lkl_dev_blk_ops, the same for a file, which an application may call.
 * Users:   disk.c; applications.
 * Context: requests come on a vCPU, or on any thread that runs the queue.
 */
#include "diskops.h"

#include <errno.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define SECTOR_SIZE	512

/*
 * The application's operations as a backend.
 */

struct app_backend {
	struct virtio_blk_backend be;
	struct lkl_disk disk;
};

static int status_errno(int status)
{
	switch (status) {
	case LKL_DEV_BLK_STATUS_OK:
		return 0;
	case LKL_DEV_BLK_STATUS_UNSUP:
		return -EOPNOTSUPP;
	default:
		return -EIO;
	}
}

static int app_submit(struct virtio_blk_backend *be,
		      struct virtio_blk_request *req)
{
	struct app_backend *app = (struct app_backend *)be;
	struct lkl_blk_req app_req = {
		.sector = req->offset / SECTOR_SIZE,
		.buf = req->iov,
		.count = (int)req->iov_count,
	};

	switch (req->op) {
	case VIRTIO_BLK_OP_READ:
		app_req.type = LKL_DEV_BLK_TYPE_READ;
		break;
	case VIRTIO_BLK_OP_WRITE:
		app_req.type = LKL_DEV_BLK_TYPE_WRITE;
		break;
	case VIRTIO_BLK_OP_FLUSH:
		app_req.type = LKL_DEV_BLK_TYPE_FLUSH;
		app_req.buf = NULL;
		app_req.count = 0;
		break;
	default:
		return -EOPNOTSUPP;
	}
	return status_errno(app->disk.ops->request(app->disk, &app_req));
}

static void app_destroy(struct virtio_blk_backend *be)
{
	free(be);
}

static const struct virtio_blk_backend_ops app_backend_ops = {
	.submit = app_submit,
	.destroy = app_destroy,
};

int diskops_backend_create(const struct lkl_disk *disk,
			   struct virtio_blk_backend **be)
{
	struct app_backend *app = calloc(1, sizeof(*app));
	unsigned long long size;
	int err;

	if (!app)
		return -ENOMEM;
	err = disk->ops->get_capacity(*disk, &size);
	if (err) {
		free(app);
		return err < 0 ? err : -EIO;
	}
	app->disk = *disk;
	app->be = (struct virtio_blk_backend){
		.ops = &app_backend_ops,
		.size = size,
		.block_size = SECTOR_SIZE,
		.physical_size = SECTOR_SIZE,
	};
	*be = &app->be;
	return 0;
}

/*
 * lkl_dev_blk_ops: a file, one request at a time.
 */

static int file_capacity(struct lkl_disk disk, unsigned long long *res)
{
	struct stat st;
	uint64_t size;

	if (fstat(disk.fd, &st))
		return -errno;
	if (S_ISBLK(st.st_mode)) {
		if (ioctl(disk.fd, BLKGETSIZE64, &size))
			return -errno;
		*res = size;
	} else {
		*res = (unsigned long long)st.st_size;
	}
	return 0;
}

/* Move @iov on by @done bytes; the entries left, from *@iov on. */
static int iov_advance(struct iovec **iov, int count, size_t done)
{
	while (count && done >= (*iov)->iov_len) {
		done -= (*iov)->iov_len;
		(*iov)++;
		count--;
	}
	if (count) {
		(*iov)->iov_base = (char *)(*iov)->iov_base + done;
		(*iov)->iov_len -= done;
	}
	return count;
}

static int file_transfer(int fd, struct lkl_blk_req *req, bool write)
{
	off_t offset = (off_t)(req->sector * SECTOR_SIZE);
	struct iovec *iov = req->buf;
	int count = iov_advance(&iov, req->count, 0);

	while (count) {
		ssize_t done = write ? pwritev(fd, iov, count, offset) :
				       preadv(fd, iov, count, offset);

		if (done < 0 && errno == EINTR)
			continue;
		/* 0 is the end of a file that has become shorter. */
		if (done <= 0)
			return LKL_DEV_BLK_STATUS_IOERR;
		offset += done;
		count = iov_advance(&iov, count, (size_t)done);
	}
	return LKL_DEV_BLK_STATUS_OK;
}

static int file_request(struct lkl_disk disk, struct lkl_blk_req *req)
{
	switch (req->type) {
	case LKL_DEV_BLK_TYPE_READ:
		return file_transfer(disk.fd, req, false);
	case LKL_DEV_BLK_TYPE_WRITE:
		return file_transfer(disk.fd, req, true);
	case LKL_DEV_BLK_TYPE_FLUSH:
	case LKL_DEV_BLK_TYPE_FLUSH_OUT:
		return fdatasync(disk.fd) ? LKL_DEV_BLK_STATUS_IOERR :
					    LKL_DEV_BLK_STATUS_OK;
	default:
		return LKL_DEV_BLK_STATUS_UNSUP;
	}
}

struct lkl_dev_blk_ops lkl_dev_blk_ops = {
	.get_capacity = file_capacity,
	.request = file_request,
};
