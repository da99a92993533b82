// SPDX-License-Identifier: GPL-2.0
/*
 * hijack_calls.c - what calls on sockets and their descriptors do, as a list
 *
 * Layer:   tests/tools, an ordinary program that knows nothing of the library.
 * Users:   hijack_calls.sh runs it on the host and under liblkl-hijack.so, and
 *	compares what it prints, which holds nothing that may differ.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hijack_rows.h"

static char buf[65536], out[65536];

/* An address that cannot be read or written, as the compiler does not know. */
static void *volatile bad = (void *)8;

static void numbers(void)
{
	int a, b, low;

	tcp_pair(&a, &b);
	low = open("/dev/null", O_RDONLY);
	printf("numbers: %d %d %d\n", a, b, low);
	close(low);
	say(dup(a) - low);
	say(dup2(a, 50));
	say(dup3(a, 51, O_CLOEXEC));
	say(dup3(a, a, 0));
	say(dup2(b, b) - b);
	say(dup2(99, 98));
	say(fcntl(a, F_DUPFD, 60));
	say(fcntl(a, F_DUPFD_CLOEXEC, 60));
	say(fcntl(60, F_GETFD));
	say(fcntl(61, F_GETFD));
	say(fcntl(51, F_GETFD));
	say(fcntl(50, F_SETFD, FD_CLOEXEC));
	say(fcntl(50, F_GETFD));
	say(fcntl(50, F_SETFL, O_NONBLOCK));
	say(fcntl(61, F_GETFL));
	say(read(a, buf, 1));
	say(fcntl(a, F_SETFL, 0));
	say(fcntl(50, F_GETFL));
	say(fcntl(a, 9999, 0));
	say(close(low));
	say(write(50, "hello", 5));
	say(read(b, buf, 10));
	say(close(a));
	say(close(a));
	say(read(a, buf, 1));
	say(write(51, "still", 5));
	say(read(b, buf, 10));
	/* A host file over a socket, and a socket over a host file. */
	low = open("/etc/passwd", O_RDONLY);
	say(dup2(low, 60));
	say(read(60, buf, 4) == 4);
	say(dup2(51, low) - low);
	say(write(low, "again", 5));
	say(read(b, buf, 10));
	close(low);
	close(60);
	close(61);
	close(50);
	say(close_range(51, 70, 0));
	say(read(b, buf, 10));
	say(close_range(70, 51, 0));
	closefrom(3);
	say(socket(AF_INET, SOCK_STREAM, 0));
	say(close_range(3, ~0U, 0));
	say(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
	say(fcntl(3, F_GETFD));
	say(fcntl(3, F_GETFL));
	close(3);
}

static void many_numbers(void)
{
	struct rlimit limit, small;
	int fd, count = 0;

	getrlimit(RLIMIT_NOFILE, &limit);
	small = limit;
	small.rlim_cur = 40;
	say(setrlimit(RLIMIT_NOFILE, &small));
	say(sysconf(_SC_OPEN_MAX));
	while ((fd = socket(AF_INET, SOCK_DGRAM, 0)) >= 0)
		count++;
	printf("%d sockets, then %s\n", count, strerror(errno));
	say(dup(3));
	say(open("/dev/null", O_RDONLY) < 0);
	closefrom(3);
	say(setrlimit(RLIMIT_NOFILE, &limit));
	getrlimit(RLIMIT_NOFILE, &small);
	say(small.rlim_cur == limit.rlim_cur);
}

/* Numbers up to the limit can be had, and none beyond. */
static void high_numbers(void)
{
	struct rlimit limit, small;
	int a, b, ends[2], file = open("/dev/null", O_RDONLY), failed = 0;

	tcp_pair(&a, &b);
	/* What is sent has a place of its own. */
	socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
	say(send_fd(ends[0], a));
	getrlimit(RLIMIT_NOFILE, &limit);
	small = limit;
	small.rlim_cur = 300;
	say(setrlimit(RLIMIT_NOFILE, &small));
	say(dup2(a, 299));
	say(dup2(a, 300));
	say(dup2(file, 300));
	say(dup3(file, 5000, O_CLOEXEC));
	say(dup2(a, -1));
	say(dup2(99, 300));
	say(fcntl(a, F_DUPFD, 300));
	say(fcntl(file, F_DUPFD, 300));
	say(fcntl(a, F_DUPFD, 299));
	say(fcntl(file, F_DUPFD, 298));
	say(fcntl(file, F_DUPFD, 298));
	close(298);
	close(299);
	say(setrlimit(RLIMIT_NOFILE, &limit));
	for (int fd = 30; fd < 1000; fd++)
		failed += dup2(fd % 2 ? a : file, fd) != fd;
	say(failed);
	say(write(999, "high", 4));
	say(recv(b, buf, 10, 0));
	say(receive_fd(ends[1]) >= 0);
	closefrom(3);
}

static void reading(void)
{
	struct iovec iov[2] = { { buf, 3 }, { buf + 3, 10 } };
	struct iovec parts[2] = { { "abc", 3 }, { "defg", 4 } };
	struct timeval tv = { 0, 10000 };
	int a, b, n, on = 1;

	tcp_pair(&a, &b);
	say(writev(b, parts, 2));
	say(readv(a, iov, 2));
	printf("%.7s\n", buf);
	say(pwritev2(b, iov, 2, -1, 0));
	say(preadv2(a, iov, 2, -1, 0));
	say(pread(a, buf, 1, 0));
	say(pwrite(a, buf, 1, 0));
	say(lseek(a, 0, SEEK_CUR));
	say(send(b, "peek", 4, 0));
	say(recv(a, buf, 10, MSG_PEEK));
	say(ioctl(a, FIONREAD, &n));
	say(n);
	say(recv(a, buf, 2, 0));
	say(recv(a, buf, 10, MSG_DONTWAIT));
	say(recv(a, buf, 10, MSG_DONTWAIT));
	say(setsockopt(a, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	say(recv(a, buf, 10, 0));
	say(ioctl(a, FIONBIO, &on));
	say(fcntl(a, F_GETFL));
	say(read(a, buf, 10));
	on = 0;
	say(ioctl(a, FIONBIO, &on));
	say(fcntl(a, F_GETFL));
	say(ioctl(a, FIOCLEX));
	say(fcntl(a, F_GETFD));
	say(ioctl(a, 0x5401, buf));
	say(read(a, bad, 10));
	say(write(b, bad, 10));
	say(recvfrom(a, buf, 10, MSG_DONTWAIT, NULL, NULL));
	say(shutdown(b, SHUT_WR));
	say(read(a, buf, 10));
	say(shutdown(b, 77));
	close(a);
	close(b);
}

static void names_of(void)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);
	struct linger linger = { 1, 3 };
	int a, b, value, pair[2];

	tcp_pair(&a, &b);
	say(getsockname(a, (struct sockaddr *)&addr, &len));
	say(len);
	say(getpeername(a, (struct sockaddr *)&addr, &len));
	say(((struct sockaddr_in *)&addr)->sin_addr.s_addr == htonl(0x7f000001));
	len = 2;
	say(getpeername(a, (struct sockaddr *)&addr, &len));
	say(len);
	len = sizeof(value);
	say(getsockopt(a, SOL_SOCKET, SO_TYPE, &value, &len));
	say(value);
	say(getsockopt(a, SOL_SOCKET, SO_DOMAIN, &value, &len));
	say(value);
	say(getsockopt(a, SOL_SOCKET, SO_ERROR, &value, &len));
	value = 1;
	say(setsockopt(a, IPPROTO_TCP, TCP_NODELAY, &value, sizeof(value)));
	value = 0;
	say(getsockopt(a, IPPROTO_TCP, TCP_NODELAY, &value, &len));
	say(value);
	say(setsockopt(a, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
	say(setsockopt(a, SOL_SOCKET, 9999, &value, sizeof(value)));
	say(connect(a, (struct sockaddr *)&addr, sizeof(addr)));
	say(listen(1000, 1));
	say(accept(a, NULL, NULL));
	say(accept4(a, NULL, NULL, 0x12345));
	close(a);
	close(b);
	say(socket(AF_INET, 77, 0));
	say(socket(AF_INET6, SOCK_STREAM, IPPROTO_UDP));
	say(socket(4711, SOCK_STREAM, 0));
	say(socketpair(AF_INET, SOCK_STREAM, 0, pair));
}

/* Datagrams: addresses, control data, several at once. */
static void messages(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET }, from;
	char control[256];
	struct iovec iov = { buf, sizeof(buf) }, iovs[2] = { { "one", 3 }, { "three", 5 } };
	struct msghdr msg = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov,
		.msg_iovlen = 1, .msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct mmsghdr several[3] = {
		{ .msg_hdr = { .msg_iov = &iovs[0], .msg_iovlen = 1 } },
		{ .msg_hdr = { .msg_iov = &iovs[1], .msg_iovlen = 1 } },
	};
	struct cmsghdr *cmsg;
	socklen_t len = sizeof(addr);
	int a = socket(AF_INET, SOCK_DGRAM, 0), b = socket(AF_INET, SOCK_DGRAM, 0);
	int on = 1;

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	say(bind(a, (struct sockaddr *)&addr, len));
	getsockname(a, (struct sockaddr *)&addr, &len);
	say(setsockopt(a, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)));
	say(sendto(b, "to", 2, 0, (struct sockaddr *)&addr, len));
	say(recvmsg(a, &msg, 0));
	cmsg = CMSG_FIRSTHDR(&msg);
	say(cmsg && cmsg->cmsg_level == IPPROTO_IP && cmsg->cmsg_type == IP_PKTINFO);
	say(msg.msg_namelen);
	say(connect(b, (struct sockaddr *)&addr, len));
	say(sendmmsg(b, several, 2, 0));
	say(several[1].msg_len);
	several[0].msg_hdr.msg_iov = several[1].msg_hdr.msg_iov = &iov;
	say(recvmmsg(a, several, 2, 0, NULL));
	say(several[1].msg_len);
	say(recvmmsg(a, several, 2, MSG_DONTWAIT, NULL));
	msg.msg_control = NULL;
	msg.msg_controllen = 0;
	msg.msg_name = NULL;
	iov.iov_len = 3;
	say(sendmsg(b, &msg, 0));
	say(recv(a, buf, 1, MSG_TRUNC));
	say(send(b, buf, 65535, 0));
	close(a);
	say(send(b, buf, 1, 0));
	usleep(1000);
	say(send(b, buf, 1, 0));
	say(recv(b, buf, 1, MSG_DONTWAIT));
	close(b);
}

static volatile sig_atomic_t pipes;

static void on_pipe(int signo)
{
	pipes++;
}

static void broken_pipe(void)
{
	int a, b, status;

	signal(SIGPIPE, on_pipe);
	tcp_pair(&a, &b);
	close(b);
	usleep(1000);
	write(a, "x", 1);
	usleep(1000);
	say(write(a, "x", 1));
	say(pipes);
	say(send(a, "x", 1, MSG_NOSIGNAL));
	say(pipes);
	signal(SIGPIPE, SIG_IGN);
	say(write(a, "x", 1));
	say(pipes);
	close(a);
	signal(SIGPIPE, SIG_DFL);
	(void)status;
}

/* Files of the host to sockets and back. */
static void transfers(void)
{
	char name[] = "transfer.XXXXXX";
	int file = mkstemp(name), a, b, pipes_[2];
	off_t pos = 10;

	unlink(name);
	for (size_t i = 0; i < sizeof(buf); i++)
		buf[i] = (char)(i * 7 + i / 251);
	memcpy(out, buf, sizeof(buf));
	write(file, buf, sizeof(buf));
	lseek(file, 5, SEEK_SET);
	tcp_pair(&a, &b);
	say(sendfile(a, file, NULL, 1000));
	say(lseek(file, 0, SEEK_CUR));
	say(recv(b, buf, 2000, MSG_WAITALL | MSG_DONTWAIT));
	say(memcmp(buf, out + 5, 1000));
	say(sendfile(a, file, &pos, 100000) == sizeof(buf) - 10);
	say(pos);
	say(lseek(file, 0, SEEK_CUR));
	say(recv(b, buf, sizeof(buf) - 10, MSG_WAITALL));
	say(memcmp(buf, out + 10, sizeof(buf) - 10));
	say(sendfile(a, file, &pos, 10));
	say(sendfile(file, a, NULL, 10) < 0);
	say(sendfile(a, b, NULL, 10) < 0);
	pipe(pipes_);
	say(write(a, "through a pipe", 14));
	usleep(2000);
	say(splice(b, NULL, pipes_[1], NULL, 100, 0));
	fcntl(b, F_SETFL, O_NONBLOCK);
	say(splice(b, NULL, pipes_[1], NULL, 100, 0));
	fcntl(b, F_SETFL, 0);
	say(splice(pipes_[0], NULL, b, NULL, 7, 0));
	say(splice(pipes_[0], NULL, b, NULL, 100, SPLICE_F_MOVE));
	say(splice(pipes_[0], NULL, b, NULL, 100, SPLICE_F_NONBLOCK));
	usleep(2000);
	say(recv(a, buf, 100, 0));
	printf("%.14s\n", buf);
	say(splice(a, NULL, file, NULL, 5, 0));
	say(splice(pipes_[0], &pos, b, NULL, 5, 0));
	say(shutdown(a, SHUT_WR));
	say(splice(b, NULL, pipes_[1], NULL, 100, 0));
	say(copy_file_range(file, NULL, a, NULL, 5, 0) < 0);
	close(a);
	close(b);
	close(file);
	close(pipes_[0]);
	close(pipes_[1]);
}

static void streams(void)
{
	char *line = NULL;
	size_t size = 0;
	FILE *in, *to;
	int a, b;

	tcp_pair(&a, &b);
	in = fdopen(a, "r");
	to = fdopen(b, "w");
	say(fileno(in) == a);
	say(fprintf(to, "line %d\nnext\n", 1));
	say(fflush(to));
	say(getline(&line, &size, in));
	say(getline(&line, &size, in));
	printf("%s", line);
	say(dprintf(b, "printed %s\n", "directly"));
	say(getline(&line, &size, in));
	printf("%s", line);
	say(fclose(to));
	say(getline(&line, &size, in));
	say(feof(in) != 0);
	say(fclose(in));
	say(close(a));
	free(line);
}

/* Standard output on a socket, and back. */
static void standard_streams(void)
{
	int a, b, saved;

	tcp_pair(&a, &b);
	fflush(stdout);
	saved = dup(STDOUT_FILENO);
	dup2(a, STDOUT_FILENO);
	printf("to the socket\n");
	puts("and more");
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	usleep(2000);
	say(recv(b, buf, 100, MSG_DONTWAIT));
	printf("%.22s", buf);
	close(a);
	close(b);
}

/* A socket over a unix socket; the sender closes before it arrives. */
static void passing(void)
{
	int a, b, c, ends[2];

	tcp_pair(&a, &b);
	say(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	say(send_fd(ends[0], a));
	say(send_fd(ends[0], a));
	say(close(a));
	c = receive_fd(ends[1]);
	say(c >= 0);
	say(fcntl(c, F_GETFD));
	say(write(c, "passed", 6));
	say(recv(b, buf, 10, 0));
	say(close(c));
	usleep(1000);
	say(recv(b, buf, 10, MSG_DONTWAIT));
	c = receive_fd(ends[1]);
	say(write(c, "twice", 5));
	say(recv(b, buf, 10, 0));
	say(close(c));
	usleep(1000);
	say(recv(b, buf, 10, MSG_DONTWAIT));
	close(b);
	close(ends[0]);
	close(ends[1]);
}

static void lookups(void)
{
	struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM };
	struct addrinfo *info = NULL, *one;
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons(80) };
	struct hostent *ent;
	struct ifaddrs *all = NULL, *ifa;
	char host[100], service[100], name[IF_NAMESIZE];
	int loopbacks = 0;

	say(getaddrinfo("localhost", "http", &hints, &info));
	for (one = info; one; one = one->ai_next)
		printf("%d %d %s\n", one->ai_family, one->ai_socktype,
		       inet_ntoa(((struct sockaddr_in *)one->ai_addr)->sin_addr));
	freeaddrinfo(info);
	say(getaddrinfo("127.0.0.1", "1234", &hints, &info));
	freeaddrinfo(info);
	hints.ai_flags = AI_PASSIVE;
	say(getaddrinfo(NULL, "80", &hints, &info));
	printf("%s\n", inet_ntoa(((struct sockaddr_in *)info->ai_addr)->sin_addr));
	freeaddrinfo(info);
	hints.ai_flags = AI_NUMERICHOST;
	printf("%s\n", gai_strerror(getaddrinfo("localhost", "80", &hints, &info)));
	hints.ai_flags = 0;
	printf("%s\n", gai_strerror(getaddrinfo("127.0.0.1", "nosuch", &hints, &info)));
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	say(getnameinfo((struct sockaddr *)&addr, sizeof(addr), host, sizeof(host),
			service, sizeof(service), 0));
	printf("%s %s\n", host, service);
	say(getnameinfo((struct sockaddr *)&addr, sizeof(addr), host, sizeof(host),
			service, sizeof(service), NI_NUMERICHOST | NI_NUMERICSERV));
	printf("%s %s\n", host, service);
	ent = gethostbyname("localhost");
	printf("%s %d\n", ent->h_name, ent->h_length);
	ent = gethostbyname("10.1.2.3");
	printf("%s %s\n", ent->h_name, inet_ntoa(*(struct in_addr *)ent->h_addr_list[0]));
	ent = gethostbyaddr(&addr.sin_addr, 4, AF_INET);
	printf("%s\n", ent->h_name);
	say(if_nametoindex("lo"));
	say(if_nametoindex("nosuch"));
	printf("%s\n", if_indextoname(1, name));
	say(getifaddrs(&all));
	for (ifa = all; ifa; ifa = ifa->ifa_next)
		loopbacks += ifa->ifa_addr && ifa->ifa_addr->sa_family == AF_INET &&
			     !strcmp(ifa->ifa_name, "lo") &&
			     ((struct sockaddr_in *)ifa->ifa_netmask)->sin_addr.s_addr ==
			     htonl(0xff000000);
	say(loopbacks);
	freeifaddrs(all);
}

