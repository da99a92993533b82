// SPDX-License-Identifier: GPL-2.0
/*
 * blk_fd_pool.c - worker threads for requests that block.
 *
 * Layer:   drivers/virtio, below blk_fd.c.
 * Users:   blk_fd.c for DISCARD and WRITE_ZEROES, and for everything where
 *          io_uring is not permitted; blk_fd_uring.c when a ring fails.
 * Locking: @lock covers the list and the counts, for a few instructions. It is
 *          taken on vCPUs; no holder ever waits.
 *
 * Workers sleep on a semaphore that has one permit for each queued request,
 * and one more for each worker when the pool ends.
 */
#include "drivers/virtio/blk_fd.h"

#include <errno.h>

#include "drivers/virtio/lock.h"

#define WORKERS_MAX	4

/**
 * struct fd_pool - see above
 * @disk: whose requests these are
 * @work: a permit for each queued request
 * @lock: protects what follows
 * @first: oldest queued request
 * @last: newest one
 * @waiting: how many are queued
 * @idle: workers that are not busy with a request
 * @stopping: workers shall end
 * @used: which of @threads exist, or are being made
 * @threads: the workers
 */
struct fd_pool {
	struct fd_disk *disk;
	struct lkl_sem *work;
	struct virtio_lock lock;
	struct virtio_blk_request *first;
	struct virtio_blk_request *last;
	unsigned int waiting;
	unsigned int idle;
	bool stopping;
	bool used[WORKERS_MAX];
	__u64 threads[WORKERS_MAX];
};

static void pool_put(struct fd_pool *pool, struct virtio_blk_request *req)
{
	fd_job(req)->next = NULL;
	if (pool->last)
		fd_job(pool->last)->next = req;
	else
		pool->first = req;
	pool->last = req;
	pool->waiting++;
}

/* The oldest request, or NULL. A worker that gets one is no longer idle. */
static struct virtio_blk_request *pool_take(struct fd_pool *pool, bool worker,
					    bool *stopping)
{
	struct virtio_blk_request *req;

	virtio_lock(&pool->lock);
	*stopping = pool->stopping;
	req = pool->first;
	if (req) {
		pool->first = fd_job(req)->next;
		if (!pool->first)
			pool->last = NULL;
		pool->waiting--;
		if (worker)
			pool->idle--;
	}
	virtio_unlock(&pool->lock);
	return req;
}

static void pool_idle_again(struct fd_pool *pool)
{
	virtio_lock(&pool->lock);
	pool->idle++;
	virtio_unlock(&pool->lock);
}

static void pool_worker(void *arg)
{
	struct fd_pool *pool = arg;
	struct virtio_blk_request *req;
	bool stopping = false;

	while (!stopping) {
		pool->disk->host.sem->down(pool->work, LKL_FOREVER);
		req = pool_take(pool, true, &stopping);
		if (!req)
			continue;
		req->done(req, fd_io_run(pool->disk, req));
		pool_idle_again(pool);
	}
}

/* No thread can be had: late is better than never. */
static void pool_run_here(struct fd_pool *pool)
{
	struct virtio_blk_request *req;
	bool stopping;

	while ((req = pool_take(pool, false, &stopping)))
		req->done(req, fd_io_run(pool->disk, req));
}

/* Queue, and say which worker to start if all others are busy, or -1. */
static int pool_queue(struct fd_pool *pool, struct virtio_blk_request *req)
{
	int i = -1;

	virtio_lock(&pool->lock);
	pool_put(pool, req);
	if (pool->waiting > pool->idle) {
		for (i = 0; i < WORKERS_MAX && pool->used[i]; i++)
			;
		if (i < WORKERS_MAX) {
			pool->used[i] = true;
			pool->idle++;
		} else {
			i = -1;
		}
	}
	virtio_unlock(&pool->lock);
	return i;
}

/* Return: whether there is any other worker. */
static bool pool_unqueue_worker(struct fd_pool *pool, int index)
{
	bool any = false;
	int i;

	virtio_lock(&pool->lock);
	pool->used[index] = false;
	pool->idle--;
	for (i = 0; i < WORKERS_MAX; i++)
		any |= pool->used[i];
	virtio_unlock(&pool->lock);
	return any;
}

void fd_pool_submit(struct fd_pool *pool, struct virtio_blk_request *req)
{
	const struct virtio_host *host = &pool->disk->host;
	int i = pool_queue(pool, req);

	if (i >= 0 &&
	    host->thread->create(pool_worker, pool, "virtio-blk",
				 &pool->threads[i]) &&
	    !pool_unqueue_worker(pool, i))
		pool_run_here(pool);
	else
		host->sem->up(pool->work);
}

int fd_pool_create(struct fd_disk *disk, struct fd_pool **pool)
{
	struct fd_pool *p = disk->host.mem->alloc(sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->disk = disk;
	p->work = disk->host.sem->alloc(0);
	if (!p->work) {
		disk->host.mem->free(p);
		return -ENOMEM;
	}
	*pool = p;
	return 0;
}

void fd_pool_destroy(struct fd_pool *pool)
{
	const struct virtio_host *host;
	int i;

	if (!pool)
		return;
	host = &pool->disk->host;
	virtio_lock(&pool->lock);
	pool->stopping = true;
	virtio_unlock(&pool->lock);

	for (i = 0; i < WORKERS_MAX; i++)
		host->sem->up(pool->work);
	for (i = 0; i < WORKERS_MAX; i++)
		if (pool->used[i])
			host->thread->join(pool->threads[i]);
	host->sem->free(pool->work);
	host->mem->free(pool);
}
