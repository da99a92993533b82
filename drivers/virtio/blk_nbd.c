// SPDX-License-Identifier: GPL-2.0
/*
 * blk_nbd.c - block backend over an NBD server, by libnbd.
 *
 * Layer:   drivers/virtio, below the block device.
 * Users:   blk.c through struct virtio_blk_backend_ops; tools/lkl/image makes it.
 * Locking: none. Requests come in by a lock-free list; the connection and all
 *          else belong to the backend's thread alone.
 *
 * DOC: Theory of operation
 *
 * One thread talks to the server: it takes what was queued, issues it, and waits
 * for the socket and for more, so that as many commands are under way as there
 * are requests. Sending where a request arrives would save waking the thread,
 * but a vCPU would then wait for a full socket, and for the handle's mutex.
 *
 * An NBD command has one buffer, a request up to 254. Buffers that follow each
 * other in memory count as one, and a large one is used as it is; small ones are
 * gathered in a bounce buffer, because copying a page (0.4 us) costs far less
 * than a command of its own. A request thus becomes one or more pieces, and is
 * done when all its pieces are. Pieces are few, which bounds memory and what a
 * server has to hold; a request that finds none waits for one.
 *
 * A flush covers every write whose answer came before it was sent (NBD protocol,
 * "Ordering of messages and writes"), which is what the device asks for.
 *
 * If the connection breaks, libnbd ends all commands with an error, and those
 * that come later fail at once. It is not made again: what the server had not
 * flushed may be lost, and only the file system can say whether that matters.
 */
#include "drivers/virtio/blk_nbd.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "drivers/virtio/nbd_api.h"

#define SECTOR_SIZE	512
#define BLOCK_SIZE_MAX	4096

#define PIECES_MAX	32
#define BOUNCE_SIZE	(512U << 10)

/* A run of memory as long as this is worth a command of its own. */
#define DIRECT_MIN	(128U << 10)
#define DIRECT_MAX	(4U << 20)

/* The kernel reads ahead twice as much, which hides a server's distance. */
#define OPTIMAL_SIZE	(1U << 20)

/**
 * struct nbd_job - a request under way, in struct virtio_blk_request
 * @next: in a list
 * @iov: the first buffer not yet in a piece
 * @skip: bytes of it that are
 * @issued: bytes of the request that are
 * @pending: pieces not yet answered, and 1 while it is being issued
 * @result: 0 or the first error
 */
struct nbd_job {
	struct virtio_blk_request *next;
	unsigned int iov;
	size_t skip;
	uint64_t issued;
	unsigned int pending;
	int result;
};

_Static_assert(sizeof(struct nbd_job) <=
	       sizeof(((struct virtio_blk_request *)0)->backend),
	       "a job fits into the request");

struct nbd_disk;

/**
 * struct nbd_piece - one NBD command
 * @disk: whose
 * @next: in the free list
 * @req: the request it is a part of
 * @buf: the data, in guest memory or @bounce
 * @len: bytes
 * @offset: on the disk
 * @iov: first buffer it covers
 * @skip: bytes of that which come before it
 * @bounce: its own buffer, or NULL; kept
 */
struct nbd_piece {
	struct nbd_disk *disk;
	struct nbd_piece *next;
	struct virtio_blk_request *req;
	char *buf;
	size_t len;
	uint64_t offset;
	unsigned int iov;
	size_t skip;
	char *bounce;
};

/**
 * struct nbd_disk - the backend
 * @be: its public part; first
 * @host: surroundings
 * @api: libnbd
 * @nbd: the connection
 * @can_flush: the server has a cache that can be flushed
 * @piece_max: bytes the server takes in one command
 * @event: eventfd that wakes the thread
 * @thread: the thread
 * @incoming: newest queued request; atomic
 * @sleeping: the thread needs a wake-up; atomic
 * @stopping: the thread shall end; atomic
 * @first: oldest request not yet issued; from here on the thread's own
 * @last: newest one
 * @in_flight: pieces with the server
 * @free: pieces not in use, the one used last first
 * @pieces: all of them
 */
struct nbd_disk {
	struct virtio_blk_backend be;
	struct virtio_host host;
	const struct nbd_api *api;
	struct nbd_handle *nbd;
	bool can_flush;
	size_t piece_max;
	int event;
	__u64 thread;

	struct virtio_blk_request *incoming;
	bool sleeping;
	bool stopping;

	struct virtio_blk_request *first;
	struct virtio_blk_request *last;
	unsigned int in_flight;
	struct nbd_piece *free;
	struct nbd_piece pieces[PIECES_MAX];
};

static struct nbd_job *nbd_job(struct virtio_blk_request *req)
{
	return (struct nbd_job *)req->backend;
}

/* Pieces */

static void piece_put(struct nbd_piece *piece)
{
	piece->next = piece->disk->free;
	piece->disk->free = piece;
}

