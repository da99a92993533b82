// SPDX-License-Identifier: GPL-2.0
/*
 * apply_devices.c - the network devices that the settings name; see apply.h
 *
 * Layer:   tools/lkl/hijack.
 * Users:   apply.c.
 */
#include "apply.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply_port.h"
#include "check.h"

static const char *type_of(const struct config_interface *iface)
{
	return iface->value[CONFIG_IF_TYPE];
}

static int offload_of(const struct config_interface *iface)
{
	const char *offload = iface->value[CONFIG_IF_OFFLOAD];

	return offload ? (int)config_number(offload) : LKL_NETDEV_OFFLOAD_ALL;
}

/*
 * Options of the rootless backends, which have to be told the addresses.
 */

static bool is_address(const char *text, const char *choice)
{
	return text && strcmp(text, choice);
}

/* Of the settings, those that lie on the interface's network. */
static void addresses_write(FILE *out, const struct config *cfg,
			    const struct config_interface *iface)
{
	char * const *value = iface->value;

	if (is_address(value[CONFIG_IF_IP], "dhcp")) {
		fprintf(out, ",ip=%s/%s", value[CONFIG_IF_IP], value[CONFIG_IF_MASKLEN]);
		fprintf(out, ",gateway=%s", value[CONFIG_IF_GATEWAY] ?
			value[CONFIG_IF_GATEWAY] : cfg->value[CONFIG_GATEWAY]);
	}
	if (is_address(value[CONFIG_IF_IPV6], "slaac")) {
		fprintf(out, ",ip6=%s/%s", value[CONFIG_IF_IPV6],
			value[CONFIG_IF_MASKLEN6]);
		fprintf(out, ",gateway6=%s", value[CONFIG_IF_GATEWAY6] ?
			value[CONFIG_IF_GATEWAY6] : cfg->value[CONFIG_GATEWAY6]);
	}
	if (value[CONFIG_IF_MTU])
		fprintf(out, ",mtu=%s", value[CONFIG_IF_MTU]);
}

/* Only a name server on the link is the backend's to serve. */
static bool on_link(const char *server, const char *ip, const char *masklen)
{
	struct in_addr a, b;
	uint32_t mask = htonl(~0U << (32 - config_number(masklen)));

	return inet_pton(AF_INET, server, &a) == 1 && inet_pton(AF_INET, ip, &b) == 1 &&
	       !((a.s_addr ^ b.s_addr) & mask);
}

static void dns_write(FILE *out, const struct config *cfg,
		      const struct config_interface *iface)
{
	const char *server = cfg->value[CONFIG_NAMESERVER];
	const char *ip = iface->value[CONFIG_IF_IP];
	const char *masklen = iface->value[CONFIG_IF_MASKLEN];

	if (server && masklen && config_number(masklen) && on_link(server, ip, masklen))
		fprintf(out, ",dns=%s", server);
}

static bool forward_write(const char *item, void *arg)
{
	char option[128];

	if (!forward_convert(item, option, sizeof(option)))
		return false;
	fprintf(arg, ",%s", option);
	return true;
}

/* Ports are forwarded to the first such interface. */
static bool is_first_rootless(const struct config *cfg,
			      const struct config_interface *iface)
{
	const struct config_interface *first = cfg->interfaces;

	while (!config_is_rootless(first))
		first++;
	return first == iface;
}

static char *options_make(const struct config *cfg,
			  const struct config_interface *iface)
{
	const char *param = iface->value[CONFIG_IF_PARAM];
	char *options = NULL;
	size_t size;
	FILE *out = open_memstream(&options, &size);

	if (!out)
		return NULL;
	addresses_write(out, cfg, iface);
	if (is_first_rootless(cfg, iface)) {
		dns_write(out, cfg, iface);
		if (cfg->value[CONFIG_FORWARD])
			check_each(cfg->value[CONFIG_FORWARD], ',', forward_write, out);
	}
	if (param && *param)
		fprintf(out, ",%s", param);
	if (fclose(out)) {
		free(options);
		return NULL;
	}
	return options;
}

/* Libraries may be built without some of them. */
static struct lkl_netdev *create_by_name(const struct applied *applied,
					 const char *function, const char *options)
{
	struct lkl_netdev *(*create)(const char *options);

	*(void **)&create = dlsym(applied->library, function);
	return create ? create(options) : NULL;
}

