// SPDX-License-Identifier: GPL-2.0
/*
 * netgone.c - a network device whose backend is gone for good
 *
 * Layer:   tests/boot.
 *
 * The kernel under test talks to a second one over a socket pair; the second one's
 * device is freed in the middle of it. What goes over the link ends at once with
 * -ECONNABORTED, and nothing else does.
 */
#include "tests/boot/nethelp.h"

#include <net/if.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "drivers/virtio/net.h"

#define PORT	7100

/* Far below any timeout of TCP's, far above what it takes. */
#define AT_ONCE_MS	5000

static struct net_end ends[2];

static void both_start(void)
{
	ends_start(ends);
	lkl_kernel_use(ends[0].kernel);
}

static void both_stop(void)
{
	ends_stop(ends);
}

TestSuite(netgone, .init = both_start, .fini = both_stop);

/* The peer's device goes, and with it the other end of the socket. */
static void peer_kill(void)
{
	struct lkl_kernel *before = lkl_kernel_use(ends[1].kernel);

	lkl_netdev_remove(ends[1].id);
	lkl_netdev_free(ends[1].nd);
	ends[1].nd = NULL;
	lkl_kernel_use(before);
}

static int listener_at(const struct sockaddr *addr, socklen_t len)
{
	int fd = (int)must(lkl_sys_socket(addr->sa_family, SOCK_STREAM, 0));

	must(lkl_sys_bind(fd, (struct sockaddr *)addr, (int)len));
	must(lkl_sys_listen(fd, 5));
	return fd;
}

static int connected_to(const struct sockaddr *addr, socklen_t len)
{
	int fd = (int)must(lkl_sys_socket(addr->sa_family, SOCK_STREAM, 0));

	must(lkl_sys_connect(fd, (struct sockaddr *)addr, (int)len));
	return fd;
}

/* A connection of the kernel under test to the other, which never reads from it. */
static int peer_connect(void)
{
	struct sockaddr_in addr = address("10.1.1.2", PORT);

	lkl_kernel_use(ends[1].kernel);
	listener_at((struct sockaddr *)&addr, sizeof(addr));
	lkl_kernel_use(ends[0].kernel);
	return connected_to((struct sockaddr *)&addr, sizeof(addr));
}

/* A thread that waits in a call, and how that ended. */
struct waiter {
	long (*wait)(int fd);
	int fd;
	atomic_int begun;
	long result;
	uint64_t ended;
	pthread_t thread;
};

static void *waiter_main(void *arg)
{
	struct waiter *w = arg;

	lkl_kernel_use(ends[0].kernel);
	w->begun = 1;
	w->result = w->wait(w->fd);
	w->ended = now_ns();
	lkl_kernel_use(NULL);
	return NULL;
}

static void waiter_start(struct waiter *w, long (*wait)(int fd), int fd)
{
	*w = (struct waiter){ .wait = wait, .fd = fd };
	w->thread = thread_start(waiter_main, w);
	while (!w->begun)
		sleep_ms(1);
}

/* Kill the peer while @wait waits. Return: what it returned. */
static long killed_while(long (*wait)(int fd), int fd)
{
	struct waiter w;
	uint64_t begun;

	waiter_start(&w, wait, fd);
	sleep_ms(50);
	begun = now_ns();
	peer_kill();
	thread_join(w.thread);
	cr_expect_lt(w.ended, begun + AT_ONCE_MS * NSEC_PER_MSEC);
	return w.result;
}

static long wait_read(int fd)
{
	char buf[10];

	return lkl_sys_read((unsigned int)fd, buf, sizeof(buf));
}

/* Until no more goes in, and the write that waits. */
static long wait_write(int fd)
{
	static char buf[65536];
	long n;

	do {
		n = lkl_sys_write((unsigned int)fd, buf, sizeof(buf));
	} while (n > 0);
	return n;
}

static long wait_poll(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	return lkl_sys_poll(&pfd, 1, -1) == 1 ? pfd.revents : -1;
}

static long wait_epoll(int fd)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	int epoll = (int)must(lkl_sys_epoll_create1(0));
	long n;

	must(lkl_sys_epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
	n = lkl_sys_epoll_wait(epoll, &event, 1, -1);
	return n == 1 ? (long)event.events : -1;
}

static long wait_connect(int fd)
{
	struct sockaddr_in addr = address("10.1.1.3", PORT);

	return lkl_sys_connect(fd, (struct sockaddr *)&addr, sizeof(addr));
}

