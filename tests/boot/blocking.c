// SPDX-License-Identifier: GPL-2.0
/*
 * blocking.c - calls that wait, from several threads at once
 *
 * Layer:   tests/boot.
 */
#include "tests/boot/boot.h"

#include <sys/epoll.h>

BOOT_SUITE(blocking);

#define MS		NSEC_PER_MSEC

static int fds[2];

/* --- pipe --- */

static void *read_byte(void *arg)
{
	char byte = 0;
	long ret = lkl_sys_read(fds[0], &byte, 1);

	return (void *)(ret == 1 ? (long)byte : ret);
}

Test(blocking, a_reader_waits_for_a_writer)
{
	pthread_t reader;

	must(lkl_sys_pipe2(fds, 0));
	reader = thread_start(read_byte, NULL);
	sleep_ms(50);
	cr_assert_eq(pthread_tryjoin_np(reader, NULL), EBUSY);
	check_call(lkl_sys_write(fds[1], "x", 1), 1);
	check_call((long)thread_join(reader), 'x');
}

#define WAITERS	16

Test(blocking, more_threads_wait_than_there_are_vcpus)
{
	pthread_t readers[WAITERS];
	int seen[256] = { 0 };

	must(lkl_sys_pipe2(fds, 0));
	for (int i = 0; i < WAITERS; i++)
		readers[i] = thread_start(read_byte, NULL);
	sleep_ms(50);
	/* The kernel is free for others meanwhile. */
	for (int i = 0; i < 1000; i++)
		cr_assert_gt(lkl_sys_getpid(), 0);
	for (char c = 'a'; c < 'a' + WAITERS; c++)
		check_call(lkl_sys_write(fds[1], &c, 1), 1);
	for (int i = 0; i < WAITERS; i++)
		seen[(long)thread_join(readers[i]) & 255]++;
	for (int c = 'a'; c < 'a' + WAITERS; c++)
		cr_assert_eq(seen[c], 1);
}

#define TRIPS	20000

static int there[2], back[2];

static void *echo(void *arg)
{
	long bad = 0;
	int number;

	for (int i = 0; i < TRIPS; i++) {
		bad += lkl_sys_read(there[0], &number, sizeof(number)) != sizeof(number);
		bad += number != i;
		bad += lkl_sys_write(back[1], &number, sizeof(number)) != sizeof(number);
	}
	return (void *)bad;
}

Test(blocking, ping_pong_loses_nothing, .timeout = 120)
{
	pthread_t thread;

	must(lkl_sys_pipe2(there, 0));
	must(lkl_sys_pipe2(back, 0));
	thread = thread_start(echo, NULL);
	for (int i = 0; i < TRIPS; i++) {
		int number = 0;

		check_call(lkl_sys_write(there[1], &i, sizeof(i)), sizeof(i));
		check_call(lkl_sys_read(back[0], &number, sizeof(number)),
			   sizeof(number));
		cr_assert_eq(number, i);
	}
	cr_assert_null(thread_join(thread));
}

#define BYTES	(8 << 20)

static void *write_stream(void *arg)
{
	static unsigned char buf[10007];
	unsigned int at = 0;

	while (at < BYTES) {
		unsigned int len = BYTES - at;

		if (len > sizeof(buf))
			len = sizeof(buf);
		for (unsigned int i = 0; i < len; i++)
			buf[i] = (at + i) * 131 >> 3;
		for (unsigned int done = 0; done < len; ) {
			long n = lkl_sys_write(fds[1], buf + done, len - done);

			if (n <= 0)
				return "a write failed";
			done += n;
		}
		at += len;
	}
	lkl_sys_close(fds[1]);
	return NULL;
}

Test(blocking, a_stream_arrives_whole_and_in_order)
{
	static unsigned char buf[70000];
	unsigned int at = 0;
	pthread_t thread;
	long n;

	must(lkl_sys_pipe2(fds, 0));
	thread = thread_start(write_stream, NULL);
	while ((n = lkl_sys_read(fds[0], buf, sizeof(buf))) > 0) {
		for (long i = 0; i < n; i++, at++)
			cr_assert_eq(buf[i], (unsigned char)(at * 131 >> 3));
	}
	check_call(n, 0);
	cr_assert_eq(at, BYTES);
	cr_assert_null(thread_join(thread));
}

/* --- futex --- */

static uint32_t word;

static long futex(int op, uint32_t value, const struct timespec *timeout)
{
	return lkl_sys_futex(&word, op | LKL_FUTEX_PRIVATE_FLAG, value, timeout,
			     NULL, 0);
}

static void *futex_wait(void *arg)
{
	return (void *)futex(LKL_FUTEX_WAIT, 0, NULL);
}

