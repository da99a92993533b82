// SPDX-License-Identifier: GPL-2.0
/*
 * dns_conf.c - what /etc/resolv.conf of the library says
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   see dns_conf.h.
 * Context: any thread. The file is read each time, as it may change.
 *
 * libc's resolver reads the host's, and keeps three servers. Which servers stand in
 * the library's, and that the rest of it is the host's, is apply_names.c's doing.
 */
#include "dns_conf.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel.h"
#include "preload.h"

#define PORT		53
#define BLANKS		" \t\r\n"

/* As libc has them. */
#define NDOTS_MAX	15
#define TIMEOUT_MAX	30
#define ATTEMPTS_MAX	5

/* One on a link is followed by its name: fe80::1%eth0. */
static void server_add(struct dns_conf *conf, char *text)
{
	struct sockaddr_storage *addr = &conf->server[conf->servers];
	struct sockaddr_in *v4 = (struct sockaddr_in *)addr;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)addr;
	char *link = text ? strchr(text, '%') : NULL;

	if (!text || conf->servers == DNS_SERVERS)
		return;
	memset(addr, 0, sizeof(*addr));
	if (link) {
		*link++ = '\0';
		v6->sin6_scope_id = if_nametoindex(link);
	}
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(PORT);
	} else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(PORT);
	} else {
		return;
	}
	conf->servers++;
}

/* The last line of them wins. */
static void domains_set(struct dns_conf *conf, char *rest, int most)
{
	char *word;

	conf->domains = 0;
	while (conf->domains < most && (word = strsep(&rest, BLANKS)))
		if (*word)
			conf->domain[conf->domains++] = word;
}

/* The number after @name and a colon, up to @most; -1 if it is another option. */
static int number(const char *option, const char *name, int most)
{
	size_t len = strlen(name);
	long value;

	if (strncmp(option, name, len) || option[len] != ':')
		return -1;
	value = strtol(option + len + 1, NULL, 10);
	return value < 0 ? -1 : value < most ? (int)value : most;
}

static void option_set(struct dns_conf *conf, const char *option)
{
	int value;

	value = number(option, "ndots", NDOTS_MAX);
	if (value >= 0)
		conf->ndots = value;
	value = number(option, "timeout", TIMEOUT_MAX);
	if (value >= 0)
		conf->timeout = value ? value : 1;
	value = number(option, "attempts", ATTEMPTS_MAX);
	if (value >= 0)
		conf->attempts = value ? value : 1;
	conf->rotate |= !strcmp(option, "rotate");
	conf->tcp |= !strcmp(option, "use-vc");
	conf->no_aaaa |= !strcmp(option, "no-aaaa");
	/* One after the other over the same socket, or each over its own. */
	conf->single |= !strncmp(option, "single-request", strlen("single-request"));
}

static void options_set(struct dns_conf *conf, char *rest)
{
	char *word;

	while ((word = strsep(&rest, BLANKS)))
		if (*word)
			option_set(conf, word);
}

static void line_take(struct dns_conf *conf, char *line)
{
	char *rest = line + strspn(line, BLANKS), *word = strsep(&rest, BLANKS);

	if (!rest)
		return;
	rest += strspn(rest, BLANKS);
	if (!strcmp(word, "nameserver"))
		server_add(conf, strsep(&rest, BLANKS));
	else if (!strcmp(word, "domain"))
		domains_set(conf, rest, 1);
	else if (!strcmp(word, "search"))
		domains_set(conf, rest, DNS_DOMAINS);
	else if (!strcmp(word, "options"))
		options_set(conf, rest);
}

static long conf_read(char *text, size_t size)
{
	long len, fd = kernel_call(SYS_open, (long)"/etc/resolv.conf", O_RDONLY,
				   0, 0, 0, 0);

	if (fd < 0)
		return fd;
	len = kernel_call(SYS_read, fd, (long)text, (long)size, 0, 0, 0);
	kernel_call(SYS_close, fd, 0, 0, 0, 0, 0);
	return len;
}

/* Without one, what follows the host's name is the domain. */
static void domain_default(struct dns_conf *conf)
{
	char *dot;

	if (gethostname(conf->host, sizeof(conf->host) - 1))
		return;
	dot = strchr(conf->host, '.');
	if (dot && dot[1])
		conf->domain[conf->domains++] = dot + 1;
}

static void environment_take(struct dns_conf *conf, char *text, size_t size)
{
	const char *domains = getenv("LOCALDOMAIN"), *options = getenv("RES_OPTIONS");
	char copy[512];

	if (domains && (size_t)snprintf(text, size, "%s", domains) < size)
		domains_set(conf, text, DNS_DOMAINS);
	if (options && (size_t)snprintf(copy, sizeof(copy), "%s", options) < sizeof(copy))
		options_set(conf, copy);
}

static void say_nobody(void)
{
	static bool said;

	if (!__atomic_exchange_n(&said, true, __ATOMIC_RELAXED))
		complain("no name server can be reached", "see --nameserver");
}

void dns_conf_load(struct dns_conf *conf)
{
	/* The environment's domains are put behind the file. */
	size_t half = sizeof(conf->text) - 512;
	char *line, *rest = conf->text;
	long len;

	memset(conf, 0, offsetof(struct dns_conf, text));
	conf->ndots = 1;
	conf->timeout = 5;
	conf->attempts = 2;
	len = conf_read(conf->text, half - 1);
	conf->text[len > 0 ? len : 0] = '\0';
	while ((line = strsep(&rest, "\n")))
		if (*line != '#' && *line != ';')
			line_take(conf, line);
	if (!conf->domains)
		domain_default(conf);
	environment_take(conf, conf->text + half, 512);
	if (!conf->servers)
		say_nobody();
}
