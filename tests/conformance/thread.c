// SPDX-License-Identifier: GPL-2.0
/*
 * thread.c - the thread family against its contract.
 *
 * Layer:   tests/conformance.
 */
#include "tests/conformance/host.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define FN_ARG		((void *)0x1234)

static __u64 start(void (*fn)(void *arg), void *arg)
{
	__u64 thread = 0;

	cr_assert_eq(host->thread->create(fn, arg, "conformance", &thread), 0);
	return thread;
}

static void join(__u64 thread)
{
	cr_assert_eq(host->thread->join(thread), 0);
}

/* --- create and join --- */

static __u64 handle;
static __u64 handle_seen;
static void *arg_seen;
static atomic_int finished;

static void record_start(void *arg)
{
	handle_seen = handle;
	arg_seen = arg;
}

Test(thread, create_runs_the_function_with_its_argument)
{
	join(start(record_start, FN_ARG));
	cr_assert_eq(arg_seen, FN_ARG);
}

Test(thread, handle_is_set_before_the_function_runs)
{
	for (int i = 0; i < 100; i++) {
		handle = 0;
		cr_assert_eq(host->thread->create(record_start, NULL, "x",
						  &handle), 0);
		join(handle);
		cr_assert_neq(handle_seen, 0);
		cr_assert_eq(handle_seen, handle);
	}
}

static void finish_late(void *arg)
{
	host->time->delay(30000000);
	atomic_store(&finished, 1);
}

Test(thread, join_waits_for_the_end)
{
	join(start(finish_late, NULL));
	cr_assert_eq(atomic_load(&finished), 1);
}

Test(thread, join_of_what_is_no_thread_fails)
{
	__u64 thread = start(record_start, NULL);

	join(thread);
	cr_assert_eq(host->thread->join(thread), -ESRCH);
	cr_assert_eq(host->thread->join(0), -ESRCH);
	cr_assert_eq(host->thread->join(~0ULL), -ESRCH);
}

static int join_result;

static void join_self(void *arg)
{
	join_result = host->thread->join(handle);
}

Test(thread, join_of_oneself_fails)
{
	cr_assert_eq(host->thread->create(join_self, NULL, "x", &handle), 0);
	join(handle);
	cr_assert_eq(join_result, -EDEADLK);
}

static char name_seen[32];

static void record_name(void *arg)
{
	prctl(PR_GET_NAME, name_seen);
}

static void check_name(const char *name, const char *expect)
{
	__u64 thread;

	cr_assert_eq(host->thread->create(record_name, NULL, name, &thread), 0);
	join(thread);
	cr_assert_str_eq(name_seen, expect);
}

Test(thread, name_is_given_and_cut)
{
	check_name("lkl/0", "lkl/0");
	check_name("fifteen-letters", "fifteen-letters");
	check_name("more-than-fifteen-letters", "more-than-fifte");
}

Test(thread, name_is_copied)
{
	char name[] = "original";
	__u64 thread;

	cr_assert_eq(host->thread->create(record_name, NULL, name, &thread), 0);
	memset(name, 'x', sizeof(name) - 1);
	join(thread);
	cr_assert_str_eq(name_seen, "original");
}

static int count_lines(const char *path)
{
	FILE *file = fopen(path, "r");
	int c, lines = 0;

	cr_assert_not_null(file);
	while ((c = getc(file)) != EOF)
		lines += c == '\n';
	fclose(file);
	return lines;
}

static void create_and_join(int times)
{
	for (int i = 0; i < times; i++)
		join(start(record_start, NULL));
}

Test(thread, create_and_join_leave_nothing_behind)
{
	int before;

	/* The first ones fill libc's stack cache. */
	create_and_join(20);
	before = count_lines("/proc/self/maps");
	create_and_join(500);
	cr_assert_leq(count_lines("/proc/self/maps"), before + 4);
}

Test(thread, create_says_when_memory_is_short)
{
	struct rlimit limit = { 1 << 20, RLIM_INFINITY };
	__u64 thread;
	int err;

#ifdef __SANITIZE_ADDRESS__
	cr_skip_test("AddressSanitizer gives up where libc returns an error");
#endif
	cr_assert_eq(setrlimit(RLIMIT_AS, &limit), 0);
	err = host->thread->create(record_start, NULL, "x", &thread);
	limit.rlim_cur = RLIM_INFINITY;
	cr_assert_eq(setrlimit(RLIMIT_AS, &limit), 0);
	cr_assert(err == -EAGAIN || err == -ENOMEM, "got %d", err);
}

