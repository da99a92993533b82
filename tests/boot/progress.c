// SPDX-License-Identifier: GPL-2.0
/*
 * progress.c - the kernel works on its own while nobody calls, and costs
 * nothing when there is nothing to do
 *
 * Layer:   tests/boot.
 */
#include "tests/boot/boot.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/membarrier.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/timerfd.h>

BOOT_SUITE(progress);

#define DISK_SIZE	(4 << 20)

/* --- timers --- */

static atomic_int alarms;

static void count_alarm(int signo)
{
	alarms++;
}

static int timer_for_this_thread(int signo, void *value)
{
	struct sigevent event = { 0 };
	int timer;

	event.sigev_notify = SIGEV_THREAD_ID;
	event.sigev_signo = signo;
	event.sigev_value.sival_ptr = value;
	event._sigev_un._tid = lkl_sys_gettid();
	must(lkl_sys_timer_create(CLOCK_MONOTONIC, &event, &timer));
	return timer;
}

/*
 * The signal reaches the host's thread while it spends its time outside: only
 * a timer interrupt that ran on a vCPU's own thread can have sent it.
 */
Test(progress, timers_expire_while_all_threads_are_outside)
{
	struct itimerspec every = {
		.it_value.tv_nsec = 10 * NSEC_PER_MSEC,
		.it_interval.tv_nsec = 10 * NSEC_PER_MSEC,
	};
	int timer;

	signal(SIGUSR1, count_alarm);
	timer = timer_for_this_thread(SIGUSR1, NULL);
	must(lkl_sys_timer_settime(timer, 0, &every, NULL));
	cr_assert(eventually(alarms >= 10), "%d alarms", alarms);
}

Test(progress, a_timerfd_counts_while_all_threads_are_outside)
{
	struct itimerspec every = {
		.it_value.tv_nsec = 10 * NSEC_PER_MSEC,
		.it_interval.tv_nsec = 10 * NSEC_PER_MSEC,
	};
	int fd = must(lkl_sys_timerfd_create(CLOCK_MONOTONIC, 0));
	uint64_t count = 0;

	must(lkl_sys_timerfd_settime(fd, 0, &every, NULL));
	sleep_ms(305);
	check_call(lkl_sys_read(fd, &count, 8), 8);
	cr_assert(count >= 30 && count < 300, "%llu ticks", (unsigned long long)count);
}

/* --- workqueues, kernel threads, RCU --- */

static int disk_file(void)
{
	char name[] = "/tmp/lkl-boot-XXXXXX";
	int fd = mkstemp(name);

	cr_assert_geq(fd, 0);
	unlink(name);
	cr_assert_eq(ftruncate(fd, DISK_SIZE), 0);
	return fd;
}

static int disk_node(int id)
{
	uint32_t dev;

	check_call(lkl_get_virtio_blkdev(id, 0, &dev), 0);
	must(lkl_sys_mknod("/disk", LKL_S_IFBLK | 0600, dev));
	return must(lkl_sys_open("/disk", LKL_O_RDWR, 0));
}

static int host_byte(int fd, long offset)
{
	unsigned char byte;

	cr_assert_eq(pread(fd, &byte, 1, offset), 1);
	return byte;
}

/*
 * Dirty pages reach the host's file though nobody calls after the write: that
 * takes a timer, a workqueue, the block layer, and the device's interrupt.
 */
Test(progress, dirty_pages_are_written_back_while_all_threads_are_outside)
{
	struct lkl_disk disk = { .fd = disk_file() };
	static char page[4096];
	int id, fd;

	id = must(lkl_disk_add(&disk));
	check_call(lkl_sysctl("vm.dirty_expire_centisecs", "10"), 0);
	check_call(lkl_sysctl("vm.dirty_writeback_centisecs", "10"), 0);
	fd = disk_node(id);
	memset(page, 'p', sizeof(page));
	check_call(lkl_sys_pwrite64(fd, page, sizeof(page), 8192), sizeof(page));
	cr_assert(eventually(host_byte(disk.fd, 8192 + 4095) == 'p'));
	lkl_sys_close(fd);
	check_call(lkl_disk_remove(disk), 0);
	close(disk.fd);
}

static atomic_int rcu_done;

static void *wait_for_rcu(void *arg)
{
	for (int i = 0; i < 5; i++)
		if (lkl_sys_membarrier(MEMBARRIER_CMD_GLOBAL, 0, 0))
			return "membarrier failed";
	rcu_done = 1;
	return NULL;
}

