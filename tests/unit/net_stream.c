// SPDX-License-Identifier: GPL-2.0
/*
 * net_stream.c - the stream backend, against a peer that does as it likes.
 *
 * Layer:   tests/unit.
 */
#include "drivers/virtio/net_stream.h"

#include <criterion/criterion.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/netrig.h"

#define MTU		65520
#define ROOM		(MTU + 18)
#define FRAME_MAX	69632

static unsigned char frame[FRAME_MAX + 1], got[FRAME_MAX + 1];

static struct virtio_net_backend *stream_make(int *peer)
{
	struct virtio_net_stream stream = { .alive = -1, .mtu = MTU };
	struct virtio_net_backend *be;
	int fds[2];

	rig_init();
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	stream.fd = fds[0];
	*peer = fds[1];
	cr_assert_eq(virtio_net_stream_create(&fake.host, &stream, &be), 0);
	cr_expect(be->link_up);
	cr_expect_eq(be->mtu, MTU);
	cr_expect_eq(be->features, 0);
	netrig_start(be);
	return be;
}

static void stream_end(struct virtio_net_backend *be, int peer)
{
	be->ops->destroy(be);
	close(peer);
	cr_expect_eq(rig.watched, 0);
	fake_check_clean();
}

/* What a peer writes for one frame. */
static size_t wire(unsigned char *buf, size_t len, unsigned int seed)
{
	uint32_t length = htobe32(len);

	memcpy(buf, &length, 4);
	rig_frame(buf + 4, len, seed);
	return 4 + len;
}

static void expect_frame(struct virtio_net_backend *be, size_t len,
			 unsigned int seed, size_t piece)
{
	rig_frame(frame, len, seed);
	cr_assert_eq(rig_receive(be, got, ROOM, piece), (ssize_t)len);
	cr_expect_arr_eq(got, frame, len);
}

static void peer_read(int peer, void *buf, size_t len)
{
	cr_assert_eq(recv(peer, buf, len, MSG_WAITALL), (ssize_t)len);
}

static void peer_expect(int peer, size_t len, unsigned int seed)
{
	uint32_t length;

	peer_read(peer, &length, 4);
	cr_assert_eq(be32toh(length), len);
	peer_read(peer, got, len);
	rig_frame(frame, len, seed);
	cr_expect_arr_eq(got, frame, len);
}

/* Two frames written in two parts, cut at every byte: both arrive whole. */
Test(net_stream, split_at_every_byte)
{
	unsigned char buf[256];
	size_t len, at;
	int peer;
	struct virtio_net_backend *be = stream_make(&peer);

	len = wire(buf, 60, 1);
	len += wire(buf + len, 77, 2);
	for (at = 0; at <= len; at++) {
		cr_assert_eq(write(peer, buf, at), (ssize_t)at);
		if (at >= 64)
			expect_frame(be, 60, 1, 4096);
		if (at < len)
			cr_assert_eq(rig_receive(be, got, ROOM, 4096), -EAGAIN);
		cr_assert_eq(write(peer, buf + at, len - at),
			     (ssize_t)(len - at));
		if (at < 64)
			expect_frame(be, 60, 1, 4096);
		expect_frame(be, 77, 2, 4096);
		cr_assert_eq(rig_receive(be, got, ROOM, 4096), -EAGAIN);
	}
	stream_end(be, peer);
}

/* Buffers of any size take a frame, whatever its length. */
Test(net_stream, buffers_of_any_size)
{
	static const size_t pieces[] = { 300, 1514, 4096, 65536, 1 << 20 };
	static const size_t lengths[] = { 14, 60, 1514, 4095, 4096, 65534 };
	static unsigned char buf[FRAME_MAX];
	unsigned int i, j;
	int peer;
	struct virtio_net_backend *be = stream_make(&peer);

	for (i = 0; i < 5; i++) {
		for (j = 0; j < 6; j++) {
			size_t n = wire(buf, lengths[j], i + j);

			cr_assert_eq(write(peer, buf, n), (ssize_t)n);
			expect_frame(be, lengths[j], i + j, pieces[i]);
			rig_frame(frame, lengths[j], i * j);
			cr_assert_eq(rig_send(be, frame, lengths[j], pieces[i]),
				     0);
			cr_assert_eq(be->ops->flush(be, 0), 0);
			peer_expect(peer, lengths[j], i * j);
		}
	}
	stream_end(be, peer);
}

/* A frame longer than the device has room for is dropped, and no other. */
Test(net_stream, longer_than_the_room)
{
	static unsigned char buf[2 * FRAME_MAX];
	size_t len;
	int peer;
	struct virtio_net_backend *be = stream_make(&peer);

	len = wire(buf, 66000, 1);
	len += wire(buf + len, 100, 2);
	cr_assert_eq(write(peer, buf, len), (ssize_t)len);
	expect_frame(be, 100, 2, 4096);
	cr_expect(be->link_up);
	stream_end(be, peer);
}

