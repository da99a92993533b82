// SPDX-License-Identifier: GPL-2.0
/*
 * net.c - the virtio network device (virtio 1.2 section 5.1).
 *
 * Layer:   drivers/virtio, between a transport (struct virtio_device_ops) and a
 *          backend (struct virtio_net_backend_ops).
 * Users:   the transport.
 * Locking: a queue is run by one thread at a time (ring.c). What the queues of
 *          different vCPUs share is atomic, or changes only while no queue is
 *          enabled.
 *
 * DOC: Theory of operation
 *
 * Sending. The driver rings the doorbell of a transmit queue on a vCPU; the same
 * thread hands each frame to the backend, which usually is one system call of the
 * host, and the frame is done when that returns. So there is never more than one
 * frame that the device has taken and not finished: the one for which the backend
 * had no room. It is offered again when the backend says that there is some.
 *
 * Receiving. The thread that waits for the kernel to have something to do also
 * waits for the backend's descriptor (struct virtio_watch_ops). It runs the
 * receive queue, which reads frames straight into the driver's buffers until
 * there are no more, raises one interrupt for all, and goes on to execute the
 * vCPU, where NAPI takes them. If the driver has no buffers left, it is asked to
 * ring the doorbell when it has, and reading goes on then, in NAPI's refill;
 * otherwise it never rings.
 *
 * Offloads. Frames pass with the headers that say what is still to be done to
 * them, whole up to 64 KiB, so that a TAP or a second library kernel gets one
 * frame where a wire would carry 45. Headers are only checked against the
 * features that were agreed on; the kernel at either end checks the rest.
 */
#include "drivers/virtio/net_device.h"

#include <endian.h>
#include <errno.h>
#include <linux/virtio_ids.h>
#include <string.h>
#include <sys/random.h>

#define MTU_DEFAULT	1500

/* Ethernet's header, with a VLAN tag. */
#define ETH_OVERHEAD	18

_Static_assert(sizeof(struct virtio_net_hdr_v1) == VIRTIO_NET_HDR_SIZE,
	       "virtio 1.2 section 5.1.6");

size_t iov_get(const struct iovec *iov, unsigned int count, size_t skip,
	       void *buf, size_t len)
{
	size_t done = 0, n;
	unsigned int i;

	for (i = 0; i < count && done < len; i++) {
		if (skip >= iov[i].iov_len) {
			skip -= iov[i].iov_len;
			continue;
		}
		n = iov[i].iov_len - skip;
		if (n > len - done)
			n = len - done;
		memcpy((char *)buf + done, (char *)iov[i].iov_base + skip, n);
		done += n;
		skip = 0;
	}
	return done;
}

size_t iov_put(const struct iovec *iov, unsigned int count, size_t skip,
	       const void *buf, size_t len)
{
	size_t done = 0, n;
	unsigned int i;

	for (i = 0; i < count && done < len; i++) {
		if (skip >= iov[i].iov_len) {
			skip -= iov[i].iov_len;
			continue;
		}
		n = iov[i].iov_len - skip;
		if (n > len - done)
			n = len - done;
		memcpy((char *)iov[i].iov_base + skip, (const char *)buf + done, n);
		done += n;
		skip = 0;
	}
	return done;
}

/* Running queues */

/* With one pair agreed on, the control queue comes third (section 5.1.2). */
static unsigned int ctrl_index(const struct virtio_net *net)
{
	return net_has(net, VIRTIO_NET_F_MQ) ? 2 * net->pairs : 2;
}

static void net_run(struct virtqueue *vq)
{
	struct virtio_net *net = to_net(vq->vdev);
	unsigned int pair = vq->index / 2;

	if (vq->index == ctrl_index(net) && net_has(net, VIRTIO_NET_F_CTRL_VQ))
		net_ctrl_run(net, vq);
	else if (vq->index >= ctrl_index(net) || !net->started)
		return;
	else if (vq->index % 2)
		net_tx_run(net, &net->pair[pair].tx);
	else
		net_rx_run(net, &net->pair[pair].rx);
}

/* The driver sees the link go down; what that means for good is for others to say. */
static void gone_tell(struct virtio_net *net)
{
	const struct virtio_host *host = &net->vdev.host;

	if (!__atomic_exchange_n(&net->gone, true, __ATOMIC_ACQ_REL) && host->gone)
		host->gone(host->gone_arg);
}

