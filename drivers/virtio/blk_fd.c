// SPDX-License-Identifier: GPL-2.0
/*
 * blk_fd.c - block backend over a file descriptor of the host.
 *
 * Layer:   drivers/virtio, below the block device.
 * Users:   blk.c through struct virtio_blk_backend_ops; the composition makes
 *          it. Needs a Linux host.
 * Locking: none; all state that changes is atomic.
 *
 * DOC: Theory of operation
 *
 * A request that the host can answer from memory is answered at once, in the
 * thread that submits it, because waking another thread costs more (5-25 us)
 * than the whole request (1-100 us). Reads say so with RWF_NOWAIT; -EAGAIN sends
 * what is left of them to io_uring. Writes go to the page cache. Few file
 * systems take RWF_NOWAIT for that (ext4 does not), so where it is refused they
 * are plain writes, which also normally do not wait. When one did (dirty
 * throttling, reading a part block), those that come after go to io_uring for
 * a while, so that the vCPU is not held up again.
 *
 * Large requests are another matter: copying takes longer than waking a thread,
 * and the driver has something else to do meanwhile, if it is writing back or
 * reading ahead. So where there is a second processor they go to io_uring too;
 * reads only if they go on where an earlier one ended, because somebody waits
 * for the first one. (In a row, ext4 in the library read 1.37 times as fast
 * with it, and wrote 1.4 times; measured at real-time priority.)
 *
 * Flushes always wait for the device and never run inline, except on file
 * systems in memory. DISCARD and WRITE_ZEROES are rare and may wait for a
 * journal: worker threads do them.
 *
 * A driver that flushes has mostly written a lot just before. So that the host's
 * disk works meanwhile, and the flush waits only for the rest, write-back is
 * started after every BEHIND_BYTES, in the background (writing 512 MiB in a row
 * with fsync got 1.25 to 1.35 times as fast).
 *
 * Order: a flush is a fdatasync() begun after it was submitted; every write
 * whose completion was reported before has been in the page cache since.
 */
#include "drivers/virtio/blk_fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#define SECTOR_SIZE	512
#define OPTIMAL_SIZE	(1U << 20)

/* An inline write that took longer sends the next ones to io_uring. */
#define STALL_NS	3000000ULL
#define STALL_WRITES	64

/* Larger requests are worth waking another thread, which takes 5-25 us. */
#define OFFLOAD_MIN	(256U << 10)

/* Written so much: have the host write it back. */
#define BEHIND_BYTES	(16U << 20)

