// SPDX-License-Identifier: GPL-2.0
/*
 * server.c - the owner of a kernel makes its clients' calls
 *
 * Layer:   tools/lkl/hijack/service; see service.h.
 * Users:   hooks.c; the threads started here.
 * Locking: clients_lock protects the lists and counts; a thread's own fields are
 *          atomic where the control connection looks at them.
 */
#include "service.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#include "api.h"
#include "behind.h"
#include "descriptors.h"
#include "kernel.h"
#include "listen.h"
#include "preload.h"
#include "real.h"
#include "registry.h"
#include "source.h"

#define REAP_PATIENCE	2	/* s */

/**
 * struct service - a thread that makes calls for one of a client's
 * @next: of the same client
 * @client: whose
 * @number: the client's for its thread
 * @connection: where calls come from
 * @waker: of this thread
 * @known: @waker is set, and calls are taken
 * @seq: the call under way, or the last one
 * @signalled: the last call that a signal interrupts; perhaps it has not come yet
 * @woken: an interrupt for wakers that has ended no call yet
 * @own: user memory is the owner's at the moment, not the client's
 * @watch: of @connection; NULL: the host has none
 * @behind: what the client's thread shares with it, if it asked for that
 */
struct service {
	struct service *next;
	struct client *client;
	uint32_t number;
	int connection;
	struct lkl_waker waker;
	bool known;
	uint64_t seq;
	uint64_t signalled;
	bool woken;
	bool own;
	struct behind *behind;
	struct lkl_watch *watch;
};

/**
 * struct client - a process whose calls we make
 * @source: of its control connection
 * @next: in the list
 * @pid: it; 0 until it has said so
 * @control: our end of its control connection; -1 once it is gone
 * @threads: services for its threads
 * @count: how many, plus one while @control is open
 * @settling: threads that wait for boards
 * @libs: the library's descriptors that are its
 */
struct client {
	struct source source;
	struct client *next;
	pid_t pid;
	int control;
	struct service *threads;
	unsigned int count;
	unsigned int settling;
	struct descriptors libs;
};

/* File-scope state: a process serves one kernel. */
static pthread_mutex_t clients_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t clients_gone = PTHREAD_COND_INITIALIZER;
static pthread_cond_t boards_done = PTHREAD_COND_INITIALIZER;
static struct client *clients;
static unsigned int client_count;
static int epoll = -1;

/* The calling thread is one of the program's and has clients_lock. */
THREAD_LOCAL volatile bool program_has_lock;

static void program_lock(void)
{
	program_has_lock = true;
	pthread_mutex_lock(&clients_lock);
}

static void program_unlock(void)
{
	pthread_mutex_unlock(&clients_lock);
	program_has_lock = false;
}

static long lib(long nr, long a, long b, long c)
{
	long params[6] = { a, b, c, 0, 0, 0 };

	return api.apply.lkl_syscall(nr, params);
}

/* ---- the end of a client ---- */

static void close_lib(int fd)
{
	lib(SYS_close, fd, 0, 0);
}

static void client_free(struct client *client)
{
	struct client **link = &clients;

	descriptors_each(&client->libs, close_lib);
	descriptors_free(&client->libs);
	pthread_mutex_lock(&clients_lock);
	while (*link != client)
		link = &(*link)->next;
	*link = client->next;
	client_count--;
	pthread_cond_broadcast(&clients_gone);
	pthread_mutex_unlock(&clients_lock);
	free(client);
}

static void client_put(struct client *client)
{
	bool last;

	pthread_mutex_lock(&clients_lock);
	last = !--client->count;
	pthread_mutex_unlock(&clients_lock);
	if (last)
		client_free(client);
}

/* ---- calls ---- */

/* Has a signal interrupted the call under way? */
static bool signalled(const struct service *s)
{
	return __atomic_load_n(&s->signalled, __ATOMIC_ACQUIRE) >= s->seq;
}

/* An interrupt for wakers is there for a call that takes it. */
static bool ready(const struct service *s, const struct request *req)
{
	return req->waker && s->woken;
}

/*
 * An interrupt that was not meant for this call, or came too late for the one it
 * was meant for, ends nothing: the call is made again.
 */
static long interruptible(struct service *s, struct request *req)
{
	long ret;

	do {
		if (signalled(s) || ready(s, req)) {
			ret = -EINTR;
			break;
		}
		ret = api.lkl_waker_syscall(req->nr, req->params);
		if (ret == -EINTR && s->client->control < 0)
			break;
	} while (ret == -EINTR && !signalled(s) && !ready(s, req));
	if (ret == -EINTR && req->waker)
		__atomic_store_n(&s->woken, false, __ATOMIC_RELEASE);
	return ret;
}

/* ---- boards ---- */