static void link_update(struct virtio_net *net)
{
	bool up = net->started && virtio_net_is_up(net->be);
	uint16_t status = up ? VIRTIO_NET_S_LINK_UP : 0;

	if (__atomic_exchange_n(&net->status, status, __ATOMIC_ACQ_REL) != status)
		virtio_device_config_changed(&net->vdev);
	if (virtio_net_is_gone(net->be))
		gone_tell(net);
}

/* struct virtio_net_backend.ready */
static void net_ready(void *arg, unsigned int index, unsigned int what)
{
	struct virtio_net *net = arg;
	struct net_pair *pair = &net->pair[index];

	if (what & VIRTIO_NET_READY_LINK)
		link_update(net);
	if (what & VIRTIO_NET_READY_RECEIVE)
		virtqueue_kick(pair->rx.vq);
	if (what & VIRTIO_NET_READY_SEND)
		virtqueue_kick(pair->tx.vq);
}

/* Configuration */

static uint32_t net_config_read(struct virtio_device *vdev, uint32_t offset,
				uint32_t size)
{
	struct virtio_net *net = to_net(vdev);
	struct virtio_net_config config = net->config;
	uint32_t value = 0;

	config.status = htole16(__atomic_load_n(&net->status, __ATOMIC_ACQUIRE));
	if (offset < sizeof(config) && size <= sizeof(config) - offset)
		memcpy(&value, (const char *)&config + offset, size);
	return le32toh(value);
}

/* All that a modern driver may change, it changes by the control queue. */
static void net_config_write(struct virtio_device *vdev, uint32_t offset,
			     uint32_t size, uint32_t value)
{
}

/* What is of no use without another feature: section 5.1.3.1. */
static const struct {
	uint64_t features;
	unsigned int needs;
} dependencies[] = {
	{ VIRTIO_NET_HOST_OFFLOADS & ~(1ULL << VIRTIO_NET_F_CSUM),
	  VIRTIO_NET_F_CSUM },
	{ VIRTIO_NET_GUEST_OFFLOADS & ~(1ULL << VIRTIO_NET_F_GUEST_CSUM),
	  VIRTIO_NET_F_GUEST_CSUM },
	{ 1ULL << VIRTIO_NET_F_CTRL_RX | 1ULL << VIRTIO_NET_F_CTRL_VLAN |
	  1ULL << VIRTIO_NET_F_MQ | 1ULL << VIRTIO_NET_F_CTRL_MAC_ADDR |
	  1ULL << VIRTIO_NET_F_CTRL_GUEST_OFFLOADS, VIRTIO_NET_F_CTRL_VQ },
	{ 1ULL << VIRTIO_NET_F_CTRL_RX_EXTRA, VIRTIO_NET_F_CTRL_RX },
};

#define DEPENDENCIES	(sizeof(dependencies) / sizeof(dependencies[0]))

/* Those of @features that can be had, now that some are missing. */
static uint64_t features_sound(uint64_t features)
{
	unsigned int i;

	for (i = 0; i < DEPENDENCIES; i++)
		if (!(features >> dependencies[i].needs & 1))
			features &= ~dependencies[i].features;
	return features;
}

static bool net_features_ok(struct virtio_device *vdev)
{
	const uint64_t guest_gso = VIRTIO_NET_GUEST_OFFLOADS &
				   ~(1ULL << VIRTIO_NET_F_GUEST_CSUM);
	struct virtio_net *net = to_net(vdev);
	uint64_t features = vdev->features;

	if (features_sound(features) != features)
		return false;
	/* An MTU that was not told is not known to be kept (section 5.1.6.3). */
	if (features & guest_gso || (net_has(net, VIRTIO_NET_F_MRG_RXBUF) &&
				     !net_has(net, VIRTIO_NET_F_MTU)))
		net->frame_max = VIRTIO_NET_FRAME_MAX;
	else
		net->frame_max = VIRTIO_NET_HDR_SIZE + ETH_OVERHEAD +
				 (net->be->mtu ? net->be->mtu : MTU_DEFAULT);
	net->offloads = features & VIRTIO_NET_GUEST_OFFLOADS;
	net->pairs_used = net->pairs;
	net->started = !net->be->ops->start(net->be, features & VIRTIO_NET_OFFLOADS,
					    net->pairs);
	link_update(net);
	return true;
}

