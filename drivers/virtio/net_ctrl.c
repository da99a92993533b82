// SPDX-License-Identifier: GPL-2.0
/*
 * net_ctrl.c - the control queue: what the driver wants changed (virtio 1.2
 * section 5.1.6.5).
 *
 * Layer:   drivers/virtio, part of the network device.
 * Users:   net.c.
 * Locking: whoever runs the queue; @offloads is atomic.
 *
 * Filters (receive modes, addresses, VLANs) are accepted and change nothing: the
 * device passes every frame, and the driver's kernel drops what is not for it.
 */
#include "drivers/virtio/net_device.h"

#include <endian.h>
#include <string.h>

#define ADDR_LEN	6

/* A command, after its class and number. */
struct ctrl_data {
	const struct iovec *iov;
	unsigned int count;
	uint64_t len;
};

/* Copy the command's data, which must be of just this length. */
static bool data_get(const struct ctrl_data *data, void *buf, size_t len)
{
	const size_t skip = sizeof(struct virtio_net_ctrl_hdr);

	return data->len == len &&
	       iov_get(data->iov, data->count, skip, buf, len) == len;
}

static bool ctrl_rx(struct virtio_net *net, uint8_t cmd,
		    const struct ctrl_data *data)
{
	uint8_t on;

	return cmd <= VIRTIO_NET_CTRL_RX_NOBCAST && data_get(data, &on, 1);
}

/* Two tables, each an entry count and so many addresses. */
static bool tables_ok(const struct ctrl_data *data)
{
	uint64_t at = 0;
	uint32_t entries;
	int i;

	for (i = 0; i < 2; i++) {
		if (iov_get(data->iov, data->count,
			    sizeof(struct virtio_net_ctrl_hdr) + at, &entries,
			    sizeof(entries)) != sizeof(entries))
			return false;
		at += sizeof(entries) + (uint64_t)le32toh(entries) * ADDR_LEN;
		if (at > data->len)
			return false;
	}
	return at == data->len;
}

static bool ctrl_mac(struct virtio_net *net, uint8_t cmd,
		     const struct ctrl_data *data)
{
	uint8_t mac[ADDR_LEN];

	if (cmd == VIRTIO_NET_CTRL_MAC_TABLE_SET)
		return tables_ok(data);
	if (cmd != VIRTIO_NET_CTRL_MAC_ADDR_SET ||
	    !data_get(data, mac, sizeof(mac)) || mac[0] & 1)
		return false;
	memcpy(net->config.mac, mac, sizeof(mac));
	return true;
}

static bool ctrl_vlan(struct virtio_net *net, uint8_t cmd,
		      const struct ctrl_data *data)
{
	uint16_t vlan;

	return (cmd == VIRTIO_NET_CTRL_VLAN_ADD ||
		cmd == VIRTIO_NET_CTRL_VLAN_DEL) &&
	       data_get(data, &vlan, sizeof(vlan));
}

static bool backend_update(struct virtio_net *net, uint64_t offloads,
			   unsigned int pairs)
{
	uint64_t host = net->vdev.features & VIRTIO_NET_HOST_OFFLOADS;

	return !net->be->ops->update ||
	       !net->be->ops->update(net->be, host | offloads, pairs);
}

static bool ctrl_mq(struct virtio_net *net, uint8_t cmd,
		    const struct ctrl_data *data)
{
	uint16_t pairs;

	if (cmd != VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET ||
	    !net_has(net, VIRTIO_NET_F_MQ) ||
	    !data_get(data, &pairs, sizeof(pairs)))
		return false;
	pairs = le16toh(pairs);
	if (!pairs || pairs > net->pairs ||
	    !backend_update(net, net->offloads, pairs))
		return false;
	net->pairs_used = pairs;
	return true;
}

static bool ctrl_offloads(struct virtio_net *net, uint8_t cmd,
			  const struct ctrl_data *data)
{
	uint64_t offloads, agreed = net->vdev.features & VIRTIO_NET_GUEST_OFFLOADS;

	if (cmd != VIRTIO_NET_CTRL_GUEST_OFFLOADS_SET ||
	    !net_has(net, VIRTIO_NET_F_CTRL_GUEST_OFFLOADS) ||
	    !data_get(data, &offloads, sizeof(offloads)))
		return false;
	offloads = le64toh(offloads);
	if (offloads & ~agreed || !backend_update(net, offloads, net->pairs_used))
		return false;
	__atomic_store_n(&net->offloads, offloads, __ATOMIC_RELAXED);
	return true;
}

static bool (*const classes[])(struct virtio_net *net, uint8_t cmd,
			       const struct ctrl_data *data) = {
	[VIRTIO_NET_CTRL_RX] = ctrl_rx,
	[VIRTIO_NET_CTRL_MAC] = ctrl_mac,
	[VIRTIO_NET_CTRL_VLAN] = ctrl_vlan,
	[VIRTIO_NET_CTRL_MQ] = ctrl_mq,
	[VIRTIO_NET_CTRL_GUEST_OFFLOADS] = ctrl_offloads,
};

static bool command_run(struct virtio_net *net,
			const struct virtqueue_chain *chain)
{
	struct ctrl_data data = { .iov = chain->out, .count = chain->out_count };
	struct virtio_net_ctrl_hdr hdr;

	if (iov_get(chain->out, chain->out_count, 0, &hdr, sizeof(hdr)) <
	    sizeof(hdr))
		return false;
	data.len = chain->out_len - sizeof(hdr);
	return hdr.class < sizeof(classes) / sizeof(classes[0]) &&
	       classes[hdr.class] && classes[hdr.class](net, hdr.cmd, &data);
}

void net_ctrl_run(struct virtio_net *net, struct virtqueue *vq)
{
	struct virtqueue_chain chain;
	virtio_net_ctrl_ack ack;

	do {
		while (virtqueue_pop(vq, &chain, net->ctrl, VIRTQUEUE_SIZE_MAX) > 0) {
			ack = command_run(net, &chain) ? VIRTIO_NET_OK :
							 VIRTIO_NET_ERR;
			if (!iov_put(chain.in, chain.in_count, 0, &ack, 1)) {
				virtio_device_break(&net->vdev);
				break;
			}
			virtqueue_push(vq, chain.head, sizeof(ack));
		}
		virtqueue_flush(vq);
	} while (!virtqueue_idle(vq));
}