/* --- signal masks --- */

static sigset_t mask_seen;

static void record_mask(void *arg)
{
	pthread_sigmask(SIG_SETMASK, NULL, &mask_seen);
}

static int is_synchronous(int signo)
{
	return signo == SIGSEGV || signo == SIGBUS || signo == SIGILL ||
	       signo == SIGFPE || signo == SIGTRAP;
}

static int can_be_blocked(int signo)
{
	return signo != SIGKILL && signo != SIGSTOP &&
	       (signo < 32 || signo >= SIGRTMIN);
}

static void check_mask(void)
{
	join(start(record_mask, NULL));
	for (int signo = 1; signo <= SIGRTMAX; signo++) {
		if (!can_be_blocked(signo))
			continue;
		cr_assert_eq(sigismember(&mask_seen, signo),
			     !is_synchronous(signo), "signal %d", signo);
	}
}

Test(thread, asynchronous_signals_are_blocked_and_faults_are_not)
{
	sigset_t set;

	sigemptyset(&set);
	pthread_sigmask(SIG_SETMASK, &set, NULL);
	check_mask();
	sigfillset(&set);
	pthread_sigmask(SIG_SETMASK, &set, NULL);
	check_mask();
}

Test(thread, creators_mask_is_left_alone)
{
	sigset_t set, after;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_SETMASK, &set, NULL);
	join(start(record_mask, NULL));
	pthread_sigmask(SIG_SETMASK, NULL, &after);
	cr_assert_eq(sigismember(&after, SIGUSR1), 1);
	cr_assert_eq(sigismember(&after, SIGUSR2), 0);
	cr_assert_eq(sigismember(&after, SIGSEGV), 0);
}

/* --- slots --- */

static __u64 slot;
static void *slot_seen;

static void record_slot(void *arg)
{
	slot_seen = host->thread->slot_get(slot);
	if (arg)
		cr_assert_eq(host->thread->slot_set(slot, arg), 0);
}

Test(thread, slot_is_null_in_every_thread_at_first)
{
	slot_seen = FN_ARG;
	cr_assert_eq(host->thread->slot_alloc(NULL, &slot), 0);
	cr_assert_null(host->thread->slot_get(slot));
	join(start(record_slot, NULL));
	cr_assert_null(slot_seen);
}

Test(thread, slot_belongs_to_one_thread)
{
	cr_assert_eq(host->thread->slot_alloc(NULL, &slot), 0);
	cr_assert_eq(host->thread->slot_set(slot, &slot), 0);
	join(start(record_slot, FN_ARG));
	cr_assert_null(slot_seen);
	cr_assert_eq(host->thread->slot_get(slot), &slot);
}

Test(thread, slots_are_independent_and_start_anew)
{
	__u64 slots[16];

	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 16; i++) {
			cr_assert_eq(host->thread->slot_alloc(NULL, &slots[i]), 0);
			cr_assert_null(host->thread->slot_get(slots[i]));
			host->thread->slot_set(slots[i], &slots[i]);
		}
		for (int i = 0; i < 16; i++)
			cr_assert_eq(host->thread->slot_get(slots[i]), &slots[i]);
		for (int i = 0; i < 16; i++)
			host->thread->slot_free(slots[i]);
	}
}

Test(thread, slots_run_out_with_an_error)
{
	__u64 any;
	int err = 0;

	for (int i = 0; i < 100000 && !err; i++)
		err = host->thread->slot_alloc(NULL, &any);
	cr_assert(!err || err == -EAGAIN || err == -ENOMEM, "got %d", err);
}

Test(thread, slot_set_refuses_a_freed_slot)
{
	cr_assert_eq(host->thread->slot_alloc(NULL, &slot), 0);
	host->thread->slot_free(slot);
	cr_assert_eq(host->thread->slot_set(slot, FN_ARG), -EINVAL);
}

static void *destroyed_value;
static void *destroyed_slot;
static __u64 destroyed_self;
static __u64 owner_self;
static int destroyed;

static void destructor(void *value)
{
	destroyed++;
	destroyed_value = value;
	destroyed_slot = host->thread->slot_get(slot);
	destroyed_self = host->thread->self();
}

static void set_slot(void *arg)
{
	owner_self = host->thread->self();
	cr_assert_eq(host->thread->slot_set(slot, arg), 0);
}

