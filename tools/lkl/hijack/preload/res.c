// SPDX-License-Identifier: GPL-2.0
/*
 * res.c - res_query() and its like interposed
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   programs that ask for more than addresses.
 * Context: any thread.
 *
 * Messages are made by libc, as it is told by the resolver state; they are sent
 * over the library's network, to the library's servers unless the program has put others
 * into the state.
 */
#include <arpa/nameser.h>
#include <netdb.h>
#include <resolv.h>
#include <stdio.h>
#include <string.h>

#include "dns_ask.h"
#include "kernel.h"
#include "preload.h"

#undef res_nquery
#undef res_nquerydomain
#undef res_nsearch
#undef res_nsend
#undef res_query
#undef res_querydomain
#undef res_search
#undef res_send

#define QUERY_SIZE	(NS_PACKETSZ * 2)

int res_nsend(res_state state, const unsigned char *query, int len,
	      unsigned char *answer, int size);
int res_nquery(res_state state, const char *name, int class, int type,
	       unsigned char *answer, int size);
int res_nsearch(res_state state, const char *name, int class, int type,
		unsigned char *answer, int size);
int res_nquerydomain(res_state state, const char *name, const char *domain,
		     int class, int type, unsigned char *answer, int size);
int res_querydomain(const char *name, const char *domain, int class, int type,
		    unsigned char *answer, int size);
int res_send(const unsigned char *query, int len, unsigned char *answer,
	     int size);
int res_query(const char *name, int class, int type, unsigned char *answer,
	      int size);
int res_search(const char *name, int class, int type, unsigned char *answer,
	       int size);

/* Server @i of a state: the IPv6 ones have no room in the list. */
static void server_take(struct dns_conf *conf, const struct __res_state *state, int i)
{
	const struct sockaddr_in6 *v6 = state->_u._ext.nsaddrs[i];
	void *server = &conf->server[conf->servers];

	memset(server, 0, sizeof(conf->server[0]));
	if (state->nsaddr_list[i].sin_family == AF_INET)
		memcpy(server, &state->nsaddr_list[i], sizeof(state->nsaddr_list[i]));
	else if (v6 && v6->sin6_family == AF_INET6)
		memcpy(server, v6, sizeof(*v6));
	else
		return;
	conf->servers++;
}

/* Are the servers of a state others than those of libc's file? */
static bool own_servers(const struct __res_state *state)
{
	struct __res_state fresh = { 0 };
	bool own;

	if (!(state->options & RES_INIT) || res_ninit(&fresh))
		return false;
	own = state->nscount && (state->nscount != fresh.nscount ||
	      memcmp(state->nsaddr_list, fresh.nsaddr_list,
		     (size_t)state->nscount * sizeof(state->nsaddr_list[0])));
	res_nclose(&fresh);
	return own;
}

static void conf_take(struct dns_conf *conf, const struct __res_state *state)
{
	dns_conf_load(conf);
	if (!(state->options & RES_INIT))
		return;
	if (own_servers(state)) {
		conf->servers = 0;
		for (int i = 0; i < state->nscount && i < MAXNS; i++)
			server_take(conf, state, i);
	}
	conf->timeout = state->retrans > 0 ? state->retrans : 1;
	conf->attempts = state->retry > 0 ? state->retry : 1;
	conf->rotate = state->options & RES_ROTATE;
	conf->tcp = state->options & RES_USEVC;
	conf->trust_tc = state->options & RES_IGNTC;
}

static ssize_t exchange(res_state state, const unsigned char *query, int len,
			unsigned char *answer, int size)
{
	struct dns_message message = {
		.query = (unsigned char *)query, .len = len, .reply = answer,
		.size = size,
	};
	struct dns_conf conf;

	if (len < NS_HFIXEDSZ || size < NS_HFIXEDSZ)
		return -EINVAL;
	if (!kernel_up())
		return -errno;
	conf_take(&conf, state);
	dns_ask(&conf, &message, 1);
	/* That all servers have failed is no reply. */
	return message.done || message.got < 0 ? message.got : -ETIMEDOUT;
}

HIJACK int res_nsend(res_state state, const unsigned char *query, int len,
		     unsigned char *answer, int size)
{
	return (int)result(exchange(state, query, len, answer, size));
}

/* What a reply without an answer means, as h_errno has it. */
static int reply_herrno(const unsigned char *reply)
{
	const HEADER *head = (const HEADER *)reply;

	switch (head->rcode) {
	case ns_r_noerror:
		return ntohs(head->ancount) ? NETDB_SUCCESS : NO_DATA;
	case ns_r_nxdomain:
		return HOST_NOT_FOUND;
	case ns_r_servfail:
		return TRY_AGAIN;
	default:
		return NO_RECOVERY;
	}
}

