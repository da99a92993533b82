// SPDX-License-Identifier: GPL-2.0
/*
 * apply_network.c - addresses, routes and all that of each interface; see apply.h
 *
 * Layer:   tools/lkl/hijack.
 * Users:   apply.c.
 */
#include "apply.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "apply_port.h"
#include "check.h"

#define LOOPBACK	1

/**
 * struct port - an interface that is being configured
 * @applied: everything
 * @iface: its settings
 * @index: its number in them
 * @ifindex: the kernel's number
 * @name: the kernel's name
 * @learns: what comes from its link
 * @error: set on failure
 */
struct port {
	const struct applied *applied;
	const struct config_interface *iface;
	size_t index;
	int ifindex;
	char name[IFNAMSIZ];
	struct apply_port *learns;
	struct config_error *error;
};

/* A step that may have failed, and is named by its key. */
static int step(const struct port *port, const char *key, int err)
{
	const char *why = port->applied->api->lkl_netlink_error();

	if (err < 0)
		config_wrong(port->error, "interface %zu: %s: %s", port->index, key,
			     *why ? why : port->applied->api->lkl_strerror(err));
	return err < 0 ? err : 0;
}

static const char *said(const struct port *port, enum config_if_key key)
{
	return port->iface->value[key];
}

static bool is_said(const struct port *port, enum config_if_key key,
		    const char *choice)
{
	return said(port, key) && !strcmp(said(port, key), choice);
}

static int name_find(struct port *port)
{
	const struct apply_api *api = port->applied->api;
	struct ifreq request = { .ifr_ifindex = port->ifindex };
	long err, fd = apply_sys(api, SYS_socket, AF_INET, SOCK_DGRAM, 0);

	if (fd < 0)
		return (int)fd;
	err = apply_sys(api, SYS_ioctl, fd, SIOCGIFNAME, (long)&request);
	apply_sys(api, SYS_close, fd);
	memcpy(port->name, request.ifr_name, IFNAMSIZ);
	return (int)err;
}

static int ipv6_sysctl(const struct port *port, const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "net/ipv6/conf/%s/%s", port->name, name);
	return port->applied->api->lkl_sysctl(path, value);
}

/*
 * Nobody waits for two seconds at the start of a program: addresses that the user
 * or a router gives are taken to be free, and routers are asked at once.
 */
static int ipv6_prepare(const struct port *port)
{
	bool slaac = is_said(port, CONFIG_IF_IPV6, "slaac");
	int err = ipv6_sysctl(port, "accept_dad", "0");

	if (!err)
		err = ipv6_sysctl(port, "router_solicitation_delay", "0");
	if (!err)
		err = ipv6_sysctl(port, "accept_ra", slaac ? "2" : "0");
	/* A kernel that was booted with ipv6.disable=1. */
	return err == -ENOENT && !said(port, CONFIG_IF_IPV6) ? 0 : err;
}

static int dhcp_set(const struct port *port)
{
	int err = apply_dhcp(port->learns);

	if (err == -ETIMEDOUT)
		config_wrong(port->error, "interface %zu: ip: no DHCP server has answered",
			     port->index);
	else if (err)
		apply_wrong(port->applied, port->error, err, "interface %zu: dhcp",
			    port->index);
	return err;
}

static int ipv4_set(const struct port *port)
{
	const struct apply_api *api = port->applied->api;
	const char *ip = said(port, CONFIG_IF_IP), *via = said(port, CONFIG_IF_GATEWAY);
	unsigned int len = (unsigned int)config_number(said(port, CONFIG_IF_MASKLEN));
	struct in_addr addr, gateway;
	int err;

	if (is_said(port, CONFIG_IF_IP, "dhcp"))
		return dhcp_set(port);
	if (!ip || inet_pton(AF_INET, ip, &addr) != 1)
		return 0;
	err = step(port, "ip", api->lkl_if_set_ipv4(port->ifindex, addr.s_addr, len));
	if (err || !via || inet_pton(AF_INET, via, &gateway) != 1)
		return err;
	return step(port, "ifgateway",
		    api->lkl_if_set_ipv4_gateway(port->ifindex, addr.s_addr, len,
						 gateway.s_addr));
}

