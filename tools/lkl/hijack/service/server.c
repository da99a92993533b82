// SPDX-License-Identifier: GPL-2.0
/*
 * server.c - the clients of the owner of a kernel come and go
 *
 * Layer:   tools/lkl/hijack/service, in the owner; see service.h.
 * Users:   hooks.c; the thread of the control connections.
 * Locking: clients_lock.
 */
#include "server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#include "kernel.h"
#include "listen.h"
#include "preload.h"
#include "real.h"
#include "registry.h"

#define REAP_PATIENCE	2	/* s */

/* File-scope state: a process serves one kernel. */
pthread_mutex_t clients_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t clients_gone = PTHREAD_COND_INITIALIZER;
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

void client_put(struct client *client)
{
	bool last;

	pthread_mutex_lock(&clients_lock);
	last = !--client->count;
	pthread_mutex_unlock(&clients_lock);
	if (last)
		client_free(client);
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
		if (s->behind)
			behind_leave(s->behind);
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
