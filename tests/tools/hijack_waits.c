// SPDX-License-Identifier: GPL-2.0
/*
 * hijack_waits.c - what poll, select and epoll say, as a table
 *
 * Layer:   tests/tools, an ordinary program that knows nothing of the library.
 * Users:   hijack_calls.sh runs it on the host and under liblkl-hijack.so, and
 *	compares what it prints, which holds no numbers that may differ.
 *
 * Each row is one situation of two descriptors, A (a TCP or UDP socket: the
 * library's when hijacked) and B (a pipe, an eventfd or a unix socket: the
 * host's), waited for in each of the ways.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define must(call) must_at((long)(call), #call, __LINE__)

static long must_at(long ret, const char *what, int line)
{
	if (ret >= 0)
		return ret;
	printf("line %d: %s: %s\n", line, what, strerror(errno));
	exit(1);
}

/* The pair under test: what is waited for, and the far end of each. */
struct pair {
	int a, a_far;
	int b, b_far;
};

static void tcp_pair(int *near, int *far)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(addr);
	int listener = (int)must(socket(AF_INET, SOCK_STREAM, 0));

	must(bind(listener, (struct sockaddr *)&addr, len));
	must(listen(listener, 1));
	must(getsockname(listener, (struct sockaddr *)&addr, &len));
	*far = (int)must(socket(AF_INET, SOCK_STREAM, 0));
	must(connect(*far, (struct sockaddr *)&addr, len));
	*near = (int)must(accept(listener, NULL, NULL));
	close(listener);
}

static struct pair pair_open(void)
{
	struct pair pair;
	int ends[2];

	tcp_pair(&pair.a, &pair.a_far);
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	pair.b = ends[0];
	pair.b_far = ends[1];
	return pair;
}

static void pair_close(struct pair *pair)
{
	close(pair->a);
	close(pair->a_far);
	close(pair->b);
	close(pair->b_far);
}

/* Situations */

static void nothing(struct pair *pair)
{
}

static void a_readable(struct pair *pair)
{
	must(write(pair->a_far, "x", 1));
}

static void b_readable(struct pair *pair)
{
	must(write(pair->b_far, "x", 1));
}

static void both_readable(struct pair *pair)
{
	a_readable(pair);
	b_readable(pair);
}

static void a_half_closed(struct pair *pair)
{
	must(shutdown(pair->a_far, SHUT_WR));
}

static void b_half_closed(struct pair *pair)
{
	must(shutdown(pair->b_far, SHUT_WR));
}

static void a_closed(struct pair *pair)
{
	must(shutdown(pair->a, SHUT_WR));
	must(shutdown(pair->a_far, SHUT_WR));
}

static void a_reset(struct pair *pair)
{
	struct linger hard = { 1, 0 };

	must(setsockopt(pair->a_far, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard)));
	close(pair->a_far);
	pair->a_far = -1;
}

static void b_closed(struct pair *pair)
{
	close(pair->b_far);
	pair->b_far = -1;
}

static void a_urgent(struct pair *pair)
{
	must(send(pair->a_far, "u", 1, MSG_OOB));
}

static void fill(int fd)
{
	static char bytes[65536];
	int flags = fcntl(fd, F_GETFL);

	fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	while (write(fd, bytes, sizeof(bytes)) > 0)
		;
	usleep(20000);
	while (write(fd, bytes, sizeof(bytes)) > 0)
		;
	fcntl(fd, F_SETFL, flags);
}

static void a_full(struct pair *pair)
{
	fill(pair->a);
}

static void b_full(struct pair *pair)
{
	fill(pair->b);
}

struct situation {
	const char *name;
	void (*make)(struct pair *pair);
};

static const struct situation situations[] = {
	{ "nothing", nothing },
	{ "A readable", a_readable },
	{ "B readable", b_readable },
	{ "both readable", both_readable },
	{ "A half closed", a_half_closed },
	{ "B half closed", b_half_closed },
	{ "A closed both ways", a_closed },
	{ "A reset", a_reset },
	{ "B closed", b_closed },
	{ "A urgent", a_urgent },
	{ "A full", a_full },
	{ "B full", b_full },
};

