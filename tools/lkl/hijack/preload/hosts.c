// SPDX-License-Identifier: GPL-2.0
/*
 * hosts.c - /etc/hosts, and which sources nsswitch.conf names
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   names.c, hostent.c; see dns.h.
 * Context: any thread; the files are read each time, as they may change.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dns.h"
#include "preload.h"

#define BLANKS	" \t\r\n"

bool address_parse(const char *text, struct dns_address *address)
{
	if (inet_pton(AF_INET, text, &address->v4) == 1)
		address->family = AF_INET;
	else if (inet_pton(AF_INET6, text, &address->v6) == 1)
		address->family = AF_INET6;
	else
		return false;
	return true;
}

static bool address_equal(const struct dns_address *a,
			  const struct dns_address *b)
{
	return a->family == b->family &&
	       !memcmp(&a->v6, &b->v6, a->family == AF_INET ? 4 : 16);
}

/* A line's address; *@rest is set to where its names are. */
static bool line_address(char *line, struct dns_address *address, char **rest)
{
	char *word;

	line[strcspn(line, "#")] = '\0';
	*rest = line;
	while ((word = strsep(rest, BLANKS)) && !*word)
		;
	return word && address_parse(word, address);
}

static char *next_name(char **rest)
{
	char *word;

	while ((word = strsep(rest, BLANKS)) && !*word)
		;
	return word;
}

/* Call @line for each line until it says that it has seen enough. */
static bool each_line(const char *path, bool (*fn)(char *line, void *arg),
		      void *arg)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	bool done = false;

	if (!file)
		return false;
	while (!done && getline(&line, &size, file) >= 0)
		done = fn(line, arg);
	free(line);
	fclose(file);
	return done;
}

/**
 * struct search - one look into /etc/hosts
 * @name: wanted name, or NULL
 * @address: else the wanted address
 * @family: wanted family
 * @answer: what was found
 */
struct search {
	const char *name;
	const struct dns_address *address;
	int family;
	struct dns_answer *answer;
};

static bool line_by_name(char *line, void *arg)
{
	struct search *search = arg;
	struct dns_answer *answer = search->answer;
	struct dns_address address;
	char *rest, *first, *name;

	if (!line_address(line, &address, &rest) ||
	    (search->family != AF_UNSPEC && search->family != address.family))
		return false;
	first = next_name(&rest);
	for (name = first; name; name = next_name(&rest)) {
		if (strcasecmp(name, search->name))
			continue;
		if (!answer->count)
			snprintf(answer->name, sizeof(answer->name), "%s", first);
		if (answer->count < DNS_ADDRESSES)
			answer->address[answer->count++] = address;
		break;
	}
	return false;
}

static bool line_by_address(char *line, void *arg)
{
	struct search *search = arg;
	struct dns_address address;
	char *rest, *name;

	if (!line_address(line, &address, &rest) ||
	    !address_equal(&address, search->address))
		return false;
	name = next_name(&rest);
	if (!name)
		return false;
	snprintf(search->answer->name, sizeof(search->answer->name), "%s", name);
	return true;
}

/* "localhost" needs no file: RFC 6761, section 6.3. */
static bool localhost(const char *name, int family, struct dns_answer *answer)
{
	if (strcasecmp(name, "localhost"))
		return false;
	strcpy(answer->name, name);
	if (family != AF_INET)
		answer->address[answer->count++] = (struct dns_address){
			.family = AF_INET6, .v6 = in6addr_loopback };
	if (family != AF_INET6)
		answer->address[answer->count++] = (struct dns_address){
			.family = AF_INET, .v4.s_addr = htonl(INADDR_LOOPBACK) };
	return true;
}

bool hosts_lookup(const char *name, int family, struct dns_answer *answer)
{
	struct search search = { .name = name, .family = family,
				 .answer = answer };

	each_line("/etc/hosts", line_by_name, &search);
	return answer->count || localhost(name, family, answer);
}

bool hosts_reverse(const struct dns_address *address, struct dns_answer *answer)
{
	struct search search = { .address = address, .answer = answer };

	return each_line("/etc/hosts", line_by_address, &search);
}

/* Which sources, in which order */

enum source { FILES = 1, DNS = 2 };

struct order {
	enum source source[2];
	int count;
};

static bool order_line(char *line, void *arg)
{
	struct order *order = arg;
	char *rest = line, *word = next_name(&rest);

	if (!word || strcmp(word, "hosts:"))
		return false;
	while ((word = next_name(&rest)) && order->count < 2) {
		if (!strcmp(word, "files"))
			order->source[order->count++] = FILES;
		else if (!strcmp(word, "dns") || !strcmp(word, "resolve"))
			order->source[order->count++] = DNS;
	}
	return true;
}

static struct order order_find(void)
{
	struct order order = { .count = 0 };

	if (!each_line("/etc/nsswitch.conf", order_line, &order))
		order = (struct order){ { FILES, DNS }, 2 };
	return order;
}

int names_lookup(const char *name, int family, struct dns_answer *answer)
{
	struct order order = order_find();
	int ret = EAI_NONAME;

	for (int i = 0; i < order.count && ret; i++) {
		if (order.source[i] == DNS)
			ret = dns_lookup(name, family, answer);
		else if (hosts_lookup(name, family, answer))
			ret = 0;
	}
	return ret;
}

int names_reverse(const struct dns_address *address, struct dns_answer *answer)
{
	struct order order = order_find();
	int ret = EAI_NONAME;

	for (int i = 0; i < order.count && ret; i++) {
		if (order.source[i] == DNS)
			ret = dns_reverse(address, answer);
		else if (hosts_reverse(address, answer))
			ret = 0;
	}
	return ret;
}
