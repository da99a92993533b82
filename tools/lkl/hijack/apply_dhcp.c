// SPDX-License-Identifier: GPL-2.0
/*
 * apply_dhcp.c - addresses that servers give, as long as they do; see apply_port.h
 *
 * Layer:   tools/lkl/hijack.
 * Users:   apply_network.c, apply_slaac.c; threads of lease.c.
 */
#include "apply_port.h"

#include <errno.h>
#include <string.h>

#include "lease.h"

#define HOST_BITS	128

/* Name servers have changed: nobody can be told if the file cannot be written. */
static void names_update(const struct apply_port *port)
{
	apply_names(port->applied);
}

/*
 * DHCP.
 */

/* A gateway that the settings name wins. */
static int v4_set(const struct apply_port *port)
{
	const struct dhcp_lease *lease = &port->lease;
	const struct apply_api *api = port->link.api;
	int err = api->lkl_if_set_ipv4(port->link.ifindex, lease->address.s_addr,
				       lease->prefix);

	if (err || !lease->router.s_addr || port->applied->cfg->value[CONFIG_GATEWAY])
		return err;
	return api->lkl_set_ipv4_gateway(lease->router.s_addr);
}

static void v4_drop(struct apply_port *port)
{
	port->link.api->lkl_if_del_ip(port->link.ifindex, AF_INET, &port->lease.address,
				      port->lease.prefix);
}

static struct lease_times v4_times(const struct dhcp_lease *lease)
{
	return (struct lease_times){ lease->renew, lease->rebind, lease->seconds };
}

static void v4_replace(struct apply_port *port, const struct dhcp_lease *lease)
{
	pthread_mutex_lock(&port->applied->names_lock);
	port->lease = *lease;
	pthread_mutex_unlock(&port->applied->names_lock);
	names_update(port);
}

static int v4_obtain(void *arg, struct lease_times *times)
{
	struct apply_port *port = arg;
	struct dhcp_lease lease;
	int err = dhcp_obtain(&port->link, &lease);

	if (err)
		return err;
	v4_replace(port, &lease);
	*times = v4_times(&lease);
	return v4_set(port);
}

static int v4_renew(void *arg, bool all, long wait_ms, struct lease_times *times)
{
	struct apply_port *port = arg;
	struct dhcp_lease lease = port->lease;
	int err = dhcp_renew(&port->link, all, wait_ms, &lease);
	bool moved = lease.address.s_addr != port->lease.address.s_addr ||
		     lease.prefix != port->lease.prefix;

	if (err)
		return err;
	if (moved)
		v4_drop(port);
	moved |= lease.router.s_addr != port->lease.router.s_addr;
	v4_replace(port, &lease);
	*times = v4_times(&lease);
	return moved ? v4_set(port) : 0;
}

static void v4_lost(void *arg)
{
	static const struct dhcp_lease nothing;
	struct apply_port *port = arg;

	v4_drop(port);
	v4_replace(port, &nothing);
}

static const struct lease_ops v4_ops = {
	.obtain = v4_obtain,
	.renew = v4_renew,
	.lost = v4_lost,
};

int apply_dhcp(struct apply_port *port)
{
	struct lease_times times;
	int err = dhcp_obtain(&port->link, &port->lease);

	if (!err)
		err = v4_set(port);
	if (err || port->lease.seconds == DHCP_FOREVER)
		return err;
	times = v4_times(&port->lease);
	port->keeper = lease_keep(port->link.api, &v4_ops, port, &times);
	return port->keeper ? 0 : -ENOMEM;
}

/*
 * DHCPv6.
 */

/* What is on the link, and where the way out is, routers tell. */
static int v6_set(struct apply_port *port)
{
	return port->link.api->lkl_if_set_ipv6(port->link.ifindex, &port->lease6.address,
					       HOST_BITS);
}

static void v6_drop(struct apply_port *port)
{
	port->link.api->lkl_if_del_ip(port->link.ifindex, AF_INET6, &port->lease6.address,
				      HOST_BITS);
}

static struct lease_times v6_times(const struct dhcp6_lease *lease)
{
	return (struct lease_times){ lease->renew, lease->rebind, lease->seconds };
}

static void v6_replace(struct apply_port *port, const struct dhcp6_lease *lease)
{
	pthread_mutex_lock(&port->applied->names_lock);
	port->lease6 = *lease;
	pthread_mutex_unlock(&port->applied->names_lock);
	names_update(port);
}

static int v6_obtain(void *arg, struct lease_times *times)
{
	struct apply_port *port = arg;
	struct dhcp6_lease lease;
	int err = dhcp6_obtain(&port->link, true, &lease);

	if (err)
		return err;
	v6_replace(port, &lease);
	*times = v6_times(&lease);
	return v6_set(port);
}

static int v6_renew(void *arg, bool all, long wait_ms, struct lease_times *times)
{
	struct apply_port *port = arg;
	struct dhcp6_lease lease = port->lease6;
	int err = dhcp6_renew(&port->link, all, wait_ms, &lease);
	bool moved = !IN6_ARE_ADDR_EQUAL(&lease.address, &port->lease6.address);

	if (err)
		return err;
	if (moved)
		v6_drop(port);
	v6_replace(port, &lease);
	*times = v6_times(&lease);
	return moved ? v6_set(port) : 0;
}

static void v6_lost(void *arg)
{
	static const struct dhcp6_lease nothing;
	struct apply_port *port = arg;

	v6_drop(port);
	v6_replace(port, &nothing);
}

static const struct lease_ops v6_ops = {
	.obtain = v6_obtain,
	.renew = v6_renew,
	.lost = v6_lost,
};

/* A server that does not answer at once is asked on while the program runs. */
int apply_dhcp6(struct apply_port *port, bool address)
{
	int err = dhcp6_obtain(&port->link, address, &port->lease6);
	struct lease_times times;

	if (!address)
		return err;
	if (!err)
		err = v6_set(port);
	if (!err && port->lease6.seconds == DHCP6_FOREVER)
		return 0;
	if (err)
		memset(&port->lease6, 0, sizeof(port->lease6));
	times = v6_times(&port->lease6);
	port->keeper6 = lease_keep(port->link.api, &v6_ops, port, err ? NULL : &times);
	return port->keeper6 ? err : -ENOMEM;
}

/*
 * The end.
 */

void apply_dhcp_end(struct apply_port *port)
{
	lease_end(port->keeper);
	lease_end(port->keeper6);
	port->keeper = NULL;
	port->keeper6 = NULL;
	if (port->lease.address.s_addr && port->lease.server.s_addr)
		dhcp_release(&port->link, &port->lease);
	if (port->lease6.id_len && !IN6_IS_ADDR_UNSPECIFIED(&port->lease6.address))
		dhcp6_release(&port->link, &port->lease6);
	memset(&port->lease, 0, sizeof(port->lease));
	memset(&port->lease6, 0, sizeof(port->lease6));
}