static long socket_error(int fd)
{
	int error = 0, len = sizeof(error);

	must(lkl_sys_getsockopt(fd, SOL_SOCKET, SO_ERROR, (char *)&error, &len));
	return -error;
}

Test(netgone, read_that_waits)
{
	int fd = peer_connect();

	check_call(killed_while(wait_read, fd), -ECONNABORTED);
	/* It was said once; then the connection is over, as after a reset. */
	check_call(wait_read(fd), 0);
}

Test(netgone, write_that_waits)
{
	int fd = peer_connect();

	check_call(killed_while(wait_write, fd), -ECONNABORTED);
}

Test(netgone, poll_that_waits)
{
	int fd = peer_connect();

	cr_expect(killed_while(wait_poll, fd) & (POLLERR | POLLHUP));
	check_call(socket_error(fd), -ECONNABORTED);
}

Test(netgone, epoll_that_waits)
{
	int fd = peer_connect();

	cr_expect(killed_while(wait_epoll, fd) & (EPOLLERR | EPOLLHUP));
	check_call(socket_error(fd), -ECONNABORTED);
}

/* Somebody who does not answer to SYN: connect() waits for him. */
Test(netgone, connect_that_waits)
{
	static const unsigned char mac[6] = { 2, 0, 0, 0, 0, 3 };

	must(lkl_add_neighbor(ends[0].ifindex, AF_INET,
			      &(struct in_addr){ inet_addr("10.1.1.3") }, (void *)mac));
	check_call(killed_while(wait_connect,
				(int)must(lkl_sys_socket(AF_INET, SOCK_STREAM, 0))),
		   -ECONNABORTED);
}

static long interface_flags(void)
{
	return interface_number(ends[0].ifindex, "flags");
}

/* What has arrived may still be read. */
Test(netgone, data_before_the_end)
{
	struct sockaddr_in addr = address("10.1.1.2", PORT);
	int fd, peer, available = 0;
	char buf[10];

	lkl_kernel_use(ends[1].kernel);
	peer = listener_at((struct sockaddr *)&addr, sizeof(addr));
	lkl_kernel_use(ends[0].kernel);
	fd = connected_to((struct sockaddr *)&addr, sizeof(addr));
	lkl_kernel_use(ends[1].kernel);
	peer = (int)must(lkl_sys_accept(peer, NULL, NULL));
	check_call(lkl_sys_write((unsigned int)peer, "data", 4), 4);
	lkl_kernel_use(ends[0].kernel);
	cr_assert(eventually(!lkl_sys_ioctl((unsigned int)fd, 0x541b /* FIONREAD */,
					    (long)&available) && available == 4));
	peer_kill();
	cr_assert(eventually(!(interface_flags() & IFF_UP)));
	cr_assert(eventually(wait_poll(fd) & POLLHUP));
	check_call(socket_error(fd), -ECONNABORTED);
	check_call(lkl_sys_read((unsigned int)fd, buf, sizeof(buf)), 4);
	check_call(lkl_sys_read((unsigned int)fd, buf, sizeof(buf)), 0);
}

/* Later attempts fail at once: there is no route. */
Test(netgone, later_attempts)
{
	struct sockaddr_in addr = address("10.1.1.2", PORT);
	int udp = (int)must(lkl_sys_socket(AF_INET, SOCK_DGRAM, 0)), fd;

	must(lkl_sys_sendto(udp, "x", 1, 0, (struct sockaddr *)&addr, sizeof(addr)));
	peer_kill();
	cr_assert(eventually(!(interface_flags() & IFF_UP)));
	cr_expect_eq(interface_number(ends[0].ifindex, "carrier"), -EINVAL);
	fd = (int)must(lkl_sys_socket(AF_INET, SOCK_STREAM, 0));
	check_call(lkl_sys_connect(fd, (struct sockaddr *)&addr, sizeof(addr)),
		   -ENETUNREACH);
	check_call(lkl_sys_sendto(udp, "x", 1, 0, (struct sockaddr *)&addr, sizeof(addr)),
		   -ENETUNREACH);
}

static long udp_bound(const char *to)
{
	struct sockaddr_in addr = address(to, PORT), own = address("10.1.1.1", PORT);
	long fd = must(lkl_sys_socket(AF_INET, SOCK_DGRAM, 0));

	if (to[0])
		must(lkl_sys_connect((int)fd, (struct sockaddr *)&addr, sizeof(addr)));
	else
		must(lkl_sys_bind((int)fd, (struct sockaddr *)&own, sizeof(own)));
	return fd;
}

Test(netgone, udp_connected)
{
	int fd = (int)udp_bound("10.1.1.2");

	check_call(killed_while(wait_read, fd), -ECONNABORTED);
}