static struct lkl_netdev *rootless_create(const struct applied *applied,
					  const struct config_interface *iface)
{
	char function[64], *options = options_make(applied->cfg, iface);
	struct lkl_netdev *netdev;

	if (!options)
		return NULL;
	snprintf(function, sizeof(function), "lkl_netdev_%s_create", type_of(iface));
	netdev = create_by_name(applied, function,
				*options == ',' ? options + 1 : options);
	free(options);
	return netdev;
}

static struct lkl_netdev *netdev_create(const struct applied *applied,
					const struct config_interface *iface)
{
	const struct apply_api *api = applied->api;
	const char *param = iface->value[CONFIG_IF_PARAM], *type = type_of(iface);

	if (config_is_rootless(iface))
		return rootless_create(applied, iface);
	if (!strcmp(type, "tap"))
		return api->lkl_netdev_tap_create(param, offload_of(iface));
	if (!strcmp(type, "macvtap"))
		return api->lkl_netdev_macvtap_create(param, offload_of(iface));
	if (!strcmp(type, "pipe"))
		return api->lkl_netdev_pipe_create(param, offload_of(iface));
	if (!strcmp(type, "vde"))
		return create_by_name(applied, "lkl_netdev_vde_create", param);
	return create_by_name(applied, "lkl_netdev_raw_create", param);
}

static int device_wrong(const struct applied *applied, size_t index,
			struct config_error *error, int err)
{
	const struct config_interface *iface = &applied->cfg->interfaces[index];
	const char *why = applied->api->lkl_netdev_error();

	config_wrong(error, "interface %zu (%s): %s", index, type_of(iface),
		     *why ? why : "the library does not have this kind");
	return err;
}

static int device_add(struct applied *applied, size_t index,
		      struct config_error *error)
{
	const struct config_interface *iface = &applied->cfg->interfaces[index];
	const struct apply_api *api = applied->api;
	struct lkl_netdev_args args = { .offload = (unsigned int)offload_of(iface) };
	struct lkl_netdev *netdev;
	uint8_t mac[6];
	int err;

	if (!strcmp(type_of(iface), "none"))
		return 0;
	netdev = netdev_create(applied, iface);
	if (!netdev)
		return device_wrong(applied, index, error, -ENODEV);
	applied->netdevs[index] = netdev;
	if (iface->value[CONFIG_IF_PCAP]) {
		err = api->lkl_netdev_capture(netdev, iface->value[CONFIG_IF_PCAP]);
		if (err)
			return device_wrong(applied, index, error, err);
	}
	if (iface->value[CONFIG_IF_MAC] && mac_parse(iface->value[CONFIG_IF_MAC], mac))
		args.mac = mac;
	applied->ids[index] = api->lkl_netdev_add(netdev, &args);
	if (applied->ids[index] < 0)
		return device_wrong(applied, index, error, applied->ids[index]);
	return 0;
}

int apply_devices(struct applied *applied, struct config_error *error)
{
	size_t i, count = applied->cfg->count;
	int err = 0;

	applied->netdevs = calloc(count, sizeof(*applied->netdevs));
	applied->ids = calloc(count, sizeof(*applied->ids));
	applied->ports = calloc(count, sizeof(*applied->ports));
	if (!applied->netdevs || !applied->ids || !applied->ports)
		return apply_wrong(applied, error, -ENOMEM, "interfaces");
	applied->count = count;
	for (i = 0; i < count; i++) {
		applied->ids[i] = -1;
		applied->ports[i] = (struct apply_port){ .applied = applied, .watch = -1 };
	}
	for (i = 0; i < count && !err; i++)
		err = device_add(applied, i, error);
	return err;
}

void apply_devices_undo(struct applied *applied)
{
	size_t i;

	for (i = 0; i < applied->count; i++) {
		if (applied->ids[i] >= 0)
			applied->api->lkl_netdev_remove(applied->ids[i]);
		applied->api->lkl_netdev_free(applied->netdevs[i]);
	}
	free(applied->netdevs);
	free(applied->ids);
	free(applied->ports);
	applied->ports = NULL;
	applied->netdevs = NULL;
	applied->ids = NULL;
	applied->count = 0;
}
