// SPDX-License-Identifier: GPL-2.0
/*
 * netif.c - interfaces, addresses, routes, neighbours, queueing disciplines
 *
 * Layer:   tests/boot.
 *
 * The interfaces are the kernel's own: loopback, and a dummy or veth that the
 * test makes; what the calls did is read back through other doors (procfs,
 * ioctl, sockets that send).
 */
#include "tests/boot/boot.h"

#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <stdlib.h>

BOOT_SUITE(netif);

#define LOOPBACK	1

/* An answer is the error wanted, and the kernel's words contain @text. */
#define check_refusal(call, expect, text) do {				\
	check_call(call, expect);					\
	cr_assert_not_null(strstr(lkl_netlink_error(), text),		\
			   "%s: \"%s\"", #call, lkl_netlink_error());	\
} while (0)

static uint32_t ip4(const char *text)
{
	struct in_addr addr;

	cr_assert_eq(inet_pton(AF_INET, text, &addr), 1);
	return addr.s_addr;
}

static struct in6_addr ip6(const char *text)
{
	struct in6_addr addr;

	cr_assert_eq(inet_pton(AF_INET6, text, &addr), 1);
	return addr;
}

/* Requests to make interfaces are put together by hand, attribute by attribute. */
struct link_request {
	struct nlmsghdr hdr;
	struct ifinfomsg info;
	char attrs[256];
};

static struct rtattr *attr_add(struct link_request *req, int type,
			       const void *data, size_t len)
{
	struct rtattr *attr = (void *)((char *)req + NLMSG_ALIGN(req->hdr.nlmsg_len));

	attr->rta_type = type;
	attr->rta_len = RTA_LENGTH(len);
	if (len)
		memcpy(RTA_DATA(attr), data, len);
	req->hdr.nlmsg_len = (char *)attr - (char *)req + RTA_ALIGN(attr->rta_len);
	return attr;
}

static void attr_end(struct link_request *req, struct rtattr *attr)
{
	attr->rta_len = (char *)req + req->hdr.nlmsg_len - (char *)attr;
}

static void request_do(struct link_request *req)
{
	struct { struct nlmsghdr hdr; struct nlmsgerr err; } ack;
	long fd = must(lkl_sys_socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));

	must(lkl_sys_sendto(fd, req, req->hdr.nlmsg_len, 0, NULL, 0));
	must(lkl_sys_recvfrom(fd, &ack, sizeof(ack), 0, NULL, NULL));
	cr_assert_eq(ack.hdr.nlmsg_type, NLMSG_ERROR);
	check_call(ack.err.error, 0);
	lkl_sys_close(fd);
}

/* Make an interface of @kind; a veth's other end is called peer. */
static int link_make(const char *kind, const char *name)
{
	struct link_request req = {
		.hdr.nlmsg_len = NLMSG_LENGTH(sizeof(req.info)),
		.hdr.nlmsg_type = RTM_NEWLINK,
		.hdr.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL,
	};
	struct rtattr *info, *data, *peer;
	struct ifinfomsg other = { 0 };

	attr_add(&req, IFLA_IFNAME, name, strlen(name) + 1);
	info = attr_add(&req, IFLA_LINKINFO, NULL, 0);
	attr_add(&req, IFLA_INFO_KIND, kind, strlen(kind) + 1);
	if (!strcmp(kind, "veth")) {
		data = attr_add(&req, IFLA_INFO_DATA, NULL, 0);
		peer = attr_add(&req, VETH_INFO_PEER, &other, sizeof(other));
		attr_add(&req, IFLA_IFNAME, "peer", 5);
		attr_end(&req, peer);
		attr_end(&req, data);
	}
	attr_end(&req, info);
	request_do(&req);
	return must(lkl_ifname_to_ifindex(name));
}

static int dummy(void)
{
	int ifindex = link_make("dummy", "d0");

	check_call(lkl_if_up(ifindex), 0);
	return ifindex;
}

static char *proc(const char *path)
{
	static char text[65536];

	must(lkl_mount_fs("proc"));
	must(read_file(path, text, sizeof(text)));
	return text;
}

/* The first line of a file of procfs that contains @what, or NULL. */
static char *proc_line(const char *path, const char *what)
{
	char *line, *rest = proc(path);

	while ((line = strsep(&rest, "\n")))
		if (strstr(line, what))
			return line;
	return NULL;
}

