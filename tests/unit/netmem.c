// SPDX-License-Identifier: GPL-2.0
/*
 * netmem.c - a network backend in memory, and a driver on a device on it.
 *
 * Layer:   tests/unit.
 * Users:   see netmem.h.
 */
#include "tests/unit/netmem.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/fake.h"

/* The backend */

static struct netmem *to_netmem(struct virtio_net_backend *be)
{
	return (struct netmem *)be;
}

static int mem_start(struct virtio_net_backend *be, uint64_t features,
		     unsigned int pairs)
{
	struct netmem *nm = to_netmem(be);

	nm->starts++;
	nm->features = features;
	nm->pairs = pairs;
	return nm->start_error;
}

static int mem_update(struct virtio_net_backend *be, uint64_t features,
		      unsigned int pairs)
{
	struct netmem *nm = to_netmem(be);

	nm->updates++;
	if (nm->start_error)
		return nm->start_error;
	nm->features = features;
	nm->pairs = pairs;
	return 0;
}

static int mem_send(struct virtio_net_backend *be, unsigned int pair,
		    const struct iovec *iov, unsigned int count, size_t len)
{
	struct netmem *nm = to_netmem(be);
	struct netmem_frame *frame = &nm->sent[nm->sent_count];
	size_t at = 0;
	unsigned int i;

	if (nm->send_error)
		return nm->send_error;
	if (nm->room == 0)
		return -EAGAIN;
	if (nm->room > 0)
		nm->room--;
	cr_assert_lt(nm->sent_count, NETMEM_FRAMES);
	*frame = (struct netmem_frame){ pair, len, malloc(len) };
	for (i = 0; i < count; i++) {
		cr_assert_leq(at + iov[i].iov_len, len);
		memcpy(frame->bytes + at, iov[i].iov_base, iov[i].iov_len);
		at += iov[i].iov_len;
	}
	cr_assert_eq(at, len, "the buffers hold what is said");
	nm->sent_count++;
	return 0;
}

static int mem_flush(struct virtio_net_backend *be, unsigned int pair)
{
	struct netmem *nm = to_netmem(be);

	nm->flushes++;
	return nm->flush_error;
}

/* As a datagram socket: what does not fit is lost, and its length is told. */
static ssize_t mem_receive(struct virtio_net_backend *be, unsigned int pair,
			   const struct iovec *iov, unsigned int count)
{
	struct netmem *nm = to_netmem(be);
	struct netmem_frame frame = nm->waiting[0];
	size_t at = 0, n;
	unsigned int i;

	if (!nm->waiting_count)
		return nm->receive_error;
	for (i = 0; i < count && at < frame.len; i++) {
		n = iov[i].iov_len < frame.len - at ? iov[i].iov_len : frame.len - at;
		memcpy(iov[i].iov_base, frame.bytes + at, n);
		at += n;
	}
	nm->waiting_count--;
	memmove(nm->waiting, nm->waiting + 1, nm->waiting_count * sizeof(frame));
	free(frame.bytes);
	return (ssize_t)frame.len;
}

static void mem_destroy(struct virtio_net_backend *be)
{
	struct netmem *nm = to_netmem(be);

	while (nm->sent_count)
		free(nm->sent[--nm->sent_count].bytes);
	while (nm->waiting_count)
		free(nm->waiting[--nm->waiting_count].bytes);
	free(nm);
}

static const struct virtio_net_backend_ops mem_ops = {
	.start = mem_start,
	.send = mem_send,
	.flush = mem_flush,
	.receive = mem_receive,
	.update = mem_update,
	.destroy = mem_destroy,
};

struct netmem *netmem_create(unsigned int pairs)
{
	struct netmem *nm = calloc(1, sizeof(*nm));

	nm->be.ops = &mem_ops;
	nm->be.features = VIRTIO_NET_OFFLOADS;
	nm->be.pairs = pairs;
	nm->be.link_up = true;
	nm->room = -1;
	nm->receive_error = -EAGAIN;
	return nm;
}

unsigned char netmem_byte(unsigned int seed, size_t i)
{
	return (unsigned char)(seed * 31 + i * 7 + (i >> 8));
}

