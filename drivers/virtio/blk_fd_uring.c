// SPDX-License-Identifier: GPL-2.0
/*
 * blk_fd_uring.c - reads, writes and flushes that have to wait, by io_uring.
 *
 * Layer:   drivers/virtio, below blk_fd.c.
 * Users:   blk_fd.c, from any host thread; its own thread does all the rest.
 * Locking: none. Requests come in by a lock-free list; the ring belongs to the
 *          thread alone.
 *
 * DOC: Theory of operation
 *
 * One thread submits and reaps. Submitting where a request arrives would save
 * waking it, but io_uring cancels what a thread has in flight when that thread
 * ends, and vCPUs are run by whatever application thread is at hand.
 *
 * The thread starts with the first request, or before for a program that is about
 * to give up making rings. It sleeps in the ring, where a read
 * of an eventfd is always pending; who queues a request writes to the eventfd
 * only if the thread said that it was about to sleep (@sleeping), and the thread
 * looks at the list once more after saying so.
 *
 * Where io_uring is not to be had (seccomp, sysctl, limits, an old kernel), all
 * requests go to the worker threads: @failed is set first and the list emptied
 * after, while those who queue look at @failed after they queued, so that no
 * request is left behind.
 */
#include "drivers/virtio/blk_fd.h"

#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define RING_ENTRIES	256

/* One entry is for the eventfd; completions always fit into the ring. */
#define IN_FLIGHT_MAX	(RING_ENTRIES - 1)

/**
 * struct fd_uring - see above
 * @disk: whose requests these are
 * @incoming: newest queued request; atomic
 * @started: the thread was started, or somebody is about to; atomic
 * @failed: there is no ring; atomic
 * @stopping: the thread shall end; atomic
 * @sleeping: the thread needs a wake-up; atomic
 * @joinable: @thread is one
 * @thread: the thread
 * @ready: up once the ring is there, or has failed; NULL if nobody waits for it
 * @event: eventfd, or -1; set by the thread, and closed only after it ended,
 *	because who wakes it may be slow to write
 * @ring: the ring; from here on the thread's own
 * @event_count: what reading @event gave
 * @first: oldest request not yet in the ring
 * @last: newest one
 * @in_flight: requests in the ring
 */
struct fd_uring {
	struct fd_disk *disk;
	struct virtio_blk_request *incoming;
	bool started;
	bool failed;
	bool stopping;
	bool sleeping;
	bool joinable;
	__u64 thread;
	struct lkl_sem *ready;

	int event;
	struct io_uring ring;
	uint64_t event_count;
	struct virtio_blk_request *first;
	struct virtio_blk_request *last;
	unsigned int in_flight;
};

/* The ring's thread: from the list into the ring */

static void todo_put(struct fd_uring *uring, struct virtio_blk_request *req)
{
	fd_job(req)->next = NULL;
	if (uring->last)
		fd_job(uring->last)->next = req;
	else
		uring->first = req;
	uring->last = req;
}

static struct virtio_blk_request *todo_take(struct fd_uring *uring)
{
	struct virtio_blk_request *req = uring->first;

	if (req) {
		uring->first = fd_job(req)->next;
		if (!uring->first)
			uring->last = NULL;
	}
	return req;
}

/* All that was queued, oldest first. */
static struct virtio_blk_request *incoming_take(struct fd_uring *uring)
{
	struct virtio_blk_request *newest, *oldest = NULL, *next;

	newest = __atomic_exchange_n(&uring->incoming, NULL, __ATOMIC_SEQ_CST);
	for (; newest; newest = next) {
		next = fd_job(newest)->next;
		fd_job(newest)->next = oldest;
		oldest = newest;
	}
	return oldest;
}

static void incoming_to_todo(struct fd_uring *uring)
{
	struct virtio_blk_request *req = incoming_take(uring), *next;

	for (; req; req = next) {
		next = fd_job(req)->next;
		todo_put(uring, req);
	}
}

static void incoming_to_pool(struct fd_uring *uring)
{
	struct virtio_blk_request *req = incoming_take(uring), *next;

	for (; req; req = next) {
		next = fd_job(req)->next;
		fd_pool_submit(uring->disk->pool, req);
	}
}