static void ifreq_do(const char *name, unsigned int request, struct ifreq *ifr)
{
	long fd = must(lkl_sys_socket(AF_INET, SOCK_DGRAM, 0));

	strcpy(ifr->ifr_name, name);
	must(lkl_sys_ioctl(fd, request, (long)ifr));
	lkl_sys_close(fd);
}

static short link_flags(const char *name)
{
	struct ifreq ifr = { 0 };

	ifreq_do(name, LKL_SIOCGIFFLAGS, &ifr);
	return ifr.ifr_flags;
}

static int link_mtu(const char *name)
{
	struct ifreq ifr = { 0 };

	ifreq_do(name, LKL_SIOCGIFMTU, &ifr);
	return ifr.ifr_mtu;
}

/* The address that a packet to @to would be sent from; 0 if there is no route. */
static uint32_t source_for(const char *to)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons(9),
				    .sin_addr.s_addr = ip4(to) };
	int len = sizeof(addr);
	long fd = must(lkl_sys_socket(AF_INET, SOCK_DGRAM, 0));

	if (lkl_sys_connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		addr.sin_addr.s_addr = 0;
	else
		must(lkl_sys_getsockname(fd, (struct sockaddr *)&addr, &len));
	lkl_sys_close(fd);
	return addr.sin_addr.s_addr;
}

static long can_bind6(struct in6_addr addr)
{
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6, .sin6_addr = addr };
	long fd = must(lkl_sys_socket(AF_INET6, SOCK_DGRAM, 0));
	long err = lkl_sys_bind(fd, (struct sockaddr *)&sin6, sizeof(sin6));

	lkl_sys_close(fd);
	return err;
}

/* --- interfaces --- */

Test(netif, names_are_found_and_unknown_ones_are_not)
{
	check_call(lkl_ifname_to_ifindex("lo"), LOOPBACK);
	check_call(lkl_ifname_to_ifindex("nosuch"), -LKL_ENODEV);
	check_call(lkl_ifname_to_ifindex(""), -LKL_ENODEV);
	check_call(lkl_ifname_to_ifindex("a-name-that-is-too-long"), -LKL_ENODEV);
}

Test(netif, an_interface_goes_up_and_down)
{
	cr_assert_not(link_flags("lo") & IFF_UP);
	check_call(lkl_if_up(LOOPBACK), 0);
	cr_assert(link_flags("lo") & IFF_UP);
	check_call(lkl_if_up(LOOPBACK), 0);
	check_call(lkl_if_down(LOOPBACK), 0);
	cr_assert_not(link_flags("lo") & IFF_UP);
	check_call(lkl_if_up(4711), -LKL_ENODEV);
	check_call(lkl_if_up(0), -LKL_ENODEV);
	check_call(lkl_if_down(-1), -LKL_ENODEV);
}

Test(netif, the_mtu_is_set_within_what_the_device_can)
{
	int ifindex = link_make("veth", "v0");

	check_call(lkl_if_set_mtu(ifindex, 9000), 0);
	cr_assert_eq(link_mtu("v0"), 9000);
	cr_assert_eq(link_mtu("peer"), 1500);
	check_refusal(lkl_if_set_mtu(ifindex, 20), -LKL_EINVAL, "mtu");
	check_call(lkl_if_set_mtu(ifindex, 0), -LKL_EINVAL);
	check_call(lkl_if_set_mtu(ifindex, -1), -LKL_EINVAL);
	check_call(lkl_if_set_mtu(4711, 1500), -LKL_ENODEV);
	cr_assert_eq(link_mtu("v0"), 9000);
}

/* --- addresses --- */

Test(netif, an_ipv4_address_is_set_with_its_network_and_broadcast)
{
	int ifindex = dummy();
	struct ifreq ifr = { 0 };

	check_call(lkl_if_set_ipv4(ifindex, ip4("10.1.2.3"), 24), 0);
	check_call(lkl_if_set_ipv4(ifindex, ip4("10.1.2.3"), 24), 0);
	cr_assert_eq(source_for("10.1.2.99"), ip4("10.1.2.3"));
	cr_assert_eq(source_for("10.1.3.99"), 0);
	ifreq_do("d0", LKL_SIOCGIFBRDADDR, &ifr);
	cr_assert_eq(((struct sockaddr_in *)&ifr.ifr_broadaddr)->sin_addr.s_addr,
		     ip4("10.1.2.255"));
}

