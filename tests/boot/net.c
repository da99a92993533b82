// SPDX-License-Identifier: GPL-2.0
/*
 * net.c - two kernels with a link between them
 *
 * Layer:   tests/boot.
 *
 * Each has one end of a socket pair as its network device; what arrives is compared
 * with what was sent.
 */
#include "tests/boot/nethelp.h"

#include <linux/ethtool.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define MIB	(1UL << 20)

Test(net, tcp_both_ways)
{
	struct net_end ends[2];
	int files = host_files(), threads = host_threads();

	ends_start(ends);
	transfer_check(&ends[0], &ends[1], "10.1.1.2", 16 * MIB);
	transfer_check(&ends[1], &ends[0], "10.1.1.1", 16 * MIB);
	ends_stop(ends);
	cr_assert_eq(host_files(), files);
	cr_assert_eq(host_threads(), threads);
}

Test(net, tcp_over_ipv6)
{
	static const char *const ips[] = { "fd00::1", "fd00::2" };
	struct net_end ends[2];
	struct in6_addr addr;

	ends_start(ends);
	for (int i = 0; i < 2; i++) {
		inet_pton(AF_INET6, ips[i], &addr);
		lkl_kernel_use(ends[i].kernel);
		must(lkl_if_set_ipv6(ends[i].ifindex, &addr, 64));
		must(lkl_if_wait_ipv6_dad(ends[i].ifindex, &addr));
	}
	transfer_check(&ends[0], &ends[1], NULL, 16 * MIB);
	ends_stop(ends);
}

/* Get or set an offload of eth0 in the selected kernel. Return: its value. */
static uint32_t offload(uint32_t cmd, uint32_t value)
{
	struct ethtool_value request = { .cmd = cmd, .data = value };
	struct ifreq ifr = { .ifr_name = "eth0", .ifr_data = (void *)&request };
	int fd = (int)must(lkl_sys_socket(AF_INET, SOCK_DGRAM, 0));

	must(lkl_sys_ioctl((unsigned int)fd, SIOCETHTOOL, (long)&ifr));
	must(lkl_sys_close((unsigned int)fd));
	return request.data;
}

/* Segments that the selected kernel's TCP has sent again. */
static long retransmitted(void)
{
	char text[4096], *line;
	long n = 0;

	must(lkl_mount_fs("proc"));
	must(read_file("/proc/net/snmp", text, sizeof(text)));
	line = strstr(text, "\nTcp: ");
	line = line ? strstr(line + 1, "\nTcp: ") : NULL;
	cr_assert_not_null(line);
	sscanf(line, "\nTcp: %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %ld", &n);
	return n;
}

/* Have TCP make packets of one segment: it does not ask what the device can do. */
static void one_segment(int ifindex)
{
	struct {
		struct nlmsghdr hdr;
		struct ifinfomsg info;
		struct nlattr attr;
		uint32_t segments;
	} req = {
		.hdr.nlmsg_len = sizeof(req),
		.hdr.nlmsg_type = RTM_SETLINK,
		.hdr.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
		.info.ifi_index = ifindex,
		.attr = { sizeof(req.attr) + sizeof(req.segments), IFLA_GSO_MAX_SEGS },
		.segments = 1,
	};
	struct {
		struct nlmsghdr hdr;
		struct nlmsgerr answer;
		char request[100];
	} ack;
	int fd = (int)must(lkl_sys_socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));

	must(lkl_sys_send(fd, &req, sizeof(req), 0));
	must(lkl_sys_recv(fd, &ack, sizeof(ack), 0));
	check_call(ack.answer.error, 0);
	must(lkl_sys_close((unsigned int)fd));
}

/*
 * Loss, reordering, duplicates and delay inside the library: TCP makes up for all
 * of it. Packets are of one segment, so that there are enough to lose.
 */
