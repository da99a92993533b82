// SPDX-License-Identifier: GPL-2.0
/*
 * net_rootless.c - a kernel on passt and on slirp, talking to this machine
 *
 * Layer:   tests/boot.
 *
 * The host's side of each connection is at 127.0.0.1 or ::1, which the kernel
 * reaches as its gateway, so nothing leaves the machine.
 */
#include "tests/boot/boot.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>

/* A way to make a device. */
struct kind {
	struct lkl_netdev *(*create)(const char *options);
	bool udp6_answers;	/* for a forwarded port, to ::1 */
};

static const struct kind passt = { lkl_netdev_passt_create, false };
static const struct kind slirp = { lkl_netdev_slirp_create, true };

/* One test for each. */
#define BOTH(test)							\
	Test(net_rootless, test##_passt) { test(&passt); }		\
	Test(net_rootless, test##_slirp) { test(&slirp); }

static struct lkl_netdev *netdev;
static int netdev_id;

static union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
} host4, host6, gateway4, gateway6, all4, all6;

static socklen_t size_of(const union address *address)
{
	return address->any.sa_family == AF_INET ? sizeof(address->in) :
						   sizeof(address->in6);
}

static union address address_of(const char *text)
{
	union address address = { .any.sa_family = AF_INET };

	if (inet_pton(AF_INET, text, &address.in.sin_addr) == 1)
		return address;
	address.any.sa_family = AF_INET6;
	cr_assert_eq(inet_pton(AF_INET6, text, &address.in6.sin6_addr), 1);
	return address;
}

static union address with_port(union address address, unsigned int port)
{
	/* The port is at the same place in both. */
	address.in.sin_port = htons(port);
	return address;
}

static void addresses_init(void)
{
	host4 = address_of("127.0.0.1");
	host6 = address_of("::1");
	gateway4 = address_of(LKL_NETDEV_USER_GATEWAY);
	gateway6 = address_of(LKL_NETDEV_USER_GATEWAY6);
	all4 = address_of("0.0.0.0");
	all6 = address_of("::");
}

/* The static configuration that fits either. */
static void configure(void)
{
	union address ip = address_of(LKL_NETDEV_USER_IP);
	union address ip6 = address_of(LKL_NETDEV_USER_IP6);
	long index = must(lkl_netdev_get_ifindex(netdev_id));

	/* Nobody else has our addresses; looking takes more than a second. */
	must(lkl_sysctl("net.ipv6.conf.eth0.accept_dad", "0"));
	/* With a second address, UDP may answer from the wrong one. */
	must(lkl_sysctl("net.ipv6.conf.eth0.accept_ra", "0"));
	must(lkl_if_up((int)index));
	must(lkl_if_set_ipv4((int)index, ip.in.sin_addr.s_addr,
			     LKL_NETDEV_USER_NETMASK_LEN));
	must(lkl_set_ipv4_gateway(gateway4.in.sin_addr.s_addr));
	must(lkl_if_set_ipv6((int)index, &ip6.in6.sin6_addr,
			     LKL_NETDEV_USER_NETMASK6_LEN));
	must(lkl_set_ipv6_gateway(&gateway6.in6.sin6_addr));
}

static void begin(const struct kind *kind, const char *options)
{
	addresses_init();
	boot_kernel();
	netdev = kind->create(options);
	cr_assert_not_null(netdev, "%s", lkl_netdev_error());
	netdev_id = lkl_netdev_add(netdev, NULL);
	if (netdev_id == -ENOENT || netdev_id == -ELIBACC)
		cr_skip_test("%s", lkl_netdev_error());
	cr_assert_geq(netdev_id, 0, "%s", lkl_netdev_error());
	configure();
}

static void end(void)
{
	lkl_netdev_remove(netdev_id);
	lkl_netdev_free(netdev);
	halt_kernel();
}

/* Sockets on the host */

static int host_socket(int type, const union address *address,
		       unsigned int *port)
{
	union address bound = *address;
	socklen_t len = sizeof(bound);
	int fd = socket(bound.any.sa_family, type | SOCK_CLOEXEC, 0);

	cr_assert_geq(fd, 0);
	cr_assert_eq(bind(fd, &bound.any, size_of(&bound)), 0);
	cr_assert_eq(getsockname(fd, &bound.any, &len), 0);
	*port = ntohs(bound.in.sin_port);
	if (type == SOCK_STREAM)
		cr_assert_eq(listen(fd, 10), 0);
	return fd;
}

/* A port nobody has just now. */
static unsigned int free_port(int type, const union address *address)
{
	unsigned int port;

	close(host_socket(type, address, &port));
	return port;
}

/* Give back what comes in, until the other side closes. */
static void *host_echo(void *arg)
{
	int fd = accept(*(int *)arg, NULL, NULL);
	static char buf[65536];
	ssize_t n, done, m;

	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		for (done = 0; done < n; done += m) {
			m = write(fd, buf + done, n - done);
			cr_assert_gt(m, 0);
		}
	}
	close(fd);
	return NULL;
}

