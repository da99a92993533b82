// SPDX-License-Identifier: GPL-2.0
/*
 * nettap.c - a kernel on a TAP device of the host
 *
 * Layer:   tests/boot.
 *
 * The host's end is in a network namespace of the test's own, which ends with it. A
 * host that allows none is no place for these tests.
 */
#include "tests/boot/nethelp.h"
#include "tests/boot/netns.h"

#include <linux/ethtool.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define OUR_IP	"10.2.2.1"
#define HOST_IP	"10.2.2.2"
#define PORT	7001
#define MIB	(1UL << 20)
#define PIECE	60000

static struct net_end end;
static struct netns ns;

static int host_listen(void)
{
	struct sockaddr_in addr = address(HOST_IP, PORT);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, 5))
		_exit(2);
	return fd;
}

/* Send everything back that comes in. */
static void echo(int listener)
{
	static char buf[PIECE];
	int fd = accept(listener, NULL, NULL);
	ssize_t n, m, done;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		for (done = 0; done < n; done += m) {
			m = write(fd, buf + done, (size_t)(n - done));
			if (m < 0)
				_exit(3);
		}
	close(fd);
}

/* Datagrams that nobody asked for. */
static void flood(void)
{
	struct sockaddr_in addr = address(OUR_IP, 9);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	static char buf[1000];

	for (int i = 0; i < 20000; i++)
		sendto(fd, buf, sizeof(buf), 0, (struct sockaddr *)&addr, sizeof(addr));
	close(fd);
}