Test(thread, destructor_runs_in_the_thread_with_the_slot_null)
{
	cr_assert_eq(host->thread->slot_alloc(destructor, &slot), 0);
	join(start(set_slot, FN_ARG));
	cr_assert_eq(destroyed, 1);
	cr_assert_eq(destroyed_value, FN_ARG);
	cr_assert_null(destroyed_slot);
	cr_assert_eq(destroyed_self, owner_self);
}

static void *set_slot_pthread(void *arg)
{
	set_slot(arg);
	return NULL;
}

Test(thread, destructor_runs_in_threads_the_application_made)
{
	pthread_t thread;

	cr_assert_eq(host->thread->slot_alloc(destructor, &slot), 0);
	pthread_create(&thread, NULL, set_slot_pthread, FN_ARG);
	pthread_join(thread, NULL);
	cr_assert_eq(destroyed, 1);
	cr_assert_eq(destroyed_value, FN_ARG);
}

Test(thread, destructor_does_not_run_for_null)
{
	cr_assert_eq(host->thread->slot_alloc(destructor, &slot), 0);
	join(start(set_slot, NULL));
	cr_assert_eq(destroyed, 0);
}

static void destructor_again(void *value)
{
	destroyed_value = value;
	if (++destroyed == 1)
		host->thread->slot_set(slot, &slot);
}

Test(thread, destructor_may_set_the_slot_again)
{
	cr_assert_eq(host->thread->slot_alloc(destructor_again, &slot), 0);
	join(start(set_slot, FN_ARG));
	cr_assert_eq(destroyed, 2);
	cr_assert_eq(destroyed_value, &slot);
}

static sem_t slot_is_set, slot_is_free;

static void set_slot_and_wait(void *arg)
{
	set_slot(arg);
	sem_post(&slot_is_set);
	sem_wait(&slot_is_free);
}

Test(thread, destructor_does_not_run_after_slot_free)
{
	__u64 thread;

	sem_init(&slot_is_set, 0, 0);
	sem_init(&slot_is_free, 0, 0);
	cr_assert_eq(host->thread->slot_alloc(destructor, &slot), 0);
	thread = start(set_slot_and_wait, FN_ARG);
	sem_wait(&slot_is_set);
	host->thread->slot_free(slot);
	sem_post(&slot_is_free);
	join(thread);
	cr_assert_eq(destroyed, 0);
}

/* --- self and signal --- */

static void record_self(void *arg)
{
	*(__u64 *)arg = host->thread->self();
}

Test(thread, self_tells_threads_apart)
{
	__u64 other = 0;

	join(start(record_self, &other));
	cr_assert_neq(host->thread->self(), 0);
	cr_assert_neq(other, 0);
	cr_assert_neq(host->thread->self(), other);
	cr_assert_eq(host->thread->self(), host->thread->self());
}

static volatile sig_atomic_t signal_seen, code_seen;
static void *volatile value_seen;
static volatile __u64 thread_seen;

static void on_signal(int signo, siginfo_t *info, void *uc)
{
	signal_seen = signo;
	code_seen = info->si_code;
	value_seen = info->si_value.sival_ptr;
	thread_seen = host->thread->self();
}

static void handle_signal(int signo)
{
	struct sigaction action = {
		.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO,
	};

	cr_assert_eq(sigaction(signo, &action, NULL), 0);
}

/* A signal one sends oneself, unblocked, is there before the call returns. */
static void check_signal(int signo, int code, __u64 value)
{
	struct lkl_signal sig = { .signo = signo, .code = code, .value = value };

	signal_seen = 0;
	handle_signal(signo);
	cr_assert_eq(host->thread->signal(host->thread->self(), &sig), 0);
	cr_assert_eq(signal_seen, signo);
	cr_assert_eq(code_seen, code, "%d became %d", code, (int)code_seen);
	if (code == SI_QUEUE || code == SI_TIMER)
		cr_assert_eq((__u64)(uintptr_t)value_seen, value);
	cr_assert_eq(thread_seen, host->thread->self());
}

Test(thread, signal_keeps_number_code_and_value)
{
	check_signal(SIGUSR1, SI_QUEUE, 0x123456789abcULL);
	check_signal(SIGALRM, SI_TIMER, ~0ULL);
	check_signal(SIGALRM, SI_KERNEL, 0);
	check_signal(SIGPIPE, SI_USER, 0);
	check_signal(SIGUSR2, SI_TKILL, 0);
	check_signal(SIGIO, POLL_IN, 0);
	check_signal(SIGRTMIN, SI_MESGQ, 7);
	check_signal(SIGRTMAX, SI_QUEUE, 1);
}

