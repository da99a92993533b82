// SPDX-License-Identifier: GPL-2.0
/*
 * check.c - the forms that values of settings have; see check.h
 *
 * Layer:   tools/lkl/hijack.
 */
#include "check.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static bool is_address(int af, const char *text)
{
	uint8_t addr[sizeof(struct in6_addr)];

	return inet_pton(af, text, addr) == 1;
}

bool check_ipv4(const char *text)
{
	return is_address(AF_INET, text);
}

bool check_ipv6(const char *text)
{
	return is_address(AF_INET6, text);
}

bool check_ip_choice(const char *text)
{
	return !strcmp(text, "dhcp") || check_ipv4(text);
}

bool check_ipv6_choice(const char *text)
{
	return !strcmp(text, "slaac") || check_ipv6(text);
}

/* Decimal digits only, as strtoul() would not insist. */
static bool in_range(const char *text, unsigned long least, unsigned long most)
{
	unsigned long number;

	if (!*text || strlen(text) > 9 || text[strspn(text, "0123456789")])
		return false;
	number = strtoul(text, NULL, 10);
	return number >= least && number <= most;
}

bool check_masklen(const char *text)
{
	return in_range(text, 0, 32);
}

bool check_masklen6(const char *text)
{
	return in_range(text, 0, 128);
}

/* What IPv4 needs at least (RFC 791), and the most that fits its length. */
bool check_mtu(const char *text)
{
	return in_range(text, 68, 65535);
}

bool check_number(const char *text)
{
	bool hex = !strncasecmp(text, "0x", 2);
	const char *rest = hex ? text + 2 : text;

	return *rest && strlen(rest) <= 16 &&
	       !rest[strspn(rest, hex ? "0123456789abcdefABCDEF" : "0123456789")];
}

bool check_truth(const char *text)
{
	return !strcmp(text, "0") || !strcmp(text, "1") ||
	       !strcmp(text, "true") || !strcmp(text, "false") ||
	       !strcmp(text, "yes") || !strcmp(text, "no");
}

bool check_cpus(const char *text)
{
	return in_range(text, 0, 2);
}

/* Which of the two kernels. */
bool check_side(const char *text)
{
	return !strcmp(text, "host") || !strcmp(text, "library");
}

bool check_any(const char *text)
{
	return true;
}

bool check_type(const char *text)
{
	static const char * const types[] = {
		"tap", "macvtap", "raw", "pipe", "vde", "passt", "slirp", "user", "none",
	};
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(text, types[i]))
			return true;
	return false;
}

bool mac_parse(const char *text, uint8_t *mac)
{
	int i;

	for (i = 0; i < 6; i++, text += 3) {
		if (!isxdigit((unsigned char)text[0]) ||
		    !isxdigit((unsigned char)text[1]) || text[2] != (i < 5 ? ':' : '\0'))
			return false;
		mac[i] = (uint8_t)strtoul(text, NULL, 16);
	}
	return true;
}

/* One that names an interface: not a group, not zeros. */
bool check_mac(const char *text)
{
	static const uint8_t zeros[6];
	uint8_t mac[6];

	return mac_parse(text, mac) && !(mac[0] & 1) && memcmp(mac, zeros, 6);
}

/*
 * Lists.
 */

bool check_each(const char *text, char separator,
		bool (*check)(const char *item, void *arg), void *arg)
{
	const char between[] = { separator, '\0' };
	char *copy = strdup(text), *next = copy, *item;
	bool good = copy;

	while (good && (item = strsep(&next, between)))
		if (*item)
			good = check(item, arg);
	free(copy);
	return good;
}

static bool is_fs_name(const char *item, void *arg)
{
	for (; *item; item++)
		if (!isalnum((unsigned char)*item) && *item != '_')
			return false;
	return true;
}

bool check_mounts(const char *text)
{
	return check_each(text, ',', is_fs_name, NULL);
}

static bool is_absolute(const char *item, void *arg)
{
	return *item == '/';
}

bool check_paths(const char *text)
{
	return check_each(text, ',', is_absolute, NULL);
}

static bool is_assignment(const char *item, void *arg)
{
	const char *value = strchr(item, '=');

	item += strspn(item, " \t");
	return value && value > item;
}

bool check_sysctls(const char *text)
{
	return check_each(text, ';', is_assignment, NULL);
}

static bool is_any_address(const char *item, void *arg)
{
	return check_ipv4(item) || check_ipv6(item);
}

bool check_nameservers(const char *text)
{
	return *text && check_each(text, ',', is_any_address, NULL);
}

bool neighbour_parse(const char *text, struct neighbour *neighbour)
{
	char addr[INET6_ADDRSTRLEN];
	const char *bar = strchr(text, '|');

	if (!bar || (size_t)(bar - text) >= sizeof(addr))
		return false;
	memcpy(addr, text, (size_t)(bar - text));
	addr[bar - text] = '\0';
	neighbour->af = strchr(addr, ':') ? AF_INET6 : AF_INET;
	return inet_pton(neighbour->af, addr, neighbour->addr) == 1 &&
	       mac_parse(bar + 1, neighbour->mac);
}

static bool is_neighbour(const char *item, void *arg)
{
	struct neighbour neighbour;

	return neighbour_parse(item, &neighbour);
}

bool check_neighbours(const char *text)
{
	return check_each(text, ';', is_neighbour, NULL);
}

/* Which queueing disciplines there are is the kernel's to say. */
static bool is_qdisc(const char *item, void *arg)
{
	const char *bar = strchr(item, '|');

	return bar && bar[1] &&
	       (!strncmp(item, "root|", 5) || !strncmp(item, "ingress|", 8));
}

bool check_qdiscs(const char *text)
{
	return check_each(text, ';', is_qdisc, NULL);
}

/*
 * Port forwards.
 */

static bool is_port(const char *text)
{
	return in_range(text, 1, 65535);
}

/* Cut "ADDRESS:" off the front of @text; *@address is "" if there is none. */
static char *address_cut(char *text, const char **address)
{
	char *end;

	*address = "";
	if (*text == '[') {
		end = strstr(text, "]:");
		if (!end)
			return NULL;
		*end = '\0';
		*address = text + 1;
		return check_ipv6(*address) ? end + 2 : NULL;
	}
	end = strchr(text, ':');
	if (!end || !memchr(text, '.', (size_t)(end - text)))
		return text;
	*end = '\0';
	*address = text;
	return check_ipv4(*address) ? end + 1 : NULL;
}

static bool ports_convert(const char *protocol, char *text, char *option,
			  size_t size)
{
	const char *address, *guest;
	char *port = address_cut(text, &address);

	if (!port)
		return false;
	guest = strchr(port, ':');
	if (guest) {
		port[guest - port] = '\0';
		guest++;
	} else {
		guest = port;
	}
	return is_port(port) && is_port(guest) &&
	       (size_t)snprintf(option, size, "%s=%s%s%s:%s", protocol, address,
				*address ? "/" : "", port, guest) < size;
}

bool forward_convert(const char *text, char *option, size_t size)
{
	const char *protocol = "tcp";
	char *copy;
	bool good;

	if (!strncmp(text, "udp:", 4)) {
		protocol = "udp";
		text += 4;
	} else if (!strncmp(text, "tcp:", 4)) {
		text += 4;
	}
	copy = strdup(text);
	good = copy && ports_convert(protocol, copy, option, size);
	free(copy);
	return good;
}

static bool is_forward(const char *item, void *arg)
{
	char option[128];

	return forward_convert(item, option, sizeof(option));
}

bool check_forwards(const char *text)
{
	return check_each(text, ',', is_forward, NULL);
}