Test(netif, an_address_is_added_once_and_deleted_once)
{
	int ifindex = dummy();
	uint32_t addr = ip4("10.1.2.3");
	struct in6_addr addr6 = ip6("fd00::3");

	check_call(lkl_if_add_ip(ifindex, LKL_AF_INET, &addr, 16), 0);
	check_refusal(lkl_if_add_ip(ifindex, LKL_AF_INET, &addr, 16), -LKL_EEXIST,
		      "already");
	check_call(lkl_if_add_ip(ifindex, LKL_AF_INET6, &addr6, 64), 0);
	check_call(lkl_if_add_ip(ifindex, LKL_AF_INET6, &addr6, 64), -LKL_EEXIST);
	cr_assert_not_null(proc_line("/proc/net/if_inet6",
				     "fd000000000000000000000000000003"));
	check_call(lkl_if_del_ip(ifindex, LKL_AF_INET, &addr, 16), 0);
	check_refusal(lkl_if_del_ip(ifindex, LKL_AF_INET, &addr, 16),
		      -LKL_EADDRNOTAVAIL, "not found");
	check_call(lkl_if_del_ip(ifindex, LKL_AF_INET6, &addr6, 64), 0);
	cr_assert_null(proc_line("/proc/net/if_inet6",
				 "fd000000000000000000000000000003"));
	cr_assert_eq(source_for("10.1.2.99"), 0);
}

Test(netif, bad_addresses_are_refused)
{
	int ifindex = dummy();
	uint32_t addr = ip4("10.1.2.3");

	check_call(lkl_if_set_ipv4(ifindex, addr, 33), -LKL_EINVAL);
	check_call(lkl_if_add_ip(ifindex, LKL_AF_INET, NULL, 24), -LKL_EINVAL);
	check_refusal(lkl_if_add_ip(ifindex, LKL_AF_UNIX, &addr, 24),
		      -LKL_EAFNOSUPPORT, "IPv4");
	check_call(lkl_if_set_ipv4(4711, addr, 24), -LKL_ENODEV);
	check_refusal(lkl_if_add_ip(4711, LKL_AF_INET, &addr, 24), -LKL_ENODEV, "evice");
}

/* What went well leaves no old words behind. */
Test(netif, a_call_that_succeeds_has_no_error_text)
{
	check_call(lkl_if_up(4711), -LKL_ENODEV);
	cr_assert_str_neq(lkl_netlink_error(), "");
	check_call(lkl_if_up(LOOPBACK), 0);
	cr_assert_str_eq(lkl_netlink_error(), "");
}

/* --- duplicate address detection --- */

/* Both ends of a veth, up: a link where others could have an address. */
static int veth(void)
{
	int ifindex = link_make("veth", "v0");

	check_call(lkl_if_up(ifindex), 0);
	check_call(lkl_if_up(lkl_ifname_to_ifindex("peer")), 0);
	return ifindex;
}

Test(netif, an_ipv6_address_can_be_used_when_set_ipv6_returns)
{
	struct in6_addr addr = ip6("fd00::1");
	int ifindex = veth();

	check_call(lkl_if_add_ip(ifindex, LKL_AF_INET6, &addr, 64), 0);
	check_call(can_bind6(addr), -LKL_EADDRNOTAVAIL);
	check_call(lkl_if_wait_ipv6_dad(ifindex, &addr), 0);
	check_call(can_bind6(addr), 0);
	addr = ip6("fd00::2");
	check_call(lkl_if_set_ipv6(ifindex, &addr, 64), 0);
	check_call(can_bind6(addr), 0);
}

Test(netif, a_duplicate_ipv6_address_is_told)
{
	struct in6_addr addr = ip6("fd00::1");
	int ifindex = veth();

	check_call(lkl_if_set_ipv6(lkl_ifname_to_ifindex("peer"), &addr, 64), 0);
	check_refusal(lkl_if_set_ipv6(ifindex, &addr, 64), -LKL_EADDRINUSE, "else");
}

