// SPDX-License-Identifier: GPL-2.0
/*
 * route.c - gateways, and a routing table for each interface
 *
 * Layer:   tools/lkl/lib, the C API above system calls; documented in lkl.h.
 * Users:   applications.
 *
 * Programs with several interfaces want what is sent from an interface's address
 * to leave by it. So each interface has a table for each family, with its own
 * gateway, and rules by source address lead there; lkl.h has the numbers.
 */
#include <errno.h>
#include <linux/fib_rules.h>
#include <lkl.h>
#include <net/if.h>
#include <string.h>

#include "netlink.h"

static uint32_t interface_table(int ifindex, int af)
{
	return (uint32_t)ifindex * 2 + (af == AF_INET6);
}

/* A route, as far as it is needed here; what is NULL or 0 is left out. */
struct route {
	int af;
	const void *dst;
	unsigned int prefix;
	const void *gateway;
	int ifindex;
	uint32_t table;
	uint8_t scope;
};

static int route_add(const struct route *route, uint16_t flags)
{
	size_t len = netlink_family_len(route->af);
	struct rtmsg info = {
		.rtm_family = (uint8_t)route->af,
		.rtm_dst_len = (uint8_t)route->prefix,
		.rtm_table = RT_TABLE_UNSPEC,
		.rtm_protocol = RTPROT_STATIC,
		.rtm_scope = route->scope,
		.rtm_type = RTN_UNICAST,
	};
	struct netlink_request req;

	if (!len)
		return -EAFNOSUPPORT;
	netlink_begin(&req, RTM_NEWROUTE, NLM_F_CREATE | flags, &info, sizeof(info));
	netlink_attr_u32(&req, RTA_TABLE, route->table);
	if (route->dst)
		netlink_attr(&req, RTA_DST, route->dst, len);
	if (route->gateway)
		netlink_attr(&req, RTA_GATEWAY, route->gateway, len);
	if (route->ifindex)
		netlink_attr_u32(&req, RTA_OIF, (uint32_t)route->ifindex);
	return netlink_call(&req, NULL, NULL);
}

static int gateway_add(int af, const void *gateway, int ifindex, uint32_t table,
		       uint16_t flags)
{
	const struct route route = {
		.af = af,
		.gateway = gateway,
		.ifindex = ifindex,
		.table = table,
		.scope = RT_SCOPE_UNIVERSE,
	};

	if (!gateway)
		return netlink_fail(-EINVAL, "No gateway given");
	return route_add(&route, flags);
}

int lkl_add_gateway(int af, void *gwaddr)
{
	return gateway_add(af, gwaddr, 0, RT_TABLE_MAIN, NLM_F_EXCL);
}

int lkl_set_ipv4_gateway(unsigned int addr)
{
	return gateway_add(AF_INET, &addr, 0, RT_TABLE_MAIN, NLM_F_REPLACE);
}

/* The interfaces that lead anywhere: the last one seen, and how many. */
struct links {
	int ifindex;
	unsigned int count;
};

static int link_count(const struct nlmsghdr *msg, void *arg)
{
	const struct ifinfomsg *info = NLMSG_DATA(msg);
	struct links *links = arg;

	if (msg->nlmsg_type != RTM_NEWLINK ||
	    msg->nlmsg_len < NLMSG_LENGTH(sizeof(*info)) ||
	    !(info->ifi_flags & IFF_UP) || info->ifi_flags & IFF_LOOPBACK)
		return 0;
	links->ifindex = info->ifi_index;
	links->count++;
	return 0;
}

/* A link-local address says nothing of the link: it is known if there is one. */
static int only_link(void)
{
	struct ifinfomsg info = { 0 };
	struct netlink_request req;
	struct links links = { 0 };
	int err;

	netlink_begin(&req, RTM_GETLINK, NLM_F_DUMP, &info, sizeof(info));
	err = netlink_call(&req, link_count, &links);
	if (err)
		return err;
	if (links.count != 1)
		return netlink_fail(-EINVAL,
				    "A link-local gateway wants exactly one interface");
	return links.ifindex;
}