HIJACK int res_nquery(res_state state, const char *name, int class, int type,
		      unsigned char *answer, int size)
{
	unsigned char query[QUERY_SIZE];
	int len = res_nmkquery(state, ns_o_query, name, class, type, NULL, 0,
			       NULL, query, sizeof(query));

	if (len <= 0) {
		h_errno = NO_RECOVERY;
		return -1;
	}
	len = res_nsend(state, query, len, answer, size);
	h_errno = len < NS_HFIXEDSZ ? TRY_AGAIN : reply_herrno(answer);
	return h_errno == NETDB_SUCCESS ? len : -1;
}

/* Without a domain, a name that ends in a dot is the one before it. */
HIJACK int res_nquerydomain(res_state state, const char *name, const char *domain,
			    int class, int type, unsigned char *answer, int size)
{
	char full[NS_MAXDNAME];

	if (!domain)
		return res_nquery(state, name, class, type, answer, size);
	if ((size_t)snprintf(full, sizeof(full), "%s.%s", name, domain) >=
	    sizeof(full)) {
		h_errno = NO_RECOVERY;
		return -1;
	}
	return res_nquery(state, full, class, type, answer, size);
}

static bool enough_dots(const char *name, int wanted)
{
	int dots = 0;

	for (; *name; name++)
		dots += *name == '.';
	return dots >= wanted;
}

HIJACK int res_nsearch(res_state state, const char *name, int class, int type,
		       unsigned char *answer, int size)
{
	size_t len = strlen(name);
	bool dotted = enough_dots(name, (int)state->ndots);
	int ret = -1;

	if (dotted || (len && name[len - 1] == '.'))
		ret = res_nquery(state, name, class, type, answer, size);
	if (len && name[len - 1] == '.')
		return ret;
	for (int i = 0; ret < 0 && i < MAXDNSRCH && state->dnsrch[i]; i++)
		ret = res_nquerydomain(state, name, state->dnsrch[i], class, type,
				       answer, size);
	if (ret < 0 && !dotted)
		ret = res_nquery(state, name, class, type, answer, size);
	return ret;
}

/* With the thread's own state. */

static res_state own_state(void)
{
	if (!(_res.options & RES_INIT))
		res_ninit(&_res);
	return &_res;
}

HIJACK int res_send(const unsigned char *query, int len, unsigned char *answer,
		    int size)
{
	return res_nsend(own_state(), query, len, answer, size);
}

HIJACK int res_query(const char *name, int class, int type,
		     unsigned char *answer, int size)
{
	return res_nquery(own_state(), name, class, type, answer, size);
}

HIJACK int res_querydomain(const char *name, const char *domain, int class, int type,
			   unsigned char *answer, int size)
{
	return res_nquerydomain(own_state(), name, domain, class, type, answer, size);
}

HIJACK int res_search(const char *name, int class, int type,
		      unsigned char *answer, int size)
{
	return res_nsearch(own_state(), name, class, type, answer, size);
}

/* The names that programs built before libc 2.34 call. */

HIJACK int __res_nsend(res_state state, const unsigned char *query, int len,
		       unsigned char *answer, int size)
	ALIAS_LEAF("res_nsend");
HIJACK int __res_nquery(res_state state, const char *name, int class, int type,
			unsigned char *answer, int size)
	ALIAS_LEAF("res_nquery");
HIJACK int __res_nsearch(res_state state, const char *name, int class, int type,
			 unsigned char *answer, int size)
	ALIAS_LEAF("res_nsearch");
HIJACK int __res_send(const unsigned char *query, int len,
		      unsigned char *answer, int size)
	ALIAS_LEAF("res_send");
HIJACK int __res_query(const char *name, int class, int type,
		       unsigned char *answer, int size)
	ALIAS_LEAF("res_query");
HIJACK int __res_search(const char *name, int class, int type,
			unsigned char *answer, int size)
	ALIAS_LEAF("res_search");
HIJACK int __res_nquerydomain(res_state state, const char *name, const char *domain,
			      int class, int type, unsigned char *answer, int size)
	ALIAS_LEAF("res_nquerydomain");
HIJACK int __res_querydomain(const char *name, const char *domain, int class,
			     int type, unsigned char *answer, int size)
	ALIAS_LEAF("res_querydomain");