/* Ways to wait. They print what they were told. */

static void print_bits(const char *name, unsigned int bits)
{
	static const struct { unsigned int bit; const char *name; } names[] = {
		{ EPOLLIN, "IN" }, { EPOLLPRI, "PRI" }, { EPOLLOUT, "OUT" },
		{ EPOLLERR, "ERR" }, { EPOLLHUP, "HUP" }, { POLLNVAL, "NVAL" },
		{ EPOLLRDHUP, "RDHUP" },
	};

	printf(" %s=", name);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (bits & names[i].bit)
			printf("%s,", names[i].name);
}

#define ALL_EVENTS	(POLLIN | POLLPRI | POLLOUT | POLLRDHUP)

static void poll_for(struct pair *pair, short events, int timeout)
{
	struct pollfd fds[3] = {
		{ pair->a, events, 0 }, { pair->b, events, 0 }, { -1, events, 9 },
	};
	int ret = poll(fds, 3, timeout);

	printf("  poll(%s,%d): %d", events == ALL_EVENTS ? "all" : "in", timeout,
	       ret);
	print_bits("A", (unsigned short)fds[0].revents);
	print_bits("B", (unsigned short)fds[1].revents);
	printf(" %d\n", fds[2].revents);
}

static void ppoll_for(struct pair *pair)
{
	struct pollfd fds[2] = { { pair->b, POLLIN, 0 }, { pair->a, POLLIN, 0 } };
	struct timespec ts = { 0, 5000000 };
	sigset_t mask;
	int ret;

	sigemptyset(&mask);
	ret = ppoll(fds, 2, &ts, &mask);
	printf("  ppoll: %d", ret);
	print_bits("A", (unsigned short)fds[1].revents);
	print_bits("B", (unsigned short)fds[0].revents);
	printf("\n");
}

static void select_for(struct pair *pair, long usec)
{
	int a = pair->a, b = pair->b, high = (a > b ? a : b) + 1, ret;
	struct timeval tv = { 0, usec };
	fd_set in, out, except;

	FD_ZERO(&in);
	FD_SET(a, &in);
	FD_SET(b, &in);
	except = in;
	FD_ZERO(&out);
	if (!usec) {
		FD_SET(a, &out);
		FD_SET(b, &out);
	}
	ret = select(high, &in, &out, &except, &tv);
	printf("  select(%ld): %d A=%d%d%d B=%d%d%d\n", usec, ret,
	       ret > 0 && FD_ISSET(a, &in), ret > 0 && FD_ISSET(a, &out),
	       ret > 0 && FD_ISSET(a, &except), ret > 0 && FD_ISSET(b, &in),
	       ret > 0 && FD_ISSET(b, &out), ret > 0 && FD_ISSET(b, &except));
}

static void print_events(const char *name, int ret,
			 const struct epoll_event *events)
{
	unsigned int a = 0, b = 0;

	for (int i = 0; i < ret; i++) {
		if (events[i].data.u32 == 'A')
			a |= events[i].events;
		else
			b |= events[i].events;
	}
	printf("  %s: %d", name, ret);
	print_bits("A", a);
	print_bits("B", b);
	printf("\n");
}

static void member(int epoll, int op, int fd, uint32_t events, char name)
{
	struct epoll_event event = { events, { .u32 = (uint32_t)name } };

	must(epoll_ctl(epoll, op, fd, &event));
}

static int epoll_of(struct pair *pair, uint32_t events)
{
	int epoll = (int)must(epoll_create1(EPOLL_CLOEXEC));

	member(epoll, EPOLL_CTL_ADD, pair->a, events, 'A');
	member(epoll, EPOLL_CTL_ADD, pair->b, events, 'B');
	return epoll;
}

/* Three waits in a row: level stays, edge and one-shot go. */
static void epoll_for(struct pair *pair, const char *name, uint32_t extra)
{
	int epoll = epoll_of(pair, EPOLLIN | EPOLLRDHUP | extra);
	struct epoll_event events[8];

	for (int i = 0; i < 3; i++)
		print_events(name, epoll_wait(epoll, events, 8, i ? 5 : 0), events);
	if (extra & EPOLLONESHOT) {
		member(epoll, EPOLL_CTL_MOD, pair->a, EPOLLIN | extra, 'A');
		member(epoll, EPOLL_CTL_MOD, pair->b, EPOLLIN | extra, 'B');
		print_events("rearmed", epoll_wait(epoll, events, 8, 5), events);
	}
	close(epoll);
}