Test(netif, waiting_for_an_address_that_is_not_there_fails_at_once)
{
	struct in6_addr addr = ip6("fd00::1");

	check_call(lkl_if_wait_ipv6_dad(dummy(), &addr), -LKL_EADDRNOTAVAIL);
}

static void *delete_later(void *arg)
{
	struct in6_addr addr = ip6("fd00::1");

	sleep_ms(100);
	check_call(lkl_if_del_ip(*(int *)arg, LKL_AF_INET6, &addr, 64), 0);
	return NULL;
}

Test(netif, waiting_ends_when_the_address_is_taken_away)
{
	struct in6_addr addr = ip6("fd00::1");
	int ifindex = link_make("veth", "v0");
	pthread_t thread;

	/* Down: it would be tentative for ever. */
	check_call(lkl_if_add_ip(ifindex, LKL_AF_INET6, &addr, 64), 0);
	thread = thread_start(delete_later, &ifindex);
	check_call(lkl_if_wait_ipv6_dad(ifindex, &addr), -LKL_EADDRNOTAVAIL);
	thread_join(thread);
}

/* --- routes --- */

Test(netif, the_default_route_is_set_and_replaced)
{
	int ifindex = dummy();
	uint32_t gateway = ip4("10.1.2.2");

	check_refusal(lkl_set_ipv4_gateway(ip4("10.1.2.1")), -LKL_ENETUNREACH,
		      "gateway");
	check_call(lkl_if_set_ipv4(ifindex, ip4("10.1.2.3"), 24), 0);
	cr_assert_eq(source_for("192.0.2.1"), 0);
	check_call(lkl_set_ipv4_gateway(ip4("10.1.2.1")), 0);
	cr_assert_eq(source_for("192.0.2.1"), ip4("10.1.2.3"));
	check_call(lkl_add_gateway(LKL_AF_INET, &gateway), -LKL_EEXIST);
	check_call(lkl_set_ipv4_gateway(gateway), 0);
	cr_assert_not_null(proc_line("/proc/net/route", "\t00000000\t0202010A"));
	check_call(lkl_add_gateway(LKL_AF_INET, NULL), -LKL_EINVAL);
	check_call(lkl_add_gateway(LKL_AF_UNIX, &gateway), -LKL_EAFNOSUPPORT);
}

Test(netif, the_ipv6_default_route_is_set)
{
	struct in6_addr addr = ip6("fd00::3"), gateway = ip6("fd00::1");
	int ifindex = dummy();

	check_call(lkl_set_ipv6_gateway(&gateway), -LKL_EHOSTUNREACH);
	check_call(lkl_if_set_ipv6(ifindex, &addr, 64), 0);
	check_call(lkl_set_ipv6_gateway(&gateway), 0);
	check_call(lkl_set_ipv6_gateway(&gateway), 0);
	cr_assert_not_null(proc_line("/proc/net/ipv6_route",
				     " 00 fd000000000000000000000000000001"));
}

Test(netif, a_link_local_gateway_is_on_the_only_link)
{
	struct in6_addr gateway = ip6("fe80::1");
	int other;

	check_refusal(lkl_set_ipv6_gateway(&gateway), -LKL_EINVAL, "one interface");
	dummy();
	check_call(lkl_set_ipv6_gateway(&gateway), 0);
	cr_assert_not_null(proc_line("/proc/net/ipv6_route",
				     " 00 fe800000000000000000000000000001"));
	other = link_make("dummy", "d1");
	check_call(lkl_if_up(other), 0);
	check_refusal(lkl_set_ipv6_gateway(&gateway), -LKL_EINVAL, "one interface");
}

/*
 * Two interfaces, two gateways: packets leave by the one whose address they
 * have, whatever the main table says.
 */
static unsigned long sent_by(const char *name)
{
	unsigned long bytes, packets = 0;
	char want[16], *line;

	snprintf(want, sizeof(want), "%s:", name);
	line = proc_line("/proc/net/dev", want);
	cr_assert_not_null(line);
	line = strchr(line, ':') + 1;
	cr_assert_eq(sscanf(line, " %*u %*u %*u %*u %*u %*u %*u %*u %lu %lu", &bytes,
			    &packets), 2);
	return packets;
}