static void prepare(struct fd_uring *uring, struct io_uring_sqe *sqe,
		    struct virtio_blk_request *req)
{
	int fd = uring->disk->fd;

	if (fd_is_write_behind(uring->disk, req)) {
		io_uring_prep_sync_file_range(sqe, fd, 0, 0,
					      SYNC_FILE_RANGE_WRITE);
		io_uring_sqe_set_data(sqe, req);
		return;
	}
	switch (req->op) {
	case VIRTIO_BLK_OP_READ:
		io_uring_prep_readv(sqe, fd, req->iov, req->iov_count,
				    req->offset);
		break;
	case VIRTIO_BLK_OP_WRITE:
		io_uring_prep_writev(sqe, fd, req->iov, req->iov_count,
				     req->offset);
		break;
	default:
		io_uring_prep_fsync(sqe, fd, IORING_FSYNC_DATASYNC);
		break;
	}
	io_uring_sqe_set_data(sqe, req);
}

static void todo_to_ring(struct fd_uring *uring)
{
	struct io_uring_sqe *sqe;

	while (uring->first && uring->in_flight < IN_FLIGHT_MAX) {
		sqe = io_uring_get_sqe(&uring->ring);
		if (!sqe)
			return;
		prepare(uring, sqe, todo_take(uring));
		uring->in_flight++;
	}
}

/* The eventfd's read; its entry was kept free for it. */
static bool event_arm(struct fd_uring *uring)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&uring->ring);

	if (!sqe)
		return false;
	io_uring_prep_read(sqe, uring->event, &uring->event_count,
			   sizeof(uring->event_count), 0);
	io_uring_sqe_set_data(sqe, NULL);
	return true;
}

/* The ring's thread: from the ring back */

static bool ring_cannot(int res)
{
	return res == -EINVAL || res == -EOPNOTSUPP || res == -ENOSYS ||
	       res == -EAGAIN || res == -ECANCELED || res == -EINTR ||
	       res == -EPERM;
}

/* What the ring could not do, plain system calls may; they also know why not. */
static void request_reaped(struct fd_uring *uring,
			   struct virtio_blk_request *req, int res)
{
	uring->in_flight--;
	if (ring_cannot(res)) {
		fd_pool_submit(uring->disk->pool, req);
		return;
	}
	if (fd_is_write_behind(uring->disk, req)) {
		req->done(req, 0);
		return;
	}
	if (req->op == VIRTIO_BLK_OP_FLUSH) {
		req->done(req, res < 0 ? res : fd_io_flushed(uring->disk));
		return;
	}
	if (res <= 0 || (uint64_t)res > req->len) {
		req->done(req, res < 0 ? res : -EIO);
		return;
	}
	fd_io_advance(req, (uint64_t)res);
	if (req->len)
		todo_put(uring, req);
	else
		req->done(req, 0);
}

/* Return: whether the eventfd's read is still pending. */
static bool ring_reap(struct fd_uring *uring, bool armed)
{
	struct io_uring_cqe *cqe;
	struct virtio_blk_request *req;
	int res;

	while (!io_uring_peek_cqe(&uring->ring, &cqe)) {
		req = io_uring_cqe_get_data(cqe);
		res = cqe->res;
		io_uring_cqe_seen(&uring->ring, cqe);
		if (req)
			request_reaped(uring, req, res);
		else
			armed = false;
	}
	return armed;
}

/*
 * Start what is in the ring; sleep unless something came in meanwhile, or there
 * is nothing left to wait for.
 */
static void ring_enter(struct fd_uring *uring, bool may_sleep)
{
	if (may_sleep) {
		__atomic_store_n(&uring->sleeping, true, __ATOMIC_SEQ_CST);
		may_sleep = !__atomic_load_n(&uring->incoming,
					     __ATOMIC_SEQ_CST) &&
			    (uring->in_flight ||
			     !__atomic_load_n(&uring->stopping,
					      __ATOMIC_SEQ_CST));
	}
	if (may_sleep)
		io_uring_submit_and_wait(&uring->ring, 1);
	else
		io_uring_submit(&uring->ring);
	__atomic_store_n(&uring->sleeping, false, __ATOMIC_SEQ_CST);
}

static bool ring_busy(const struct fd_uring *uring)
{
	return uring->in_flight || uring->first;
}

