// SPDX-License-Identifier: GPL-2.0
/*
 * serve.c - a thread of the owner's makes the calls of a client's thread
 *
 * Layer:   tools/lkl/hijack/service, in the owner; see service.h.
 * Users:   server.c; the threads started here.
 * Locking: clients_lock protects the lists and counts; a thread's own fields are
 *          atomic where the control connection looks at them.
 */
#include "server.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "kernel.h"
#include "preload.h"
#include "real.h"
#include "registry.h"

/* File-scope state: threads wait for others. */
static pthread_cond_t boards_done = PTHREAD_COND_INITIALIZER;
static bool waits_in_library;

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
 * which another thread would have to be woken for. One thread is enough; the others
 * would have to be told by it what has come for them.
 *
 * Return: whether something may have come.
 */
static bool wait_in_library(struct service *s)
{
	long params[6] = { 0 }, ret;

	if (!s->watch || __atomic_exchange_n(&waits_in_library, true, __ATOMIC_ACQUIRE))
		return false;
	ret = api.lkl_waker_syscall(SYS_ppoll, params);
	__atomic_store_n(&waits_in_library, false, __ATOMIC_RELEASE);
	return ret == -EINTR;
}

static ssize_t next_request(struct service *s, struct request *req, int *fd)
{
	ssize_t got;

	do {
		got = message_look(s->connection, req, sizeof(*req), fd);
	} while (got == -EAGAIN && wait_in_library(s));
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

int thread_start(void *(*fn)(void *arg), void *arg)
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

void service_new(struct client *client, uint32_t number, int connection)
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
