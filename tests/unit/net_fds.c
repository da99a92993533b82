// SPDX-License-Identifier: GPL-2.0
/*
 * net_fds.c - backends that are descriptors: sockets and pipes.
 *
 * Layer:   tests/unit.
 */
#include "drivers/virtio/net_pipe.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "drivers/virtio/net_pcap.h"
#include "drivers/virtio/net_tap.h"
#include "tests/unit/netrig.h"

#define HDR	VIRTIO_NET_HDR_SIZE

static unsigned char frame[70000], got[70000];

static struct virtio_net_backend *socket_make(int type, int *peer)
{
	struct virtio_net_backend *be;
	int fds[2];

	rig_init();
	cr_assert_eq(socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, fds), 0);
	cr_assert_eq(virtio_net_socket_create(&fake.host, fds[0], &be), 0);
	close(fds[0]);
	*peer = fds[1];
	netrig_start(be);
	return be;
}

static void be_stop(struct virtio_net_backend *be)
{
	be->ops->destroy(be);
	cr_assert_eq(rig.watched, 0);
	fake_check_clean();
}

/* A frame is a message, with its header, however its buffers are cut. */
Test(net_socket, frames_are_messages)
{
	static const size_t lengths[] = { 14, 60, 1514, 65554 };
	static const int types[] = { SOCK_SEQPACKET, SOCK_DGRAM };
	struct virtio_net_backend *be;
	size_t i, len;
	int peer, t;

	for (t = 0; t < 2; t++) {
		fake.memory = NULL;
		be = socket_make(types[t], &peer);
		for (i = 0; i < 4; i++) {
			len = lengths[i];
			rig_frame(frame + HDR, len, (unsigned int)i);
			cr_assert_eq(rig_send(be, frame + HDR, len, 1 + 500 * i), 0);
			cr_assert_eq(recv(peer, got, sizeof(got), 0), (ssize_t)(HDR + len));
			cr_assert_eq(memcmp(got, frame, HDR + len), 0);
			cr_assert_eq(send(peer, frame, HDR + len, 0), (ssize_t)(HDR + len));
			cr_assert_eq(rig_receive(be, got, sizeof(got), 1000), (ssize_t)len);
			cr_assert_eq(memcmp(got, frame + HDR, len), 0);
		}
		cr_assert_eq(rig_receive(be, got, sizeof(got), 1000), -EAGAIN);
		close(peer);
		be_stop(be);
	}
}

/* When the peer does not read, the backend says so, and when it does, too. */
Test(net_socket, room_is_reported)
{
	struct virtio_net_backend *be;
	int peer, n = 0, sent = 0;

	be = socket_make(SOCK_SEQPACKET, &peer);
	while (!(n = rig_send(be, frame, 1500, 2000)))
		sent++;
	cr_assert_eq(n, -EAGAIN);
	rig_clear();
	while (recv(peer, got, sizeof(got), 0) > 0)
		n++;
	cr_assert_eq(n - -EAGAIN, sent);
	rig_wait(VIRTIO_NET_READY_SEND);
	cr_assert_eq(rig_send(be, frame, 1500, 2000), 0);
	/* Room that nobody waits for is not news. */
	rig_clear();
	rig_poll(0);
	cr_assert_eq(rig_told() & VIRTIO_NET_READY_SEND, 0);
	close(peer);
	be_stop(be);
}

/* A peer that is gone takes the link down, seen in either direction. */
Test(net_socket, peer_gone)
{
	struct virtio_net_backend *be;
	int peer;

	be = socket_make(SOCK_SEQPACKET, &peer);
	close(peer);
	rig_wait(VIRTIO_NET_READY_RECEIVE);
	cr_assert_lt(rig_receive(be, got, sizeof(got), 1000), 0);
	cr_assert(!be->link_up);
	cr_assert(be->gone);
	cr_assert(rig_told() & VIRTIO_NET_READY_LINK);
	be_stop(be);

	fake.memory = NULL;
	be = socket_make(SOCK_SEQPACKET, &peer);
	close(peer);
	cr_assert_eq(rig_send(be, frame, 60, 100), -EPIPE);
	cr_assert(!be->link_up);
	cr_assert(be->gone);
	be_stop(be);
}

