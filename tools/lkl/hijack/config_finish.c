// SPDX-License-Identifier: GPL-2.0
/*
 * config_finish.c - defaults, and whether settings fit together; see config.h
 *
 * Layer:   tools/lkl/hijack.
 * Users:   those of config.h.
 */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the rootless backends serve; see drivers/virtio/net_user.h. */
#define USER_IP		"10.0.2.15"
#define USER_MASKLEN	"24"
#define USER_IPV6	"fd00:6c6b:6c::15"
#define USER_MASKLEN6	"64"

/* Which hosts of its network a rootless backend is: gateway, name server. */
#define HOST_GATEWAY	2
#define HOST_DNS	3

static const struct {
	const char *type;
	const char *param;
} params_needed[] = {
	{ "tap", "the name of a TAP device" },
	{ "macvtap", "the name or file of a macvtap device" },
	{ "raw", "the name of an interface of the host" },
	{ "pipe", "two named pipes: to read from|to write to" },
	{ "vde", "the directory of a VDE switch" },
};

static bool type_is(const struct config_interface *iface, const char *type)
{
	return iface->value[CONFIG_IF_TYPE] &&
	       !strcmp(iface->value[CONFIG_IF_TYPE], type);
}

bool config_is_rootless(const struct config_interface *iface)
{
	return type_is(iface, "user") || type_is(iface, "passt") ||
	       type_is(iface, "slirp");
}

static bool value_is(const char *value, const char *text)
{
	return value && !strcmp(value, text);
}

static bool is_dhcp(const struct config_interface *iface)
{
	return value_is(iface->value[CONFIG_IF_IP], "dhcp");
}

static bool is_slaac(const struct config_interface *iface)
{
	return value_is(iface->value[CONFIG_IF_IPV6], "slaac");
}

/* Say a value where nothing was said; @text is one of ours. */
static int fill(char **value, const char *text)
{
	if (*value)
		return 0;
	*value = strdup(text);
	return *value ? 0 : -ENOMEM;
}

static int interface_wrong(struct config_error *error, size_t index,
			   const char *key, const char *why)
{
	return config_wrong(error, "interface %zu: %s: %s", index, key, why);
}

static int param_check(const struct config_interface *iface, size_t index,
		       struct config_error *error)
{
	const char *param = iface->value[CONFIG_IF_PARAM];
	size_t i;

	for (i = 0; i < sizeof(params_needed) / sizeof(params_needed[0]); i++) {
		if (!type_is(iface, params_needed[i].type) || (param && *param))
			continue;
		return config_wrong(error, "interface %zu: type %s wants a param: %s",
				    index, params_needed[i].type,
				    params_needed[i].param);
	}
	if (type_is(iface, "pipe") && !strchr(param, '|'))
		return interface_wrong(error, index, "param",
				       "expected two named pipes: in|out");
	/* The backend has to be told the same addresses as the kernel. */
	if (config_is_rootless(iface) && param &&
	    (strstr(param, "ip=") || strstr(param, "ip6=")))
		return interface_wrong(error, index, "param",
				       "say addresses by ip and ipv6");
	return 0;
}

static int lengths_check(const struct config_interface *iface, size_t index,
			 struct config_error *error)
{
	char * const *value = iface->value;
	bool ip = value[CONFIG_IF_IP] && !is_dhcp(iface);
	bool ipv6 = value[CONFIG_IF_IPV6] && !is_slaac(iface);

	if (ip && !value[CONFIG_IF_MASKLEN])
		return interface_wrong(error, index, "ip", "masklen is missing");
	if (ipv6 && !value[CONFIG_IF_MASKLEN6])
		return interface_wrong(error, index, "ipv6", "masklen6 is missing");
	if (!ip && value[CONFIG_IF_MASKLEN])
		return interface_wrong(error, index, "masklen", "ip has no address");
	if (!ipv6 && value[CONFIG_IF_MASKLEN6])
		return interface_wrong(error, index, "masklen6", "ipv6 has no address");
	if (!ip && value[CONFIG_IF_GATEWAY])
		return interface_wrong(error, index, "ifgateway", "ip has no address");
	if (!ipv6 && value[CONFIG_IF_GATEWAY6])
		return interface_wrong(error, index, "ifgateway6",
				       "ipv6 has no address");
	return 0;
}

