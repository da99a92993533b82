// SPDX-License-Identifier: GPL-2.0
/*
 * net_slirp_calls.c - what libslirp asks of us: frames out, time, timers, sockets.
 *
 * Layer:   drivers/virtio, part of the slirp backend.
 * Users:   libslirp, in the backend's thread; before that, whoever makes it.
 * Locking: none; theory in net_slirp.c.
 */
#include "drivers/virtio/net_slirp.h"

#include <string.h>
#include <time.h>

#define NS_PER_MS	1000000

static ssize_t slirp_send_packet(const void *buf, size_t len, void *opaque)
{
	const struct iovec iov = { (void *)(uintptr_t)buf, len };
	struct user_net *net = opaque;

	if (len >= SLIRP_FRAME_MIN)
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

int64_t slirp_clock_ms(void)
{
	return slirp_clock_get_ns(NULL) / NS_PER_MS;
}

static void *slirp_timer_new(SlirpTimerCb fn, void *arg, void *opaque)
{
	struct user_net *net = opaque;
	struct slirp_timer *timer = net->host.mem->alloc(sizeof(*timer));

	if (!timer)
		return NULL;
	*timer = (struct slirp_timer){ net->timers, fn, arg, SLIRP_NEVER };
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

const SlirpCb slirp_callbacks = {
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

bool slirp_fds_grow(struct user_net *net, unsigned int max)
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

int slirp_add_poll(int fd, int events, void *opaque)
{
	struct user_net *net = opaque;

	if (net->fd_count == net->fd_max && !slirp_fds_grow(net, 2 * net->fd_max))
		return -1;
	net->fds[net->fd_count] = (struct pollfd){
		.fd = fd,
		.events = events_to_poll(events),
	};
	return (int)net->fd_count++;
}

int slirp_get_revents(int index, void *opaque)
{
	struct user_net *net = opaque;

	return index < 0 ? 0 : events_from_poll(net->fds[index].revents);
}
