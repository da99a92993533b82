// SPDX-License-Identifier: GPL-2.0
/*
 * fault.c - the fault family against its contract.
 *
 * Layer:   tests/conformance.
 */
#include "tests/conformance/host.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/conformance/probe.h"

#define BAD		((void *)0x10)
#define RANGE_START	((__u64)(uintptr_t)probe_start)
#define RANGE_SIZE	((__u64)(probe_end - probe_start))

static const int fault_signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE };

static __thread struct lkl_fault seen;
static __thread int offered;

/* What a kernel does with a fault it has a fixup for. */
static int take(struct lkl_fault *fault)
{
	seen = *fault;
	offered++;
	fault->pc = (uintptr_t)probe_recover;
	return 1;
}

static int refuse(struct lkl_fault *fault)
{
	offered++;
	return 0;
}

static void attach(int (*handler)(struct lkl_fault *fault))
{
	cr_assert_eq(host->fault->attach(RANGE_START, RANGE_SIZE, handler), 0);
}

static void detach(void)
{
	host->fault->detach(RANGE_START);
}

/* The test runner and sanitizers install handlers of their own. */
static void default_actions(void)
{
	struct sigaction dfl = { .sa_handler = SIG_DFL };

	for (int i = 0; i < 4; i++)
		sigaction(fault_signals[i], &dfl, NULL);
}

TestSuite(fault, .init = default_actions);

static void check_seen(__u32 kind, const void *addr, int write)
{
	cr_assert_eq(offered, 1);
	cr_assert_eq(seen.kind, kind);
	if (addr)
		cr_assert_eq(seen.addr, (uintptr_t)addr);
	cr_assert_eq(seen.write, (__u32)write);
	cr_assert(seen.pc >= RANGE_START && seen.pc < RANGE_START + RANGE_SIZE);
	offered = 0;
}

/* --- faults that are taken --- */

Test(fault, bad_load_is_offered_and_resumed)
{
	int good = 1;

	attach(take);
	cr_assert_eq(probe_load(&good), 0);
	cr_assert_eq(offered, 0);
	cr_assert_eq(probe_load(BAD), 1);
	check_seen(LKL_FAULT_ACCESS, BAD, 0);
	detach();
}

Test(fault, bad_store_is_told_from_a_load)
{
	char *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	attach(take);
	cr_assert_eq(probe_store(BAD), 1);
	check_seen(LKL_FAULT_ACCESS, BAD, 1);
	cr_assert_eq(probe_load(page + 9), 0);
	cr_assert_eq(probe_store(page + 9), 1);
	check_seen(LKL_FAULT_ACCESS, page + 9, 1);
	detach();
}

Test(fault, address_that_no_page_can_have_is_offered)
{
	attach(take);
	cr_assert_eq(probe_load((void *)0x8000000000000000), 1);
	cr_assert_eq(seen.kind, LKL_FAULT_ACCESS);
	detach();
}

Test(fault, missing_contents_are_a_bus_fault)
{
	char name[] = "/tmp/conformance-XXXXXX";
	int fd = mkstemp(name);
	char *page;

	cr_assert_geq(fd, 0);
	unlink(name);
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	cr_assert_neq(page, MAP_FAILED);
	attach(take);
	cr_assert_eq(probe_load(page + 3), 1);
	check_seen(LKL_FAULT_BUS, page + 3, 0);
	detach();
}

Test(fault, undefined_instruction_is_offered)
{
	attach(take);
	cr_assert_eq(probe_illegal(), 1);
	check_seen(LKL_FAULT_INSTRUCTION, NULL, 0);
	cr_assert_eq(seen.addr, 0);
	detach();
}

Test(fault, division_by_zero_is_offered)
{
	int raised;

	attach(take);
	raised = probe_divide();
	if (raised) {
		check_seen(LKL_FAULT_ARITHMETIC, NULL, 0);
		cr_assert_eq(seen.addr, 0);
	}
	detach();
	if (!raised)
		cr_skip_test("this processor divides by zero");
}

static int take_stack(struct lkl_fault *fault)
{
	seen = *fault;
	offered++;
	/* What probe_stack() keeps the stack pointer in is as it was. */
	fault->pc = (uintptr_t)probe_recover_stack;
	return 1;
}

