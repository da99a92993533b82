/* SPDX-License-Identifier: GPL-2.0 */
/*
 * net_fd.h - backends of the network device that are descriptors.
 *
 * Layer:   drivers/virtio, below net_tap.c, net_pipe.c, net_raw.c.
 * Users:   those, which have one descriptor for each queue pair.
 */
#ifndef LKL_VIRTIO_NET_FD_H
#define LKL_VIRTIO_NET_FD_H

#include "drivers/virtio/net.h"

/**
 * struct net_fd - a descriptor that carries the frames of one queue pair
 * @be: the backend
 * @pair: the queue pair
 * @fd: the descriptor, non-blocking; ours
 * @blocked: a frame waits for room; atomic
 * @ops: how it is watched
 * @watch: its watch
 * @out: for the buffers of a frame without its header, or another one in front; the
 *	sender's
 * @in: likewise; the receiver's
 */
struct net_fd {
	struct virtio_net_backend *be;
	unsigned int pair;
	int fd;
	bool blocked;
	const struct virtio_watch_ops *ops;
	struct virtio_watch *watch;
	struct iovec out[1 + VIRTIO_NET_SEND_IOVS];
	struct iovec in[1 + VIRTIO_NET_RECEIVE_IOVS];
};

/**
 * net_fd_open - watch a descriptor for a backend
 * @nfd: filled in
 * @host: surroundings
 * @be: the backend
 * @pair: the queue pair
 * @fd: the descriptor; made non-blocking. It becomes @nfd's if this succeeds.
 *
 * Context: not on a vCPU. Return: 0, -ENOSYS (@host cannot watch), an error of
 * virtio_watch_ops.add or of the host.
 */
int net_fd_open(struct net_fd *nfd, const struct virtio_host *host,
		struct virtio_net_backend *be, unsigned int pair, int fd);

/**
 * net_fd_close - stop watching, and close
 * @nfd: an open one
 *
 * Context: not on a vCPU. Blocks: while it reports to the device.
 */
void net_fd_close(struct net_fd *nfd);

/**
 * net_fd_send - write a frame with one writev()
 * @nfd: the descriptor
 * @iov: the frame, as the descriptor takes it
 * @count: buffers
 * @len: bytes in them
 *
 * Context and return: struct virtio_net_backend_ops.send.
 */
int net_fd_send(struct net_fd *nfd, const struct iovec *iov, unsigned int count,
		size_t len);

/**
 * net_fd_send_bare - the same for a descriptor that carries bare frames
 * @nfd: the descriptor
 * @iov: the frame with its header
 * @count: buffers
 * @len: bytes in them
 *
 * Context and return: struct virtio_net_backend_ops.send.
 */
int net_fd_send_bare(struct net_fd *nfd, const struct iovec *iov,
		     unsigned int count, size_t len);

/**
 * net_fd_blocked - after -EAGAIN: should the frame be offered once more now?
 * @nfd: the descriptor
 *
 * Between the failure and being marked as blocked there may have been room, and
 * nobody would say so again.
 *
 * Return: true the first time; then false: readiness will be reported.
 */
bool net_fd_blocked(struct net_fd *nfd);

/**
 * net_fd_unprefixed - leave the header out, for what carries bare frames
 * @dst: filled: @iov without its first VIRTIO_NET_HDR_SIZE bytes
 * @max: how many it can hold
 * @iov: a frame
 * @count: its buffers
 *
 * Return: buffers in @dst; 0 if there are too many.
 */
unsigned int net_fd_unprefixed(struct iovec *dst, unsigned int max,
			       const struct iovec *iov, unsigned int count);

/**
 * net_fd_header_clear - put a header of zeros where a frame begins
 * @iov: room for at least that
 */
void net_fd_header_clear(const struct iovec *iov);

/**
 * net_fd_receive_bare - receive a frame that comes without a header
 * @nfd: a descriptor of which readv() gives a frame
 * @iov: room
 * @count: buffers
 *
 * Return: bytes with a header of zeros before the frame; 0 at the end of the
 * file; or a negative errno.
 */
ssize_t net_fd_receive_bare(struct net_fd *nfd, const struct iovec *iov,
			    unsigned int count);

#endif /* LKL_VIRTIO_NET_FD_H */
