/* SPDX-License-Identifier: GPL-2.0 */
/*
 * dns.h - addresses of names, and names of addresses
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   names.c, hostent.c.
 * Context: any thread.
 *
 * libc's resolver makes its system calls by itself, so it would ask by way of
 * the host's network. What it has that needs no network (making and reading
 * messages) is used here.
 */
#ifndef HIJACK_DNS_H
#define HIJACK_DNS_H

#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define DNS_ADDRESSES	48

/**
 * struct dns_address - an address that a name has
 * @family: AF_INET or AF_INET6
 * @v4: address of the one, in the network's order
 * @v6: address of the other
 */
struct dns_address {
	int family;
	union {
		struct in_addr v4;
		struct in6_addr v6;
	};
};

/**
 * struct dns_answer - what is known of a name, or of an address
 * @address: its addresses
 * @count: how many
 * @name: canonical name
 */
struct dns_answer {
	struct dns_address address[DNS_ADDRESSES];
	int count;
	char name[NI_MAXHOST];
};

/**
 * dns_lookup - the addresses of a name
 * @name: it; search domains are tried as resolv.conf(5) says
 * @family: AF_INET, AF_INET6 or AF_UNSPEC for both
 * @answer: addresses and canonical name are added
 *
 * Return: 0 or EAI_NONAME, EAI_NODATA, EAI_AGAIN, EAI_FAIL.
 */
int dns_lookup(const char *name, int family, struct dns_answer *answer);

/**
 * dns_reverse - the name of an address
 * @address: it
 * @answer: gets @name
 *
 * Return: as dns_lookup().
 */
int dns_reverse(const struct dns_address *address, struct dns_answer *answer);

/**
 * dns_reply_read - what a reply says
 * @reply: the message
 * @len: its bytes
 * @name: what was asked for
 * @type: ns_t_a, ns_t_aaaa or ns_t_ptr
 * @answer: addresses are added and @name is set
 *
 * Return: as dns_lookup().
 */
int dns_reply_read(const unsigned char *reply, ssize_t len, const char *name, int type,
		   struct dns_answer *answer);

/* The same from /etc/hosts: true if it is there. */
bool hosts_lookup(const char *name, int family, struct dns_answer *answer);
bool hosts_reverse(const struct dns_address *address, struct dns_answer *answer);

/**
 * names_lookup - the addresses of a name, from where nsswitch.conf says
 * @name: as the program gave it
 * @family: AF_INET, AF_INET6, AF_UNSPEC
 * @answer: zeros; filled
 *
 * Return: as dns_lookup().
 */
int names_lookup(const char *name, int family, struct dns_answer *answer);

/* Is a text an address? */
bool address_parse(const char *text, struct dns_address *address);

/* The same for the name of an address. */
int names_reverse(const struct dns_address *address, struct dns_answer *answer);

#endif /* HIJACK_DNS_H */
