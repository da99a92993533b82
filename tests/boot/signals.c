// SPDX-License-Identifier: GPL-2.0
/*
 * signals.c - signals raised inside reach the host threads they are meant for
 *
 * Layer:   tests/boot.
 */
#include "tests/boot/boot.h"

#include <signal.h>
#include <sys/syscall.h>

BOOT_SUITE(signals);

static volatile sig_atomic_t seen, seen_code;
static void *volatile seen_value;
static volatile pid_t seen_thread;

static pid_t host_tid(void)
{
	return syscall(SYS_gettid);
}

static void on_signal(int signo, siginfo_t *info, void *uc)
{
	seen_code = info->si_code;
	seen_value = info->si_value.sival_ptr;
	seen_thread = host_tid();
	seen = signo;
}

static void handle(int signo, int flags)
{
	struct sigaction action = {
		.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | flags,
	};

	seen = 0;
	cr_assert_eq(sigaction(signo, &action, NULL), 0);
}

static int fds[2];

static void make_pipe(void)
{
	must(lkl_sys_pipe2(fds, 0));
}

/* --- SIGPIPE --- */

Test(signals, sigpipe_runs_the_applications_handler)
{
	handle(SIGPIPE, 0);
	make_pipe();
	must(lkl_sys_close(fds[0]));
	check_call(lkl_sys_write(fds[1], "x", 1), -LKL_EPIPE);
	cr_assert_eq(seen, SIGPIPE);
	cr_assert_eq(seen_thread, host_tid());
}

Test(signals, an_ignored_sigpipe_is_only_an_error)
{
	signal(SIGPIPE, SIG_IGN);
	make_pipe();
	must(lkl_sys_close(fds[0]));
	for (int i = 0; i < 100; i++)
		check_call(lkl_sys_write(fds[1], "x", 1), -LKL_EPIPE);
}

