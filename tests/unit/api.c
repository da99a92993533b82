// SPDX-License-Identifier: GPL-2.0
/*
 * api.c - lkl.h without a kernel: names, types, and what the typed calls pass.
 *
 * Layer:   tests/unit. The default kernel's system calls come to the test, which
 *	writes down what it was given.
 */
#include <lkl.h>
#include <lkl_host.h>

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#include "tools/lkl/lib/kernel.h"

static long called, passed[6], answer;

static long note_call(long no, const long *params)
{
	called = no;
	memcpy(passed, params, sizeof(passed));
	return answer;
}

static void setup(void)
{
	default_kernel.syscall = note_call;
}

TestSuite(api, .init = setup);

#define assert_call(no, a, b, c, d, e, f) do { \
	const long want[6] = { (long)(a), (long)(b), (long)(c), (long)(d), \
			       (long)(e), (long)(f) }; \
	cr_assert_eq(called, no); \
	cr_assert_arr_eq(passed, want, sizeof(want)); \
} while (0)

/* Numbers and arguments go through as they are, in order; results too. */
Test(api, typed_calls_pass_their_arguments)
{
	static char buf[8];
	lkl_loff_t in = 1, out = 2;

	answer = -LKL_ENOENT;
	cr_assert_eq(lkl_sys_openat(LKL_AT_FDCWD, "f", LKL_O_RDWR, 0640), -ENOENT);
	assert_call(SYS_openat, AT_FDCWD, passed[1], O_RDWR, 0640, 0, 0);
	cr_assert_str_eq((char *)passed[1], "f");

	lkl_sys_pread64(3, buf, sizeof(buf), 1L << 40);
	assert_call(SYS_pread64, 3, buf, 8, 1L << 40, 0, 0);
	lkl_sys_copy_file_range(4, &in, 5, &out, 6, 7);
	assert_call(SYS_copy_file_range, 4, &in, 5, &out, 6, 7);
	lkl_sys_getpid();
	assert_call(SYS_getpid, 0, 0, 0, 0, 0, 0);
	lkl_sys_umount("m", LKL_MNT_DETACH);
	assert_call(SYS_umount2, passed[0], MNT_DETACH, 0, 0, 0, 0);
	lkl_sys_lseek(3, -5, LKL_SEEK_CUR);
	assert_call(SYS_lseek, 3, -5, SEEK_CUR, 0, 0, 0);
}

/* Both structs are taken by the stat family, and none is misplaced. */
Test(api, stat_takes_both_structs)
{
	struct stat host;
	struct lkl_stat lkl;

	lkl_sys_stat("p", &host);
	assert_call(SYS_stat, passed[0], &host, 0, 0, 0, 0);
	lkl_sys_lstat("p", &lkl);
	assert_call(SYS_lstat, passed[0], &lkl, 0, 0, 0, 0);
	lkl_sys_fstat(3, &lkl);
	assert_call(SYS_fstat, 3, &lkl, 0, 0, 0, 0);
	lkl_sys_fstatat(3, "p", &host, LKL_AT_EMPTY_PATH);
	assert_call(SYS_newfstatat, 3, passed[1], &host, AT_EMPTY_PATH, 0, 0);
}

/* A mapping's address is returned, an error as LKL_MAP_FAILED. */
Test(api, mmap_tells_errors_from_addresses)
{
	answer = 0x7f0000001000;
	cr_assert_eq(lkl_sys_mmap(NULL, 4096, LKL_PROT_READ, LKL_MAP_SHARED, 3, 0),
		     (void *)answer);
	assert_call(SYS_mmap, 0, 4096, PROT_READ, MAP_SHARED, 3, 0);
	answer = -LKL_ENOMEM;
	cr_assert_eq(lkl_sys_mmap(NULL, 4096, LKL_PROT_READ, LKL_MAP_SHARED, 3, 0),
		     LKL_MAP_FAILED);
}

/* Constants have the host's values, whatever kind of thing the host's are. */
Test(api, constants_are_the_hosts)
{
#define SAME(x) cr_assert_eq((unsigned long)LKL_##x, (unsigned long)x, #x)
	SAME(O_CREAT); SAME(O_DIRECTORY); SAME(O_TMPFILE); SAME(O_PATH);
	SAME(S_IFMT); SAME(S_IFBLK); SAME(S_IRWXU); SAME(AT_FDCWD);
	SAME(ENOENT); SAME(EWOULDBLOCK); SAME(ENOTRECOVERABLE); SAME(EHWPOISON);
	SAME(MS_RDONLY); SAME(MS_REMOUNT); SAME(MNT_FORCE); SAME(DT_LNK);
	SAME(EPOLLIN); SAME(EPOLLET); SAME(EPOLL_CTL_ADD); SAME(CLONE_NEWNS);
	SAME(SOCK_STREAM); SAME(SOCK_NONBLOCK); SAME(AF_INET6); SAME(SOL_SOCKET);
	SAME(IPPROTO_ICMPV6); SAME(INADDR_LOOPBACK); SAME(MAP_POPULATE);
	SAME(SEEK_HOLE); SAME(F_GETLK); SAME(POLLRDHUP); SAME(CLOCK_MONOTONIC);
	cr_assert_eq(LKL_RLIM_INFINITY, ~0UL);
	cr_assert(LKL_S_ISDIR(LKL_S_IFDIR | 0755));
#define SAME_CALL(x) cr_assert_eq(__lkl__NR_##x, SYS_##x, #x)
	SAME_CALL(read); SAME_CALL(mount); SAME_CALL(io_uring_enter);
	SAME_CALL(epoll_pwait2); SAME_CALL(landlock_restrict_self);
}

