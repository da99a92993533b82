// SPDX-License-Identifier: GPL-2.0
/*
 * efault.c - bad pointers in system calls are -EFAULT, and the application's
 * own faults stay its own
 *
 * Layer:   tests/boot.
 */
#include "tests/boot/boot.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/utsname.h>

BOOT_SUITE(efault);

#define PAGE	4096UL

/* Addresses that nobody may read. */
static void *bad_addresses[8];
static int bad_count;

static char *map_pages(int pages, int prot)
{
	char *p = mmap(NULL, pages * PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	cr_assert_neq(p, MAP_FAILED);
	return p;
}

/* The last bytes before a page that is not there. */
static char *before_a_hole(size_t bytes)
{
	char *p = map_pages(2, PROT_READ | PROT_WRITE);

	cr_assert_eq(munmap(p + PAGE, PAGE), 0);
	return p + PAGE - bytes;
}

static void collect_bad_addresses(void)
{
	char *hole = map_pages(1, PROT_READ);

	munmap(hole, PAGE);
	bad_addresses[bad_count++] = (void *)8;
	bad_addresses[bad_count++] = hole;
	bad_addresses[bad_count++] = map_pages(1, PROT_NONE);
	bad_addresses[bad_count++] = (void *)0x7ffffffff000;
	/* Not canonical; of the host's kernel; the last page. */
	bad_addresses[bad_count++] = (void *)0x8000000000000000;
	bad_addresses[bad_count++] = (void *)0xffff800000000000;
	bad_addresses[bad_count++] = (void *)-4096L;
}

static int pipe_fds[2], socket_fds[2], file_fd, epoll_fd;

static void open_files(void)
{
	struct epoll_event ready = { .events = EPOLLOUT };

	must(lkl_sys_pipe2(pipe_fds, LKL_O_NONBLOCK));
	must(lkl_sys_socketpair(AF_UNIX, SOCK_STREAM, 0, socket_fds));
	file_fd = must(lkl_sys_open("/file", LKL_O_RDWR | LKL_O_CREAT, 0600));
	must(lkl_sys_write(file_fd, "0123456789", 10));
	must(lkl_sys_lseek(file_fd, 0, SEEK_SET));
	epoll_fd = must(lkl_sys_epoll_create1(0));
	must(lkl_sys_epoll_ctl(epoll_fd, EPOLL_CTL_ADD, pipe_fds[1], &ready));
	must(lkl_sys_write(pipe_fds[1], "abc", 3));
	must(lkl_sys_sendto(socket_fds[1], "abc", 3, 0, NULL, 0));
}

/**
 * struct bad_call - a call with a bad pointer
 * @name: for the message
 * @nr: its number
 * @arg: which argument is the bad one, from 0
 * @args: the others
 */
struct bad_call {
	const char *name;
	long nr;
	int arg;
	long args[6];
};

#define CALL(name, arg, ...) { #name, __lkl__NR_##name, arg, { __VA_ARGS__ } }

static struct timespec zero_time;
static struct pollfd no_poll;
static char some_bytes[4096];

static void check_bad_call(const struct bad_call *call, void *bad)
{
	long params[6];
	long ret;

	memcpy(params, call->args, sizeof(params));
	params[call->arg] = (long)bad;
	ret = lkl_syscall(call->nr, params);
	cr_assert_eq(ret, -LKL_EFAULT, "%s(argument %d = %p) gave %ld (%s)",
		     call->name, call->arg, bad, ret,
		     ret < 0 ? lkl_strerror((int)ret) : "no error");
}

static void check_bad_calls(const struct bad_call *calls, int n)
{
	collect_bad_addresses();
	for (int i = 0; i < n; i++)
		for (int b = 0; b < bad_count; b++)
			check_bad_call(&calls[i], bad_addresses[b]);
	/* And the kernel is none the worse. */
	cr_assert_gt(lkl_sys_getpid(), 0);
	check_call(write_file("/after", "x"), 1);
}

#define CHECK_BAD_CALLS(calls) \
	check_bad_calls(calls, sizeof(calls) / sizeof((calls)[0]))

#define L(ptr)	((long)(ptr))

Test(efault, paths)
{
	struct bad_call calls[] = {
		CALL(open, 0, 0, O_RDONLY, 0),
		CALL(openat, 1, AT_FDCWD, 0, O_RDONLY, 0),
		CALL(stat, 0, 0, L(some_bytes)),
		CALL(lstat, 0, 0, L(some_bytes)),
		CALL(newfstatat, 1, AT_FDCWD, 0, L(some_bytes), 0),
		CALL(access, 0, 0, 0),
		CALL(mkdir, 0, 0, 0755),
		CALL(rmdir, 0),
		CALL(unlink, 0),
		CALL(rename, 0, 0, L("/x")),
		CALL(rename, 1, L("/file"), 0),
		CALL(link, 0, 0, L("/x")),
		CALL(link, 1, L("/file"), 0),
		CALL(symlink, 0, 0, L("/x")),
		CALL(symlink, 1, L("x"), 0),
		CALL(readlink, 0, 0, L(some_bytes), 100),
		CALL(chdir, 0),
		CALL(chmod, 0, 0, 0644),
		CALL(chown, 0, 0, 0, 0),
		CALL(truncate, 0, 0, 0),
		CALL(statfs, 0, 0, L(some_bytes)),
		CALL(mknod, 0, 0, 0644, 0),
		CALL(umount2, 0, 0, 0),
		CALL(mount, 1, L("none"), 0, L("tmpfs"), 0, 0),
		CALL(mount, 2, L("none"), L("/"), 0, 0, 0),
		CALL(getxattr, 1, L("/file"), 0, L(some_bytes), 100),
		CALL(setxattr, 1, L("/file"), 0, L("v"), 1, 0),
		CALL(inotify_add_watch, 1, 0, 0, 1),
		CALL(sethostname, 0, 0, 5),
	};
	long inotify;

	open_files();
	inotify = must(lkl_sys_inotify_init1(0));
	for (unsigned int i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].nr == __lkl__NR_inotify_add_watch)
			calls[i].args[0] = inotify;
	CHECK_BAD_CALLS(calls);
}

