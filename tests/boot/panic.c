// SPDX-License-Identifier: GPL-2.0
/*
 * panic.c - a kernel that panics is an error to its callers, and the process
 * lives on
 *
 * Layer:   tests/boot.
 */
#include "tests/boot/boot.h"

#include <stdlib.h>

static long crash(void)
{
	long fd;

	must(lkl_mount_fs("proc"));
	fd = must(lkl_sys_open("/proc/sysrq-trigger", LKL_O_WRONLY, 0));
	return lkl_sys_write(fd, "c", 1);
}

Test(panic, is_an_error_to_the_caller)
{
	boot_kernel();
	cr_assert_null(lkl_panic_message());
	check_call(crash(), -LKL_ENOTRECOVERABLE);
	cr_assert_eq(lkl_is_running(), 0);
	cr_assert_not_null(lkl_panic_message());
	cr_assert_not_null(strstr(lkl_panic_message(), "sysrq"), "%s",
			   lkl_panic_message());
	lkl_cleanup();
}

Test(panic, later_calls_fail_too)
{
	boot_kernel();
	crash();
	for (int i = 0; i < 3; i++) {
		check_call(lkl_sys_getpid(), -LKL_ENOTRECOVERABLE);
		check_call(lkl_sys_open("/x", LKL_O_RDONLY, 0), -LKL_ENOTRECOVERABLE);
	}
	check_call(lkl_sys_halt(), -LKL_ENOTRECOVERABLE);
	lkl_cleanup();
	check_call(lkl_sys_getpid(), -LKL_ENOTCONN);
}

static void *call_after_panic(void *arg)
{
	return (void *)lkl_sys_getpid();
}

Test(panic, threads_that_have_never_called_get_the_error)
{
	boot_kernel();
	crash();
	check_call((long)thread_join(thread_start(call_after_panic, NULL)),
		   -LKL_ENOTRECOVERABLE);
	lkl_cleanup();
}

static atomic_int inside;

static void *wait_inside(void *arg)
{
	inside++;
	return (void *)lkl_sys_pause();
}

static void *call_until_error(void *arg)
{
	long ret;

	inside++;
	do {
		ret = lkl_sys_getppid();
	} while (ret >= 0);
	return (void *)ret;
}

Test(panic, threads_inside_return_with_the_error)
{
	pthread_t waiting[3], calling[3];
	int before = host_threads();

	boot_kernel();
	for (int i = 0; i < 3; i++) {
		waiting[i] = thread_start(wait_inside, NULL);
		calling[i] = thread_start(call_until_error, NULL);
	}
	cr_assert(eventually(inside == 6));
	sleep_ms(50);
	check_call(crash(), -LKL_ENOTRECOVERABLE);
	for (int i = 0; i < 3; i++) {
		check_call((long)thread_join(waiting[i]), -LKL_ENOTRECOVERABLE);
		check_call((long)thread_join(calling[i]), -LKL_ENOTRECOVERABLE);
	}
	lkl_cleanup();
	cr_assert_eq(host_threads(), before);
}

Test(panic, a_new_kernel_starts_afterwards)
{
	int before = host_threads();

	for (int i = 0; i < 5; i++) {
		boot_kernel();
		cr_assert_null(lkl_panic_message());
		check_call(write_file("/x", "1"), 1);
		crash();
		/* With and without giving the dead one back first. */
		if (i & 1)
			lkl_cleanup();
	}
	boot_kernel();
	halt_kernel();
	cr_assert_eq(host_threads(), before);
}

Test(panic, leaves_nothing_behind, .timeout = 120)
{
	int mappings = 0, files = 0;
	long resident = 0;

	for (int i = 0; i < 30; i++) {
		boot_kernel();
		crash();
		lkl_cleanup();
		if (i == 5) {
			mappings = host_mappings();
			files = host_files();
			resident = host_resident_kib();
		}
	}
	cr_assert_leq(host_mappings(), mappings + 2);
	cr_assert_eq(host_files(), files);
	cr_assert_lt(host_resident_kib() - resident, 2048);
}

Test(panic, of_one_kernel_leaves_the_other_alone)
{
	struct lkl_kernel *other = lkl_kernel_new(&lkl_host_ops);
	long params[6] = { 0 };

	check_call(lkl_kernel_start(other, "mem=32M loglevel=0"), 0);
	boot_kernel();
	check_call(crash(), -LKL_ENOTRECOVERABLE);
	cr_assert_gt(lkl_kernel_syscall(other, __lkl__NR_getpid, params), 0);
	lkl_cleanup();
	cr_assert_gt(lkl_kernel_syscall(other, __lkl__NR_getpid, params), 0);
	check_call(lkl_kernel_halt(other), 0);
	lkl_kernel_free(other);
}

static char console[1 << 18];
static size_t console_len;

static void keep(const char *str, int len)
{
	if (console_len + len < sizeof(console)) {
		memcpy(console + console_len, str, len);
		console_len += len;
	}
}

Test(panic, says_where_on_the_console)
{
	lkl_host_ops.print = keep;
	check_call(lkl_init(&lkl_host_ops), 0);
	check_call(lkl_start_kernel("mem=64M loglevel=4"), 0);
	crash();
	cr_assert_not_null(strstr(console, "Kernel panic - not syncing"), "%s", console);
	/* A stack with the kernel's own names. */
	cr_assert_not_null(strstr(console, "sysrq_handle_crash"), "%s", console);
	lkl_cleanup();
}

Test(panic, the_log_can_be_read_afterwards)
{
	static char buf[1 << 17];

	lkl_host_ops.print = NULL;
	check_call(lkl_init(&lkl_host_ops), 0);
	check_call(lkl_start_kernel("mem=64M loglevel=4"), 0);
	crash();
	cr_assert_gt(lkl_dmesg(buf, sizeof(buf)), 0);
	cr_assert_not_null(strstr(buf, "Kernel panic"), "%s", buf);
	lkl_cleanup();
}

/* --- running out of memory inside --- */

static void *fill_memory(void *arg)
{
	static char buf[65536];
	long fd = lkl_sys_open("/big", LKL_O_WRONLY | LKL_O_CREAT, 0600);
	long ret;

	memset(buf, 1, sizeof(buf));
	do {
		ret = lkl_sys_write(fd, buf, sizeof(buf));
	} while (ret > 0);
	return (void *)ret;
}

/*
 * The root file system may fill memory. There is nobody to kill but ourselves:
 * an error, or a panic that is one, and a process that lives.
 */
Test(panic, memory_that_runs_out_is_an_error)
{
	long ret;

	boot_kernel();
	ret = (long)thread_join(thread_start(fill_memory, NULL));
	cr_assert(ret == -LKL_ENOSPC || ret == -LKL_ENOMEM ||
		  ret == -LKL_ENOTRECOVERABLE || ret == -LKL_EINTR, "gave %ld", ret);
	lkl_cleanup();
	boot_kernel();
	halt_kernel();
}
