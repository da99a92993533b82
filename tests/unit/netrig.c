// SPDX-License-Identifier: GPL-2.0
/*
 * netrig.c - a network backend between a test and a peer the test plays.
 *
 * Layer:   tests/unit.
 * Users:   see netrig.h.
 */
#include "tests/unit/netrig.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#define WATCHES_MAX	4

struct net_rig rig;

struct virtio_watch {
	int fd;
	void (*ready)(void *arg, uint32_t events);
	void *arg;
};

static struct virtio_watch watches[WATCHES_MAX];

static int rig_watch_add(void *watcher, int fd,
			 void (*ready)(void *arg, uint32_t events), void *arg,
			 struct virtio_watch **watch)
{
	unsigned int i = 0;

	if (rig.fail_watch)
		return rig.fail_watch;
	while (watches[i].ready)
		i++;
	cr_assert_lt(i, WATCHES_MAX);
	watches[i] = (struct virtio_watch){ fd, ready, arg };
	*watch = &watches[i];
	rig.watched++;
	return 0;
}

static void rig_watch_remove(struct virtio_watch *watch)
{
	if (!watch)
		return;
	/* "The descriptor must still be open." */
	cr_expect_neq(poll(&(struct pollfd){ .fd = watch->fd }, 1, 0), -1);
	watch->ready = NULL;
	rig.watched--;
}

static const struct virtio_watch_ops rig_watch_ops = {
	.add = rig_watch_add,
	.remove = rig_watch_remove,
};

void rig_init(void)
{
	fake_init();
	fake.host.watch = &rig_watch_ops;
}

static void rig_ready(void *arg, unsigned int pair, unsigned int what)
{
	cr_expect_eq(pair, 0);
	__atomic_or_fetch(&rig.told, what, __ATOMIC_RELAXED);
}

unsigned int rig_told(void)
{
	return __atomic_load_n(&rig.told, __ATOMIC_RELAXED);
}

void rig_clear(void)
{
	__atomic_store_n(&rig.told, 0, __ATOMIC_RELAXED);
}

void netrig_start(struct virtio_net_backend *be)
{
	be->ready = rig_ready;
	be->ready_arg = NULL;
	cr_assert_eq(be->ops->start(be, 0, 1), 0);
}

bool rig_poll(int timeout_ms)
{
	struct pollfd fds[WATCHES_MAX];
	unsigned int i;

	for (i = 0; i < WATCHES_MAX; i++) {
		fds[i].fd = watches[i].ready ? watches[i].fd : -1;
		fds[i].events = POLLIN | POLLOUT;
	}
	if (poll(fds, WATCHES_MAX, timeout_ms) <= 0)
		return false;
	/* POLL* and EPOLL* are the same bits. */
	for (i = 0; i < WATCHES_MAX; i++)
		if (fds[i].fd >= 0 && fds[i].revents && watches[i].ready)
			watches[i].ready(watches[i].arg, fds[i].revents);
	return true;
}

static time_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

void rig_wait(unsigned int what)
{
	time_t end = now() + 10;

	while ((rig_told() & what) != what) {
		cr_assert_lt(now(), end, "told %x, waiting for %x", rig_told(),
			     what);
		rig_poll(100);
	}
}

/* Cut @len bytes at @base into buffers of @piece bytes. */
static unsigned int cut(struct iovec *iov, unsigned char *base, size_t len,
			size_t piece)
{
	unsigned int n = 0;
	size_t at;

	for (at = 0; at < len; at += piece, n++) {
		cr_assert_lt(n, VIRTQUEUE_SIZE_MAX);
		iov[n].iov_base = base + at;
		iov[n].iov_len = len - at < piece ? len - at : piece;
	}
	return n;
}

int rig_send(struct virtio_net_backend *be, const void *frame, size_t len,
	     size_t piece)
{
	unsigned char *copy = calloc(1, RIG_HEADER + len);
	struct iovec iov[VIRTQUEUE_SIZE_MAX];
	unsigned int count;
	int err;

	memcpy(copy + RIG_HEADER, frame, len);
	count = cut(iov, copy, RIG_HEADER + len, piece);
	err = be->ops->send(be, 0, iov, count, RIG_HEADER + len);
	/* The driver's memory is its own again. */
	memset(copy, 0xa5, RIG_HEADER + len);
	free(copy);
	return err;
}

ssize_t rig_receive(struct virtio_net_backend *be, void *frame, size_t size,
		    size_t piece)
{
	unsigned char *buf = malloc(RIG_HEADER + size);
	static const unsigned char zeros[RIG_HEADER];
	struct iovec iov[VIRTQUEUE_SIZE_MAX];
	unsigned int count;
	ssize_t n;

	memset(buf, 0x5a, RIG_HEADER + size);
	count = cut(iov, buf, RIG_HEADER + size, piece);
	n = be->ops->receive(be, 0, iov, count);
	if (n >= 0) {
		cr_assert_geq(n, RIG_HEADER);
		cr_expect_arr_eq(buf, zeros, RIG_HEADER);
		n -= RIG_HEADER;
		memcpy(frame, buf + RIG_HEADER, n);
	}
	free(buf);
	return n;
}

ssize_t rig_wait_receive(struct virtio_net_backend *be, void *frame,
			 size_t size)
{
	ssize_t n;

	for (;;) {
		n = rig_receive(be, frame, size, RIG_HEADER + size);
		if (n != -EAGAIN)
			return n;
		rig_clear();
		rig_wait(VIRTIO_NET_READY_RECEIVE);
	}
}

void rig_frame(unsigned char *frame, size_t len, unsigned int seed)
{
	size_t i;

	for (i = 0; i < len; i++)
		frame[i] = seed + i * 7 + i / 251;
}
