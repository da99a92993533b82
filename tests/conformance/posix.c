// SPDX-License-Identifier: GPL-2.0
/*
 * posix.c - what host/posix promises beyond the contracts of host/ops.h.
 *
 * Layer:   tests/conformance.
 */
#include "tests/conformance/host.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/posix/posix.h"
#include "tests/conformance/probe.h"

#define RW		(LKL_PROT_READ | LKL_PROT_WRITE)
#define OBJECT_SIZE	(1ULL << 20)
#define SPAN_SIZE	(1ULL << 30)
#define BAD		((void *)0x10)

static char *at(__u64 addr)
{
	return (char *)(uintptr_t)addr;
}

/* --- errno --- */

Test(posix, errno_values_are_linux_ones)
{
	cr_assert_eq(posix_errno(0), 0);
	cr_assert_eq(posix_errno(EPERM), -1);
	cr_assert_eq(posix_errno(EAGAIN), -11);
	cr_assert_eq(posix_errno(ENOMEM), -12);
	cr_assert_eq(posix_errno(EDEADLK), -35);
	cr_assert_eq(posix_errno(EOPNOTSUPP), -95);
	cr_assert_eq(posix_errno(ETIMEDOUT), -110);
}

Test(posix, every_errno_of_this_linux_host_is_itself)
{
	for (int err = 1; err < 134; err++) {
		if (strerrorname_np(err))
			cr_assert_eq(posix_errno(err), -err, "%s",
				     strerrorname_np(err));
	}
}

