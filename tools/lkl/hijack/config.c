// SPDX-License-Identifier: GPL-2.0
/*
 * config.c - settings: their names and forms, and setting them; see config.h
 *
 * Layer:   tools/lkl/hijack.
 * Users:   those of config.h.
 */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

#define A_NUMBER	"a number, decimal or after 0x"
#define A_TRUTH		"0, 1, true or false"

const struct config_form config_forms[CONFIG_KEYS] = {
	[CONFIG_GATEWAY] = { "gateway", "NET_GATEWAY", check_ipv4,
		"an IPv4 address", 0 },
	[CONFIG_GATEWAY6] = { "gateway6", "NET_GATEWAY6", check_ipv6,
		"an IPv6 address", 0 },
	[CONFIG_DEBUG] = { "debug", "DEBUG", check_number, A_NUMBER, 0 },
	[CONFIG_SINGLECPU] = { "singlecpu", "SINGLE_CPU", check_cpus,
		"0, 1 or 2", 0 },
	[CONFIG_SYSCTL] = { "sysctl", "SYSCTL", check_sysctls,
		"name=value;name=value", ';' },
	[CONFIG_BOOT_CMDLINE] = { "boot_cmdline", "BOOT_CMDLINE", check_any,
		"a kernel command line", ' ' },
	[CONFIG_DUMP] = { "dump", "DUMP", check_paths,
		"absolute paths, separated by commas", ',' },
	[CONFIG_DELAY_MAIN] = { "delay_main", "DELAY_MAIN", check_truth, A_TRUTH, 0 },
	[CONFIG_MOUNT] = { "mount", "MOUNT", check_mounts,
		"types of file systems, separated by commas", ',' },
	[CONFIG_NAMESERVER] = { "nameserver", "NAMESERVER", check_nameservers,
		"IPv4 or IPv6 addresses, separated by commas", 0 },
	[CONFIG_FORWARD] = { "forward", "FORWARD", check_forwards,
		"[udp:][ADDRESS:]PORT[:PORT], separated by commas", ',' },
	[CONFIG_UNIX] = { "unix", "UNIX", check_side, "host or library", 0 },
};

const struct config_form config_if_forms[CONFIG_IF_KEYS] = {
	[CONFIG_IF_TYPE] = { "type", "NET_IFTYPE", check_type,
		"tap, macvtap, raw, pipe, vde, passt, slirp, user (passt or slirp) or none",
		0 },
	[CONFIG_IF_PARAM] = { "param", "NET_IFPARAMS", check_any,
		"what the type of interface wants", 0 },
	[CONFIG_IF_MAC] = { "mac", "NET_MAC", check_mac,
		"an Ethernet address, xx:xx:xx:xx:xx:xx, not a group's", 0 },
	[CONFIG_IF_IP] = { "ip", "NET_IP", check_ip_choice,
		"an IPv4 address or dhcp", 0 },
	[CONFIG_IF_MASKLEN] = { "masklen", "NET_NETMASK_LEN", check_masklen,
		"a number from 0 to 32", 0 },
	[CONFIG_IF_GATEWAY] = { "ifgateway", "NET_IFGATEWAY", check_ipv4,
		"an IPv4 address", 0 },
	[CONFIG_IF_IPV6] = { "ipv6", "NET_IPV6", check_ipv6_choice,
		"an IPv6 address or slaac", 0 },
	[CONFIG_IF_MASKLEN6] = { "masklen6", "NET_NETMASK6_LEN", check_masklen6,
		"a number from 0 to 128", 0 },
	[CONFIG_IF_GATEWAY6] = { "ifgateway6", "NET_IFGATEWAY6", check_ipv6,
		"an IPv6 address", 0 },
	[CONFIG_IF_OFFLOAD] = { "offload", "OFFLOAD", check_number, A_NUMBER, 0 },
	[CONFIG_IF_MTU] = { "mtu", "NET_MTU", check_mtu,
		"a number from 68 to 65535", 0 },
	[CONFIG_IF_NEIGH] = { "neigh", "NET_NEIGHBOR", check_neighbours,
		"address|xx:xx:xx:xx:xx:xx;...", 0 },
	[CONFIG_IF_QDISC] = { "qdisc", "NET_QDISC", check_qdiscs,
		"root|type;ingress|type", 0 },
	[CONFIG_IF_PCAP] = { "pcap", "NET_PCAP", check_any, "a file", 0 },
};

int config_wrong(struct config_error *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return -EINVAL;
}

static int no_memory(struct config_error *error)
{
	config_wrong(error, "not enough memory");
	return -ENOMEM;
}

unsigned long config_number(const char *text)
{
	if (!text)
		return 0;
	/* Not octal, whatever zeros it begins with. */
	return strtoul(text, NULL, strncasecmp(text, "0x", 2) ? 10 : 16);
}

bool config_truth(const char *text)
{
	return text && (*text == '1' || *text == 't' || *text == 'y');
}