Test(net, tcp_over_a_bad_line)
{
	struct net_end ends[2];

	ends_start(ends);
	for (int i = 0; i < 2; i++) {
		lkl_kernel_use(ends[i].kernel);
		one_segment(ends[i].ifindex);
		must(lkl_qdisc_add(ends[i].ifindex, "root",
				   "netem delay 2ms jitter 1ms loss 2% duplicate 1% reorder 10%"));
	}
	transfer_check(&ends[0], &ends[1], "10.1.1.2", MIB);
	lkl_kernel_use(ends[0].kernel);
	cr_assert_gt(retransmitted(), 5);
	ends_stop(ends);
}

/* Without offloads each packet is a frame of its own, summed by the sender. */
Test(net, tcp_without_offloads)
{
	struct lkl_netdev_args args = { 0 };
	struct net_end ends[2];

	ends_start(ends);
	lkl_kernel_use(ends[0].kernel);
	lkl_netdev_remove(ends[0].id);
	ends[0].id = (int)must(lkl_netdev_add(ends[0].nd, &args));
	ends[0].ifindex = (int)must(lkl_netdev_get_ifindex(ends[0].id));
	must(lkl_if_set_ipv4(ends[0].ifindex, inet_addr("10.1.1.1"), 24));
	must(lkl_if_up(ends[0].ifindex));
	cr_assert_eq(offload(ETHTOOL_GTSO, 0), 0);
	/* The other end must not send it what it cannot take. */
	lkl_kernel_use(ends[1].kernel);
	cr_assert_eq(offload(ETHTOOL_GTSO, 0), 1);
	offload(ETHTOOL_STSO, 0);
	offload(ETHTOOL_STXCSUM, 0);
	transfer_check(&ends[0], &ends[1], "10.1.1.2", 4 * MIB);
	ends_stop(ends);
}

/* Datagrams of every kind of length, fragmented above the MTU. */
Test(net, udp_lengths)
{
	static const unsigned int lengths[] = { 0, 1, 17, 18, 1471, 1472, 1473, 9000, 65507 };
	struct sockaddr_in addr = address("10.1.1.2", 9);
	unsigned char *buf = malloc(65536);
	struct net_end ends[2];
	int fd, from;

	ends_start(ends);
	lkl_kernel_use(ends[1].kernel);
	fd = (int)must(lkl_sys_socket(AF_INET, SOCK_DGRAM, 0));
	must(lkl_sys_bind(fd, (struct sockaddr *)&addr, sizeof(addr)));
	lkl_kernel_use(ends[0].kernel);
	from = (int)must(lkl_sys_socket(AF_INET, SOCK_DGRAM, 0));
	must(lkl_sys_connect(from, (struct sockaddr *)&addr, sizeof(addr)));
	for (unsigned int i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		for (unsigned int j = 0; j < lengths[i]; j++)
			buf[j] = pattern(i * 100000 + j);
		lkl_kernel_use(ends[0].kernel);
		check_call(lkl_sys_sendto(from, buf, lengths[i], 0, NULL, 0), lengths[i]);
		memset(buf, 0, 65536);
		lkl_kernel_use(ends[1].kernel);
		check_call(lkl_sys_recvfrom(fd, buf, 65536, 0, NULL, NULL), lengths[i]);
		for (unsigned int j = 0; j < lengths[i]; j++)
			cr_assert_eq(buf[j], pattern(i * 100000 + j));
	}
	free(buf);
	ends_stop(ends);
}

/* When the peer's device goes away, the interface is down; see netgone.c. */
Test(net, peer_gone_is_down)
{
	struct net_end ends[2];

	ends_start(ends);
	lkl_kernel_use(ends[0].kernel);
	cr_assert_eq(interface_number(ends[0].ifindex, "carrier"), 1);
	lkl_kernel_use(ends[1].kernel);
	lkl_netdev_remove(ends[1].id);
	lkl_netdev_free(ends[1].nd);
	ends[1].nd = NULL;
	lkl_kernel_use(ends[0].kernel);
	cr_assert(eventually(!(interface_number(ends[0].ifindex, "flags") & IFF_UP)));
	ends_stop(ends);
}