static size_t min_size(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* How many bytes follow in memory from where the request has come to. */
static size_t run_length(const struct virtio_blk_request *req,
			 const struct nbd_job *job)
{
	const struct iovec *iov = &req->iov[job->iov];
	const struct iovec *end = req->iov + req->iov_count;
	size_t len = iov->iov_len - job->skip;

	for (; iov + 1 < end; iov++) {
		if ((char *)iov[0].iov_base + iov[0].iov_len !=
		    (char *)iov[1].iov_base)
			break;
		len += iov[1].iov_len;
	}
	return len;
}

static void job_advance(const struct virtio_blk_request *req,
			struct nbd_job *job, size_t len)
{
	job->issued += len;
	len += job->skip;
	while (job->iov < req->iov_count && len >= req->iov[job->iov].iov_len)
		len -= req->iov[job->iov++].iov_len;
	job->skip = len;
}

/* Copy between the bounce buffer and the request's buffers. */
static void piece_copy(struct nbd_piece *piece, bool to_request)
{
	const struct iovec *iov = &piece->req->iov[piece->iov];
	size_t skip = piece->skip;
	char *p = piece->bounce;
	size_t left = piece->len;

	for (; left; iov++) {
		size_t n = min_size(iov->iov_len - skip, left);
		char *q = (char *)iov->iov_base + skip;

		if (to_request)
			memcpy(q, p, n);
		else
			memcpy(p, q, n);
		p += n;
		left -= n;
		skip = 0;
	}
}

/* Cut the next piece of a READ or WRITE. Return: 0, -ENOMEM. */
static int piece_cut(struct nbd_piece *piece, struct virtio_blk_request *req)
{
	struct nbd_job *job = nbd_job(req);
	uint64_t left = req->len - job->issued;
	size_t run = run_length(req, job);

	piece->offset = req->offset + job->issued;
	piece->iov = job->iov;
	piece->skip = job->skip;
	if (run >= left || run >= DIRECT_MIN) {
		piece->buf = (char *)req->iov[job->iov].iov_base + job->skip;
		piece->len = min_size(min_size(run, left),
				      piece->disk->piece_max);
	} else {
		if (!piece->bounce)
			piece->bounce =
				piece->disk->host.mem->alloc(BOUNCE_SIZE);
		if (!piece->bounce)
			return -ENOMEM;
		piece->buf = piece->bounce;
		piece->len = min_size(min_size(left, BOUNCE_SIZE),
				      piece->disk->piece_max);
		if (req->op == VIRTIO_BLK_OP_WRITE)
			piece_copy(piece, false);
	}
	job_advance(req, job, piece->len);
	return 0;
}

static void job_put(struct virtio_blk_request *req, int result)
{
	struct nbd_job *job = nbd_job(req);

	if (result && !job->result)
		job->result = result;
	if (--job->pending == 0)
		req->done(req, job->result);
}

/* In nbd_aio_notify_read(), or wherever libnbd finds the connection broken. */
static int piece_done(void *arg, int *error)
{
	struct nbd_piece *piece = arg;
	struct virtio_blk_request *req = piece->req;

	if (!*error && piece->buf == piece->bounce &&
	    req->op == VIRTIO_BLK_OP_READ)
		piece_copy(piece, true);
	piece->disk->in_flight--;
	piece_put(piece);
	job_put(req, *error == EOPNOTSUPP ? -EOPNOTSUPP : -*error);
	return 1;
}

static int64_t piece_send(struct nbd_disk *disk, struct nbd_piece *piece)
{
	const struct nbd_api *api = disk->api;
	const nbd_completion_callback done = {
		.callback = piece_done, .user_data = piece,
	};
	struct virtio_blk_request *req = piece->req;

	switch (req->op) {
	case VIRTIO_BLK_OP_READ:
		return api->aio_pread(disk->nbd, piece->buf, piece->len,
				      piece->offset, done, 0);
	case VIRTIO_BLK_OP_WRITE:
		return api->aio_pwrite(disk->nbd, piece->buf, piece->len,
				       piece->offset, done, 0);
	case VIRTIO_BLK_OP_FLUSH:
		return api->aio_flush(disk->nbd, done, 0);
	case VIRTIO_BLK_OP_DISCARD:
		return api->aio_trim(disk->nbd, req->len, req->offset, done, 0);
	case VIRTIO_BLK_OP_WRITE_ZEROES:
		return api->aio_zero(disk->nbd, req->len, req->offset, done,
				     req->unmap ? 0 : LIBNBD_CMD_FLAG_NO_HOLE);
	}
	return -1;
}

/* After a success the piece may be done already, and not ours any more. */
static int piece_issue(struct nbd_disk *disk, struct nbd_piece *piece)
{
	struct virtio_blk_request *req = piece->req;

	nbd_job(req)->pending++;
	disk->in_flight++;
	if (piece_send(disk, piece) >= 0)
		return 0;
	disk->in_flight--;
	nbd_job(req)->pending--;
	piece_put(piece);
	return -EIO;
}

static bool has_data(const struct virtio_blk_request *req)
{
	return req->op == VIRTIO_BLK_OP_READ || req->op == VIRTIO_BLK_OP_WRITE;
}

/*
 * Issue what is left of a request.
 * Return: 0, -EAGAIN when it has to wait for a piece, else its error.
 */
static int request_issue(struct nbd_disk *disk, struct virtio_blk_request *req)
{
	struct nbd_piece *piece;
	int err;

	do {
		piece = disk->free;
		if (!piece)
			return -EAGAIN;
		disk->free = piece->next;
		piece->req = req;
		piece->buf = NULL;
		if (has_data(req)) {
			err = piece_cut(piece, req);
			if (err) {
				piece_put(piece);
				return err;
			}
		}
		err = piece_issue(disk, piece);
	} while (!err && has_data(req) && nbd_job(req)->issued < req->len);
	return err;
}

/* The thread */

static void incoming_take(struct nbd_disk *disk)
{
	struct virtio_blk_request *req, *next, *oldest = NULL;

	req = __atomic_exchange_n(&disk->incoming, NULL, __ATOMIC_SEQ_CST);
	for (; req; req = next) {
		next = nbd_job(req)->next;
		nbd_job(req)->next = oldest;
		oldest = req;
	}
	if (!oldest)
		return;
	if (disk->last)
		nbd_job(disk->last)->next = oldest;
	else
		disk->first = oldest;
	while (nbd_job(oldest)->next)
		oldest = nbd_job(oldest)->next;
	disk->last = oldest;
}

/*
 * With nothing in flight there is a free piece, so a request that has to wait
 * is always followed by an answer that frees one.
 */
static void requests_issue(struct nbd_disk *disk)
{
	struct virtio_blk_request *req;
	int err;

	while ((req = disk->first)) {
		err = request_issue(disk, req);
		if (err == -EAGAIN)
			return;
		disk->first = nbd_job(req)->next;
		if (!disk->first)
			disk->last = NULL;
		job_put(req, err);
	}
}

static short poll_events(struct nbd_disk *disk)
{
	unsigned int direction = disk->api->aio_get_direction(disk->nbd);
	short events = 0;

	if (direction & LIBNBD_AIO_DIRECTION_READ)
		events |= POLLIN;
	if (direction & LIBNBD_AIO_DIRECTION_WRITE)
		events |= POLLOUT;
	return events;
}

static bool connected(struct nbd_disk *disk)
{
	return disk->api->aio_is_dead(disk->nbd) == 0 &&
	       disk->api->aio_is_closed(disk->nbd) == 0;
}

/*
 * One notification at a time, because the first may make another one invalid.
 * Hanging up shows as an end of file, or an error, when reading.
 */
static void socket_ready(struct nbd_disk *disk, short events, short revents)
{
	bool readable = revents & ~POLLOUT;

	if ((events & POLLIN) && (readable || !(events & POLLOUT)))
		disk->api->aio_notify_read(disk->nbd);
	else
		disk->api->aio_notify_write(disk->nbd);
}

static void thread_wait(struct nbd_disk *disk)
{
	struct pollfd fds[2] = {
		{ .fd = disk->event, .events = POLLIN },
		{ .fd = -1 },
	};
	uint64_t count;
	int timeout = -1;

	if (connected(disk)) {
		fds[1].fd = disk->api->aio_get_fd(disk->nbd);
		fds[1].events = poll_events(disk);
	}
	/* Who queues or stops looks at @sleeping afterwards, we before. */
	__atomic_store_n(&disk->sleeping, true, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&disk->incoming, __ATOMIC_SEQ_CST) ||
	    __atomic_load_n(&disk->stopping, __ATOMIC_SEQ_CST))
		timeout = 0;
	if (poll(fds, 2, timeout) < 0)
		fds[0].revents = fds[1].revents = 0;
	__atomic_store_n(&disk->sleeping, false, __ATOMIC_SEQ_CST);

	if (fds[0].revents && read(disk->event, &count, sizeof(count)) < 0)
		return;
	if (fds[1].revents)
		socket_ready(disk, fds[1].events, fds[1].revents);
}

