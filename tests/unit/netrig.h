/* SPDX-License-Identifier: GPL-2.0 */
/*
 * netrig.h - a network backend between a test and a peer the test plays.
 *
 * Layer:   tests/unit.
 * Users:   the suites of the socket backends.
 *
 * Nothing happens by itself: descriptors are looked at, and the backend told, when
 * the test calls rig_poll().
 */
#ifndef LKL_UNIT_NETRIG_H
#define LKL_UNIT_NETRIG_H

#include "drivers/virtio/net.h"
#include "tests/unit/fake.h"

#define RIG_HEADER	12

/**
 * struct net_rig - the one of a test
 * @told: VIRTIO_NET_READY_* the backend reported since rig_clear(); atomic
 * @fail_watch: what adding a watch shall fail with, or 0
 * @watched: watches that exist
 */
struct net_rig {
	unsigned int told;
	int fail_watch;
	unsigned int watched;
};

extern struct net_rig rig;

/* fake_init(), with watches. */
void rig_init(void);

/* Do what the device does when it has been made and the driver is ready. */
void netrig_start(struct virtio_net_backend *be);

/* What the backend has reported since rig_clear(). */
unsigned int rig_told(void);
void rig_clear(void);

/* Report what is ready. Return: false if nothing was within @timeout_ms. */
bool rig_poll(int timeout_ms);

/* Poll until the backend has reported all of @what; fails the test after 10 s. */
void rig_wait(unsigned int what);

/* Send a frame of @len bytes cut into buffers of @piece; with a header of zeros. */
int rig_send(struct virtio_net_backend *be, const void *frame, size_t len,
	     size_t piece);

/* Receive likewise into @frame. Return: bytes without the header, or an error. */
ssize_t rig_receive(struct virtio_net_backend *be, void *frame, size_t size,
		    size_t piece);

/* The same, waiting until there is one. */
ssize_t rig_wait_receive(struct virtio_net_backend *be, void *frame,
			 size_t size);

/* A frame whose bytes depend on @seed. */
void rig_frame(unsigned char *frame, size_t len, unsigned int seed);

#endif /* LKL_UNIT_NETRIG_H */