Test(posix, unknown_errno_is_an_io_error)
{
	static const int unknown[] = { -1, 41, 58, 134, 4096, INT32_MAX, INT32_MIN };

	for (unsigned int i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		cr_assert_eq(posix_errno(unknown[i]), -5);
}

/* --- the span --- */

Test(posix, span_is_aligned_and_ours)
{
	for (__u64 align = 4096; align <= 1ULL << 30; align <<= 2) {
		__u64 addr;

		cr_assert_eq(posix_span_reserve(256ULL << 30, align, &addr), 0);
		cr_assert_eq(addr % align, 0);
		/* All of it, and nothing beyond. */
		cr_assert_eq(mmap(at(addr), 4096, PROT_NONE, MAP_PRIVATE |
				  MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0),
			     MAP_FAILED);
		cr_assert_eq(mmap(at(addr + (256ULL << 30) - 4096), 4096,
				  PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS |
				  MAP_FIXED_NOREPLACE, -1, 0), MAP_FAILED);
		posix_span_release(addr, 256ULL << 30);
	}
}

static int maps_lines(void)
{
	FILE *file = fopen("/proc/self/maps", "r");
	int c, lines = 0;

	cr_assert_not_null(file);
	while ((c = getc(file)) != EOF)
		lines += c == '\n';
	fclose(file);
	return lines;
}

Test(posix, span_leaves_nothing_behind)
{
	int before = maps_lines();
	__u64 addr;

	for (int i = 0; i < 100; i++) {
		cr_assert_eq(posix_span_reserve(SPAN_SIZE, 2 << 20, &addr), 0);
		posix_span_release(addr, SPAN_SIZE);
	}
	cr_assert_leq(maps_lines(), before + 1);
}

Test(posix, span_refuses_bad_sizes)
{
	__u64 addr;

	cr_assert_eq(posix_span_reserve(0, 4096, &addr), -EINVAL);
	cr_assert_eq(posix_span_reserve(4097, 4096, &addr), -EINVAL);
	cr_assert_eq(posix_span_reserve(4096, 0, &addr), -EINVAL);
	cr_assert_eq(posix_span_reserve(4096, 6000, &addr), -EINVAL);
	cr_assert_eq(posix_span_reserve(1ULL << 60, 4096, &addr), -ENOMEM);
	cr_assert_eq(posix_span_reserve(-4096ULL, 8192, &addr), -EINVAL);
}

Test(posix, span_says_when_the_address_space_is_limited)
{
	struct rlimit limit = { 1ULL << 32, RLIM_INFINITY };
	__u64 addr;

	cr_assert_eq(setrlimit(RLIMIT_AS, &limit), 0);
	cr_assert_eq(posix_span_reserve(256ULL << 30, 4096, &addr), -ENOMEM);
	limit.rlim_cur = RLIM_INFINITY;
	cr_assert_eq(setrlimit(RLIMIT_AS, &limit), 0);
}

/* --- memory objects --- */

static int open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

Test(posix, object_has_no_descriptor_that_could_be_closed)
{
	int before = open_files();
	__u64 object, addr;

	cr_assert_eq(posix_span_reserve(SPAN_SIZE, 4096, &addr), 0);
	cr_assert_eq(posix_mem_ops.object_create(OBJECT_SIZE, &object), 0);
	cr_assert_eq(posix_mem_ops.map(object, addr, OBJECT_SIZE, 0, RW), 0);
	cr_assert_eq(open_files(), before);
	posix_mem_ops.object_destroy(object);
}

/* "dd" in the flags of each mapping of the span: not in a core dump. */
Test(posix, core_dumps_leave_the_object_out)
{
	unsigned long start, end, in_span = 0;
	int counted = 0, excluded = 0;
	__u64 object, addr;
	char line[512];
	FILE *file;

	cr_assert_eq(posix_span_reserve(SPAN_SIZE, 4096, &addr), 0);
	cr_assert_eq(posix_mem_ops.object_create(OBJECT_SIZE, &object), 0);
	cr_assert_eq(posix_mem_ops.map(object, addr, OBJECT_SIZE, 0, RW), 0);
	cr_assert_eq(posix_mem_ops.map(object, addr + (4 << 20), 4096, 4096,
				       LKL_PROT_READ), 0);
	file = fopen("/proc/self/smaps", "r");
	cr_assert_not_null(file);
	while (fgets(line, sizeof(line), file)) {
		char prot[8];

		if (sscanf(line, "%lx-%lx %7s", &start, &end, prot) == 3)
			in_span = start >= addr && start < addr + SPAN_SIZE &&
				  prot[0] == 'r';
		if (!strncmp(line, "VmFlags:", 8) && in_span) {
			counted++;
			excluded += strstr(line, " dd ") != NULL;
		}
	}
	fclose(file);
	cr_assert_eq(counted, 2);
	cr_assert_eq(excluded, 2);
	posix_mem_ops.object_destroy(object);
}

static int child_status(pid_t pid)
{
	int status;

	cr_assert_eq(waitpid(pid, &status, 0), pid);
	return status;
}

/* After fork, the child has a hole where the parent's kernel has its memory. */
Test(posix, forked_child_does_not_share_the_object)
{
	__u64 object, addr;
	int status;
	pid_t pid;

	cr_assert_eq(posix_span_reserve(SPAN_SIZE, 4096, &addr), 0);
	cr_assert_eq(posix_mem_ops.object_create(OBJECT_SIZE, &object), 0);
	cr_assert_eq(posix_mem_ops.map(object, addr, OBJECT_SIZE, 0, RW), 0);
	cr_assert_eq(posix_mem_ops.map(object, addr + OBJECT_SIZE, 4096, 4096,
				       LKL_PROT_READ), 0);
	memset(at(addr), 'p', OBJECT_SIZE);
	pid = fork();
	if (!pid) {
		signal(SIGSEGV, SIG_DFL);
		prctl(PR_SET_DUMPABLE, 0);
		/* Both mappings are gone, so the probe of the second must fail. */
		if (write(STDERR_FILENO, at(addr + OBJECT_SIZE), 1) == 1)
			_exit(1);
		memset(at(addr), 'c', OBJECT_SIZE);
		_exit(0);
	}
	status = child_status(pid);
	cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	cr_assert_eq(at(addr)[0], 'p');
	cr_assert_eq(at(addr + OBJECT_SIZE)[0], 'p');
	posix_mem_ops.object_destroy(object);
}

/* --- semaphores --- */

static void sleep_once(void *sem)
{
	posix_sem_ops.down(sem, LKL_FOREVER);
}

/* Sleepers come and go, by a permit and by a timeout. */
static void have_had_sleepers(struct lkl_sem *sem)
{
	__u64 thread;

	cr_assert_eq(posix_thread_ops.create(sleep_once, sem, "x", &thread), 0);
	usleep(50000);
	posix_sem_ops.up(sem);
	cr_assert_eq(posix_thread_ops.join(thread), 0);
	cr_assert_eq(posix_sem_ops.down(sem, posix_time_ops.monotonic() + 1000000),
		     -ETIMEDOUT);
}

/* In strict mode the host ends a thread that makes any call but four. */
Test(posix, up_and_down_without_sleepers_make_no_host_call)
{
	struct lkl_sem *sem = posix_sem_ops.alloc(0);
	int status;
	pid_t pid;

	have_had_sleepers(sem);
	pid = fork();
	if (!pid) {
		if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT))
			syscall(SYS_exit, 77);
		for (int i = 0; i < 1000; i++) {
			posix_sem_ops.up(sem);
			posix_sem_ops.down(sem, LKL_FOREVER);
		}
		syscall(SYS_exit, 0);
	}
	status = child_status(pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		cr_skip_test("no seccomp on this host");
	cr_assert(WIFEXITED(status) && !WEXITSTATUS(status));
	posix_sem_ops.free(sem);
}

