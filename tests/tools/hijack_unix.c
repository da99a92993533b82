// SPDX-License-Identifier: GPL-2.0
/*
 * hijack_unix.c - what calls on unix sockets do, as a list
 *
 * Layer:   tests/tools, an ordinary program that knows nothing of the library.
 * Users:   hijack_calls.sh runs it on the host and under liblkl-hijack.so, with unix
 *	sockets left to the host and not, and compares what it prints.
 *
 * It works in a directory of its own, which is the current one.
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "hijack_rows.h"

static char buf[4096];

static socklen_t named(struct sockaddr_un *addr, const char *path)
{
	memset(addr, 0, sizeof(*addr));
	addr->sun_family = AF_UNIX;
	strcpy(addr->sun_path, path);
	return (socklen_t)(sizeof(addr->sun_family) + strlen(path) + 1);
}

/* A name that is no file: the first byte is zero. */
static socklen_t abstract(struct sockaddr_un *addr, const char *name)
{
	memset(addr, 0, sizeof(*addr));
	addr->sun_family = AF_UNIX;
	strcpy(addr->sun_path + 1, name);
	return (socklen_t)(sizeof(addr->sun_family) + strlen(name) + 1);
}

static void pairs(int type)
{
	int ends[2], value;
	socklen_t len = sizeof(value);

	printf("pair of type %d\n", type);
	say(socketpair(AF_UNIX, type, 0, ends));
	printf("numbers %d %d\n", ends[0], ends[1]);
	say(write(ends[0], "one", 3));
	say(send(ends[0], "two", 3, 0));
	say(read(ends[1], buf, 10));
	say(recv(ends[1], buf, 10, MSG_DONTWAIT));
	say(recv(ends[1], buf, 10, MSG_DONTWAIT));
	say(getsockopt(ends[0], SOL_SOCKET, SO_TYPE, &value, &len));
	say(value);
	say(getsockopt(ends[0], SOL_SOCKET, SO_DOMAIN, &value, &len));
	say(value);
	say(shutdown(ends[0], SHUT_WR));
	say(recv(ends[1], buf, 10, MSG_DONTWAIT));
	say(close(ends[0]));
	say(recv(ends[1], buf, 10, MSG_DONTWAIT));
	say(send(ends[1], "x", 1, MSG_NOSIGNAL));
	say(close(ends[1]));
	say(socketpair(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends));
	say(fcntl(ends[0], F_GETFD));
	say(fcntl(ends[1], F_GETFL));
	say(read(ends[1], buf, 10));
	close(ends[0]);
	close(ends[1]);
}

static void print_name(const char *what, const struct sockaddr_un *addr,
		       socklen_t len)
{
	printf("%s: %u '%s' '%s'\n", what, len, len > 2 ? addr->sun_path : "",
	       len > 3 && !addr->sun_path[0] ? addr->sun_path + 1 : "");
}

static void connections(int type, const struct sockaddr_un *addr, socklen_t len)
{
	struct sockaddr_un got;
	socklen_t got_len = sizeof(got);
	int server = socket(AF_UNIX, type, 0), client = socket(AF_UNIX, type, 0), peer;
	struct pollfd pfd = { .fd = server, .events = POLLIN };

	say(connect(client, (const struct sockaddr *)addr, len));
	say(bind(server, (const struct sockaddr *)addr, len));
	say(connect(client, (const struct sockaddr *)addr, len));
	say(listen(server, 3));
	say(bind(client, (const struct sockaddr *)addr, len));
	say(poll(&pfd, 1, 0));
	say(connect(client, (const struct sockaddr *)addr, len));
	say(poll(&pfd, 1, 100));
	peer = accept4(server, (struct sockaddr *)&got, &got_len, SOCK_CLOEXEC);
	print_name("accepted", &got, got_len);
	got_len = sizeof(got);
	say(getsockname(peer, (struct sockaddr *)&got, &got_len));
	print_name("own name", &got, got_len);
	got_len = sizeof(got);
	say(getpeername(client, (struct sockaddr *)&got, &got_len));
	print_name("peer's name", &got, got_len);
	say(send(client, "over it", 7, 0));
	say(recv(peer, buf, 10, 0));
	close(client);
	say(recv(peer, buf, 10, 0));
	close(peer);
	close(server);
	client = socket(AF_UNIX, type, 0);
	say(connect(client, (const struct sockaddr *)addr, len));
	close(client);
}

