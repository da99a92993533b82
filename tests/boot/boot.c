// SPDX-License-Identifier: GPL-2.0
/*
 * boot.c - what the suites on a real kernel share; see boot.h
 *
 * Layer:   tests/boot.
 */
#include "tests/boot/boot.h"

#include <dirent.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>

static int number_from_environment(const char *name, int otherwise)
{
	const char *value = getenv(name);

	return value && *value ? atoi(value) : otherwise;
}

int boot_cpus(void)
{
	return number_from_environment("LKL_TEST_CPUS", 1);
}

void boot_kernel_with(const char *more)
{
	int loglevel = number_from_environment("LKL_TEST_LOGLEVEL", 0);

	check_call(lkl_init(&lkl_host_ops), 0);
	check_call(lkl_start_kernel("mem=64M loglevel=%d maxcpus=%d %s",
				    loglevel, boot_cpus(), more), 0);
}

void boot_kernel(void)
{
	boot_kernel_with("");
}

void halt_kernel(void)
{
	check_call(lkl_sys_halt(), 0);
	lkl_cleanup();
}

long boot_must(long result, const char *call, const char *file, int line)
{
	cr_assert_geq(result, 0, "%s:%d: %s gave %ld (%s)", file, line, call,
		      result, lkl_strerror((int)result));
	return result;
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

uint64_t now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

uint64_t cpu_ns(void)
{
	return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

void sleep_ms(unsigned int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * NSEC_PER_MSEC };

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

pthread_t thread_start(void *(*fn)(void *arg), void *arg)
{
	pthread_t thread;

	cr_assert_eq(pthread_create(&thread, NULL, fn, arg), 0);
	return thread;
}

void *thread_join(pthread_t thread)
{
	void *result;

	cr_assert_eq(pthread_join(thread, &result), 0);
	return result;
}

long write_file(const char *path, const char *text)
{
	long fd = lkl_sys_open(path, LKL_O_WRONLY | LKL_O_CREAT | LKL_O_TRUNC, 0600);
	long ret;

	if (fd < 0)
		return fd;
	ret = lkl_sys_write(fd, text, strlen(text));
	lkl_sys_close(fd);
	return ret;
}

long read_file(const char *path, char *buf, size_t size)
{
	long fd = lkl_sys_open(path, LKL_O_RDONLY, 0);
	size_t len = 0;
	long ret = fd;

	buf[0] = '\0';
	if (fd < 0)
		return fd;
	while (len < size - 1) {
		ret = lkl_sys_read(fd, buf + len, size - 1 - len);
		if (ret <= 0)
			break;
		len += ret;
	}
	buf[len] = '\0';
	lkl_sys_close(fd);
	return ret < 0 ? ret : (long)len;
}

static int count_entries(const char *path)
{
	DIR *dir = opendir(path);
	int n = 0;

	cr_assert_not_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n - 2;
}

/* On its way out: pthread_join() returns before a thread has left /proc. */
static bool thread_exiting(const char *tid)
{
	const unsigned long exiting = 4;	/* PF_EXITING */
	unsigned long flags = exiting;
	char path[64], line[512] = "";
	const char *end;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%s/stat", tid);
	file = fopen(path, "re");
	if (!file)
		return true;
	if (fgets(line, sizeof(line), file)) {
		end = strrchr(line, ')');
		if (!end || sscanf(end + 1, " %*c %*d %*d %*d %*d %*d %lu", &flags) != 1)
			flags = exiting;
	}
	fclose(file);
	return flags & exiting;
}

int host_threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	struct dirent *entry;
	int n = 0;

	cr_assert_not_null(dir);
	while ((entry = readdir(dir)))
		n += entry->d_name[0] != '.' && !thread_exiting(entry->d_name);
	closedir(dir);
	return n;
}

int host_files(void)
{
	return count_entries("/proc/self/fd") - 1;
}

int host_mappings(void)
{
	FILE *file = fopen("/proc/self/maps", "re");
	int c, lines = 0;

	cr_assert_not_null(file);
	while ((c = getc(file)) != EOF)
		lines += c == '\n';
	fclose(file);
	return lines;
}

long host_resident_kib(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	long size, resident;

	cr_assert_not_null(file);
	cr_assert_eq(fscanf(file, "%ld %ld", &size, &resident), 2);
	fclose(file);
	return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

const char *program_dir(void)
{
	static char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);

	cr_assert_gt(len, 0);
	path[len] = '\0';
	return dirname(path);
}
