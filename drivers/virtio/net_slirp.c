// SPDX-License-Identifier: GPL-2.0
/*
 * net_slirp.c - network backend over libslirp, a TCP/IP stack on sockets.
 *
 * Layer:   drivers/virtio, below the network device.
 * Users:   net.c through struct virtio_net_backend_ops; tools/lkl/lib makes it by
 *          net_user.h.
 * Locking: libslirp has none, so that one thread does everything with it. Frames go
 *          to and from that thread by two rings without a lock (net_ring.h).
 *
 * DOC: Theory of operation
 *
 * The thread gives libslirp the frames that were sent, waits for its sockets, for
 * its timers and for more frames in one poll(), and lets it do what there is to do,
 * which puts frames into the other ring. It could be done in whichever thread sends
 * or waits for the kernel, but libslirp asks for a stack that a vCPU may not have,
 * wants its whole set of sockets anew after each step, and copies all data twice:
 * better on a processor of its own than in a vCPU's time.
 *
 * Waiting. Who sends, or makes room, looks at @sleeping after it has done so; the
 * thread sets it before it looks at the rings a last time. Either sees the other, so
 * no wake-up is lost and none is made for a thread that runs.
 *
 * Full rings. When frames are not received fast enough, the thread leaves the sockets
 * alone until half of the ring is free, and the host's flow control does the rest;
 * what libslirp has to say meanwhile (acknowledgements) still has the other half.
 * What does not fit is dropped, as on any wire.
 *
 * Names. The name server's address leads to the first one in /etc/resolv.conf, by
 * UDP and TCP, of either IP version. DHCP gives the guest's address, gateway and name
 * server, router advertisements the IPv6 network.
 */
#include "drivers/virtio/net_slirp.h"

#include <errno.h>
#include <unistd.h>

#include "drivers/virtio/net_device.h"

static bool flag_read(const bool *flag)
{
	return __atomic_load_n(flag, __ATOMIC_SEQ_CST);
}

static void flag_set(bool *flag)
{
	__atomic_store_n(flag, true, __ATOMIC_SEQ_CST);
}

/* Return: whether it was set. */
static bool flag_clear(bool *flag)
{
	return flag_read(flag) &&
	       __atomic_exchange_n(flag, false, __ATOMIC_SEQ_CST);
}