Test(fault, stack_pointer_and_registers_are_right)
{
	static char stack[65536] __attribute__((aligned(16)));
	void *sp = stack + sizeof(stack);

	attach(take_stack);
	cr_assert_eq(probe_stack(BAD, sp), 1);
	check_seen(LKL_FAULT_ACCESS, BAD, 0);
	cr_assert_eq(seen.sp, (uintptr_t)sp);
	detach();
}

static __u64 resume_sp;

static int take_and_move_stack(struct lkl_fault *fault)
{
	fault->pc = (uintptr_t)probe_recover;
	fault->sp = resume_sp;
	return 1;
}

static int record_sp(struct lkl_fault *fault)
{
	resume_sp = fault->sp;
	return take(fault);
}

/* probe_recover returns by the stack, so that a wrong one would not get back. */
static __attribute__((noinline)) int load_bad(void)
{
	return probe_load(BAD);
}

static __attribute__((noinline)) int load_bad_elsewhere(void *sp)
{
	return probe_stack(BAD, sp);
}

Test(fault, stack_pointer_may_be_changed)
{
	static char stack[65536] __attribute__((aligned(16)));

	/*
	 * Both calls leave the same stack behind, so that the first says where
	 * the return address of the second one is.
	 */
	attach(record_sp);
	for (int i = 0; i < 2; i++) {
		int ret = i ? load_bad_elsewhere(stack + sizeof(stack)) : load_bad();

		cr_assert_eq(ret, 1);
		detach();
		attach(take_and_move_stack);
	}
	detach();
}

static int take_with_errno(struct lkl_fault *fault)
{
	errno = E2BIG;
	return take(fault);
}

Test(fault, errno_is_left_alone)
{
	attach(take_with_errno);
	errno = ENOTTY;
	probe_load(BAD);
	cr_assert_eq(errno, ENOTTY);
	detach();
}

Test(fault, many_faults_one_after_the_other)
{
	attach(take);
	for (int i = 0; i < 20000; i++)
		cr_assert_eq(probe_load(BAD), 1);
	cr_assert_eq(offered, 20000);
	detach();
}

Test(fault, signal_mask_is_as_before)
{
	sigset_t before, after;

	attach(take);
	pthread_sigmask(SIG_SETMASK, NULL, &before);
	probe_load(BAD);
	pthread_sigmask(SIG_SETMASK, NULL, &after);
	for (int signo = 1; signo <= SIGRTMAX; signo++)
		cr_assert_eq(sigismember(&before, signo), sigismember(&after, signo));
	detach();
}

/* --- faults of other code at addresses in the range --- */

static __attribute__((noinline, no_sanitize("address", "undefined")))
void fault_outside(volatile char *addr)
{
	*addr = 1;
}

static char *window;

#define WINDOW_SIZE	(16UL << 12)

static void make_window(int (*handler)(struct lkl_fault *fault))
{
	window = mmap(NULL, WINDOW_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
		      -1, 0);
	cr_assert_neq(window, MAP_FAILED);
	cr_assert_eq(host->fault->attach((uintptr_t)window, WINDOW_SIZE,
					 handler), 0);
}

/* What a kernel does when an application touches a mapping it made. */
static int make_present(struct lkl_fault *fault)
{
	__u64 page = fault->addr & ~4095ULL;

	seen = *fault;
	offered++;
	return !mprotect((void *)(uintptr_t)page, 4096, PROT_READ | PROT_WRITE);
}

Test(fault, access_to_the_range_is_offered_and_repeated)
{
	make_window(make_present);
	for (int i = 0; i < 16; i++)
		fault_outside(window + i * 4096 + 5);
	cr_assert_eq(offered, 16);
	cr_assert_eq(seen.addr, (uintptr_t)window + 15 * 4096 + 5);
	cr_assert_eq(seen.kind, LKL_FAULT_ACCESS);
	cr_assert_eq(seen.write, 1);
	cr_assert_eq(window[5], 1);
	host->fault->detach((uintptr_t)window);
}

static struct lkl_sem *answer;

static void *answer_late(void *arg)
{
	host->time->delay(20000000);
	host->sem->up(answer);
	return NULL;
}

