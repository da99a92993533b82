/* SPDX-License-Identifier: GPL-2.0 */
/*
 * net_pcap.h - a network backend that writes down what passes another.
 *
 * Layer:   drivers/virtio.
 * Users:   the composition (tools/lkl/lib/netdev.c), tests.
 */
#ifndef LKL_VIRTIO_NET_PCAP_H
#define LKL_VIRTIO_NET_PCAP_H

#include "drivers/virtio/net.h"

/**
 * virtio_net_pcap_begin - write the beginning of a capture
 * @fd: an empty file, open for appending
 *
 * Context: any. Return: 0, or a negative errno of the host.
 */
int virtio_net_pcap_begin(int fd);

/**
 * virtio_net_pcap_create - capture what passes a backend
 * @host: surroundings
 * @inner: the backend; belongs to the new one from now on, if this succeeds
 * @fd: the file, after virtio_net_pcap_begin(); duplicated
 * @be: set to the new backend, which offers what @inner does
 *
 * Frames are written as they pass: whole where they are left to be segmented, and
 * with checksums that are left to be computed. When the file takes no more, the
 * capture ends and frames go on.
 *
 * Context: not on a vCPU. Return: 0, -ENOMEM, -EMFILE, -EBADF.
 */
int virtio_net_pcap_create(const struct virtio_host *host,
			   struct virtio_net_backend *inner, int fd,
			   struct virtio_net_backend **be);

#endif /* LKL_VIRTIO_NET_PCAP_H */
