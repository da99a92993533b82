// SPDX-License-Identifier: GPL-2.0
/*
 * netops.c - network devices by struct lkl_dev_net_ops
 *
 * Layer:   tools/lkl/lib; a backend of drivers/virtio (device/backend seam).
 * Users:   netdev.c.
 * Locking: there is one queue pair; the seam says the rest. @drained and @closing are
 *	atomic.
 *
 * DOC: Theory of operation
 *
 * The application's poll() blocks, so a thread of the device's own sits in it. What it
 * returns is reported to the device as any readiness is, and frames move as with any
 * backend: mostly in this thread when they come in, and always in the thread of who
 * sends them when they go out.
 *
 * The application may report for as long as there is a frame. But the driver may have
 * no buffer for it, and another thread may be running the queue; asking again at once
 * would turn in a circle. So when there is something to receive, the thread asks again
 * only after rx() has said that there is nothing more.
 *
 * A hang-up that nobody asked for, or an error of poll(), is the device's end.
 */
#include "netops.h"

#include <errno.h>
#include <string.h>

#include "drivers/virtio/net_fd.h"

/**
 * struct netops - the backend
 * @be: its public part; first
 * @host: surroundings
 * @nd: the application's device
 * @thread: who polls
 * @again: raised when that may go on
 * @drained: rx() has said that there is nothing, since it was last told to be asked
 * @closing: the backend is being destroyed
 * @tx: a frame's buffers, which the application may change; the sender's
 * @rx: likewise; the receiver's
 */
struct netops {
	struct virtio_net_backend be;
	struct virtio_host host;
	struct lkl_netdev *nd;
	__u64 thread;
	struct lkl_sem *again;
	bool drained;
	bool closing;
	struct iovec tx[VIRTIO_NET_SEND_IOVS];
	struct iovec rx[VIRTIO_NET_RECEIVE_IOVS];
};

static struct netops *to_netops(struct virtio_net_backend *be)
{
	return (struct netops *)be;
}

static bool is_set(const bool *flag)
{
	return __atomic_load_n(flag, __ATOMIC_ACQUIRE);
}

/* Copy @iov, without the header if the application does not want it. */
static unsigned int iovs_copy(const struct netops *net, struct iovec *dst,
			      unsigned int max, const struct iovec *iov,
			      unsigned int count)
{
	if (!net->nd->has_vnet_hdr)
		return net_fd_unprefixed(dst, max, iov, count);
	if (count > max)
		return 0;
	memcpy(dst, iov, count * sizeof(*dst));
	return count;
}

static size_t iovs_len(const struct iovec *iov, unsigned int count)
{
	size_t len = 0;

	while (count--)
		len += iov[count].iov_len;
	return len;
}

static int netops_start(struct virtio_net_backend *be, uint64_t features,
			unsigned int pairs)
{
	return virtio_net_is_up(be) ? 0 : -ENETDOWN;
}

/* The application's errors all mean that there is no room; poll() tells of some. */
static int netops_send(struct virtio_net_backend *be, unsigned int pair,
		       const struct iovec *iov, unsigned int count, size_t len)
{
	struct netops *net = to_netops(be);
	unsigned int n = iovs_copy(net, net->tx, VIRTIO_NET_SEND_IOVS, iov, count);

	if (!virtio_net_is_up(be))
		return -ENETDOWN;
	if (!n)
		return -EMSGSIZE;
	return net->nd->ops->tx(net->nd, net->tx, (int)n) < 0 ? -EAGAIN : 0;
}

/* Nothing more to receive: the thread may ask for more. */
static ssize_t rx_drained(struct netops *net)
{
	if (!__atomic_exchange_n(&net->drained, true, __ATOMIC_ACQ_REL))
		net->host.sem->up(net->again);
	return -EAGAIN;
}

static ssize_t netops_receive(struct virtio_net_backend *be, unsigned int pair,
			      const struct iovec *iov, unsigned int count)
{
	struct netops *net = to_netops(be);
	unsigned int n = iovs_copy(net, net->rx, VIRTIO_NET_RECEIVE_IOVS, iov, count);
	/* Before the application may change them. */
	size_t room = iovs_len(net->rx, n);
	int len;

	len = n ? net->nd->ops->rx(net->nd, net->rx, (int)n) : -EMSGSIZE;
	if (len <= 0)
		return rx_drained(net);
	/* A frame that claims more than there is room for is dropped by the device. */
	if ((size_t)len > room)
		len = 0;
	if (net->nd->has_vnet_hdr)
		return len;
	net_fd_header_clear(iov);
	return len ? len + VIRTIO_NET_HDR_SIZE : 0;
}

static void events_report(struct netops *net, int events)
{
	bool receive = events & LKL_DEV_NET_POLL_RX;

	if (receive)
		__atomic_store_n(&net->drained, false, __ATOMIC_RELEASE);
	virtio_net_ready(&net->be, 0,
			 (receive ? VIRTIO_NET_READY_RECEIVE : 0) |
			 (events & LKL_DEV_NET_POLL_TX ? VIRTIO_NET_READY_SEND : 0));
	while (receive && !is_set(&net->drained) && !is_set(&net->closing))
		net->host.sem->down(net->again, LKL_FOREVER);
}

static void poll_thread(void *arg)
{
	struct netops *net = arg;
	int events;

	/* The hang-up has to be seen, or it would be there when poll() is next used. */
	for (;;) {
		events = net->nd->ops->poll(net->nd);
		if (events < 0 || events & LKL_DEV_NET_POLL_HUP)
			break;
		if (!is_set(&net->closing))
			events_report(net, events);
	}
	if (!is_set(&net->closing))
		virtio_net_gone(&net->be);
}

static void netops_free(struct netops *net)
{
	if (net->again)
		net->host.sem->free(net->again);
	net->host.mem->free(net);
}

static void netops_destroy(struct virtio_net_backend *be)
{
	struct netops *net = to_netops(be);

	__atomic_store_n(&net->closing, true, __ATOMIC_RELEASE);
	net->host.sem->up(net->again);
	net->nd->ops->poll_hup(net->nd);
	net->host.thread->join(net->thread);
	netops_free(net);
}

static const struct virtio_net_backend_ops netops_ops = {
	.start = netops_start,
	.send = netops_send,
	.receive = netops_receive,
	.destroy = netops_destroy,
};

int netops_backend_create(struct lkl_netdev *nd, const struct virtio_host *host,
			  struct virtio_net_backend **be)
{
	struct netops *net = host->mem->alloc(sizeof(*net));
	int err = -ENOMEM;

	if (!net)
		return -ENOMEM;
	net->host = *host;
	net->nd = nd;
	net->be.ops = &netops_ops;
	net->be.features = nd->has_vnet_hdr ? VIRTIO_NET_OFFLOADS : 0;
	net->be.pairs = 1;
	net->be.link_up = true;
	net->again = host->sem->alloc(0);
	if (!net->again)
		goto err_free;
	err = host->thread->create(poll_thread, net, "lkl-net-poll", &net->thread);
	if (err)
		goto err_free;
	*be = &net->be;
	return 0;

err_free:
	netops_free(net);
	return err;
}