static void send_from(int af, const void *from, const void *to)
{
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6, .sin6_port = htons(9) };
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(9) };
	struct sockaddr *addr = af == AF_INET ? (void *)&sin : (void *)&sin6;
	void *where = af == AF_INET ? (void *)&sin.sin_addr : (void *)&sin6.sin6_addr;
	size_t size = af == AF_INET ? sizeof(sin) : sizeof(sin6);
	long fd = must(lkl_sys_socket(af, SOCK_DGRAM, 0));

	memcpy(where, from, af == AF_INET ? 4 : 16);
	must(lkl_sys_bind(fd, addr, size));
	memcpy(where, to, af == AF_INET ? 4 : 16);
	must(lkl_sys_sendto(fd, "x", 1, 0, addr, size));
	lkl_sys_close(fd);
}

static void two_interfaces(int *a, int *b)
{
	*a = dummy();
	*b = link_make("dummy", "d1");
	check_call(lkl_if_up(*b), 0);
	check_call(lkl_if_set_ipv4(*a, ip4("10.1.0.2"), 24), 0);
	check_call(lkl_if_set_ipv4(*b, ip4("10.2.0.2"), 24), 0);
}

Test(netif, an_interface_gateway_serves_what_is_sent_from_its_address)
{
	uint32_t from, to = ip4("192.0.2.1");
	unsigned long before;
	int a, b;

	/* IPv6 would send something of its own. */
	check_call(lkl_sysctl("net.ipv6.conf.default.disable_ipv6", "1"), 0);
	two_interfaces(&a, &b);
	check_call(lkl_set_ipv4_gateway(ip4("10.1.0.1")), 0);
	check_call(lkl_if_set_ipv4_gateway(b, ip4("10.2.0.2"), 24, ip4("10.2.0.1")), 0);
	check_call(lkl_if_set_ipv4_gateway(b, ip4("10.2.0.2"), 24, ip4("10.2.0.1")), 0);

	before = sent_by("d1");
	from = ip4("10.2.0.2");
	send_from(AF_INET, &from, &to);
	cr_assert_eq(sent_by("d1"), before + 1);
	from = ip4("10.1.0.2");
	send_from(AF_INET, &from, &to);
	cr_assert_eq(sent_by("d1"), before + 1);
	check_call(lkl_if_set_ipv4_gateway(b, ip4("10.2.0.2"), 24, ip4("10.3.0.1")),
		   -LKL_ENETUNREACH);
	check_call(lkl_if_set_ipv4_gateway(b, ip4("10.2.0.2"), 99, ip4("10.2.0.1")),
		   -LKL_EINVAL);
	check_call(lkl_if_add_linklocal(4711, LKL_AF_INET, &from, 24), -LKL_ENODEV);
}

Test(netif, an_interface_gateway_for_ipv6_may_be_link_local)
{
	struct in6_addr from = ip6("fd02::2"), to = ip6("2001:db8::1");
	struct in6_addr gateway = ip6("fe80::1");
	unsigned long before;
	int a, b;

	two_interfaces(&a, &b);
	check_call(lkl_if_set_ipv6(b, &from, 64), 0);
	check_call(lkl_add_neighbor(b, LKL_AF_INET6, &gateway, "\2\0\0\0\0\1"), 0);
	check_call(lkl_if_set_ipv6_gateway(b, &from, 64, &gateway), 0);
	before = sent_by("d1");
	send_from(AF_INET6, &from, &to);
	cr_assert_gt(sent_by("d1"), before);
}

/* --- neighbours --- */

Test(netif, a_neighbour_is_known_for_good)
{
	uint8_t mac[] = { 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc };
	uint32_t addr = ip4("10.1.2.9");
	int ifindex = link_make("veth", "v0");
	char *line;

	check_call(lkl_if_up(ifindex), 0);
	check_call(lkl_if_set_ipv4(ifindex, ip4("10.1.2.3"), 24), 0);
	check_call(lkl_add_neighbor(ifindex, LKL_AF_INET, &addr, mac), 0);
	line = proc_line("/proc/net/arp", "10.1.2.9 ");
	cr_assert_not_null(line);
	cr_assert_not_null(strstr(line, "0x6 "), "%s", line);
	cr_assert_not_null(strstr(line, "12:34:56:78:9a:bc"), "%s", line);
	mac[5] = 0xbd;
	check_call(lkl_add_neighbor(ifindex, LKL_AF_INET, &addr, mac), 0);
	line = proc_line("/proc/net/arp", "10.1.2.9 ");
	cr_assert_not_null(strstr(line, "12:34:56:78:9a:bd"), "%s", line);
	check_call(lkl_add_neighbor(4711, LKL_AF_INET, &addr, mac), -LKL_ENODEV);
	check_call(lkl_add_neighbor(ifindex, LKL_AF_PACKET, &addr, mac),
		   -LKL_EAFNOSUPPORT);
	check_call(lkl_add_neighbor(ifindex, LKL_AF_INET, &addr, NULL), -LKL_EINVAL);
}