static int wait_for_answer(struct lkl_fault *fault)
{
	pthread_t thread;

	pthread_create(&thread, NULL, answer_late, NULL);
	host->sem->down(answer, LKL_FOREVER);
	pthread_join(thread, NULL);
	return make_present(fault);
}

Test(fault, handler_may_block_for_code_outside_the_range)
{
	answer = host->sem->alloc(0);
	make_window(wait_for_answer);
	fault_outside(window);
	cr_assert_eq(offered, 1);
	cr_assert_eq(window[0], 1);
	host->fault->detach((uintptr_t)window);
	host->sem->free(answer);
}

static int fault_again(struct lkl_fault *fault)
{
	cr_assert_eq(probe_load(BAD), 1);
	return make_present(fault);
}

Test(fault, handler_may_fault_in_turn)
{
	attach(take);
	make_window(fault_again);
	fault_outside(window);
	cr_assert_eq(offered, 2);
	cr_assert_eq(window[0], 1);
	host->fault->detach((uintptr_t)window);
	detach();
}

/* --- several ranges, several threads --- */

#define MANY	16

static char ranges[MANY][4096];

Test(fault, several_ranges_are_told_apart)
{
	for (int i = 0; i < MANY; i++)
		cr_assert_eq(host->fault->attach((uintptr_t)ranges[i], 4096,
						 refuse), 0);
	attach(take);
	cr_assert_eq(probe_load(BAD), 1);
	for (int i = 0; i < MANY; i += 2)
		host->fault->detach((uintptr_t)ranges[i]);
	cr_assert_eq(probe_load(BAD), 1);
	cr_assert_eq(offered, 2);
	for (int i = 1; i < MANY; i += 2)
		host->fault->detach((uintptr_t)ranges[i]);
	detach();
}

Test(fault, too_many_ranges_are_refused)
{
	__u64 base = 1ULL << 32;
	int err = 0, n;

	for (n = 0; n < 100000 && !err; n++)
		err = host->fault->attach(base + n * 4096ULL, 4096, refuse);
	cr_assert(!err || err == -EBUSY || err == -ENOMEM, "got %d", err);
	cr_assert_gt(n, 16);
	while (n--)
		host->fault->detach(base + n * 4096ULL);
	attach(take);
	cr_assert_eq(probe_load(BAD), 1);
	detach();
}

static atomic_int stop;

static void *fault_often(void *arg)
{
	long wrong = 0;

	for (int i = 0; i < 5000; i++)
		wrong += probe_load((char *)BAD + i % 100) != 1 ||
			 seen.addr != (uintptr_t)BAD + i % 100;
	wrong += offered != 5000;
	return (void *)wrong;
}

static void *change_ranges(void *arg)
{
	while (!stop) {
		for (int i = 0; i < MANY; i++)
			host->fault->attach((uintptr_t)ranges[i], 4096, refuse);
		for (int i = 0; i < MANY; i++)
			host->fault->detach((uintptr_t)ranges[i]);
	}
	return NULL;
}

Test(fault, threads_fault_while_ranges_come_and_go)
{
	pthread_t threads[4], changer;
	void *wrong;

	attach(take);
	pthread_create(&changer, NULL, change_ranges, NULL);
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, fault_often, NULL);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], &wrong);
		cr_assert_null(wrong);
	}
	stop = 1;
	pthread_join(changer, NULL);
	detach();
}

static int thread_result;

static void fault_in_thread(void *arg)
{
	thread_result = probe_load(BAD);
}

Test(fault, threads_of_the_backend_take_faults)
{
	__u64 thread;

	attach(take);
	cr_assert_eq(host->thread->create(fault_in_thread, NULL, "x", &thread), 0);
	cr_assert_eq(host->thread->join(thread), 0);
	cr_assert_eq(thread_result, 1);
	detach();
}

/* --- faults of the application --- */

static sigjmp_buf escape;
static siginfo_t app_info;
static const void *app_stack;
static sigset_t app_mask;
static int app_signo;

static void record_and_escape(int signo, siginfo_t *info, void *uc)
{
	app_signo = signo;
	app_info = *info;
	app_stack = __builtin_frame_address(0);
	pthread_sigmask(SIG_SETMASK, NULL, &app_mask);
	siglongjmp(escape, 1);
}