static void link_delete(void)
{
	struct {
		struct nlmsghdr hdr;
		struct ifinfomsg info;
	} req = {
		.hdr.nlmsg_len = sizeof(req),
		.hdr.nlmsg_type = RTM_DELLINK,
		.hdr.nlmsg_flags = NLM_F_REQUEST,
		.info.ifi_index = (int)if_nametoindex("tap0"),
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (send(fd, &req, sizeof(req), 0) < 0)
		_exit(4);
	close(fd);
}

/* The host's end: does what it is told, a letter at a time, and says when done. */
static void host_end(int control, void *arg)
{
	short flags = *(const short *)arg;
	int fd = netns_tap("tap0", flags), listener;
	char letter;

	if (fd < 0 || netns_up("tap0", HOST_IP) || netns_send_fd(control, fd))
		_exit(1);
	close(fd);
	listener = host_listen();
	while (read(control, &letter, 1) == 1) {
		if (letter == 'e')
			echo(listener);
		else if (letter == 'f')
			flood();
		else if (letter == 'd')
			link_delete();
		if (write(control, &letter, 1) != 1)
			return;
	}
}

static void tell(char letter)
{
	cr_assert_eq(write(ns.control, &letter, 1), 1);
}

static void wait_done(void)
{
	char letter;

	cr_assert_eq(read(ns.control, &letter, 1), 1, "the host's end has failed");
}

static void tap_start(short flags)
{
	int fd, err = netns_start(&ns, host_end, &flags);

	if (err)
		cr_skip_test("no network namespaces: %s", strerror(-err));
	fd = netns_receive_fd(ns.control);
	cr_assert_geq(fd, 0);
	end_start(&end);
	end_connect(&end, lkl_netdev_tap_fd_create(fd, LKL_NETDEV_OFFLOAD_ALL), OUR_IP);
	close(fd);
}

static void tap_stop(void)
{
	end_stop(&end);
	netns_stop(&ns);
}

struct sender {
	int fd;
	uint64_t bytes;
};

static void *send_all(void *arg)
{
	struct sender *s = arg;
	unsigned char *buf = malloc(PIECE);
	uint64_t at = 0;
	long n;

	lkl_kernel_use(end.kernel);
	while (at < s->bytes) {
		for (long i = 0; i < PIECE; i++)
			buf[i] = pattern(at + (uint64_t)i);
		n = must(lkl_sys_write((unsigned int)s->fd, (char *)buf, PIECE));
		at += (uint64_t)n;
	}
	must(lkl_sys_shutdown(s->fd, SHUT_WR));
	free(buf);
	lkl_kernel_use(NULL);
	return (void *)at;
}

/* Send to the host, and compare what it sends back. */
static void echo_check(uint64_t bytes)
{
	struct sockaddr_in addr = address(HOST_IP, PORT);
	unsigned char *buf = malloc(PIECE);
	struct sender s = { .bytes = bytes };
	pthread_t thread;
	uint64_t at = 0;
	long n;

	tell('e');
	s.fd = (int)must(lkl_sys_socket(AF_INET, SOCK_STREAM, 0));
	must(lkl_sys_connect(s.fd, (struct sockaddr *)&addr, sizeof(addr)));
	thread = thread_start(send_all, &s);
	while ((n = must(lkl_sys_read((unsigned int)s.fd, (char *)buf, PIECE))) > 0)
		for (long i = 0; i < n; i++, at++)
			cr_assert_eq(buf[i], pattern(at), "byte %lu", (unsigned long)at);
	cr_assert_eq(at, (uint64_t)thread_join(thread));
	must(lkl_sys_close((unsigned int)s.fd));
	wait_done();
	free(buf);
}

/* With headers and offloads, the host's kernel and ours agree on every byte. */
Test(nettap, tcp_both_ways)
{
	tap_start(IFF_VNET_HDR);
	echo_check(16 * MIB);
	tap_stop();
}

/* Without headers each frame is whole and summed. */
Test(nettap, tcp_without_headers)
{
	tap_start(0);
	echo_check(4 * MIB);
	tap_stop();
}

/* More comes in than anybody takes: some is lost, and then all is well. */
Test(nettap, flood)
{
	tap_start(IFF_VNET_HDR);
	for (int i = 0; i < 3; i++) {
		tell('f');
		wait_done();
		echo_check(MIB);
	}
	tap_stop();
}

/* The host takes the interface away: a connection over it ends, and ours is down. */
Test(nettap, deleted_by_the_host)
{
	struct sockaddr_in addr = address(HOST_IP, PORT);
	char byte;
	int fd;

	tap_start(IFF_VNET_HDR);
	echo_check(MIB);
	fd = (int)must(lkl_sys_socket(AF_INET, SOCK_STREAM, 0));
	must(lkl_sys_connect(fd, (struct sockaddr *)&addr, sizeof(addr)));
	tell('d');
	check_call(lkl_sys_read((unsigned int)fd, &byte, 1), -ECONNABORTED);
	wait_done();
	cr_assert_eq(interface_number(end.ifindex, "flags") & IFF_UP, 0);
	lkl_netdev_remove(end.id);
	tap_stop();
}

/*
 * What makes its devices itself runs in a child, which has one thread, so that an
 * ordinary user may give it a namespace.
 */
#define NO_NAMESPACE	77

static void step_check(bool ok, int line)
{
	if (ok)
		return;
	fprintf(stderr, "nettap.c:%d failed\n", line);
	_exit(1);
}

#define step(condition) step_check(condition, __LINE__)

static void datagrams(void)
{
	struct sockaddr_in addr = address(HOST_IP, 9);
	int host = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	long fd = lkl_sys_socket(AF_INET, SOCK_DGRAM, 0);
	int got;

	step(fd >= 0 && !bind(host, (struct sockaddr *)&addr, sizeof(addr)));
	for (int j = 0; j < 50; j++) {
		step(lkl_sys_sendto((int)fd, &j, sizeof(j), 0, (struct sockaddr *)&addr,
				    sizeof(addr)) == sizeof(j));
		step(recv(host, &got, sizeof(got), 0) == sizeof(got) && got == j);
	}
	close(host);
	step(!lkl_sys_close((unsigned int)fd));
}

/* Start a kernel with @nd, and bring it up. */
static void child_start(struct lkl_netdev *nd, int *id)
{
	int ifindex;

	step(nd);
	step(!lkl_start_kernel("mem=64M loglevel=0 maxcpus=%d", boot_cpus()));
	*id = lkl_netdev_add(nd, NULL);
	step(*id >= 0);
	ifindex = lkl_netdev_get_ifindex(*id);
	step(!lkl_if_set_ipv4(ifindex, inet_addr(OUR_IP), 24));
	step(!lkl_if_up(ifindex));
}

/* How many queue pairs eth0 uses, set if @pairs is not 0. */
static unsigned int channels(unsigned int pairs)
{
	struct ethtool_channels request = { .cmd = ETHTOOL_GCHANNELS };
	struct ifreq ifr = { .ifr_name = "eth0", .ifr_data = (void *)&request };
	long fd = lkl_sys_socket(AF_INET, SOCK_DGRAM, 0);

	step(!lkl_sys_ioctl((unsigned int)fd, SIOCETHTOOL, (long)&ifr));
	if (pairs) {
		request.cmd = ETHTOOL_SCHANNELS;
		request.combined_count = pairs;
		step(!lkl_sys_ioctl((unsigned int)fd, SIOCETHTOOL, (long)&ifr));
	}
	step(!lkl_sys_close((unsigned int)fd));
	return request.combined_count;
}

/* A queue that is not used is not one whose device is gone. */
static void fewer_queues(void)
{
	unsigned int pairs = channels(0);

	step(pairs == (unsigned int)boot_cpus());
	for (unsigned int i = 0; i < 20; i++) {
		channels(1 + i % pairs);
		datagrams();
	}
	channels(pairs);
	datagrams();
}

/* The device is made, with a queue for each vCPU, and used by all. */
static void by_name(void)
{
	struct lkl_netdev *nd = lkl_netdev_tap_create("lkltap%d", LKL_NETDEV_OFFLOAD_ALL);
	int id;

	child_start(nd, &id);
	step(!netns_up("lkltap0", HOST_IP));
	datagrams();
	fewer_queues();
	lkl_netdev_remove(id);
	id = lkl_netdev_add(nd, NULL);
	step(id >= 0 && lkl_netdev_get_ifindex(id) > 0);
	step(!lkl_sys_halt());
	lkl_cleanup();
	step(if_nametoindex("lkltap0"));
	lkl_netdev_free(nd);
	step(!if_nametoindex("lkltap0"));
}

static void check_in_child(void (*test)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (netns_enter())
			_exit(NO_NAMESPACE);
		test();
		_exit(0);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == NO_NAMESPACE)
		cr_skip_test("no network namespaces");
	cr_assert_eq(status, 0, "status 0x%x", status);
}