Test(blocking, futex_on_application_memory)
{
	pthread_t threads[4];
	int woken = 0;

	check_call(futex(LKL_FUTEX_WAIT, 1, NULL), -LKL_EAGAIN);
	check_call(futex(LKL_FUTEX_WAKE, 1, NULL), 0);
	for (int i = 0; i < 4; i++)
		threads[i] = thread_start(futex_wait, NULL);
	sleep_ms(50);
	/* One, and then the others once they are there. */
	cr_assert(eventually((woken += futex(LKL_FUTEX_WAKE, 1, NULL)) >= 1));
	cr_assert(eventually((woken += futex(LKL_FUTEX_WAKE, 9, NULL)) == 4));
	for (int i = 0; i < 4; i++)
		check_call((long)thread_join(threads[i]), 0);
}

static uint32_t lock_word;
static long locked_sum;

/* Drepper's mutex, of "Futexes are tricky": 0 free, 1 taken, 2 waited for. */
static void lock(void)
{
	uint32_t seen = 0;

	if (__atomic_compare_exchange_n(&lock_word, &seen, 1, 0, __ATOMIC_SEQ_CST,
					__ATOMIC_SEQ_CST))
		return;
	while (__atomic_exchange_n(&lock_word, 2, __ATOMIC_SEQ_CST) != 0)
		lkl_sys_futex(&lock_word, LKL_FUTEX_WAIT | LKL_FUTEX_PRIVATE_FLAG,
			      2, NULL, NULL, 0);
}

static void unlock(void)
{
	if (__atomic_exchange_n(&lock_word, 0, __ATOMIC_SEQ_CST) == 2)
		lkl_sys_futex(&lock_word, LKL_FUTEX_WAKE | LKL_FUTEX_PRIVATE_FLAG,
			      1, NULL, NULL, 0);
}

static void *lock_and_add(void *arg)
{
	for (int i = 0; i < 20000; i++) {
		lock();
		locked_sum++;
		unlock();
	}
	return NULL;
}

Test(blocking, futex_makes_a_mutex)
{
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		threads[i] = thread_start(lock_and_add, NULL);
	for (int i = 0; i < 4; i++)
		thread_join(threads[i]);
	cr_assert_eq(locked_sum, 80000);
}

/* --- epoll and poll --- */

static int epoll;

static void *epoll_wait_one(void *arg)
{
	struct epoll_event event = { 0 };
	long ret = lkl_sys_epoll_wait(epoll, &event, 1, -1);

	return (void *)(ret == 1 ? (long)event.data.u64 : ret);
}

Test(blocking, epoll_waits_for_several_files)
{
	uint64_t one = 1;
	int files[3];

	epoll = must(lkl_sys_epoll_create1(0));
	for (int i = 0; i < 3; i++) {
		struct epoll_event event = {
			.events = EPOLLIN | EPOLLONESHOT, .data.u64 = 100 + i,
		};

		files[i] = must(lkl_sys_eventfd2(0, 0));
		must(lkl_sys_epoll_ctl(epoll, EPOLL_CTL_ADD, files[i], &event));
	}
	for (int i = 2; i >= 0; i--) {
		pthread_t thread = thread_start(epoll_wait_one, NULL);

		sleep_ms(20);
		cr_assert_eq(pthread_tryjoin_np(thread, NULL), EBUSY);
		check_call(lkl_sys_write(files[i], &one, 8), 8);
		check_call((long)thread_join(thread), 100 + i);
	}
}

static void *poll_both(void *arg)
{
	struct pollfd polls[2] = {
		{ .fd = there[0], .events = POLLIN },
		{ .fd = back[0], .events = POLLIN },
	};
	long ret = lkl_sys_poll(polls, 2, -1);

	return (void *)(ret == 1 && (polls[1].revents & POLLIN) ? 0L : -1L);
}

Test(blocking, poll_waits_for_several_files)
{
	pthread_t thread;

	must(lkl_sys_pipe2(there, 0));
	must(lkl_sys_pipe2(back, 0));
	thread = thread_start(poll_both, NULL);
	sleep_ms(20);
	check_call(lkl_sys_write(back[1], "x", 1), 1);
	cr_assert_null(thread_join(thread));
}

/* --- timeouts --- */

static void check_took(uint64_t start, uint64_t ns, const char *what)
{
	uint64_t took = now_ns() - start;

	cr_assert_geq(took, ns, "%s came after %llu us", what,
		      (unsigned long long)took / 1000);
	cr_assert_lt(took, ns + 2 * NSEC_PER_SEC, "%s came after %llu ms", what,
		     (unsigned long long)took / 1000000);
}