static void interrupted(int signo)
{
}

/* Handlers end calls, or they are restarted. */
static void *write_later(void *arg)
{
	usleep(200000);
	write(*(int *)arg, "w", 1);
	return NULL;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
/* The same by what System V and BSD had. */
static void old_restarts(int a, int b)
{
	struct sigaction now;
	pthread_t thread;

	say(siginterrupt(SIGALRM, 1));
	say(read(a, buf, 1));
	say(siginterrupt(SIGALRM, 0));
	sigaction(SIGALRM, NULL, &now);
	say(now.sa_handler == interrupted && now.sa_flags == SA_RESTART);
	pthread_create(&thread, NULL, write_later, &b);
	say(read(a, buf, 1));
	pthread_join(thread, NULL);
	say(sigset(SIGALRM, SIG_HOLD) == interrupted);
	say(sigset(SIGALRM, interrupted) == SIG_HOLD);
	say(sigset(SIGALRM, interrupted) == interrupted);
	say(read(a, buf, 1));
	say(sysv_signal(SIGUSR1, interrupted) == SIG_DFL);
	raise(SIGUSR1);
	sigaction(SIGUSR1, NULL, &now);
	say(now.sa_handler == SIG_DFL);
	say(sigset(SIGKILL, interrupted) == SIG_ERR);
	say(sysv_signal(SIGUSR1, SIG_ERR) == SIG_ERR);
	say(siginterrupt(1000, 1));
}
#pragma GCC diagnostic pop

static void restarts(void)
{
	struct sigaction action = { .sa_handler = interrupted }, old;
	/* Again and again, since the first may come before the call. */
	struct itimerval timer = { { 0, 50000 }, { 0, 50000 } }, none = { 0 };
	pthread_t thread;
	int a, b;

	tcp_pair(&a, &b);
	say(sigaction(SIGALRM, &action, NULL));
	say(sigaction(SIGALRM, NULL, &old));
	say(old.sa_handler == interrupted && !(old.sa_flags & SA_SIGINFO));
	setitimer(ITIMER_REAL, &timer, NULL);
	say(read(a, buf, 1));
	action.sa_flags = SA_RESTART;
	say(sigaction(SIGALRM, &action, NULL));
	pthread_create(&thread, NULL, write_later, &b);
	say(read(a, buf, 1));
	pthread_join(thread, NULL);
	old_restarts(a, b);
	setitimer(ITIMER_REAL, &none, NULL);
	close(a);
	close(b);
}

static void *read_until(void *arg)
{
	char byte;

	read(*(int *)arg, &byte, 1);
	return NULL;
}

/* A blocked thread can be cancelled. */
static void cancel(void)
{
	void *result = NULL;
	pthread_t thread;
	int a, b;

	tcp_pair(&a, &b);
	pthread_create(&thread, NULL, read_until, &a);
	usleep(20000);
	say(pthread_cancel(thread));
	say(pthread_join(thread, &result));
	say(result == PTHREAD_CANCELED);
	say(write(b, "x", 1));
	say(recv(a, buf, 5, MSG_DONTWAIT));
	close(a);
	close(b);
}

/* Many, at whatever point they are in the call. */
static void cancels(void)
{
	int a, b, wrong = 0;
	pthread_t thread;

	for (int i = 0; i < 50; i++) {
		tcp_pair(&a, &b);
		pthread_create(&thread, NULL, read_until, &a);
		usleep(i % 5 * 60);
		pthread_cancel(thread);
		pthread_join(thread, NULL);
		write(b, "x", 1);
		wrong += recv(a, buf, 5, MSG_DONTWAIT) != 1;
		close(a);
		close(b);
	}
	say(wrong);
}

/* Children that run programs are not disturbed by what they inherit. */
static void children(void)
{
	int a, b, status = -1;
	FILE *out_;

	tcp_pair(&a, &b);
	fflush(stdout);
	say(system("exit 3") >> 8);
	out_ = popen("echo from a child", "r");
	fgets(buf, sizeof(buf), out_);
	printf("%s", buf);
	say(pclose(out_));
	fflush(stdout);
	if (!vfork()) {
		close(a);
		close(b);
		_exit(7);
	}
	wait(&status);
	say(WEXITSTATUS(status));
	say(write(a, "alive", 5));
	say(recv(b, buf, 10, 0));
	close(a);
	close(b);
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	closefrom(3);
	numbers();
	many_numbers();
	high_numbers();
	reading();
	names_of();
	messages();
	broken_pipe();
	transfers();
	streams();
	standard_streams();
	passing();
	lookups();
	restarts();
	cancel();
	cancels();
	children();
	return 0;
}