static int rootless_fill(struct config_interface *iface)
{
	char **value = iface->value;
	int err = 0;

	if (!value[CONFIG_IF_IP])
		err = fill(&value[CONFIG_IF_IP], USER_IP);
	if (!err && !is_dhcp(iface))
		err = fill(&value[CONFIG_IF_MASKLEN], USER_MASKLEN);
	if (!err && !value[CONFIG_IF_IPV6])
		err = fill(&value[CONFIG_IF_IPV6], USER_IPV6);
	if (!err && !is_slaac(iface))
		err = fill(&value[CONFIG_IF_MASKLEN6], USER_MASKLEN6);
	return err;
}

static int interface_finish(struct config *cfg, size_t index,
			    struct config_error *error)
{
	struct config_interface *iface = &cfg->interfaces[index];
	int err = fill(&iface->value[CONFIG_IF_TYPE], "user");

	if (!err && config_is_rootless(iface))
		err = rootless_fill(iface);
	if (!err)
		err = param_check(iface, index, error);
	return err ? err : lengths_check(iface, index, error);
}

/* Host number @host of the network, or the one after those of interest if it is our own. */
static void host_of_network(int af, const char *ip, unsigned int host, char *text)
{
	uint8_t addr[sizeof(struct in6_addr)];
	size_t last = af == AF_INET ? 3 : 15;

	inet_pton(af, ip, addr);
	if (addr[last] == host)
		host = HOST_DNS + 1;
	addr[last] = (uint8_t)host;
	inet_ntop(af, addr, text, INET6_ADDRSTRLEN);
}

/* The rootless backend knows where to go from its network. */
static int routes_fill(struct config *cfg, const struct config_interface *iface)
{
	char text[INET6_ADDRSTRLEN];
	int err = 0;

	if (!is_dhcp(iface)) {
		host_of_network(AF_INET, iface->value[CONFIG_IF_IP], HOST_GATEWAY, text);
		err = fill(&cfg->value[CONFIG_GATEWAY], text);
	}
	if (!err && !is_slaac(iface)) {
		host_of_network(AF_INET6, iface->value[CONFIG_IF_IPV6], HOST_GATEWAY,
				text);
		err = fill(&cfg->value[CONFIG_GATEWAY6], text);
	}
	if (err)
		return err;
	if (is_dhcp(iface))
		return 0;
	host_of_network(AF_INET, iface->value[CONFIG_IF_IP], HOST_DNS, text);
	return fill(&cfg->value[CONFIG_NAMESERVER], text);
}

static const struct config_interface *rootless_find(const struct config *cfg)
{
	size_t i;

	for (i = 0; i < cfg->count; i++)
		if (config_is_rootless(&cfg->interfaces[i]))
			return &cfg->interfaces[i];
	return NULL;
}

static int together_check(struct config *cfg, struct config_error *error)
{
	const struct config_interface *rootless = rootless_find(cfg);

	if (cfg->value[CONFIG_FORWARD] && !rootless)
		return config_wrong(error,
				    "forward: only passt and slirp can forward ports");
	if (rootless && routes_fill(cfg, rootless))
		return -ENOMEM;
	return 0;
}

int config_finish(struct config *cfg, struct config_error *error)
{
	int err = 0;
	size_t i;

	config_wrong(error, "not enough memory");
	if (!cfg->count)
		err = config_interface_add(cfg);
	for (i = 0; i < cfg->count && !err; i++)
		err = interface_finish(cfg, i, error);
	return err ? err : together_check(cfg, error);
}
