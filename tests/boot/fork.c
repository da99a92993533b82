// SPDX-License-Identifier: GPL-2.0
/*
 * fork.c - a child of fork() has no kernel, and does not disturb its parent's
 *
 * Layer:   tests/boot.
 */
#include "tests/boot/boot.h"

#include <stdlib.h>
#include <sys/wait.h>

BOOT_SUITE(fork);

/* Run @fn in a child. Return: its exit status, or 256 + the signal. */
static int in_child(int (*fn)(void))
{
	int status;
	pid_t pid = fork();

	cr_assert_geq(pid, 0);
	if (!pid)
		_exit(fn());
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

static int calls_fail(void)
{
	if (lkl_sys_getpid() != -LKL_ENOLINK)
		return 1;
	if (lkl_sys_open("/x", LKL_O_RDONLY, 0) != -LKL_ENOLINK)
		return 2;
	if (lkl_sys_halt() != -LKL_ENOLINK)
		return 3;
	return 0;
}

static void check_parent(void)
{
	char buf[8];

	check_call(write_file("/parent", "alive"), 5);
	check_call(read_file("/parent", buf, sizeof(buf)), 5);
}

Test(fork, calls_of_the_child_fail_with_a_clear_error)
{
	check_parent();
	cr_assert_eq(in_child(calls_fail), 0);
	check_parent();
}

static int boot_own(void)
{
	lkl_cleanup();
	if (lkl_init(&lkl_host_ops))
		return 1;
	if (lkl_start_kernel("mem=32M loglevel=0"))
		return 2;
	if (lkl_sys_getpid() <= 0)
		return 3;
	if (lkl_sys_open("/parent", LKL_O_RDONLY, 0) != -LKL_ENOENT)
		return 4;
	if (lkl_sys_halt())
		return 5;
	lkl_cleanup();
	return 0;
}

Test(fork, the_child_may_boot_a_kernel_of_its_own)
{
	check_parent();
	cr_assert_eq(in_child(boot_own), 0);
	check_parent();
}

static int clean_up(void)
{
	lkl_cleanup();
	return 0;
}

Test(fork, cleanup_in_the_child_leaves_the_parent_alone)
{
	check_parent();
	cr_assert_eq(in_child(clean_up), 0);
	check_parent();
}

/* The usual way: fork and exec, while other threads are inside. */
static atomic_int stop;

static void *work(void *arg)
{
	long bad = 0;

	while (!stop) {
		bad += write_file(arg, "data") != 4;
		bad += lkl_sys_unlink(arg) != 0;
	}
	return (void *)bad;
}

Test(fork, programs_can_be_started_while_threads_are_inside)
{
	pthread_t threads[2] = { thread_start(work, "/a"), thread_start(work, "/b") };

	for (int i = 0; i < 30; i++)
		cr_assert_eq(system("exit 7"), 7 << 8);
	for (int i = 0; i < 10; i++)
		cr_assert_eq(in_child(calls_fail), 0);
	stop = 1;
	cr_assert_null(thread_join(threads[0]));
	cr_assert_null(thread_join(threads[1]));
}