Test(efault, data_read)
{
	struct bad_call calls[] = {
		CALL(read, 1, 0, 0, 10),
		CALL(pread64, 1, 0, 0, 10, 0),
		CALL(getcwd, 0, 0, 100),
		CALL(readlink, 1, L("/link"), 0, 100),
		CALL(stat, 1, L("/file"), 0),
		CALL(fstat, 1, 0, 0),
		CALL(statx, 4, AT_FDCWD, L("/file"), 0, 0xfff, 0),
		CALL(statfs, 1, L("/"), 0),
		CALL(uname, 0),
		CALL(sysinfo, 0),
		CALL(getdents64, 1, 0, 0, 4096),
		CALL(clock_gettime, 1, CLOCK_MONOTONIC, 0),
		CALL(clock_getres, 1, CLOCK_MONOTONIC, 0),
		CALL(gettimeofday, 0, 0, 0),
		CALL(getrusage, 1, 0, 0),
		CALL(times, 0),
		CALL(getrlimit, 1, 7, 0),
		CALL(getresuid, 0, 0, L(some_bytes), L(some_bytes)),
		CALL(getgroups, 1, 10, 0),
		CALL(sched_getaffinity, 2, 0, 128, 0),
		CALL(getrandom, 0, 0, 16, 0),
		CALL(pipe2, 0, 0, 0),
		CALL(socketpair, 3, AF_UNIX, SOCK_STREAM, 0, 0),
		CALL(getsockname, 1, 0, 0, L(some_bytes)),
		CALL(getsockname, 2, 0, L(some_bytes), 0),
		CALL(recvfrom, 1, 0, 0, 3, MSG_PEEK | MSG_DONTWAIT, 0, 0),
		CALL(ioctl, 2, 0, LKL_FIONREAD, 0),
		CALL(prctl, 1, LKL_PR_GET_NAME, 0),
		CALL(rt_sigprocmask, 2, 0, 0, 0, 8),
		CALL(rt_sigaction, 2, SIGUSR1, 0, 0, 8),
		CALL(io_uring_setup, 1, 8, 0),
	};

	open_files();
	must(lkl_sys_symlink("target", "/link"));
	for (unsigned int i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		long nr = calls[i].nr;

		if (nr == __lkl__NR_read || nr == __lkl__NR_pread64 || nr == __lkl__NR_fstat)
			calls[i].args[0] = file_fd;
		if (nr == __lkl__NR_getdents64)
			calls[i].args[0] = must(lkl_sys_open("/", O_RDONLY | O_DIRECTORY, 0));
		if (nr == __lkl__NR_getsockname || nr == __lkl__NR_recvfrom)
			calls[i].args[0] = socket_fds[0];
		if (nr == __lkl__NR_ioctl)
			calls[i].args[0] = pipe_fds[0];
	}
	*(int *)some_bytes = 100;
	must(lkl_sys_setgroups(2, (unsigned int[]){ 1, 2 }));
	CHECK_BAD_CALLS(calls);
}

