/* SPDX-License-Identifier: GPL-2.0 */
/*
 * apply_port.h - what an interface learns from its link: addresses that are given for
 * a time, name servers
 *
 * Layer:   tools/lkl/hijack, for the files of apply*.c.
 * Locking: once a lease's thread runs, the lease and what says where the name servers
 *	are change under names_lock only, by that thread.
 */
#ifndef HIJACK_APPLY_PORT_H
#define HIJACK_APPLY_PORT_H

#include "apply.h"
#include "dhcp.h"
#include "dhcp6.h"

struct lease;

#define PORT_SERVERS_MAX	4

/**
 * struct apply_port - an interface
 * @applied: everything
 * @link: the interface, once it is up
 * @lease: by DHCP; has an address if there is one
 * @keeper: of @lease
 * @lease6: by DHCPv6
 * @keeper6: of @lease6
 * @watch: netlink socket of the kernel that tells what routers say, or -1
 * @ra_flags: what the last router said
 * @ra_servers: name servers of routers
 * @ra_server_count: how many there are
 */
struct apply_port {
	struct applied *applied;
	struct apply_link link;
	struct dhcp_lease lease;
	struct lease *keeper;
	struct dhcp6_lease lease6;
	struct lease *keeper6;
	long watch;
	unsigned int ra_flags;
	struct in6_addr ra_servers[PORT_SERVERS_MAX];
	unsigned int ra_server_count;
};

/* apply_dhcp.c: the first address, and the thread that keeps it. */
int apply_dhcp(struct apply_port *port);
int apply_dhcp6(struct apply_port *port, bool address);
/* Give them back. */
void apply_dhcp_end(struct apply_port *port);

/* apply_slaac.c: before the interface is up, and when all are. */
long apply_slaac_watch(struct apply_port *port);
int apply_slaac_wait(struct applied *applied, struct config_error *error);

#endif /* HIJACK_APPLY_PORT_H */