void netmem_offer(struct netmem *nm, const struct virtio_net_hdr_v1 *hdr,
		  size_t len, unsigned int seed)
{
	struct netmem_frame *frame = &nm->waiting[nm->waiting_count++];
	size_t i;

	cr_assert_leq(nm->waiting_count, NETMEM_FRAMES);
	*frame = (struct netmem_frame){ 0, sizeof(*hdr) + len,
					malloc(sizeof(*hdr) + len) };
	memcpy(frame->bytes, hdr, sizeof(*hdr));
	for (i = 0; i < len; i++)
		frame->bytes[sizeof(*hdr) + i] = netmem_byte(seed, i);
}

/* The driver */

void netdrv_make(struct netdrv *nd, struct netmem *nm)
{
	*nd = (struct netdrv){ .nm = nm };
	cr_assert_eq(virtio_net_create(&fake.host, &nm->be, &nd->vdev), 0);
	cr_assert_eq(virtio_mmio_create(nd->vdev, &nd->mmio), 0);
	nd->drv.mmio = nd->mmio;
}

void netdrv_begin(struct netdrv *nd, uint64_t features, unsigned int queues)
{
	memset(nd->next, 0, sizeof(nd->next));
	driver_start(&nd->drv, nd->mmio, features, queues, NETDRV_RING);
}

void netdrv_start(struct netdrv *nd, uint64_t features)
{
	fake_init();
	netdrv_make(nd, netmem_create(1));
	netdrv_begin(nd, features, 3);
}

void netdrv_stop(struct netdrv *nd)
{
	virtio_mmio_destroy(nd->mmio);
	fake_check_clean();
}

bool netdrv_broken(struct netdrv *nd)
{
	return driver_status(&nd->drv) & VIRTIO_CONFIG_S_NEEDS_RESET;
}

uint16_t netdrv_chain(struct netdrv *nd, unsigned int queue,
		      const struct driver_buf *bufs, unsigned int n)
{
	struct driver_queue *q = &nd->drv.queue[queue];
	uint16_t first = nd->next[queue];

	if (first + n > NETDRV_RING)
		first = 0;
	nd->next[queue] = (uint16_t)(first + n);
	queue_fill(q, first, bufs, n);
	queue_publish(q, first);
	queue_notify(&nd->drv, queue);
	return first;
}

guest_addr_t netdrv_post(struct netdrv *nd, unsigned int count, uint32_t len)
{
	guest_addr_t first = fake_alloc((uint64_t)count * len, 16);
	struct driver_buf buf = { first, len, true };

	while (count--) {
		netdrv_chain(nd, NET_RX, &buf, 1);
		buf.addr.raw += len;
	}
	return first;
}

void netdrv_send(struct netdrv *nd, const struct virtio_net_hdr_v1 *hdr,
		 uint32_t len, unsigned int seed)
{
	struct driver_buf buf = { fake_alloc(sizeof(*hdr) + len, 16),
				  (uint32_t)sizeof(*hdr) + len, false };
	unsigned char *bytes = fake_ptr(buf.addr);
	uint32_t i;

	memcpy(bytes, hdr, sizeof(*hdr));
	for (i = 0; i < len; i++)
		bytes[sizeof(*hdr) + i] = netmem_byte(seed, i);
	netdrv_chain(nd, NET_TX, &buf, 1);
}

unsigned int netdrv_used(struct netdrv *nd, unsigned int queue)
{
	struct vring_used_elem elem;
	unsigned int n = 0;

	while (queue_used(&nd->drv.queue[queue], &elem))
		n++;
	return n;
}

uint8_t netdrv_command(struct netdrv *nd, unsigned int queue, uint8_t class,
		       uint8_t cmd, const void *data, uint32_t len)
{
	const uint8_t hdr[2] = { class, cmd };
	struct driver_buf bufs[3] = {
		{ fake_alloc(2, 1), 2, false },
		{ fake_alloc(len ? len : 1, 1), len, false },
		{ fake_alloc(1, 1), 1, true },
	};
	uint8_t *ack = fake_ptr(bufs[2].addr);

	memcpy(fake_ptr(bufs[0].addr), hdr, sizeof(hdr));
	memcpy(fake_ptr(bufs[1].addr), data, len);
	if (!len)
		bufs[1] = bufs[2];
	*ack = 0x55;
	netdrv_chain(nd, queue, bufs, len ? 3 : 2);
	cr_assert_eq(netdrv_used(nd, queue), 1, "a command is answered");
	return *ack;
}