int lkl_set_ipv6_gateway(void *addr)
{
	int ifindex = addr && IN6_IS_ADDR_LINKLOCAL(addr) ? only_link() : 0;

	if (ifindex < 0)
		return ifindex;
	return gateway_add(AF_INET6, addr, ifindex, RT_TABLE_MAIN, NLM_F_REPLACE);
}

int lkl_if_add_gateway(int ifindex, int af, void *gwaddr)
{
	return gateway_add(af, gwaddr, ifindex, interface_table(ifindex, af),
			   NLM_F_REPLACE);
}

/* The network's address: the kernel refuses bits beyond the prefix. */
static void prefix_mask(uint8_t *addr, size_t len, unsigned int prefix)
{
	size_t i;

	for (i = 0; i < len; i++) {
		unsigned int bits = prefix > 8 * i ? prefix - 8 * (unsigned int)i : 0;

		if (bits < 8)
			addr[i] &= (uint8_t)(0xff00 >> bits);
	}
}

int lkl_if_add_linklocal(int ifindex, int af, void *addr, int netprefix_len)
{
	size_t len = netlink_family_len(af);
	uint8_t network[sizeof(struct in6_addr)];
	struct route route = {
		.af = af,
		.dst = network,
		.prefix = (unsigned int)netprefix_len,
		.ifindex = ifindex,
		.table = interface_table(ifindex, af),
		.scope = RT_SCOPE_LINK,
	};

	if (!len)
		return -EAFNOSUPPORT;
	if (!addr || netprefix_len < 0 || (size_t)netprefix_len > 8 * len)
		return netlink_fail(-EINVAL, "Bad length of a prefix");
	memcpy(network, addr, len);
	prefix_mask(network, len, route.prefix);
	return route_add(&route, NLM_F_REPLACE);
}

int lkl_if_add_rule_from_saddr(int ifindex, int af, void *saddr)
{
	size_t len = netlink_family_len(af);
	struct fib_rule_hdr info = {
		.family = (uint8_t)af,
		.src_len = (uint8_t)(8 * len),
		.table = RT_TABLE_UNSPEC,
		.action = FR_ACT_TO_TBL,
	};
	struct netlink_request req;
	int err;

	if (!len)
		return -EAFNOSUPPORT;
	if (!saddr || ifindex <= 0)
		return netlink_fail(-EINVAL, "A rule wants an interface and an address");
	netlink_begin(&req, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, &info,
		      sizeof(info));
	netlink_attr(&req, FRA_SRC, saddr, len);
	netlink_attr_u32(&req, FRA_TABLE, interface_table(ifindex, af));
	err = netlink_call(&req, NULL, NULL);
	/* The same rule twice is as good as once. */
	return err == -EEXIST ? 0 : err;
}

static int interface_gateway(int ifindex, int af, void *addr, unsigned int prefix,
			     void *gateway)
{
	int err;

	if (prefix > 128)
		return netlink_fail(-EINVAL, "Bad length of a prefix");
	err = lkl_if_add_linklocal(ifindex, af, addr, (int)prefix);
	if (!err)
		err = lkl_if_add_gateway(ifindex, af, gateway);
	return err ? err : lkl_if_add_rule_from_saddr(ifindex, af, addr);
}

int lkl_if_set_ipv4_gateway(int ifindex, unsigned int addr,
			    unsigned int netmask_len, unsigned int gw_addr)
{
	return interface_gateway(ifindex, AF_INET, &addr, netmask_len, &gw_addr);
}

int lkl_if_set_ipv6_gateway(int ifindex, void *addr, unsigned int netmask_len,
			    void *gw_addr)
{
	return interface_gateway(ifindex, AF_INET6, addr, netmask_len, gw_addr);
}
