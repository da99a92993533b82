/* SPDX-License-Identifier: GPL-2.0 */
/*
 * net_slirp.h - the parts of the slirp backend among themselves.
 *
 * Layer:   drivers/virtio, private to net_slirp*.c; theory in net_slirp.c.
 */
#ifndef LKL_VIRTIO_NET_SLIRP_H
#define LKL_VIRTIO_NET_SLIRP_H

#include <poll.h>

#include "drivers/virtio/net_ring.h"
#include "drivers/virtio/net_user.h"
#include "drivers/virtio/slirp_api.h"

#define SLIRP_FRAME_MIN	14
#define SLIRP_TX_SIZE	(1U << 20)
#define SLIRP_RX_SIZE	(2U << 20)

/* When a timer that is not set expires. */
#define SLIRP_NEVER	INT64_MAX

/**
 * struct slirp_timer - a timer of libslirp
 * @next: the next one
 * @fn: called when it expires
 * @arg: its argument
 * @expires: when, in ms, or SLIRP_NEVER
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

/* What libslirp calls in our process; @opaque is a struct user_net. */
extern const SlirpCb slirp_callbacks;

/* Operations of the device. */
extern const struct virtio_net_backend_ops slirp_ops;

/* Milliseconds of libslirp's clock. */
int64_t slirp_clock_ms(void);

/**
 * slirp_fds_grow - have room for more descriptors to wait for
 * @net: the backend
 * @max: how many
 *
 * Return: false if memory is short; nothing has changed then.
 */
bool slirp_fds_grow(struct user_net *net, unsigned int max);

/* SlirpAddPollCb and SlirpGetREventsCb of <slirp/libslirp.h>. */
int slirp_add_poll(int fd, int events, void *opaque);
int slirp_get_revents(int index, void *opaque);

/* The thread; @arg is a struct user_net. */
void slirp_thread(void *arg);

/* Free what there is of a backend that has no thread. */
void slirp_free(struct user_net *net);

#endif /* LKL_VIRTIO_NET_SLIRP_H */
