// SPDX-License-Identifier: GPL-2.0
/*
 * life.c - a kernel comes up, goes down, and comes up again
 *
 * Layer:   tests/boot.
 */
#include "tests/boot/boot.h"

#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#define ROUNDS		100
#define CMDLINE		"mem=64M loglevel=0 maxcpus=%d"

static void start_kernel(void)
{
	check_call(lkl_start_kernel(CMDLINE, boot_cpus()), 0);
}

Test(life, boots_a_linux_kernel)
{
	struct utsname name;

	boot_kernel();
	cr_assert_eq(lkl_is_running(), 1);
	check_call(lkl_sys_uname(&name), 0);
	cr_assert_str_eq(name.sysname, "Linux");
	cr_assert_eq(strncmp(name.release, "6.", 2), 0, "%s", name.release);
	cr_assert_gt(lkl_sys_getpid(), 0);
	halt_kernel();
	cr_assert_eq(lkl_is_running(), 0);
}

Test(life, root_is_an_empty_place_to_work_in)
{
	char buf[16];

	boot_kernel();
	check_call(write_file("/file", "contents"), 8);
	check_call(read_file("/file", buf, sizeof(buf)), 8);
	cr_assert_str_eq(buf, "contents");
	check_call(lkl_sys_mkdir("/dir", 0755), 0);
	check_call(lkl_sys_rename("/file", "/dir/file"), 0);
	check_call(lkl_sys_open("/file", LKL_O_RDONLY, 0), -LKL_ENOENT);
	halt_kernel();
}

Test(life, vcpus_are_as_many_as_asked_for)
{
	unsigned long mask[16] = { 0 };

	boot_kernel();
	must(lkl_sys_sched_getaffinity(0, sizeof(mask), mask));
	cr_assert_eq(__builtin_popcountl(mask[0]), boot_cpus());
	halt_kernel();
}

Test(life, memory_is_as_much_as_asked_for)
{
	static const int megabytes[] = { 32, 64, 512, 4096 };
	struct sysinfo info;

	for (int i = 0; i < 4; i++) {
		check_call(lkl_init(&lkl_host_ops), 0);
		check_call(lkl_start_kernel("mem=%dM loglevel=0", megabytes[i]), 0);
		check_call(lkl_sys_sysinfo(&info), 0);
		cr_assert_leq(info.totalram * info.mem_unit,
			      (unsigned long)megabytes[i] << 20);
		cr_assert_geq(info.totalram * info.mem_unit,
			      (unsigned long)megabytes[i] << 19);
		halt_kernel();
	}
}

Test(life, memory_the_kernel_does_not_use_is_not_taken)
{
	long before = host_resident_kib();

	check_call(lkl_init(&lkl_host_ops), 0);
	check_call(lkl_start_kernel("mem=4096M loglevel=0"), 0);
	/* The memory map takes 1/64; half of the rest would be 2 GiB. */
	cr_assert_lt(host_resident_kib() - before, 256 << 10);
	halt_kernel();
}

/* --- calls at the wrong time --- */

Test(life, calls_before_the_start_fail)
{
	check_call(lkl_sys_getpid(), -LKL_ENOTCONN);
	check_call(lkl_init(&lkl_host_ops), 0);
	check_call(lkl_sys_getpid(), -LKL_ENOTCONN);
	check_call(lkl_sys_halt(), -LKL_ENOTCONN);
	lkl_cleanup();
}

Test(life, calls_after_halt_and_cleanup_fail)
{
	boot_kernel();
	check_call(lkl_sys_halt(), 0);
	check_call(lkl_sys_getpid(), -LKL_ESHUTDOWN);
	check_call(lkl_sys_halt(), -LKL_ESHUTDOWN);
	lkl_cleanup();
	check_call(lkl_sys_getpid(), -LKL_ENOTCONN);
	check_call(lkl_sys_halt(), -LKL_ENOTCONN);
}

Test(life, a_second_start_is_refused)
{
	boot_kernel();
	check_call(lkl_start_kernel("mem=64M"), -LKL_EBUSY);
	check_call(lkl_init(&lkl_host_ops), -LKL_EBUSY);
	cr_assert_gt(lkl_sys_getpid(), 0);
	halt_kernel();
}

Test(life, bad_memory_sizes_are_refused_and_a_good_one_works_then)
{
	static const char *const bad[] = { "mem=0", "mem=64", "mem=100K", "mem=x" };

	check_call(lkl_init(&lkl_host_ops), 0);
	for (int i = 0; i < 4; i++) {
		int err = lkl_start_kernel("%s loglevel=0", bad[i]);

		cr_assert(err == -LKL_EINVAL || err == -LKL_ENOMEM,
			  "%s gave %d", bad[i], err);
	}
	start_kernel();
	halt_kernel();
}

Test(life, more_memory_than_there_are_addresses_is_refused)
{
	int err;

	check_call(lkl_init(&lkl_host_ops), 0);
	err = lkl_start_kernel("mem=900T loglevel=0");
	cr_assert(err == -LKL_EINVAL || err == -LKL_ENOMEM, "gave %d", err);
	lkl_cleanup();
}

