// SPDX-License-Identifier: GPL-2.0
/*
 * threads.c - application threads as tasks of the kernel
 *
 * Layer:   tests/boot.
 */
#include "tests/boot/boot.h"

#include <dirent.h>
#include <sys/sysinfo.h>

BOOT_SUITE(threads);

#define WORKERS	8

static void *tell_ids(void *arg)
{
	long *ids = arg;

	ids[0] = lkl_sys_getpid();
	ids[1] = lkl_sys_gettid();
	ids[2] = lkl_sys_gettid();
	return NULL;
}

Test(threads, each_thread_is_a_task_of_one_process)
{
	long ids[WORKERS][3], pid = lkl_sys_getpid();
	pthread_t threads[WORKERS];

	for (int i = 0; i < WORKERS; i++)
		threads[i] = thread_start(tell_ids, ids[i]);
	for (int i = 0; i < WORKERS; i++)
		thread_join(threads[i]);
	for (int i = 0; i < WORKERS; i++) {
		cr_assert_eq(ids[i][0], pid);
		cr_assert_gt(ids[i][1], 0);
		cr_assert_eq(ids[i][1], ids[i][2]);
		cr_assert_neq(ids[i][1], lkl_sys_gettid());
	}
}

static int tasks(void)
{
	char path[64];
	struct lkl_dir *dir;
	int n = 0, err;

	must(lkl_mount_fs("proc"));
	snprintf(path, sizeof(path), "/proc/%ld/task", lkl_sys_getpid());
	dir = lkl_opendir(path, &err);
	cr_assert_not_null(dir, "%s: %s", path, lkl_strerror(err));
	while (lkl_readdir(dir))
		n++;
	lkl_closedir(dir);
	return n;
}

static void *call_once(void *arg)
{
	return (void *)lkl_sys_getpid();
}

Test(threads, tasks_are_reaped_when_their_threads_end)
{
	int before = tasks();

	for (int i = 0; i < 300; i++)
		cr_assert_gt((long)thread_join(thread_start(call_once, NULL)), 0);
	cr_assert(eventually(tasks() == before), "%d tasks were %d", tasks(), before);
}

/* Adopted at its first call, and not before. */
static void *call_nothing(void *arg)
{
	while (!*(atomic_int *)arg)
		sleep_ms(1);
	return NULL;
}

Test(threads, a_thread_that_does_not_call_is_no_task)
{
	atomic_int stop = 0;
	int before = tasks();
	pthread_t thread = thread_start(call_nothing, &stop);

	cr_assert_eq(tasks(), before);
	stop = 1;
	thread_join(thread);
}

static void *make_files(void *arg)
{
	long bad = 0;
	char name[64];

	for (int i = 0; i < 20; i++) {
		char buf[16];

		snprintf(name, sizeof(name), "/f%ld-%d", (long)arg, i);
		bad += write_file(name, name) != (long)strlen(name);
		bad += read_file(name, buf, sizeof(buf)) < 0;
		bad += strncmp(buf, name, sizeof(buf) - 1) != 0;
		bad += lkl_sys_unlink(name) != 0;
	}
	return (void *)bad;
}

static void *start_and_join(void *arg)
{
	long bad = 0;

	for (long i = 0; i < 50; i++) {
		pthread_t thread = thread_start(make_files, (void *)((long)arg * 100 + i));

		bad += (long)thread_join(thread);
	}
	return (void *)bad;
}

Test(threads, threads_come_and_go_under_load, .timeout = 120)
{
	int before = tasks();
	pthread_t threads[4];

	for (long i = 0; i < 4; i++)
		threads[i] = thread_start(start_and_join, (void *)i);
	for (int i = 0; i < 4; i++)
		cr_assert_null(thread_join(threads[i]));
	cr_assert(eventually(tasks() == before), "%d tasks were %d", tasks(), before);
}

Test(threads, coming_and_going_takes_no_memory, .timeout = 120)
{
	struct sysinfo before, after;
	long resident;

	for (int i = 0; i < 500; i++)
		thread_join(thread_start(call_once, NULL));
	sleep_ms(100);
	must(lkl_sys_sysinfo(&before));
	resident = host_resident_kib();
	for (int i = 0; i < 2000; i++)
		thread_join(thread_start(call_once, NULL));
	sleep_ms(100);
	must(lkl_sys_sysinfo(&after));
	/* A kernel stack alone would be 2000 times 16 KiB. */
	cr_assert_lt((long)(before.freeram - after.freeram) * before.mem_unit, 4L << 20);
	cr_assert_lt(host_resident_kib() - resident, 8192);
}

#define MANY	100

static atomic_int inside;
static pthread_barrier_t all_inside;

