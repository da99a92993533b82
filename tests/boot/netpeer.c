// SPDX-License-Identifier: GPL-2.0
/*
 * netpeer.c - a kernel whose peer on the link behaves badly
 *
 * Layer:   tests/boot.
 *
 * The test itself holds the other end of the kernel's device, a socket pair that
 * carries frames with virtio headers (drivers/virtio/net.h), and sends what it
 * likes, or nothing, or reads nothing.
 */
#include "tests/boot/nethelp.h"

#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/virtio_net.h>
#include <net/if_arp.h>
#include <netinet/if_ether.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

#define HDR	sizeof(struct virtio_net_hdr_v1)
#define FRAME	(HDR + 65536 + 18)

static struct net_end end;
static int peer;

static void peer_start(void)
{
	int fds[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	peer = fds[1];
	end_start(&end);
	end_connect(&end, lkl_netdev_socket_create(fds[0], LKL_NETDEV_OFFLOAD_ALL),
		    "10.1.1.1");
	close(fds[0]);
}

static void peer_stop(void)
{
	end_stop(&end);
	close(peer);
}

TestSuite(netpeer, .init = peer_start, .fini = peer_stop);

/* An ARP request for 10.1.1.1 from 10.1.1.2. */
struct arp_frame {
	struct virtio_net_hdr_v1 hdr;
	struct ethhdr eth;
	struct ether_arp arp;
} __attribute__((packed));

static const unsigned char our_mac[6] = { 2, 0, 0, 0, 0, 2 };

static struct arp_frame arp_request(void)
{
	struct arp_frame f = { 0 };
	uint32_t from = inet_addr("10.1.1.2"), to = inet_addr("10.1.1.1");

	memset(f.eth.h_dest, 0xff, 6);
	memcpy(f.eth.h_source, our_mac, 6);
	f.eth.h_proto = htons(ETH_P_ARP);
	f.arp.arp_hrd = htons(ARPHRD_ETHER);
	f.arp.arp_pro = htons(ETH_P_IP);
	f.arp.arp_hln = 6;
	f.arp.arp_pln = 4;
	f.arp.arp_op = htons(ARPOP_REQUEST);
	memcpy(f.arp.arp_sha, our_mac, 6);
	memcpy(f.arp.arp_spa, &from, 4);
	memcpy(f.arp.arp_tpa, &to, 4);
	return f;
}

/* Is there an answer within @ms? What else the kernel sends is passed over. */
static bool answered(int ms)
{
	struct pollfd pfd = { .fd = peer, .events = POLLIN };
	static unsigned char got[FRAME];
	struct arp_frame f;
	ssize_t n;

	while (poll(&pfd, 1, ms) == 1) {
		n = recv(peer, got, sizeof(got), 0);
		memcpy(&f, got, sizeof(f));
		if (n >= (ssize_t)sizeof(f) && f.eth.h_proto == htons(ETH_P_ARP) &&
		    f.arp.arp_op == htons(ARPOP_REPLY))
			return true;
	}
	return false;
}

/* Does the kernel still answer? */
static bool answers(void)
{
	struct arp_frame f = arp_request();

	return send(peer, &f, sizeof(f), 0) == sizeof(f) && answered(PATIENCE_MS);
}

/* Frames of noise: of every length, with headers that ask for anything. */
Test(netpeer, noise)
{
	static unsigned char frame[FRAME + 4096];
	struct arp_frame arp = arp_request();
	unsigned int seed = 12345;
	size_t len;

	cr_assert(answers());
	for (int i = 0; i < 20000; i++) {
		seed = seed * 1103515245 + 12345;
		len = 1 + (seed >> 8) % (i % 10 ? 200 : sizeof(frame) - 1);
		for (size_t j = 0; j < len && j < 200; j++) {
			seed = seed * 1103515245 + 12345;
			frame[j] = (unsigned char)(seed >> 16);
		}
		/* Half of them look like something to the upper layers. */
		if (i % 2 && len > HDR + 14) {
			memcpy(frame + HDR, &arp.eth, 14);
			frame[HDR + 12] = i % 4 == 1 ? 0x08 : 0x86;
			frame[HDR + 13] = i % 4 == 1 ? 0x00 : 0xdd;
			frame[HDR + 14] = i % 4 == 1 ? 0x45 : 0x60;
			frame[0] = (unsigned char)(i % 8 < 4);
			frame[1] = (unsigned char)(i / 8 % 6);
		}
		if (send(peer, frame, len, 0) < 0 && errno != EMSGSIZE)
			cr_assert_fail("send: %s", strerror(errno));
		if (i % 1000 == 0)
			cr_assert(answers(), "after %d", i);
	}
	cr_assert(answers());
	cr_assert_null(lkl_panic_message());
}

struct flood {
	atomic_int sent;
	atomic_int stop;
};

static void *flood(void *arg)
{
	struct sockaddr_in addr = address("10.1.1.2", 9);
	struct flood *f = arg;
	char buf[1400] = "";
	int fd;

	lkl_kernel_use(end.kernel);
	fd = (int)must(lkl_sys_socket(AF_INET, SOCK_DGRAM, 0));
	while (!f->stop && f->sent < 3000)
		if (lkl_sys_sendto(fd, buf, sizeof(buf), 0, (struct sockaddr *)&addr,
				   sizeof(addr)) == sizeof(buf))
			f->sent++;
	must(lkl_sys_close((unsigned int)fd));
	lkl_kernel_use(NULL);
	return NULL;
}

/* A peer that reads nothing holds the sender up; when it reads, all goes on. */
Test(netpeer, full_queue)
{
	struct flood f = { 0 };
	static unsigned char got[FRAME];
	struct pollfd pfd = { .fd = peer, .events = POLLIN };
	pthread_t thread;
	int last = -1, frames = 0;

	must(lkl_add_neighbor(end.ifindex, AF_INET,
			      &(struct in_addr){ inet_addr("10.1.1.2") },
			      (void *)our_mac));
	thread = thread_start(flood, &f);
	/* Until it gets no further. */
	while (last != f.sent) {
		last = f.sent;
		sleep_ms(200);
	}
	cr_assert_lt(last, 3000, "it is held up");
	while (poll(&pfd, 1, 500) == 1)
		if (recv(peer, got, sizeof(got), 0) > 1400)
			frames++;
	thread_join(thread);
	cr_assert_eq(f.sent, 3000);
	cr_assert_gt(frames, last, "what was sent arrives");
	cr_assert(answers());
}

/* A device goes away although frames wait in it that nobody takes. */
Test(netpeer, remove_with_a_full_queue)
{
	struct flood f = { 0 };
	pthread_t thread;
	int last = -1;

	must(lkl_add_neighbor(end.ifindex, AF_INET,
			      &(struct in_addr){ inet_addr("10.1.1.2") },
			      (void *)our_mac));
	thread = thread_start(flood, &f);
	while (last != f.sent) {
		last = f.sent;
		sleep_ms(100);
	}
	lkl_netdev_remove(end.id);
	f.stop = 1;
	thread_join(thread);
}

/* The peer dies while a connection is made: it is given up, or not begun. */
Test(netpeer, death_ends_a_connect)
{
	struct sockaddr_in addr = address("10.1.1.2", 9);
	int fd, err;

	must(lkl_add_neighbor(end.ifindex, AF_INET,
			      &(struct in_addr){ inet_addr("10.1.1.2") },
			      (void *)our_mac));
	fd = (int)must(lkl_sys_socket(AF_INET, SOCK_STREAM, 0));
	close(peer);
	err = (int)lkl_sys_connect(fd, (struct sockaddr *)&addr, sizeof(addr));
	cr_assert(err == -LKL_ECONNABORTED || err == -LKL_ENETUNREACH, "%d", err);
	peer = open("/dev/null", O_RDONLY);
}
