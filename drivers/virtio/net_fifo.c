// SPDX-License-Identifier: GPL-2.0
/*
 * net_fifo.c - two pipes that carry frames, as a network backend.
 *
 * Layer:   drivers/virtio, a backend (device/backend seam of net.h).
 * Users:   net.c, by its operations; tools/lkl/lib/netdev_pipe.c makes it.
 * Locking: there is one queue pair; the seam says the rest.
 *
 * A packetized pipe keeps the bounds of writes of up to PIPE_BUF bytes, and takes
 * each whole or not at all. So a frame is one write, without a header.
 */
#include "drivers/virtio/net_pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "drivers/virtio/net_fd.h"

/* Each frame takes a page of the pipe; as much as any user may ask for. */
#define PIPE_BYTES	(1 << 20)

struct fifo {
	struct virtio_net_backend be;
	void (*free)(void *ptr);
	struct net_fd rx;
	struct net_fd tx;
};

static int fifo_start(struct virtio_net_backend *be, uint64_t features,
		      unsigned int pairs)
{
	return 0;
}

static int fifo_send(struct virtio_net_backend *be, unsigned int pair,
		     const struct iovec *iov, unsigned int count, size_t len)
{
	struct fifo *fifo = (struct fifo *)be;

	if (len - VIRTIO_NET_HDR_SIZE > PIPE_BUF)
		return -EMSGSIZE;
	return net_fd_send_bare(&fifo->tx, iov, count, len);
}

/* The end of the file means that no writer is left; others may come. */
static ssize_t fifo_receive(struct virtio_net_backend *be, unsigned int pair,
			    const struct iovec *iov, unsigned int count)
{
	struct fifo *fifo = (struct fifo *)be;
	ssize_t n = net_fd_receive_bare(&fifo->rx, iov, count);

	return n ? n : -EAGAIN;
}

static void fifo_destroy(struct virtio_net_backend *be)
{
	struct fifo *fifo = (struct fifo *)be;

	net_fd_close(&fifo->rx);
	net_fd_close(&fifo->tx);
	fifo->free(fifo);
}

static const struct virtio_net_backend_ops fifo_ops = {
	.start = fifo_start,
	.send = fifo_send,
	.receive = fifo_receive,
	.destroy = fifo_destroy,
};

static int pipe_open(struct net_fd *nfd, const struct virtio_host *host,
		     struct virtio_net_backend *be, int fd)
{
	int err, copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (copy < 0)
		return -errno;
	/* As many frames as the host allows. */
	fcntl(copy, F_SETPIPE_SZ, PIPE_BYTES);
	if (fcntl(copy, F_SETFL, fcntl(copy, F_GETFL) | O_DIRECT) < 0)
		err = -EINVAL;
	else
		err = net_fd_open(nfd, host, be, 0, copy);
	if (err)
		close(copy);
	return err;
}

int virtio_net_fifo_create(const struct virtio_host *host, int rx, int tx,
			   struct virtio_net_backend **be)
{
	struct fifo *fifo = host->mem->alloc(sizeof(*fifo));
	int err;

	if (!fifo)
		return -ENOMEM;
	fifo->be.ops = &fifo_ops;
	fifo->be.pairs = 1;
	fifo->be.link_up = true;
	fifo->free = host->mem->free;
	err = pipe_open(&fifo->rx, host, &fifo->be, rx);
	if (err)
		goto err_free;
	err = pipe_open(&fifo->tx, host, &fifo->be, tx);
	if (err)
		goto err_rx;
	*be = &fifo->be;
	return 0;

err_rx:
	net_fd_close(&fifo->rx);
err_free:
	host->mem->free(fifo);
	return err;
}
