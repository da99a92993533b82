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
#include "drivers/virtio/net_user.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "drivers/virtio/net_device.h"
#include "drivers/virtio/net_ring.h"
#include "drivers/virtio/slirp_api.h"

#define ETHERNET_MIN	14

#define TX_SIZE		(1U << 20)
#define RX_SIZE		(2U << 20)

/* At the beginning; more are allocated as they are needed. */
#define POLL_MIN	64

#define NS_PER_MS	1000000
#define NEVER		INT64_MAX

/**
 * struct slirp_timer - a timer of libslirp
 * @next: the next one
 * @fn: called when it expires
 * @arg: its argument
 * @expires: when, in ms, or NEVER
 */
struct slirp_timer {
	struct slirp_timer *next;
	SlirpTimerCb fn;
	void *arg;
	int64_t expires;
};

/**
 * struct user_net - the backend
 * @be: its public part; first
 * @host: surroundings
 * @api: libslirp
 * @slirp: its instance
 * @timers: its timers
 * @tx: frames for it
 * @rx: frames from it
 * @event: eventfd that wakes the thread
 * @thread: the thread
 * @sleeping: it needs a wake-up; atomic
 * @stopping: it shall end; atomic
 * @tx_full: the device waits for room in @tx; atomic
 * @rx_full: the thread waits for room in @rx; atomic
 * @rx_told: position in @rx up to which the device was told
 * @fds: what to wait for; the first is @event
 * @fd_count: how many
 * @fd_max: how many there is room for
 */
struct user_net {
	struct virtio_net_backend be;
	struct virtio_host host;
	const struct slirp_api *api;
	Slirp *slirp;
	struct slirp_timer *timers;
	struct net_ring tx;
	struct net_ring rx;
	int event;
	__u64 thread;
	bool sleeping;
	bool stopping;
	bool tx_full;
	bool rx_full;
	uint64_t rx_told;
	struct pollfd *fds;
	unsigned int fd_count;
	unsigned int fd_max;
};

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

/* What libslirp calls */

static ssize_t slirp_send_packet(const void *buf, size_t len, void *opaque)
{
	const struct iovec iov = { (void *)(uintptr_t)buf, len };
	struct user_net *net = opaque;

	if (len >= ETHERNET_MIN)
		net_ring_put(&net->rx, &iov, 1, 0, len);
	return (ssize_t)len;
}

static void slirp_guest_error(const char *msg, void *opaque)
{
}

static int64_t slirp_clock_get_ns(void *opaque)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 * NS_PER_MS + now.tv_nsec;
}

static int64_t clock_ms(void)
{
	return slirp_clock_get_ns(NULL) / NS_PER_MS;
}

static void *slirp_timer_new(SlirpTimerCb fn, void *arg, void *opaque)
{
	struct user_net *net = opaque;
	struct slirp_timer *timer = net->host.mem->alloc(sizeof(*timer));

	if (!timer)
		return NULL;
	*timer = (struct slirp_timer){ net->timers, fn, arg, NEVER };
	net->timers = timer;
	return timer;
}

static void slirp_timer_free(void *timer, void *opaque)
{
	struct user_net *net = opaque;
	struct slirp_timer **link = &net->timers;

	while (*link && *link != timer)
		link = &(*link)->next;
	if (*link)
		*link = (*link)->next;
	net->host.mem->free(timer);
}

static void slirp_timer_mod(void *timer, int64_t expires, void *opaque)
{
	if (timer)
		((struct slirp_timer *)timer)->expires = expires;
}

/* It tells us its sockets each time we ask. */
static void slirp_poll_fd_known(int fd, void *opaque)
{
}

/* Only what it does in our thread can have a consequence for us. */
static void slirp_notify(void *opaque)
{
}

static const SlirpCb callbacks = {
	.send_packet = slirp_send_packet,
	.guest_error = slirp_guest_error,
	.clock_get_ns = slirp_clock_get_ns,
	.timer_new = slirp_timer_new,
	.timer_free = slirp_timer_free,
	.timer_mod = slirp_timer_mod,
	.register_poll_fd = slirp_poll_fd_known,
	.unregister_poll_fd = slirp_poll_fd_known,
	.notify = slirp_notify,
};

/* Its bits and those of poll() */
static const struct {
	int slirp;
	short poll;
} poll_bits[] = {
	{ SLIRP_POLL_IN, POLLIN },
	{ SLIRP_POLL_OUT, POLLOUT },
	{ SLIRP_POLL_PRI, POLLPRI },
	{ SLIRP_POLL_ERR, POLLERR },
	{ SLIRP_POLL_HUP, POLLHUP },
};

#define POLL_BITS	(sizeof(poll_bits) / sizeof(poll_bits[0]))

