// SPDX-License-Identifier: GPL-2.0
/*
 * client.c - a forked child's calls, made by the owner of the kernel
 *
 * Layer:   tools/lkl/hijack/service; see service.h.
 * Users:   kernel_call() and the functions of struct api, in a client.
 * Context: any thread; signal handlers, unless they interrupted a call (-EDEADLK,
 *          as in the owner).
 */
#include "service.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "ahead.h"
#include "api.h"
#include "guard.h"
#include "kernel.h"
#include "preload.h"
#include "real.h"
#include "sandbox.h"
#include "signals.h"
#include "watch.h"

/* So many are made by message first: many a child ends soon. */
#define BOARD_CALLS	4

/* File-scope state: a process is a client of one kernel. */
static int control = -1;
static pthread_key_t ended_key;
static uint32_t threads;
static bool is_client;

/* The calling thread: its connection, its number, its calls. */
THREAD_LOCAL int connection = -1;
THREAD_LOCAL uint32_t number;
THREAD_LOCAL uint64_t seq;
THREAD_LOCAL volatile bool busy;
THREAD_LOCAL volatile long calling;

bool client_is(void)
{
	return is_client;
}

/* ---- connections ---- */

static void thread_ended(void *value)
{
	connection_close((int)(long)value - 1);
	connection = -1;
}

static long gone(void)
{
	static bool said;

	if (!__atomic_exchange_n(&said, true, __ATOMIC_RELAXED))
		complain("the process that served the library kernel is gone",
			 strerror(ENOLINK));
	return -ENOLINK;
}

/* Not the first thread: what the first has put on its board is done before. */
static void settle(void)
{
	struct request req = { .nr = REQUEST_SETTLE };
	long ret;

	ahead_stop();
	if (!ahead_started() || sandbox_send(connection, &req, sizeof(req), -1))
		return;
	while (sandbox_receive(connection, &ret, sizeof(ret)) < 0 && errno == EINTR)
		;
}

static int connect_thread(void)
{
	struct control msg = { .op = CONTROL_THREAD };
	int ends[2];
	int err = connection_make(ends);

	if (err)
		return err;
	number = __atomic_add_fetch(&threads, 1, __ATOMIC_RELAXED);
	msg.thread = number;
	err = message_send(control, &msg, sizeof(msg), ends[1]);
	connection_close(ends[1]);
	if (err) {
		connection_close(ends[0]);
		return (int)gone();
	}
	connection = ends[0];
	pthread_setspecific(ended_key, (void *)(long)(connection + 1));
	if (number > 1)
		settle();
	return 0;
}

/* ---- calls ---- */

static void interrupt_call(void)
{
	struct control msg = { .op = CONTROL_INTERRUPT, .thread = number, .seq = seq };

	sandbox_send(control, &msg, sizeof(msg), -1);
}

/* Calls that no handler lets go on, SA_RESTART or not: signal(7). */
static bool ends_by_signal(long nr)
{
	switch (nr) {
#ifdef SYS_poll
	case SYS_poll:
	case SYS_select:
	case SYS_epoll_wait:
#endif
	case SYS_ppoll:
	case SYS_pselect6:
	case SYS_epoll_pwait:
	case SYS_epoll_pwait2:
	case SYS_nanosleep:
	case SYS_clock_nanosleep:
		return true;
	}
	return false;
}

/* Wait for the answer, running what watches host descriptors meanwhile. */
static void wait_and_watch(void)
{
	struct pollfd fds[2] = {
		{ .fd = connection, .events = POLLIN },
		{ .fd = watch_epoll(), .events = POLLIN },
	};
	/* A limit of one descriptor is one of poll(), too. */
	nfds_t count = fds[1].fd < 0 ? 1 : 2;
	bool told = false;

	while (!fds[0].revents) {
		if (real.poll(fds, count, -1) >= 0) {
			if (fds[1].revents)
				watch_run();
			continue;
		}
		if (errno != EINTR)
			return;
		if (!told)
			interrupt_call();
		told = true;
		fds[0].revents = 0;
	}
}

static long answer(const struct request *req, int *fd)
{
	long ret = 0;
	ssize_t n;

	if (req->waker || ends_by_signal(req->nr))
		wait_and_watch();
	if (fd)
		while ((n = message_receive(connection, &ret, sizeof(ret), fd)) ==
		       -EINTR)
			interrupt_call();
	else
		while ((n = sandbox_receive(connection, &ret, sizeof(ret))) < 0 &&
		       errno == EINTR)
			interrupt_call();
	return n == sizeof(ret) ? ret : gone();
}

static bool raises_pipe(long nr, const long *params)
{
	switch (nr) {
	case SYS_write:
	case SYS_writev:
	case SYS_sendfile:
	case SYS_splice:
		return true;
	case SYS_sendto:
	case SYS_sendmmsg:
		return !(params[3] & MSG_NOSIGNAL);
	case SYS_sendmsg:
		return !(params[2] & MSG_NOSIGNAL);
	}
	return false;
}

/*
 * @fd goes with it, or -1; *@end comes with the answer, if there is @end. A thread that
 * is cancelled has the owner end the call; to die while it waits would leave the call to
 * the owner, who would go on reading for nobody.
 */
static long message(struct request *req, int fd, int *end)
{
	int state;
	long ret;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	req->seq = ++seq;
	ret = connection < 0 ? connect_thread() : 0;
	if (!ret)
		ret = sandbox_send(connection, req, sizeof(*req), fd) ? gone() :
		      answer(req, end);
	pthread_setcancelstate(state, NULL);
	return ret;
}

