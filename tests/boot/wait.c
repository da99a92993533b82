// SPDX-License-Identifier: GPL-2.0
/*
 * wait.c - waiting for the library and the host at once; working for others
 *
 * Layer:   tests/boot. lkl_watch_*, lkl_waker_*, lkl_peer_set of lkl_host.h.
 */
#include "tests/boot/boot.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

BOOT_SUITE(wait);

static struct lkl_waker waker;
static atomic_int calls;

static void interrupt(void *arg, uint32_t events)
{
	atomic_fetch_add(&calls, 1);
	lkl_waker_interrupt(arg);
}

/* Wait in the library for what never comes, up to @ms; -1: for ever. */
static long wait_nothing(int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };
	long params[6] = { 0, 0, ms < 0 ? 0 : (long)&ts, 0, 0, 0 };

	return lkl_waker_syscall(SYS_ppoll, params);
}

/* --- watches --- */

Test(wait, a_host_descriptor_ends_a_wait_in_the_library)
{
	struct lkl_watch *watch;
	int fd = eventfd(0, EFD_NONBLOCK);

	must(lkl_waker_self(&waker));
	must(lkl_watch_add(fd, interrupt, &waker, &watch));
	/* A new watch may tell of what is there already: that it can be written. */
	while (wait_nothing(20) == -EINTR)
		;
	eventfd_write(fd, 1);
	check_call(wait_nothing(-1), -EINTR);
	lkl_watch_remove(watch);
	close(fd);
}

Test(wait, an_event_before_the_wait_is_not_lost)
{
	struct lkl_watch *watch;
	int pipes[2];

	cr_assert_eq(pipe(pipes), 0);
	must(lkl_waker_self(&waker));
	cr_assert_eq(write(pipes[1], "x", 1), 1);
	must(lkl_watch_add(pipes[0], interrupt, &waker, &watch));
	check_call(wait_nothing(-1), -EINTR);
	lkl_watch_remove(watch);
	close(pipes[0]);
	close(pipes[1]);
}

Test(wait, a_removed_watch_is_silent)
{
	struct lkl_watch *watch;
	int fd = eventfd(0, EFD_NONBLOCK);
	int before;

	must(lkl_waker_self(&waker));
	must(lkl_watch_add(fd, interrupt, &waker, &watch));
	lkl_watch_remove(watch);
	while (wait_nothing(5) == -EINTR)
		;
	before = atomic_load(&calls);
	eventfd_write(fd, 1);
	check_call(wait_nothing(50), 0);
	cr_assert_eq(atomic_load(&calls), before);
	close(fd);
}

Test(wait, what_cannot_be_watched_is_refused)
{
	struct lkl_watch *watch, *again;
	int file = open("/proc/self/exe", O_RDONLY), fd = eventfd(0, 0);

	/* A watch may report at once. */
	must(lkl_waker_self(&waker));
	check_call(lkl_watch_add(-1, interrupt, &waker, &watch), -EBADF);
	check_call(lkl_watch_add(file, interrupt, &waker, &watch), -EPERM);
	must(lkl_watch_add(fd, interrupt, &waker, &watch));
	check_call(lkl_watch_add(fd, interrupt, &waker, &again), -EEXIST);
	lkl_watch_remove(watch);
	must(lkl_watch_add(fd, interrupt, &waker, &watch));
	lkl_watch_remove(watch);
	lkl_watch_remove(NULL);
	close(file);
	close(fd);
}

/*
 * One side of a ping-pong between the host and the library, each turn of which
 * waits for both: a pipe of the library's and a socket of the host's.
 */
#define TURNS	5000

static int host_end[2], lib_pipe[2];

static int turn(struct lkl_watch **watch)
{
	struct pollfd fd = { .fd = lib_pipe[0], .events = POLLIN };
	long params[6] = { (long)&fd, 1, 0, 0, 0, 0 };
	char byte;

	for (;;) {
		long ret;

		if (recv(host_end[0], &byte, 1, MSG_DONTWAIT) == 1)
			return 'h';
		ret = lkl_waker_syscall(SYS_ppoll, params);
		if (ret == 1)
			return lkl_sys_read(lib_pipe[0], &byte, 1) == 1 ? 'l' : -1;
		if (ret != -EINTR)
			return -1;
	}
}

static void *answer(void *arg)
{
	char byte;

	for (int i = 0; i < TURNS; i++) {
		if (recv(host_end[1], &byte, 1, 0) != 1)
			return (void *)1;
		/* Now through the host, now through the library. */
		if (i % 3) {
			if (send(host_end[1], "h", 1, 0) != 1)
				return (void *)2;
		} else if (lkl_sys_write(lib_pipe[1], "l", 1) != 1) {
			return (void *)3;
		}
	}
	return NULL;
}