struct pourer {
	struct lkl_kernel *kernel;
	atomic_int stop;
};

/* Datagrams to wherever, as fast as they go; without a way there is nothing to do. */
static void *pour(void *arg)
{
	struct sockaddr_in addr = address("10.1.1.2", 9);
	struct pourer *p = arg;
	char buf[1000] = "";
	long fd, n = 0;

	lkl_kernel_use(p->kernel);
	fd = must(lkl_sys_socket(AF_INET, SOCK_DGRAM, 0));
	while (!p->stop) {
		if (lkl_sys_sendto((int)fd, buf, sizeof(buf), 0, (struct sockaddr *)&addr,
				   sizeof(addr)) > 0)
			n++;
		else
			sleep_ms(1);
	}
	must(lkl_sys_close((unsigned int)fd));
	lkl_kernel_use(NULL);
	return (void *)n;
}

/* A device is taken away and put back again and again, in the middle of traffic. */
Test(net, remove_with_traffic)
{
	struct pourer pourers[2] = { 0 };
	pthread_t threads[2];
	struct net_end ends[2];
	int files;

	ends_start(ends);
	files = host_files();
	for (int i = 0; i < 2; i++) {
		pourers[i].kernel = ends[i].kernel;
		threads[i] = thread_start(pour, &pourers[i]);
	}
	for (int i = 0; i < 20; i++) {
		struct net_end *end = &ends[i % 2];

		sleep_ms(3);
		lkl_kernel_use(end->kernel);
		lkl_netdev_remove(end->id);
		check_call(lkl_netdev_get_ifindex(end->id), -LKL_ENODEV);
		end_connect(end, end->nd, i % 2 ? "10.1.1.2" : "10.1.1.1");
	}
	for (int i = 0; i < 2; i++) {
		pourers[i].stop = 1;
		cr_assert_gt((long)thread_join(threads[i]), 0);
	}
	cr_assert_eq(host_files(), files);
	transfer_check(&ends[0], &ends[1], "10.1.1.2", MIB);
	ends_stop(ends);
}

/* A device that was added before the kernel started is there after each start. */
Test(net, device_outlives_boots)
{
	struct lkl_netdev_args args = { .mac = (uint8_t[]){ 2, 0, 0, 0, 0, 9 } };
	struct ifreq ifr = { .ifr_name = "eth0" };
	struct lkl_netdev *nd;
	int id, fd, fds[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, fds), 0);
	nd = lkl_netdev_socket_create(fds[0], LKL_NETDEV_OFFLOAD_ALL);
	cr_assert_not_null(nd);
	id = (int)must(lkl_netdev_add(nd, &args));
	check_call(lkl_netdev_get_ifindex(id), -LKL_ENODEV);
	for (int i = 0; i < 3; i++) {
		boot_kernel();
		must(lkl_netdev_get_ifindex(id));
		fd = (int)must(lkl_sys_socket(AF_INET, SOCK_DGRAM, 0));
		must(lkl_sys_ioctl((unsigned int)fd, SIOCGIFHWADDR, (long)&ifr));
		cr_assert_eq(memcmp(ifr.ifr_hwaddr.sa_data, args.mac, 6), 0);
		check_call(lkl_sys_halt(), 0);
	}
	lkl_cleanup();
	lkl_netdev_free(nd);
}

