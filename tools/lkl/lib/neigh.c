// SPDX-License-Identifier: GPL-2.0
/*
 * neigh.c - neighbours whose link-layer address is known beforehand
 *
 * Layer:   tools/lkl/lib, the C API above system calls; documented in lkl.h.
 * Users:   applications.
 */
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/neighbour.h>
#include <lkl.h>

#include "netlink.h"

int lkl_add_neighbor(int ifindex, int af, void *addr, void *mac)
{
	size_t len = netlink_family_len(af);
	struct ndmsg info = {
		.ndm_family = (uint8_t)af,
		.ndm_ifindex = ifindex,
		.ndm_state = NUD_PERMANENT,
	};
	struct netlink_request req;

	if (!len)
		return -EAFNOSUPPORT;
	if (!addr || !mac)
		return netlink_fail(-EINVAL, "A neighbour has two addresses");
	netlink_begin(&req, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, &info,
		      sizeof(info));
	netlink_attr(&req, NDA_DST, addr, len);
	netlink_attr(&req, NDA_LLADDR, mac, ETH_ALEN);
	return netlink_call(&req, NULL, NULL);
}