Test(wait, both_sides_wake_the_same_wait_every_time, .timeout = 120)
{
	struct lkl_watch *watch;
	pthread_t thread;

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, host_end), 0);
	must(lkl_sys_pipe2(lib_pipe, 0));
	must(lkl_waker_self(&waker));
	must(lkl_watch_add(host_end[0], interrupt, &waker, &watch));
	thread = thread_start(answer, NULL);
	for (int i = 0; i < TURNS; i++) {
		cr_assert_eq(send(host_end[0], "?", 1, 0), 1);
		cr_assert_eq(turn(&watch), i % 3 ? 'h' : 'l', "turn %d", i);
	}
	cr_assert_null(thread_join(thread));
	lkl_watch_remove(watch);
}

Test(wait, watches_come_and_go_while_others_wait, .timeout = 120)
{
	pthread_t thread;

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, host_end), 0);
	must(lkl_sys_pipe2(lib_pipe, 0));
	must(lkl_waker_self(&waker));
	thread = thread_start(answer, NULL);
	for (int i = 0; i < TURNS; i++) {
		struct lkl_watch *watch;

		must(lkl_watch_add(host_end[0], interrupt, &waker, &watch));
		cr_assert_eq(send(host_end[0], "?", 1, 0), 1);
		cr_assert_eq(turn(&watch), i % 3 ? 'h' : 'l', "turn %d", i);
		lkl_watch_remove(watch);
	}
	cr_assert_null(thread_join(thread));
}

/* --- wakers --- */

Test(wait, an_interrupt_is_kept_for_the_next_wait_and_ends_one)
{
	must(lkl_waker_self(&waker));
	lkl_waker_interrupt(&waker);
	lkl_waker_interrupt(&waker);
	/* Other calls neither see it nor take it. */
	cr_assert_gt(lkl_sys_getpid(), 0);
	check_call(wait_nothing(-1), -EINTR);
	check_call(wait_nothing(20), 0);
}

static void *interrupt_later(void *arg)
{
	sleep_ms(50);
	lkl_waker_interrupt(&waker);
	return NULL;
}

Test(wait, another_thread_interrupts_any_blocking_call)
{
	long params[6] = { 0 };
	pthread_t thread;
	char byte;

	must(lkl_sys_pipe2(lib_pipe, 0));
	must(lkl_waker_self(&waker));
	params[0] = lib_pipe[0];
	params[1] = (long)&byte;
	params[2] = 1;
	thread = thread_start(interrupt_later, NULL);
	check_call(lkl_waker_syscall(SYS_read, params), -EINTR);
	thread_join(thread);
}

static void handler(int signo)
{
	lkl_waker_interrupt(&waker);
}

Test(wait, a_signal_handler_may_interrupt_its_own_thread)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };

	must(lkl_waker_self(&waker));
	sigaction(SIGUSR1, &action, NULL);
	raise(SIGUSR1);
	check_call(wait_nothing(-1), -EINTR);
}

Test(wait_unstarted, without_a_kernel_each_says_so)
{
	long params[6] = { 0 };
	struct lkl_watch *watch;

	check_call(lkl_waker_self(&waker), -ENOTCONN);
	check_call(lkl_watch_add(0, interrupt, &waker, &watch), -ENOTCONN);
	check_call(lkl_waker_syscall(SYS_getpid, params), -ENOTCONN);
	check_call(lkl_peer_set(1), -ENOTCONN);
	check_call(lkl_peer_set(-1), -EINVAL);
}

static atomic_bool stop_calling;

static void *calls_often(void *arg)
{
	long bad = 0;

	while (!atomic_load(&stop_calling))
		bad += lkl_sys_sched_yield() < 0;
	return (void *)bad;
}

/* Each second call takes the interrupts that came meanwhile. */
static void *calls_often_and_is_interrupted(void *arg)
{
	long params[6] = { 0 }, bad = 0, ret;

	if (lkl_waker_self(&waker))
		return (void *)1;
	atomic_store(&calls, 1);
	while (!atomic_load(&stop_calling)) {
		ret = lkl_waker_syscall(SYS_getppid, params);
		bad += ret < 0 && ret != -EINTR;
		bad += lkl_sys_sched_yield() < 0;
	}
	return (void *)bad;
}

/* Two threads that call in turn queue for the vCPU, as each interrupt does. */
Test(wait, interrupts_lose_no_call, .timeout = 120)
{
	uint64_t end = now_ns() + NSEC_PER_SEC;
	pthread_t threads[2];

	threads[0] = thread_start(calls_often_and_is_interrupted, NULL);
	threads[1] = thread_start(calls_often, NULL);
	cr_assert(eventually(atomic_load(&calls)));
	while (now_ns() < end)
		lkl_waker_interrupt(&waker);
	atomic_store(&stop_calling, true);
	cr_assert_null(thread_join(threads[0]));
	cr_assert_null(thread_join(threads[1]));
}

/* --- working for another process --- */

#define PEER_BYTES	(64 << 10)

/* Its memory is private: what the parent finds there, it did not write itself. */
static char *peer_memory;
static pid_t peer;
static int peer_go[2], peer_done[2];