static sem_t ready, done;

static void *receive(void *arg)
{
	*(__u64 *)arg = host->thread->self();
	sem_post(&ready);
	while (sem_wait(&done))
		;
	return NULL;
}

Test(thread, signal_reaches_the_thread_named)
{
	struct lkl_signal sig = { .signo = SIGUSR1, .code = SI_QUEUE };
	__u64 ids[3];
	pthread_t threads[3];

	sem_init(&ready, 0, 0);
	sem_init(&done, 0, 0);
	handle_signal(SIGUSR1);
	for (int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, receive, &ids[i]);
	for (int i = 0; i < 3; i++)
		sem_wait(&ready);
	for (int i = 0; i < 3; i++) {
		thread_seen = 0;
		cr_assert_eq(host->thread->signal(ids[i], &sig), 0);
		while (!thread_seen)
			sched_yield();
		cr_assert_eq(thread_seen, ids[i]);
	}
	for (int i = 0; i < 3; i++)
		sem_post(&done);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
}

/* A host may not let one thread send another every code there is. */
Test(thread, signal_of_any_code_reaches_another_thread)
{
	static const int codes[] = {
		SI_USER, SI_KERNEL, SI_QUEUE, SI_TIMER, SI_TKILL, POLL_IN,
	};
	pthread_t thread;
	__u64 id;

	sem_init(&ready, 0, 0);
	sem_init(&done, 0, 0);
	handle_signal(SIGUSR1);
	pthread_create(&thread, NULL, receive, &id);
	sem_wait(&ready);
	for (int i = 0; i < 6; i++) {
		struct lkl_signal sig = {
			.signo = SIGUSR1, .code = codes[i], .value = 5,
		};

		thread_seen = 0;
		cr_assert_eq(host->thread->signal(id, &sig), 0, "code %d", codes[i]);
		while (!thread_seen)
			sched_yield();
		cr_assert_eq(thread_seen, id);
		if (codes[i] != SI_QUEUE && codes[i] != SI_TIMER)
			continue;
		cr_assert_eq(code_seen, codes[i]);
		cr_assert_eq((__u64)(uintptr_t)value_seen, 5);
	}
	sem_post(&done);
	pthread_join(thread, NULL);
}

Test(thread, signal_to_a_thread_that_ended_fails)
{
	struct lkl_signal sig = { .signo = SIGUSR1, .code = SI_QUEUE };
	__u64 give_up = host->time->monotonic() + 10000000000ULL;
	__u64 gone;
	int err;

	/* The host may still know a joined thread for a moment. */
	signal(SIGUSR1, SIG_IGN);
	join(start(record_self, &gone));
	do {
		err = host->thread->signal(gone, &sig);
	} while (!err && host->time->monotonic() < give_up);
	cr_assert_eq(err, -ESRCH);
	cr_assert_eq(host->thread->signal(0, &sig), -ESRCH);
	cr_assert_eq(host->thread->signal(~0ULL, &sig), -ESRCH);
}

/* The parent is alive, but none of ours. */
Test(thread, signal_to_another_process_fails)
{
	struct lkl_signal sig = { .signo = SIGCONT, .code = SI_QUEUE };

	cr_assert_eq(host->thread->signal(getppid(), &sig), -ESRCH);
}

Test(thread, signal_refuses_bad_numbers)
{
	struct lkl_signal sig = { .code = SI_QUEUE };
	static const __u32 bad[] = { 0, 65, 1000, 0x80000000, ~0U };

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		sig.signo = bad[i];
		cr_assert_eq(host->thread->signal(host->thread->self(), &sig),
			     -EINVAL, "signal %u", bad[i]);
	}
}

Test(thread, signal_says_when_the_queue_is_full)
{
	struct lkl_signal sig = { .signo = SIGRTMIN, .code = SI_QUEUE };
	struct rlimit limit = { 0, 0 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	cr_assert_eq(setrlimit(RLIMIT_SIGPENDING, &limit), 0);
	cr_assert_eq(host->thread->signal(host->thread->self(), &sig), -EAGAIN);
}

Test(thread, ignored_signal_is_no_error)
{
	struct lkl_signal sig = { .signo = SIGPIPE, .code = SI_USER };

	signal(SIGPIPE, SIG_IGN);
	cr_assert_eq(host->thread->signal(host->thread->self(), &sig), 0);
}