/* --- queueing disciplines --- */

/* What the kernel says is at the root of an interface, or at @parent. */
static void qdisc_kind(int ifindex, uint32_t parent, char *kind, size_t size)
{
	struct { struct nlmsghdr hdr; struct tcmsg tc; } req = {
		.hdr.nlmsg_len = sizeof(req),
		.hdr.nlmsg_type = RTM_GETQDISC,
		.hdr.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
	};
	char buf[16384] __attribute__((aligned(8)));
	long fd = must(lkl_sys_socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
	struct nlmsghdr *msg = NULL;
	int len = 0;

	kind[0] = '\0';
	must(lkl_sys_sendto(fd, &req, sizeof(req), 0, NULL, 0));
	for (;; msg = NLMSG_NEXT(msg, len)) {
		struct tcmsg *tc;
		struct rtattr *attr;

		if (!msg || !NLMSG_OK(msg, (unsigned int)len)) {
			len = must(lkl_sys_recvfrom(fd, buf, sizeof(buf), 0, NULL, NULL));
			msg = (struct nlmsghdr *)buf;
		}
		if (msg->nlmsg_type == NLMSG_DONE)
			break;
		tc = NLMSG_DATA(msg);
		attr = TCA_RTA(tc);
		if (tc->tcm_ifindex == ifindex && tc->tcm_parent == parent)
			snprintf(kind, size, "%s", (char *)RTA_DATA(attr));
	}
	lkl_sys_close(fd);
}

static void check_qdisc(int ifindex, const char *place, uint32_t parent,
			const char *type, const char *expect)
{
	char kind[32];

	cr_assert_eq(lkl_qdisc_add(ifindex, place, type), 0, "%s: %s", type,
		     lkl_netlink_error());
	qdisc_kind(ifindex, parent, kind, sizeof(kind));
	cr_assert_str_eq(kind, expect);
}

Test(netif, each_queueing_discipline_can_be_had)
{
	static const char * const kinds[] = {
		"fq", "fq_codel", "sfq", "pfifo", "pfifo_fast", "bfifo", "prio", "htb",
		"netem", "noqueue",
	};
	int ifindex = veth();
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		check_qdisc(ifindex, "root", TC_H_ROOT, kinds[i], kinds[i]);
	check_qdisc(ifindex, "root", TC_H_ROOT, "htb default 1", "htb");
	check_qdisc(ifindex, "root", TC_H_ROOT, "tbf rate 10mbit burst 32k", "tbf");
	check_qdisc(ifindex, "ingress", TC_H_INGRESS, "ingress", "ingress");
	ifindex = lkl_ifname_to_ifindex("peer");
	check_qdisc(ifindex, "ingress", TC_H_INGRESS, "clsact", "clsact");
}

Test(netif, bad_queueing_disciplines_are_refused)
{
	int ifindex = veth();

	check_refusal(lkl_qdisc_add(ifindex, "root", "nosuch"), -LKL_ENOENT, "unknown");
	check_refusal(lkl_qdisc_add(ifindex, "middle", "fq"), -LKL_EINVAL, "root");
	check_refusal(lkl_qdisc_add(4711, "root", "fq"), -LKL_ENODEV, "evice");
	check_call(lkl_qdisc_add(ifindex, "root", ""), -LKL_EINVAL);
	check_call(lkl_qdisc_add(ifindex, NULL, "fq"), -LKL_EINVAL);
	check_refusal(lkl_qdisc_add(ifindex, "root", "tbf rate 10mbit"), -LKL_EINVAL,
		      "burst");
	check_refusal(lkl_qdisc_add(ifindex, "root", "netem delay 10"), -LKL_EINVAL,
		      "netem: 10");
	check_refusal(lkl_qdisc_add(ifindex, "root", "netem loss 101%"), -LKL_EINVAL,
		      "101%");
	check_refusal(lkl_qdisc_add(ifindex, "root", "netem los 1%"), -LKL_EINVAL,
		      "no such option");
	check_refusal(lkl_qdisc_add(ifindex, "root", "netem loss"), -LKL_EINVAL,
		      "needs a value");
	check_refusal(lkl_qdisc_add(ifindex, "root", "fq speed 1"), -LKL_EINVAL,
		      "speed");
}

Test(netif, several_queueing_disciplines_in_one_string)
{
	int ifindex = veth();
	char kind[32];

	check_call(lkl_qdisc_parse_add(ifindex, "root|fq;ingress|clsact;"), 0);
	qdisc_kind(ifindex, TC_H_ROOT, kind, sizeof(kind));
	cr_assert_str_eq(kind, "fq");
	qdisc_kind(ifindex, TC_H_INGRESS, kind, sizeof(kind));
	cr_assert_str_eq(kind, "clsact");
	check_call(lkl_qdisc_parse_add(ifindex, "root"), -LKL_EINVAL);
	check_call(lkl_qdisc_parse_add(ifindex, "root|nosuch;root|sfq"), -LKL_ENOENT);
	qdisc_kind(ifindex, TC_H_ROOT, kind, sizeof(kind));
	cr_assert_str_eq(kind, "fq");
	check_call(lkl_qdisc_parse_add(ifindex, NULL), -LKL_EINVAL);
}

/* The options mean what they say: a datagram over loopback takes its time. */
static uint64_t datagram_ns(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons(4000),
				    .sin_addr.s_addr = ip4("127.0.0.1") };
	long fd = must(lkl_sys_socket(AF_INET, SOCK_DGRAM, 0));
	uint64_t start;
	char byte;

	must(lkl_sys_bind(fd, (struct sockaddr *)&addr, sizeof(addr)));
	start = now_ns();
	must(lkl_sys_sendto(fd, "x", 1, 0, (struct sockaddr *)&addr, sizeof(addr)));
	check_call(lkl_sys_recvfrom(fd, &byte, 1, 0, NULL, NULL), 1);
	lkl_sys_close(fd);
	return now_ns() - start;
}

