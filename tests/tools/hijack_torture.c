// SPDX-License-Identifier: GPL-2.0
/*
 * hijack_torture.c - many threads that open, pass, duplicate and close descriptors
 *
 * Layer:   tests/tools, an ordinary program that knows nothing of the library.
 * Users:   hijack_calls.sh, under liblkl-hijack.so; it also runs on the host.
 *
 * Each connection carries its own number over and over. Whoever reads another's
 * number has had a descriptor that meant two things. Meanwhile a thread opens and
 * closes host files, whose contents would be seen on sockets or the other way
 * round, one closes numbers that others may be about to use, and pairs of threads
 * wake each other by a socket of the library and a pipe of the host in turns,
 * which hangs if one wake-up is lost.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define SECONDS		4
#define WORKERS		4
#define TURNS_PAIRS	3

static atomic_bool stop;
static atomic_uint rounds, turns;
static struct sockaddr_in server;
static int listener;

static void fail(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	_exit(1);
}

static void need(int condition, const char *what)
{
	if (!condition)
		fail(what);
}

static void listener_open(void)
{
	socklen_t len = sizeof(server);

	server.sin_family = AF_INET;
	server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(AF_INET, SOCK_STREAM, 0);
	need(listener >= 0, "socket");
	need(!bind(listener, (struct sockaddr *)&server, len), "bind");
	need(!listen(listener, 128), "listen");
	getsockname(listener, (struct sockaddr *)&server, &len);
}

/* What a connection says is the number it began with. */
static void *echo(void *arg)
{
	uint64_t value;
	int fd, copy;

	while (!stop) {
		fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			break;
		copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		need(copy >= 0, "fcntl");
		close(fd);
		while (recv(copy, &value, sizeof(value), MSG_WAITALL) == sizeof(value))
			if (send(copy, &value, sizeof(value), MSG_NOSIGNAL) < 0)
				break;
		close(copy);
	}
	return NULL;
}

static void say(int fd, uint64_t number)
{
	uint64_t answer = 0;

	ssize_t put = send(fd, &number, sizeof(number), MSG_NOSIGNAL), got;

	got = recv(fd, &answer, sizeof(answer), MSG_WAITALL);
	/* At the end the other side goes first. */
	if (stop && (put < 0 || got <= 0))
		return;
	need(put == sizeof(number), "send");
	need(got == sizeof(answer), "recv");
	need(answer == number, "another's number");
}

static void *client(void *arg)
{
	uint64_t number = (uintptr_t)arg << 32;
	int fd, copy;

	while (!stop) {
		fd = socket(AF_INET, SOCK_STREAM, 0);
		need(fd >= 0, "socket");
		need(!connect(fd, (struct sockaddr *)&server, sizeof(server)) ||
		     stop, "connect");
		say(fd, ++number);
		copy = dup(fd);
		need(copy >= 0, "dup");
		close(fd);
		for (int i = 0; i < 4; i++)
			say(copy, ++number);
		close(copy);
		rounds++;
	}
	return NULL;
}

/* Files of the host, whose numbers were sockets' a moment ago. */
static void *files(void *arg)
{
	char head[5];
	int fd;

	while (!stop) {
		fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
		need(fd >= 0, "open");
		need(read(fd, head, 4) == 4 && !memcmp(head, "\177ELF", 4),
		     "a file that is none");
		need(lseek(fd, 0, SEEK_SET) == 0, "lseek");
		close(fd);
	}
	return NULL;
}

/* A descriptor that another thread closes while it is used. */
static atomic_int shared = -1;

static void *user(void *arg)
{
	char byte;
	int fd;

	while (!stop) {
		fd = shared;
		if (fd < 0)
			continue;
		/* Right or wrong number by then: it must not hang or crash. */
		recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
		getsockopt(fd, SOL_SOCKET, SO_TYPE, &byte, &(socklen_t){ 1 });
	}
	return NULL;
}

static void *closer(void *arg)
{
	int fd;

	while (!stop) {
		fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
		need(fd >= 0, "socket");
		shared = fd;
		sched_yield();
		shared = -1;
		need(!close(fd), "close");
	}
	return NULL;
}

/* Two threads that wake each other: by the library, then by the host. */
struct table {
	int lib[2];
	int host[2];
	int way;
};