/* From now on user memory is the owner's, or the client's. */
static void memory(struct service *s, bool own)
{
	if (s->own != own)
		api.lkl_peer_set(own ? 0 : s->client->pid);
	s->own = own;
}

/* Who waits for boards is to look again. */
static void boards_tell(struct client *client)
{
	if (!__atomic_load_n(&client->settling, __ATOMIC_SEQ_CST))
		return;
	pthread_mutex_lock(&clients_lock);
	pthread_cond_broadcast(&boards_done);
	pthread_mutex_unlock(&clients_lock);
}

/* Return: whether the client keeps to the rules. */
static bool board_work(struct service *s, bool (*work)(struct behind *behind))
{
	bool right = true;

	if (s->behind) {
		memory(s, true);
		right = work(s->behind);
		boards_tell(s->client);
	}
	return right;
}

static bool settled(const struct client *client)
{
	const struct service *s = client->threads;

	while (s && (!s->behind || behind_settled(s->behind)))
		s = s->next;
	return !s;
}

static void settle(struct client *client)
{
	pthread_mutex_lock(&clients_lock);
	__atomic_add_fetch(&client->settling, 1, __ATOMIC_SEQ_CST);
	while (!settled(client))
		pthread_cond_wait(&boards_done, &clients_lock);
	__atomic_sub_fetch(&client->settling, 1, __ATOMIC_SEQ_CST);
	pthread_mutex_unlock(&clients_lock);
}

static long board_new(struct service *s, int *end)
{
	struct behind *behind = s->behind ? NULL : behind_new(end);

	if (!behind)
		return -ENOMEM;
	pthread_mutex_lock(&clients_lock);
	s->behind = behind;
	pthread_mutex_unlock(&clients_lock);
	return 0;
}

/* ---- requests ---- */

/* What is no system call. @fd came with it; *@end goes with the answer. */
static long make_request(struct service *s, const struct request *req, int fd, int *end)
{
	const long *params = req->params;
	long ret = 0;

	switch (req->nr) {
	case REQUEST_FORK:
		return server_fork((int *)params[0], (size_t)params[1],
				   connection_keep(fd), s->client->pid);
	case REQUEST_REAPED:
		server_reaped((pid_t)params[0]);
		return 0;
	case REQUEST_KEEP:
		return registry_keep((ino_t)params[0], (int)params[1],
				     connection_keep(fd));
	case REQUEST_FIND:
		ret = registry_find((ino_t)params[0], end);
		if (ret >= 0)
			descriptors_add(&s->client->libs, (int)ret);
		return ret;
	case REQUEST_DEAD:
		return kernel_dead;
	case REQUEST_BOARD:
		return board_new(s, end);
	case REQUEST_SETTLE:
		settle(s->client);
		return 0;
	}
	return -ENOSYS;
}

static long make_call(struct service *s, struct request *req)
{
	bool board = req->board && s->behind && behind_before(s->behind, req);
	long ret;

	__atomic_store_n(&s->seq, req->seq, __ATOMIC_SEQ_CST);
	descriptors_before(&s->client->libs, req->nr, req->params);
	memory(s, board);
	ret = interruptible(s, req);
	descriptors_after(&s->client->libs, req->nr, req->params, ret,
			  s->client->pid);
	if (s->behind) {
		memory(s, true);
		behind_after(s->behind, req, ret);
	}
	return ret;
}

/* Return: whether the answer could be sent. */
static bool serve_one(struct service *s, struct request *req, int fd)
{
	int end = -1, err;
	long ret = req->nr < 0 ? make_request(s, req, fd, &end) : make_call(s, req);

	err = message_send(s->connection, &ret, sizeof(ret), end);
	if (req->nr == REQUEST_BOARD && end >= 0)
		real.close(end);
	return !err;
}

/* There is a request, or no client any more. */
static void request_came(void *arg, uint32_t events)
{
	struct service *s = arg;

	(void)events;
	api.lkl_waker_interrupt(&s->waker);
}

/*
 * Wait in the library, not on the host: who waits there takes care of its devices,
 * which another thread would have to be woken for.
 */
static ssize_t next_request(struct service *s, struct request *req, int *fd)
{
	long params[6] = { 0 };
	ssize_t got;

	do {
		got = message_look(s->connection, req, sizeof(*req), fd);
	} while (got == -EAGAIN && s->watch &&
		 api.lkl_waker_syscall(SYS_ppoll, params) == -EINTR);
	if (got == -EAGAIN)
		got = message_receive(s->connection, req, sizeof(*req), fd);
	return got;
}

static void serve_calls(struct service *s)
{
	struct request req;
	int fd;

	while (board_work(s, behind_rest) &&
	       next_request(s, &req, &fd) == sizeof(req) && board_work(s, behind_work))
		if (req.nr != REQUEST_KICK && !serve_one(s, &req, fd))
			break;
	/* What was written before the end was written. */
	board_work(s, behind_work);
}

