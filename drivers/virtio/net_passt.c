// SPDX-License-Identifier: GPL-2.0
/*
 * net_passt.c - network backend over a passt process of its own.
 *
 * Layer:   drivers/virtio, above the stream backend, which moves the frames.
 * Users:   tools/lkl/lib, through net_user.h.
 * Locking: none; everything here runs before the backend exists.
 *
 * DOC: How passt lives and ends
 *
 * Each device has a passt of its own, which gets one end of a socket pair (--fd), so
 * no name exists that anybody else could connect to. It ends when our end is closed,
 * which the host's kernel sees to even if we are killed: no signal at the parent's
 * death is needed, which would also strike when only the thread that made the
 * device ends. (A child of fork() that still holds the descriptor keeps passt
 * alive; it harms nobody.) A second descriptor is inherited for no other purpose than
 * to be closed with the last of passt's processes; who destroys the backend waits
 * for that, and may then forward the same ports again.
 *
 * passt forks into the background when it has bound its ports and is ready, after
 * which it has locked itself into namespaces and a seccomp filter; see child.c for
 * why that suits us.
 *
 * All addresses are given to it: by default it would copy those of the interface
 * with the default route, and refuse an IP version that has none. That is what a
 * machine without a network, or without IPv6, looks like, and still wants to talk to
 * itself. "The" interface, which it wants nevertheless, is one that has a link-local
 * IPv6 address, since it takes that as its own; if there is none, it does without
 * IPv6, and the loopback device is as good as any.
 *
 * What passt 0.0~git20230309 does for the guest: ARP and NDP for any address but the
 * guest's; DHCP gives @address, @gateway and @mtu; DHCPv6 gives @address6. UDP to port
 * 53 of @dns or @dns6 goes to the first name server of /etc/resolv.conf, of the
 * same IP version; TCP does not. Echo requests are answered if the host's
 * net.ipv4.ping_group_range lets the user send them. It connects to the guest for
 * the host's loopback from its own link-local IPv6 address, and then does not pass
 * on what UDP answers to that: forwarded UDP of IPv6 is one way from ::1. A guest that
 * has shut down its own direction of a connection is not told of the end of the
 * other (ncat waits for it; closing is no problem). Its frames have no
 * virtio-net header, so there are no offloads; instead the MTU is 65520.
 */
#include "drivers/virtio/net_user.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "drivers/virtio/child.h"
#include "drivers/virtio/net_stream.h"

#define PROGRAM		"passt"

/* As much as an ordinary user gets; the host takes what it may (net.core.wmem_max). */
#define SOCKET_BUFFER	(4 << 20)

#define ARGUMENTS_MAX	(40 + 2 * VIRTIO_NET_FORWARDS_MAX)
#define TEXT_MAX	(512 + 64 * VIRTIO_NET_FORWARDS_MAX)

/**
 * struct arguments - a command line in the making
 * @argv: it
 * @count: how many
 * @text: where those that had to be made are
 * @used: bytes of it
 */
struct arguments {
	const char *argv[ARGUMENTS_MAX];
	unsigned int count;
	char text[TEXT_MAX];
	size_t used;
};

static void add(struct arguments *args, const char *word)
{
	args->argv[args->count++] = word;
	args->argv[args->count] = NULL;
}

/* The sizes above hold whatever a struct virtio_net_user can make of it. */
static void __attribute__((format(printf, 2, 3)))
add_text(struct arguments *args, const char *format, ...)
{
	char *text = args->text + args->used;
	va_list list;

	va_start(list, format);
	args->used += vsnprintf(text, sizeof(args->text) - args->used, format,
				list) + 1;
	va_end(list);
	add(args, text);
}

static void add_address(struct arguments *args, const char *option, int family,
			const void *address)
{
	char text[INET6_ADDRSTRLEN];

	add(args, option);
	add_text(args, "%s", inet_ntop(family, address, text, sizeof(text)));
}

static void add_forward(struct arguments *args,
			const struct virtio_net_forward *forward)
{
	char text[INET6_ADDRSTRLEN] = "";

	if (forward->family != AF_UNSPEC)
		inet_ntop(forward->family, &forward->address, text,
			  sizeof(text));
	add(args, forward->udp ? "-u" : "-t");
	add_text(args, "%s%s%u:%u", text, *text ? "/" : "", forward->port,
		 forward->guest_port);
}

static void add_addresses(struct arguments *args,
			  const struct virtio_net_user *user)
{
	add_address(args, "-a", AF_INET, &user->address);
	add(args, "-n");
	add_text(args, "%u", user->prefix);
	add_address(args, "-g", AF_INET, &user->gateway);
	add_address(args, "--dns-forward", AF_INET, &user->dns);
	add_address(args, "-a", AF_INET6, &user->address6);
	add_address(args, "-g", AF_INET6, &user->gateway6);
	add_address(args, "--dns-forward", AF_INET6, &user->dns6);
}