/* What programs written for LKL do with its names compiles and works. */
Test(api, lkl_programs_compile)
{
	struct stat stat = { .st_mtime = 0 };
	struct lkl_stat lkl_stat = { .st_mode = LKL_S_IFREG };
	struct __lkl__kernel_timespec ts[2] = { { .tv_sec = 1, .tv_nsec = 2 } };
	struct lkl_timespec mtime;
	struct lkl_sockaddr_in sa = { .sin_family = LKL_AF_INET };
	struct lkl_epoll_event ev = { .events = LKL_EPOLLIN, .data = 7 };
	struct epoll_event host_ev = { .data.u64 = 7 };
	struct lkl_ifreq ifr;
	struct lkl_in6_addr in6 = { 0 };
	struct lkl_pollfd pfd = { .events = LKL_POLLIN };
	struct lkl_iovec iov = { NULL, 0 };
	struct lkl_statfs fs;
	struct lkl_disk disk = { .fd = 3, .ops = NULL };
	struct lkl_linux_dirent64 *entry = NULL;
	lkl_fd_set set;
	__lkl__u32 word = 1;

	FD_ZERO(&set);
	memset(&fs, 0, sizeof(fs));
	lkl_stat.lkl_st_mtime = 5;
	lkl_stat.st_mtime_nsec = 6;
	mtime.tv_sec = lkl_stat.st_mtim.tv_sec;
	mtime.tv_nsec = lkl_stat.st_mtim.tv_nsec;
	cr_assert_eq(mtime.tv_sec, 5);
	cr_assert_eq(mtime.tv_nsec, 6);
	cr_assert_eq(stat.st_mtime, 0);

	lkl_sys_utimensat(LKL_AT_FDCWD, "p", ts, LKL_AT_SYMLINK_NOFOLLOW);
	assert_call(SYS_utimensat, AT_FDCWD, passed[1], ts, AT_SYMLINK_NOFOLLOW,
		    0, 0);
	lkl_sys_bind(3, (struct lkl_sockaddr *)&sa, sizeof(sa));
	assert_call(SYS_bind, 3, &sa, sizeof(sa), 0, 0, 0);
	lkl_sys_epoll_ctl(3, LKL_EPOLL_CTL_ADD, 4, &ev);
	lkl_sys_epoll_ctl(3, LKL_EPOLL_CTL_ADD, 4, &host_ev);
	lkl_sys_recv(3, &ev, 4, LKL_MSG_DONTWAIT);
	assert_call(SYS_recvfrom, 3, &ev, 4, MSG_DONTWAIT, 0, 0);
	strcpy(ifr.lkl_ifr_name, "lo");
	ifr.lkl_ifr_mtu = 1;
	sa.sin_addr.lkl_s_addr = LKL_INADDR_ANY;
	cr_assert_eq(in6.lkl_s6_addr[15], 0);
	lkl_sys_mknod("/n", LKL_S_IFCHR | 0600, LKL_MKDEV(1, 3));
	assert_call(SYS_mknod, passed[0], S_IFCHR | 0600, 0x103, 0, 0, 0);
	lkl_sys_poll(&pfd, 1, 0);
	lkl_sys_select(1, &set, NULL, NULL, NULL);
	lkl_sys_writev(1, &iov, 1);
	lkl_sys_statfs("/", &fs);
	lkl_sys_mount("a", "b", (char *)"ext4", LKL_MS_RDONLY, NULL);
	cr_assert_null(entry);
	cr_assert_eq(disk.fd + (int)word, 4);
}

/* Errors in words, by either sign, and never NULL. */
Test(api, strerror)
{
	int err;

	cr_assert_str_eq(lkl_strerror(-LKL_ENOENT), "No such file or directory");
	cr_assert_str_eq(lkl_strerror(LKL_EIO), "Input/output error");
	cr_assert_str_eq(lkl_strerror(0), "Success");
	/* 41 and 58 are not errors. */
	for (err = 1; err <= LKL_EHWPOISON; err++)
		if (err != 41 && err != 58)
			cr_assert_str_eq(lkl_strerror(-err), strerror(err));
	cr_assert_str_eq(lkl_strerror(-4000), "Unknown error");
	cr_assert_str_eq(lkl_strerror(INT32_MIN), "Unknown error");
}

/* The log keeps the last bytes, in order, across its end. */
Test(api, log_keeps_the_end)
{
	static struct log_ring log;
	char text[16], buf[32];
	int i;

	cr_assert_eq(log_read(&log, buf, sizeof(buf)), 0);
	log_write(&log, "hello", 5);
	cr_assert_eq(log_read(&log, buf, sizeof(buf)), 5);
	cr_assert_arr_eq(buf, "hello", 5);
	cr_assert_eq(log_read(&log, buf, 2), 2);
	cr_assert_arr_eq(buf, "lo", 2);
	for (i = 0; i < 10000; i++) {
		snprintf(text, sizeof(text), "line %05d\n", i);
		log_write(&log, text, 11);
	}
	cr_assert_eq(log_read(&log, buf, 22), 22);
	cr_assert_arr_eq(buf, "line 09998\nline 09999\n", 22);
	log_clear(&log);
	cr_assert_eq(log_read(&log, buf, sizeof(buf)), 0);
}