Test(netgone, udp_bound)
{
	check_call(killed_while(wait_read, (int)udp_bound("")), -ECONNABORTED);
}

/* Over IPv6, and over IPv4 by a socket of IPv6. */
Test(netgone, ipv6)
{
	static const char *const ips[] = { "fd00::1", "fd00::2" };
	struct sockaddr_in6 addr[2] = {
		{ .sin6_family = AF_INET6, .sin6_port = htons(PORT) },
		{ .sin6_family = AF_INET6, .sin6_port = htons(PORT) },
	}, any = addr[0];
	int fds[2];

	for (int i = 0; i < 2; i++) {
		inet_pton(AF_INET6, ips[i], &addr[0].sin6_addr);
		lkl_kernel_use(ends[i].kernel);
		must(lkl_if_set_ipv6(ends[i].ifindex, &addr[0].sin6_addr, 64));
	}
	listener_at((struct sockaddr *)&any, sizeof(any));
	inet_pton(AF_INET6, "::ffff:10.1.1.2", &addr[1].sin6_addr);
	lkl_kernel_use(ends[0].kernel);
	for (int i = 0; i < 2; i++)
		fds[i] = connected_to((struct sockaddr *)&addr[i], sizeof(addr[i]));
	check_call(killed_while(wait_read, fds[0]), -ECONNABORTED);
	check_call(wait_read(fds[1]), -ECONNABORTED);
}

/* Bound to the interface by name, whatever its address. */
Test(netgone, bound_to_device)
{
	struct sockaddr_in addr = address("10.1.1.2", PORT);
	long fd = must(lkl_sys_socket(AF_INET, SOCK_DGRAM, 0));

	must(lkl_sys_setsockopt((int)fd, SOL_SOCKET, SO_BINDTODEVICE, "eth0", 4));
	must(lkl_sys_bind((int)fd, (struct sockaddr *)&(struct sockaddr_in){
			  .sin_family = AF_INET, .sin_port = addr.sin_port },
			  sizeof(addr)));
	check_call(killed_while(wait_read, (int)fd), -ECONNABORTED);
}

static bool would_wait(int fd)
{
	char buf[10];

	return lkl_sys_recvfrom(fd, buf, sizeof(buf), MSG_DONTWAIT, NULL, NULL) == -EAGAIN;
}

/* What does not go over it lives: loopback, another interface, who listens. */
Test(netgone, others_live)
{
	struct sockaddr_in lo = address("127.0.0.1", PORT), any = address("0.0.0.0", 9);
	struct sockaddr_in addr;
	int fd = peer_connect(), listener, udp, own, other, pair[2], len = sizeof(addr);
	struct net_end second = ends[0];

	must(lkl_if_up(1));
	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	end_connect(&second, lkl_netdev_socket_create(pair[0], 0), "10.2.2.1");
	listener = listener_at((struct sockaddr *)&lo, sizeof(lo));
	own = connected_to((struct sockaddr *)&lo, sizeof(lo));
	udp = (int)must(lkl_sys_socket(AF_INET, SOCK_DGRAM, 0));
	must(lkl_sys_bind(udp, (struct sockaddr *)&any, sizeof(any)));
	other = (int)must(lkl_sys_socket(AF_INET, SOCK_DGRAM, 0));
	addr = address("10.2.2.2", PORT);
	must(lkl_sys_connect(other, (struct sockaddr *)&addr, sizeof(addr)));
	check_call(killed_while(wait_read, fd), -ECONNABORTED);
	cr_assert(eventually(!(interface_flags() & IFF_UP)));
	cr_expect(would_wait(own));
	cr_expect(would_wait(udp));
	cr_expect(would_wait(other));
	check_call(lkl_sys_write((unsigned int)own, "x", 1), 1);
	must(lkl_sys_accept(listener, (struct sockaddr *)&addr, &len));
	check_call(lkl_sys_write((unsigned int)other, "x", 1), 1);
	lkl_netdev_remove(second.id);
	lkl_netdev_free(second.nd);
	close(pair[0]);
	close(pair[1]);
}

/* Several at once, more than one answer of the kernel can name. */
#define MANY	300