Test(nettap, by_name)
{
	check_in_child(by_name);
}

static void exchange(unsigned int fd, uint64_t at)
{
	static unsigned char out[PIECE], in[PIECE];
	long n, done;

	for (long i = 0; i < PIECE; i++)
		out[i] = pattern(at + (uint64_t)i);
	for (done = 0; done < PIECE; done += n) {
		n = lkl_sys_write(fd, (char *)out + done, (size_t)(PIECE - done));
		step(n > 0);
	}
	for (done = 0; done < PIECE; done += n) {
		n = lkl_sys_read(fd, (char *)in + done, (size_t)(PIECE - done));
		step(n > 0);
	}
	step(!memcmp(in, out, PIECE));
}

/* Long frames and short ones, in turn; @listener is the host's. */
static void stream(int listener)
{
	struct sockaddr_in addr = address(HOST_IP, PORT);
	long fd = lkl_sys_socket(AF_INET, SOCK_STREAM, 0);
	pid_t pid = fork();
	int status;

	if (!pid) {
		echo(listener);
		_exit(0);
	}
	step(!lkl_sys_connect((int)fd, (struct sockaddr *)&addr, sizeof(addr)));
	for (uint64_t i = 0; i < 64; i++)
		exchange((unsigned int)fd, i * PIECE);
	step(!lkl_sys_close((unsigned int)fd));
	step(waitpid(pid, &status, 0) == pid && !status);
}

/* A packet socket on one end of a veth pair, the host's address on the other. */
static void raw(void)
{
	struct lkl_netdev *nd;
	int id, listener;

	step(!netns_veth("v0", "v1", getpid()));
	step(!netns_up("v0", NULL));
	step(!netns_up("v1", HOST_IP));
	step(!lkl_netdev_raw_create("nothing"));
	step(strstr(lkl_netdev_error(), "nothing"));
	listener = host_listen();
	nd = lkl_netdev_raw_create("v0");
	child_start(nd, &id);
	datagrams();
	stream(listener);
	flood();
	datagrams();
	lkl_netdev_remove(id);
	/* Once more: the socket's ring has been given back. */
	id = lkl_netdev_add(nd, NULL);
	step(id >= 0 && !lkl_if_up(lkl_netdev_get_ifindex(id)));
	step(!lkl_sys_halt());
	lkl_cleanup();
	lkl_netdev_free(nd);
}

Test(nettap, raw)
{
	check_in_child(raw);
}