static int ipv6_set(const struct port *port)
{
	const struct apply_api *api = port->applied->api;
	const char *ip = said(port, CONFIG_IF_IPV6), *via = said(port, CONFIG_IF_GATEWAY6);
	unsigned int len = (unsigned int)config_number(said(port, CONFIG_IF_MASKLEN6));
	struct in6_addr addr, gateway;
	int err;

	if (!ip || inet_pton(AF_INET6, ip, &addr) != 1)
		return 0;
	err = step(port, "ipv6", api->lkl_if_set_ipv6(port->ifindex, &addr, len));
	if (err || !via || inet_pton(AF_INET6, via, &gateway) != 1)
		return err;
	return step(port, "ifgateway6",
		    api->lkl_if_set_ipv6_gateway(port->ifindex, &addr, len, &gateway));
}

static bool neighbour_add(const char *item, void *arg)
{
	const struct port *port = arg;
	struct neighbour n;

	return neighbour_parse(item, &n) &&
	       !step(port, "neigh", port->applied->api->lkl_add_neighbor(port->ifindex,
			n.af, n.addr, n.mac));
}

static int queues_set(struct port *port)
{
	const char *neigh = said(port, CONFIG_IF_NEIGH);
	const char *qdisc = said(port, CONFIG_IF_QDISC);

	if (neigh && !check_each(neigh, ';', neighbour_add, port))
		return -EINVAL;
	if (!qdisc)
		return 0;
	return step(port, "qdisc",
		    port->applied->api->lkl_qdisc_parse_add(port->ifindex, qdisc));
}

static int mtu_set(const struct port *port)
{
	const char *mtu = said(port, CONFIG_IF_MTU);

	return mtu ? step(port, "mtu", port->applied->api->lkl_if_set_mtu(port->ifindex,
			  (int)config_number(mtu))) : 0;
}

static int port_configure(struct port *port)
{
	const struct apply_api *api = port->applied->api;
	int err = step(port, "name", name_find(port));

	if (!err)
		err = mtu_set(port);
	if (!err)
		err = step(port, "ipv6", ipv6_prepare(port));
	if (!err && is_said(port, CONFIG_IF_IPV6, "slaac"))
		err = step(port, "ipv6", (int)apply_slaac_watch(port->learns));
	if (!err)
		err = step(port, "up", api->lkl_if_up(port->ifindex));
	if (!err)
		err = ipv4_set(port);
	if (!err)
		err = ipv6_set(port);
	return err ? err : queues_set(port);
}

static int port_apply(struct applied *applied, size_t index, struct config_error *error)
{
	struct port port = {
		.applied = applied,
		.iface = &applied->cfg->interfaces[index],
		.index = index,
		.learns = &applied->ports[index],
		.error = error,
	};

	port.ifindex = applied->api->lkl_netdev_get_ifindex(applied->ids[index]);
	if (port.ifindex < 0)
		return step(&port, "name", port.ifindex);
	port.learns->link = (struct apply_link){ applied->api, port.ifindex };
	return port_configure(&port);
}

static int gateway_wrong(const struct applied *applied, struct config_error *error,
			 const char *key, int err)
{
	config_wrong(error, "%s: %s", key, applied->api->lkl_netlink_error());
	return err;
}

static int gateways_set(const struct applied *applied, struct config_error *error)
{
	const char *gateway = applied->cfg->value[CONFIG_GATEWAY];
	const char *gateway6 = applied->cfg->value[CONFIG_GATEWAY6];
	struct in6_addr addr6;
	struct in_addr addr;
	int err = 0;

	if (gateway && inet_pton(AF_INET, gateway, &addr) == 1)
		err = applied->api->lkl_set_ipv4_gateway(addr.s_addr);
	if (err)
		return gateway_wrong(applied, error, "gateway", err);
	if (gateway6 && inet_pton(AF_INET6, gateway6, &addr6) == 1)
		err = applied->api->lkl_set_ipv6_gateway(&addr6);
	return err ? gateway_wrong(applied, error, "gateway6", err) : 0;
}

int apply_network(struct applied *applied, struct config_error *error)
{
	int err = applied->api->lkl_if_up(LOOPBACK);
	size_t i;

	if (err)
		return apply_wrong(applied, error, err, "the loopback interface");
	for (i = 0; i < applied->count && !err; i++)
		if (applied->ids[i] >= 0)
			err = port_apply(applied, i, error);
	if (!err)
		err = gateways_set(applied, error);
	return err ? err : apply_slaac_wait(applied, error);
}

void apply_release(struct applied *applied)
{
	size_t i;

	for (i = 0; applied->running && i < applied->count; i++)
		apply_dhcp_end(&applied->ports[i]);
}