static void nested_for(struct pair *pair)
{
	int inner = epoll_of(pair, EPOLLIN), outer = (int)must(epoll_create(1));
	struct pollfd pfd = { .fd = outer, .events = POLLIN };
	struct epoll_event events[4];
	int ret;

	member(outer, EPOLL_CTL_ADD, inner, EPOLLIN, 'A');
	ret = epoll_wait(outer, events, 4, 5);
	printf("  nested: %d", ret > 0);
	printf(" poll %d", poll(&pfd, 1, 0));
	print_bits("", (unsigned short)pfd.revents);
	printf("\n");
	close(inner);
	close(outer);
}

static void row(const struct situation *situation)
{
	struct pair pair = pair_open();

	situation->make(&pair);
	usleep(2000);
	printf("%s\n", situation->name);
	poll_for(&pair, ALL_EVENTS, 0);
	poll_for(&pair, POLLIN, 5);
	ppoll_for(&pair);
	select_for(&pair, 0);
	select_for(&pair, 5000);
	epoll_for(&pair, "level", 0);
	epoll_for(&pair, "edge", EPOLLET);
	epoll_for(&pair, "oneshot", EPOLLONESHOT);
	epoll_for(&pair, "exclusive", EPOLLOUT);
	nested_for(&pair);
	pair_close(&pair);
}

/* Things that happen during the wait */

static void *do_later(void *arg)
{
	void **call = arg;
	void (*make)(struct pair *pair) = (void (*)(struct pair *))call[0];

	usleep(30000);
	make(call[1]);
	return NULL;
}

static long elapsed_ms(const struct timespec *start)
{
	struct timespec end;

	clock_gettime(CLOCK_MONOTONIC, &end);
	return (end.tv_sec - start->tv_sec) * 1000 +
	       (end.tv_nsec - start->tv_nsec) / 1000000;
}

static void during(const struct situation *situation, int way)
{
	struct pair pair = pair_open();
	void *call[2] = { (void *)situation->make, &pair };
	struct epoll_event events[4];
	struct timespec start;
	pthread_t thread;
	int epoll = -1;

	if (way == 2)
		epoll = epoll_of(&pair, EPOLLIN | EPOLLRDHUP);
	printf("during the wait: %s\n", situation->name);
	pthread_create(&thread, NULL, do_later, call);
	clock_gettime(CLOCK_MONOTONIC, &start);
	if (way == 0)
		poll_for(&pair, POLLIN, 5000);
	else if (way == 1)
		select_for(&pair, 900000);
	else
		print_events("epoll", epoll_wait(epoll, events, 4, 5000), events);
	printf("  in time: %d\n", elapsed_ms(&start) < 800);
	pthread_join(thread, NULL);
	if (epoll >= 0)
		close(epoll);
	pair_close(&pair);
}

/* The first library member comes while a thread waits for host members. */
static void *add_later(void *arg)
{
	int *fds = arg;

	usleep(30000);
	member(fds[0], EPOLL_CTL_ADD, fds[1], EPOLLIN, 'A');
	return NULL;
}

static void late_member(void (*make)(struct pair *pair), bool host_late)
{
	struct pair pair = pair_open();
	int fds[2] = { (int)must(epoll_create1(0)), host_late ? pair.b : pair.a };
	struct epoll_event events[4];
	struct timespec start;
	pthread_t thread;

	member(fds[0], EPOLL_CTL_ADD, host_late ? pair.a : pair.b, EPOLLIN, 'B');
	make(&pair);
	pthread_create(&thread, NULL, add_later, fds);
	clock_gettime(CLOCK_MONOTONIC, &start);
	print_events("late member", epoll_wait(fds[0], events, 4, 5000), events);
	printf("  in time: %d\n", elapsed_ms(&start) < 800);
	pthread_join(thread, NULL);
	close(fds[0]);
	pair_close(&pair);
}