/* What is no such socket is refused, and nothing stays behind. */
Test(net_socket, refusals)
{
	struct virtio_net_backend *be;
	int fds[2];

	rig_init();
	cr_assert_eq(virtio_net_socket_create(&fake.host, -1, &be), -EBADF);
	cr_assert_eq(virtio_net_socket_create(&fake.host, 0, &be), -ENOTSOCK);
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	cr_assert_eq(virtio_net_socket_create(&fake.host, fds[0], &be), -EPROTOTYPE);
	close(fds[0]);
	close(fds[1]);
	cr_assert_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, fds), 0);
	rig.fail_watch = -ENOSPC;
	cr_assert_eq(virtio_net_socket_create(&fake.host, fds[0], &be), -ENOSPC);
	fake.host.watch = NULL;
	cr_assert_eq(virtio_net_socket_create(&fake.host, fds[0], &be), -ENOSYS);
	fake.fail_alloc = 1;
	cr_assert_eq(virtio_net_socket_create(&fake.host, fds[0], &be), -ENOMEM);
	cr_assert_eq(virtio_net_tap_create(&fake.host, fds, 0, &be), -EINVAL);
	cr_assert_lt(virtio_net_tap_create(&fake.host, fds, 1, &be), 0);
	fake_check_clean();
}

/* Frames keep their bounds in pipes, whose writes are whole or not at all. */
Test(net_fifo, frames_keep_their_bounds)
{
	struct virtio_net_backend *be;
	int rx[2], tx[2], n, sent = 0;

	rig_init();
	cr_assert(!pipe(rx) && !pipe2(tx, O_NONBLOCK));
	cr_assert_eq(virtio_net_fifo_create(&fake.host, rx[0], rx[0], &be), 0);
	be->ops->destroy(be);
	cr_assert_eq(virtio_net_fifo_create(&fake.host, rx[0], tx[1], &be), 0);
	netrig_start(be);
	cr_assert_eq(fcntl(rx[1], F_SETFL, O_DIRECT), 0);
	for (n = 14; n < 4096; n += 100) {
		rig_frame(frame, (size_t)n, (unsigned int)n);
		cr_assert_eq(write(rx[1], frame, (size_t)n), n);
		cr_assert_eq(rig_send(be, frame, (size_t)n, 77), 0);
	}
	for (n = 14; n < 4096; n += 100) {
		rig_frame(frame, (size_t)n, (unsigned int)n);
		cr_assert_eq(rig_receive(be, got, sizeof(got), 333), n);
		cr_assert_eq(memcmp(got, frame, (size_t)n), 0);
		cr_assert_eq(read(tx[0], got, sizeof(got)), n);
		cr_assert_eq(memcmp(got, frame, (size_t)n), 0);
	}
	cr_assert_eq(rig_send(be, frame, 4097, 5000), -EMSGSIZE);
	while (!(n = rig_send(be, frame, 1500, 2000)))
		sent++;
	cr_assert_eq(n, -EAGAIN);
	rig_clear();
	while (read(tx[0], got, sizeof(got)) == 1500)
		sent--;
	cr_assert_eq(sent, 0);
	rig_wait(VIRTIO_NET_READY_SEND);
	be_stop(be);
}

/* A capture holds what passed, and ends when the file takes no more. */
Test(net_pcap, holds_what_passed)
{
	struct virtio_net_backend *inner, *be;
	char path[] = "/tmp/lkl-pcap.XXXXXX";
	int peer, fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	unlink(path);
	cr_assert_eq(fcntl(fd, F_SETFL, O_APPEND), 0);
	inner = socket_make(SOCK_SEQPACKET, &peer);
	cr_assert_eq(virtio_net_pcap_begin(fd), 0);
	cr_assert_eq(virtio_net_pcap_create(&fake.host, inner, fd, &be), 0);
	netrig_start(be);
	rig_frame(frame, 100, 1);
	cr_assert_eq(rig_send(be, frame, 100, 7), 0);
	cr_assert_eq(pread(fd, got, sizeof(got), 0), 24 + 16 + 100);
	cr_assert_eq(memcmp(got + 40, frame, 100), 0);
	memset(got, 0, HDR);
	memcpy(got + HDR, frame, 50);
	cr_assert_eq(send(peer, got, HDR + 50, 0), HDR + 50);
	rig_clear();
	rig_wait(VIRTIO_NET_READY_RECEIVE);
	cr_assert_eq(rig_receive(be, got, sizeof(got), 999), 50);
	cr_assert_eq(pread(fd, got, sizeof(got), 0), 24 + 16 + 100 + 16 + 50);
	cr_assert_eq(memcmp(got + 24 + 16 + 100 + 16, frame, 50), 0);
	close(peer);
	rig_wait(VIRTIO_NET_READY_RECEIVE);
	cr_assert_lt(rig_receive(be, got, sizeof(got), 1000), 0);
	cr_assert(!be->link_up);
	cr_assert(be->gone);
	close(fd);
	be_stop(be);
}