/* A thread that has called once and is outside must not hold RCU up. */
Test(progress, rcu_does_not_wait_for_threads_outside)
{
	pthread_t thread;

	cr_assert_gt(lkl_sys_getpid(), 0);
	thread = thread_start(wait_for_rcu, NULL);
	cr_assert(eventually(rcu_done));
	cr_assert_null(thread_join(thread));
}

Test(progress, the_clock_goes_with_the_hosts)
{
	struct timespec host, inside;
	int64_t first, second;

	for (int i = 0; i < 2; i++) {
		clock_gettime(CLOCK_REALTIME, &host);
		must(lkl_sys_clock_gettime(CLOCK_REALTIME, &inside));
		second = (inside.tv_sec - host.tv_sec) * (int64_t)NSEC_PER_SEC +
			 inside.tv_nsec - host.tv_nsec;
		cr_assert_lt(llabs(second), (int64_t)NSEC_PER_SEC,
			     "off by %lld ns", (long long)second);
		if (i && llabs(second - first) > 100 * (int64_t)NSEC_PER_MSEC)
			cr_assert_fail("drifts by %lld ns in a second",
				       (long long)(second - first));
		first = second;
		sleep_ms(1000);
	}
}

static int64_t wall_ns(const struct timespec *ts)
{
	return ts->tv_sec * (int64_t)NSEC_PER_SEC + ts->tv_nsec;
}

/* Of many looks, the one least disturbed says how far the clocks are apart. */
Test(progress, the_wall_clock_is_the_hosts)
{
	int64_t closest = INT64_MAX, error = 0;

	for (int i = 0; i < 1000; i++) {
		struct timespec before, inside, after;
		int64_t took;

		clock_gettime(CLOCK_REALTIME, &before);
		must(lkl_sys_clock_gettime(CLOCK_REALTIME, (void *)&inside));
		clock_gettime(CLOCK_REALTIME, &after);
		took = wall_ns(&after) - wall_ns(&before);
		if (took < 0 || took >= closest)
			continue;
		closest = took;
		error = wall_ns(&inside) - wall_ns(&before) - took / 2;
	}
	cr_assert(error > -50000 && error < 50000, "it is %ld ns ahead", (long)error);
}

Test(progress, monotonic_time_never_goes_back)
{
	uint64_t last = 0;

	for (int i = 0; i < 20000; i++) {
		struct timespec ts;
		uint64_t now;

		check_call(lkl_sys_clock_gettime(CLOCK_MONOTONIC, &ts), 0);
		now = ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
		cr_assert_geq(now, last);
		last = now;
	}
}

/* --- idle --- */

static long switches_of(const char *task)
{
	char path[300], line[128];
	long sum = 0, n;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%s/status", task);
	file = fopen(path, "re");
	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "voluntary_ctxt_switches: %ld", &n) == 1 ||
		    sscanf(line, "nonvoluntary_ctxt_switches: %ld", &n) == 1)
			sum += n;
	fclose(file);
	return sum;
}

static long switches(void)
{
	DIR *dir = opendir("/proc/self/task");
	struct dirent *entry;
	long sum = 0;

	cr_assert_not_null(dir);
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			sum += switches_of(entry->d_name);
	closedir(dir);
	return sum;
}

static void check_idle(void)
{
	long switches_before;
	uint64_t cpu_before;

	/* What was started at boot comes to its end first. */
	sleep_ms(1500);
	switches_before = switches();
	cpu_before = cpu_ns();
	sleep_ms(3000);
	cr_assert_lt(cpu_ns() - cpu_before, 30 * NSEC_PER_MSEC,
		     "%llu us of processor time in 3 s",
		     (unsigned long long)(cpu_ns() - cpu_before) / 1000);
	cr_assert_lt(switches() - switches_before, 100, "%ld wake-ups in 3 s",
		     switches() - switches_before);
}

Test(progress, an_idle_kernel_takes_no_processor_time)
{
	cr_assert_gt(lkl_sys_getpid(), 0);
	check_idle();
}

static void *wait_for_ever(void *arg)
{
	return (void *)lkl_sys_pause();
}

Test(progress, a_kernel_whose_threads_all_wait_takes_no_processor_time)
{
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		threads[i] = thread_start(wait_for_ever, NULL);
	check_idle();
	check_call(lkl_sys_halt(), 0);
	for (int i = 0; i < 4; i++)
		check_call((long)thread_join(threads[i]), -LKL_ESHUTDOWN);
	lkl_cleanup();
	boot_kernel();
}