static void thread_wake(struct user_net *net)
{
	static const uint64_t one = 1;

	if (!flag_clear(&net->sleeping))
		return;
	/* Cannot fail: the counter is far from its end, and so not full. */
	while (write(net->event, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

/* The thread */

static void frames_input(struct user_net *net)
{
	const char *frame;
	size_t len;

	while ((frame = net_ring_peek(&net->tx, &len))) {
		net->api->input(net->slirp, (const uint8_t *)frame, (int)len);
		net_ring_drop(&net->tx);
		if (flag_clear(&net->tx_full))
			virtio_net_ready(&net->be, 0, VIRTIO_NET_READY_SEND);
	}
}

static void timers_run(struct user_net *net)
{
	int64_t now = slirp_clock_ms();
	struct slirp_timer *timer;

	for (timer = net->timers; timer; timer = timer->next) {
		if (timer->expires > now)
			continue;
		timer->expires = SLIRP_NEVER;
		timer->fn(timer->arg);
	}
}

static int64_t timers_wait(const struct user_net *net, int64_t wait)
{
	int64_t now = slirp_clock_ms();
	const struct slirp_timer *timer;

	for (timer = net->timers; timer; timer = timer->next) {
		if (timer->expires <= now)
			return 0;
		if (timer->expires - now < wait)
			wait = timer->expires - now;
	}
	return wait;
}

/* Is there so much in @rx that the sockets had better wait? */
static bool rx_crowded(struct user_net *net)
{
	if (net_ring_used(&net->rx) < SLIRP_RX_SIZE / 2)
		return false;
	flag_set(&net->rx_full);
	if (net_ring_used(&net->rx) >= SLIRP_RX_SIZE / 2)
		return true;
	flag_clear(&net->rx_full);
	return false;
}

static void rx_tell(struct user_net *net)
{
	if (net->rx_told == net->rx.put)
		return;
	net->rx_told = net->rx.put;
	virtio_net_ready(&net->be, 0, VIRTIO_NET_READY_RECEIVE);
}

static void event_drain(struct user_net *net)
{
	uint64_t count;

	while (read(net->event, &count, sizeof(count)) < 0 && errno == EINTR)
		;
}

/* Return: as poll(). */
static int thread_sleep(struct user_net *net, int64_t wait)
{
	int n;

	flag_set(&net->sleeping);
	if (net_ring_used(&net->tx) || flag_read(&net->stopping))
		wait = 0;
	n = poll(net->fds, net->fd_count, wait > INT32_MAX ? -1 : (int)wait);
	flag_clear(&net->sleeping);
	if (n > 0 && net->fds[0].revents)
		event_drain(net);
	return n;
}

static void thread_step(struct user_net *net)
{
	uint32_t timeout = UINT32_MAX;
	bool crowded = rx_crowded(net);
	int n;

	net->fds[0] = (struct pollfd){ .fd = net->event, .events = POLLIN };
	net->fd_count = 1;
	if (!crowded)
		net->api->pollfds_fill(net->slirp, &timeout, slirp_add_poll,
				       net);
	n = thread_sleep(net, timers_wait(net, timeout));
	if (!crowded)
		net->api->pollfds_poll(net->slirp, n < 0, slirp_get_revents,
				       net);
	timers_run(net);
	frames_input(net);
	rx_tell(net);
}

void slirp_thread(void *arg)
{
	struct user_net *net = arg;

	while (!flag_read(&net->stopping))
		thread_step(net);
}

/* The device's operations */

static int user_start(struct virtio_net_backend *be, uint64_t features,
		      unsigned int pairs)
{
	return 0;
}

static int user_send(struct virtio_net_backend *be, unsigned int pair,
		     const struct iovec *iov, unsigned int count, size_t len)
{
	struct user_net *net = (struct user_net *)be;
	size_t skip = VIRTIO_NET_HDR_SIZE;

	if (len < skip + SLIRP_FRAME_MIN || len > VIRTIO_NET_FRAME_MAX)
		return -EMSGSIZE;
	if (net_ring_put(&net->tx, iov, count, skip, len - skip))
		return 0;
	flag_set(&net->tx_full);
	if (net_ring_put(&net->tx, iov, count, skip, len - skip))
		return 0;
	thread_wake(net);
	return -EAGAIN;
}

static int user_flush(struct virtio_net_backend *be, unsigned int pair)
{
	thread_wake((struct user_net *)be);
	return 0;
}

static ssize_t user_receive(struct virtio_net_backend *be, unsigned int pair,
			    const struct iovec *iov, unsigned int count)
{
	static const char header[VIRTIO_NET_HDR_SIZE];
	struct user_net *net = (struct user_net *)be;
	const char *frame;
	bool taken = false;
	size_t len;

	while (!taken && (frame = net_ring_peek(&net->rx, &len))) {
		taken = iov_put(iov, count, sizeof(header), frame, len) == len;
		net_ring_drop(&net->rx);
	}
	if (net_ring_used(&net->rx) < SLIRP_RX_SIZE / 2 && flag_clear(&net->rx_full))
		thread_wake(net);
	if (!taken)
		return -EAGAIN;
	iov_put(iov, count, 0, header, sizeof(header));
	return (ssize_t)(sizeof(header) + len);
}

void slirp_free(struct user_net *net)
{
	const struct lkl_mem_ops *mem = net->host.mem;

	if (net->slirp)
		net->api->cleanup(net->slirp);
	if (net->event >= 0)
		close(net->event);
	mem->free(net->fds);
	mem->free(net->tx.data);
	mem->free(net->rx.data);
	mem->free(net);
}

static void user_destroy(struct virtio_net_backend *be)
{
	struct user_net *net = (struct user_net *)be;

	flag_set(&net->stopping);
	thread_wake(net);
	net->host.thread->join(net->thread);
	slirp_free(net);
}

const struct virtio_net_backend_ops slirp_ops = {
	.start = user_start,
	.send = user_send,
	.flush = user_flush,
	.receive = user_receive,
	.destroy = user_destroy,
};