static struct fd_disk *to_disk(struct virtio_blk_backend *be)
{
	return (struct fd_disk *)be;
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* Requests. Those that answer "inline" return -EAGAIN to be done later. */

/* Does it begin where a large read ended? Racy: at worst, the other way is. */
static bool read_goes_on(struct fd_disk *disk,
			 const struct virtio_blk_request *req)
{
	uint64_t end = req->offset + req->len;
	unsigned int i;

	for (i = 0; i < FD_STREAMS; i++) {
		if (__atomic_load_n(&disk->stream_end[i], __ATOMIC_RELAXED) !=
		    req->offset)
			continue;
		__atomic_store_n(&disk->stream_end[i], end, __ATOMIC_RELAXED);
		return true;
	}
	i = __atomic_fetch_add(&disk->stream_next, 1, __ATOMIC_RELAXED);
	__atomic_store_n(&disk->stream_end[i % FD_STREAMS], end,
			 __ATOMIC_RELAXED);
	return false;
}

static int read_inline(struct fd_disk *disk, struct virtio_blk_request *req)
{
	int err;

	if (disk->offload && req->len >= OFFLOAD_MIN && read_goes_on(disk, req))
		return -EAGAIN;
	if (disk->memory_only)
		return fd_io_transfer(disk, req, 0);
	if (!__atomic_load_n(&disk->nowait_reads, __ATOMIC_RELAXED))
		return -EAGAIN;
	err = fd_io_transfer(disk, req, RWF_NOWAIT);
	if (err != -EOPNOTSUPP)
		return err;
	__atomic_store_n(&disk->nowait_reads, false, __ATOMIC_RELAXED);
	return -EAGAIN;
}

static int write_watched(struct fd_disk *disk, struct virtio_blk_request *req)
{
	uint64_t start = now_ns();
	int err = fd_io_transfer(disk, req, 0);

	if (now_ns() - start > STALL_NS)
		__atomic_store_n(&disk->async_writes, STALL_WRITES,
				 __ATOMIC_RELAXED);
	return err;
}

static int write_inline(struct fd_disk *disk, struct virtio_blk_request *req)
{
	uint32_t later = __atomic_load_n(&disk->async_writes, __ATOMIC_RELAXED);
	int err;

	if (disk->offload && req->len >= OFFLOAD_MIN)
		return -EAGAIN;
	if (disk->memory_only)
		return fd_io_transfer(disk, req, 0);
	if (disk->sync_writes)
		return -EAGAIN;
	if (later) {
		__atomic_store_n(&disk->async_writes, later - 1,
				 __ATOMIC_RELAXED);
		return -EAGAIN;
	}
	if (!__atomic_load_n(&disk->nowait_writes, __ATOMIC_RELAXED))
		return write_watched(disk, req);
	err = fd_io_transfer(disk, req, RWF_NOWAIT);
	if (err != -EOPNOTSUPP)
		return err;
	__atomic_store_n(&disk->nowait_writes, false, __ATOMIC_RELAXED);
	return write_watched(disk, req);
}

static int fd_inline(struct fd_disk *disk, struct virtio_blk_request *req)
{
	switch (req->op) {
	case VIRTIO_BLK_OP_READ:
		return read_inline(disk, req);
	case VIRTIO_BLK_OP_WRITE:
		return write_inline(disk, req);
	case VIRTIO_BLK_OP_FLUSH:
		return disk->memory_only ? fd_io_run(disk, req) : -EAGAIN;
	default:
		return -EAGAIN;
	}
}

static void fd_later(struct fd_disk *disk, struct virtio_blk_request *req)
{
	if (disk->uring && req->op <= VIRTIO_BLK_OP_FLUSH)
		fd_uring_submit(disk->uring, req);
	else
		fd_pool_submit(disk->pool, req);
}

static void fd_commit(struct virtio_blk_backend *be)
{
	struct fd_disk *disk = to_disk(be);

	if (disk->uring)
		fd_uring_commit(disk->uring);
}

/* Write-behind. There is only one at a time; a slow host's just comes later. */

static void behind_done(struct virtio_blk_request *req, int result)
{
	struct fd_disk *disk = (struct fd_disk *)((char *)req -
					offsetof(struct fd_disk, behind));

	(void)result;
	__atomic_store_n(&disk->behind_busy, false, __ATOMIC_RELEASE);
}

static void behind_count(struct fd_disk *disk, uint64_t len)
{
	if (__atomic_add_fetch(&disk->behind_bytes, len, __ATOMIC_RELAXED) <
	    BEHIND_BYTES)
		return;
	if (__atomic_exchange_n(&disk->behind_busy, true, __ATOMIC_ACQ_REL))
		return;
	__atomic_store_n(&disk->behind_bytes, 0, __ATOMIC_RELAXED);
	disk->behind.op = VIRTIO_BLK_OP_FLUSH;
	disk->behind.done = behind_done;
	fd_later(disk, &disk->behind);
	fd_commit(&disk->be);
}

static int fd_submit(struct virtio_blk_backend *be,
		     struct virtio_blk_request *req)
{
	struct fd_disk *disk = to_disk(be);
	bool write = req->op == VIRTIO_BLK_OP_WRITE && !disk->memory_only;
	uint64_t len = req->len;
	int err = fd_inline(disk, req);

	if (err == -EAGAIN) {
		fd_later(disk, req);
		err = -EINPROGRESS;
	}
	if (write)
		behind_count(disk, len);
	return err;
}

/* The ring's thread may hand requests to the pool, so it ends first. */
static void fd_destroy(struct virtio_blk_backend *be)
{
	struct fd_disk *disk = to_disk(be);

	fd_uring_destroy(disk->uring);
	fd_pool_destroy(disk->pool);
	close(disk->fd);
	disk->host.mem->free(disk);
}

static const struct virtio_blk_backend_ops fd_ops = {
	.submit = fd_submit,
	.commit = fd_commit,
	.destroy = fd_destroy,
};

/* What kind of disk it is */

static bool several_processors(void)
{
	cpu_set_t set;

	/* It fails where there are more than fit into the set. */
	return sched_getaffinity(0, sizeof(set), &set) || CPU_COUNT(&set) > 1;
}

static bool file_system_in_memory(int fd)
{
	struct statfs fs;

	return !fstatfs(fd, &fs) &&
	       (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC);
}

/* Direct I/O must be aligned: the driver is told by the block size. */
static uint32_t direct_block_size(int fd)
{
	struct statx stx;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &stx) ||
	    !(stx.stx_mask & STATX_DIOALIGN) || !stx.stx_dio_offset_align)
		return 4096;
	return stx.stx_dio_offset_align;
}