/* Signals */

static volatile sig_atomic_t handled;

static void on_signal(int signo)
{
	handled++;
}

/* Again and again, since the first may come before the wait. */
static void alarm_in(long usec)
{
	struct itimerval timer = { { 0, usec }, { 0, usec } };

	setitimer(ITIMER_REAL, &timer, NULL);
}

static int wait_once(struct pair *pair, int epoll, int way, const sigset_t *mask)
{
	struct pollfd fds[2] = { { pair->a, POLLIN, 0 }, { pair->b, POLLIN, 0 } };
	struct timespec ts = { 3, 0 };
	struct epoll_event event;
	fd_set in;

	switch (way) {
	case 0:
		return ppoll(fds, 2, &ts, mask);
	case 1:
		FD_ZERO(&in);
		FD_SET(pair->a, &in);
		FD_SET(pair->b, &in);
		return pselect(FD_SETSIZE, &in, NULL, NULL, &ts, mask);
	case 2:
		return epoll_pwait(epoll, &event, 1, 3000, mask);
	default:
		return epoll_pwait2(epoll, &event, 1, &ts, mask);
	}
}

/* Blocked until the wait lets it in: raised before, or during it. */
static void masked(int way, bool before)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct pair pair = pair_open();
	int epoll = epoll_of(&pair, EPOLLIN), ret, err;
	sigset_t block, open;

	sigaction(SIGALRM, &action, NULL);
	sigemptyset(&block);
	sigaddset(&block, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &block, &open);
	handled = 0;
	if (before)
		raise(SIGALRM);
	else
		alarm_in(100000);
	ret = wait_once(&pair, epoll, way, &open);
	err = errno;
	alarm_in(0);
	printf("masked %d %d: %d %s handled %d\n", way, before, ret,
	       ret < 0 ? strerror(err) : "", handled > 0);
	pthread_sigmask(SIG_SETMASK, &open, NULL);
	close(epoll);
	pair_close(&pair);
}

/* A signal in an ordinary wait; waits are not restarted. */
static void interrupted(int way, int flags)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = flags };
	struct pair pair = pair_open();
	int epoll = epoll_of(&pair, EPOLLIN), ret, err;

	sigaction(SIGALRM, &action, NULL);
	handled = 0;
	alarm_in(100000);
	ret = wait_once(&pair, epoll, way, NULL);
	err = errno;
	alarm_in(0);
	printf("interrupted %d: %d %s handled %d\n", way, ret,
	       ret < 0 ? strerror(err) : "", handled > 0);
	close(epoll);
	pair_close(&pair);
}

#define try(call) \
do { \
	errno = 0; \
	ret = (int)(call); \
	printf("%s: %d %s\n", #call, ret, ret < 0 ? strerror(errno) : ""); \
} while (0)

static void errors(void)
{
	struct pair pair = pair_open();
	int epoll = (int)must(epoll_create1(0)), closed = dup(pair.a), file;
	struct epoll_event event = { EPOLLIN, { .u32 = 'A' } }, out[2];
	struct pollfd fds[2] = { { closed, POLLIN, 0 }, { pair.b, POLLIN, 0 } };
	int ret;

	close(closed);
	try(epoll_ctl(epoll, EPOLL_CTL_ADD, pair.a, &event));
	try(epoll_ctl(epoll, EPOLL_CTL_ADD, pair.a, &event));
	try(epoll_ctl(epoll, EPOLL_CTL_MOD, pair.b, &event));
	try(epoll_ctl(epoll, EPOLL_CTL_DEL, pair.b, NULL));
	try(epoll_ctl(epoll, EPOLL_CTL_ADD, closed, &event));
	try(epoll_ctl(epoll, EPOLL_CTL_ADD, epoll, &event));
	try(epoll_ctl(pair.a, EPOLL_CTL_ADD, pair.b, &event));
	try(epoll_ctl(pair.b, EPOLL_CTL_ADD, pair.a, &event));
	try(epoll_ctl(epoll, 99, pair.a, &event));
	try(epoll_wait(epoll, out, 0, 0));
	try(epoll_wait(pair.a, out, 1, 0));
	try(epoll_wait(pair.b, out, 1, 0));
	try(poll(fds, 2, 5));
	print_bits("closed", (unsigned short)fds[0].revents);
	printf("\n");
	file = open("/dev/null", O_RDONLY);
	try(epoll_ctl(epoll, EPOLL_CTL_ADD, file, &event));
	close(file);
	file = open("/etc/passwd", O_RDONLY);
	fds[0] = (struct pollfd){ file, POLLIN, 0 };
	fds[1] = (struct pollfd){ pair.a, POLLIN, 0 };
	try(poll(fds, 2, 1000));
	try(epoll_ctl(epoll, EPOLL_CTL_DEL, pair.a, NULL));
	try(epoll_ctl(epoll, EPOLL_CTL_DEL, pair.a, NULL));
	close(file);
	close(epoll);
	pair_close(&pair);
}

/* EPOLLEXCLUSIVE: one of those who wait is woken, and none too few. */

#define WAITERS	4
#define ROUNDS	3

/* Shared with forked children. */
struct crowd {
	int listener, pipe[2], stop[2];
	int asleep, accepted, received, vain;
};

static int listen_any(struct sockaddr_in *addr)
{
	socklen_t len = sizeof(*addr);
	int fd = (int)must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));

	*addr = (struct sockaddr_in){
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	must(bind(fd, (struct sockaddr *)addr, len));
	must(listen(fd, 16));
	must(getsockname(fd, (struct sockaddr *)addr, &len));
	return fd;
}