static void escape_plain(int signo)
{
	app_signo = signo;
	siglongjmp(escape, 1);
}

static void install(int signo, void (*handler)(int, siginfo_t *, void *),
		    int flags)
{
	struct sigaction action = {
		.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags,
	};

	sigaddset(&action.sa_mask, SIGUSR1);
	cr_assert_eq(sigaction(signo, &action, NULL), 0);
}

static int caught_outside(void *addr)
{
	if (sigsetjmp(escape, 1))
		return 1;
	fault_outside(addr);
	return 0;
}

Test(fault, application_sees_its_own_faults)
{
	install(SIGSEGV, record_and_escape, 0);
	attach(take);
	for (int i = 0; i < 3; i++) {
		app_signo = 0;
		cr_assert_eq(caught_outside((char *)BAD + i), 1);
		cr_assert_eq(app_signo, SIGSEGV);
		cr_assert_eq(app_info.si_code, SEGV_MAPERR);
		cr_assert_eq(app_info.si_addr, (char *)BAD + i);
		cr_assert_eq(probe_load(BAD), 1);
	}
	cr_assert_eq(offered, 3);
	detach();
}

Test(fault, application_sees_what_the_owner_refuses)
{
	install(SIGSEGV, record_and_escape, 0);
	attach(refuse);
	if (!sigsetjmp(escape, 1))
		probe_load(BAD);
	cr_assert_eq(offered, 1);
	cr_assert_eq(app_signo, SIGSEGV);
	cr_assert_eq(app_info.si_addr, BAD);
	detach();
}

Test(fault, application_sees_the_other_kinds_too)
{
	install(SIGILL, record_and_escape, 0);
	attach(refuse);
	if (!sigsetjmp(escape, 1))
		probe_illegal();
	cr_assert_eq(app_signo, SIGILL);
	detach();
}

Test(fault, plain_handler_gets_the_number)
{
	struct sigaction action = { .sa_handler = escape_plain };

	sigaction(SIGSEGV, &action, NULL);
	attach(take);
	cr_assert_eq(caught_outside(BAD), 1);
	cr_assert_eq(app_signo, SIGSEGV);
	detach();
}

static void fix_and_return(int signo, siginfo_t *info, void *uc)
{
	uintptr_t page = (uintptr_t)info->si_addr & ~4095UL;

	app_signo = signo;
	mprotect((void *)page, 4096, PROT_READ | PROT_WRITE);
}

Test(fault, application_handler_may_repair_and_return)
{
	char *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	install(SIGSEGV, fix_and_return, 0);
	attach(take);
	fault_outside(page + 7);
	cr_assert_eq(page[7], 1);
	cr_assert_eq(app_signo, SIGSEGV);
	detach();
}

Test(fault, application_mask_is_honoured)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	install(SIGSEGV, record_and_escape, 0);
	attach(take);
	cr_assert_eq(caught_outside(BAD), 1);
	cr_assert_eq(sigismember(&app_mask, SIGSEGV), 1);
	cr_assert_eq(sigismember(&app_mask, SIGUSR1), 1, "its sa_mask");
	cr_assert_eq(sigismember(&app_mask, SIGHUP), 1, "the thread's mask");
	cr_assert_eq(sigismember(&app_mask, SIGUSR2), 0);
	detach();
}

Test(fault, nodefer_is_honoured)
{
	install(SIGSEGV, record_and_escape, SA_NODEFER);
	attach(take);
	cr_assert_eq(caught_outside(BAD), 1);
	cr_assert_eq(sigismember(&app_mask, SIGSEGV), 0);
	cr_assert_eq(sigismember(&app_mask, SIGUSR1), 1);
	detach();
}

static char alternate[131072];

static void use_alternate_stack(void)
{
	stack_t alt = { .ss_sp = alternate, .ss_size = sizeof(alternate) };

	cr_assert_eq(sigaltstack(&alt, NULL), 0);
}

static int on_alternate(const void *ptr)
{
	return (const char *)ptr >= alternate &&
	       (const char *)ptr < alternate + sizeof(alternate);
}