static void datagrams(const struct sockaddr_un *addr, socklen_t len)
{
	struct sockaddr_un from, own;
	socklen_t from_len = sizeof(from), own_len = abstract(&own, "lkl-test-own");
	int server = socket(AF_UNIX, SOCK_DGRAM, 0), client = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct iovec iov = { "message", 7 };
	struct msghdr msg = {
		.msg_name = (void *)addr, .msg_namelen = len, .msg_iov = &iov,
		.msg_iovlen = 1,
	};
	struct mmsghdr several[2] = { { .msg_hdr = msg }, { .msg_hdr = msg } };

	say(sendto(client, "x", 1, 0, (const struct sockaddr *)addr, len));
	say(bind(server, (const struct sockaddr *)addr, len));
	say(bind(client, (const struct sockaddr *)&own, own_len));
	say(sendto(client, "to", 2, 0, (const struct sockaddr *)addr, len));
	say(recvfrom(server, buf, 10, 0, (struct sockaddr *)&from, &from_len));
	print_name("from", &from, from_len);
	say(sendmsg(client, &msg, 0));
	say(recv(server, buf, 10, 0));
	say(sendmmsg(client, several, 2, 0));
	say(several[1].msg_len);
	say(recv(server, buf, 10, 0));
	say(recv(server, buf, 10, MSG_TRUNC | MSG_DONTWAIT));
	say(recv(server, buf, 10, MSG_DONTWAIT));
	say(sendto(server, "back", 4, 0, (struct sockaddr *)&own, own_len));
	say(recv(client, buf, 10, 0));
	close(server);
	close(client);
}

/* The file that a socket's name is. */
static void files(const char *path, const struct sockaddr_un *addr, socklen_t len)
{
	struct stat st;
	int fd;

	say(stat(path, &st));
	say(S_ISSOCK(st.st_mode));
	say(st.st_mode & 0777);
	say(chmod(path, 0600));
	say(lstat(path, &st));
	say(st.st_mode & 0777);
	say(access(path, R_OK));
	say(open(path, O_RDONLY));
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	say(bind(fd, (const struct sockaddr *)addr, len));
	close(fd);
	say(unlink(path));
	say(unlink(path));
	say(stat(path, &st));
	say(access(path, F_OK));
}

static void names(void)
{
	struct sockaddr_un addr;
	socklen_t len;
	char here[256], path[300];
	int fd;

	if (!getcwd(here, sizeof(here)))
		return;
	snprintf(path, sizeof(path), "%s/socket", here);
	len = named(&addr, path);
	umask(022);
	connections(SOCK_STREAM, &addr, len);
	files(path, &addr, len);
	connections(SOCK_SEQPACKET, &addr, len);
	files(path, &addr, len);
	datagrams(&addr, len);
	files(path, &addr, len);
	len = abstract(&addr, "lkl-test");
	connections(SOCK_STREAM, &addr, len);
	datagrams(&addr, len);
	len = named(&addr, "/nosuch/directory/socket");
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	say(bind(fd, (struct sockaddr *)&addr, len));
	say(connect(fd, (struct sockaddr *)&addr, len));
	say(bind(fd, (struct sockaddr *)&addr, 1));
	addr.sun_family = AF_INET;
	say(bind(fd, (struct sockaddr *)&addr, len));
	close(fd);
	/* Without a name: the kernel gives it one. */
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	addr.sun_family = AF_UNIX;
	say(bind(fd, (struct sockaddr *)&addr, sizeof(sa_family_t)));
	len = sizeof(addr);
	say(getsockname(fd, (struct sockaddr *)&addr, &len));
	say(len);
	close(fd);
	/* By a relative path. */
	len = named(&addr, "relative");
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	say(bind(fd, (struct sockaddr *)&addr, len));
	say(listen(fd, 1));
	close(fd);
	snprintf(path, sizeof(path), "%s/relative", here);
	len = named(&addr, path);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	say(connect(fd, (struct sockaddr *)&addr, len));
	close(fd);
	say(unlink("relative"));
	say(unlink(path));
}

/* A socket of the network and one end of a pair are sent, and used afterwards. */
static void rights(void)
{
	int a, b, c, ends[2], inner[2], flags;

	tcp_pair(&a, &b);
	say(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	say(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, inner));
	say(send_fd(ends[0], a));
	say(close(a));
	c = receive_fd(ends[1]);
	say(c == a);
	say(fcntl(c, F_GETFD));
	say(write(c, "passed", 6));
	say(recv(b, buf, 10, 0));
	say(close(c));
	say(recv(b, buf, 10, 0));
	close(b);
	say(send_fd(ends[0], inner[0]));
	c = receive_fd(ends[1]);
	flags = fcntl(c, F_GETFL);
	say(flags);
	say(write(c, "inner", 5));
	say(read(inner[1], buf, 10));
	/* O_NONBLOCK is the file's, so it is cleared for both. */
	say(fcntl(c, F_SETFL, flags & ~O_NONBLOCK));
	say(fcntl(inner[0], F_GETFL));
	close(c);
	say(send_fd(ends[0], 999));
	/* On its way when the number is closed, and dropped. */
	say(send_fd(ends[0], inner[0]));
	close(inner[0]);
	say(recv(inner[1], buf, 10, MSG_DONTWAIT));
	close(ends[0]);
	close(ends[1]);
	say(recv(inner[1], buf, 10, MSG_DONTWAIT));
	close(inner[1]);
}