static void count(int *counter)
{
	__atomic_add_fetch(counter, 1, __ATOMIC_SEQ_CST);
}

static void crowd_take(struct crowd *crowd, uint32_t what)
{
	char byte;
	int fd;

	if (what == 'A') {
		fd = accept(crowd->listener, NULL, NULL);
		count(fd >= 0 ? &crowd->accepted : &crowd->vain);
		if (fd >= 0)
			close(fd);
	} else {
		count(read(crowd->pipe[0], &byte, 1) == 1 ? &crowd->received :
		      &crowd->vain);
	}
}

/* Each has an epoll of its own, as nginx's workers do. */
static void *crowd_wait(void *arg)
{
	struct crowd *crowd = arg;
	int epoll = (int)must(epoll_create1(0)), got;
	struct epoll_event event;

	member(epoll, EPOLL_CTL_ADD, crowd->listener, EPOLLIN | EPOLLEXCLUSIVE, 'A');
	member(epoll, EPOLL_CTL_ADD, crowd->pipe[0], EPOLLIN | EPOLLEXCLUSIVE, 'B');
	member(epoll, EPOLL_CTL_ADD, crowd->stop[0], EPOLLIN, 'S');
	count(&crowd->asleep);
	while ((got = epoll_wait(epoll, &event, 1, 10000)) == 1 &&
	       event.data.u32 != 'S')
		crowd_take(crowd, event.data.u32);
	close(epoll);
	return got == 1 ? arg : NULL;
}

static void crowd_make(struct crowd *crowd, struct sockaddr_in *addr)
{
	crowd->listener = listen_any(addr);
	must(pipe2(crowd->pipe, O_NONBLOCK));
	must(pipe(crowd->stop));
}

/* Things to take, one after the other; then the end. */
static void crowd_feed(struct crowd *crowd, const struct sockaddr_in *addr)
{
	int clients[ROUNDS];

	while (__atomic_load_n(&crowd->asleep, __ATOMIC_SEQ_CST) < WAITERS)
		usleep(1000);
	usleep(50000);
	for (int i = 0; i < ROUNDS; i++) {
		clients[i] = (int)must(socket(AF_INET, SOCK_STREAM, 0));
		must(connect(clients[i], (const struct sockaddr *)addr, sizeof(*addr)));
		usleep(20000);
		must(write(crowd->pipe[1], "x", 1));
		usleep(20000);
	}
	must(write(crowd->stop[1], "s", 1));
	for (int i = 0; i < ROUNDS; i++)
		close(clients[i]);
}