/* The value that replaces @old, or is added to it if it is a list. */
static char *value_make(const char *old, const char *text, char separator)
{
	char *value;

	if (!old || !*old || !separator)
		return strdup(text);
	return asprintf(&value, "%s%c%s", old, separator, text) < 0 ? NULL : value;
}

static int value_set(char **value, const struct config_form *form,
		     const char *source, const char *text,
		     struct config_error *error)
{
	char *made;

	if (!form->check(text))
		return config_wrong(error, "%s: \"%s\": expected %s", source, text,
				    form->expected);
	made = value_make(*value, text, form->separator);
	if (!made)
		return no_memory(error);
	free(*value);
	*value = made;
	return 0;
}

int config_set(struct config *cfg, const char *source, enum config_key key,
	       const char *text, struct config_error *error)
{
	return value_set(&cfg->value[key], &config_forms[key], source, text, error);
}

/* "10.0.0.2/24" is two settings. */
static int address_set(struct config *cfg, const char *source, size_t index,
		       enum config_if_key key, const char *text,
		       struct config_error *error)
{
	enum config_if_key length = key == CONFIG_IF_IP ? CONFIG_IF_MASKLEN :
		CONFIG_IF_MASKLEN6;
	const char *slash = strchr(text, '/');
	char *addr = strndup(text, (size_t)(slash - text));
	int err;

	if (!addr)
		return no_memory(error);
	err = config_interface_set(cfg, source, index, key, addr, error);
	if (!err)
		err = config_interface_set(cfg, source, index, length, slash + 1, error);
	free(addr);
	return err;
}

int config_interface_set(struct config *cfg, const char *source, size_t index,
			 enum config_if_key key, const char *text,
			 struct config_error *error)
{
	char **value = cfg->interfaces[index].value;

	if ((key == CONFIG_IF_IP || key == CONFIG_IF_IPV6) && strchr(text, '/'))
		return address_set(cfg, source, index, key, text, error);
	/* What the parameter meant is gone with its type. */
	if (key == CONFIG_IF_TYPE && value[key] && strcmp(value[key], text)) {
		free(value[CONFIG_IF_PARAM]);
		value[CONFIG_IF_PARAM] = NULL;
	}
	return value_set(&value[key], &config_if_forms[key], source, text, error);
}

int config_interface_add(struct config *cfg)
{
	struct config_interface *more;

	more = realloc(cfg->interfaces, (cfg->count + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	memset(&more[cfg->count], 0, sizeof(*more));
	cfg->interfaces = more;
	cfg->count++;
	return 0;
}

/* Cut the next part off @text at a comma that no backslash protects. */
static char *part_cut(char **text)
{
	char *part = *text, *from = part, *to = part;

	if (!part)
		return NULL;
	for (; *from && *from != ','; from++) {
		if (*from == '\\' && from[1])
			from++;
		*to++ = *from;
	}
	*text = *from ? from + 1 : NULL;
	*to = '\0';
	return part;
}

static int if_key_find(const char *name)
{
	int key;

	for (key = 0; key < CONFIG_IF_KEYS; key++)
		if (!strcmp(name, config_if_forms[key].name))
			return key;
	return -1;
}

static int part_set(struct config *cfg, const char *source, char *part,
		    struct config_error *error)
{
	char *text = strchr(part, '='), *name;
	int key, err;

	if (!text)
		return config_wrong(error, "%s: \"%s\": expected key=value", source, part);
	*text++ = '\0';
	key = if_key_find(part);
	if (key < 0)
		return config_wrong(error, "%s: \"%s\": no such key of an interface",
				    source, part);
	if (asprintf(&name, "%s %s", source, part) < 0)
		return no_memory(error);
	err = config_interface_set(cfg, name, cfg->count - 1, (enum config_if_key)key,
				   text, error);
	free(name);
	return err;
}

static int parts_set(struct config *cfg, const char *source, char *text,
		     struct config_error *error)
{
	char *part;
	int err = 0;

	while (!err && (part = part_cut(&text)))
		if (*part)
			err = part_set(cfg, source, part, error);
	return err;
}

int config_interface_parse(struct config *cfg, const char *source,
			   const char *text, struct config_error *error)
{
	char *copy = strdup(text);
	int err;

	if (!copy || config_interface_add(cfg)) {
		free(copy);
		return no_memory(error);
	}
	err = parts_set(cfg, source, copy, error);
	free(copy);
	return err;
}

static void values_free(char **value, size_t count)
{
	while (count--)
		free(value[count]);
}

void config_free(struct config *cfg)
{
	size_t i;

	values_free(cfg->value, CONFIG_KEYS);
	for (i = 0; i < cfg->count; i++)
		values_free(cfg->interfaces[i].value, CONFIG_IF_KEYS);
	free(cfg->interfaces);
	memset(cfg, 0, sizeof(*cfg));
}
