/* SPDX-License-Identifier: GPL-2.0 */
/*
 * netmem.h - a network backend in memory, and a driver on a device on it.
 *
 * Layer:   tests/unit.
 * Users:   the suites about the network device.
 */
#ifndef LKL_UNIT_NETMEM_H
#define LKL_UNIT_NETMEM_H

#include <linux/virtio_net.h>

#include "drivers/virtio/net.h"
#include "tests/unit/driver.h"

#define NETMEM_FRAMES	64

#define NET_RX	0
#define NET_TX	1
#define NET_CTRL	2

/* One frame, header included. */
struct netmem_frame {
	unsigned int pair;
	size_t len;
	unsigned char *bytes;
};

/**
 * struct netmem - the backend
 * @be: its public part
 * @sent: frames it was given, and how many
 * @waiting: frames it will give, and how many
 * @room: how many it takes before it says -EAGAIN; negative: all
 * @send_error: what send() fails with, or 0
 * @receive_error: what receive() fails with when nothing waits
 * @flush_error: what flush() fails with, or 0
 * @start_error: what start() fails with, or 0
 * @starts: calls of start()
 * @updates: calls of update()
 * @flushes: calls of flush()
 * @features: those of the last start() or update()
 * @pairs: likewise
 */
struct netmem {
	struct virtio_net_backend be;
	struct netmem_frame sent[NETMEM_FRAMES];
	unsigned int sent_count;
	struct netmem_frame waiting[NETMEM_FRAMES];
	unsigned int waiting_count;
	int room;
	int send_error;
	int receive_error;
	int flush_error;
	int start_error;
	unsigned int starts;
	unsigned int updates;
	unsigned int flushes;
	uint64_t features;
	unsigned int pairs;
};

/* A backend with all features and @pairs queue pairs; its fields may be changed. */
struct netmem *netmem_create(unsigned int pairs);

/* A frame for the driver: @hdr and @len bytes that depend on @seed. */
void netmem_offer(struct netmem *nm, const struct virtio_net_hdr_v1 *hdr,
		  size_t len, unsigned int seed);
unsigned char netmem_byte(unsigned int seed, size_t i);

/**
 * struct netdrv - a driver on a window on a network device on a backend
 * @next: the next descriptor to use, by queue
 */
struct netdrv {
	struct netmem *nm;
	struct virtio_device *vdev;
	struct virtio_mmio *mmio;
	struct driver drv;
	uint16_t next[DRIVER_QUEUES_MAX];
};

#define NETDRV_RING	64

/* Make everything; the driver has not begun. */
void netdrv_make(struct netdrv *nd, struct netmem *nm);
/* Agree on those of @features that are offered, start @queues queues. */
void netdrv_begin(struct netdrv *nd, uint64_t features, unsigned int queues);
/* Both, with the backend of netmem_create(1) and three queues. */
void netdrv_start(struct netdrv *nd, uint64_t features);
void netdrv_stop(struct netdrv *nd);

bool netdrv_broken(struct netdrv *nd);

/* Make @n buffers available on @queue as one chain, and ring. */
uint16_t netdrv_chain(struct netdrv *nd, unsigned int queue,
		      const struct driver_buf *bufs, unsigned int n);

/* Post @count buffers of @len bytes for frames; returns the first. */
guest_addr_t netdrv_post(struct netdrv *nd, unsigned int count, uint32_t len);

/* Send @hdr and @len bytes that depend on @seed, in one buffer. */
void netdrv_send(struct netdrv *nd, const struct virtio_net_hdr_v1 *hdr,
		 uint32_t len, unsigned int seed);

/* Used chains of a queue since the last call. */
unsigned int netdrv_used(struct netdrv *nd, unsigned int queue);

/* Send a command; return: the device's answer. */
uint8_t netdrv_command(struct netdrv *nd, unsigned int queue, uint8_t class,
		       uint8_t cmd, const void *data, uint32_t len);

#endif /* LKL_UNIT_NETMEM_H */