static void nbd_thread(void *arg)
{
	struct nbd_disk *disk = arg;
	bool stopping;

	for (;;) {
		stopping = __atomic_load_n(&disk->stopping, __ATOMIC_SEQ_CST);
		incoming_take(disk);
		requests_issue(disk);
		if (stopping && !disk->first && !disk->in_flight)
			return;
		thread_wait(disk);
	}
}

/* Any thread */

static int nbd_submit(struct virtio_blk_backend *be,
		      struct virtio_blk_request *req)
{
	struct nbd_disk *disk = (struct nbd_disk *)be;
	struct virtio_blk_request *newest;
	struct nbd_job *job = nbd_job(req);

	if (req->op == VIRTIO_BLK_OP_FLUSH && !disk->can_flush)
		return 0;
	*job = (struct nbd_job){ .pending = 1 };
	newest = __atomic_load_n(&disk->incoming, __ATOMIC_RELAXED);
	do {
		job->next = newest;
	} while (!__atomic_compare_exchange_n(&disk->incoming, &newest, req,
					      true, __ATOMIC_SEQ_CST,
					      __ATOMIC_RELAXED));
	return -EINPROGRESS;
}

static void nbd_commit(struct virtio_blk_backend *be)
{
	static const uint64_t one = 1;
	struct nbd_disk *disk = (struct nbd_disk *)be;

	if (!__atomic_exchange_n(&disk->sleeping, false, __ATOMIC_SEQ_CST))
		return;
	/* Cannot fail: the counter is far from its end, and so not full. */
	while (write(disk->event, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

static void nbd_free(struct nbd_disk *disk)
{
	const struct lkl_mem_ops *mem = disk->host.mem;
	unsigned int i;

	for (i = 0; i < PIECES_MAX; i++)
		mem->free(disk->pieces[i].bounce);
	if (disk->event >= 0)
		close(disk->event);
	mem->free(disk);
}

static void nbd_destroy(struct virtio_blk_backend *be)
{
	struct nbd_disk *disk = (struct nbd_disk *)be;

	__atomic_store_n(&disk->stopping, true, __ATOMIC_SEQ_CST);
	nbd_commit(be);
	disk->host.thread->join(disk->thread);
	nbd_free(disk);
}

static const struct virtio_blk_backend_ops nbd_ops = {
	.submit = nbd_submit,
	.commit = nbd_commit,
	.destroy = nbd_destroy,
};

/* What the server has */

static uint32_t server_block_size(struct nbd_disk *disk)
{
	int64_t size = disk->api->get_block_size(disk->nbd,
						 LIBNBD_SIZE_MINIMUM);

	if (size > UINT32_MAX)
		return UINT32_MAX;
	return size < SECTOR_SIZE ? SECTOR_SIZE : size;
}

/* A multiple of the block size; 32 MiB is what any server takes (NBD protocol). */
static size_t server_piece_max(struct nbd_disk *disk, uint32_t block)
{
	int64_t size = disk->api->get_block_size(disk->nbd,
						 LIBNBD_SIZE_MAXIMUM);

	if (size < block || size > DIRECT_MAX)
		return DIRECT_MAX;
	return (size_t)size / block * block;
}

static int nbd_probe(struct nbd_disk *disk, bool read_only)
{
	struct virtio_blk_backend *be = &disk->be;
	int64_t size = disk->api->get_size(disk->nbd);
	uint32_t block = server_block_size(disk);

	if (size < 0 || !connected(disk))
		return -ENOTCONN;
	if (block > BLOCK_SIZE_MAX || (block & (block - 1)) || size % block)
		return -EINVAL;
	be->size = size;
	be->block_size = block;
	be->physical_size = 4096;
	be->optimal_size = OPTIMAL_SIZE;
	be->read_only = read_only || disk->api->is_read_only(disk->nbd) != 0;
	be->discard = disk->api->can_trim(disk->nbd) == 1;
	be->write_zeroes = disk->api->can_zero(disk->nbd) == 1;
	disk->can_flush = disk->api->can_flush(disk->nbd) == 1;
	disk->piece_max = server_piece_max(disk, block);
	return 0;
}

static void pieces_init(struct nbd_disk *disk)
{
	unsigned int i;

	for (i = PIECES_MAX; i-- > 0;) {
		disk->pieces[i].disk = disk;
		piece_put(&disk->pieces[i]);
	}
}

int virtio_blk_nbd_create(const struct virtio_host *host,
			  const struct nbd_api *api, struct nbd_handle *nbd,
			  bool read_only, struct virtio_blk_backend **be)
{
	struct nbd_disk *disk = host->mem->alloc(sizeof(*disk));
	int err;

	if (!disk)
		return -ENOMEM;
	disk->be.ops = &nbd_ops;
	disk->host = *host;
	disk->api = api;
	disk->nbd = nbd;
	disk->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (disk->event < 0) {
		err = -errno;
		goto err_free;
	}
	err = nbd_probe(disk, read_only);
	if (err)
		goto err_free;
	pieces_init(disk);
	err = host->thread->create(nbd_thread, disk, "virtio-nbd",
				   &disk->thread);
	if (err)
		goto err_free;
	*be = &disk->be;
	return 0;

err_free:
	nbd_free(disk);
	return err;
}