/* A length that no frame has means that the stream is lost: the link goes down. */
Test(net_stream, impossible_lengths)
{
	static const uint32_t lengths[] = { 0, 13, FRAME_MAX + 1, 1U << 31, ~0U };
	unsigned int i;
	int peer;

	for (i = 0; i < 5; i++) {
		struct virtio_net_backend *be = stream_make(&peer);
		uint32_t length = htobe32(lengths[i]);

		cr_assert_eq(write(peer, &length, 4), 4);
		rig_clear();
		cr_expect_eq(rig_receive(be, got, ROOM, 4096), -EPROTO);
		cr_expect_not(be->link_up);
		cr_expect_eq(rig_told(), VIRTIO_NET_READY_LINK);
		rig_frame(frame, 60, 0);
		cr_expect_eq(rig_send(be, frame, 60, 4096), -ENETDOWN);
		cr_expect_eq(be->ops->start(be, 0, 1), -ENETDOWN);
		stream_end(be, peer);
	}
}

/* The peer closes after any byte: what was whole is received, then it is gone. */
Test(net_stream, closed_at_every_byte)
{
	unsigned char buf[256];
	size_t len = wire(buf, 60, 1), at;
	int peer;

	len += wire(buf + len, 77, 2);
	for (at = 0; at <= len; at++) {
		struct virtio_net_backend *be = stream_make(&peer);

		cr_assert_eq(write(peer, buf, at), (ssize_t)at);
		close(peer);
		if (at >= 64)
			expect_frame(be, 60, 1, 4096);
		if (at >= len)
			expect_frame(be, 77, 2, 4096);
		rig_clear();
		cr_assert_eq(rig_receive(be, got, ROOM, 4096), -ENETDOWN);
		cr_expect_not(be->link_up);
		cr_expect_eq(rig_told(), VIRTIO_NET_READY_LINK);
		/* Nothing is told twice. */
		rig_clear();
		cr_assert_eq(rig_receive(be, got, ROOM, 4096), -ENETDOWN);
		cr_expect_eq(rig_told(), 0);
		stream_end(be, -1);
	}
}

/* Nobody has to receive for the end to be noticed. */
Test(net_stream, hang_up_is_told)
{
	int peer;
	struct virtio_net_backend *be = stream_make(&peer);

	close(peer);
	rig_wait(VIRTIO_NET_READY_LINK);
	cr_expect_not(be->link_up);
	cr_expect(be->gone);
	stream_end(be, -1);
}

/* Sending to a peer that is gone is an error, and no SIGPIPE. */
Test(net_stream, send_after_the_end)
{
	int peer;
	struct virtio_net_backend *be = stream_make(&peer);

	close(peer);
	rig_frame(frame, 9000, 0);
	cr_expect_eq(rig_send(be, frame, 60, 4096), 0);
	cr_expect_eq(be->ops->flush(be, 0), -EPIPE);
	cr_expect_eq(rig_send(be, frame, 9000, 4096), -ENETDOWN);
	cr_expect_not(be->link_up);
	stream_end(be, -1);
}

/* Short frames go out together when flushed, and not before. */
Test(net_stream, short_frames_are_batched)
{
	unsigned int i;
	int peer;
	struct virtio_net_backend *be = stream_make(&peer);

	for (i = 0; i < 32; i++) {
		rig_frame(frame, 60 + i, i);
		cr_assert_eq(rig_send(be, frame, 60 + i, 4096), 0);
	}
	cr_expect_eq(recv(peer, got, 1, MSG_DONTWAIT), -1);
	cr_assert_eq(be->ops->flush(be, 0), 0);
	for (i = 0; i < 32; i++)
		peer_expect(peer, 60 + i, i);
	stream_end(be, peer);
}

/* A long frame takes the short ones before it along, in order. */
Test(net_stream, long_frames_keep_the_order)
{
	int peer;
	struct virtio_net_backend *be = stream_make(&peer);

	rig_frame(frame, 60, 1);
	cr_assert_eq(rig_send(be, frame, 60, 4096), 0);
	rig_frame(frame, 65534, 2);
	cr_assert_eq(rig_send(be, frame, 65534, 4096), 0);
	rig_frame(frame, 61, 3);
	cr_assert_eq(rig_send(be, frame, 61, 4096), 0);
	cr_assert_eq(be->ops->flush(be, 0), 0);
	peer_expect(peer, 60, 1);
	peer_expect(peer, 65534, 2);
	peer_expect(peer, 61, 3);
	stream_end(be, peer);
}