static long request(struct request *req, int fd, int *end)
{
	long ret;

	if (busy)
		return -EDEADLK;
	busy = true;
	ret = message(req, fd, end);
	busy = false;
	return ret;
}

/* Calls of a process that goes on making calls on sockets. */
static bool worth_a_board(long nr)
{
	static unsigned int calls;

	switch (nr) {
	case SYS_socket:
	case SYS_accept4:
		return true;
	case SYS_read:
	case SYS_recvfrom:
	case SYS_recvmsg:
	case SYS_write:
	case SYS_sendto:
	case SYS_sendmsg:
		return ++calls >= BOARD_CALLS;
	}
	return false;
}

/* From now on, calls may be quick. */
static void want_board(long nr)
{
	struct request req = { .nr = REQUEST_BOARD };
	int fd = -1;

	if (ahead_started() || !worth_a_board(nr) ||
	    number != 1 || threads != 1 || sandboxed() || !guard_ready())
		return;
	if (!message(&req, -1, &fd) && fd >= 0)
		ahead_start(connection, fd);
	if (fd >= 0)
		real.close(fd);
}

static long by_message(long nr, const long *params, bool waker)
{
	struct request req = { .nr = nr, .waker = waker };
	long ret;

	calling = nr;
	memcpy(req.params, params, sizeof(req.params));
	want_board(nr);
	ahead_before(&req);
	ret = message(&req, -1, NULL);
	return ahead_after(&req, params, ret);
}

static long call(long nr, const long *params, bool waker)
{
	long ret;

	if (busy)
		return -EDEADLK;
	busy = true;
	if (!ahead_call(nr, params, &ret))
		ret = by_message(nr, params, waker);
	busy = false;
	if (ret == -EPIPE && raises_pipe(nr, params))
		pthread_kill(pthread_self(), SIGPIPE);
	return ret;
}

static long client_call(long nr, long *params)
{
	int saved = errno;
	long ret = call(nr, params, false);

	errno = saved;
	return ret;
}

/* ---- wakers ---- */

static int waker_self(struct lkl_waker *waker)
{
	int err = connection < 0 ? connect_thread() : 0;

	waker->kernel = NULL;
	waker->thread = (void *)(uintptr_t)number;
	return err;
}

static void waker_interrupt(const struct lkl_waker *waker)
{
	struct control msg = {
		.op = CONTROL_INTERRUPT, .waker = 1,
		.thread = (uint32_t)(uintptr_t)waker->thread,
	};
	int saved = errno;

	sandbox_send(control, &msg, sizeof(msg), -1);
	errno = saved;
}

static long waker_syscall(long nr, long *params)
{
	return call(nr, params, true);
}

/* A handler runs: an answer that is not waited for yet would not end by it. */
static void signal_handled(int restarts)
{
	long nr = calling;

	if (busy && (!restarts || ends_by_signal(nr)))
		interrupt_call();
}

/* ---- beginning ---- */

long client_fork(int *libs, size_t count, int child_control)
{
	struct request req = {
		.nr = REQUEST_FORK, .params = { (long)libs, (long)count },
	};

	/* From now on, all is the child's too. */
	ahead_shared();
	return request(&req, child_control, NULL);
}

long client_keep(ino_t inode, int lib, int end)
{
	struct request req = {
		.nr = REQUEST_KEEP, .params = { (long)inode, lib },
	};

	ahead_passed(lib);
	return request(&req, end, NULL);
}

int client_find(ino_t inode, int *end)
{
	struct request req = { .nr = REQUEST_FIND, .params = { (long)inode } };
	int fd = -1;
	long lib = request(&req, -1, &fd);

	*end = fd < 0 ? -1 : connection_keep(fd);
	return (int)lib;
}

void client_reaped(pid_t pid)
{
	struct request req = { .nr = REQUEST_REAPED, .params = { pid } };

	request(&req, -1, NULL);
}

void client_forget(void)
{
	ahead_forget();
	connection_close(control);
	connection_close(connection);
	control = -1;
	connection = -1;
	busy = false;
	is_client = false;
}

/* Return: whether the owner was there. */
static bool greet(int end, pid_t owner)
{
	struct control hello = { .op = CONTROL_HELLO, .pid = getpid() };

	control = end;
	/* It looks into our memory, though we may lose our parents. */
	prctl(PR_SET_PTRACER, (unsigned long)owner);
	if (!is_client)
		pthread_key_create(&ended_key, thread_ended);
	is_client = true;
	threads = 0;
	if (!message_send(control, &hello, sizeof(hello), -1))
		return true;
	gone();
	return false;
}

static void stand_in(void)
{
	api.lkl_waker_self = waker_self;
	api.lkl_waker_interrupt = waker_interrupt;
	api.lkl_waker_syscall = waker_syscall;
	api.lkl_signal_handled = signal_handled;
	watch_start();
}

void client_start(int end, pid_t owner)
{
	/* At once: it may not be allowed any more later. */
	if (!greet(end, owner) || connect_thread())
		return;
	stand_in();
	kernel_call_set(client_call);
}

void client_join(int end)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (real.getsockopt(end, SOL_SOCKET, SO_PEERCRED, &cred, &len))
		cred.pid = 0;
	greet(end, cred.pid);
}

void client_joined(void)
{
	struct request req = { .nr = REQUEST_DEAD };

	kernel_dead = (int)request(&req, -1, NULL);
	signals_before_boot();
	stand_in();
	kernel_join(client_call);
}