static void peer_run(void)
{
	char byte;

	for (int i = 0; i < PEER_BYTES; i++)
		peer_memory[i] = (char)(i * 7);
	if (write(peer_done[1], "r", 1) != 1 || read(peer_go[0], &byte, 1) != 1)
		_exit(1);
	/* By now the parent has moved the first half into the second. */
	_exit(memcmp(peer_memory, peer_memory + PEER_BYTES / 2, PEER_BYTES / 2) ?
	      2 : 42);
}

static void peer_start(void)
{
	char byte;

	peer_memory = mmap(NULL, PEER_BYTES, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	cr_assert_neq(peer_memory, MAP_FAILED);
	cr_assert_eq(pipe(peer_go) | pipe(peer_done), 0);
	peer = fork();
	if (!peer)
		peer_run();
	cr_assert_eq(read(peer_done[0], &byte, 1), 1);
}

static int peer_end(void)
{
	int status;

	cr_assert_eq(write(peer_go[1], "g", 1), 1);
	cr_assert_eq(waitpid(peer, &status, 0), peer);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

Test(wait, a_call_for_a_peer_uses_the_peers_memory)
{
	int fd = (int)must(lkl_sys_open("/f", LKL_O_RDWR | LKL_O_CREAT, 0600));
	struct iovec iov[2];

	peer_start();
	must(lkl_peer_set(peer));
	check_call(lkl_sys_pwrite64(fd, peer_memory, PEER_BYTES / 2, 0),
		   PEER_BYTES / 2);
	check_call(lkl_sys_pread64(fd, peer_memory + PEER_BYTES / 2,
				   PEER_BYTES / 2 - 100, 0), PEER_BYTES / 2 - 100);
	must(lkl_peer_set(0));
	iov[0].iov_base = peer_memory;
	iov[0].iov_len = 10;
	check_call(lkl_sys_readv(fd, (void *)iov, 1), 10);
	/* Ours still holds zeros but for those; the peer's got the rest. */
	cr_assert_eq(peer_memory[1], 7);
	cr_assert_eq(peer_memory[PEER_BYTES / 2 + 1], 0);
	must(lkl_peer_set(peer));
	check_call(lkl_sys_pread64(fd, peer_memory + PEER_BYTES - 100, 100,
				   PEER_BYTES / 2 - 100), 100);
	must(lkl_peer_set(0));
	cr_assert_eq(peer_end(), 42);
}

Test(wait, names_and_structs_come_from_the_peer_too)
{
	char *name, *stat_there;
	struct lkl_stat st;

	peer_start();
	/* The same address holds different bytes here and there. */
	name = peer_memory;
	strcpy(name, "/here");
	stat_there = peer_memory + 4096;
	must(write_file("/here", "x"));
	check_call(lkl_sys_stat(name, (void *)stat_there), 0);
	must(lkl_peer_set(peer));
	check_call(lkl_sys_stat(name, (void *)stat_there), -ENOENT);
	check_call(lkl_sys_stat(name, NULL), -ENOENT);
	check_call(lkl_sys_getcwd(stat_there, 100), 2);
	check_call(lkl_sys_getcwd((char *)8, 100), -EFAULT);
	check_call(lkl_sys_stat((char *)8, &st), -EFAULT);
	must(lkl_peer_set(0));
	peer_end();
}

Test(wait, a_peer_that_is_gone_is_a_bad_address)
{
	char buf[16] = "";
	int fd = (int)must(lkl_sys_open("/f", LKL_O_RDWR | LKL_O_CREAT, 0600));

	peer_start();
	peer_end();
	must(lkl_peer_set(peer));
	check_call(lkl_sys_write(fd, buf, sizeof(buf)), -EFAULT);
	must(lkl_peer_set(0));
	check_call(lkl_sys_write(fd, buf, sizeof(buf)), sizeof(buf));
}

/* --- who else has a file --- */

Test(wait, a_file_has_as_many_users_as_descriptors)
{
	int fd, other, ends[2];

	check_call(lkl_fd_users(700), -LKL_EBADF);
	check_call(lkl_fd_users(-1), -LKL_EBADF);
	fd = (int)must(lkl_sys_open("/f", LKL_O_RDWR | LKL_O_CREAT, 0600));
	check_call(lkl_fd_users(fd), 1);
	other = (int)must(lkl_sys_dup((unsigned int)fd));
	check_call(lkl_fd_users(fd), 2);
	must(lkl_sys_close((unsigned int)fd));
	check_call(lkl_fd_users(other), 1);
	must(lkl_sys_socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	check_call(lkl_fd_users(ends[0]), 1);
}

static void *read_pipe(void *arg)
{
	char byte;

	check_call(lkl_sys_read((unsigned int)lib_pipe[0], &byte, 1), 1);
	return NULL;
}

Test(wait, a_call_under_way_is_a_user)
{
	pthread_t thread;

	must(lkl_sys_pipe2(lib_pipe, 0));
	thread = thread_start(read_pipe, NULL);
	cr_assert(eventually(lkl_fd_users(lib_pipe[0]) == 2));
	must(lkl_sys_write((unsigned int)lib_pipe[1], "x", 1));
	thread_join(thread);
	check_call(lkl_fd_users(lib_pipe[0]), 1);
}
