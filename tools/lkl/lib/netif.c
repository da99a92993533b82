// SPDX-License-Identifier: GPL-2.0
/*
 * netif.c - network interfaces: names, up, down, MTU
 *
 * Layer:   tools/lkl/lib, the C API above system calls; documented in lkl.h.
 * Users:   applications.
 */
#include <errno.h>
#include <lkl.h>
#include <net/if.h>
#include <string.h>

#include "netlink.h"

static int link_set(int ifindex, unsigned int flags, unsigned int change,
		    unsigned int mtu)
{
	struct ifinfomsg info = {
		.ifi_index = ifindex,
		.ifi_flags = flags,
		.ifi_change = change,
	};
	struct netlink_request req;

	/* Without an index the kernel would make an interface. */
	if (ifindex <= 0)
		return netlink_fail(-ENODEV, "No such interface");
	netlink_begin(&req, RTM_SETLINK, 0, &info, sizeof(info));
	if (mtu)
		netlink_attr_u32(&req, IFLA_MTU, mtu);
	return netlink_call(&req, NULL, NULL);
}

int lkl_if_up(int ifindex)
{
	return link_set(ifindex, IFF_UP, IFF_UP, 0);
}

int lkl_if_down(int ifindex)
{
	return link_set(ifindex, 0, IFF_UP, 0);
}

int lkl_if_set_mtu(int ifindex, int mtu)
{
	if (mtu <= 0)
		return netlink_fail(-EINVAL, "An MTU is a positive number of bytes");
	return link_set(ifindex, 0, 0, (unsigned int)mtu);
}

static int link_index(const struct nlmsghdr *msg, void *arg)
{
	const struct ifinfomsg *info = NLMSG_DATA(msg);

	if (msg->nlmsg_type == RTM_NEWLINK &&
	    msg->nlmsg_len >= NLMSG_LENGTH(sizeof(*info)))
		*(int *)arg = info->ifi_index;
	return 0;
}

int lkl_ifname_to_ifindex(const char *name)
{
	struct ifinfomsg info = { 0 };
	struct netlink_request req;
	int err, ifindex = -ENODEV;
	size_t len = name ? strlen(name) : 0;

	if (!len || len >= IFNAMSIZ)
		return netlink_fail(-ENODEV, "Not a name of an interface");
	netlink_begin(&req, RTM_GETLINK, 0, &info, sizeof(info));
	netlink_attr(&req, IFLA_IFNAME, name, len + 1);
	err = netlink_call(&req, link_index, &ifindex);
	return err ? err : ifindex;
}
