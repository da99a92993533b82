/* SPDX-License-Identifier: GPL-2.0 */
/*
 * dns_conf.h - what /etc/resolv.conf of the library says
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   dns.c, dns_ask.c, res.c.
 */
#ifndef HIJACK_DNS_CONF_H
#define HIJACK_DNS_CONF_H

#include <stdbool.h>
#include <sys/socket.h>

#define DNS_SERVERS	4
#define DNS_DOMAINS	16
#define DNS_CONF_SIZE	4096

/**
 * struct dns_conf - how names are asked for; resolv.conf(5)
 * @server: addresses of the name servers
 * @servers: how many
 * @domain: to search in, in order
 * @domains: how many
 * @ndots: dots of a name that is tried as it is at first
 * @timeout: seconds for the first answer
 * @attempts: how often all servers are asked
 * @rotate: not always the same one first
 * @tcp: over TCP from the beginning
 * @single: one question at a time
 * @no_aaaa: IPv6 addresses are not asked for
 * @trust_tc: an answer that is cut short will do
 * @host: the host's name, when its end is a domain
 * @text: what the domains point to
 */
struct dns_conf {
	struct sockaddr_storage server[DNS_SERVERS];
	int servers;
	const char *domain[DNS_DOMAINS];
	int domains;
	int ndots;
	int timeout;
	int attempts;
	bool rotate;
	bool tcp;
	bool single;
	bool no_aaaa;
	bool trust_tc;
	char host[256];
	char text[DNS_CONF_SIZE];
};

/* Read it, and what the environment changes about it (LOCALDOMAIN, RES_OPTIONS). */
void dns_conf_load(struct dns_conf *conf);

#endif /* HIJACK_DNS_CONF_H */
