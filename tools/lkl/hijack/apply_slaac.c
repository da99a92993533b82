// SPDX-License-Identifier: GPL-2.0
/*
 * apply_slaac.c - what routers advertise; see apply_port.h
 *
 * Layer:   tools/lkl/hijack.
 * Users:   apply_network.c.
 *
 * The kernel makes addresses and routes of advertisements by itself. It tells by netlink
 * what is left to us: flags that send us to DHCPv6, and name servers.
 */
#include "apply_port.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

/*
 * How long router advertisements are waited for: a link without a router must
 * not hold up a program that may want IPv4 only, unless it was asked to.
 */
#define WAIT_MS			1000
#define DELAY_MAIN_MS		15000

/* Bits of IFLA_INET6_FLAGS, as net/if_inet6.h of the kernel has them. */
#define RA_RECEIVED		0x20U
#define RA_MANAGED		0x40U
#define RA_OTHER		0x80U

/* RFC 8106, 5.1. */
#define OPTION_RDNSS		25

struct rdnss {
	uint8_t type;
	uint8_t len;		/* in units of 8 bytes */
	uint16_t reserved;
	uint32_t lifetime;
};

static unsigned int group(unsigned int number)
{
	return 1U << (number - 1);
}

long apply_slaac_watch(struct apply_port *port)
{
	const struct apply_api *api = port->link.api;
	struct sockaddr_nl local = {
		.nl_family = AF_NETLINK,
		.nl_groups = group(RTNLGRP_IPV6_IFADDR) | group(RTNLGRP_IPV6_IFINFO) |
			     group(RTNLGRP_ND_USEROPT),
	};

	port->watch = apply_sys(api, SYS_socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC,
				NETLINK_ROUTE);
	if (port->watch < 0)
		return port->watch;
	return apply_sys(api, SYS_bind, port->watch, (long)&local, sizeof(local));
}

/*
 * Messages of the kernel.
 */

static void servers_add(struct apply_port *port, const uint8_t *at, size_t len)
{
	for (; len >= sizeof(struct in6_addr) && port->ra_server_count < PORT_SERVERS_MAX;
	     at += sizeof(struct in6_addr), len -= sizeof(struct in6_addr))
		memcpy(&port->ra_servers[port->ra_server_count++], at,
		       sizeof(struct in6_addr));
}

/* An option of the advertisement, as it came; later ones stand for all. */
static void option_read(struct apply_port *port, const struct nlmsghdr *msg)
{
	const struct nduseroptmsg *head = NLMSG_DATA(msg);
	const uint8_t *at = (const uint8_t *)(head + 1);
	struct rdnss option;

	if (msg->nlmsg_len < NLMSG_LENGTH(sizeof(*head)) + head->nduseropt_opts_len ||
	    head->nduseropt_ifindex != port->link.ifindex ||
	    head->nduseropt_opts_len < sizeof(option))
		return;
	memcpy(&option, at, sizeof(option));
	if (option.type != OPTION_RDNSS || option.len * 8 > head->nduseropt_opts_len)
		return;
	if (option.lifetime)
		servers_add(port, at + sizeof(option), option.len * 8U - sizeof(option));
}

static const struct rtattr *attribute_find(const struct rtattr *at, int len, int type)
{
	for (; RTA_OK(at, len); at = RTA_NEXT(at, len))
		if ((at->rta_type & NLA_TYPE_MASK) == type)
			return at;
	return NULL;
}

static void flags_read(struct apply_port *port, const struct nlmsghdr *msg)
{
	const struct ifinfomsg *info = NLMSG_DATA(msg);
	const struct rtattr *at;

	if (info->ifi_family != AF_INET6 || info->ifi_index != port->link.ifindex)
		return;
	at = attribute_find(IFLA_RTA(info), (int)IFLA_PAYLOAD(msg), IFLA_PROTINFO);
	if (at)
		at = attribute_find(RTA_DATA(at), (int)RTA_PAYLOAD(at), IFLA_INET6_FLAGS);
	if (at && RTA_PAYLOAD(at) >= sizeof(port->ra_flags))
		memcpy(&port->ra_flags, RTA_DATA(at), sizeof(port->ra_flags));
}

static void messages_take(struct apply_port *port)
{
	union {
		struct nlmsghdr head;
		char bytes[8192];
	} buf;
	const struct nlmsghdr *msg = &buf.head;
	long got = apply_sys(port->link.api, SYS_recvfrom, port->watch, (long)&buf,
			     sizeof(buf), MSG_DONTWAIT, 0, 0);

	for (; got > 0 && NLMSG_OK(msg, (unsigned long)got); msg = NLMSG_NEXT(msg, got)) {
		if (msg->nlmsg_type == RTM_NEWNDUSEROPT)
			option_read(port, msg);
		else if (msg->nlmsg_type == RTM_NEWLINK)
			flags_read(port, msg);
	}
}

/*
 * Waiting.
 */

/* Has the interface an address that reaches beyond its link? */
static bool has_global_address(const struct apply_port *port)
{
	char text[8192], *rest = text, *line;
	unsigned int index, scope, flags;

	if (apply_file_read(port->link.api, "/proc/net/if_inet6", text, sizeof(text)) < 0)
		return false;
	while ((line = strsep(&rest, "\n")))
		if (sscanf(line, "%*s %x %*x %x %x", &index, &scope, &flags) == 3 &&
		    index == (unsigned int)port->link.ifindex && !scope)
			return true;
	return false;
}

/*
 * The kernel tells the flags when it is done with an advertisement. An address may
 * come after that; where addresses are managed, none may come.
 */
static bool is_advertised(const struct apply_port *port)
{
	return port->ra_flags & RA_RECEIVED &&
	       (port->ra_flags & RA_MANAGED || has_global_address(port));
}

static void advertisement_wait(struct apply_port *port, long wait_ms)
{
	long end = apply_now_ms() + wait_ms;

	while (!is_advertised(port)) {
		if (apply_wait(&port->link, port->watch, end - apply_now_ms()))
			return;
		messages_take(port);
	}
}

static void dhcp6_ask(struct apply_port *port)
{
	if (port->ra_flags & RA_MANAGED)
		apply_dhcp6(port, true);
	else if (port->ra_flags & RA_OTHER)
		apply_dhcp6(port, false);
}

static int port_wait(struct apply_port *port, bool must, struct config_error *error)
{
	advertisement_wait(port, must ? DELAY_MAIN_MS : WAIT_MS);
	apply_sys(port->link.api, SYS_close, port->watch);
	port->watch = -1;
	dhcp6_ask(port);
	if (!must || has_global_address(port))
		return 0;
	config_wrong(error, "ipv6: no router has sent an address");
	return -ETIMEDOUT;
}

/* All at once, so that they come while others are waited for. */
int apply_slaac_wait(struct applied *applied, struct config_error *error)
{
	bool must = config_truth(applied->cfg->value[CONFIG_DELAY_MAIN]);
	int err = 0;
	size_t i;

	for (i = 0; i < applied->count && !err; i++)
		if (applied->ports[i].watch >= 0)
			err = port_wait(&applied->ports[i], must, error);
	return err;
}