Test(life, a_host_that_forbids_so_much_address_space_is_an_error)
{
	struct rlimit limit = { 1UL << 32, RLIM_INFINITY };

	check_call(lkl_init(&lkl_host_ops), 0);
	cr_assert_eq(setrlimit(RLIMIT_AS, &limit), 0);
	check_call(lkl_start_kernel("mem=64M loglevel=0"), -LKL_ENOMEM);
	limit.rlim_cur = RLIM_INFINITY;
	cr_assert_eq(setrlimit(RLIMIT_AS, &limit), 0);
	start_kernel();
	halt_kernel();
}

/* --- again and again --- */

static void one_life(void)
{
	char buf[8];

	check_call(lkl_init(&lkl_host_ops), 0);
	start_kernel();
	check_call(lkl_sys_open("/x", LKL_O_RDONLY, 0), -LKL_ENOENT);
	check_call(write_file("/x", "alive"), 5);
	check_call(read_file("/x", buf, sizeof(buf)), 5);
	halt_kernel();
}

Test(life, a_hundred_lives_leave_nothing_behind, .timeout = 300)
{
	int threads = host_threads();
	int files, mappings;
	long resident;

	/* What libc keeps for later is there after the first few. */
	for (int i = 0; i < 5; i++)
		one_life();
	files = host_files();
	mappings = host_mappings();
	resident = host_resident_kib();
	for (int i = 0; i < ROUNDS; i++)
		one_life();
	cr_assert_eq(host_threads(), threads);
	cr_assert_eq(host_files(), files);
	cr_assert_leq(host_mappings(), mappings + 2);
	/* 20 KiB a life would be a leak that shows in a hundred. */
	cr_assert_lt(host_resident_kib() - resident, 2048);
}

static void *use_kernel(void *arg)
{
	for (int i = 0; i < 100; i++)
		write_file(arg, "x");
	return NULL;
}

Test(life, lives_with_threads_leave_nothing_behind, .timeout = 300)
{
	int mappings = 0, files = host_files(), before = host_threads();
	pthread_t threads[4];
	long resident = 0;

	for (int i = 0; i < 40; i++) {
		check_call(lkl_init(&lkl_host_ops), 0);
		start_kernel();
		for (int t = 0; t < 4; t++)
			threads[t] = thread_start(use_kernel, t & 1 ? "/a" : "/b");
		for (int t = 0; t < 4; t++)
			thread_join(threads[t]);
		halt_kernel();
		if (i == 10) {
			mappings = host_mappings();
			resident = host_resident_kib();
		}
	}
	cr_assert_eq(host_threads(), before);
	cr_assert_eq(host_files(), files);
	/* Stacks and arenas that libc keeps for four threads come and go. */
	cr_assert_leq(host_mappings(), mappings + 16);
	cr_assert_lt(host_resident_kib() - resident, 2048);
}

Test(life, a_halted_kernel_may_be_started_without_cleanup)
{
	boot_kernel();
	check_call(write_file("/x", "1"), 1);
	check_call(lkl_sys_halt(), 0);
	start_kernel();
	check_call(lkl_sys_open("/x", LKL_O_RDONLY, 0), -LKL_ENOENT);
	halt_kernel();
}

Test(life, cleanup_halts_a_running_kernel)
{
	int before = host_threads();

	boot_kernel();
	lkl_cleanup();
	check_call(lkl_sys_getpid(), -LKL_ENOTCONN);
	cr_assert_eq(host_threads(), before);
	boot_kernel();
	halt_kernel();
}

/* --- threads that outlive a kernel --- */

static atomic_int turn;

/* Makes a call in each kernel of several, and stays between them. */
static void *stay(void *arg)
{
	long *results = arg;

	for (int i = 1; i <= 3; i++) {
		while (atomic_load(&turn) < i)
			sleep_ms(1);
		results[i] = lkl_sys_gettid();
		atomic_store(&turn, -i);
	}
	return NULL;
}

Test(life, a_thread_is_a_new_task_in_each_kernel)
{
	long results[4] = { 0 };
	pthread_t thread = thread_start(stay, results);

	for (int i = 1; i <= 3; i++) {
		boot_kernel();
		atomic_store(&turn, i);
		cr_assert(eventually(atomic_load(&turn) == -i));
		cr_assert_gt(results[i], 0);
		halt_kernel();
	}
	thread_join(thread);
}

static void *halt_from_thread(void *arg)
{
	return (void *)lkl_sys_halt();
}

Test(life, another_thread_than_the_one_that_booted_may_halt)
{
	boot_kernel();
	cr_assert_null(thread_join(thread_start(halt_from_thread, NULL)));
	check_call(lkl_sys_getpid(), -LKL_ESHUTDOWN);
	lkl_cleanup();
}

static void *boot_from_thread(void *arg)
{
	boot_kernel();
	return NULL;
}

Test(life, a_kernel_outlives_the_thread_that_booted_it)
{
	thread_join(thread_start(boot_from_thread, NULL));
	cr_assert_gt(lkl_sys_getpid(), 0);
	check_call(write_file("/x", "1"), 1);
	halt_kernel();
}