Test(net, refusals_say_why)
{
	struct lkl_netdev_args group = { .mac = (uint8_t[]){ 1, 0, 0, 0, 0, 9 } };
	struct lkl_netdev *nd;
	int fds[2];

	boot_kernel();
	check_call(lkl_netdev_add(NULL, NULL), -LKL_EINVAL);
	cr_assert_null(lkl_netdev_tap_create("a_name_that_is_too_long", 0));
	cr_assert_not_null(strstr(lkl_netdev_error(), "a_name_that_is_too_long"));
	cr_assert_null(lkl_netdev_pipe_create("/nowhere/rx", 0));
	cr_assert_null(lkl_netdev_pipe_create("/nowhere/rx|/nowhere/tx", 0));
	cr_assert_not_null(strstr(lkl_netdev_error(), "/nowhere/rx"));
	cr_assert_null(lkl_netdev_macvtap_create("/dev/null", 0));
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	nd = lkl_netdev_socket_create(fds[0], 0);
	cr_assert_not_null(nd);
	check_call(lkl_netdev_add(nd, NULL), -LKL_EPROTOTYPE);
	lkl_netdev_free(nd);
	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	nd = lkl_netdev_socket_create(fds[0], 0);
	check_call(lkl_netdev_add(nd, &group), -LKL_EINVAL);
	must(lkl_netdev_add(nd, NULL));
	check_call(lkl_netdev_add(nd, NULL), -LKL_EBUSY);
	lkl_netdev_remove(12345);
	halt_kernel();
	lkl_netdev_free(nd);
}

/* Named pipes carry bare frames. */
Test(net, tcp_over_named_pipes)
{
	char dir[] = "/tmp/lkl-net.XXXXXX", names[2][100], both[256];
	struct net_end ends[2];

	cr_assert_not_null(mkdtemp(dir));
	for (int i = 0; i < 2; i++) {
		snprintf(names[i], sizeof(names[i]), "%s/%d", dir, i);
		cr_assert_eq(mkfifo(names[i], 0600), 0);
	}
	for (int i = 0; i < 2; i++) {
		snprintf(both, sizeof(both), "%s|%s", names[i], names[!i]);
		end_start(&ends[i]);
		end_connect(&ends[i], lkl_netdev_pipe_create(both, 0),
			    i ? "10.1.1.2" : "10.1.1.1");
	}
	for (int i = 0; i < 2; i++)
		unlink(names[i]);
	rmdir(dir);
	transfer_check(&ends[0], &ends[1], "10.1.1.2", 4 * MIB);
	ends_stop(ends);
}

/* How many frames are in a capture, if it is sound to its end; else -1. */
static long capture_frames(const char *path)
{
	uint32_t head[6], record[4];
	FILE *file = fopen(path, "re");
	long frames = 0, size;

	cr_assert_not_null(file);
	fseek(file, 0, SEEK_END);
	size = ftell(file);
	rewind(file);
	if (fread(head, sizeof(head), 1, file) != 1 || head[0] != 0xa1b23c4d)
		return -1;
	while (fread(record, sizeof(record), 1, file) == 1) {
		frames++;
		if (record[2] != record[3] || record[2] < 14 ||
		    fseek(file, record[2], SEEK_CUR))
			return -1;
	}
	if (ftell(file) != size)
		return -1;
	fclose(file);
	return frames;
}

/* All that passes a device is in its capture, in either direction. */
Test(net, capture)
{
	char path[] = "/tmp/lkl-capture.XXXXXX";
	struct net_end ends[2];
	long before, frames;
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	ends_start(ends);
	lkl_kernel_use(ends[0].kernel);
	lkl_netdev_remove(ends[0].id);
	check_call(lkl_netdev_capture(ends[0].nd, "/nowhere/x"), -LKL_ENOENT);
	check_call(lkl_netdev_capture(ends[0].nd, path), 0);
	end_connect(&ends[0], ends[0].nd, "10.1.1.1");
	transfer_check(&ends[0], &ends[1], "10.1.1.2", MIB);
	lkl_kernel_use(ends[0].kernel);
	before = interface_number(ends[0].ifindex, "statistics/tx_packets") +
		 interface_number(ends[0].ifindex, "statistics/rx_packets");
	lkl_netdev_remove(ends[0].id);
	frames = capture_frames(path);
	cr_assert_gt(frames, 10);
	cr_assert_geq(frames, before);
	ends_stop(ends);
	close(fd);
	unlink(path);
}