static void *stay_inside(void *arg)
{
	long tid = lkl_sys_gettid(), again;

	inside += tid > 0;
	pthread_barrier_wait(&all_inside);
	again = lkl_sys_gettid();
	pthread_barrier_wait(&all_inside);
	return (void *)(again == tid ? 0L : -1L);
}

Test(threads, many_threads_are_tasks_at_once)
{
	pthread_t threads[MANY];
	int before = tasks(), now;

	pthread_barrier_init(&all_inside, NULL, MANY + 1);
	for (int i = 0; i < MANY; i++)
		threads[i] = thread_start(stay_inside, NULL);
	pthread_barrier_wait(&all_inside);
	cr_assert_eq(inside, MANY);
	now = tasks();
	cr_assert_eq(now, before + MANY, "%d tasks were %d", now, before);
	pthread_barrier_wait(&all_inside);
	for (int i = 0; i < MANY; i++)
		cr_assert_null(thread_join(threads[i]));
}

#define TOO_MANY	1000

static atomic_int adopted, refused;
static atomic_int all_may_end;

static void *be_one_of_too_many(void *arg)
{
	long tid = lkl_sys_gettid();

	if (tid > 0)
		adopted++;
	else if (tid == -LKL_ENOMEM)
		refused++;
	while (!all_may_end)
		sleep_ms(10);
	return NULL;
}

/* 64 MiB hold some hundred tasks. The others are told, and may try again. */
Test(threads, more_threads_than_the_kernel_can_hold)
{
	static pthread_t threads[TOO_MANY];
	int before = tasks();

	for (int i = 0; i < TOO_MANY; i++)
		threads[i] = thread_start(be_one_of_too_many, NULL);
	cr_assert(eventually(adopted + refused == TOO_MANY), "%d and %d", adopted,
		  refused);
	cr_assert_gt(adopted, 100);
	cr_assert_gt(lkl_sys_getpid(), 0);
	all_may_end = 1;
	for (int i = 0; i < TOO_MANY; i++)
		thread_join(threads[i]);
	cr_assert(eventually(tasks() == before), "%d tasks were %d", tasks(), before);
	cr_assert_gt((long)thread_join(thread_start(call_once, NULL)), 0);
}

static void *exit_in_the_middle(void *arg)
{
	lkl_sys_gettid();
	pthread_exit((void *)77);
}

Test(threads, pthread_exit_reaps_as_well)
{
	int before = tasks();

	for (int i = 0; i < 50; i++)
		cr_assert_eq((long)thread_join(thread_start(exit_in_the_middle, NULL)), 77);
	cr_assert(eventually(tasks() == before));
}

static void *destructor_result;

static void call_in_destructor(void *value)
{
	destructor_result = (void *)lkl_sys_getpid();
}

static void *set_key(void *arg)
{
	pthread_setspecific(*(pthread_key_t *)arg, arg);
	return (void *)lkl_sys_getpid();
}

Test(threads, destructors_of_the_application_may_call)
{
	int before = tasks();
	pthread_key_t key;

	cr_assert_eq(pthread_key_create(&key, call_in_destructor), 0);
	cr_assert_gt((long)thread_join(thread_start(set_key, &key)), 0);
	cr_assert_gt((long)destructor_result, 0);
	cr_assert(eventually(tasks() == before));
}

static void *change_directory(void *arg)
{
	char cwd[64];

	if (lkl_sys_getcwd(cwd, sizeof(cwd)) < 0)
		return "no directory";
	return strcmp(cwd, "/shared") ? "another directory" : NULL;
}

/* As threads of a process do: files, directory and memory are shared. */
Test(threads, threads_share_files_and_directory)
{
	must(lkl_sys_mkdir("/shared", 0700));
	must(lkl_sys_chdir("/shared"));
	cr_assert_null(thread_join(thread_start(change_directory, NULL)));
}

static void *count_up(void *arg)
{
	int fd = *(int *)arg;
	uint64_t one = 1;

	for (int i = 0; i < 10000; i++)
		if (lkl_sys_write(fd, &one, sizeof(one)) != sizeof(one))
			return "a write failed";
	return NULL;
}

Test(threads, nothing_is_lost_under_contention)
{
	pthread_t threads[4];
	uint64_t count = 0;
	int fd = must(lkl_sys_eventfd2(0, 0));

	for (int i = 0; i < 4; i++)
		threads[i] = thread_start(count_up, &fd);
	for (int i = 0; i < 4; i++)
		cr_assert_null(thread_join(threads[i]));
	check_call(lkl_sys_read(fd, &count, sizeof(count)), sizeof(count));
	cr_assert_eq(count, 40000);
}