static bool has_link_local(const struct ifaddrs *ifa)
{
	const struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)ifa->ifa_addr;

	return sin6 && sin6->sin6_family == AF_INET6 &&
	       (ifa->ifa_flags & IFF_UP) &&
	       IN6_IS_ADDR_LINKLOCAL(&sin6->sin6_addr);
}

static void add_interface(struct arguments *args)
{
	struct ifaddrs *all = NULL, *ifa;

	if (getifaddrs(&all))
		all = NULL;
	for (ifa = all; ifa && !has_link_local(ifa); ifa = ifa->ifa_next)
		;
	add(args, "-i");
	add_text(args, "%s", ifa ? ifa->ifa_name : "lo");
	freeifaddrs(all);
}

static void command_line(struct arguments *args,
			 const struct virtio_net_user *user)
{
	unsigned int i;

	args->count = 0;
	args->used = 0;
	add(args, PROGRAM);
	add(args, "-q");
	add(args, "-F");
	add_text(args, "%d", CHILD_FD);
	add_interface(args);
	add(args, "-M");
	add(args, "52:55:0a:00:02:02");
	add(args, "-m");
	add_text(args, "%u", user->mtu);
	add_addresses(args, user);
	if (!user->loopback)
		add(args, "--no-map-gw");
	for (i = 0; i < user->forward_count; i++)
		add_forward(args, &user->forwards[i]);
}

static int failed(int err, const char *words, struct virtio_net_why *why)
{
	if (err == -ENOENT)
		words = "not installed (package passt)";
	else if (err == -EIO && strstr(words, "Failed to bind"))
		err = -EADDRINUSE;
	else if (err != -EIO)
		words = strerror(-err);
	snprintf(why->text, sizeof(why->text), PROGRAM ": %s", words);
	return err;
}

static void buffers_enlarge(const int sockets[2])
{
	const int size = SOCKET_BUFFER;

	/* Less is only slower. */
	(void)setsockopt(sockets[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	(void)setsockopt(sockets[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

static int passt_start(const struct virtio_host *host,
		       const struct virtio_net_user *user, const int given[2],
		       char *words, size_t size)
{
	struct arguments *args = host->mem->alloc(sizeof(*args));
	int err;

	if (!args)
		return -ENOMEM;
	command_line(args, user);
	err = child_start(host, args->argv, given, 2, words, size);
	host->mem->free(args);
	return err;
}

/* Return: 0 and @stream's descriptors, or what child_start() returned. */
static int process_start(const struct virtio_host *host,
			 const struct virtio_net_user *user,
			 struct virtio_net_stream *stream,
			 struct virtio_net_why *why)
{
	int sockets[2], alive[2], given[2], err;
	char words[200] = "";

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets))
		return failed(-errno, words, why);
	if (pipe2(alive, O_CLOEXEC)) {
		err = -errno;
		goto err_sockets;
	}
	buffers_enlarge(sockets);
	given[0] = sockets[1];
	given[1] = alive[1];
	err = passt_start(host, user, given, words, sizeof(words));
	close(alive[1]);
	if (err)
		goto err_alive;
	close(sockets[1]);
	stream->fd = sockets[0];
	stream->alive = alive[0];
	return 0;

err_alive:
	close(alive[0]);
err_sockets:
	close(sockets[0]);
	close(sockets[1]);
	return failed(err, words, why);
}

/*
 * An address of our own, of those anybody may use (IEEE 802, locally administered):
 * passt has to be told it before it can pass on a connection from outside.
 */
static int mac_make(uint8_t mac[6])
{
	if (getrandom(mac, 6, GRND_NONBLOCK) != 6)
		return -EIO;
	mac[0] = (mac[0] & ~1) | 2;
	return 0;
}

int virtio_net_passt_create(const struct virtio_host *host,
			    const struct virtio_net_user *user,
			    struct virtio_net_backend **be,
			    struct virtio_net_why *why)
{
	struct virtio_net_stream stream = {
		.mtu = user->mtu,
		.announce = user->address,
		.mend_refusals = true,
	};
	int err;

	why->text[0] = '\0';
	err = mac_make(stream.mac);
	if (err)
		return failed(err, "", why);
	err = process_start(host, user, &stream, why);
	if (err)
		return err;
	err = virtio_net_stream_create(host, &stream, be);
	if (err) {
		virtio_net_stream_close(&stream);
		return failed(err, "", why);
	}
	return 0;
}