static void *guest_echo(void *arg)
{
	long fd = must(lkl_sys_accept(*(int *)arg, NULL, NULL)), n;
	static char buf[65536];

	while ((n = lkl_sys_read(fd, buf, sizeof(buf))) > 0) {
		long done = 0;

		while (done < n)
			done += must(lkl_sys_write(fd, buf + done, n - done));
	}
	must(lkl_sys_close(fd));
	return NULL;
}

/* A stream through an echo, of the host's or the kernel's calls. */

#define STREAM_BYTES	(4 << 20)
#define STREAM_WINDOW	(256 << 10)

struct side {
	long (*write)(long fd, const void *buf, size_t len);
	long (*read)(long fd, void *buf, size_t len);
};

static long host_write(long fd, const void *buf, size_t len)
{
	return write((int)fd, buf, len);
}

static long host_read(long fd, void *buf, size_t len)
{
	return read((int)fd, buf, len);
}

static long guest_write(long fd, const void *buf, size_t len)
{
	return lkl_sys_write((unsigned int)fd, buf, len);
}

static long guest_read(long fd, void *buf, size_t len)
{
	return lkl_sys_read((unsigned int)fd, buf, len);
}

static const struct side on_host = { host_write, host_read };
static const struct side in_guest = { guest_write, guest_read };

static unsigned char pattern(size_t at)
{
	return at * 13 + at / 4093;
}

/* Never more than a window under way, so that no buffer has to hold all of it. */
static void stream_check(const struct side *side, long fd)
{
	static unsigned char out[STREAM_WINDOW], in[STREAM_WINDOW];
	size_t at, i, done;

	for (at = 0; at < STREAM_BYTES; at += STREAM_WINDOW) {
		for (i = 0; i < STREAM_WINDOW; i++)
			out[i] = pattern(at + i);
		for (done = 0; done < STREAM_WINDOW;)
			done += must(side->write(fd, out + done,
						 STREAM_WINDOW - done));
		for (done = 0; done < STREAM_WINDOW;) {
			long n = must(side->read(fd, in + done,
						 STREAM_WINDOW - done));

			cr_assert_gt(n, 0, "the stream ended early");
			done += n;
		}
		cr_assert_arr_eq(in, out, STREAM_WINDOW);
	}
}

/* TCP from the kernel to the host: every byte goes there and comes back. */
static void tcp_out_to(const union address *host, const union address *gateway)
{
	unsigned int port;
	int listener = host_socket(SOCK_STREAM, host, &port);
	pthread_t echo = thread_start(host_echo, &listener);
	union address to = with_port(*gateway, port);
	long fd = must(lkl_sys_socket(to.any.sa_family, SOCK_STREAM, 0));

	must(lkl_sys_connect(fd, &to.any, size_of(&to)));
	stream_check(&in_guest, fd);
	must(lkl_sys_close(fd));
	thread_join(echo);
	close(listener);
}

static void tcp_out(const struct kind *kind)
{
	begin(kind, "");
	tcp_out_to(&host4, &gateway4);
	tcp_out_to(&host6, &gateway6);
	end();
}
BOTH(tcp_out)

