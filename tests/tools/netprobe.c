// SPDX-License-Identifier: GPL-2.0
/*
 * netprobe.c - what sockets of 127.0.0.1 do, line by line
 *
 * Layer:   tests/tools. Linked statically. hijack_trap.sh runs it on the host and
 *          under the hijack and compares the lines, so it prints what happened, not
 *          what should; nothing that differs from run to run.
 *
 * netprobe [NAME...]: all probes, or those named; netprobe -x FD: see exec_child().
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARRAY(a)	(sizeof(a) / sizeof((a)[0]))
#define PATIENCE	10000	/* ms: longer than anything here takes */

static const char *probe;

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *format, ...)
{
	va_list args;

	printf("%s: ", probe);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

/* The name of what a call returned: "-ECONNREFUSED", or the number. */
static const char *result(long ret)
{
	static __thread char text[8][32];
	static __thread unsigned int next;
	char *t = text[next++ % 8];

	if (ret < 0)
		snprintf(t, 32, "-%s", strerrorname_np(errno));
	else
		snprintf(t, 32, "%ld", ret);
	return t;
}

static struct sockaddr_in local(int port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

static int port_of(int fd)
{
	struct sockaddr_in a;
	socklen_t len = sizeof(a);

	return getsockname(fd, (struct sockaddr *)&a, &len) ? -1 : ntohs(a.sin_port);
}

static int bound(int type)
{
	struct sockaddr_in a = local(0);
	int fd = socket(AF_INET, type, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)))
		say("bind %s", result(-1));
	return fd;
}

static int listener(int flags, int backlog)
{
	int fd = bound(SOCK_STREAM | flags);

	if (listen(fd, backlog))
		say("listen %s", result(-1));
	return fd;
}

static int join(int fd, int port)
{
	struct sockaddr_in a = local(port);

	return connect(fd, (struct sockaddr *)&a, sizeof(a));
}

static int client(int port)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (join(fd, port))
		say("connect %s", result(-1));
	return fd;
}

/* Two ends of a connection. */
static void pair(int ends[2])
{
	int l = listener(0, 5);

	ends[0] = client(port_of(l));
	ends[1] = accept(l, NULL, NULL);
	close(l);
}

static void close_pair(int ends[2])
{
	close(ends[0]);
	close(ends[1]);
}

static int wait_for(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };
	int n = poll(&p, 1, PATIENCE);

	return n == 1 ? p.revents : -1;
}

static size_t read_all(int fd, char *buf, size_t len)
{
	size_t have = 0;
	ssize_t n;

	while (have < len && (n = read(fd, buf + have, len - have)) > 0)
		have += (size_t)n;
	return have;
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static pthread_t start(void *(*fn)(void *), void *arg)
{
	pthread_t t;

	pthread_create(&t, NULL, fn, arg);
	return t;
}

/* ---- streams ---- */

#define BULK	(3 << 20)
static char bulk[BULK], bulk2[BULK];

static void *write_bulk(void *arg)
{
	int fd = *(int *)arg;
	size_t done = 0;
	ssize_t n;

	while (done < BULK && (n = write(fd, bulk + done, BULK - done)) > 0)
		done += (size_t)n;
	shutdown(fd, SHUT_WR);
	return NULL;
}

static void probe_bulk(void)
{
	int ends[2];
	pthread_t t;
	size_t n;
	char c;

	for (size_t i = 0; i < BULK; i++)
		bulk[i] = (char)(i * 7 + i / 4096);
	pair(ends);
	t = start(write_bulk, &ends[0]);
	n = read_all(ends[1], bulk2, BULK);
	say("read %zu, %s", n, memcmp(bulk, bulk2, BULK) ? "differs" : "same");
	say("then %s", result(read(ends[1], &c, 1)));
	pthread_join(t, NULL);
	say("other way %s", result(write(ends[1], "abc", 3)));
	say("other way %zu", read_all(ends[0], bulk2, 3));
	close_pair(ends);
}

static void probe_close_after_write(void)
{
	int ends[2];
	pthread_t t;

	pair(ends);
	t = start(write_bulk, &ends[0]);
	usleep(1000);
	say("read %zu", read_all(ends[1], bulk2, BULK / 2));
	close(ends[1]);
	pthread_join(t, NULL);
	close(ends[0]);
	pair(ends);
	say("write %s", result(write(ends[0], bulk, 100000)));
	close(ends[0]);
	say("after close %zu", read_all(ends[1], bulk2, BULK));
	close(ends[1]);
}

static int closed_port(void)
{
	int fd = bound(SOCK_STREAM);
	int port = port_of(fd);

	close(fd);
	return port;
}

static int so_error(int fd)
{
	int err = -1;
	socklen_t len = sizeof(err);

	getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len);
	return err;
}

static void probe_refused(void)
{
	int port = closed_port();
	int l = listener(0, 5);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	say("blocking %s", result(join(fd, port)));
	say("again %s", result(join(fd, port)));
	say("elsewhere %s", result(join(fd, port_of(l))));
	say("twice %s", result(join(fd, port_of(l))));
	close(fd);
	close(l);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (join(fd, port) && errno == EINPROGRESS) {
		wait_for(fd, POLLOUT);
		say("nonblocking %s", strerrorname_np(so_error(fd)));
	} else {
		say("nonblocking %s", strerrorname_np(errno));
	}
	close(fd);
}

static void probe_connect_nonblocking(void)
{
	int l = listener(SOCK_NONBLOCK, 5);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	char c;

	say("nothing to accept %s", result(accept(l, NULL, NULL)));
	if (join(fd, port_of(l)) && errno != EINPROGRESS)
		say("connect %s", result(-1));
	say("writable %x", wait_for(fd, POLLOUT));
	say("error %d", so_error(fd));
	say("nothing to read %s", result(read(fd, &c, 1)));
	say("listener %x", wait_for(l, POLLIN));
	close(accept(l, NULL, NULL));
	say("end %x", wait_for(fd, POLLIN | POLLRDHUP));
	say("read %s", result(read(fd, &c, 1)));
	close(fd);
	close(l);
}