/* --- faults --- */

static int save_stack(struct lkl_fault *fault)
{
	fault->pc = (uintptr_t)probe_recover_stack;
	return 1;
}

static int thread_result;

static void fault_without_stack(void *arg)
{
	thread_result = probe_stack(BAD, NULL);
}

/* What a kernel stack that has overflowed looks like to the host. */
Test(posix, threads_of_ours_take_faults_with_a_bad_stack_pointer)
{
	__u64 base = (uintptr_t)probe_start;
	__u64 thread;

	signal(SIGSEGV, SIG_DFL);
	cr_assert_eq(posix_fault_ops.attach(base, probe_end - probe_start,
					    save_stack), 0);
	cr_assert_eq(posix_thread_ops.create(fault_without_stack, NULL, "x",
					     &thread), 0);
	cr_assert_eq(posix_thread_ops.join(thread), 0);
	cr_assert_eq(thread_result, 1);
	posix_fault_ops.detach(base);
}

static int recover(struct lkl_fault *fault)
{
	fault->pc = (uintptr_t)probe_recover;
	return 1;
}

/* A thread that enters the kernel is asked who it is, and may fault then. */
Test(posix, self_opens_the_fault_signals_that_the_application_blocked)
{
	__u64 base = (uintptr_t)probe_start;
	sigset_t set;

	sigfillset(&set);
	pthread_sigmask(SIG_SETMASK, &set, NULL);
	cr_assert_eq(posix_fault_ops.attach(base, probe_end - probe_start,
					    recover), 0);
	cr_assert_neq(posix_thread_ops.self(), 0);
	cr_assert_eq(probe_load(BAD), 1);
	pthread_sigmask(SIG_SETMASK, NULL, &set);
	cr_assert_eq(sigismember(&set, SIGUSR1), 1);
	posix_fault_ops.detach(base);
}

Test(posix, attach_refuses_bad_ranges)
{
	cr_assert_eq(posix_fault_ops.attach(4096, 0, save_stack), -EINVAL);
	cr_assert_eq(posix_fault_ops.attach(4096, 4096, NULL), -EINVAL);
	cr_assert_eq(posix_fault_ops.attach(-4096ULL, 8192, save_stack), -EINVAL);
	cr_assert_eq(posix_fault_ops.attach(4096, 8192, save_stack), 0);
	cr_assert_eq(posix_fault_ops.attach(8192, 4096, save_stack), -EBUSY);
	posix_fault_ops.detach(4096);
	posix_fault_ops.detach(4096);
}

/* --- print --- */

Test(posix, print_writes_to_standard_error_and_keeps_errno)
{
	char buf[16] = "";
	int fds[2];

	cr_assert_eq(pipe(fds), 0);
	cr_assert_eq(dup2(fds[1], STDERR_FILENO), STDERR_FILENO);
	errno = ENOTTY;
	posix_print("hello", 5);
	cr_assert_eq(errno, ENOTTY);
	cr_assert_eq(read(fds[0], buf, sizeof(buf)), 5);
	cr_assert_str_eq(buf, "hello");
}

Test(posix, print_drops_what_nobody_takes)
{
	int fds[2];

	signal(SIGPIPE, SIG_IGN);
	cr_assert_eq(pipe(fds), 0);
	cr_assert_eq(dup2(fds[1], STDERR_FILENO), STDERR_FILENO);
	close(fds[0]);
	errno = ENOTTY;
	posix_print("hello", 5);
	cr_assert_eq(errno, ENOTTY);
}