/* A little less, since poll's milliseconds are rounded up from now. */
#define ABOUT(ms)	((ms) * MS - MS / 2)

Test(blocking, timeouts_are_kept)
{
	struct timespec ts = { .tv_nsec = 30 * MS };
	struct timeval tv = { .tv_usec = 30000 };
	struct epoll_event event;
	uint64_t start;

	epoll = must(lkl_sys_epoll_create1(0));
	start = now_ns();
	check_call(lkl_sys_poll(NULL, 0, 30), 0);
	check_took(start, ABOUT(30), "poll");
	start = now_ns();
	check_call(lkl_sys_select(0, NULL, NULL, NULL, &tv), 0);
	check_took(start, ABOUT(30), "select");
	start = now_ns();
	check_call(lkl_sys_epoll_wait(epoll, &event, 1, 30), 0);
	check_took(start, ABOUT(30), "epoll_wait");
	start = now_ns();
	check_call(futex(LKL_FUTEX_WAIT, 0, &ts), -LKL_ETIMEDOUT);
	check_took(start, 30 * MS, "futex");
	start = now_ns();
	check_call(lkl_sys_nanosleep(&ts, NULL), 0);
	check_took(start, 30 * MS, "nanosleep");
}

Test(blocking, short_sleeps_are_short)
{
	uint64_t best = ~0ULL;

	for (int i = 0; i < 50; i++) {
		struct timespec ts = { .tv_nsec = 100000 };
		uint64_t start = now_ns(), took;

		check_call(lkl_sys_nanosleep(&ts, NULL), 0);
		took = now_ns() - start;
		cr_assert_geq(took, 100000);
		if (took < best)
			best = took;
	}
	/* High resolution timers: no tick of 1 ms in between. */
	cr_assert_lt(best, 900000, "the shortest took %llu ns",
		     (unsigned long long)best);
}

static void *sleep_inside(void *arg)
{
	struct timespec ts = { .tv_nsec = (long)arg * MS };
	uint64_t start = now_ns();
	long ret = lkl_sys_nanosleep(&ts, NULL);

	if (!ret && now_ns() - start < (uint64_t)ts.tv_nsec)
		ret = -1;
	return (void *)ret;
}

Test(blocking, sleeps_of_many_threads_overlap)
{
	pthread_t threads[WAITERS];
	uint64_t start = now_ns();

	for (long i = 0; i < WAITERS; i++)
		threads[i] = thread_start(sleep_inside, (void *)(200 + i));
	for (int i = 0; i < WAITERS; i++)
		check_call((long)thread_join(threads[i]), 0);
	/* One after the other would be over 3 s. */
	cr_assert_lt(now_ns() - start, 1500 * MS);
}

static void *sleep_randomly(void *arg)
{
	unsigned int seed = (long)arg;

	for (int i = 0; i < 100; i++) {
		struct timespec ts;

		seed = seed * 1103515245 + 12345;
		ts = (struct timespec){ .tv_nsec = seed % 3000000 };
		if (lkl_sys_nanosleep(&ts, NULL))
			return "a sleep failed";
	}
	return NULL;
}

Test(blocking, many_timers_of_many_threads)
{
	pthread_t threads[8];

	for (long i = 0; i < 8; i++)
		threads[i] = thread_start(sleep_randomly, (void *)i);
	for (int i = 0; i < 8; i++)
		cr_assert_null(thread_join(threads[i]));
}

static void *spin_inside(void *arg)
{
	while (!*(atomic_int *)arg)
		lkl_sys_getppid();
	return NULL;
}

Test(blocking, a_busy_thread_does_not_keep_others_from_waking)
{
	atomic_int stop = 0;
	pthread_t busy = thread_start(spin_inside, &stop);
	struct timespec ts = { .tv_nsec = 5 * MS };
	uint64_t start = now_ns();

	for (int i = 0; i < 20; i++)
		check_call(lkl_sys_nanosleep(&ts, NULL), 0);
	cr_assert_lt(now_ns() - start, 2 * NSEC_PER_SEC);
	stop = 1;
	thread_join(busy);
}

/* --- sockets --- */

static void *receive(void *arg)
{
	char buf[8];

	return (void *)lkl_sys_recvfrom(fds[0], buf, sizeof(buf), 0, NULL, NULL);
}

Test(blocking, a_socket_wakes_its_reader)
{
	pthread_t thread;

	must(lkl_sys_socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
	thread = thread_start(receive, NULL);
	sleep_ms(20);
	check_call(lkl_sys_sendto(fds[1], "hello", 5, 0, NULL, 0), 5);
	check_call((long)thread_join(thread), 5);
}