Test(efault, data_written)
{
	struct bad_call calls[] = {
		CALL(write, 1, 0, 0, 10),
		CALL(pwrite64, 1, 0, 0, 10, 0),
		CALL(writev, 1, 0, 0, 2),
		CALL(readv, 1, 0, 0, 2),
		CALL(write, 1, 1, 0, 10),
		CALL(sendto, 1, 0, 0, 10, 0, 0, 0),
		CALL(sendmsg, 1, 0, 0, 0),
		CALL(recvmsg, 1, 0, 0, MSG_DONTWAIT),
		CALL(bind, 1, 0, 0, 10),
		CALL(setsockopt, 3, 0, SOL_SOCKET, SO_SNDBUF, 0, 4),
		CALL(epoll_ctl, 3, 0, 1, 0, 0),
		CALL(epoll_wait, 1, 0, 0, 10, 0),
		CALL(poll, 0, 0, 1, 0),
		CALL(ppoll, 2, L(&no_poll), 0, 0, 0, 8),
		CALL(select, 1, 1, 0, 0, 0, 0),
		CALL(nanosleep, 0, 0, 0),
		CALL(clock_nanosleep, 2, CLOCK_MONOTONIC, 0, 0, 0),
		CALL(futex, 3, L(some_bytes), LKL_FUTEX_WAIT | LKL_FUTEX_PRIVATE_FLAG,
		     0, 0, 0, 0),
		CALL(futex, 0, 0, LKL_FUTEX_WAIT | LKL_FUTEX_PRIVATE_FLAG, 0,
		     L(&zero_time), 0, 0),
		CALL(timer_create, 1, CLOCK_MONOTONIC, 0, L(some_bytes)),
		CALL(timer_create, 2, CLOCK_MONOTONIC, 0, 0),
		CALL(setitimer, 1, 0, 0, 0),
		CALL(setxattr, 2, L("/file"), L("user.x"), 0, 10, 0),
		CALL(utimensat, 2, AT_FDCWD, L("/file"), 0, 0),
		CALL(fcntl, 2, 0, LKL_F_GETLK, 0),
		CALL(setrlimit, 1, 7, 0),
		CALL(setgroups, 1, 5, 0),
		CALL(rt_sigprocmask, 1, 0, 0, 0, 8),
		CALL(prctl, 1, LKL_PR_SET_NAME, 0),
		CALL(memfd_create, 0, 0, 0),
		CALL(process_vm_readv, 1, 0, 0, 1, L(some_bytes), 1, 0),
		CALL(openat2, 2, AT_FDCWD, L("/file"), 0, 24),
		CALL(mq_open, 0, 0, O_RDONLY, 0, 0),
	};

	open_files();
	for (unsigned int i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		switch (calls[i].nr) {
		case __lkl__NR_write:
			calls[i].args[0] = calls[i].args[0] ? pipe_fds[1] : file_fd;
			break;
		case __lkl__NR_pwrite64:
		case __lkl__NR_writev:
		case __lkl__NR_readv:
		case __lkl__NR_fcntl:
			calls[i].args[0] = file_fd;
			break;
		case __lkl__NR_sendto:
		case __lkl__NR_sendmsg:
		case __lkl__NR_recvmsg:
		case __lkl__NR_bind:
		case __lkl__NR_setsockopt:
			calls[i].args[0] = socket_fds[0];
			break;
		case __lkl__NR_epoll_ctl:
			calls[i].args[0] = epoll_fd;
			calls[i].args[2] = pipe_fds[0];
			break;
		case __lkl__NR_epoll_wait:
			calls[i].args[0] = epoll_fd;
			break;
		case __lkl__NR_process_vm_readv:
			calls[i].args[0] = lkl_sys_getpid();
			break;
		}
	}
	CHECK_BAD_CALLS(calls);
}

/* --- partly bad --- */

Test(efault, a_buffer_that_ends_in_a_hole_gives_what_fits)
{
	char *edge = before_a_hole(3);
	long n;

	open_files();
	n = lkl_sys_read(file_fd, edge, 10);
	cr_assert(n == 3 || n == -LKL_EFAULT, "gave %ld", n);
	if (n == 3)
		cr_assert_eq(memcmp(edge, "012", 3), 0);
	memcpy(edge, "xyz", 3);
	n = lkl_sys_pwrite64(file_fd, edge, 10, 0);
	cr_assert(n == 3 || n == -LKL_EFAULT, "gave %ld", n);
}

Test(efault, a_path_that_ends_in_a_hole)
{
	char *edge = before_a_hole(5);

	open_files();
	memcpy(edge, "/file", 5);
	check_call(lkl_sys_open(edge, O_RDONLY, 0), -LKL_EFAULT);
	edge--;
	memcpy(edge, "/file", 6);
	cr_assert_geq(lkl_sys_open(edge, O_RDONLY, 0), 0);
}

Test(efault, a_struct_that_ends_in_a_hole)
{
	for (size_t i = 1; i < sizeof(struct utsname); i += 13)
		check_call(lkl_sys_uname((void *)before_a_hole(i)), -LKL_EFAULT);
	check_call(lkl_sys_uname((void *)before_a_hole(sizeof(struct utsname))), 0);
}

