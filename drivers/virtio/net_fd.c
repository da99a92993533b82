// SPDX-License-Identifier: GPL-2.0
/*
 * net_fd.c - backends of the network device that are descriptors.
 *
 * Layer:   drivers/virtio, below net_tap.c, net_pipe.c, net_raw.c.
 * Users:   those.
 * Locking: as in struct virtio_net_backend_ops; @blocked is atomic.
 */
#include "drivers/virtio/net_fd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

static void fd_ready(void *arg, uint32_t events)
{
	struct net_fd *nfd = arg;
	unsigned int what = 0;

	if (events & (EPOLLIN | EPOLLHUP | EPOLLRDHUP | EPOLLERR))
		what |= VIRTIO_NET_READY_RECEIVE;
	if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR) &&
	    __atomic_exchange_n(&nfd->blocked, false, __ATOMIC_ACQ_REL))
		what |= VIRTIO_NET_READY_SEND;
	if (what)
		virtio_net_ready(nfd->be, nfd->pair, what);
}

int net_fd_open(struct net_fd *nfd, const struct virtio_host *host,
		struct virtio_net_backend *be, unsigned int pair, int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (!host->watch)
		return -ENOSYS;
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	nfd->be = be;
	nfd->pair = pair;
	nfd->fd = fd;
	nfd->blocked = false;
	nfd->ops = host->watch;
	return host->watch->add(host->watcher, fd, fd_ready, nfd, &nfd->watch);
}

void net_fd_close(struct net_fd *nfd)
{
	nfd->ops->remove(nfd->watch);
	close(nfd->fd);
}

bool net_fd_blocked(struct net_fd *nfd)
{
	return !__atomic_exchange_n(&nfd->blocked, true, __ATOMIC_ACQ_REL);
}

int net_fd_send(struct net_fd *nfd, const struct iovec *iov, unsigned int count,
		size_t len)
{
	ssize_t n;

	do {
		n = writev(nfd->fd, iov, (int)count);
	} while (n < 0 && (errno == EINTR ||
			   (errno == EAGAIN && net_fd_blocked(nfd))));
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

int net_fd_send_bare(struct net_fd *nfd, const struct iovec *iov,
		     unsigned int count, size_t len)
{
	count = net_fd_unprefixed(nfd->out, VIRTIO_NET_SEND_IOVS, iov, count);
	return net_fd_send(nfd, nfd->out, count, len - VIRTIO_NET_HDR_SIZE);
}

unsigned int net_fd_unprefixed(struct iovec *dst, unsigned int max,
			       const struct iovec *iov, unsigned int count)
{
	size_t skip = VIRTIO_NET_HDR_SIZE;
	unsigned int i = 0;

	while (i < count && skip >= iov[i].iov_len)
		skip -= iov[i++].iov_len;
	count -= i;
	if (count > max)
		return 0;
	memcpy(dst, iov + i, count * sizeof(*dst));
	if (count) {
		dst[0].iov_base = (char *)dst[0].iov_base + skip;
		dst[0].iov_len -= skip;
	}
	return count;
}

void net_fd_header_clear(const struct iovec *iov)
{
	size_t left = VIRTIO_NET_HDR_SIZE, n;

	for (; left; left -= n, iov++) {
		n = iov->iov_len < left ? iov->iov_len : left;
		memset(iov->iov_base, 0, n);
	}
}

ssize_t net_fd_receive_bare(struct net_fd *nfd, const struct iovec *iov,
			    unsigned int count)
{
	ssize_t n;

	count = net_fd_unprefixed(nfd->in, VIRTIO_NET_RECEIVE_IOVS, iov, count);
	do {
		n = readv(nfd->fd, nfd->in, (int)count);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (n == 0)
		return 0;
	net_fd_header_clear(iov);
	return n + VIRTIO_NET_HDR_SIZE;
}
