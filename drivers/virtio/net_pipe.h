/* SPDX-License-Identifier: GPL-2.0 */
/*
 * net_pipe.h - a link between two network devices: sockets or named pipes.
 *
 * Layer:   drivers/virtio.
 * Users:   the composition (tools/lkl/lib/netdev_pipe.c), tests.
 */
#ifndef LKL_VIRTIO_NET_PIPE_H
#define LKL_VIRTIO_NET_PIPE_H

#include "drivers/virtio/net.h"

/**
 * virtio_net_socket_create - a backend over a socket
 * @host: surroundings; it must be able to watch descriptors
 * @fd: one end of socketpair(AF_UNIX, SOCK_SEQPACKET or SOCK_DGRAM). It is
 *	duplicated and made non-blocking. The other end is another device's, or
 *	whoever speaks frames with virtio headers (net.h).
 * @be: set to the backend
 *
 * Context: not on a vCPU. Return: 0, -EBADF, -ENOTSOCK, -EPROTOTYPE (a socket of
 * another type), -ENOMEM, -EMFILE, -ENOSYS (@host cannot watch).
 */
int virtio_net_socket_create(const struct virtio_host *host, int fd,
			     struct virtio_net_backend **be);

/**
 * virtio_net_fifo_create - a backend over two pipes
 * @host: surroundings; it must be able to watch descriptors
 * @rx: open for reading: frames for us
 * @tx: open for writing: frames from us. Both are duplicated and made
 *	non-blocking and packetized (O_DIRECT of pipe2(2)), which lets a frame
 *	be at most PIPE_BUF bytes long, so the MTU is at most 4078, and frames
 *	carry no headers.
 * @be: set to the backend
 *
 * Context: not on a vCPU. Return: 0, -EBADF, -EINVAL (no pipe), -ENOMEM, -EMFILE,
 * -ENOSYS (@host cannot watch).
 */
int virtio_net_fifo_create(const struct virtio_host *host, int rx, int tx,
			   struct virtio_net_backend **be);

#endif /* LKL_VIRTIO_NET_PIPE_H */