static void ring_run(struct fd_uring *uring)
{
	bool armed = false;
	bool stopping;

	for (;;) {
		stopping = __atomic_load_n(&uring->stopping, __ATOMIC_SEQ_CST);
		incoming_to_todo(uring);
		if (stopping && !ring_busy(uring))
			return;
		if (!armed)
			armed = event_arm(uring);
		todo_to_ring(uring);
		ring_enter(uring, armed);
		armed = ring_reap(uring, armed);
	}
}

static int ring_init(struct fd_uring *uring)
{
	int err;

	uring->event = eventfd(0, EFD_CLOEXEC);
	if (uring->event < 0)
		return -errno;
	err = io_uring_queue_init(RING_ENTRIES, &uring->ring,
				  IORING_SETUP_SINGLE_ISSUER |
				  IORING_SETUP_DEFER_TASKRUN);
	if (err == -EINVAL)
		err = io_uring_queue_init(RING_ENTRIES, &uring->ring, 0);
	return err;
}

static void uring_fail(struct fd_uring *uring)
{
	__atomic_store_n(&uring->failed, true, __ATOMIC_SEQ_CST);
	incoming_to_pool(uring);
}

static void uring_thread(void *arg)
{
	struct fd_uring *uring = arg;

	int err = ring_init(uring);

	if (err)
		uring_fail(uring);
	if (uring->ready)
		uring->disk->host.sem->up(uring->ready);
	if (err)
		return;
	ring_run(uring);
	io_uring_queue_exit(&uring->ring);
}

/* Any thread */

void fd_uring_submit(struct fd_uring *uring, struct virtio_blk_request *req)
{
	struct virtio_blk_request *newest;

	newest = __atomic_load_n(&uring->incoming, __ATOMIC_RELAXED);
	do {
		fd_job(req)->next = newest;
	} while (!__atomic_compare_exchange_n(&uring->incoming, &newest, req,
					      true, __ATOMIC_SEQ_CST,
					      __ATOMIC_RELAXED));
}

static void uring_wake(struct fd_uring *uring)
{
	static const uint64_t one = 1;

	if (!__atomic_exchange_n(&uring->sleeping, false, __ATOMIC_SEQ_CST))
		return;
	/* Cannot fail: the counter is far from its end, and so not full. */
	while (write(uring->event, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

static void uring_start(struct fd_uring *uring)
{
	if (uring->disk->host.thread->create(uring_thread, uring, "virtio-blk",
					     &uring->thread))
		uring_fail(uring);
	else
		uring->joinable = true;
}

void fd_uring_commit(struct fd_uring *uring)
{
	if (!__atomic_load_n(&uring->started, __ATOMIC_ACQUIRE) &&
	    !__atomic_exchange_n(&uring->started, true, __ATOMIC_ACQ_REL))
		uring_start(uring);
	if (__atomic_load_n(&uring->failed, __ATOMIC_SEQ_CST))
		incoming_to_pool(uring);
	else
		uring_wake(uring);
}

int fd_uring_start(struct fd_uring *uring)
{
	const struct virtio_host *host = &uring->disk->host;

	uring->ready = host->sem->alloc(0);
	if (!uring->ready)
		return -ENOMEM;
	__atomic_store_n(&uring->started, true, __ATOMIC_RELEASE);
	uring_start(uring);
	if (uring->joinable)
		host->sem->down(uring->ready, LKL_FOREVER);
	return 0;
}

int fd_uring_create(struct fd_disk *disk, struct fd_uring **uring)
{
	struct fd_uring *u = disk->host.mem->alloc(sizeof(*u));

	if (!u)
		return -ENOMEM;
	u->disk = disk;
	u->event = -1;
	*uring = u;
	return 0;
}

void fd_uring_destroy(struct fd_uring *uring)
{
	if (!uring)
		return;
	__atomic_store_n(&uring->stopping, true, __ATOMIC_SEQ_CST);
	if (uring->joinable) {
		uring_wake(uring);
		uring->disk->host.thread->join(uring->thread);
	}
	if (uring->event >= 0)
		close(uring->event);
	if (uring->ready)
		uring->disk->host.sem->free(uring->ready);
	uring->disk->host.mem->free(uring);
}