/* TCP from the host to the kernel, by a forwarded port. */
static void tcp_in_to(const union address *host, const union address *all,
		      unsigned int port, unsigned int guest_port)
{
	union address at = with_port(*all, guest_port), to = with_port(*host, port);
	int listener = (int)must(lkl_sys_socket(at.any.sa_family, SOCK_STREAM, 0));
	int fd = socket(to.any.sa_family, SOCK_STREAM, 0);
	pthread_t echo;

	must(lkl_sys_bind(listener, &at.any, (int)size_of(&at)));
	must(lkl_sys_listen(listener, 10));
	echo = thread_start(guest_echo, &listener);
	cr_assert_eq(connect(fd, &to.any, size_of(&to)), 0, "%s", strerror(errno));
	stream_check(&on_host, fd);
	close(fd);
	thread_join(echo);
	must(lkl_sys_close(listener));
}

static void tcp_in(const struct kind *kind)
{
	unsigned int port4, port6;
	char options[80];

	addresses_init();
	port4 = free_port(SOCK_STREAM, &host4);
	port6 = free_port(SOCK_STREAM, &host6);
	snprintf(options, sizeof(options), "tcp=127.0.0.1/%u:80,tcp=::1/%u:81",
		 port4, port6);
	begin(kind, options);
	tcp_in_to(&host4, &all4, port4, 80);
	tcp_in_to(&host6, &all6, port6, 81);
	end();
}
BOTH(tcp_in)

#define DATAGRAM	9000

static void wait_readable(int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };

	cr_assert_eq(poll(&pollfd, 1, PATIENCE_MS), 1, "nothing arrived");
}

static bool guest_readable(long fd, int timeout_ms)
{
	struct pollfd pollfd = { .fd = (int)fd, .events = POLLIN };

	return must(lkl_sys_poll(&pollfd, 1, timeout_ms)) == 1;
}

/* UDP from the kernel to the host and back. */
static void udp_out_to(const union address *host, const union address *gateway)
{
	unsigned char out[DATAGRAM], in[DATAGRAM + 1];
	union address to, from;
	socklen_t len = sizeof(from);
	unsigned int port, i;
	int fd = host_socket(SOCK_DGRAM, host, &port);
	long guest;

	for (i = 0; i < DATAGRAM; i++)
		out[i] = pattern(i);
	to = with_port(*gateway, port);
	guest = must(lkl_sys_socket(to.any.sa_family, SOCK_DGRAM, 0));
	check_call(lkl_sys_sendto(guest, out, DATAGRAM, 0, &to.any,
				  (int)size_of(&to)), DATAGRAM);
	wait_readable(fd);
	cr_assert_eq(recvfrom(fd, in, sizeof(in), 0, &from.any, &len), DATAGRAM);
	cr_expect_arr_eq(in, out, DATAGRAM);
	cr_assert_eq(sendto(fd, "answer", 6, 0, &from.any, len), 6);
	cr_assert(guest_readable(guest, PATIENCE_MS));
	check_call(lkl_sys_recvfrom(guest, in, sizeof(in), 0, NULL, NULL), 6);
	cr_expect_arr_eq(in, "answer", 6);
	must(lkl_sys_close(guest));
	close(fd);
}

static void udp_out(const struct kind *kind)
{
	begin(kind, "");
	udp_out_to(&host4, &gateway4);
	udp_out_to(&host6, &gateway6);
	end();
}
BOTH(udp_out)

/* UDP from the host to the kernel, by a forwarded port, and back. */
static void udp_in_to(const union address *host, const union address *all,
		      unsigned int port, bool answers)
{
	union address at = with_port(*all, 7), to = with_port(*host, port), from;
	int fd = socket(to.any.sa_family, SOCK_DGRAM, 0), len = sizeof(from);
	long guest = must(lkl_sys_socket(at.any.sa_family, SOCK_DGRAM, 0));
	char buf[100];

	must(lkl_sys_bind(guest, &at.any, (int)size_of(&at)));
	cr_assert_eq(connect(fd, &to.any, size_of(&to)), 0);
	/* Until the neighbours know each other, datagrams may be lost. */
	cr_assert(eventually(send(fd, "question", 8, 0) == 8 &&
			     guest_readable(guest, 200)));
	check_call(lkl_sys_recvfrom(guest, buf, sizeof(buf), 0, &from.any, &len), 8);
	cr_expect_arr_eq(buf, "question", 8);
	check_call(lkl_sys_sendto(guest, "answer", 6, 0, &from.any, len), 6);
	if (answers) {
		wait_readable(fd);
		cr_assert_eq(recv(fd, buf, sizeof(buf), 0), 6);
	}
	close(fd);
	must(lkl_sys_close(guest));
}

