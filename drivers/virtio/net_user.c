// SPDX-License-Identifier: GPL-2.0
/*
 * net_user.c - options of the rootless network backends, and the choice of one.
 *
 * Layer:   drivers/virtio, above net_passt.c and net_slirp.c.
 * Users:   tools/lkl/lib.
 * Locking: none; nothing is shared.
 */
#include "drivers/virtio/net_user.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MTU_MIN		1280	/* RFC 8200, section 5: less is not IPv6 */
#define MTU_MAX		65520	/* of an Ethernet frame that IPv4 can fill, in words */

#define VALUE_MAX	64

static const char *const defaults[] = {
	"ip=10.0.2.15/24,gateway=10.0.2.2,dns=10.0.2.3",
	"ip6=fd00:6c6b:6c::15/64,gateway6=fd00:6c6b:6c::2,dns6=fd00:6c6b:6c::3",
	"mtu=65520,loopback=yes",
};

#define DEFAULTS	(sizeof(defaults) / sizeof(defaults[0]))

/* A decimal number and nothing else. */
static bool number_parse(const char *text, unsigned int min, unsigned int max,
			 unsigned int *number)
{
	unsigned long value;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	value = strtoul(text, &end, 10);
	if (*end || value < min || value > max)
		return false;
	*number = value;
	return true;
}

static bool port_parse(const char *text, uint16_t *port)
{
	unsigned int number;

	if (!number_parse(text, 1, 65535, &number))
		return false;
	*port = number;
	return true;
}

static bool mtu_parse(const char *text, uint16_t *mtu)
{
	unsigned int number;

	if (!number_parse(text, MTU_MIN, MTU_MAX, &number))
		return false;
	*mtu = number;
	return true;
}

static bool prefixed_parse(int family, char *text, void *address,
			   unsigned int max, unsigned int *prefix)
{
	char *slash = strchr(text, '/');

	if (!slash)
		return false;
	*slash = '\0';
	return inet_pton(family, text, address) == 1 &&
	       number_parse(slash + 1, 1, max, prefix);
}

static bool yes_parse(const char *text, bool *yes)
{
	*yes = !strcmp(text, "yes");
	return *yes || !strcmp(text, "no");
}

/* [ADDRESS/]PORT[:GUEST_PORT] */
static bool forward_parse(char *text, struct virtio_net_forward *forward)
{
	char *slash = strchr(text, '/'), *port = text, *colon;

	forward->family = AF_UNSPEC;
	if (slash) {
		*slash = '\0';
		port = slash + 1;
		forward->family = strchr(text, ':') ? AF_INET6 : AF_INET;
		if (inet_pton(forward->family, text, &forward->address) != 1)
			return false;
	}
	colon = strchr(port, ':');
	if (colon)
		*colon = '\0';
	return port_parse(port, &forward->port) &&
	       port_parse(colon ? colon + 1 : port, &forward->guest_port);
}

static int forward_add(char *text, bool udp, struct virtio_net_user *user)
{
	struct virtio_net_forward forward = { .udp = udp };

	if (!forward_parse(text, &forward))
		return -EINVAL;
	if (user->forward_count == VIRTIO_NET_FORWARDS_MAX)
		return -E2BIG;
	user->forwards[user->forward_count++] = forward;
	return 0;
}

static int is_valid(bool valid)
{
	return valid ? 0 : -EINVAL;
}

/* Return: 0, -EINVAL (the value), -ENOENT (the key), -E2BIG. */
static int option_set(const char *key, char *value, struct virtio_net_user *user)
{
	if (!strcmp(key, "tcp"))
		return forward_add(value, false, user);
	if (!strcmp(key, "udp"))
		return forward_add(value, true, user);
	if (!strcmp(key, "ip"))
		return is_valid(prefixed_parse(AF_INET, value, &user->address,
					       30, &user->prefix));
	if (!strcmp(key, "ip6"))
		return is_valid(prefixed_parse(AF_INET6, value, &user->address6,
					       126, &user->prefix6));
	if (!strcmp(key, "gateway"))
		return is_valid(inet_pton(AF_INET, value, &user->gateway) == 1);
	if (!strcmp(key, "gateway6"))
		return is_valid(inet_pton(AF_INET6, value, &user->gateway6) == 1);
	if (!strcmp(key, "dns"))
		return is_valid(inet_pton(AF_INET, value, &user->dns) == 1);
	if (!strcmp(key, "dns6"))
		return is_valid(inet_pton(AF_INET6, value, &user->dns6) == 1);
	if (!strcmp(key, "mtu"))
		return is_valid(mtu_parse(value, &user->mtu));
	if (!strcmp(key, "loopback"))
		return is_valid(yes_parse(value, &user->loopback));
	return -ENOENT;
}

static int say(struct virtio_net_why *why, int err, const char *what,
	       const char *text, size_t len)
{
	snprintf(why->text, sizeof(why->text), "%s \"%.*s\"", what, (int)len,
		 text);
	return err;
}

/* One "key=value" of @len bytes. */
static int option_parse(const char *text, size_t len,
			struct virtio_net_user *user,
			struct virtio_net_why *why)
{
	char copy[VALUE_MAX], *value;
	int err;

	if (len >= sizeof(copy))
		return say(why, -EINVAL, "no such option", text, len);
	memcpy(copy, text, len);
	copy[len] = '\0';
	value = strchr(copy, '=');
	if (!value)
		return say(why, -EINVAL, "not of the form key=value:", text, len);
	*value++ = '\0';
	err = option_set(copy, value, user);
	if (err == -ENOENT)
		return say(why, -EINVAL, "no such key in", text, len);
	if (err == -E2BIG)
		return say(why, err, "too many ports: no room for", text, len);
	if (err)
		return say(why, err, "wrong value in", text, len);
	return 0;
}

static int options_parse(const char *options, struct virtio_net_user *user,
			 struct virtio_net_why *why)
{
	size_t len;
	int err;

	while (*options) {
		len = strcspn(options, ",");
		err = option_parse(options, len, user, why);
		if (err)
			return err;
		options += len + (options[len] == ',');
	}
	return 0;
}

int virtio_net_user_parse(const char *options, struct virtio_net_user *user,
			  struct virtio_net_why *why)
{
	unsigned int i;
	int err = 0;

	why->text[0] = '\0';
	memset(user, 0, sizeof(*user));
	for (i = 0; i < DEFAULTS && !err; i++)
		err = options_parse(defaults[i], user, why);
	if (!err && options)
		err = options_parse(options, user, why);
	return err;
}

/* passt has to be able to run here; what is wrong with the options stays wrong. */
static bool other_may_work(int err)
{
	return err == -ENOENT || err == -EACCES || err == -EIO ||
	       err == -EAGAIN;
}

int virtio_net_user_create(const struct virtio_host *host,
			   const struct virtio_net_user *user,
			   struct virtio_net_backend **be,
			   struct virtio_net_why *why)
{
	struct virtio_net_why passt;
	int err, slirp;

	err = virtio_net_passt_create(host, user, be, &passt);
	*why = passt;
	if (!err || !other_may_work(err))
		return err;
	slirp = virtio_net_slirp_create(host, user, be, why);
	if (slirp != -ELIBACC)
		return slirp;
	*why = passt;
	if (err == -ENOENT)
		snprintf(why->text, sizeof(why->text),
			 "no rootless network: install passt or libslirp0");
	return err;
}