Test(efault, memory_that_may_only_be_read_cannot_be_written)
{
	char *page = map_pages(1, PROT_READ);

	open_files();
	check_call(lkl_sys_read(file_fd, page, 10), -LKL_EFAULT);
	check_call(lkl_sys_write(file_fd, page, 10), 10);
}

static long loads;

static void *bad_calls_in_thread(void *arg)
{
	for (int i = 0; i < 2000; i++) {
		struct timespec ts;

		if (lkl_sys_open((char *)16, O_RDONLY, 0) != -LKL_EFAULT ||
		    lkl_sys_uname((void *)16) != -LKL_EFAULT ||
		    lkl_sys_clock_gettime(CLOCK_MONOTONIC, &ts))
			return "wrong result";
		__atomic_add_fetch(&loads, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

Test(efault, from_several_threads_at_once)
{
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		threads[i] = thread_start(bad_calls_in_thread, NULL);
	for (int i = 0; i < 4; i++)
		cr_assert_null(thread_join(threads[i]));
	cr_assert_eq(loads, 8000);
}

static void *block_everything_and_call(void *arg)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	return (void *)lkl_sys_uname((void *)16);
}

Test(efault, from_a_thread_that_blocks_all_signals)
{
	check_call((long)thread_join(thread_start(block_everything_and_call, NULL)),
		   -LKL_EFAULT);
}

static char alternate[65536];

Test(efault, with_an_alternate_signal_stack)
{
	stack_t stack = { .ss_sp = alternate, .ss_size = sizeof(alternate) };

	cr_assert_eq(sigaltstack(&stack, NULL), 0);
	for (int i = 0; i < 100; i++)
		check_call(lkl_sys_uname((void *)16), -LKL_EFAULT);
}

/* --- faults of the application --- */

static sigjmp_buf escape;
static void *volatile fault_addr;
static volatile int faults;

static void on_fault(int signo, siginfo_t *info, void *uc)
{
	faults++;
	fault_addr = info->si_addr;
	siglongjmp(escape, 1);
}

static void install_handler(int flags)
{
	struct sigaction action = {
		.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | flags,
	};

	cr_assert_eq(sigaction(SIGSEGV, &action, NULL), 0);
}

static void own_fault(void *addr)
{
	fault_addr = NULL;
	if (!sigsetjmp(escape, 1))
		*(volatile char *)addr = 1;
	cr_assert_eq(fault_addr, addr);
}

static void check_own_and_kernel_faults(void)
{
	for (int i = 0; i < 10; i++) {
		own_fault((void *)(16L + i));
		check_call(lkl_sys_uname((void *)16), -LKL_EFAULT);
	}
	cr_assert_eq(faults, 10);
}

Test(own_faults, a_handler_installed_before_the_start, .fini = halt_kernel)
{
	install_handler(0);
	boot_kernel();
	check_own_and_kernel_faults();
}

Test(own_faults, a_handler_on_an_alternate_stack, .fini = halt_kernel)
{
	stack_t stack = { .ss_sp = alternate, .ss_size = sizeof(alternate) };

	sigaltstack(&stack, NULL);
	install_handler(SA_ONSTACK);
	boot_kernel();
	check_own_and_kernel_faults();
}

Test(own_faults, the_handler_is_back_after_the_end)
{
	struct sigaction action;

	install_handler(0);
	boot_kernel();
	halt_kernel();
	sigaction(SIGSEGV, NULL, &action);
	cr_assert_eq(action.sa_sigaction, on_fault);
	own_fault((void *)16);
}

static struct sigaction replaced;

/* What a handler should do with a fault that is not its own. */
static void on_fault_or_replaced(int signo, siginfo_t *info, void *uc)
{
	if (info->si_addr == (void *)20)
		on_fault(signo, info, uc);
	replaced.sa_sigaction(signo, info, uc);
}

Test(own_faults, a_handler_installed_later_that_passes_on, .fini = halt_kernel)
{
	struct sigaction action = {
		.sa_sigaction = on_fault_or_replaced, .sa_flags = SA_SIGINFO,
	};

	boot_kernel();
	cr_assert_eq(sigaction(SIGSEGV, &action, &replaced), 0);
	for (int i = 0; i < 10; i++) {
		own_fault((void *)20);
		check_call(lkl_sys_uname((void *)16), -LKL_EFAULT);
	}
}

Test(own_faults, without_a_handler_the_process_ends, .signal = SIGSEGV)
{
	volatile char *volatile addr = (volatile char *)16;

	signal(SIGSEGV, SIG_DFL);
	boot_kernel();
	check_call(lkl_sys_uname((void *)addr), -LKL_EFAULT);
	*addr = 1;
}