static void service_unlink(struct service *s)
{
	struct service **link = &s->client->threads;

	pthread_mutex_lock(&clients_lock);
	while (*link != s)
		link = &(*link)->next;
	*link = s->next;
	pthread_cond_broadcast(&boards_done);
	pthread_mutex_unlock(&clients_lock);
}

/* The library's signals for its task would be the owner's: the client raises them. */
static int service_begin(struct service *s)
{
	uint64_t all = ~0ULL;
	long params[6] = { SIG_SETMASK, (long)&all, 0, sizeof(all), 0, 0 };
	long err = api.apply.lkl_syscall(SYS_rt_sigprocmask, params);

	if (!err)
		err = api.lkl_waker_self(&s->waker);
	if (!err)
		err = api.lkl_peer_set(s->client->pid);
	pthread_mutex_lock(&clients_lock);
	s->known = !err;
	pthread_mutex_unlock(&clients_lock);
	if (!err && api.lkl_watch_add(s->connection, request_came, s, &s->watch))
		s->watch = NULL;
	return (int)err;
}

static void *service_main(void *arg)
{
	struct service *s = arg;

	if (!service_begin(s))
		serve_calls(s);
	if (s->watch)
		api.lkl_watch_remove(s->watch);
	api.lkl_peer_set(0);
	service_unlink(s);
	connection_close(s->connection);
	behind_free(s->behind);
	client_put(s->client);
	free(s);
	return NULL;
}

/* ---- threads ---- */

static int thread_start(void *(*fn)(void *arg), void *arg)
{
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all;
	int err;

	sigfillset(&all);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setsigmask_np(&attr, &all);
	err = pthread_create(&thread, &attr, fn, arg);
	pthread_attr_destroy(&attr);
	return -err;
}

static void service_new(struct client *client, uint32_t number, int connection)
{
	struct service *s = calloc(1, sizeof(*s));

	if (!s || connection < 0) {
		connection_close(connection);
		free(s);
		return;
	}
	s->client = client;
	s->number = number;
	s->connection = connection;
	pthread_mutex_lock(&clients_lock);
	s->next = client->threads;
	client->threads = s;
	client->count++;
	pthread_mutex_unlock(&clients_lock);
	if (!thread_start(service_main, s))
		return;
	service_unlink(s);
	connection_close(connection);
	client_put(client);
	free(s);
}

/* ---- control connections ---- */

static void interrupt(struct client *client, const struct control *msg)
{
	struct service *s;

	pthread_mutex_lock(&clients_lock);
	for (s = client->threads; s && s->number != msg->thread; s = s->next)
		;
	if (s && s->known && msg->waker)
		__atomic_store_n(&s->woken, true, __ATOMIC_SEQ_CST);
	else if (s && msg->seq > s->signalled)
		__atomic_store_n(&s->signalled, msg->seq, __ATOMIC_SEQ_CST);
	if (s && s->known)
		api.lkl_waker_interrupt(&s->waker);
	pthread_mutex_unlock(&clients_lock);
}

/* Its threads find their connections closed, once they are out of their calls. */
static void client_gone(struct client *client)
{
	pthread_mutex_lock(&clients_lock);
	source_remove(client->control);
	connection_close(client->control);
	client->control = -1;
	for (struct service *s = client->threads; s; s = s->next) {
		__atomic_store_n(&s->signalled, UINT64_MAX, __ATOMIC_SEQ_CST);
		if (s->known)
			api.lkl_waker_interrupt(&s->waker);
	}
	pthread_mutex_unlock(&clients_lock);
	client_put(client);
}

static void control_event(struct source *source)
{
	struct client *client = (struct client *)source;
	struct control msg;
	int fd;

	if (message_receive(client->control, &msg, sizeof(msg), &fd) != sizeof(msg)) {
		client_gone(client);
		return;
	}
	if (msg.op == CONTROL_HELLO)
		client->pid = msg.pid;
	else if (msg.op == CONTROL_THREAD)
		service_new(client, msg.thread, connection_keep(fd));
	else if (msg.op == CONTROL_INTERRUPT)
		interrupt(client, &msg);
}

/* The thread of all control connections. */
static void *control_main(void *arg)
{
	struct epoll_event event;
	struct source *source;

	(void)arg;
	/* One by one: an event may free the next one's source. */
	for (;;) {
		if (real.epoll_wait(epoll, &event, 1, -1) != 1)
			continue;
		source = event.data.ptr;
		source->event(source);
	}
	return NULL;
}

int source_add(int fd, uint32_t events, struct source *source)
{
	struct epoll_event event = { .events = events, .data.ptr = source };

	return real.epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

void source_remove(int fd)
{
	real.epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL);
}