Test(netif, netem_delays_what_is_sent)
{
	check_call(lkl_if_up(LOOPBACK), 0);
	cr_assert_lt(datagram_ns(), 100 * NSEC_PER_MSEC);
	check_call(lkl_qdisc_add(LOOPBACK, "root", "netem delay 150ms"), 0);
	cr_assert_geq(datagram_ns(), 150 * NSEC_PER_MSEC);
	cr_assert_lt(datagram_ns(), 10 * NSEC_PER_SEC);
}

/* --- sysctls of the network --- */

Test(netif, sysctls_are_written_by_either_spelling)
{
	check_call(lkl_sysctl("net.ipv4.tcp_rmem", "4096 87380 1000000"), 0);
	cr_assert_str_eq(proc("/proc/sys/net/ipv4/tcp_rmem"), "4096\t87380\t1000000\n");
	check_call(lkl_sysctl_parse_write("net/ipv4/tcp_congestion_control=bbr;"
					  "net.ipv4.tcp_rmem=4096 8192 16384"), 0);
	cr_assert_str_eq(proc("/proc/sys/net/ipv4/tcp_congestion_control"), "bbr\n");
	cr_assert_str_eq(proc("/proc/sys/net/ipv4/tcp_rmem"), "4096\t8192\t16384\n");
	check_call(lkl_sysctl("net.ipv4.nosuch", "1"), -LKL_ENOENT);
	check_call(lkl_sysctl("net.ipv4.tcp_congestion_control", "nosuch"), -LKL_ENOENT);
	check_call(lkl_sysctl("net.ipv4.ip_default_ttl", "1000"), -LKL_EINVAL);
}

/* --- no kernel --- */

Test(netif_before_start, calls_say_that_there_is_no_kernel)
{
	check_call(lkl_if_up(1), -LKL_ENOTCONN);
	check_call(lkl_set_ipv4_gateway(1), -LKL_ENOTCONN);
	check_call(lkl_ifname_to_ifindex("lo"), -LKL_ENOTCONN);
}
