// SPDX-License-Identifier: GPL-2.0
/*
 * faults.c - host system calls that fail on demand.
 *
 * Layer:   tests/unit.
 * Users:   see faults.h. Any thread.
 */
#include "tests/unit/faults.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct fault faults[FAULT_CALLS];

/* Count the call. Return: whether it shall fail, with errno set. */
static bool fault(enum fault_call call, int flags)
{
	struct fault *f = &faults[call];

	__atomic_add_fetch(&f->calls, 1, __ATOMIC_RELAXED);
	if (flags & RWF_NOWAIT)
		__atomic_add_fetch(&f->nowait_calls, 1, __ATOMIC_RELAXED);
	if (f->delay_ms) {
		struct timespec ts = { 0, f->delay_ms * 1000000L };

		nanosleep(&ts, NULL);
	}
	if (f->only_nowait && !(flags & RWF_NOWAIT))
		return false;
	if (__atomic_load_n(&f->fail, __ATOMIC_RELAXED) <= 0)
		return false;
	__atomic_sub_fetch(&f->fail, 1, __ATOMIC_RELAXED);
	errno = f->error;
	return true;
}

/* The first buffers of @iov up to the length a transfer is cut to. */
static struct iovec cut(enum fault_call call, const struct iovec *iov)
{
	struct iovec first = *iov;

	if (first.iov_len > faults[call].short_to)
		first.iov_len = faults[call].short_to;
	return first;
}

/* The offset is passed in two halves, of which 64-bit hosts use one. */
static ssize_t transfer(enum fault_call call, long nr, int fd,
			const struct iovec *iov, int count, off_t offset,
			int flags)
{
	struct iovec first;

	if (fault(call, flags))
		return -1;
	if (faults[call].short_to) {
		first = cut(call, iov);
		iov = &first;
		count = 1;
	}
	return syscall(nr, fd, iov, count, offset, 0, flags);
}

ssize_t preadv2(int fd, const struct iovec *iov, int count, off_t offset,
		int flags)
{
	return transfer(FAULT_PREADV2, SYS_preadv2, fd, iov, count, offset,
			flags);
}

ssize_t pwritev2(int fd, const struct iovec *iov, int count, off_t offset,
		 int flags)
{
	return transfer(FAULT_PWRITEV2, SYS_pwritev2, fd, iov, count, offset,
			flags);
}

int fdatasync(int fd)
{
	return fault(FAULT_FDATASYNC, 0) ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int sync_file_range(int fd, off_t offset, off_t len, unsigned int flags)
{
	if (fault(FAULT_SYNC_FILE_RANGE, 0))
		return -1;
	return (int)syscall(SYS_sync_file_range, fd, offset, len, flags);
}

int fallocate(int fd, int mode, off_t offset, off_t len)
{
	if (fault(FAULT_FALLOCATE, 0))
		return -1;
	return (int)syscall(SYS_fallocate, fd, mode, offset, len);
}

int fstat(int fd, struct stat *st)
{
	return fault(FAULT_FSTAT, 0) ? -1 : (int)syscall(SYS_fstat, fd, st);
}

void faults_forbid_uring(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_io_uring_setup, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { 4, filter };

	cr_assert_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	cr_assert_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog), 0);
}
