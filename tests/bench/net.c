// SPDX-License-Identifier: GPL-2.0
/*
 * net.c - TCP: over a TAP device to the host, and over loopback
 *
 * Layer:   tests/bench.
 * Users:   bench.c, through net_benches.
 *
 * The peer of tcp_* is always the same program on the host, in a network namespace
 * of its own: the library reaches it by a TAP device, the host kernel by a veth
 * pair from a second namespace. Both ends of loopback_* are on the measured side,
 * in two threads. Messages of streams are of 128 KiB.
 */
#include "bench.h"

#include <arpa/inet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <lkl.h>
#include <lkl_host.h>

#include "tests/boot/netns.h"

#define MESSAGE		(128 * KIB)
#define STREAM_NS	1500000000ULL
#define RR_NS		1000000000ULL
#define PORT_SINK	5001
#define PORT_SOURCE	5002
#define PORT_ECHO	5003
#define OUR_IP		"10.9.8.1"
#define PEER_IP		"10.9.8.2"

/* One end, the same on both sides: everything by side->call() -------------- */

static struct sockaddr_in address(const char *ip, int port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = inet_addr(ip),
	};
}

static long net_socket(const struct side *side)
{
	return must("socket", side->call(SYS_socket, AF_INET, SOCK_STREAM, 0, 0));
}

static long net_connect(const struct side *side, const char *ip, int port)
{
	struct sockaddr_in addr = address(ip, port);
	long fd = net_socket(side);

	must("connect", side->call(SYS_connect, fd, (long)&addr, sizeof(addr), 0));
	return fd;
}

static long net_listen(const struct side *side, int port)
{
	struct sockaddr_in addr = address("0.0.0.0", port);
	long fd = net_socket(side);

	must("bind", side->call(SYS_bind, fd, (long)&addr, sizeof(addr), 0));
	must("listen", side->call(SYS_listen, fd, 128, 0, 0));
	return fd;
}

static void net_close(const struct side *side, long fd)
{
	must("close", side->call(SYS_close, fd, 0, 0, 0));
}

static long net_read(const struct side *side, long fd, char *buf, long size)
{
	return must("read", side->call(SYS_read, fd, (long)buf, size, 0));
}

/* Read until the other end has shut down. Return: bytes. */
static long drain(const struct side *side, long fd, char *buf)
{
	long n, total = 0;

	while ((n = net_read(side, fd, buf, MESSAGE)) > 0)
		total += n;
	return total;
}

/* Write whole messages until @end, then say so. Return: bytes. */
static long pour(const struct side *side, long fd, char *buf, uint64_t end)
{
	long n, total = 0;

	do {
		n = side->call(SYS_write, fd, (long)buf, MESSAGE, 0);
		total += must("write", n);
	} while (now_ns() < end);
	must("shutdown", side->call(SYS_shutdown, fd, SHUT_WR, 0, 0));
	return total;
}

static void ping(const struct side *side, long fd)
{
	char byte = 1;

	if (side->call(SYS_write, fd, (long)&byte, 1, 0) != 1 ||
	    side->call(SYS_read, fd, (long)&byte, 1, 0) != 1)
		die("request", -EIO);
}

static void report_stream(const char *name, long bytes, uint64_t start)
{
	report(name, (double)bytes / 1e6 / ((double)(now_ns() - start) / 1e9));
}

/* The peer: servers, which end when their kernel is halted ------------------- */

static long net_accept(const struct side *side, long fd)
{
	return side->call(SYS_accept, fd, 0, 0, 0);
}

static void *sink(void *arg)
{
	const struct side *side = arg;
	char *buf = touched_buffer(MESSAGE);
	long fd, listener = net_listen(side, PORT_SINK);

	while ((fd = net_accept(side, listener)) >= 0) {
		drain(side, fd, buf);
		/* All has arrived: close at our end means that to the other. */
		net_close(side, fd);
	}
	return NULL;
}

static void *source(void *arg)
{
	const struct side *side = arg;
	char *buf = touched_buffer(MESSAGE);
	long fd, listener = net_listen(side, PORT_SOURCE);

	while ((fd = net_accept(side, listener)) >= 0) {
		pour(side, fd, buf, now_ns() + STREAM_NS);
		drain(side, fd, buf);
		net_close(side, fd);
	}
	return NULL;
}

static void *echo(void *arg)
{
	const struct side *side = arg;
	long fd, listener = net_listen(side, PORT_ECHO);
	char byte;

	while ((fd = net_accept(side, listener)) >= 0) {
		while (side->call(SYS_read, fd, (long)&byte, 1, 0) == 1)
			side->call(SYS_write, fd, (long)&byte, 1, 0);
		side->call(SYS_close, fd, 0, 0, 0);
	}
	return NULL;
}

static void start_thread(void *(*fn)(void *arg), const struct side *side)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, fn, (void *)side))
		die("pthread_create", -EAGAIN);
}

static void serve(const struct side *side)
{
	start_thread(sink, side);
	start_thread(source, side);
	start_thread(echo, side);
}