/* Several at once; no room for all; nobody asked. */
static void many_rights(void)
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(3 * sizeof(int))];
	} control = { .head = { CMSG_LEN(3 * sizeof(int)), SOL_SOCKET, SCM_RIGHTS } };
	struct iovec iov = { buf, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	int ends[2], inner[2], sent[3], fds[3];

	say(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	say(socketpair(AF_UNIX, SOCK_STREAM, 0, inner));
	sent[0] = inner[0];
	sent[1] = inner[1];
	sent[2] = inner[0];
	memcpy(CMSG_DATA(&control.head), sent, sizeof(sent));
	say(sendmsg(ends[0], &msg, 0));
	say(recvmsg(ends[1], &msg, 0));
	memcpy(fds, CMSG_DATA(&control.head), sizeof(fds));
	printf("numbers %d %d %d\n", fds[0], fds[1], fds[2]);
	say(fcntl(fds[2], F_GETFD));
	say(write(fds[2], "third", 5));
	say(read(inner[1], buf, 10));
	for (int i = 0; i < 3; i++)
		say(close(fds[i]));
	memcpy(CMSG_DATA(&control.head), sent, sizeof(sent));
	msg.msg_controllen = sizeof(control);
	control.head = (struct cmsghdr){ CMSG_LEN(3 * sizeof(int)), SOL_SOCKET, SCM_RIGHTS };
	say(sendmsg(ends[0], &msg, 0));
	msg.msg_controllen = CMSG_LEN(sizeof(int));
	say(recvmsg(ends[1], &msg, 0));
	say(msg.msg_flags & MSG_CTRUNC);
	say(control.head.cmsg_len == CMSG_LEN(sizeof(int)));
	memcpy(fds, CMSG_DATA(&control.head), sizeof(int));
	say(close(fds[0]));
	say(send_fd(ends[0], inner[0]));
	say(read(ends[1], buf, 10));
	close(inner[0]);
	say(recv(inner[1], buf, 10, MSG_DONTWAIT));
	close(inner[1]);
	close(ends[0]);
	close(ends[1]);
}

static void credentials(void)
{
	char control[CMSG_SPACE(sizeof(struct ucred))];
	struct iovec iov = { buf, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
	struct ucred own = { getpid(), getuid(), getgid() }, got = { 0 };
	socklen_t len = sizeof(got);
	int ends[2], on = 1;

	say(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends));
	say(getsockopt(ends[0], SOL_SOCKET, SO_PEERCRED, &got, &len));
	say(!memcmp(&got, &own, sizeof(own)));
	say(setsockopt(ends[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)));
	say(send(ends[0], "c", 1, 0));
	say(recvmsg(ends[1], &msg, 0));
	memcpy(&got, CMSG_DATA(cmsg), sizeof(got));
	say(cmsg->cmsg_type == SCM_CREDENTIALS && !memcmp(&got, &own, sizeof(own)));
	memcpy(CMSG_DATA(cmsg), &own, sizeof(own));
	say(sendmsg(ends[0], &msg, 0));
	say(recvmsg(ends[1], &msg, 0));
	memcpy(&got, CMSG_DATA(cmsg), sizeof(got));
	say(!memcmp(&got, &own, sizeof(own)));
	got.pid = 1 << 21;
	memcpy(CMSG_DATA(cmsg), &got, sizeof(got));
	say(sendmsg(ends[0], &msg, 0) < 0);
	close(ends[0]);
	close(ends[1]);
}

/* A pair between parent and child, which is what most programs have them for. */
static void children(void)
{
	int ends[2], status = -1;

	say(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	fflush(stdout);
	if (!fork()) {
		close(ends[0]);
		_exit(read(ends[1], buf, 10) == 5 && write(ends[1], "up", 2) == 2 ? 7 : 1);
	}
	close(ends[1]);
	say(write(ends[0], "down!", 5));
	say(read(ends[0], buf, 10));
	say(wait(&status) > 0);
	say(WEXITSTATUS(status));
	say(read(ends[0], buf, 10));
	close(ends[0]);
}

static void *write_later(void *arg)
{
	usleep(30000);
	write(*(int *)arg, "w", 1);
	return NULL;
}

/* Waits that only the other end can end. */
static void waits(void)
{
	pthread_t thread;
	struct pollfd pfd = { .events = POLLIN };
	int ends[2];

	say(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	pthread_create(&thread, NULL, write_later, &ends[0]);
	say(read(ends[1], buf, 10));
	pthread_join(thread, NULL);
	pfd.fd = ends[1];
	pthread_create(&thread, NULL, write_later, &ends[0]);
	say(poll(&pfd, 1, 5000));
	pthread_join(thread, NULL);
	say(read(ends[1], buf, 10));
	signal(SIGPIPE, SIG_IGN);
	close(ends[0]);
	say(write(ends[1], "x", 1));
	close(ends[1]);
}

int main(void)
{
	int none[2];

	setvbuf(stdout, NULL, _IOLBF, 0);
	closefrom(3);
	pairs(SOCK_STREAM);
	pairs(SOCK_DGRAM);
	pairs(SOCK_SEQPACKET);
	say(socketpair(AF_UNIX, 77, 0, none));
	names();
	rights();
	many_rights();
	credentials();
	children();
	waits();
	return 0;
}