Test(fault, onstack_is_honoured)
{
	use_alternate_stack();
	install(SIGSEGV, record_and_escape, SA_ONSTACK);
	attach(take);
	cr_assert_eq(caught_outside(BAD), 1);
	cr_assert(on_alternate(app_stack));
	cr_assert_eq(probe_load(BAD), 1);
	detach();
}

Test(fault, handler_without_onstack_stays_on_its_stack)
{
	use_alternate_stack();
	install(SIGSEGV, record_and_escape, 0);
	attach(take);
	cr_assert_eq(caught_outside(BAD), 1);
	cr_assert_not(on_alternate(app_stack));
	cr_assert_eq(probe_load(BAD), 1);
	detach();
}

/*
 * While the owner works on another stack, as a kernel does, a fault there must
 * not overwrite what the first one left on the alternate stack.
 */
static char other_stack[131072] __attribute__((aligned(16)));

static int fault_on_another_stack(struct lkl_fault *fault)
{
	for (int i = 0; i < 3; i++)
		cr_assert_eq(probe_stack(BAD, other_stack + sizeof(other_stack)), 1);
	return make_present(fault);
}

Test(fault, faults_of_an_owner_leave_the_alternate_stack_alone)
{
	stack_t after;

	use_alternate_stack();
	install(SIGSEGV, record_and_escape, SA_ONSTACK);
	attach(take_stack);
	make_window(fault_on_another_stack);
	for (int i = 0; i < 8; i++)
		fault_outside(window + i * 4096);
	cr_assert_eq(offered, 8 * 4);
	cr_assert_eq(sigaltstack(NULL, &after), 0);
	cr_assert_eq(after.ss_sp, alternate);
	cr_assert_eq(after.ss_flags, 0);
	cr_assert_eq(caught_outside(BAD), 1);
	cr_assert(on_alternate(app_stack));
	host->fault->detach((uintptr_t)window);
	detach();
}

/* --- how a process ends --- */