static short events_to_poll(int events)
{
	short bits = 0;
	unsigned int i;

	for (i = 0; i < POLL_BITS; i++)
		if (events & poll_bits[i].slirp)
			bits |= poll_bits[i].poll;
	return bits;
}

static int events_from_poll(short bits)
{
	unsigned int i;
	int events = 0;

	for (i = 0; i < POLL_BITS; i++)
		if (bits & poll_bits[i].poll)
			events |= poll_bits[i].slirp;
	return events;
}

static bool fds_grow(struct user_net *net, unsigned int max)
{
	const struct lkl_mem_ops *mem = net->host.mem;
	struct pollfd *fds = mem->alloc(max * sizeof(*fds));

	if (!fds)
		return false;
	if (net->fds)
		memcpy(fds, net->fds, net->fd_count * sizeof(*fds));
	mem->free(net->fds);
	net->fds = fds;
	net->fd_max = max;
	return true;
}

static int slirp_add_poll(int fd, int events, void *opaque)
{
	struct user_net *net = opaque;

	if (net->fd_count == net->fd_max && !fds_grow(net, 2 * net->fd_max))
		return -1;
	net->fds[net->fd_count] = (struct pollfd){
		.fd = fd,
		.events = events_to_poll(events),
	};
	return (int)net->fd_count++;
}

static int slirp_get_revents(int index, void *opaque)
{
	struct user_net *net = opaque;

	return index < 0 ? 0 : events_from_poll(net->fds[index].revents);
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
	int64_t now = clock_ms();
	struct slirp_timer *timer;

	for (timer = net->timers; timer; timer = timer->next) {
		if (timer->expires > now)
			continue;
		timer->expires = NEVER;
		timer->fn(timer->arg);
	}
}

static int64_t timers_wait(const struct user_net *net, int64_t wait)
{
	int64_t now = clock_ms();
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
	if (net_ring_used(&net->rx) < RX_SIZE / 2)
		return false;
	flag_set(&net->rx_full);
	if (net_ring_used(&net->rx) >= RX_SIZE / 2)
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

static void slirp_thread(void *arg)
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

	if (len < skip + ETHERNET_MIN || len > VIRTIO_NET_FRAME_MAX)
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
	if (net_ring_used(&net->rx) < RX_SIZE / 2 && flag_clear(&net->rx_full))
		thread_wake(net);
	if (!taken)
		return -EAGAIN;
	iov_put(iov, count, 0, header, sizeof(header));
	return (ssize_t)(sizeof(header) + len);
}

static void user_free(struct user_net *net)
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
	user_free(net);
}

static const struct virtio_net_backend_ops user_ops = {
	.start = user_start,
	.send = user_send,
	.flush = user_flush,
	.receive = user_receive,
	.destroy = user_destroy,
};

/* Making it */

static struct in_addr network_of(const struct virtio_net_user *user,
				 struct in_addr *mask)
{
	mask->s_addr = htonl(UINT32_MAX << (32 - user->prefix));
	return (struct in_addr){ user->address.s_addr & mask->s_addr };
}

static struct in6_addr network6_of(const struct virtio_net_user *user)
{
	struct in6_addr network = user->address6;
	unsigned int bit;

	for (bit = user->prefix6; bit < 128; bit++)
		network.s6_addr[bit / 8] &= ~(0x80 >> bit % 8);
	return network;
}

static bool config_fill(SlirpConfig *config, const struct virtio_net_user *user)
{
	memset(config, 0, sizeof(*config));
	config->version = 1;
	config->in_enabled = true;
	config->vnetwork = network_of(user, &config->vnetmask);
	config->vhost = user->gateway;
	config->vnameserver = user->dns;
	config->vdhcp_start = user->address;
	config->in6_enabled = true;
	config->vprefix_addr6 = network6_of(user);
	config->vprefix_len = user->prefix6;
	config->vhost6 = user->gateway6;
	config->vnameserver6 = user->dns6;
	config->if_mtu = user->mtu;
	config->if_mru = user->mtu;
	config->disable_host_loopback = !user->loopback;
	/* Its own answers come from these, so they have to be neighbours. */
	return !((user->gateway.s_addr ^ config->vnetwork.s_addr) &
		 config->vnetmask.s_addr) &&
	       !((user->dns.s_addr ^ config->vnetwork.s_addr) &
		 config->vnetmask.s_addr);
}

static void address_fill(struct sockaddr_storage *to, int family,
			 const void *address, uint16_t port)
{
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)to;
	struct sockaddr_in *sin = (struct sockaddr_in *)to;

	memset(to, 0, sizeof(*to));
	to->ss_family = family;
	if (family == AF_INET) {
		sin->sin_port = htons(port);
		memcpy(&sin->sin_addr, address, sizeof(sin->sin_addr));
	} else {
		sin6->sin6_port = htons(port);
		memcpy(&sin6->sin6_addr, address, sizeof(sin6->sin6_addr));
	}
}

