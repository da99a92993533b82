// SPDX-License-Identifier: GPL-2.0
/*
 * instances.c - several kernels in one process
 *
 * Layer:   tests/boot.
 */
#include "tests/boot/boot.h"

#include <sys/utsname.h>

static struct lkl_kernel *start(void)
{
	struct lkl_kernel *kernel = lkl_kernel_new(&lkl_host_ops);

	cr_assert_not_null(kernel);
	check_call(lkl_kernel_start(kernel, "mem=32M loglevel=0 maxcpus=%d",
				    boot_cpus()), 0);
	return kernel;
}

static void stop(struct lkl_kernel *kernel)
{
	check_call(lkl_kernel_halt(kernel), 0);
	lkl_kernel_free(kernel);
}

Test(instances, two_kernels_have_nothing_in_common)
{
	int threads = host_threads();
	struct lkl_kernel *a = start(), *b = start();
	struct utsname name;
	char buf[16];

	cr_assert_null(lkl_kernel_use(a));
	check_call(lkl_sys_sethostname("first", 5), 0);
	check_call(write_file("/x", "a"), 1);
	cr_assert_eq(lkl_kernel_use(b), a);
	check_call(lkl_sys_sethostname("second", 6), 0);
	check_call(lkl_sys_open("/x", LKL_O_RDONLY, 0), -LKL_ENOENT);
	check_call(write_file("/x", "bb"), 2);

	lkl_kernel_use(a);
	check_call(lkl_sys_uname(&name), 0);
	cr_assert_str_eq(name.nodename, "first");
	check_call(read_file("/x", buf, sizeof(buf)), 1);
	lkl_kernel_use(b);
	check_call(lkl_sys_uname(&name), 0);
	cr_assert_str_eq(name.nodename, "second");
	check_call(read_file("/x", buf, sizeof(buf)), 2);

	lkl_kernel_use(NULL);
	check_call(lkl_sys_getpid(), -LKL_ENOTCONN);
	stop(a);
	stop(b);
	cr_assert_eq(host_threads(), threads);
}

Test(instances, the_default_kernel_is_one_of_them)
{
	struct lkl_kernel *other;

	boot_kernel();
	other = start();
	check_call(write_file("/x", "1"), 1);
	lkl_kernel_use(other);
	check_call(lkl_sys_open("/x", LKL_O_RDONLY, 0), -LKL_ENOENT);
	lkl_kernel_use(lkl_kernel_default());
	cr_assert_geq(lkl_sys_open("/x", LKL_O_RDONLY, 0), 0);
	lkl_kernel_use(NULL);
	stop(other);
	halt_kernel();
}

Test(instances, one_goes_on_when_the_other_ends)
{
	struct lkl_kernel *a = start(), *b = start();
	long params[6] = { 0 };

	stop(a);
	cr_assert_gt(lkl_kernel_syscall(b, __lkl__NR_getpid, params), 0);
	a = start();
	cr_assert_gt(lkl_kernel_syscall(a, __lkl__NR_getpid, params), 0);
	cr_assert_gt(lkl_kernel_syscall(b, __lkl__NR_getpid, params), 0);
	stop(b);
	cr_assert_gt(lkl_kernel_syscall(a, __lkl__NR_getpid, params), 0);
	stop(a);
}

static void *work(void *arg)
{
	struct timespec ms = { .tv_nsec = NSEC_PER_MSEC };
	char name[32];
	long bad = 0;

	lkl_kernel_use(arg);
	snprintf(name, sizeof(name), "/%ld", lkl_sys_gettid());
	for (int i = 0; i < 200; i++) {
		bad += write_file(name, "data") != 4;
		bad += lkl_sys_unlink(name) != 0;
		if (i % 20 == 0)
			bad += lkl_sys_nanosleep(&ms, NULL) != 0;
	}
	lkl_kernel_use(NULL);
	return (void *)bad;
}

Test(instances, kernels_work_at_the_same_time)
{
	struct lkl_kernel *kernels[3];
	pthread_t threads[6];

	for (int i = 0; i < 3; i++)
		kernels[i] = start();
	for (int i = 0; i < 6; i++)
		threads[i] = thread_start(work, kernels[i % 3]);
	for (int i = 0; i < 6; i++)
		cr_assert_null(thread_join(threads[i]));
	for (int i = 0; i < 3; i++)
		stop(kernels[i]);
}

Test(instances, one_thread_goes_from_kernel_to_kernel)
{
	struct lkl_kernel *kernels[4];
	long tids[4];

	for (int i = 0; i < 4; i++) {
		kernels[i] = start();
		lkl_kernel_use(kernels[i]);
		tids[i] = must(lkl_sys_gettid());
	}
	for (int round = 0; round < 1000; round++) {
		lkl_kernel_use(kernels[round % 4]);
		check_call(lkl_sys_gettid(), tids[round % 4]);
	}
	lkl_kernel_use(NULL);
	for (int i = 0; i < 4; i++)
		stop(kernels[i]);
}

static void *boot_and_halt(void *arg)
{
	for (int i = 0; i < 5; i++) {
		struct lkl_kernel *kernel = start();
		long params[6] = { 0 };

		if (lkl_kernel_syscall(kernel, __lkl__NR_getpid, params) <= 0)
			return "no call";
		stop(kernel);
	}
	return NULL;
}

Test(instances, kernels_may_boot_at_the_same_time)
{
	int before = host_threads();
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		threads[i] = thread_start(boot_and_halt, NULL);
	for (int i = 0; i < 4; i++)
		cr_assert_null(thread_join(threads[i]));
	cr_assert_eq(host_threads(), before);
}

static void *wait_inside(void *arg)
{
	lkl_kernel_use(arg);
	return (void *)lkl_sys_pause();
}

Test(instances, halting_one_wakes_its_threads_alone)
{
	struct lkl_kernel *a = start(), *b = start();
	pthread_t in_a = thread_start(wait_inside, a);
	pthread_t in_b = thread_start(wait_inside, b);

	sleep_ms(50);
	check_call(lkl_kernel_halt(a), 0);
	check_call((long)thread_join(in_a), -LKL_ESHUTDOWN);
	sleep_ms(50);
	cr_assert_eq(pthread_tryjoin_np(in_b, NULL), EBUSY);
	check_call(lkl_kernel_halt(b), 0);
	check_call((long)thread_join(in_b), -LKL_ESHUTDOWN);
	lkl_kernel_free(a);
	lkl_kernel_free(b);
}