static void udp_in(const struct kind *kind)
{
	unsigned int port;
	char options[80];

	addresses_init();
	port = free_port(SOCK_DGRAM, &host4);
	snprintf(options, sizeof(options), "udp=127.0.0.1/%u:7", port);
	begin(kind, options);
	udp_in_to(&host4, &all4, port, true);
	end();
}
BOTH(udp_in)

static void udp_in6(const struct kind *kind)
{
	unsigned int port;
	char options[80];

	addresses_init();
	port = free_port(SOCK_DGRAM, &host6);
	snprintf(options, sizeof(options), "udp=::1/%u:7", port);
	begin(kind, options);
	udp_in_to(&host6, &all6, port, kind->udp6_answers);
	end();
}
BOTH(udp_in6)

/* Where nobody listens, the connection is refused. */
static void refused(const struct kind *kind)
{
	union address to;
	long fd;

	begin(kind, "");
	to = with_port(gateway4, free_port(SOCK_STREAM, &host4));
	fd = must(lkl_sys_socket(AF_INET, SOCK_STREAM, 0));
	check_call(lkl_sys_connect(fd, &to.any, size_of(&to)), -ECONNREFUSED);
	to = with_port(gateway6, free_port(SOCK_STREAM, &host6));
	fd = must(lkl_sys_socket(AF_INET6, SOCK_STREAM, 0));
	check_call(lkl_sys_connect(fd, &to.any, size_of(&to)), -ECONNREFUSED);
	end();
}
BOTH(refused)

/* Boot, halt, boot: the device is there again, and nothing of the host is lost. */
static void again(const struct kind *kind)
{
	int files = 0, threads = 0, i;

	addresses_init();
	netdev = kind->create("");
	cr_assert_not_null(netdev);
	for (i = 0; i < 3; i++) {
		int err;

		netdev_id = (int)must(lkl_netdev_add(netdev, NULL));
		err = lkl_start_kernel("mem=64M loglevel=4");
		if (err == -ENOENT || err == -ELIBACC)
			cr_skip_test("%s", lkl_netdev_error());
		check_call(err, 0);
		configure();
		tcp_out_to(&host4, &gateway4);
		halt_kernel();
		if (!i) {
			files = host_files();
			threads = host_threads();
		}
	}
	cr_expect_eq(host_files(), files);
	cr_expect_eq(host_threads(), threads);
	lkl_netdev_free(netdev);
}
BOTH(again)