static void crowd_say(struct crowd *crowd, const char *who, int ended)
{
	/* One that begins to wait between the two may see it, too. */
	printf("exclusive %s: accepted %d received %d few in vain %d ended %d\n", who,
	       crowd->accepted, crowd->received, crowd->vain < ROUNDS, ended);
	close(crowd->listener);
	for (int i = 0; i < 2; i++) {
		close(crowd->pipe[i]);
		close(crowd->stop[i]);
	}
}

static void exclusive_threads(void)
{
	struct crowd crowd = { 0 };
	struct sockaddr_in addr;
	pthread_t threads[WAITERS];
	void *result;
	int ended = 0;

	crowd_make(&crowd, &addr);
	for (int i = 0; i < WAITERS; i++)
		pthread_create(&threads[i], NULL, crowd_wait, &crowd);
	crowd_feed(&crowd, &addr);
	for (int i = 0; i < WAITERS; i++) {
		pthread_join(threads[i], &result);
		ended += result != NULL;
	}
	crowd_say(&crowd, "threads", ended);
}

static void exclusive_processes(void)
{
	struct crowd *crowd = mmap(NULL, sizeof(*crowd), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct sockaddr_in addr;
	int ended = 0, status;

	crowd_make(crowd, &addr);
	fflush(stdout);
	for (int i = 0; i < WAITERS; i++)
		if (!must(fork()))
			_exit(crowd_wait(crowd) ? 0 : 1);
	crowd_feed(crowd, &addr);
	while (wait(&status) > 0)
		ended += !status;
	crowd_say(crowd, "processes", ended);
	munmap(crowd, sizeof(*crowd));
}

static int ctl(int epoll, int op, int fd, uint32_t events)
{
	struct epoll_event event = { events, { .u32 = 'A' } };

	return epoll_ctl(epoll, op, fd, &event);
}

/* What goes with EPOLLEXCLUSIVE and what does not, for both sides' members. */
static void exclusive_errors(bool library)
{
	struct pair pair = pair_open();
	int epoll = (int)must(epoll_create1(0)), other = (int)must(epoll_create1(0));
	int fd = library ? pair.a : pair.b, ret;
	struct epoll_event event;

	/* A member of the other side first: then it is a mixed one. */
	try(ctl(epoll, EPOLL_CTL_ADD, library ? pair.b : pair.a, EPOLLIN));
	try(ctl(epoll, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT));
	try(ctl(epoll, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLEXCLUSIVE | EPOLLPRI));
	try(ctl(epoll, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLEXCLUSIVE | EPOLLRDHUP));
	try(ctl(epoll, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLOUT | EPOLLEXCLUSIVE | EPOLLET));
	try(ctl(epoll, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLEXCLUSIVE));
	try(ctl(epoll, EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLEXCLUSIVE));
	try(ctl(epoll, EPOLL_CTL_MOD, fd, EPOLLIN));
	try(epoll_wait(epoll, &event, 1, 100));
	print_bits("first", event.events);
	printf("\n");
	try(epoll_wait(epoll, &event, 1, 0));
	try(ctl(epoll, EPOLL_CTL_DEL, fd, 0));
	try(ctl(epoll, EPOLL_CTL_ADD, fd, EPOLLIN));
	try(ctl(epoll, EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLEXCLUSIVE));
	try(ctl(epoll, EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLONESHOT));
	try(ctl(epoll, EPOLL_CTL_ADD, other, EPOLLIN | EPOLLEXCLUSIVE));
	try(ctl(epoll, EPOLL_CTL_ADD, other, EPOLLIN));
	close(other);
	close(epoll);
	pair_close(&pair);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(situations) / sizeof(situations[0]); i++)
		row(&situations[i]);
	for (size_t i = 1; i < 9; i++)
		/* Two things at once may be seen one after the other. */
		for (int way = 0; way < 3 && i != 3; way++)
			during(&situations[i], way);
	late_member(a_readable, false);
	late_member(b_readable, true);
	for (int way = 0; way < 4; way++) {
		masked(way, true);
		masked(way, false);
		interrupted(way, 0);
		interrupted(way, SA_RESTART);
	}
	errors();
	exclusive_errors(true);
	exclusive_errors(false);
	exclusive_threads();
	exclusive_processes();
	return 0;
}