static int wait_poll(struct table *table, int side)
{
	struct pollfd fds[2] = {
		{ table->lib[side], POLLIN, 0 }, { table->host[side], POLLIN, 0 },
	};

	if (poll(fds, 2, 10000) <= 0)
		return -1;
	return fds[0].revents & POLLIN ? table->lib[side] : table->host[side];
}

static int wait_select(struct table *table, int side)
{
	struct timeval tv = { 10, 0 };
	fd_set in;

	FD_ZERO(&in);
	FD_SET(table->lib[side], &in);
	FD_SET(table->host[side], &in);
	if (select(FD_SETSIZE, &in, NULL, NULL, &tv) <= 0)
		return -1;
	return FD_ISSET(table->lib[side], &in) ? table->lib[side] :
	       table->host[side];
}

static int wait_epoll(int epoll)
{
	struct epoll_event event;

	return epoll_wait(epoll, &event, 1, 10000) == 1 ? event.data.fd : -1;
}

static int epoll_for(struct table *table, int side)
{
	struct epoll_event event = { .events = EPOLLIN | (side ? EPOLLET : 0) };
	int epoll = epoll_create1(0);

	event.data.fd = table->lib[side];
	need(!epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event), "epoll_ctl");
	event.data.fd = table->host[side];
	need(!epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event), "epoll_ctl");
	return epoll;
}

static void answer(struct table *table, int side, unsigned int turn)
{
	int fd = turn % 3 ? table->host[side] : table->lib[side];

	need(write(fd, "t", 1) == 1, "turn");
}

static void play(struct table *table, int side)
{
	int epoll = table->way == 2 ? epoll_for(table, side) : -1, fd;
	unsigned int turn = 0;
	char byte;

	if (!side)
		answer(table, side, 0);
	while (!stop) {
		fd = table->way == 0 ? wait_poll(table, side) :
		     table->way == 1 ? wait_select(table, side) : wait_epoll(epoll);
		if (stop)
			break;
		if (fd < 0) {
			fprintf(stderr, "way %d, side %d, turn %u: ", table->way,
				side, turn);
			fail("a wake-up was lost");
		}
		need(read(fd, &byte, 1) == 1, "read");
		answer(table, side, ++turn);
		turns++;
	}
	/* The other side may be waiting for us. */
	answer(table, side, 1);
}

static void *player_one(void *arg)
{
	play(arg, 0);
	return NULL;
}

static void *player_two(void *arg)
{
	play(arg, 1);
	return NULL;
}

static void table_open(struct table *table, int way)
{
	struct sockaddr_in addr = server;
	socklen_t len = sizeof(addr);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	addr.sin_port = 0;
	need(!bind(fd, (struct sockaddr *)&addr, len) && !listen(fd, 1), "listen");
	getsockname(fd, (struct sockaddr *)&addr, &len);
	table->lib[0] = socket(AF_INET, SOCK_STREAM, 0);
	need(!connect(table->lib[0], (struct sockaddr *)&addr, len), "connect");
	table->lib[1] = accept(fd, NULL, NULL);
	close(fd);
	need(!socketpair(AF_UNIX, SOCK_STREAM, 0, table->host), "socketpair");
	table->way = way;
}

int main(void)
{
	static struct table tables[TURNS_PAIRS];
	pthread_t threads[2 * WORKERS + 2 * TURNS_PAIRS + 3];
	int count = 0;

	alarm(SECONDS * 12);
	listener_open();
	for (int i = 0; i < TURNS_PAIRS; i++) {
		table_open(&tables[i], i);
		pthread_create(&threads[count++], NULL, player_one, &tables[i]);
		pthread_create(&threads[count++], NULL, player_two, &tables[i]);
	}
	for (int i = 0; i < WORKERS; i++) {
		pthread_create(&threads[count++], NULL, echo, NULL);
		pthread_create(&threads[count++], NULL, client,
			       (void *)(uintptr_t)(i + 1));
	}
	pthread_create(&threads[count++], NULL, files, NULL);
	pthread_create(&threads[count++], NULL, user, NULL);
	pthread_create(&threads[count++], NULL, closer, NULL);
	sleep(SECONDS);
	stop = true;
	shutdown(listener, SHUT_RDWR);
	while (count)
		pthread_join(threads[--count], NULL);
	printf("%u connections, %u turns\n", rounds, turns);
	return rounds < 10 || turns < 10;
}
