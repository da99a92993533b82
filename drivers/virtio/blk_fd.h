/* SPDX-License-Identifier: GPL-2.0 */
/*
 * blk_fd.h - the parts of the file descriptor backend.
 *
 * Layer:   drivers/virtio, private to blk_fd*.c.
 *
 * blk_fd.c		the backend: what is done at once, what later
 * blk_fd_io.c		one request by plain system calls
 * blk_fd_uring.c	reads, writes and flushes later, by io_uring
 * blk_fd_pool.c	anything later, by worker threads
 */
#ifndef LKL_VIRTIO_BLK_FD_H
#define LKL_VIRTIO_BLK_FD_H

#include "drivers/virtio/virtio.h"

/* Sequential readers that are recognised at a time. */
#define FD_STREAMS	4

struct fd_pool;
struct fd_uring;

/**
 * struct fd_disk - the backend
 * @be: its public part; first
 * @host: surroundings
 * @fd: our own descriptor
 * @block_device: not a regular file
 * @memory_only: the file system keeps everything in memory: nothing blocks
 * @sync_writes: every write waits for the device (O_SYNC, O_DSYNC, O_DIRECT)
 * @offload: there is another processor to copy large requests
 * @stream_end: where the last large reads ended; atomic
 * @stream_next: which of them to forget next; atomic
 * @nowait_reads: RWF_NOWAIT is good for reads: not refused, not O_DIRECT; atomic
 * @nowait_writes: nor for writes; atomic
 * @async_writes: so many more writes shall not be tried inline; atomic
 * @behind_bytes: bytes written since the last write-behind; atomic
 * @behind_busy: @behind is under way; atomic
 * @behind: the request that starts write-back of what is in the page cache; see
 *	fd_is_write_behind()
 * @pool: worker threads
 * @uring: io_uring, or NULL
 */
struct fd_disk {
	struct virtio_blk_backend be;
	struct virtio_host host;
	int fd;
	bool block_device;
	bool memory_only;
	bool sync_writes;
	bool offload;
	uint64_t stream_end[FD_STREAMS];
	uint32_t stream_next;
	bool nowait_reads;
	bool nowait_writes;
	uint32_t async_writes;
	uint64_t behind_bytes;
	bool behind_busy;
	struct virtio_blk_request behind;
	struct fd_pool *pool;
	struct fd_uring *uring;
};

/**
 * struct fd_job - a request that waits its turn, in struct virtio_blk_request
 * @next: in a list
 */
struct fd_job {
	struct virtio_blk_request *next;
};

_Static_assert(sizeof(struct fd_job) <=
	       sizeof(((struct virtio_blk_request *)0)->backend),
	       "a job fits into the request");

/* A request of the backend to itself, whatever its op says. */
static inline bool fd_is_write_behind(const struct fd_disk *disk,
				      const struct virtio_blk_request *req)
{
	return req == &disk->behind;
}

static inline struct fd_job *fd_job(struct virtio_blk_request *req)
{
	return (struct fd_job *)req->backend;
}

/**
 * fd_io_advance - account for @n bytes done of a READ or WRITE
 * @req: its iov, offset and len become what is left
 * @n: bytes, at most @req->len
 *
 * Context: any.
 */
void fd_io_advance(struct virtio_blk_request *req, uint64_t n);

/**
 * fd_io_transfer - one preadv2 or pwritev2 after the other until all is done
 * @disk: the backend
 * @req: a READ or WRITE; what is left of it
 * @flags: RWF_NOWAIT or 0
 *
 * Context: any; blocks unless RWF_NOWAIT is in @flags.
 * Return: 0, or negative errno: -EAGAIN and -EOPNOTSUPP about @flags; -EIO also
 * if the file ends too early.
 */
int fd_io_transfer(const struct fd_disk *disk, struct virtio_blk_request *req,
		   int flags);

/**
 * fd_io_flushed - what is left to check once fdatasync() succeeded
 * @disk: the backend
 *
 * Context: any. Return: 0, or -EIO if the file is shorter than the disk: writes
 * behind a cut would make a hole of what was lost, and nobody would notice.
 */
int fd_io_flushed(const struct fd_disk *disk);

/**
 * fd_io_run - do a whole request, of any kind
 * @disk: the backend
 * @req: what is left of it
 *
 * Context: any. Blocks: yes. Return: the result of the request.
 */
int fd_io_run(const struct fd_disk *disk, struct virtio_blk_request *req);

/**
 * fd_pool_create - make a pool; its threads start as they are needed
 * @disk: whose requests it is for
 * @pool: set to it
 *
 * Context: not on a vCPU. Return: 0, -ENOMEM.
 */
int fd_pool_create(struct fd_disk *disk, struct fd_pool **pool);

/**
 * fd_pool_submit - have a worker do a request
 * @pool: where
 * @req: the request; its done is called, possibly by this very call if no
 *	thread can be had
 *
 * Context: any host thread. Blocks: only if no thread can be had.
 */
void fd_pool_submit(struct fd_pool *pool, struct virtio_blk_request *req);

/**
 * fd_pool_destroy - end the threads
 * @pool: a pool that has no request; NULL is allowed
 *
 * Context: not on a vCPU. Blocks: yes.
 */
void fd_pool_destroy(struct fd_pool *pool);

/**
 * fd_uring_create - make ready for io_uring; ring and thread start when needed
 * @disk: whose requests it is for; its pool takes over if io_uring fails
 * @uring: set to it
 *
 * Context: not on a vCPU. Return: 0, -ENOMEM.
 */
int fd_uring_create(struct fd_disk *disk, struct fd_uring **uring);

/**
 * fd_uring_start - start ring and thread now
 * @uring: from fd_uring_create(), not used yet
 *
 * Context: not on a vCPU; waits for the thread. Return: 0, also if there can be
 * no ring; -ENOMEM.
 */
int fd_uring_start(struct fd_uring *uring);

/**
 * fd_uring_submit - queue a READ, WRITE, FLUSH or write-behind
 * @uring: where
 * @req: the request; its done is called later
 *
 * It need not start before fd_uring_commit().
 *
 * Context: any host thread. Blocks: no.
 */
void fd_uring_submit(struct fd_uring *uring, struct virtio_blk_request *req);

/**
 * fd_uring_commit - start what was queued
 * @uring: where
 *
 * Context: any host thread. Blocks: no.
 */
void fd_uring_commit(struct fd_uring *uring);

/**
 * fd_uring_destroy - end the thread and the ring
 * @uring: one that has no request; NULL is allowed
 *
 * Context: not on a vCPU. Blocks: yes.
 */
void fd_uring_destroy(struct fd_uring *uring);

#endif /* LKL_VIRTIO_BLK_FD_H */
