/* SPDX-License-Identifier: GPL-2.0 */
/*
 * net_user.h - what the rootless network backends have in common.
 *
 * Layer:   drivers/virtio, above the backends.
 * Users:   tools/lkl/lib makes backends; net_passt.c and net_slirp.c are made so.
 *
 * DOC: The network of a rootless backend
 *
 * passt and slirp translate between the guest's frames and ordinary sockets of this
 * process's user. Both show the guest the same network, so that a static
 * configuration fits either:
 *
 *	10.0.2.15/24	fd00:6c6b:6c::15/64	the guest
 *	10.0.2.2	fd00:6c6b:6c::2		gateway; leads to the host's loopback
 *	10.0.2.3	fd00:6c6b:6c::3		DNS; leads to the host's resolver
 *
 * A connection to the gateway's address arrives at the host's 127.0.0.1 or ::1;
 * "loopback=no" forbids that. Every other address is reached from the host's own.
 * The addresses are also given out by DHCP (IPv4) and router advertisements (IPv6),
 * for those who prefer to ask.
 */
#ifndef LKL_VIRTIO_NET_USER_H
#define LKL_VIRTIO_NET_USER_H

#include <netinet/in.h>

#include "drivers/virtio/net.h"

#define VIRTIO_NET_FORWARDS_MAX	32

/**
 * struct virtio_net_forward - a port of the host that leads to the guest
 * @udp: of UDP, else of TCP
 * @family: AF_INET, AF_INET6, or AF_UNSPEC: every address of both
 * @address: the address it is bound to on the host, of @family
 * @port: its number there
 * @guest_port: and on the guest
 */
struct virtio_net_forward {
	bool udp;
	int family;
	union {
		struct in_addr in;
		struct in6_addr in6;
	} address;
	uint16_t port;
	uint16_t guest_port;
};

/**
 * struct virtio_net_user - the network a rootless backend shows the guest
 * @address: the guest's IPv4 address
 * @prefix: bits of its network
 * @gateway: the gateway's address there
 * @dns: the name server's address there
 * @address6: the guest's IPv6 address
 * @prefix6: bits of its network
 * @gateway6: the gateway's address there
 * @dns6: the name server's address there
 * @mtu: the link's MTU in bytes
 * @loopback: the gateway's addresses lead to the host's loopback
 * @forward_count: entries in @forwards
 * @forwards: ports of the host that lead to the guest
 */
struct virtio_net_user {
	struct in_addr address;
	unsigned int prefix;
	struct in_addr gateway;
	struct in_addr dns;
	struct in6_addr address6;
	unsigned int prefix6;
	struct in6_addr gateway6;
	struct in6_addr dns6;
	uint16_t mtu;
	bool loopback;
	unsigned int forward_count;
	struct virtio_net_forward forwards[VIRTIO_NET_FORWARDS_MAX];
};

/**
 * struct virtio_net_why - why a backend could not be made
 * @text: one line in English, without a full stop, empty if there is nothing to say
 */
struct virtio_net_why {
	char text[256];
};

/**
 * virtio_net_user_parse - read options
 * @options: "key=value,...", or NULL or "" for the defaults. Keys, of which tcp and
 *	udp may be repeated:
 *	tcp, udp = [ADDRESS/]PORT[:GUEST_PORT]; without an address, all of them
 *	ip, ip6 = ADDRESS/PREFIX
 *	gateway, gateway6, dns, dns6 = ADDRESS
 *	mtu = 1280..65520
 *	loopback = yes | no
 * @user: set to what they say
 * @why: says which part is wrong, if one is
 *
 * Context: any. Return: 0, -EINVAL, -E2BIG (too many forwards).
 */
int virtio_net_user_parse(const char *options, struct virtio_net_user *user,
			  struct virtio_net_why *why);

/**
 * virtio_net_passt_create - a backend over a passt process of its own
 * @host: surroundings; @mem and @watch are used
 * @user: the network to show
 * @be: set to the backend; give it to virtio_net_create() or destroy it
 * @why: says what is wrong, if something is
 *
 * Context: not on a vCPU. Blocks: until passt is ready (about 15 ms).
 * Return: 0, -ENOENT (passt is not installed), -EADDRINUSE (a port to be forwarded
 * cannot be had), -EIO (passt failed otherwise), -EOPNOTSUPP (@host has no watch),
 * -ENOMEM, -EMFILE, -EAGAIN (no process).
 */
int virtio_net_passt_create(const struct virtio_host *host,
			    const struct virtio_net_user *user,
			    struct virtio_net_backend **be,
			    struct virtio_net_why *why);

/**
 * virtio_net_slirp_create - a backend over libslirp, in this process
 * @host: surroundings; @mem and @watch are used
 * @user: the network to show
 * @be: set to the backend; give it to virtio_net_create() or destroy it
 * @why: says what is wrong, if something is
 *
 * Context: not on a vCPU. Blocks: no.
 * Return: 0, -ELIBACC (libslirp is not installed, or too old), -EADDRINUSE (a port
 * to be forwarded cannot be had), -EOPNOTSUPP (@host has no watch), -ENOMEM,
 * -EMFILE, -EINVAL (addresses that libslirp does not take).
 */
int virtio_net_slirp_create(const struct virtio_host *host,
			    const struct virtio_net_user *user,
			    struct virtio_net_backend **be,
			    struct virtio_net_why *why);

/**
 * virtio_net_user_create - the rootless backend that this machine has
 * @host: surroundings; @mem and @watch are used
 * @user: the network to show
 * @be: set to the backend; give it to virtio_net_create() or destroy it
 * @why: says what is wrong, if something is
 *
 * passt if it is installed and works here, else slirp.
 *
 * Context: not on a vCPU. Blocks: as virtio_net_passt_create().
 * Return: 0, -ENOENT (neither is installed), else as the two.
 */
int virtio_net_user_create(const struct virtio_host *host,
			   const struct virtio_net_user *user,
			   struct virtio_net_backend **be,
			   struct virtio_net_why *why);

#endif /* LKL_VIRTIO_NET_USER_H */
