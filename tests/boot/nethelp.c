// SPDX-License-Identifier: GPL-2.0
/*
 * nethelp.c - network devices and transfers, for the suites about them
 *
 * Layer:   tests/boot.
 */
#include "tests/boot/nethelp.h"

#include <net/if.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define PORT	7000
#define PIECE	50000

void end_start(struct net_end *end)
{
	end->kernel = lkl_kernel_new(&lkl_host_ops);
	cr_assert_not_null(end->kernel);
	check_call(lkl_kernel_start(end->kernel, "mem=64M loglevel=%s maxcpus=%d",
				    getenv("LKL_TEST_LOGLEVEL") ?: "0", boot_cpus()), 0);
	lkl_kernel_use(end->kernel);
}

void end_connect(struct net_end *end, struct lkl_netdev *nd, const char *ip)
{
	cr_assert_not_null(nd, "%s", lkl_netdev_error());
	end->nd = nd;
	end->id = (int)must(lkl_netdev_add(nd, NULL));
	end->ifindex = (int)must(lkl_netdev_get_ifindex(end->id));
	must(lkl_if_set_ipv4(end->ifindex, inet_addr(ip), 24));
	must(lkl_if_up(end->ifindex));
}

void end_stop(struct net_end *end)
{
	lkl_kernel_use(NULL);
	check_call(lkl_kernel_halt(end->kernel), 0);
	lkl_kernel_free(end->kernel);
	lkl_netdev_free(end->nd);
}

void ends_start(struct net_end ends[2])
{
	static const char *const ips[] = { "10.1.1.1", "10.1.1.2" };
	int fds[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	for (int i = 1; i >= 0; i--) {
		end_start(&ends[i]);
		end_connect(&ends[i],
			    lkl_netdev_socket_create(fds[i], LKL_NETDEV_OFFLOAD_ALL),
			    ips[i]);
		close(fds[i]);
	}
}

void ends_stop(struct net_end ends[2])
{
	end_stop(&ends[0]);
	end_stop(&ends[1]);
}

struct sockaddr_in address(const char *ip, int port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = inet_addr(ip),
	};
}

unsigned char pattern(uint64_t i)
{
	i = (i + 1) * 0x9e3779b97f4a7c15ULL;
	return (unsigned char)(i >> 56 ^ i >> 24);
}

/* One direction of a connection. */
struct stream {
	struct lkl_kernel *kernel;
	int fd;
	uint64_t bytes;
};

static void *stream_send(void *arg)
{
	struct stream *s = arg;
	unsigned char *buf = malloc(PIECE);
	uint64_t at = 0;
	long n;

	lkl_kernel_use(s->kernel);
	while (at < s->bytes) {
		long len = s->bytes - at < PIECE ? (long)(s->bytes - at) : PIECE;

		for (long i = 0; i < len; i++)
			buf[i] = pattern(at + (uint64_t)i);
		n = must(lkl_sys_write((unsigned int)s->fd, (char *)buf, (size_t)len));
		at += (uint64_t)n;
	}
	must(lkl_sys_shutdown(s->fd, SHUT_WR));
	free(buf);
	lkl_kernel_use(NULL);
	return NULL;
}

static void stream_receive(struct stream *s)
{
	unsigned char *buf = malloc(PIECE);
	uint64_t at = 0;
	long n;

	while ((n = must(lkl_sys_read((unsigned int)s->fd, (char *)buf, PIECE))) > 0)
		for (long i = 0; i < n; i++, at++)
			cr_assert_eq(buf[i], pattern(at), "byte %lu", (unsigned long)at);
	cr_assert_eq(at, s->bytes);
	free(buf);
}

/* Both directions of one end, the calling thread receiving. */
static void end_talk(struct lkl_kernel *kernel, int fd, uint64_t bytes)
{
	struct stream s = { kernel, fd, bytes };
	pthread_t sender = thread_start(stream_send, &s);

	stream_receive(&s);
	thread_join(sender);
	must(lkl_sys_close((unsigned int)fd));
}

struct server {
	struct net_end *end;
	int family;
	int listener;
	uint64_t bytes;
};

static void *server_main(void *arg)
{
	struct server *server = arg;

	lkl_kernel_use(server->end->kernel);
	end_talk(server->end->kernel,
		 (int)must(lkl_sys_accept(server->listener, NULL, NULL)), server->bytes);
	must(lkl_sys_close((unsigned int)server->listener));
	lkl_kernel_use(NULL);
	return NULL;
}

static int server_listen(int family)
{
	struct sockaddr_in6 any = { .sin6_family = (sa_family_t)family,
				    .sin6_port = htons(PORT) };
	int one = 1, fd = (int)must(lkl_sys_socket(family, SOCK_STREAM, 0));

	must(lkl_sys_setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, (char *)&one, sizeof(one)));
	must(lkl_sys_bind(fd, (struct sockaddr *)&any, sizeof(any)));
	must(lkl_sys_listen(fd, 1));
	return fd;
}

void transfer_check(struct net_end *from, struct net_end *to, const char *ip,
		    uint64_t bytes)
{
	struct server server = { to, ip ? AF_INET : AF_INET6, -1, bytes };
	struct sockaddr_in6 addr6 = { .sin6_family = AF_INET6, .sin6_port = htons(PORT) };
	struct sockaddr_in addr = address(ip ? ip : "0.0.0.0", PORT);
	pthread_t thread;
	int fd;

	inet_pton(AF_INET6, "fd00::2", &addr6.sin6_addr);
	lkl_kernel_use(to->kernel);
	server.listener = server_listen(server.family);
	thread = thread_start(server_main, &server);
	lkl_kernel_use(from->kernel);
	fd = (int)must(lkl_sys_socket(server.family, SOCK_STREAM, 0));
	if (ip)
		must(lkl_sys_connect(fd, (struct sockaddr *)&addr, sizeof(addr)));
	else
		must(lkl_sys_connect(fd, (struct sockaddr *)&addr6, sizeof(addr6)));
	end_talk(from->kernel, fd, bytes);
	thread_join(thread);
}

long interface_number(int ifindex, const char *file)
{
	struct ifreq ifr = { .ifr_ifindex = ifindex };
	int fd = (int)must(lkl_sys_socket(AF_INET, SOCK_DGRAM, 0));
	char path[100], text[32];
	long n;

	must(lkl_sys_ioctl((unsigned int)fd, SIOCGIFNAME, (long)&ifr));
	must(lkl_sys_close((unsigned int)fd));
	must(lkl_mount_fs("sysfs"));
	snprintf(path, sizeof(path), "/sysfs/class/net/%s/%s", ifr.ifr_name, file);
	n = read_file(path, text, sizeof(text));
	return n < 0 ? n : strtol(text, NULL, 0);
}
