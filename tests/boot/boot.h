/* SPDX-License-Identifier: GPL-2.0 */
/*
 * boot.h - what the suites on a real kernel share
 *
 * Layer:   tests/boot. Uses lkl.h as any program does.
 * Users:   every suite here.
 *
 * Criterion runs each test in a process of its own, so each one boots its own
 * kernel and stands alone. LKL_TEST_CPUS=N in the environment boots kernels
 * with N vCPUs (default 1); `make check` runs the suites with 1 and 2.
 *
 * Build and run: make check-build && LKL_TEST_CPUS=2 build/tests/boot
 * Kernel output of a failing test: LKL_TEST_LOGLEVEL=7 build/tests/boot
 */
#ifndef LKL_TESTS_BOOT_H
#define LKL_TESTS_BOOT_H

#include <criterion/criterion.h>
#include <errno.h>
#include <lkl.h>
#include <lkl_host.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NSEC_PER_MSEC	1000000ULL
#define NSEC_PER_SEC	1000000000ULL

/* How long a test waits for what should happen soon, on a busy machine. */
#define PATIENCE_MS	20000

/* A call whose result is not what it should be says what it was. */
#define check_call(call, expect) do {					\
	long check_got = (call);					\
	long check_want = (expect);					\
	cr_assert_eq(check_got, check_want, "%s gave %ld (%s), not %ld",	\
		     #call, check_got,					\
		     check_got < 0 ? lkl_strerror((int)check_got) : "",	\
		     check_want);					\
} while (0)

/* A call that must not fail. Its value: the result. */
#define must(call) boot_must((call), #call, __FILE__, __LINE__)

/* Wait until @condition holds. Its value: whether it came to. */
#define eventually(condition) __extension__ ({				\
	uint64_t end_ = now_ns() + PATIENCE_MS * NSEC_PER_MSEC;		\
	while (!(condition) && now_ns() < end_)				\
		sleep_ms(1);						\
	(condition);							\
})

/* Number of vCPUs to boot with. */
int boot_cpus(void);

/* Boot the default kernel with "mem=64M" and what @more adds. */
void boot_kernel_with(const char *more);
void boot_kernel(void);

/* Halt and clean up; both have to succeed. */
void halt_kernel(void);

/* For suites whose tests all begin with a running kernel and end with none. */
#define BOOT_SUITE(name) \
	TestSuite(name, .init = boot_kernel, .fini = halt_kernel)

long boot_must(long result, const char *call, const char *file, int line);

/* The host's clock, and sleeping on the host, outside the kernel. */
uint64_t now_ns(void);
void sleep_ms(unsigned int ms);
uint64_t cpu_ns(void);

/* Threads of the application. */
pthread_t thread_start(void *(*fn)(void *arg), void *arg);
void *thread_join(pthread_t thread);

/* Write to, and read all of, a file inside the kernel; terminated. */
long write_file(const char *path, const char *text);
long read_file(const char *path, char *buf, size_t size);

/* What the host says of this process. */
int host_threads(void);
int host_files(void);
int host_mappings(void);
long host_resident_kib(void);

/* The directory of this program and of the library: build/tests. */
const char *program_dir(void);

#endif /* LKL_TESTS_BOOT_H */