static int control_start(void)
{
	int err;

	if (epoll >= 0)
		return 0;
	epoll = connection_keep(real.epoll_create1(EPOLL_CLOEXEC));
	if (epoll < 0)
		return epoll;
	err = listen_start();
	if (!err)
		err = thread_start(control_main, NULL);
	if (err) {
		listen_forget();
		connection_close(epoll);
		epoll = -1;
	}
	return err;
}

int server_listen(void)
{
	int err;

	program_lock();
	err = control_start();
	program_unlock();
	return err;
}

/* ---- new clients ---- */

static int duplicate(struct client *client, int *libs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		long fd = lib(SYS_fcntl, libs[i], F_DUPFD_CLOEXEC, 0);

		/* Closed by another thread meanwhile: closed in the child. */
		libs[i] = fd < 0 ? kernel_dead : (int)fd;
		if (fd >= 0 && descriptors_add(&client->libs, (int)fd))
			return -ENOMEM;
	}
	return 0;
}

static int client_watch(struct client *client)
{
	int err;

	program_lock();
	err = control_start();
	if (!err)
		err = source_add(client->control, EPOLLIN, &client->source);
	if (!err) {
		client->next = clients;
		clients = client;
		client_count++;
	}
	program_unlock();
	return err;
}

static long client_make(int *libs, size_t count, int control)
{
	struct client *client = calloc(1, sizeof(*client));
	int err = client ? 0 : -ENOMEM;

	if (!err) {
		client->source.event = control_event;
		client->control = control;
		client->count = 1;
		err = duplicate(client, libs, count);
	}
	if (!err)
		err = client_watch(client);
	if (err && client) {
		descriptors_each(&client->libs, close_lib);
		descriptors_free(&client->libs);
		free(client);
	}
	return err;
}

/* The array is in a client's memory. */
static long fork_for(int *there, size_t count, int control, pid_t memory)
{
	size_t size = count * sizeof(int);
	int *libs = calloc(count + 1, sizeof(int));
	struct iovec here = { libs, size }, far = { there, size };
	long err = libs ? 0 : -ENOMEM;

	if (!err && size && process_vm_readv(memory, &here, 1, &far, 1, 0) < 0)
		err = -errno;
	if (!err)
		err = client_make(libs, count, control);
	if (!err && size && process_vm_writev(memory, &here, 1, &far, 1, 0) < 0)
		err = -errno;
	free(libs);
	return err;
}

long server_fork(int *libs, size_t count, int control, pid_t memory)
{
	long err;

	if (control < 0)
		return control;
	err = memory ? fork_for(libs, count, control, memory) :
	      client_make(libs, count, control);
	if (err)
		connection_close(control);
	return err;
}

void server_join(int control)
{
	if (control >= 0 && client_make(NULL, 0, control))
		connection_close(control);
}

/* ---- the owner's end, and its children's beginning ---- */

unsigned int server_clients(void)
{
	return __atomic_load_n(&client_count, __ATOMIC_ACQUIRE);
}

void server_wait(void)
{
	pthread_mutex_lock(&clients_lock);
	while (client_count)
		pthread_cond_wait(&clients_gone, &clients_lock);
	pthread_mutex_unlock(&clients_lock);
}

/* It ended before it could say who it was. */
static bool died_unknown(const struct client *client)
{
	struct pollfd pfd = { .fd = client->control };

	return !client->pid && real.poll(&pfd, 1, 0) > 0 && pfd.revents & POLLHUP;
}

static bool exists(pid_t pid)
{
	const struct client *client = clients;

	while (client && client->pid != pid && !died_unknown(client))
		client = client->next;
	return client;
}

/*
 * In a handler that interrupted who has the lock, nothing can be waited for. Nor
 * longer than a while: a process may live on under another's number.
 */
void server_reaped(pid_t pid)
{
	struct timespec until;

	if (!server_clients() || program_has_lock)
		return;
	program_lock();
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += REAP_PATIENCE;
	while (exists(pid) &&
	       !pthread_cond_timedwait(&clients_gone, &clients_lock, &until))
		;
	program_unlock();
}

void server_freeze(void)
{
	program_lock();
	registry_freeze();
}

void server_thaw(void)
{
	registry_thaw();
	program_unlock();
}

void server_forget(void)
{
	pthread_mutex_init(&clients_lock, NULL);
	program_has_lock = false;
	listen_forget();
	registry_forget();
	connection_close(epoll);
	epoll = -1;
	for (struct client *c = clients; c; c = c->next) {
		connection_close(c->control);
		for (struct service *s = c->threads; s; s = s->next)
			connection_close(s->connection);
	}
	clients = NULL;
	client_count = 0;
}