static socklen_t address_size(int family)
{
	return family == AF_INET ? sizeof(struct sockaddr_in) :
				   sizeof(struct sockaddr_in6);
}

static int forward_family(struct user_net *net, int family, const void *address,
			  const struct virtio_net_forward *forward,
			  const struct virtio_net_user *user)
{
	struct sockaddr_storage at, guest;
	int flags = forward->udp ? SLIRP_HOSTFWD_UDP : 0;
	socklen_t len = address_size(family);

	if (family == AF_INET6)
		flags |= SLIRP_HOSTFWD_V6ONLY;
	address_fill(&at, family, address, forward->port);
	address_fill(&guest, family, family == AF_INET ?
		     (const void *)&user->address : &user->address6,
		     forward->guest_port);
	errno = EADDRINUSE;
	if (net->api->add_hostxfwd(net->slirp, (const struct sockaddr *)&at,
				   len, (const struct sockaddr *)&guest, len,
				   flags) < 0)
		return -errno;
	return 0;
}

/* A host without IPv6 has no such addresses to forward. */
static int forward_any(struct user_net *net,
		       const struct virtio_net_forward *forward,
		       const struct virtio_net_user *user)
{
	const struct in_addr any = { INADDR_ANY };
	int err = forward_family(net, AF_INET, &any, forward, user);

	if (err)
		return err;
	err = forward_family(net, AF_INET6, &in6addr_any, forward, user);
	return err == -EAFNOSUPPORT || err == -EADDRNOTAVAIL ? 0 : err;
}

static int forward_add(struct user_net *net,
		       const struct virtio_net_forward *forward,
		       const struct virtio_net_user *user)
{
	if (forward->family == AF_UNSPEC)
		return forward_any(net, forward, user);
	return forward_family(net, forward->family, &forward->address, forward,
			      user);
}

static int forwards_add(struct user_net *net,
			const struct virtio_net_user *user,
			struct virtio_net_why *why)
{
	unsigned int i;
	int err;

	for (i = 0; i < user->forward_count; i++) {
		err = forward_add(net, &user->forwards[i], user);
		if (err) {
			snprintf(why->text, sizeof(why->text),
				 "slirp: cannot forward %s port %u: %s",
				 user->forwards[i].udp ? "UDP" : "TCP",
				 user->forwards[i].port, strerror(-err));
			return err;
		}
	}
	return 0;
}

static int user_alloc(struct user_net *net)
{
	const struct lkl_mem_ops *mem = net->host.mem;

	net->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (net->event < 0)
		return -errno;
	net->tx.size = TX_SIZE;
	net->rx.size = RX_SIZE;
	net->tx.data = mem->alloc(TX_SIZE);
	net->rx.data = mem->alloc(RX_SIZE);
	if (!net->tx.data || !net->rx.data || !fds_grow(net, POLL_MIN))
		return -ENOMEM;
	return 0;
}

static int user_begin(struct user_net *net, const struct virtio_net_user *user,
		      struct virtio_net_why *why)
{
	SlirpConfig config;
	int err = user_alloc(net);

	if (err)
		return err;
	if (!config_fill(&config, user)) {
		snprintf(why->text, sizeof(why->text),
			 "slirp: gateway and dns must be in the guest's network");
		return -EINVAL;
	}
	net->slirp = net->api->new(&config, &callbacks, net);
	if (!net->slirp)
		return -EINVAL;
	err = forwards_add(net, user, why);
	if (err)
		return err;
	return net->host.thread->create(slirp_thread, net, "slirp",
					&net->thread);
}

static int failed(int err, struct virtio_net_why *why)
{
	if (!why->text[0])
		snprintf(why->text, sizeof(why->text), "slirp: %s",
			 err == -ELIBACC ? "not installed (package libslirp0)" :
			 strerror(-err));
	return err;
}

int virtio_net_slirp_create(const struct virtio_host *host,
			    const struct virtio_net_user *user,
			    struct virtio_net_backend **be,
			    struct virtio_net_why *why)
{
	const struct slirp_api *api;
	struct user_net *net;
	int err;

	why->text[0] = '\0';
	err = slirp_api_load(&api);
	if (err)
		return failed(err, why);
	net = host->mem->alloc(sizeof(*net));
	if (!net)
		return failed(-ENOMEM, why);
	net->host = *host;
	net->api = api;
	net->event = -1;
	net->be.ops = &user_ops;
	net->be.pairs = 1;
	net->be.mtu = user->mtu;
	net->be.link_up = true;
	err = user_begin(net, user, why);
	if (err) {
		user_free(net);
		return failed(err, why);
	}
	*be = &net->be;
	return 0;
}