/* --- halt wakes those who wait inside --- */

static atomic_int waiting;

static void *wait_in_pipe(void *arg)
{
	int fds[2];
	char byte;

	must(lkl_sys_pipe2(fds, 0));
	waiting++;
	return (void *)lkl_sys_read(fds[0], &byte, 1);
}

static void *wait_in_sleep(void *arg)
{
	struct timespec hour = { .tv_sec = 3600 };

	waiting++;
	return (void *)lkl_sys_nanosleep(&hour, NULL);
}

static void *wait_in_poll(void *arg)
{
	waiting++;
	return (void *)lkl_sys_poll(NULL, 0, -1);
}

static void *wait_in_futex(void *arg)
{
	static uint32_t word;

	waiting++;
	return (void *)lkl_sys_futex(&word, LKL_FUTEX_WAIT | LKL_FUTEX_PRIVATE_FLAG,
				     0, NULL, NULL, 0);
}

static void *wait_in_pause(void *arg)
{
	waiting++;
	return (void *)lkl_sys_pause();
}

static void start_waiters(pthread_t *threads)
{
	waiting = 0;
	threads[0] = thread_start(wait_in_pipe, NULL);
	threads[1] = thread_start(wait_in_sleep, NULL);
	threads[2] = thread_start(wait_in_poll, NULL);
	threads[3] = thread_start(wait_in_futex, NULL);
	threads[4] = thread_start(wait_in_pause, NULL);
	cr_assert(eventually(waiting == 5));
	sleep_ms(50);
}

static void check_waiters(pthread_t *threads, long result)
{
	for (int i = 0; i < 5; i++)
		check_call((long)thread_join(threads[i]), result);
}

Test(life, halt_wakes_blocked_threads_with_an_error)
{
	int before = host_threads();
	pthread_t threads[5];

	boot_kernel();
	start_waiters(threads);
	check_call(lkl_sys_halt(), 0);
	check_waiters(threads, -LKL_ESHUTDOWN);
	lkl_cleanup();
	cr_assert_eq(host_threads(), before);
}

Test(life, cleanup_wakes_blocked_threads_too)
{
	pthread_t threads[5];

	boot_kernel();
	start_waiters(threads);
	lkl_cleanup();
	check_waiters(threads, -LKL_ESHUTDOWN);
}

static void *call_until_error(void *arg)
{
	long ret;

	do {
		ret = lkl_sys_getppid();
	} while (ret >= 0);
	return (void *)ret;
}

Test(life, halt_while_threads_are_calling)
{
	pthread_t threads[4];

	for (int round = 0; round < 20; round++) {
		boot_kernel();
		for (int i = 0; i < 4; i++)
			threads[i] = thread_start(call_until_error, NULL);
		sleep_ms(round);
		check_call(lkl_sys_halt(), 0);
		for (int i = 0; i < 4; i++)
			check_call((long)thread_join(threads[i]), -LKL_ESHUTDOWN);
		lkl_cleanup();
	}
}

/* --- console --- */

static char console[1 << 18];
static size_t console_len;

static void keep(const char *str, int len)
{
	if (console_len + len < sizeof(console)) {
		memcpy(console + console_len, str, len);
		console_len += len;
	}
}

Test(life, console_goes_to_the_applications_function)
{
	lkl_host_ops.print = keep;
	check_call(lkl_init(&lkl_host_ops), 0);
	check_call(lkl_start_kernel("mem=64M loglevel=8"), 0);
	cr_assert_not_null(strstr(console, "Linux version"));
	halt_kernel();
}

Test(life, loglevel_0_is_silent)
{
	lkl_host_ops.print = keep;
	check_call(lkl_init(&lkl_host_ops), 0);
	check_call(lkl_start_kernel("mem=64M loglevel=0"), 0);
	check_call(write_file("/x", "1"), 1);
	halt_kernel();
	cr_assert_eq(console_len, 0, "%.*s", (int)console_len, console);
}

Test(life, no_print_function_is_no_error)
{
	lkl_host_ops.print = NULL;
	check_call(lkl_init(&lkl_host_ops), 0);
	check_call(lkl_start_kernel("mem=64M loglevel=8"), 0);
	halt_kernel();
}

Test(life, boot_complains_about_nothing)
{
	lkl_host_ops.print = keep;
	check_call(lkl_init(&lkl_host_ops), 0);
	/* Warnings and worse. */
	check_call(lkl_start_kernel("mem=64M loglevel=5 maxcpus=%d", boot_cpus()), 0);
	check_call(write_file("/x", "1"), 1);
	halt_kernel();
	cr_assert_null(strstr(console, "WARNING:"), "%s", console);
	cr_assert_null(strstr(console, "BUG:"), "%s", console);
	cr_assert_null(strstr(console, "Call Trace"), "%s", console);
}

Test(life, dmesg_has_the_log)
{
	static char buf[1 << 18];

	boot_kernel();
	cr_assert_gt(lkl_dmesg(buf, sizeof(buf)), 0);
	cr_assert_not_null(strstr(buf, "Linux version"));
	halt_kernel();
}
