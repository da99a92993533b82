// SPDX-License-Identifier: GPL-2.0
/*
 * netif.c - network interfaces: names, up, down, MTU
 *
 * Layer:   tools/lkl/lib, the C API above system calls; documented in lkl.h.
 * Users:   applications.
 */
#include <errno.h>
#include <linux/if.h>
#include <lkl.h>
#include <string.h>

#include "netdev.h"
#include "netlink.h"

/* When nothing is heard of an interface for so long, its link is looked at again. */
#define SILENCE_US	200000

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

/*
 * Waiting for the carrier: a driver learns of it in a worker of the kernel, and another
 * one activates the interface's queues; what is sent before is lost. IFF_RUNNING does
 * not tell: it is also set while nothing is known of the carrier yet.
 */

/**
 * struct link - what was last heard of an interface
 * @ifindex: its number
 * @up: it is wanted up
 * @state: IF_OPER_*
 * @parent: name of the device it is made by, if there is one
 */
struct link {
	int ifindex;
	bool up;
	uint8_t state;
	char parent[32];
};

static int link_note(const struct nlmsghdr *msg, void *arg)
{
	const struct ifinfomsg *info = NLMSG_DATA(msg);
	struct link *link = arg;
	const uint8_t *state;
	const char *parent;

	if (msg->nlmsg_len < NLMSG_LENGTH(sizeof(*info)) ||
	    info->ifi_index != link->ifindex)
		return 0;
	/* One that is deleted is not up. */
	link->up = msg->nlmsg_type == RTM_NEWLINK && info->ifi_flags & IFF_UP;
	state = netlink_find(msg, sizeof(*info), IFLA_OPERSTATE, sizeof(*state));
	if (state)
		link->state = *state;
	parent = netlink_find(msg, sizeof(*info), IFLA_PARENT_DEV_NAME, 1);
	if (parent)
		strncpy(link->parent, parent, sizeof(link->parent) - 1);
	return 0;
}

/* One that is dormant, or tested, has its carrier, and waits for somebody else. */
static bool link_starts(const struct link *link)
{
	return link->up && link->state < IF_OPER_TESTING;
}

/* Ends the listening, by another number than 0, when it is decided. */
static int link_event(const struct nlmsghdr *msg, void *arg)
{
	link_note(msg, arg);
	return link_starts(arg) ? 0 : 1;
}

static int link_get(struct link *link)
{
	struct ifinfomsg info = { .ifi_index = link->ifindex };
	struct netlink_request req;

	netlink_begin(&req, RTM_GETLINK, 0, &info, sizeof(info));
	return netlink_call(&req, link_note, link);
}

/*
 * Wait until the interface runs, for as long as there is a reason to expect it: our
 * own devices know whether they have a link, of others nothing is known.
 */
static int link_wait(long fd, int ifindex)
{
	const struct timeval silence = { .tv_usec = SILENCE_US };
	struct link link = { .ifindex = ifindex };
	int ret = link_get(&link);

	if (ret || !link_starts(&link))
		return ret;
	lkl_sys_setsockopt((int)fd, SOL_SOCKET, SO_RCVTIMEO, (char *)&silence,
			   sizeof(silence));
	while (netdev_has_link(link.parent)) {
		ret = netlink_listen(fd, link_event, &link);
		if (ret != -EAGAIN)
			return ret < 0 ? ret : 0;
	}
	return 0;
}

int lkl_if_up(int ifindex)
{
	/* Listen before it is brought up, so that nothing is missed in between. */
	long fd = netlink_open(RTMGRP_LINK);
	int err;

	if (fd < 0)
		return (int)fd;
	err = link_set(ifindex, IFF_UP, IFF_UP, 0);
	if (!err)
		err = link_wait(fd, ifindex);
	lkl_sys_close((unsigned int)fd);
	return err;
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