static int probe_file(struct fd_disk *disk, const struct stat *st, int fl)
{
	disk->be.size = (uint64_t)st->st_size;
	disk->be.block_size = SECTOR_SIZE;
	if (fl & O_DIRECT)
		disk->be.block_size = direct_block_size(disk->fd);
	disk->be.physical_size = 4096;
	disk->memory_only = !(fl & O_DIRECT) && file_system_in_memory(disk->fd);
	return 0;
}

static int probe_device(struct fd_disk *disk, int fl)
{
	uint64_t size;
	int logical, read_only;
	unsigned int physical;

	if (ioctl(disk->fd, BLKGETSIZE64, &size) ||
	    ioctl(disk->fd, BLKSSZGET, &logical) ||
	    ioctl(disk->fd, BLKPBSZGET, &physical) ||
	    ioctl(disk->fd, BLKROGET, &read_only))
		return -errno;
	disk->block_device = true;
	disk->be.size = size;
	disk->be.block_size = fl & O_DIRECT ? (uint32_t)logical : SECTOR_SIZE;
	disk->be.physical_size = physical;
	if (read_only)
		disk->be.read_only = true;
	return 0;
}

/* O_APPEND would make every write go to the end, whatever its offset. */
static int probe_mode(struct fd_disk *disk, int fl)
{
	switch (fl & O_ACCMODE) {
	case O_RDONLY:
		disk->be.read_only = true;
		break;
	case O_WRONLY:
		return -EACCES;
	}
	if (fl & O_PATH)
		return -EBADF;
	if (fl & O_APPEND && !disk->be.read_only)
		return -EINVAL;
	/* Without the page cache, RWF_NOWAIT too waits for the device. */
	disk->nowait_reads = !(fl & O_DIRECT);
	disk->sync_writes = fl & (O_DIRECT | O_DSYNC | O_SYNC);
	return 0;
}

static int probe(struct fd_disk *disk)
{
	struct virtio_blk_backend *be = &disk->be;
	struct stat st;
	int fl, err;

	fl = fcntl(disk->fd, F_GETFL);
	if (fl < 0 || fstat(disk->fd, &st))
		return -errno;
	err = probe_mode(disk, fl);
	if (err)
		return err;
	if (S_ISREG(st.st_mode))
		err = probe_file(disk, &st, fl);
	else if (S_ISBLK(st.st_mode))
		err = probe_device(disk, fl);
	else
		err = -ENOTBLK;
	if (err)
		return err;
	if (be->size % be->block_size)
		return -EINVAL;
	if (be->physical_size < be->block_size)
		be->physical_size = be->block_size;

	be->optimal_size = OPTIMAL_SIZE;
	be->discard = true;
	be->write_zeroes = true;
	snprintf(be->serial, sizeof(be->serial), "%llx-%llx",
		 (unsigned long long)st.st_dev & 0xffffff,
		 (unsigned long long)st.st_ino & 0xffffffffffff);
	return 0;
}

int virtio_blk_fd_create(const struct virtio_host *host, int fd,
			 unsigned int flags, struct virtio_blk_backend **be)
{
	struct fd_disk *disk = host->mem->alloc(sizeof(*disk));
	int err;

	if (!disk)
		return -ENOMEM;
	disk->be.ops = &fd_ops;
	disk->be.read_only = flags & VIRTIO_BLK_FD_READ_ONLY;
	disk->host = *host;
	disk->nowait_writes = true;
	disk->offload = several_processors();
	memset(disk->stream_end, 0xff, sizeof(disk->stream_end));
	disk->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (disk->fd < 0) {
		err = -errno;
		goto err_free;
	}
	err = probe(disk);
	if (err)
		goto err_close;
	err = fd_pool_create(disk, &disk->pool);
	if (err)
		goto err_close;
	if (!(flags & VIRTIO_BLK_FD_NO_URING)) {
		err = fd_uring_create(disk, &disk->uring);
		if (err)
			goto err_pool;
	}
	if (disk->uring && (flags & VIRTIO_BLK_FD_RING_NOW)) {
		err = fd_uring_start(disk->uring);
		if (err)
			goto err_uring;
	}
	*be = &disk->be;
	return 0;

err_uring:
	fd_uring_destroy(disk->uring);
err_pool:
	fd_pool_destroy(disk->pool);
err_close:
	close(disk->fd);
err_free:
	host->mem->free(disk);
	return err;
}