/* In the peer's namespace: its TAP device goes to the library, if it is asked for. */
static void peer(int control, void *arg)
{
	const struct side *side = arg;
	char answer = 0;

	if (side == &lkl_side) {
		int fd = must("TAP", netns_tap("tap0", IFF_VNET_HDR));

		must("address", netns_up("tap0", PEER_IP));
		must("TAP", netns_send_fd(control, fd));
		close(fd);
	}
	/* With veth, when the other side has made it. */
	if (read(control, &answer, 1) != 1)
		return;
	if (side == &host_side)
		must("address", netns_up("peer0", PEER_IP));
	serve(&host_side);
	usleep(100000);
	if (write(control, &answer, 1) != 1)
		return;
	pause();
}

/* Our side of the link ------------------------------------------------------ */

static struct netns ns;

static void link_lkl(void)
{
	int fd = netns_receive_fd(ns.control);
	struct lkl_netdev *nd;
	int id, ifindex;

	must("TAP", fd);
	nd = lkl_netdev_tap_fd_create(fd, LKL_NETDEV_OFFLOAD_ALL);
	if (!nd)
		die("lkl_netdev_tap_fd_create", -EIO);
	id = (int)must("lkl_netdev_add", lkl_netdev_add(nd, NULL));
	ifindex = (int)must("ifindex", lkl_netdev_get_ifindex(id));
	must("address", lkl_if_set_ipv4(ifindex, inet_addr(OUR_IP), 24));
	must("up", lkl_if_up(ifindex));
	close(fd);
}

static void link_start(const struct side *side)
{
	char byte = 1;

	if (side == &host_side)
		must("namespace", netns_enter());
	must("namespace", netns_start(&ns, peer, (void *)side));
	if (side == &lkl_side) {
		link_lkl();
	} else {
		must("veth", netns_veth("veth0", "peer0", ns.pid));
		must("address", netns_up("veth0", OUR_IP));
	}
	if (write(ns.control, &byte, 1) != 1 || read(ns.control, &byte, 1) != 1)
		die("peer", -EIO);
	/* Resolve the address, and have everybody's caches filled. */
	net_close(side, net_connect(side, PEER_IP, PORT_ECHO));
}

/* The measurements ---------------------------------------------------------- */

static void stream_tx(const struct side *side, const char *name, const char *ip)
{
	char *buf = touched_buffer(MESSAGE);
	long bytes, fd = net_connect(side, ip, PORT_SINK);
	uint64_t start = now_ns();

	bytes = pour(side, fd, buf, start + STREAM_NS);
	/* The other end closes when it has got everything. */
	drain(side, fd, buf);
	report_stream(name, bytes, start);
	net_close(side, fd);
}

static void rr(const struct side *side, const char *name, const char *ip)
{
	long fd = net_connect(side, ip, PORT_ECHO), n = 0;
	uint64_t start;

	for (int i = 0; i < 1000; i++)
		ping(side, fd);
	start = now_ns();
	while (now_ns() < start + RR_NS) {
		ping(side, fd);
		n++;
	}
	report(name, (double)(now_ns() - start) / 1e3 / (double)n);
	net_close(side, fd);
}

static void tcp_tx_run(const struct side *side, const char *where)
{
	link_start(side);
	stream_tx(side, "tcp_tx", PEER_IP);
	netns_stop(&ns);
}

static void tcp_rx_run(const struct side *side, const char *where)
{
	char *buf = touched_buffer(MESSAGE);
	uint64_t start;
	long fd;

	link_start(side);
	fd = net_connect(side, PEER_IP, PORT_SOURCE);
	start = now_ns();
	report_stream("tcp_rx", drain(side, fd, buf), start);
	net_close(side, fd);
	netns_stop(&ns);
}

static void tcp_rr_run(const struct side *side, const char *where)
{
	link_start(side);
	rr(side, "tcp_rr", PEER_IP);
	netns_stop(&ns);
}

static void tcp_crr_run(const struct side *side, const char *where)
{
	uint64_t start;
	long fd, n = 0;

	link_start(side);
	start = now_ns();
	while (now_ns() < start + RR_NS) {
		fd = net_connect(side, PEER_IP, PORT_ECHO);
		ping(side, fd);
		net_close(side, fd);
		n++;
	}
	report("tcp_crr", (double)(now_ns() - start) / 1e3 / (double)n);
	netns_stop(&ns);
}

static void loopback_start(const struct side *side)
{
	if (side == &host_side)
		must("namespace", netns_enter());
	else
		must("up", lkl_if_up(1));
	serve(side);
	usleep(100000);
}

static void loopback_tx_run(const struct side *side, const char *where)
{
	loopback_start(side);
	stream_tx(side, "loopback_tx", "127.0.0.1");
}

static void loopback_rr_run(const struct side *side, const char *where)
{
	loopback_start(side);
	rr(side, "loopback_rr", "127.0.0.1");
}

const struct bench net_benches[] = {
	{ "tcp_tx", "mem=256M loglevel=3", tcp_tx_run },
	{ "tcp_rx", "mem=256M loglevel=3", tcp_rx_run },
	{ "tcp_rr", "mem=256M loglevel=3", tcp_rr_run },
	{ "tcp_crr", "mem=256M loglevel=3", tcp_crr_run },
	{ "loopback_tx", "mem=256M loglevel=3", loopback_tx_run },
	{ "loopback_rr", "mem=256M loglevel=3", loopback_rr_run },
	{ NULL },
};