/* Frames that make no sense are refused and change nothing. */
Test(net_stream, refused_frames)
{
	struct iovec many[VIRTQUEUE_SIZE_MAX + 64];
	unsigned char zeros[RIG_HEADER + 60] = { 0 };
	unsigned int i;
	int peer;
	struct virtio_net_backend *be = stream_make(&peer);

	for (i = 0; i < VIRTQUEUE_SIZE_MAX + 64; i++)
		many[i] = (struct iovec){ zeros, 1 };
	cr_expect_eq(be->ops->send(be, 0, many, VIRTQUEUE_SIZE_MAX + 64,
				   VIRTQUEUE_SIZE_MAX + 64), -EMSGSIZE);
	cr_expect_eq(rig_send(be, frame, 13, 4096), -EMSGSIZE);
	cr_expect_eq(rig_send(be, frame, FRAME_MAX + 1, 4096), -EMSGSIZE);
	cr_expect_eq(be->ops->flush(be, 0), 0);
	cr_expect_eq(recv(peer, got, 1, MSG_DONTWAIT), -1);
	cr_expect(be->link_up);
	stream_end(be, peer);
}

/* The @i-th frame of a stream that mixes lengths. */
static size_t mixed_length(unsigned int i)
{
	static const size_t lengths[] = { 60, 1514, 65534, 4084, 4085, 20000, 14 };

	return lengths[i % 7];
}

#define MIXED	4000

static void *slow_peer(void *arg)
{
	int peer = *(int *)arg;
	unsigned int i;

	for (i = 0; i < MIXED; i++)
		peer_expect(peer, mixed_length(i), i);
	return NULL;
}

/* A full socket makes the device wait; nothing is lost, doubled or reordered. */
Test(net_stream, full_socket)
{
	static unsigned char out[FRAME_MAX];
	unsigned int i, waits = 0;
	pthread_t thread;
	int peer, err;
	struct virtio_net_backend *be = stream_make(&peer);

	pthread_create(&thread, NULL, slow_peer, &peer);
	for (i = 0; i < MIXED; i++) {
		rig_frame(out, mixed_length(i), i);
		do {
			rig_clear();
			err = rig_send(be, out, mixed_length(i), 4096);
			if (err == -EAGAIN) {
				waits++;
				rig_wait(VIRTIO_NET_READY_SEND);
			}
		} while (err == -EAGAIN);
		cr_assert_eq(err, 0);
	}
	while (be->ops->flush(be, 0) == -EAGAIN) {
		rig_clear();
		rig_wait(VIRTIO_NET_READY_SEND);
	}
	pthread_join(thread, NULL);
	cr_expect_gt(waits, 0, "the socket was never full");
	stream_end(be, peer);
}

static void *fast_peer(void *arg)
{
	static unsigned char buf[FRAME_MAX + 4];
	int peer = *(int *)arg;
	unsigned int i;

	for (i = 0; i < MIXED; i++) {
		size_t len = wire(buf, mixed_length(i), i), at = 0;

		while (at < len) {
			ssize_t n = write(peer, buf + at, len - at);

			cr_assert_gt(n, 0);
			at += n;
		}
	}
	return NULL;
}

/* Frames cut anywhere by a full socket come in whole. */
Test(net_stream, long_stream)
{
	static unsigned char in[FRAME_MAX];
	pthread_t thread;
	unsigned int i;
	int peer;
	struct virtio_net_backend *be = stream_make(&peer);

	pthread_create(&thread, NULL, fast_peer, &peer);
	for (i = 0; i < MIXED; i++) {
		cr_assert_eq(rig_wait_receive(be, in, ROOM),
			     (ssize_t)mixed_length(i));
		rig_frame(frame, mixed_length(i), i);
		cr_assert_arr_eq(in, frame, mixed_length(i));
	}
	pthread_join(thread, NULL);
	stream_end(be, peer);
}

/* Every allocation may be refused, and the watch: the socket stays the caller's. */
Test(net_stream, creation_fails_cleanly)
{
	struct virtio_net_stream stream = { .alive = -1, .mtu = MTU };
	struct virtio_net_backend *be;
	int fds[2], i;

	rig_init();
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	stream.fd = fds[0];
	for (i = 1; i <= 3; i++) {
		fake.fail_alloc = i;
		cr_expect_eq(virtio_net_stream_create(&fake.host, &stream, &be),
			     -ENOMEM);
		cr_expect_eq(fake.allocs, 0);
	}
	rig.fail_watch = -ENOSPC;
	cr_expect_eq(virtio_net_stream_create(&fake.host, &stream, &be), -ENOSPC);
	fake.host.watch = NULL;
	cr_expect_eq(virtio_net_stream_create(&fake.host, &stream, &be),
		     -EOPNOTSUPP);
	cr_expect_neq(fcntl(fds[0], F_GETFD), -1);
	close(fds[0]);
	close(fds[1]);
	fake_check_clean();
}