Test(netgone, many)
{
	struct sockaddr_in addr = address("10.1.1.2", PORT);
	int fds[MANY], listener;

	lkl_kernel_use(ends[1].kernel);
	listener = listener_at((struct sockaddr *)&addr, sizeof(addr));
	for (int i = 0; i < MANY; i++) {
		lkl_kernel_use(ends[0].kernel);
		fds[i] = connected_to((struct sockaddr *)&addr, sizeof(addr));
		lkl_kernel_use(ends[1].kernel);
		must(lkl_sys_accept(listener, NULL, NULL));
	}
	lkl_kernel_use(ends[0].kernel);
	check_call(killed_while(wait_read, fds[0]), -ECONNABORTED);
	for (int i = 1; i < MANY; i++)
		check_call(wait_read(fds[i]), -ECONNABORTED);
}

/* One that is gone when it is added: the interface is there, and down. */
Test(netgone, gone_from_the_beginning)
{
	struct net_end end = ends[0];
	int pair[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	close(pair[1]);
	end.nd = lkl_netdev_socket_create(pair[0], 0);
	end.id = (int)must(lkl_netdev_add(end.nd, NULL));
	end.ifindex = (int)must(lkl_netdev_get_ifindex(end.id));
	must(lkl_if_up(end.ifindex));
	cr_expect(eventually(!(interface_number(end.ifindex, "flags") & IFF_UP) ||
			     !interface_number(end.ifindex, "carrier")));
	lkl_netdev_remove(end.id);
	lkl_netdev_free(end.nd);
	close(pair[0]);
}

/*
 * A link that may come back: a backend that loses its carrier, and then its life.
 */

static struct virtio_net_backend *pulled;

static int pulled_start(struct virtio_net_backend *be, uint64_t features,
			unsigned int pairs)
{
	return 0;
}

static int pulled_send(struct virtio_net_backend *be, unsigned int pair,
		       const struct iovec *iov, unsigned int count, size_t len)
{
	return 0;
}

static ssize_t pulled_receive(struct virtio_net_backend *be, unsigned int pair,
			      const struct iovec *iov, unsigned int count)
{
	return -EAGAIN;
}

static void pulled_destroy(struct virtio_net_backend *be)
{
	free(be);
}

static const struct virtio_net_backend_ops pulled_ops = {
	.start = pulled_start,
	.send = pulled_send,
	.receive = pulled_receive,
	.destroy = pulled_destroy,
};

static int pulled_create(struct lkl_netdev *nd, const struct virtio_host *host,
			 unsigned int pairs, struct virtio_net_backend **be)
{
	pulled = calloc(1, sizeof(*pulled));
	pulled->ops = &pulled_ops;
	pulled->pairs = 1;
	pulled->link_up = true;
	*be = pulled;
	return 0;
}

static void pulled_free(struct lkl_netdev *nd)
{
}

static struct lkl_dev_net_ops pulled_netdev_ops = {
	.backend = pulled_create,
	.free = pulled_free,
};

Test(netgone, cable_pulled)
{
	struct lkl_netdev nd = { .ops = &pulled_netdev_ops };
	struct net_end end = ends[0];
	struct waiter w;

	end_connect(&end, &nd, "10.2.2.1");
	waiter_start(&w, wait_read, (int)udp_bound("10.2.2.2"));
	virtio_net_link(pulled, false);
	cr_assert(eventually(interface_number(end.ifindex, "carrier") == 0));
	virtio_net_link(pulled, true);
	cr_assert(eventually(interface_number(end.ifindex, "carrier") == 1));
	virtio_net_link(pulled, false);
	sleep_ms(100);
	cr_expect_eq(w.ended, 0);
	virtio_net_gone(pulled);
	thread_join(w.thread);
	check_call(w.result, -ECONNABORTED);
	/* A link that is down by intention is not waited for. */
	must(lkl_if_up(end.ifindex));
	cr_expect_eq(interface_number(end.ifindex, "carrier"), 0);
	lkl_netdev_remove(end.id);
}

static void *peer_kill_thread(void *arg)
{
	sleep_ms(*(unsigned int *)arg);
	peer_kill();
	return NULL;
}

/* Its end, and that of the device or of the kernel, in any order. */
Test(netgone_races, at_the_same_time)
{
	int threads = host_threads();

	for (unsigned int i = 0; i < 8; i++) {
		unsigned int ms = i / 2;
		pthread_t thread;

		both_start();
		peer_connect();
		thread = thread_start(peer_kill_thread, &ms);
		sleep_ms(2);
		if (i % 2)
			lkl_netdev_remove(ends[0].id);
		else
			must(lkl_kernel_halt(ends[0].kernel));
		thread_join(thread);
		if (i % 2)
			must(lkl_kernel_halt(ends[0].kernel));
		lkl_kernel_free(ends[0].kernel);
		lkl_netdev_free(ends[0].nd);
		end_stop(&ends[1]);
	}
	cr_assert_eq(host_threads(), threads);
}