static int exit_signal(void (*fn)(void))
{
	struct rlimit none = { 0, 0 };
	int status;
	pid_t pid = fork();

	cr_assert_geq(pid, 0);
	if (!pid) {
		setrlimit(RLIMIT_CORE, &none);
		fn();
		_exit(0);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void die_outside(void)
{
	fault_outside(BAD);
}

static void die_refused_load(void)
{
	probe_load(BAD);
}

static void die_refused_illegal(void)
{
	probe_illegal();
}

static void die_raise_bus(void)
{
	raise(SIGBUS);
}

static void die_raise_fpe(void)
{
	raise(SIGFPE);
}

Test(fault, default_action_ends_the_process_by_the_signal)
{
	attach(refuse);
	cr_assert_eq(exit_signal(die_outside), SIGSEGV);
	cr_assert_eq(exit_signal(die_refused_load), SIGSEGV);
	cr_assert_eq(exit_signal(die_refused_illegal), SIGILL);
	cr_assert_eq(exit_signal(die_raise_bus), SIGBUS);
	cr_assert_eq(exit_signal(die_raise_fpe), SIGFPE);
	detach();
}

static void die_ignored_kill(void)
{
	kill(getpid(), SIGSEGV);
}

Test(fault, ignored_means_sent_signals_and_not_faults)
{
	signal(SIGSEGV, SIG_IGN);
	attach(take);
	cr_assert_eq(exit_signal(die_ignored_kill), 0);
	cr_assert_eq(exit_signal(die_outside), SIGSEGV);
	cr_assert_eq(probe_load(BAD), 1);
	detach();
}

static void die_second_time(void)
{
	if (!caught_outside(BAD))
		_exit(1);
	if (probe_load(BAD) != 1)
		_exit(1);
	fault_outside(BAD);
}

Test(fault, resethand_is_honoured)
{
	install(SIGSEGV, record_and_escape, SA_RESETHAND);
	attach(take);
	cr_assert_eq(exit_signal(die_second_time), SIGSEGV);
	detach();
}

Test(fault, a_forked_child_still_takes_faults)
{
	attach(take);
	cr_assert_eq(exit_signal(die_refused_load), 0);
	detach();
}

/* --- what is no fault --- */

static volatile int loop_stop;
static volatile int loop_signals;

static void stop_loop(int signo, siginfo_t *info, void *uc)
{
	loop_signals++;
	loop_stop = 1;
}

static void *run_loop(void *arg)
{
	return (void *)(long)probe_loop(&loop_stop);
}

Test(fault, signal_sent_to_code_in_the_range_is_no_fault)
{
	pthread_t thread;
	void *ret;

	install(SIGSEGV, stop_loop, 0);
	attach(take);
	pthread_create(&thread, NULL, run_loop, NULL);
	host->time->delay(20000000);
	pthread_kill(thread, SIGSEGV);
	pthread_join(thread, &ret);
	cr_assert_null(ret);
	cr_assert_eq(loop_signals, 1);
	detach();
}

/* --- detach --- */

Test(fault, detach_restores_the_application_handlers)
{
	struct sigaction before, after;

	install(SIGSEGV, record_and_escape, SA_NODEFER | SA_RESTART);
	sigaction(SIGSEGV, NULL, &before);
	attach(take);
	detach();
	sigaction(SIGSEGV, NULL, &after);
	cr_assert_eq(after.sa_sigaction, before.sa_sigaction);
	cr_assert_eq(after.sa_flags, before.sa_flags);
	cr_assert_eq(sigismember(&after.sa_mask, SIGUSR1), 1);
	sigaction(SIGBUS, NULL, &after);
	cr_assert_eq(after.sa_handler, SIG_DFL);
}

Test(fault, detach_leaves_a_handler_installed_later)
{
	struct sigaction after;

	attach(take);
	install(SIGSEGV, record_and_escape, 0);
	detach();
	sigaction(SIGSEGV, NULL, &after);
	cr_assert_eq(after.sa_sigaction, record_and_escape);
	cr_assert_eq(caught_outside(BAD), 1);
}

Test(fault, detached_range_is_the_applications)
{
	install(SIGSEGV, record_and_escape, 0);
	attach(take);
	cr_assert_eq(host->fault->attach((uintptr_t)ranges[0], 4096, refuse), 0);
	detach();
	if (!sigsetjmp(escape, 1))
		probe_load(BAD);
	cr_assert_eq(offered, 0);
	cr_assert_eq(app_signo, SIGSEGV);
	host->fault->detach((uintptr_t)ranges[0]);
}

Test(fault, attach_and_detach_many_times)
{
	install(SIGSEGV, record_and_escape, 0);
	for (int i = 0; i < 1000; i++) {
		attach(take);
		cr_assert_eq(probe_load(BAD), 1);
		cr_assert_eq(caught_outside(BAD), 1);
		detach();
		cr_assert_eq(caught_outside(BAD), 1);
	}
	cr_assert_eq(offered, 1000);
}

/* --- a handler of the application that calls the one it replaced --- */

static struct sigaction replaced;
static int chained;

static void call_replaced(int signo, siginfo_t *info, void *uc)
{
	chained++;
	if (replaced.sa_flags & SA_SIGINFO)
		replaced.sa_sigaction(signo, info, uc);
	else
		siglongjmp(escape, 1);
}

static void install_on_top(void)
{
	struct sigaction action = {
		.sa_sigaction = call_replaced, .sa_flags = SA_SIGINFO,
	};

	cr_assert_eq(sigaction(SIGSEGV, &action, &replaced), 0);
}

Test(fault, handler_installed_later_may_call_ours)
{
	install(SIGSEGV, record_and_escape, 0);
	attach(take);
	install_on_top();
	cr_assert_eq(probe_load(BAD), 1);
	cr_assert_eq(offered, 1);
	cr_assert_eq(chained, 1);
	cr_assert_eq(caught_outside(BAD), 1);
	cr_assert_eq(app_signo, SIGSEGV);
	detach();
}

Test(fault, handlers_that_call_each_other_come_to_an_end)
{
	install(SIGSEGV, record_and_escape, 0);
	attach(take);
	install_on_top();
	detach();
	attach(take);
	for (int i = 0; i < 3; i++) {
		app_signo = 0;
		chained = 0;
		cr_assert_eq(probe_load(BAD), 1);
		cr_assert_eq(chained, 0, "ours is on top");
		cr_assert_eq(caught_outside(BAD), 1);
		cr_assert_eq(chained, 1);
		cr_assert_eq(app_signo, SIGSEGV, "the first handler ran");
	}
	detach();
}
