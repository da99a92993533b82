// SPDX-License-Identifier: GPL-2.0
/*
 * net_socket.c - a socket that carries frames, as a network backend.
 *
 * Layer:   drivers/virtio, a backend (device/backend seam of net.h).
 * Users:   net.c, by its operations; tools/lkl/lib/netdev_pipe.c makes it.
 * Locking: there is one queue pair; the seam says the rest.
 *
 * One message is one frame with its header, so that a packet which another
 * library kernel has not segmented arrives as it was sent. A peer that has
 * closed its end, or sends an empty message, is gone for good.
 */
#include "drivers/virtio/net_pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "drivers/virtio/net_fd.h"

/* So many frames of 64 KiB may be on their way, if the host allows. */
#define FRAMES_QUEUED	16

struct socket_net {
	struct virtio_net_backend be;
	void (*free)(void *ptr);
	struct net_fd queue;
};

static int socket_start(struct virtio_net_backend *be, uint64_t features,
			unsigned int pairs)
{
	return 0;
}

static int socket_send(struct virtio_net_backend *be, unsigned int pair,
		       const struct iovec *iov, unsigned int count, size_t len)
{
	struct socket_net *sock = (struct socket_net *)be;
	struct msghdr msg = { .msg_iov = (struct iovec *)iov, .msg_iovlen = count };
	ssize_t n;

	do {
		n = sendmsg(sock->queue.fd, &msg, MSG_NOSIGNAL);
	} while (n < 0 && (errno == EINTR ||
			   (errno == EAGAIN && net_fd_blocked(&sock->queue))));
	if (n >= 0)
		return 0;
	if (errno == EPIPE || errno == ECONNRESET || errno == ECONNREFUSED)
		virtio_net_gone(be);
	return -errno;
}

static ssize_t socket_receive(struct virtio_net_backend *be, unsigned int pair,
			      const struct iovec *iov, unsigned int count)
{
	struct socket_net *sock = (struct socket_net *)be;
	struct msghdr msg = { .msg_iov = (struct iovec *)iov, .msg_iovlen = count };
	ssize_t n;

	do {
		n = recvmsg(sock->queue.fd, &msg, MSG_TRUNC);
	} while (n < 0 && errno == EINTR);
	if (n > 0)
		return n;
	if (n < 0 && errno == EAGAIN)
		return -EAGAIN;
	virtio_net_gone(be);
	return -ENETDOWN;
}

static void socket_destroy(struct virtio_net_backend *be)
{
	struct socket_net *sock = (struct socket_net *)be;

	net_fd_close(&sock->queue);
	sock->free(sock);
}

static const struct virtio_net_backend_ops socket_ops = {
	.start = socket_start,
	.send = socket_send,
	.receive = socket_receive,
	.destroy = socket_destroy,
};

static int socket_check(int fd)
{
	socklen_t len = sizeof(int);
	int type;

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len))
		return -errno;
	return type == SOCK_SEQPACKET || type == SOCK_DGRAM ? 0 : -EPROTOTYPE;
}

/* The host may allow less; then fewer frames are on their way. */
static void socket_enlarge(int fd)
{
	const int size = FRAMES_QUEUED * VIRTIO_NET_FRAME_MAX;

	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

static int socket_open(struct socket_net *sock, const struct virtio_host *host,
		       int fd)
{
	int err, copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (copy < 0)
		return -errno;
	err = net_fd_open(&sock->queue, host, &sock->be, 0, copy);
	if (err)
		close(copy);
	return err;
}

int virtio_net_socket_create(const struct virtio_host *host, int fd,
			     struct virtio_net_backend **be)
{
	struct socket_net *sock;
	int err = socket_check(fd);

	if (err)
		return err;
	sock = host->mem->alloc(sizeof(*sock));
	if (!sock)
		return -ENOMEM;
	sock->be.ops = &socket_ops;
	sock->be.features = VIRTIO_NET_OFFLOADS;
	sock->be.pairs = 1;
	sock->be.link_up = true;
	sock->free = host->mem->free;
	socket_enlarge(fd);
	err = socket_open(sock, host, fd);
	if (err) {
		host->mem->free(sock);
		return err;
	}
	*be = &sock->be;
	return 0;
}