/* Removed with a connection open and data under way; added again, it works. */
static void removed_in_use(const struct kind *kind)
{
	static char data[100000];
	unsigned int port;
	union address to;
	int listener;
	long fd;

	begin(kind, "");
	listener = host_socket(SOCK_STREAM, &host4, &port);
	to = with_port(gateway4, port);
	fd = must(lkl_sys_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
	lkl_sys_connect(fd, &to.any, size_of(&to));
	cr_assert_geq(accept(listener, NULL, NULL), 0);
	cr_assert(eventually(lkl_sys_write(fd, data, sizeof(data)) > 0));
	lkl_netdev_remove(netdev_id);
	netdev_id = lkl_netdev_add(netdev, NULL);
	cr_assert_geq(netdev_id, 0, "%s", lkl_netdev_error());
	configure();
	tcp_out_to(&host4, &gateway4);
	must(lkl_sys_close(fd));
	end();
}
BOTH(removed_in_use)

/* Wrong options are refused at once, and the words say which. */
Test(net_rootless, wrong_options)
{
	cr_expect_null(lkl_netdev_user_create("tcp=80,udp=no"));
	cr_expect(strstr(lkl_netdev_error(), "udp=no"), "%s", lkl_netdev_error());
	cr_expect_null(lkl_netdev_passt_create("mtu=1"));
	cr_expect(strstr(lkl_netdev_error(), "mtu=1"), "%s", lkl_netdev_error());
	cr_expect_null(lkl_netdev_vde_create(""));
}

/* A port in use is an error of adding the device, which leaves no trace. */
static void port_in_use(const struct kind *kind)
{
	unsigned int port;
	char options[64];
	int fd, files;

	addresses_init();
	boot_kernel();
	fd = host_socket(SOCK_STREAM, &host4, &port);
	snprintf(options, sizeof(options), "tcp=127.0.0.1/%u:80", port);
	netdev = kind->create(options);
	files = host_files();
	netdev_id = lkl_netdev_add(netdev, NULL);
	if (netdev_id == -ENOENT || netdev_id == -ELIBACC)
		cr_skip_test("%s", lkl_netdev_error());
	check_call(netdev_id, -EADDRINUSE);
	snprintf(options, sizeof(options), "%u", port);
	cr_expect(strstr(lkl_netdev_error(), options), "%s", lkl_netdev_error());
	cr_expect_eq(host_files(), files);
	lkl_netdev_free(netdev);
	close(fd);
	halt_kernel();
}
BOTH(port_in_use)

/* Without either there are words that say what to install. */
Test(net_rootless, neither_works)
{
	boot_kernel();
	setenv("PATH", "/nonexistent", 1);
	netdev = lkl_netdev_passt_create(NULL);
	check_call(lkl_netdev_add(netdev, NULL), -ENOENT);
	cr_expect(strstr(lkl_netdev_error(), "package passt"), "%s",
		  lkl_netdev_error());
	lkl_netdev_free(netdev);
	halt_kernel();
}

/* passt is not needed: the default is slirp then, and it works. */
Test(net_rootless, default_without_passt)
{
	static const struct kind user = { lkl_netdev_user_create, true };

	setenv("PATH", "/nonexistent", 1);
	begin(&user, "");
	tcp_out_to(&host4, &gateway4);
	end();
}

/* The word @word is an argument of process @name. */
static bool process_has(const char *name, const char *word)
{
	char path[300], line[4096];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/cmdline", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	len = read(fd, line, sizeof(line));
	close(fd);
	return len > 0 && memmem(line, len, word, strlen(word) + 1);
}

static pid_t process_with(const char *word)
{
	struct dirent *entry;
	pid_t pid = 0;
	DIR *dir = opendir("/proc");

	while ((entry = readdir(dir)))
		if (atoi(entry->d_name) && process_has(entry->d_name, word))
			pid = atoi(entry->d_name);
	closedir(dir);
	return pid;
}

/* passt is killed: connections end, none can be made, the program lives. */
Test(net_rootless, passt_killed)
{
	unsigned int port;
	char options[64], buf[10];
	union address to;
	int listener;
	pid_t pid;
	long fd;

	addresses_init();
	snprintf(options, sizeof(options), "tcp=127.0.0.1/%u:80",
		 free_port(SOCK_STREAM, &host4));
	begin(&passt, options);
	listener = host_socket(SOCK_STREAM, &host4, &port);
	to = with_port(gateway4, port);
	fd = must(lkl_sys_socket(AF_INET, SOCK_STREAM, 0));
	must(lkl_sys_connect(fd, &to.any, size_of(&to)));
	pid = process_with(strchr(options, '=') + 1);
	cr_assert_gt(pid, 0);
	cr_assert_eq(kill(pid, SIGKILL), 0);
	check_call(lkl_sys_read(fd, buf, sizeof(buf)), -ECONNABORTED);
	fd = must(lkl_sys_socket(AF_INET, SOCK_STREAM, 0));
	check_call(lkl_sys_connect(fd, &to.any, size_of(&to)), -ENETUNREACH);
	close(listener);
	lkl_netdev_remove(netdev_id);
	/* A new device has a new passt. */
	netdev_id = lkl_netdev_add(netdev, NULL);
	cr_assert_geq(netdev_id, 0, "%s", lkl_netdev_error());
	configure();
	tcp_out_to(&host4, &gateway4);
	end();
}
