// SPDX-License-Identifier: GPL-2.0
/*
 * apply_names.c - /etc/resolv.conf of the library kernel; see apply.h
 *
 * Layer:   tools/lkl/hijack.
 * Users:   apply.c; threads of lease.c.
 *
 * It names the servers that the settings name, else those that the links have brought,
 * else those of the host that are not on the host's own loopback, which is not ours.
 * systemd-resolved and NetworkManager put themselves there, and leave what they ask in
 * files of their own.
 */
#include "apply_port.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "check.h"

#define RESOLV_CONF	"/etc/resolv.conf"

/* Where the host's servers are, until one of them has some that can be reached. */
static const char * const host_files[] = {
	RESOLV_CONF,
	"/run/systemd/resolve/resolv.conf",
	"/run/NetworkManager/no-stub-resolv.conf",
};

/* What is for who has no use for a name server, and looks into the file. */
#define NOTHING		"# No name server can be reached from here: see nameserver in lkl-hijack.json(5)\n"

/*
 * Those of the settings.
 */

static bool said_one(const char *item, void *arg)
{
	fprintf(arg, "nameserver %s\n", item);
	return true;
}

static unsigned int said_write(FILE *out, const struct applied *applied)
{
	const char *said = applied->cfg->value[CONFIG_NAMESERVER];

	return said && check_each(said, ',', said_one, out);
}

/*
 * Those of the links.
 */

static void v4_write(FILE *out, const struct in_addr *server)
{
	char text[INET_ADDRSTRLEN];

	fprintf(out, "nameserver %s\n", inet_ntop(AF_INET, server, text, sizeof(text)));
}

/* One that is known on its link only is named with it. */
static void v6_write(FILE *out, const struct in6_addr *server, const char *link)
{
	char text[INET6_ADDRSTRLEN];
	bool local = IN6_IS_ADDR_LINKLOCAL(server);

	fprintf(out, "nameserver %s%s%s\n",
		inet_ntop(AF_INET6, server, text, sizeof(text)), local ? "%" : "",
		local ? link : "");
}

static void link_name(const struct apply_port *port, char *name)
{
	const struct apply_api *api = port->link.api;
	struct ifreq request = { .ifr_ifindex = port->link.ifindex };
	long fd = apply_sys(api, SYS_socket, AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	*name = '\0';
	if (fd < 0)
		return;
	if (!apply_sys(api, SYS_ioctl, fd, SIOCGIFNAME, (long)&request))
		memcpy(name, request.ifr_name, IFNAMSIZ);
	apply_sys(api, SYS_close, fd);
}

static unsigned int port_write(FILE *out, const struct apply_port *port)
{
	char name[IFNAMSIZ] = "";
	unsigned int i;

	if (port->ra_server_count || port->lease6.server_count)
		link_name(port, name);
	for (i = 0; i < port->lease.server_count; i++)
		v4_write(out, &port->lease.servers[i]);
	for (i = 0; i < port->lease6.server_count; i++)
		v6_write(out, &port->lease6.servers[i], name);
	for (i = 0; i < port->ra_server_count; i++)
		v6_write(out, &port->ra_servers[i], name);
	return port->lease.server_count + port->lease6.server_count +
	       port->ra_server_count;
}

static unsigned int links_write(FILE *out, const struct applied *applied)
{
	unsigned int count = 0;
	size_t i;

	for (i = 0; i < applied->count; i++)
		count += port_write(out, &applied->ports[i]);
	return count;
}

/*
 * Those of the host.
 */

static bool is_loopback(const char *text)
{
	struct in6_addr v6;
	struct in_addr v4;

	if (inet_pton(AF_INET, text, &v4) == 1)
		return (ntohl(v4.s_addr) >> 24) == IN_LOOPBACKNET;
	return inet_pton(AF_INET6, text, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

/* Links of the host have names that mean nothing here. */
static bool is_reachable(const char *text)
{
	return *text && !strchr(text, '%') && !is_loopback(text);
}

static unsigned int servers_copy(FILE *out, const char *path)
{
	FILE *in = fopen(path, "re");
	char line[1024], text[64];
	unsigned int count = 0;

	while (in && fgets(line, sizeof(line), in)) {
		if (sscanf(line, " nameserver %63s", text) != 1 || !is_reachable(text))
			continue;
		fprintf(out, "nameserver %s\n", text);
		count++;
	}
	if (in)
		fclose(in);
	return count;
}

static void host_servers_copy(FILE *out)
{
	unsigned int count = 0;
	size_t i;

	for (i = 0; i < sizeof(host_files) / sizeof(host_files[0]) && !count; i++)
		count = servers_copy(out, host_files[i]);
}

/* How names are looked up is the user's choice, whoever is asked. */
static void host_manner_copy(FILE *out)
{
	FILE *in = fopen(RESOLV_CONF, "re");
	char line[1024], word[16];

	while (in && fgets(line, sizeof(line), in))
		if (sscanf(line, " %15s", word) == 1 &&
		    (!strcmp(word, "search") || !strcmp(word, "domain") ||
		     !strcmp(word, "options")))
			fputs(line, out);
	if (in)
		fclose(in);
}

/* The text that @copy writes; NULL when memory is short. */
static char *text_of(void (*copy)(FILE *out))
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	copy(out);
	if (!fclose(out))
		return text;
	free(text);
	return NULL;
}

/*
 * Once: to a hijacked process whose kernel is up, these files are the library's. Return:
 * whether it is known.
 */
static bool host_look(struct applied *applied)
{
	if (!applied->host_servers)
		applied->host_servers = text_of(host_servers_copy);
	if (!applied->host_manner)
		applied->host_manner = text_of(host_manner_copy);
	return applied->host_servers && applied->host_manner;
}

/*
 * The file.
 */

static bool any_link(const struct applied *applied)
{
	size_t i;

	for (i = 0; i < applied->count; i++)
		if (applied->ids[i] >= 0)
			return true;
	return false;
}

static char *conf_make(const struct applied *applied)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fputs(applied->host_manner, out);
	if (!said_write(out, applied) && !links_write(out, applied))
		fputs(any_link(applied) && *applied->host_servers ?
		      applied->host_servers : NOTHING, out);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

long apply_names(struct applied *applied)
{
	long err = -ENOMEM;
	char *text = NULL;

	pthread_mutex_lock(&applied->names_lock);
	if (host_look(applied))
		text = conf_make(applied);
	if (text)
		err = apply_directory_make(applied->api, "/etc");
	if (!err)
		err = apply_file_write(applied->api, RESOLV_CONF, text);
	pthread_mutex_unlock(&applied->names_lock);
	free(text);
	return err;
}

void apply_names_undo(struct applied *applied)
{
	free(applied->host_servers);
	free(applied->host_manner);
	applied->host_servers = NULL;
	applied->host_manner = NULL;
}
