// SPDX-License-Identifier: GPL-2.0
/*
 * probe.c - does the host have what the settings name? See launcher.h
 *
 * Layer:   tools/lkl/hijack/launcher.
 * Users:   main.c.
 *
 * A preloaded program brings its network up at its first socket, when all that is
 * left is to fail that call. What can be seen beforehand, without taking anything,
 * is told before the program runs. That is not all: --check tries in earnest.
 */
#include "launcher.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <linux/capability.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../check.h"

#define SLIRP		"libslirp.so.0"

static int wrong(size_t index, const char *param, const char *why)
{
	return launcher_error("interface %zu: %s: %s", index, param, why);
}

static int file_probe(size_t index, const char *path)
{
	return access(path, R_OK | W_OK) ? wrong(index, path, strerror(errno)) : 0;
}

static bool may_make_devices(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

	return !syscall(SYS_capget, &header, data) &&
	       data[0].effective & 1U << CAP_NET_ADMIN;
}

/*
 * By a call: /sys may be that of another network namespace. A TAP device that is
 * not there is made, by who may.
 */
static int tap_probe(size_t index, const char *param)
{
	if (file_probe(index, "/dev/net/tun"))
		return LAUNCHER_FAILED;
	if (!if_nametoindex(param) && !may_make_devices())
		return wrong(index, param, "no such TAP device");
	return 0;
}

static int raw_probe(size_t index, const char *param)
{
	return if_nametoindex(param) ? 0 :
		wrong(index, param, "the host has no such interface");
}

static int pipe_probe(size_t index, const char *param)
{
	const char *bar = strchr(param, '|');
	char *in = strndup(param, (size_t)(bar - param));
	int status = in ? file_probe(index, in) : LAUNCHER_FAILED;

	free(in);
	return status ? status : file_probe(index, bar + 1);
}

static bool has_passt(void)
{
	struct cover cover;

	cover_find("passt", &cover);
	return cover.way != COVER_MISSING && cover.way != COVER_UNUSABLE;
}

static bool has_slirp(void)
{
	void *library = dlopen(SLIRP, RTLD_LAZY | RTLD_LOCAL);

	if (library)
		dlclose(library);
	return library;
}

static int passt_probe(size_t index, const char *param)
{
	return has_passt() ? 0 : wrong(index, "passt", "not installed");
}

static int slirp_probe(size_t index, const char *param)
{
	return has_slirp() ? 0 : wrong(index, SLIRP, "not installed");
}

static int user_probe(size_t index, const char *param)
{
	return has_passt() || has_slirp() ? 0 :
		wrong(index, "user", "neither passt nor libslirp is installed");
}

static const struct {
	const char *type;
	int (*probe)(size_t index, const char *param);
} probes[] = {
	{ "tap", tap_probe },
	{ "macvtap", file_probe },
	{ "raw", raw_probe },
	{ "pipe", pipe_probe },
	{ "passt", passt_probe },
	{ "slirp", slirp_probe },
	{ "user", user_probe },
};

static int interface_probe(size_t index, const struct config_interface *iface)
{
	size_t i;

	for (i = 0; i < sizeof(probes) / sizeof(probes[0]); i++)
		if (!strcmp(iface->value[CONFIG_IF_TYPE], probes[i].type))
			return probes[i].probe(index, iface->value[CONFIG_IF_PARAM]);
	return 0;
}

/*
 * Ports: can they be had? "tcp=ADDRESS/PORT:GUEST", as forward_convert() has it.
 */

static socklen_t address_make(const char *text, unsigned int port,
			      struct sockaddr_storage *address)
{
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)address;
	struct sockaddr_in *sin = (struct sockaddr_in *)address;

	memset(address, 0, sizeof(*address));
	if (inet_pton(AF_INET, text, &sin->sin_addr) == 1) {
		sin->sin_family = AF_INET;
		sin->sin_port = htons((uint16_t)port);
		return sizeof(*sin);
	}
	/* Without an address: all of both families. */
	if (*text && inet_pton(AF_INET6, text, &sin6->sin6_addr) != 1)
		return 0;
	sin6->sin6_family = AF_INET6;
	sin6->sin6_port = htons((uint16_t)port);
	return sizeof(*sin6);
}

/* Return: 0 or errno; a host without IPv6 is not asked. */
static int port_probe(bool udp, const char *text, unsigned int port)
{
	struct sockaddr_storage address;
	socklen_t len = address_make(text, port, &address);
	int fd, on = 1, err = 0;

	fd = socket(address.ss_family, (udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return 0;
	if (!udp)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&address, len) || (!udp && listen(fd, 1)))
		err = errno;
	close(fd);
	return err;
}

static bool forward_probe(const char *item, void *arg)
{
	char option[128], *address, *port;
	int err;

	if (!forward_convert(item, option, sizeof(option)))
		return false;
	address = strchr(option, '=') + 1;
	port = strchr(address, '/');
	if (port)
		*port++ = '\0';
	else
		port = address;
	err = port_probe(*option == 'u', port == address ? "" : address,
			 (unsigned int)strtoul(port, NULL, 10));
	if (err)
		launcher_error("forward: %s: %s", item, strerror(err));
	return !err;
}

int host_probe(const struct config *cfg)
{
	const char *forwards = cfg->value[CONFIG_FORWARD];
	int status = 0;
	size_t i;

	for (i = 0; i < cfg->count && !status; i++)
		status = interface_probe(i, &cfg->interfaces[i]);
	if (!status && forwards && !check_each(forwards, ',', forward_probe, NULL))
		status = LAUNCHER_FAILED;
	return status;
}
