/* SPDX-License-Identifier: GPL-2.0 */
/*
 * net_stream.h - network backend over a connected stream socket.
 *
 * Layer:   drivers/virtio, below the network device.
 * Users:   net_passt.c; whoever has a socket that speaks this protocol, which is
 *          that of QEMU's "-netdev stream" and of passt: before each Ethernet
 *          frame its length in bytes, as 4 bytes, big-endian.
 */
#ifndef LKL_VIRTIO_NET_STREAM_H
#define LKL_VIRTIO_NET_STREAM_H

#include <netinet/in.h>

#include "drivers/virtio/net.h"

/**
 * struct virtio_net_stream - what a stream backend is made from
 * @fd: a connected stream socket; the backend's from then on
 * @alive: a descriptor that hangs up when the process at the other end is gone, or
 *	-1; the backend's from then on. Destroying it waits for that
 * @mtu: the link's MTU in bytes
 * @mac: the interface's address, or zeros
 * @announce: an IPv4 address that is announced with the interface's own when the
 *	device starts, for a peer that does not ask where to send to; or 0
 * @mend_refusals: the peer's refusals need it, see net_refusal.h
 */
struct virtio_net_stream {
	int fd;
	int alive;
	uint16_t mtu;
	uint8_t mac[6];
	struct in_addr announce;
	bool mend_refusals;
};

/**
 * virtio_net_stream_create - a backend over a connected stream socket
 * @host: surroundings; @mem and @watch are used
 * @stream: what to make it from
 * @be: set to the backend; give it to virtio_net_create() or destroy it
 *
 * Context: not on a vCPU. Return: 0, -ENOMEM, -EOPNOTSUPP (the host cannot watch
 * descriptors), or what watching it failed with; the descriptors then stay the
 * caller's.
 */
int virtio_net_stream_create(const struct virtio_host *host,
			     const struct virtio_net_stream *stream,
			     struct virtio_net_backend **be);

/**
 * virtio_net_stream_close - close the descriptors of a stream
 * @stream: they
 *
 * Context: not on a vCPU. Blocks: until the process at the other end is gone, but
 * not for long.
 */
void virtio_net_stream_close(const struct virtio_net_stream *stream);

#endif /* LKL_VIRTIO_NET_STREAM_H */