static void mac_init(struct virtio_net *net)
{
	static const uint8_t none[6];
	uint8_t *mac = net->config.mac;

	memcpy(mac, net->be->mac, sizeof(none));
	if (memcmp(mac, none, sizeof(none)))
		return;
	/* Without entropy it is a local address all the same. */
	if (getrandom(mac, sizeof(none), GRND_NONBLOCK) < 0)
		memcpy(mac, &net, sizeof(none));
	mac[0] = (mac[0] & ~1) | 2;
}

static uint64_t net_features(const struct virtio_net_backend *be,
			     unsigned int pairs)
{
	uint64_t features = (be->features & VIRTIO_NET_OFFLOADS) |
			    1ULL << VIRTIO_NET_F_MAC |
			    1ULL << VIRTIO_NET_F_MRG_RXBUF |
			    1ULL << VIRTIO_NET_F_STATUS |
			    1ULL << VIRTIO_NET_F_CTRL_VQ |
			    1ULL << VIRTIO_NET_F_CTRL_RX |
			    1ULL << VIRTIO_NET_F_CTRL_RX_EXTRA |
			    1ULL << VIRTIO_NET_F_CTRL_VLAN |
			    1ULL << VIRTIO_NET_F_CTRL_MAC_ADDR;

	if (pairs > 1)
		features |= 1ULL << VIRTIO_NET_F_MQ;
	if (be->mtu)
		features |= 1ULL << VIRTIO_NET_F_MTU;
	if (be->ops->update)
		features |= 1ULL << VIRTIO_NET_F_CTRL_GUEST_OFFLOADS;
	return features_sound(features);
}

/* Life cycle */

static void net_reset(struct virtio_device *vdev)
{
	struct virtio_net *net = to_net(vdev);

	net->started = false;
	net->offloads = 0;
}

static void net_free(struct virtio_net *net)
{
	const struct lkl_mem_ops *mem = net->vdev.host.mem;

	virtio_device_fini(&net->vdev);
	mem->free(net->pair);
	mem->free(net);
}

/* The backend goes first: until then it may call us. */
static void net_destroy(struct virtio_device *vdev)
{
	struct virtio_net *net = to_net(vdev);

	net->be->ops->destroy(net->be);
	net_free(net);
}

static const struct virtio_device_ops net_ops = {
	.config_read = net_config_read,
	.config_write = net_config_write,
	.features_ok = net_features_ok,
	.run = net_run,
	.reset = net_reset,
	.destroy = net_destroy,
};

static bool backend_ok(const struct virtio_net_backend *be)
{
	return be->pairs >= 1 && be->pairs <= VIRTIO_NET_PAIRS_MAX &&
	       !(be->mac[0] & 1) && (!be->mtu || be->mtu >= 68);
}

/* From now on the backend may call us; no queue is enabled yet. */
static void backend_attach(struct virtio_net *net)
{
	net->be->ready_arg = net;
	__atomic_store_n(&net->be->ready, net_ready, __ATOMIC_RELEASE);
}

static int queues_init(struct virtio_net *net, const struct virtio_host *host)
{
	unsigned int i;
	int err;

	net->pair = host->mem->alloc(net->pairs * sizeof(*net->pair));
	if (!net->pair)
		return -ENOMEM;
	err = virtio_device_init(&net->vdev, host, 2 * net->pairs + 1,
				 VIRTQUEUE_SIZE_MAX);
	if (err) {
		host->mem->free(net->pair);
		return err;
	}
	for (i = 0; i < net->pairs; i++) {
		net->pair[i].rx.vq = &net->vdev.queues[2 * i];
		net->pair[i].tx.vq = &net->vdev.queues[2 * i + 1];
	}
	return 0;
}

int virtio_net_create(const struct virtio_host *host,
		      struct virtio_net_backend *be,
		      struct virtio_device **vdev)
{
	struct virtio_net *net;
	int err;

	if (!backend_ok(be))
		return -EINVAL;
	net = host->mem->alloc(sizeof(*net));
	if (!net)
		return -ENOMEM;
	net->be = be;
	net->pairs = be->pairs;
	net->vdev.ops = &net_ops;
	net->vdev.id = VIRTIO_ID_NET;
	net->vdev.offered = net_features(be, net->pairs);
	net->config.max_virtqueue_pairs = htole16(net->pairs);
	net->config.mtu = htole16(be->mtu);
	mac_init(net);
	err = queues_init(net, host);
	if (err) {
		host->mem->free(net);
		return err;
	}
	backend_attach(net);
	*vdev = &net->vdev;
	return 0;
}
