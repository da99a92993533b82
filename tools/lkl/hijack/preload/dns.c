// SPDX-License-Identifier: GPL-2.0
/*
 * dns.c - what name servers say of names and addresses
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   see dns.h.
 * Context: any thread; all state is on the stack.
 */
#include "dns.h"

#include <arpa/nameser.h>
#include <resolv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "dns_ask.h"
#include "preload.h"

/* What a datagram may hold without being cut to pieces anywhere; dnsflagday.net. */
#define EDNS_SIZE	1232

/* A record that says so: RFC 6891, section 6.1.2. */
static const unsigned char edns[] = {
	0, 0, ns_t_opt, EDNS_SIZE >> 8, EDNS_SIZE & 255, 0, 0, 0, 0, 0, 0
};

/**
 * struct question - a type of record that is asked for
 * @type: ns_t_*
 * @query: the message
 * @reply: DNS_MESSAGE_MAX bytes
 */
struct question {
	int type;
	unsigned char query[NS_PACKETSZ];
	unsigned char *reply;
};

/* Return: 0, EAI_NONAME if it is no name, EAI_MEMORY. */
static int question_make(struct question *question, const char *name, int type,
			 struct dns_message *message)
{
	struct __res_state state = { .options = RES_INIT | RES_RECURSE };
	unsigned char *query = question->query;
	int len = res_nmkquery(&state, ns_o_query, name, ns_c_in, type, NULL, 0, NULL,
			       query, sizeof(question->query) - sizeof(edns));
	uint16_t id;

	if (len <= 0)
		return EAI_NONAME;
	if (getrandom(&id, sizeof(id), 0) == sizeof(id))
		memcpy(query, &id, sizeof(id));
	memcpy(query + len, edns, sizeof(edns));
	((HEADER *)query)->arcount = htons(1);
	question->type = type;
	question->reply = calloc(1, DNS_MESSAGE_MAX);
	*message = (struct dns_message){
		.query = query, .len = len + (int)sizeof(edns), .plain = len,
		.reply = question->reply, .size = DNS_MESSAGE_MAX,
	};
	return question->reply ? 0 : EAI_MEMORY;
}

static int read_reply(const struct dns_message *message, const char *name, int type,
		      struct dns_answer *answer)
{
	return message->done ? dns_reply_read(message->reply, message->got, name, type,
					      answer) : EAI_AGAIN;
}

/* What two questions about a name come to: one answer is enough. */
static int combine(int one, int other)
{
	if (!one || !other)
		return 0;
	if (one == EAI_AGAIN || other == EAI_AGAIN)
		return EAI_AGAIN;
	return one == EAI_NODATA ? other : one;
}

static int ask_types(const struct dns_conf *conf, const char *name, const int *types,
		     int count, struct dns_answer *answer)
{
	struct question questions[2] = { { 0 }, { 0 } };
	struct dns_message messages[2];
	int ret = 0, made = 0;

	while (made < count && !ret) {
		ret = question_make(&questions[made], name, types[made], &messages[made]);
		made++;
	}
	if (!ret) {
		dns_ask(conf, messages, count);
		ret = read_reply(&messages[0], name, types[0], answer);
		if (count > 1)
			ret = combine(ret, read_reply(&messages[1], name, types[1],
						      answer));
	}
	free(questions[0].reply);
	free(questions[1].reply);
	return ret;
}

static int ask_name(const struct dns_conf *conf, const char *name, int family,
		    struct dns_answer *answer)
{
	static const int types[] = { ns_t_a, ns_t_aaaa };
	int from = family == AF_INET6, to = family == AF_INET || conf->no_aaaa ? 1 : 2;

	answer->count = 0;
	return from < to ? ask_types(conf, name, types + from, to - from, answer) :
	       EAI_NODATA;
}

static int dots_in(const char *name)
{
	int dots = 0;

	for (; *name; name++)
		dots += *name == '.';
	return dots;
}

static int ask_in_domain(const struct dns_conf *conf, const char *name,
			 const char *domain, int family, struct dns_answer *answer)
{
	char full[NI_MAXHOST];

	if (!strcmp(domain, "."))
		return ask_name(conf, name, family, answer);
	if ((size_t)snprintf(full, sizeof(full), "%s.%s", name, domain) >=
	    sizeof(full))
		return EAI_NONAME;
	return ask_name(conf, full, family, answer);
}

static bool not_there(int ret)
{
	return ret == EAI_NONAME || ret == EAI_NODATA;
}

/* As it is if it has enough dots, then in the domains, else as it is at last. */
static int ask_search(const struct dns_conf *conf, const char *name, int family,
		      struct dns_answer *answer)
{
	bool first = dots_in(name) >= conf->ndots;
	int ret = EAI_NONAME;

	if (first)
		ret = ask_name(conf, name, family, answer);
	for (int i = 0; i < conf->domains && not_there(ret); i++)
		ret = ask_in_domain(conf, name, conf->domain[i], family, answer);
	if (!first && not_there(ret))
		ret = ask_name(conf, name, family, answer);
	return ret;
}

int dns_lookup(const char *name, int family, struct dns_answer *answer)
{
	size_t len = strlen(name);
	struct dns_conf conf;

	if (!len || len >= NI_MAXHOST || !res_hnok(name))
		return EAI_NONAME;
	dns_conf_load(&conf);
	if (name[len - 1] != '.')
		return ask_search(&conf, name, family, answer);
	return ask_name(&conf, name, family, answer);
}

int dns_reverse(const struct dns_address *address, struct dns_answer *answer)
{
	static const int type = ns_t_ptr;
	const unsigned char *byte = (const unsigned char *)&address->v6;
	struct dns_conf conf;
	char name[80];
	int at = 0;

	if (address->family == AF_INET) {
		snprintf(name, sizeof(name), "%u.%u.%u.%u.in-addr.arpa", byte[3],
			 byte[2], byte[1], byte[0]);
	} else {
		for (int i = 15; i >= 0; i--)
			at += snprintf(name + at, sizeof(name) - (size_t)at,
				       "%x.%x.", byte[i] & 15, byte[i] >> 4);
		snprintf(name + at, sizeof(name) - (size_t)at, "ip6.arpa");
	}
	answer->name[0] = '\0';
	dns_conf_load(&conf);
	return ask_types(&conf, name, &type, 1, answer);
}