Test(signals, a_blocked_sigpipe_stays_pending)
{
	sigset_t set;

	handle(SIGPIPE, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	make_pipe();
	must(lkl_sys_close(fds[0]));
	check_call(lkl_sys_write(fds[1], "x", 1), -LKL_EPIPE);
	cr_assert_eq(seen, 0);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	cr_assert_eq(seen, SIGPIPE);
}

Test(signals, sigpipe_ends_a_process_by_default, .signal = SIGPIPE)
{
	signal(SIGPIPE, SIG_DFL);
	make_pipe();
	lkl_sys_close(fds[0]);
	lkl_sys_write(fds[1], "x", 1);
}

Test(signals, ignoring_inside_keeps_it_from_the_host)
{
	struct lkl_sigaction ignore = { .sa_handler = LKL_SIG_IGN };

	handle(SIGPIPE, 0);
	check_call(lkl_sys_rt_sigaction(SIGPIPE, &ignore, NULL, 8), 0);
	make_pipe();
	must(lkl_sys_close(fds[0]));
	check_call(lkl_sys_write(fds[1], "x", 1), -LKL_EPIPE);
	cr_assert_eq(seen, 0);
}

static void *break_pipe(void *arg)
{
	long ret;

	*(pid_t *)arg = host_tid();
	ret = lkl_sys_write(fds[1], "x", 1);
	return (void *)ret;
}

Test(signals, sigpipe_goes_to_the_thread_that_wrote)
{
	handle(SIGPIPE, 0);
	make_pipe();
	must(lkl_sys_close(fds[0]));
	for (int i = 0; i < 10; i++) {
		pid_t writer;

		seen_thread = 0;
		check_call((long)thread_join(thread_start(break_pipe, &writer)), -LKL_EPIPE);
		cr_assert_eq(seen_thread, writer);
	}
}

/* --- timers --- */

static int make_timer(int signo, void *value, long tid)
{
	struct sigevent event = { 0 };
	int timer;

	event.sigev_notify = SIGEV_THREAD_ID;
	event.sigev_signo = signo;
	event.sigev_value.sival_ptr = value;
	event._sigev_un._tid = tid;
	must(lkl_sys_timer_create(CLOCK_MONOTONIC, &event, &timer));
	return timer;
}

static const struct itimerspec soon = { .it_value.tv_nsec = 20 * NSEC_PER_MSEC };

Test(signals, a_timer_tells_its_code_and_value)
{
	int timer;

	handle(SIGRTMIN + 3, 0);
	timer = make_timer(SIGRTMIN + 3, &fds, lkl_sys_gettid());
	must(lkl_sys_timer_settime(timer, 0, &soon, NULL));
	cr_assert(eventually(seen));
	cr_assert_eq(seen, SIGRTMIN + 3);
	cr_assert_eq(seen_code, SI_TIMER);
	cr_assert_eq(seen_value, &fds);
	cr_assert_eq(seen_thread, host_tid());
}

static atomic_long target_tid;
static atomic_int target_host_tid, target_done;

static void *be_target(void *arg)
{
	target_host_tid = host_tid();
	target_tid = lkl_sys_gettid();
	while (!target_done)
		sleep_ms(1);
	return NULL;
}

static pthread_t start_target(void)
{
	pthread_t thread = thread_start(be_target, NULL);

	cr_assert(eventually(target_tid > 0));
	return thread;
}

Test(signals, a_timer_reaches_the_thread_it_names)
{
	pthread_t target;
	int timer;

	handle(SIGUSR1, 0);
	target = start_target();
	timer = make_timer(SIGUSR1, NULL, target_tid);
	must(lkl_sys_timer_settime(timer, 0, &soon, NULL));
	cr_assert(eventually(seen));
	cr_assert_eq(seen_thread, target_host_tid);
	target_done = 1;
	thread_join(target);
}

Test(signals, setitimer_raises_sigalrm)
{
	struct itimerval soon_usec = { .it_value.tv_usec = 20000 };

	handle(SIGALRM, 0);
	must(lkl_sys_setitimer(ITIMER_REAL, &soon_usec, NULL));
	cr_assert(eventually(seen == SIGALRM));
}

Test(signals, alarm_interrupts_a_call)
{
	struct itimerval soon_usec = { .it_value.tv_usec = 50000 };
	uint64_t start = now_ns();

	handle(SIGALRM, 0);
	must(lkl_sys_setitimer(ITIMER_REAL, &soon_usec, NULL));
	check_call(lkl_sys_pause(), -LKL_EINTR);
	cr_assert_eq(seen, SIGALRM);
	cr_assert_geq(now_ns() - start, 50 * NSEC_PER_MSEC);
}

/* --- kill --- */

Test(signals, tkill_of_oneself_is_there_before_the_call_returns)
{
	handle(SIGUSR1, 0);
	check_call(lkl_sys_tkill(lkl_sys_gettid(), SIGUSR1), 0);
	cr_assert_eq(seen, SIGUSR1);
	cr_assert_eq(seen_thread, host_tid());
}

Test(signals, tkill_reaches_a_thread_outside)
{
	pthread_t target;

	handle(SIGUSR1, 0);
	target = start_target();
	check_call(lkl_sys_tkill(target_tid, SIGUSR1), 0);
	cr_assert(eventually(seen));
	cr_assert_eq(seen_thread, target_host_tid);
	target_done = 1;
	thread_join(target);
}

Test(signals, kill_of_the_process_reaches_one_of_its_threads)
{
	handle(SIGUSR2, 0);
	check_call(lkl_sys_kill(lkl_sys_getpid(), SIGUSR2), 0);
	cr_assert(eventually(seen == SIGUSR2));
}

static void *read_and_tell(void *arg)
{
	char byte;

	target_host_tid = host_tid();
	target_tid = lkl_sys_gettid();
	return (void *)lkl_sys_read(fds[0], &byte, 1);
}

Test(signals, a_signal_interrupts_a_blocked_call)
{
	pthread_t thread;

	handle(SIGUSR1, 0);
	make_pipe();
	thread = thread_start(read_and_tell, NULL);
	cr_assert(eventually(target_tid > 0));
	sleep_ms(50);
	check_call(lkl_sys_tkill(target_tid, SIGUSR1), 0);
	check_call((long)thread_join(thread), -LKL_EINTR);
	cr_assert_eq(seen, SIGUSR1);
	cr_assert_eq(seen_thread, target_host_tid);
}

Test(signals, blocking_inside_delays_a_signal)
{
	uint64_t set = 1UL << (SIGUSR1 - 1);

	handle(SIGUSR1, 0);
	check_call(lkl_sys_rt_sigprocmask(LKL_SIG_BLOCK, &set, NULL, 8), 0);
	check_call(lkl_sys_tkill(lkl_sys_gettid(), SIGUSR1), 0);
	sleep_ms(20);
	cr_assert_eq(seen, 0);
	check_call(lkl_sys_rt_sigprocmask(LKL_SIG_UNBLOCK, &set, NULL, 8), 0);
	cr_assert_eq(seen, SIGUSR1);
}

Test(signals, a_signalfd_takes_signals)
{
	uint64_t set = 1UL << (SIGUSR1 - 1);
	char info[128];
	int fd;

	handle(SIGUSR1, 0);
	check_call(lkl_sys_rt_sigprocmask(LKL_SIG_BLOCK, &set, NULL, 8), 0);
	fd = must(lkl_sys_signalfd4(-1, &set, 8, 0));
	check_call(lkl_sys_tkill(lkl_sys_gettid(), SIGUSR1), 0);
	check_call(lkl_sys_read(fd, info, sizeof(info)), sizeof(info));
	cr_assert_eq(*(uint32_t *)info, SIGUSR1);
	cr_assert_eq(seen, 0);
}

/* --- signals of the host --- */

static volatile long handler_result;

static void call_in_handler(int signo)
{
	handler_result = lkl_sys_getpid();
	seen = signo;
}

static void *wait_inside(void *arg)
{
	char byte;
	long ret;

	target_tid = lkl_sys_gettid();
	do {
		ret = lkl_sys_read(fds[0], &byte, 1);
	} while (ret == -LKL_EINTR);
	return (void *)ret;
}

/* The handler runs, may not call in again, and does no harm. */
Test(signals, a_host_signal_while_a_thread_is_inside)
{
	pthread_t thread;

	signal(SIGUSR1, call_in_handler);
	make_pipe();
	thread = thread_start(wait_inside, NULL);
	cr_assert(eventually(target_tid > 0));
	sleep_ms(50);
	pthread_kill(thread, SIGUSR1);
	cr_assert(eventually(seen));
	check_call(handler_result, -LKL_EDEADLK);
	check_call(lkl_sys_write(fds[1], "x", 1), 1);
	check_call((long)thread_join(thread), 1);
}

static long interrupted_result(int flags, void *(*fn)(void *arg))
{
	struct sigaction action = { .sa_handler = call_in_handler, .sa_flags = flags };
	pthread_t thread;
	void *result;

	seen = 0;
	target_tid = 0;
	sigaction(SIGUSR1, &action, NULL);
	thread = thread_start(fn, NULL);
	cr_assert(eventually(target_tid > 0));
	sleep_ms(50);
	pthread_kill(thread, SIGUSR1);
	cr_assert(eventually(seen));
	sleep_ms(50);
	if (pthread_tryjoin_np(thread, &result) == EBUSY) {
		must(lkl_sys_write(fds[1], "x", 1));
		result = thread_join(thread);
	}
	return (long)result;
}

static void *pause_and_tell(void *arg)
{
	target_tid = lkl_sys_gettid();
	return (void *)lkl_sys_pause();
}

Test(signals, a_host_signal_interrupts_calls_as_on_the_host)
{
	make_pipe();
	check_call(interrupted_result(0, read_and_tell), -LKL_EINTR);
	check_call(interrupted_result(0, pause_and_tell), -LKL_EINTR);
	/* read() goes on after a handler with SA_RESTART, pause() never does. */
	check_call(interrupted_result(SA_RESTART, read_and_tell), 1);
	check_call(interrupted_result(SA_RESTART, pause_and_tell), -LKL_EINTR);
}

static void *sleep_and_tell(void *arg)
{
	struct timespec second = { .tv_sec = 60 }, left = { 0 };
	long ret;

	target_tid = lkl_sys_gettid();
	ret = lkl_sys_nanosleep(&second, &left);
	return (void *)(ret == -LKL_EINTR && left.tv_sec >= 50 ? 0L : -1L);
}

Test(signals, a_host_signal_ends_a_sleep_and_tells_the_rest)
{
	pthread_t thread;

	signal(SIGUSR1, call_in_handler);
	thread = thread_start(sleep_and_tell, NULL);
	cr_assert(eventually(target_tid > 0));
	sleep_ms(50);
	pthread_kill(thread, SIGUSR1);
	check_call((long)thread_join(thread), 0);
}

static void *call_until_done(void *arg)
{
	char name[32];
	long bad = 0;

	snprintf(name, sizeof(name), "/%d", host_tid());
	while (!target_done) {
		bad += write_file(name, "data") != 4;
		bad += lkl_sys_unlink(name) != 0;
	}
	return (void *)bad;
}

static atomic_int storm;

static void count_storm(int signo)
{
	storm++;
}

Test(signals, a_storm_of_host_signals_does_no_harm)
{
	struct sigaction action = { .sa_handler = count_storm, .sa_flags = SA_RESTART };
	pthread_t threads[3];

	sigaction(SIGUSR1, &action, NULL);
	for (int i = 0; i < 3; i++)
		threads[i] = thread_start(call_until_done, NULL);
	for (int i = 0; i < 3000; i++) {
		pthread_kill(threads[i % 3], SIGUSR1);
		if (i % 50 == 0)
			sleep_ms(1);
	}
	target_done = 1;
	for (int i = 0; i < 3; i++)
		cr_assert_null(thread_join(threads[i]));
	cr_assert_gt(storm, 0);
}

/* Signals for the process go to the application, not to the vCPUs. */
Test(signals, threads_of_the_kernel_take_no_signals)
{
	handle(SIGTERM, 0);
	for (int i = 0; i < 50; i++) {
		seen = 0;
		kill(getpid(), SIGTERM);
		cr_assert(eventually(seen));
		cr_assert_eq(seen_thread, host_tid());
	}
}
