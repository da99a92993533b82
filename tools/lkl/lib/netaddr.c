// SPDX-License-Identifier: GPL-2.0
/*
 * netaddr.c - addresses of network interfaces
 *
 * Layer:   tools/lkl/lib, the C API above system calls; documented in lkl.h.
 * Users:   applications.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <lkl.h>
#include <stdbool.h>
#include <string.h>

#include "netlink.h"

/*
 * How long duplicate address detection may be silent. The kernel waits up to a
 * second before each of its probes (RFC 4862 section 5.4.2), and once for a
 * carrier.
 */
#define DAD_SILENCE_S	10

static void broadcast_attr(struct netlink_request *req, const void *addr,
			   unsigned int prefix)
{
	uint32_t host = prefix ? ~0U >> prefix : ~0U;
	uint32_t broadcast;

	/* Two hosts or one have no broadcast address (RFC 3021). */
	if (prefix > 30)
		return;
	memcpy(&broadcast, addr, sizeof(broadcast));
	broadcast |= htonl(host);
	netlink_attr(req, IFA_BROADCAST, &broadcast, sizeof(broadcast));
}

static int addr_change(uint16_t type, uint16_t flags, int ifindex, int af,
		       const void *addr, unsigned int prefix)
{
	size_t len = netlink_family_len(af);
	struct ifaddrmsg info = {
		.ifa_family = (uint8_t)af,
		.ifa_prefixlen = (uint8_t)prefix,
		.ifa_index = (uint32_t)ifindex,
	};
	struct netlink_request req;

	if (!len)
		return -EAFNOSUPPORT;
	if (!addr || prefix > 8 * len)
		return netlink_fail(-EINVAL, "Bad length of a prefix");
	netlink_begin(&req, type, flags, &info, sizeof(info));
	netlink_attr(&req, IFA_LOCAL, addr, len);
	netlink_attr(&req, IFA_ADDRESS, addr, len);
	if (af == AF_INET && type == RTM_NEWADDR)
		broadcast_attr(&req, addr, prefix);
	return netlink_call(&req, NULL, NULL);
}

int lkl_if_add_ip(int ifindex, int af, void *addr, unsigned int netprefix_len)
{
	return addr_change(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, ifindex, af,
			   addr, netprefix_len);
}

int lkl_if_del_ip(int ifindex, int af, void *addr, unsigned int netprefix_len)
{
	return addr_change(RTM_DELADDR, 0, ifindex, af, addr, netprefix_len);
}

static int addr_set(int ifindex, int af, const void *addr, unsigned int prefix)
{
	return addr_change(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, ifindex, af,
			   addr, prefix);
}

int lkl_if_set_ipv4(int ifindex, unsigned int addr, unsigned int netmask_len)
{
	return addr_set(ifindex, AF_INET, &addr, netmask_len);
}

/*
 * Duplicate address detection. What is searched for, and what was last seen.
 */
struct dad {
	int ifindex;
	const void *addr;
	bool seen;
	bool gone;
	uint32_t flags;
};

static bool is_about(const struct nlmsghdr *msg, const struct dad *dad)
{
	const struct ifaddrmsg *info = NLMSG_DATA(msg);
	const void *addr;

	if ((msg->nlmsg_type != RTM_NEWADDR && msg->nlmsg_type != RTM_DELADDR) ||
	    msg->nlmsg_len < NLMSG_LENGTH(sizeof(*info)) ||
	    (int)info->ifa_index != dad->ifindex || info->ifa_family != AF_INET6)
		return false;
	addr = netlink_find(msg, sizeof(*info), IFA_ADDRESS, sizeof(struct in6_addr));
	return addr && !memcmp(addr, dad->addr, sizeof(struct in6_addr));
}

static int dad_note(const struct nlmsghdr *msg, void *arg)
{
	const struct ifaddrmsg *info = NLMSG_DATA(msg);
	struct dad *dad = arg;
	const void *flags;

	if (!is_about(msg, dad))
		return 0;
	dad->seen = true;
	dad->gone = msg->nlmsg_type == RTM_DELADDR;
	dad->flags = info->ifa_flags;
	flags = netlink_find(msg, sizeof(*info), IFA_FLAGS, sizeof(dad->flags));
	if (flags)
		memcpy(&dad->flags, flags, sizeof(dad->flags));
	return 0;
}

static bool dad_pending(const struct dad *dad)
{
	return !dad->gone && dad->flags & IFA_F_TENTATIVE &&
	       !(dad->flags & IFA_F_DADFAILED);
}

/* Ends the listening, by another number than 0, when it is decided. */
static int dad_event(const struct nlmsghdr *msg, void *arg)
{
	dad_note(msg, arg);
	return dad_pending(arg) ? 0 : 1;
}

static int addresses_visit(int ifindex, netlink_visit_t *visit, void *arg)
{
	struct ifaddrmsg info = { .ifa_family = AF_INET6,
				  .ifa_index = (uint32_t)ifindex };
	struct netlink_request req;

	netlink_begin(&req, RTM_GETADDR, NLM_F_DUMP, &info, sizeof(info));
	return netlink_call(&req, visit, arg);
}

static int dad_listen(long fd, struct dad *dad)
{
	struct timeval silence = { .tv_sec = DAD_SILENCE_S };
	int ret;

	lkl_sys_setsockopt((int)fd, SOL_SOCKET, SO_RCVTIMEO, (char *)&silence,
			   sizeof(silence));
	ret = netlink_listen(fd, dad_event, dad);
	if (ret == -EAGAIN)
		return netlink_fail(-ETIMEDOUT,
				    "Duplicate address detection does not end");
	return ret < 0 ? ret : 0;
}

static int dad_result(const struct dad *dad)
{
	if (!dad->seen || dad->gone)
		return netlink_fail(-EADDRNOTAVAIL,
				    "The interface does not have the address");
	if (dad->flags & IFA_F_DADFAILED)
		return netlink_fail(-EADDRINUSE,
				    "Somebody else on the link has the address");
	return 0;
}

int lkl_if_wait_ipv6_dad(int ifindex, void *addr)
{
	struct dad dad = { .ifindex = ifindex, .addr = addr };
	long fd;
	int err;

	/* Listen before looking, so that nothing is missed in between. */
	fd = netlink_open(RTMGRP_IPV6_IFADDR);
	if (fd < 0)
		return (int)fd;
	err = addresses_visit(ifindex, dad_note, &dad);
	if (!err && dad.seen && dad_pending(&dad))
		err = dad_listen(fd, &dad);
	lkl_sys_close((unsigned int)fd);
	return err ? err : dad_result(&dad);
}

int lkl_if_set_ipv6(int ifindex, void *addr, unsigned int netprefix_len)
{
	int err = addr_set(ifindex, AF_INET6, addr, netprefix_len);

	return err ? err : lkl_if_wait_ipv6_dad(ifindex, addr);
}
