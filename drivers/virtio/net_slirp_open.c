// SPDX-License-Identifier: GPL-2.0
/*
 * net_slirp_open.c - making a slirp backend: the network it shows, forwarded ports.
 *
 * Layer:   drivers/virtio, part of the slirp backend.
 * Users:   tools/lkl/lib, by net_user.h.
 * Locking: none; everything here runs before the backend exists.
 */
#include "drivers/virtio/net_slirp.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

/* At the beginning; more are allocated as they are needed. */
#define POLL_MIN	64

static struct in_addr network_of(const struct virtio_net_user *user,
				 struct in_addr *mask)
{
	mask->s_addr = htonl(UINT32_MAX << (32 - user->prefix));
	return (struct in_addr){ user->address.s_addr & mask->s_addr };
}

static struct in6_addr network6_of(const struct virtio_net_user *user)
{
	struct in6_addr network = user->address6;
	unsigned int bit;

	for (bit = user->prefix6; bit < 128; bit++)
		network.s6_addr[bit / 8] &= ~(0x80 >> bit % 8);
	return network;
}

static bool config_fill(SlirpConfig *config, const struct virtio_net_user *user)
{
	memset(config, 0, sizeof(*config));
	config->version = 1;
	config->in_enabled = true;
	config->vnetwork = network_of(user, &config->vnetmask);
	config->vhost = user->gateway;
	config->vnameserver = user->dns;
	config->vdhcp_start = user->address;
	config->in6_enabled = true;
	config->vprefix_addr6 = network6_of(user);
	config->vprefix_len = user->prefix6;
	config->vhost6 = user->gateway6;
	config->vnameserver6 = user->dns6;
	config->if_mtu = user->mtu;
	config->if_mru = user->mtu;
	config->disable_host_loopback = !user->loopback;
	/* Its own answers come from these, so they have to be neighbours. */
	return !((user->gateway.s_addr ^ config->vnetwork.s_addr) &
		 config->vnetmask.s_addr) &&
	       !((user->dns.s_addr ^ config->vnetwork.s_addr) &
		 config->vnetmask.s_addr);
}

static void address_fill(struct sockaddr_storage *to, int family,
			 const void *address, uint16_t port)
{
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)to;
	struct sockaddr_in *sin = (struct sockaddr_in *)to;

	memset(to, 0, sizeof(*to));
	to->ss_family = family;
	if (family == AF_INET) {
		sin->sin_port = htons(port);
		memcpy(&sin->sin_addr, address, sizeof(sin->sin_addr));
	} else {
		sin6->sin6_port = htons(port);
		memcpy(&sin6->sin6_addr, address, sizeof(sin6->sin6_addr));
	}
}

static socklen_t address_size(int family)
{
	return family == AF_INET ? sizeof(struct sockaddr_in) :
				   sizeof(struct sockaddr_in6);
}

static int forward_family(struct user_net *net, int family, const void *address,
			  const struct virtio_net_forward *forward,
			  const struct virtio_net_user *user)
{
	struct sockaddr_storage at, guest;
	int flags = forward->udp ? SLIRP_HOSTFWD_UDP : 0;
	socklen_t len = address_size(family);

	if (family == AF_INET6)
		flags |= SLIRP_HOSTFWD_V6ONLY;
	address_fill(&at, family, address, forward->port);
	address_fill(&guest, family, family == AF_INET ?
		     (const void *)&user->address : &user->address6,
		     forward->guest_port);
	errno = EADDRINUSE;
	if (net->api->add_hostxfwd(net->slirp, (const struct sockaddr *)&at,
				   len, (const struct sockaddr *)&guest, len,
				   flags) < 0)
		return -errno;
	return 0;
}

/* A host without IPv6 has no such addresses to forward. */
static int forward_any(struct user_net *net,
		       const struct virtio_net_forward *forward,
		       const struct virtio_net_user *user)
{
	const struct in_addr any = { INADDR_ANY };
	int err = forward_family(net, AF_INET, &any, forward, user);

	if (err)
		return err;
	err = forward_family(net, AF_INET6, &in6addr_any, forward, user);
	return err == -EAFNOSUPPORT || err == -EADDRNOTAVAIL ? 0 : err;
}

static int forward_add(struct user_net *net,
		       const struct virtio_net_forward *forward,
		       const struct virtio_net_user *user)
{
	if (forward->family == AF_UNSPEC)
		return forward_any(net, forward, user);
	return forward_family(net, forward->family, &forward->address, forward,
			      user);
}

static int forwards_add(struct user_net *net,
			const struct virtio_net_user *user,
			struct virtio_net_why *why)
{
	unsigned int i;
	int err;

	for (i = 0; i < user->forward_count; i++) {
		err = forward_add(net, &user->forwards[i], user);
		if (err) {
			snprintf(why->text, sizeof(why->text),
				 "slirp: cannot forward %s port %u: %s",
				 user->forwards[i].udp ? "UDP" : "TCP",
				 user->forwards[i].port, strerror(-err));
			return err;
		}
	}
	return 0;
}

static int user_alloc(struct user_net *net)
{
	const struct lkl_mem_ops *mem = net->host.mem;

	net->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (net->event < 0)
		return -errno;
	net->tx.size = SLIRP_TX_SIZE;
	net->rx.size = SLIRP_RX_SIZE;
	net->tx.data = mem->alloc(SLIRP_TX_SIZE);
	net->rx.data = mem->alloc(SLIRP_RX_SIZE);
	if (!net->tx.data || !net->rx.data || !slirp_fds_grow(net, POLL_MIN))
		return -ENOMEM;
	return 0;
}

static int user_begin(struct user_net *net, const struct virtio_net_user *user,
		      struct virtio_net_why *why)
{
	SlirpConfig config;
	int err = user_alloc(net);

	if (err)
		return err;
	if (!config_fill(&config, user)) {
		snprintf(why->text, sizeof(why->text),
			 "slirp: gateway and dns must be in the guest's network");
		return -EINVAL;
	}
	net->slirp = net->api->new(&config, &slirp_callbacks, net);
	if (!net->slirp)
		return -EINVAL;
	err = forwards_add(net, user, why);
	if (err)
		return err;
	return net->host.thread->create(slirp_thread, net, "slirp",
					&net->thread);
}

static int failed(int err, struct virtio_net_why *why)
{
	if (!why->text[0])
		snprintf(why->text, sizeof(why->text), "slirp: %s",
			 err == -ELIBACC ? "not installed (package libslirp0)" :
			 strerror(-err));
	return err;
}

int virtio_net_slirp_create(const struct virtio_host *host,
			    const struct virtio_net_user *user,
			    struct virtio_net_backend **be,
			    struct virtio_net_why *why)
{
	const struct slirp_api *api;
	struct user_net *net;
	int err;

	why->text[0] = '\0';
	err = slirp_api_load(&api);
	if (err)
		return failed(err, why);
	net = host->mem->alloc(sizeof(*net));
	if (!net)
		return failed(-ENOMEM, why);
	net->host = *host;
	net->api = api;
	net->event = -1;
	net->be.ops = &slirp_ops;
	net->be.pairs = 1;
	net->be.mtu = user->mtu;
	net->be.link_up = true;
	err = user_begin(net, user, why);
	if (err) {
		slirp_free(net);
		return failed(err, why);
	}
	*be = &net->be;
	return 0;
}