static void probe_reset(void)
{
	struct linger now = { 1, 0 };
	int ends[2];
	char c;

	pair(ends);
	setsockopt(ends[1], SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(ends[1]);
	say("events %d", (wait_for(ends[0], POLLIN) & (POLLIN | POLLHUP)) != 0);
	say("read %s", result(read(ends[0], &c, 1)));
	say("read %s", result(read(ends[0], &c, 1)));
	say("write %s", result(send(ends[0], "x", 1, MSG_NOSIGNAL)));
	close(ends[0]);
}

/* By a number that no call about the connection has had. */
static void probe_reset_moved(void)
{
	struct linger now = { 1, 0 };
	int ends[2], moved;
	char c;

	pair(ends);
	setsockopt(ends[1], SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	moved = dup(ends[0]);
	close(ends[0]);
	close(ends[1]);
	say("events %d", (wait_for(moved, POLLIN) & (POLLIN | POLLHUP)) != 0);
	say("read %s", result(read(moved, &c, 1)));
	say("read %s", result(read(moved, &c, 1)));
	close(moved);
}

static void probe_half_close(void)
{
	int ends[2];
	char buf[8];

	pair(ends);
	say("write %s", result(write(ends[0], "ab", 2)));
	say("shutdown %s", result(shutdown(ends[0], SHUT_WR)));
	say("write %s", result(send(ends[0], "x", 1, MSG_NOSIGNAL)));
	say("peer %zu", read_all(ends[1], buf, sizeof(buf)));
	say("peer events %x", wait_for(ends[1], POLLIN | POLLRDHUP));
	say("peer writes %s", result(write(ends[1], "cde", 3)));
	close(ends[1]);
	say("read %zu", read_all(ends[0], buf, sizeof(buf)));
	say("events %x", wait_for(ends[0], POLLIN | POLLRDHUP));
	close(ends[0]);
	pair(ends);
	say("both %s", result(shutdown(ends[0], SHUT_RDWR)));
	say("peer %s", result(read(ends[1], buf, 1)));
	close_pair(ends);
}

static void probe_vectors(void)
{
	char a[4] = "abc", b[4] = "def", c[8] = "";
	struct iovec iov[2] = { { a, 3 }, { b, 3 } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
	int ends[2], p[2];
	FILE *f = tmpfile();

	pair(ends);
	say("writev %s", result(writev(ends[0], iov, 2)));
	say("peek %s", result(recv(ends[1], c, 6, MSG_PEEK | MSG_WAITALL)));
	say("recv %s", result(recv(ends[1], c, 6, MSG_WAITALL)));
	say("text %s", c);
	say("sendmsg %s", result(sendmsg(ends[0], &msg, 0)));
	say("readv %d", wait_for(ends[1], POLLIN) == POLLIN);
	say("recvmsg %s", result(recvmsg(ends[1], &msg, 0)));
	fputs("0123456789", f);
	fflush(f);
	say("sendfile %s", result(sendfile(ends[0], fileno(f), &(off_t){ 2 }, 5)));
	say("recv %s", result(recv(ends[1], c, 5, MSG_WAITALL)));
	if (pipe(p))
		return;
	say("send %s", result(send(ends[0], "xyz", 3, 0)));
	wait_for(ends[1], POLLIN);
	say("splice %s", result(splice(ends[1], NULL, p[1], NULL, 100, 0)));
	say("dontwait %s", result(recv(ends[1], c, 1, MSG_DONTWAIT)));
	fclose(f);
	close_pair(p);
	close_pair(ends);
}

static void probe_options(void)
{
	static const struct { int level, name; const char *text; } options[] = {
		{ SOL_SOCKET, SO_TYPE, "type" }, { SOL_SOCKET, SO_DOMAIN, "domain" },
		{ SOL_SOCKET, SO_PROTOCOL, "protocol" },
		{ SOL_SOCKET, SO_ACCEPTCONN, "listening" },
		{ SOL_SOCKET, SO_REUSEADDR, "reuse" },
		{ IPPROTO_TCP, TCP_NODELAY, "nodelay" },
		{ SOL_SOCKET, 9999, "unknown" },
	};
	struct sock_filter all = { BPF_RET | BPF_K, 0, 0, ~0U };
	struct sock_fprog prog = { 1, &all };
	int fd = listener(0, 5), one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	/* A value that points on. Some hosts forbid it to ordinary users. */
	say("filter %d", !setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
				     sizeof(prog)) || errno == EPERM);
	for (size_t i = 0; i < ARRAY(options); i++) {
		int value = -1;
		socklen_t len = sizeof(value);
		int ret = getsockopt(fd, options[i].level, options[i].name, &value,
				     &len);

		say("%s %s %d %u", options[i].text, result(ret), value, len);
	}
	say("bad pointer %s", result(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR,
						(void *)1, 4)));
	close(fd);
}

static void probe_names(void)
{
	struct sockaddr_in a, b;
	socklen_t la = sizeof(a), lb = sizeof(b);
	int l = listener(0, 5), fd = client(port_of(l));
	int peer = accept4(l, (struct sockaddr *)&a, &la, SOCK_CLOEXEC);

	getsockname(fd, (struct sockaddr *)&b, &lb);
	say("accept %u %s", la, la == lb && !memcmp(&a, &b, la) ? "same" : "other");
	say("cloexec %d", fcntl(peer, F_GETFD));
	la = 3;
	say("short %s %u", result(getpeername(fd, (struct sockaddr *)&a, &la)), la);
	say("unconnected %s", result(getpeername(l, (struct sockaddr *)&a, &la)));
	close(fd);
	close(peer);
	close(l);
}

/* ---- waiting ---- */

static int accept_some(int l, int ep)
{
	int count = 0;

	for (;;) {
		int fd = accept4(l, NULL, NULL, SOCK_NONBLOCK);
		struct epoll_event e = {
			.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
			.data.fd = fd,
		};

		if (fd < 0)
			return count;
		epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
		count++;
	}
}

/* Answers each byte; returns true at the end of the connection. */
static bool echo_some(int fd)
{
	char buf[64];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		if (write(fd, buf, (size_t)n) != n)
			return true;
	return n == 0 || errno != EAGAIN;
}

static int clients_left;

/* An echo server with nothing but edge-triggered events. */
static void *edge_server(void *arg)
{
	int l = *(int *)arg, ep = epoll_create1(0), done = 0;
	struct epoll_event events[16], e = { .events = EPOLLIN | EPOLLET,
					     .data.fd = l };

	epoll_ctl(ep, EPOLL_CTL_ADD, l, &e);
	while (done < clients_left) {
		int n = epoll_wait(ep, events, 16, PATIENCE);

		if (n <= 0)
			return "lost wake-up";
		for (int i = 0; i < n; i++) {
			int fd = events[i].data.fd;

			if (fd == l) {
				accept_some(l, ep);
			} else if (echo_some(fd)) {
				close(fd);
				done++;
			}
		}
	}
	close(ep);
	return "served all";
}

#define ROUNDS	2000
#define CLIENTS	8

static void *edge_client(void *arg)
{
	int fd = client(*(int *)arg);
	struct epoll_event e = { .events = EPOLLIN | EPOLLOUT | EPOLLET };
	int ep = epoll_create1(0);
	long rounds = 0;
	char c;

	fcntl(fd, F_SETFL, O_NONBLOCK);
	epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
	for (; rounds < ROUNDS; rounds++) {
		if (write(fd, "x", 1) != 1)
			break;
		while (read(fd, &c, 1) != 1)
			if (errno != EAGAIN || epoll_wait(ep, &e, 1, PATIENCE) <= 0)
				goto out;
	}
out:
	close(fd);
	close(ep);
	return (void *)rounds;
}

static void probe_edges(void)
{
	int l = listener(SOCK_NONBLOCK, 100), port = port_of(l);
	pthread_t server, clients[CLIENTS];
	void *ret;
	long sum = 0;

	clients_left = CLIENTS;
	server = start(edge_server, &l);
	for (int i = 0; i < CLIENTS; i++)
		clients[i] = start(edge_client, &port);
	for (int i = 0; i < CLIENTS; i++) {
		pthread_join(clients[i], &ret);
		sum += (long)ret;
	}
	pthread_join(server, &ret);
	say("%ld round trips, %s", sum, (char *)ret);
	close(l);
}

static void *one_shot_client(void *arg)
{
	long ok = 0;

	for (int i = 0; i < 50; i++) {
		int fd = client(*(int *)arg);
		char c = 0;

		if (write(fd, "y", 1) == 1 && read(fd, &c, 1) == 1 && c == 'y')
			ok++;
		close(fd);
	}
	return (void *)ok;
}

/* Many short connections over an edge-triggered listener. */
static void probe_short(void)
{
	int l = listener(SOCK_NONBLOCK, 100), port = port_of(l);
	pthread_t server, clients[CLIENTS];
	void *ret;
	long sum = 0;

	clients_left = CLIENTS * 50;
	server = start(edge_server, &l);
	for (int i = 0; i < CLIENTS; i++)
		clients[i] = start(one_shot_client, &port);
	for (int i = 0; i < CLIENTS; i++) {
		pthread_join(clients[i], &ret);
		sum += (long)ret;
	}
	pthread_join(server, &ret);
	say("%ld answered, %s", sum, (char *)ret);
	close(l);
}

static void probe_select(void)
{
	struct timeval tv = { 0, 20000 }, zero = { 0, 0 };
	int ends[2], p[2];
	fd_set r, w;

	pair(ends);
	if (pipe(p))
		return;
	FD_ZERO(&r);
	FD_ZERO(&w);
	FD_SET(ends[0], &r);
	FD_SET(p[0], &r);
	say("nothing %s", result(select(FD_SETSIZE, &r, NULL, NULL, &tv)));
	FD_SET(ends[0], &r);
	FD_SET(p[0], &r);
	FD_SET(ends[0], &w);
	if (write(ends[1], "a", 1) != 1)
		return;
	wait_for(ends[0], POLLIN);
	say("some %s", result(select(FD_SETSIZE, &r, &w, NULL, &zero)));
	say("which %d %d %d", FD_ISSET(ends[0], &r) != 0, FD_ISSET(p[0], &r) != 0,
	    FD_ISSET(ends[0], &w) != 0);
	close_pair(p);
	close_pair(ends);
}

static void probe_timeouts(void)
{
	struct timeval tv = { 0, 50000 };
	int l = listener(0, 5), u = bound(SOCK_DGRAM), ends[2];
	double t = seconds();
	char c;

	pair(ends);
	setsockopt(l, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	setsockopt(u, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	say("accept %s", result(accept(l, NULL, NULL)));
	say("datagram %s", result(recv(u, &c, 1, 0)));
	say("stream %s", result(recv(ends[0], &c, 1, 0)));
	t = seconds() - t;
	say("time %s", t >= 0.149 && t < 5 ? "right" : "wrong");
	close_pair(ends);
	close(l);
	close(u);
}

static volatile int alarms;

static void on_alarm(int sig)
{
	alarms++;
}

static void interrupt_after(int ms, int flags)
{
	struct sigaction act = { .sa_handler = on_alarm, .sa_flags = flags };
	struct itimerval it = { .it_value = { 0, ms * 1000 } };

	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
}

static void *later(void *arg)
{
	struct sockaddr_in a = local(port_of(*(int *)arg));
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	usleep(120000);
	sendto(fd, "z", 1, 0, (struct sockaddr *)&a, sizeof(a));
	close(fd);
	return NULL;
}

static void probe_signals(void)
{
	int l = listener(0, 5), u = bound(SOCK_DGRAM), ends[2];
	pthread_t t;
	char c = 0;

	pair(ends);
	interrupt_after(30, 0);
	say("accept %s", result(accept(l, NULL, NULL)));
	interrupt_after(30, 0);
	say("datagram %s", result(recv(u, &c, 1, 0)));
	interrupt_after(30, 0);
	say("stream %s", result(read(ends[0], &c, 1)));
	t = start(later, &u);
	interrupt_after(30, SA_RESTART);
	say("restarted %s", result(recv(u, &c, 1, 0)));
	say("got %d, handled %d", c, alarms);
	pthread_join(t, NULL);
	close_pair(ends);
	close(l);
	close(u);
}

static void *shut_later(void *arg)
{
	usleep(30000);
	shutdown(*(int *)arg, SHUT_RDWR);
	return NULL;
}

static void probe_shut_listener(void)
{
	int l = listener(0, 5);
	pthread_t t = start(shut_later, &l);

	say("accept %s", result(accept(l, NULL, NULL)));
	pthread_join(t, NULL);
	close(l);
}

/* ---- datagrams ---- */

static void probe_datagrams(void)
{
	struct sockaddr_in a, to;
	socklen_t len = sizeof(a);
	int in = bound(SOCK_DGRAM), out = bound(SOCK_DGRAM), n = 0;
	char buf[100];

	to = local(port_of(in));
	say("sendto %s", result(sendto(out, "hello", 5, 0, (void *)&to, sizeof(to))));
	say("sendto %s", result(sendto(out, "", 0, 0, (void *)&to, sizeof(to))));
	say("sendto %s", result(sendto(out, "last", 4, 0, (void *)&to, sizeof(to))));
	say("poll %x", wait_for(in, POLLIN));
	say("fionread %s", result(ioctl(in, FIONREAD, &n)));
	say("ready bytes %d", n);
	say("peek %s", result(recv(in, buf, 2, MSG_PEEK | MSG_TRUNC)));
	say("recvfrom %s", result(recvfrom(in, buf, sizeof(buf), 0, (void *)&a, &len)));
	say("from %u %d", len, ntohs(a.sin_port) == port_of(out));
	say("empty %s", result(recv(in, buf, sizeof(buf), 0)));
	say("poll %x", wait_for(in, POLLIN));
	say("cut %s", result(recv(in, buf, 2, MSG_TRUNC)));
	say("none %s", result(recv(in, buf, 2, MSG_DONTWAIT)));
	say("unconnected %s", result(write(out, "x", 1)));
	say("connect %s", result(join(out, port_of(in))));
	say("write %s", result(write(out, "abc", 3)));
	say("read %s", result(read(in, buf, sizeof(buf))));
	say("too big %s", result(send(out, bulk, 70000, 0)));
	close(in);
	say("refused %s", result(send(out, "x", 1, 0)));
	say("refused %d", wait_for(out, POLLIN) > 0);
	say("refused %s", result(recv(out, buf, 1, MSG_DONTWAIT)));
	close(out);
}

static void probe_messages(void)
{
	int in = bound(SOCK_DGRAM), out = bound(SOCK_DGRAM), one = 1;
	char text[3][4] = { "aa", "bb", "cc" }, control[128];
	struct iovec iov[3];
	struct mmsghdr m[3];
	struct msghdr msg = { .msg_control = control,
			      .msg_controllen = sizeof(control) };

	memset(m, 0, sizeof(m));
	join(out, port_of(in));
	for (int i = 0; i < 3; i++) {
		iov[i] = (struct iovec){ text[i], 2 };
		m[i].msg_hdr.msg_iov = &iov[i];
		m[i].msg_hdr.msg_iovlen = 1;
	}
	setsockopt(in, IPPROTO_IP, IP_PKTINFO, &one, sizeof(one));
	say("sendmmsg %s", result(sendmmsg(out, m, 3, 0)));
	msg.msg_iov = iov;
	msg.msg_iovlen = 1;
	say("recvmsg %s", result(recvmsg(in, &msg, 0)));
	say("control %zu type %d flags %x", msg.msg_controllen,
	    CMSG_FIRSTHDR(&msg) ? CMSG_FIRSTHDR(&msg)->cmsg_type : -1, msg.msg_flags);
	say("recvmmsg %s", result(recvmmsg(in, m, 3, MSG_WAITFORONE, NULL)));
	say("texts %s %s", text[0], text[1]);
	msg.msg_controllen = 8;
	write(out, "dddd", 4);
	say("recvmsg %s", result(recvmsg(in, &msg, 0)));
	say("flags %x", msg.msg_flags);
	close(in);
	close(out);
}

static void probe_datagram_copies(void)
{
	int in = bound(SOCK_DGRAM), out = bound(SOCK_DGRAM), copy;
	char buf[8] = "";

	join(out, port_of(in));
	join(in, port_of(out));
	copy = dup(in);
	write(out, "one", 3);
	say("dup %s %.3s", result(read(copy, buf, 8)), buf);
	dup2(in, 100);
	dup2(out, 101);
	write(out, "two", 3);
	write(out, "three", 5);
	say("dup2 %s %.3s", result(read(100, buf, 8)), buf);
	wait_for(100, POLLIN);
	say("dup2 %s %.5s", result(read(100, buf, 8)), buf);
	say("write %s", result(write(101, "four", 4)));
	wait_for(in, POLLIN);
	say("read %s %.4s", result(recv(in, buf, 8, 0)), buf);
	close(in);
	close(100);
	write(out, "five", 4);
	say("last copy %s %.4s", result(read(copy, buf, 8)), buf);
	close(copy);
	close(out);
	close(101);
}

static void probe_many_datagram_sockets(void)
{
	int fds[300], good = 0;
	char buf[8];

	for (size_t i = 0; i < ARRAY(fds); i++)
		fds[i] = bound(SOCK_DGRAM);
	for (size_t i = 0; i < ARRAY(fds); i++) {
		struct sockaddr_in a = local(port_of(fds[i]));

		sendto(fds[0], "m", 1, 0, (void *)&a, sizeof(a));
		good += wait_for(fds[i], POLLIN) == POLLIN &&
			recv(fds[i], buf, 8, 0) == 1;
	}
	say("%d of %zu", good, ARRAY(fds));
	for (size_t i = 0; i < ARRAY(fds); i++)
		close(fds[i]);
}

static void probe_netlink(void)
{
	struct {
		struct nlmsghdr h;
		struct ifinfomsg i;
	} req = { { sizeof(req), RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 1, 0 },
		  { .ifi_family = AF_UNSPEC } };
	struct sockaddr_nl nl = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	char buf[16384];
	ssize_t n;

	say("bind %s", result(bind(fd, (void *)&nl, sizeof(nl))));
	say("send %s", result(sendto(fd, &req, sizeof(req), 0, (void *)&nl, sizeof(nl))));
	n = recv(fd, buf, 1, MSG_PEEK | MSG_TRUNC);
	say("peek %d", n > 100);
	n = recv(fd, buf, sizeof(buf), 0);
	say("first %d, type %d", n > 100, ((struct nlmsghdr *)buf)->nlmsg_type);
	close(fd);
}

static void probe_interfaces(void)
{
	static const int families[] = { AF_INET, AF_UNIX };

	for (size_t i = 0; i < ARRAY(families); i++) {
		int fd = socket(families[i], SOCK_DGRAM, 0);
		struct ifreq req[8], one = { .ifr_name = "lo" };
		struct ifconf conf = { .ifc_len = sizeof(req), .ifc_req = req };

		say("list %s", result(ioctl(fd, SIOCGIFCONF, &conf)));
		say("first %s", conf.ifc_len ? req[0].ifr_name : "none");
		say("flags %s", result(ioctl(fd, SIOCGIFFLAGS, &one)));
		say("up %d", (one.ifr_flags & IFF_UP) != 0);
		close(fd);
	}
}

/* ---- processes ---- */

static void serve_children(int l)
{
	for (;;) {
		int fd = accept(l, NULL, NULL);
		char c;

		if (fd < 0)
			_exit(1);
		if (read(fd, &c, 1) == 1)
			write(fd, &c, 1);
		close(fd);
	}
}

static void probe_prefork(void)
{
	int l = listener(0, 50), port = port_of(l);
	pid_t children[4];
	pthread_t t[4];
	void *ret;
	long sum = 0;

	for (int i = 0; i < 4; i++) {
		children[i] = fork();
		if (!children[i])
			serve_children(l);
	}
	for (int i = 0; i < 4; i++)
		t[i] = start(one_shot_client, &port);
	for (int i = 0; i < 4; i++) {
		pthread_join(t[i], &ret);
		sum += (long)ret;
	}
	say("%ld answered", sum);
	for (int i = 0; i < 4; i++) {
		kill(children[i], SIGKILL);
		waitpid(children[i], NULL, 0);
	}
	close(l);
	l = socket(AF_INET, SOCK_STREAM, 0);
	say("closed %s", result(join(l, port)));
	close(l);
}

static void probe_fork(void)
{
	int ends[2], status;
	char buf[8] = "";
	pid_t child;

	pair(ends);
	child = fork();
	if (!child) {
		close(ends[1]);
		write(ends[0], "child", 5);
		_exit(read(ends[0], buf, 6) == 6 ? 0 : 1);
	}
	close(ends[0]);
	say("from child %zu %s", read_all(ends[1], buf, 5), buf);
	write(ends[1], "parent", 6);
	waitpid(child, &status, 0);
	say("child %d", status);
	say("end %s", result(read(ends[1], buf, 1)));
	close(ends[1]);
}

static void probe_killed(void)
{
	int ends[2];
	pid_t child;
	char c;

	pair(ends);
	child = fork();
	if (!child) {
		close(ends[1]);
		for (;;)
			if (write(ends[0], bulk, 1000) < 0)
				pause();
	}
	close(ends[0]);
	say("some %s", result(read(ends[1], &c, 1)));
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	while (read(ends[1], bulk2, BULK) > 0)
		;
	say("end %s", result(read(ends[1], &c, 1)));
	close(ends[1]);
}

static void send_fd(int sock, int fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { { 0 } };
	struct iovec iov = { "f", 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = control.bytes,
			      .msg_controllen = sizeof(control.bytes) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	sendmsg(sock, &msg, 0);
}

static int receive_fd(int sock)
{
	char control[CMSG_SPACE(sizeof(int))], c;
	struct iovec iov = { &c, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	int fd = -1;

	if (recvmsg(sock, &msg, 0) == 1 && CMSG_FIRSTHDR(&msg))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

static void probe_passing(void)
{
	int channel[2], ends[2], one = 0;
	socklen_t len = sizeof(one);
	char buf[8] = "";
	pid_t child;

	/* So that there is a kernel to share when the child is forked. */
	close(socket(AF_INET, SOCK_STREAM, 0));
	socketpair(AF_UNIX, SOCK_STREAM, 0, channel);
	child = fork();
	if (!child) {
		int fd = receive_fd(channel[1]);

		getsockopt(fd, SOL_SOCKET, SO_TYPE, &one, &len);
		write(fd, one == SOCK_STREAM ? "stream" : "other!", 6);
		_exit(0);
	}
	pair(ends);
	send_fd(channel[0], ends[0]);
	close(ends[0]);
	waitpid(child, NULL, 0);
	say("passed %zu %s", read_all(ends[1], buf, 6), buf);
	close(ends[1]);
	close_pair(channel);
}

/* netprobe -x FD: what an exec'ed program finds at an inherited descriptor. */
static int exec_child(int fd)
{
	struct sockaddr_in a = { .sin_family = 0 };
	socklen_t len = sizeof(a);
	int err = getpeername(fd, (void *)&a, &len);
	char buf[32];
	int n = snprintf(buf, sizeof(buf), "%s %d",
			 result(err), a.sin_family);

	return write(fd, buf, (size_t)n) != n;
}

static void probe_exec(void)
{
	char text[16], buf[32] = "";
	int ends[2];
	pid_t child;

	pair(ends);
	child = fork();
	if (!child) {
		dup2(ends[0], 0);
		snprintf(text, sizeof(text), "%d", 0);
		close_range(3, ~0U, 0);
		execl("/proc/self/exe", "netprobe", "-x", text, NULL);
		_exit(1);
	}
	close(ends[0]);
	waitpid(child, NULL, 0);
	read_all(ends[1], buf, sizeof(buf));
	say("%s", buf);
	close(ends[1]);
}

/* Run in a child: its exit status says how it went. */
static void in_child(void (*fn)(int *ends), int *ends)
{
	pid_t child = fork();
	int status;

	if (!child) {
		fn(ends);
		fflush(stdout);
		_exit(0);
	}
	waitpid(child, &status, 0);
	say("status %x", status);
}

static void child_signals(int *ends)
{
	int l = listener(0, 5), u = bound(SOCK_DGRAM);
	struct pollfd p = { .fd = ends[0], .events = POLLIN };
	char c;

	interrupt_after(30, 0);
	say("accept %s", result(accept(l, NULL, NULL)));
	interrupt_after(30, 0);
	say("datagram %s", result(recv(u, &c, 1, 0)));
	interrupt_after(30, SA_RESTART);
	say("poll %s", result(poll(&p, 1, PATIENCE)));
	interrupt_after(30, 0);
	say("stream %s", result(read(ends[0], &c, 1)));
	say("handled %d", alarms);
}

static void probe_fork_signals(void)
{
	int ends[2];

	pair(ends);
	alarms = 0;
	in_child(child_signals, ends);
	close_pair(ends);
}

static void child_broken_pipe(int *ends)
{
	signal(SIGPIPE, SIG_DFL);
	close(ends[1]);
	say("quiet %s", result(send(ends[0], "x", 1, MSG_NOSIGNAL)));
	write(ends[0], "x", 1);
	say("still here");
}

static void probe_fork_broken_pipe(void)
{
	int ends[2];

	pair(ends);
	shutdown(ends[0], SHUT_WR);
	in_child(child_broken_pipe, ends);
	close_pair(ends);
}

static void *write_later(void *arg)
{
	usleep(30000);
	write(*(int *)arg, "w", 1);
	return NULL;
}

/* Waits for a pipe of the host and a socket at once, which is ready later. */
static void wait_for_either(int fd, int pipe_fd, int writer)
{
	struct epoll_event e = { .events = EPOLLIN, .data.fd = fd };
	struct epoll_event p = { .events = EPOLLIN, .data.fd = pipe_fd }, got;
	struct pollfd fds[2] = { { fd, POLLIN, 0 }, { pipe_fd, POLLIN, 0 } };
	int ep = epoll_create1(0);
	pthread_t t;
	char c;

	epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
	epoll_ctl(ep, EPOLL_CTL_ADD, pipe_fd, &p);
	t = start(write_later, &writer);
	say("poll %s", result(poll(fds, 2, PATIENCE)));
	say("which %x %x", fds[0].revents, fds[1].revents);
	say("epoll %s", result(epoll_wait(ep, &got, 1, PATIENCE)));
	say("which %d", got.data.fd == fd ? 0 : 1);
	read(got.data.fd, &c, 1);
	pthread_join(t, NULL);
	say("none %s", result(epoll_wait(ep, &got, 1, 0)));
	t = start(write_later, &writer);
	say("epoll %s", result(epoll_wait(ep, &got, 1, PATIENCE)));
	read(got.data.fd, &c, 1);
	pthread_join(t, NULL);
	close(ep);
}

static void child_mixed(int *ends)
{
	int p[2];

	if (pipe(p))
		return;
	wait_for_either(ends[0], p[0], ends[1]);
	wait_for_either(ends[0], p[0], p[1]);
}

static void probe_fork_mixed(void)
{
	int ends[2];

	pair(ends);
	in_child(child_mixed, ends);
	close_pair(ends);
}

static void child_threads(int *ends)
{
	probe_edges();
	probe_short();
}

static void probe_fork_threads(void)
{
	int ends[2];

	pair(ends);
	in_child(child_threads, ends);
	close_pair(ends);
}

static void child_nested(int *ends)
{
	char c = 0;

	if (!fork()) {
		write(ends[0], "n", 1);
		close(ends[0]);
		probe_fork();
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
	say("read %s", result(read(ends[1], &c, 1)));
	say("got %d", c);
	probe_bulk();
}

static void probe_fork_nested(void)
{
	int ends[2];

	pair(ends);
	in_child(child_nested, ends);
	close_pair(ends);
}

/* A child that is killed in a call, again and again; nothing may pile up. */
static void probe_fork_many(void)
{
	int l = listener(0, 5), count = 0;
	pid_t child;
	char c;

	for (int i = 0; i < 50; i++) {
		int ends[2];

		pair(ends);
		child = fork();
		if (!child) {
			close(ends[1]);
			write(ends[0], "r", 1);
			accept(l, NULL, NULL);
			_exit(1);
		}
		close(ends[0]);
		read(ends[1], &c, 1);
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		count += read(ends[1], &c, 1) == 0;
		close(ends[1]);
	}
	say("%d ends seen", count);
	close(l);
}

/* ---- odds and ends ---- */

static void probe_raw_calls(void)
{
	struct sockaddr_in a = local(0);
	long fd = syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);

	say("bind %s", result(syscall(SYS_bind, fd, &a, sizeof(a))));
	say("listen %s", result(syscall(SYS_listen, fd, 5)));
	say("bind %s", result(syscall(SYS_bind, fd, (void *)8, sizeof(a))));
	say("connect %s", result(syscall(SYS_connect, 999, &a, sizeof(a))));
	say("family %s", result(syscall(SYS_socket, 77, SOCK_STREAM, 0)));
	say("write %s", result(syscall(SYS_write, 1000, "x", 1)));
	say("close %s", result(syscall(SYS_close, fd)));
}

static void probe_unix(void)
{
	int p[2];
	char c = 0;

	say("pair %s", result(socketpair(AF_UNIX, SOCK_STREAM, 0, p)));
	write(p[0], "u", 1);
	say("read %s", result(read(p[1], &c, 1)));
	say("got %d", c);
	say("shutdown %s", result(shutdown(p[0], SHUT_WR)));
	close_pair(p);
}

static void probe_many_streams(void)
{
	int l = listener(0, 300), port = port_of(l), good = 0;
	int fds[200], peers[200];
	char c;

	for (int i = 0; i < 200; i++) {
		fds[i] = client(port);
		peers[i] = accept(l, NULL, NULL);
	}
	for (int i = 0; i < 200; i++) {
		write(fds[i], "q", 1);
		good += read(peers[i], &c, 1) == 1 && c == 'q';
	}
	say("%d", good);
	for (int i = 0; i < 200; i++) {
		close(fds[i]);
		close(peers[i]);
	}
	close(l);
}

/* ---- a child's own connections: what it writes and reads by itself ---- */

/* An address where nothing is. */
static char *volatile nowhere = (char *)8;

/* The other end of a connection that the calling process accepts. */
struct far {
	int fd;		/* the process's */
	int peer;	/* its peer, of the same process */
	int epoll;
};

/* Ends that are there already, as inherited ones; or -1. */
static int inherited[2] = { -1, -1 };

static void far_open(struct far *far, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.u64 = 77 };
	int ends[2] = { inherited[0], inherited[1] };

	if (ends[0] < 0)
		pair(ends);
	far->peer = ends[0];
	far->fd = ends[1];
	far->epoll = epoll_create1(0);
	epoll_ctl(far->epoll, EPOLL_CTL_ADD, far->fd, &event);
}

static void far_close(struct far *far)
{
	close(far->fd);
	close(far->peer);
	close(far->epoll);
}

static void far_events(struct far *far)
{
	struct epoll_event event;
	int n = epoll_wait(far->epoll, &event, 1, PATIENCE);

	say("event %d %x", n, n == 1 ? event.events : 0);
}

static int unread(int fd)
{
	int n = -1;

	ioctl(fd, FIONREAD, &n);
	return n;
}

/* All of @len bytes have arrived. */
static void arrived(int fd, int len)
{
	while (unread(fd) < len)
		sched_yield();
}

static void own_reads(void)
{
	struct far far;
	char buf[200], other[200];
	int n;

	far_open(&far, EPOLLIN | EPOLLET);
	write(far.peer, bulk, 100);
	far_events(&far);
	say("part %s", result(read(far.fd, buf, 10)));
	say("left %d", unread(far.fd));
	say("bad address %s", result(read(far.fd, nowhere, 10)));
	say("peek %s", result(recv(far.fd, buf + 10, 200, MSG_PEEK)));
	write(far.peer, bulk + 100, 50);
	arrived(far.fd, 140);
	far_events(&far);
	n = dup(far.fd);
	say("other number %s", result(read(n, other, 40)));
	say("rest %s", result(read(far.fd, buf + 50, 150)));
	memcpy(buf + 10, other, 40);
	say("same %d", !memcmp(buf, bulk, 150));
	close(n);
	fcntl(far.fd, F_SETFL, O_NONBLOCK);
	say("none %s", result(read(far.fd, buf, 10)));
	far_close(&far);
}

/* Edge-triggered: a short read means that there is no more. */
static void own_edges(void)
{
	static char buf[100000];
	struct far far;
	long total = 0, n;

	far_open(&far, EPOLLIN | EPOLLET);
	fcntl(far.fd, F_SETFL, O_NONBLOCK);
	write(far.peer, bulk, 10000);
	arrived(far.fd, 10000);
	far_events(&far);
	say("all %s", result(read(far.fd, buf, sizeof(buf))));
	write(far.peer, bulk, 4096);
	arrived(far.fd, 4096);
	far_events(&far);
	say("a page %s", result(read(far.fd, buf, sizeof(buf))));
	write(far.peer, bulk, 9000);
	arrived(far.fd, 9000);
	far_events(&far);
	while ((n = read(far.fd, buf, 1000)) > 0)
		total += n;
	say("by pieces %ld %s", total, result(n));
	far_close(&far);
}

static void own_writes(void)
{
	struct iovec iov[2] = { { (void *)bulk, 10 }, { nowhere, 10 } };
	struct far far;
	char buf[100];

	far_open(&far, EPOLLIN);
	say("write %s", result(write(far.fd, bulk, 10)));
	say("bad address %s", result(write(far.fd, nowhere, 10)));
	say("half bad %d", writev(far.fd, iov, 2) <= 10);
	say("unsent %d", unread(far.fd));
	say("shut down %s", result(shutdown(far.fd, SHUT_WR)));
	say("write %s", result(write(far.fd, bulk, 10)));
	say("read %d", read_all(far.peer, buf, 10) == 10 && !memcmp(buf, bulk, 10));
	far_close(&far);
}

/* The peer has gone without reading: calls say so once the event was seen. */
static void own_reset(void)
{
	struct far far;
	char c;

	far_open(&far, EPOLLIN);
	say("write %s", result(write(far.fd, bulk, 10)));
	arrived(far.peer, 10);
	close(far.peer);
	far_events(&far);
	say("write %s", result(write(far.fd, bulk, 10)));
	say("write %s", result(write(far.fd, bulk, 10)));
	say("read %s", result(read(far.fd, &c, 1)));
	far.peer = -1;
	far_close(&far);
}

static void *write_number(void *arg)
{
	int *fd = arg;

	return (void *)(long)write(*fd, "2", 1);
}

/* Whoever has it writes in the order in which they write. */
static void own_order(void)
{
	struct far far;
	char buf[16] = "";
	int copy;

	far_open(&far, EPOLLIN);
	write(far.fd, "1", 1);
	pthread_join(start(write_number, &far.fd), NULL);
	write(far.fd, "3", 1);
	if (!fork()) {
		write(far.fd, "4", 1);
		_exit(0);
	}
	wait(NULL);
	write(far.fd, "5", 1);
	copy = dup(far.fd);
	write(copy, "6", 1);
	write(far.fd, "7", 1);
	close(copy);
	say("order %zu %s", read_all(far.peer, buf, 7), buf);
	far_close(&far);
}

/* A child writes to what it accepted, and ends. */
static void own_end(int l, bool killed)
{
	int fd = accept(l, NULL, NULL);

	for (int i = 0; i < 10; i++)
		write(fd, bulk, 1000);
	if (killed)
		kill(getpid(), SIGKILL);
	_exit(0);
}

static void own_ends(bool killed)
{
	int l = listener(0, 5), fd = client(port_of(l));
	pid_t child = fork();
	char c;

	if (!child)
		own_end(l, killed);
	waitpid(child, NULL, 0);
	say("all %zu", read_all(fd, (char *)bulk2, 10000));
	say("end %s", result(read(fd, &c, 1)));
	close(fd);
	close(l);
}

/* As a server does it: many connections, each answered by what it sent. */
static void own_echo(int l, int connections)
{
	int epoll = epoll_create1(0), open = connections;
	struct epoll_event events[8];
	char buf[8192];
	ssize_t len;

	for (int i = 0; i < connections; i++) {
		struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP | EPOLLET };

		event.data.fd = accept4(l, NULL, NULL, SOCK_NONBLOCK);
		epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event);
	}
	while (open) {
		int n = epoll_wait(epoll, events, 8, -1);

		for (int i = 0; i < n; i++) {
			while ((len = read(events[i].data.fd, buf, sizeof(buf))) > 0)
				write(events[i].data.fd, buf, (size_t)len);
			if (!len) {
				close(events[i].data.fd);
				open--;
			}
		}
	}
	_exit(0);
}

#define ECHOES	32

static void own_server(void)
{
	int l = listener(0, ECHOES), fds[ECHOES], wrong = 0;
	pid_t child = fork();
	char buf[8192];

	if (!child)
		own_echo(l, ECHOES);
	for (int i = 0; i < ECHOES; i++)
		fds[i] = client(port_of(l));
	for (int turn = 0; turn < 200; turn++) {
		size_t len = (size_t)(turn * 37) % 6000 + 1;

		for (int i = 0; i < ECHOES; i++)
			write(fds[i], bulk + i * 100 + turn, len);
		for (int i = 0; i < ECHOES; i++)
			wrong += read_all(fds[i], buf, len) != len ||
				 memcmp(buf, bulk + i * 100 + turn, len);
	}
	say("wrong %d", wrong);
	for (int i = 0; i < ECHOES; i++)
		close(fds[i]);
	say("child %s", result(waitpid(child, NULL, 0) == child));
	close(l);
}

/* By itself, since a trapped program cannot have it so: see hijack-processes.md. */
static void probe_fork_own_reset(void)
{
	close(socket(AF_INET, SOCK_STREAM, 0));
	if (!fork()) {
		own_reset();
		_exit(0);
	}
	wait(NULL);
}

static void (*const steps[])(void) = {
	own_reads, own_edges, own_writes, own_order,
};

/* Calls of which the first may be made in another way than the rest. */
static void warm_up(void)
{
	char c;

	for (int i = 0; i < 8; i++) {
		write(inherited[0], "x", 1);
		read(inherited[1], &c, 1);
		write(inherited[1], "x", 1);
		read(inherited[0], &c, 1);
	}
}

/* Connections that a child has inherited, and nobody else has any more. */
static void probe_fork_inherited(void)
{
	for (size_t i = 0; i < BULK; i++)
		bulk[i] = (char)(i * 7 + i / 4096);
	for (size_t i = 0; i < ARRAY(steps); i++) {
		pair(inherited);
		if (!fork()) {
			warm_up();
			steps[i]();
			_exit(0);
		}
		close_pair(inherited);
		wait(NULL);
	}
	inherited[0] = -1;
}

/* In a child, that all is its own. */
static void probe_fork_own(void)
{
	for (size_t i = 0; i < BULK; i++)
		bulk[i] = (char)(i * 7 + i / 4096);
	close(socket(AF_INET, SOCK_STREAM, 0));
	for (size_t i = 0; i < ARRAY(steps); i++) {
		if (!fork()) {
			steps[i]();
			_exit(0);
		}
		wait(NULL);
	}
	own_ends(false);
	own_ends(true);
	own_server();
}

static const struct {
	const char *name;
	void (*run)(void);
} probes[] = {
	{ "bulk", probe_bulk },
	{ "close_after_write", probe_close_after_write },
	{ "refused", probe_refused },
	{ "connect_nonblocking", probe_connect_nonblocking },
	{ "reset", probe_reset },
	{ "reset_moved", probe_reset_moved },
	{ "half_close", probe_half_close },
	{ "vectors", probe_vectors },
	{ "options", probe_options },
	{ "names", probe_names },
	{ "edges", probe_edges },
	{ "short", probe_short },
	{ "select", probe_select },
	{ "timeouts", probe_timeouts },
	{ "signals", probe_signals },
	{ "shut_listener", probe_shut_listener },
	{ "datagrams", probe_datagrams },
	{ "messages", probe_messages },
	{ "datagram_copies", probe_datagram_copies },
	{ "many_datagram_sockets", probe_many_datagram_sockets },
	{ "netlink", probe_netlink },
	{ "interfaces", probe_interfaces },
	{ "prefork", probe_prefork },
	{ "fork", probe_fork },
	{ "killed", probe_killed },
	{ "fork_signals", probe_fork_signals },
	{ "fork_broken_pipe", probe_fork_broken_pipe },
	{ "fork_mixed", probe_fork_mixed },
	{ "fork_threads", probe_fork_threads },
	{ "fork_nested", probe_fork_nested },
	{ "fork_many", probe_fork_many },
	{ "fork_own", probe_fork_own },
	{ "fork_own_reset", probe_fork_own_reset },
	{ "fork_inherited", probe_fork_inherited },
	{ "passing", probe_passing },
	{ "exec", probe_exec },
	{ "raw_calls", probe_raw_calls },
	{ "unix", probe_unix },
	{ "many_streams", probe_many_streams },
};

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "-x"))
		return exec_child(atoi(argv[2]));
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < ARRAY(probes); i++) {
		bool wanted = argc < 2;

		for (int j = 1; j < argc; j++)
			wanted |= !strcmp(argv[j], probes[i].name);
		probe = probes[i].name;
		if (wanted)
			probes[i].run();
	}
	return 0;
}
