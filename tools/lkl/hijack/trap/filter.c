// SPDX-License-Identifier: GPL-2.0
/*
 * filter.c - the seccomp filter of a trapped program
 *
 * Layer:   tools/lkl/hijack/trap; called by run.c in the process that is to
 *          become the program, before exec.
 * Context: one thread.
 */
#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>

/* An int in a register: what is above it is not looked at by the kernel. */
#define INT_MASK	0xffffffffUL
#define RANGE_MASK	(INT_MASK & ~(unsigned long)(TRAP_FD_LAST - TRAP_FD_FIRST))

_Static_assert((TRAP_FD_FIRST & (TRAP_FD_LAST - TRAP_FD_FIRST)) == 0,
	       "the filter compares by mask");

/* Whatever the descriptor, since any number may be a library socket. */
static const int always[] = {
	SCMP_SYS(bind), SCMP_SYS(connect), SCMP_SYS(listen), SCMP_SYS(accept),
	SCMP_SYS(accept4), SCMP_SYS(getsockname), SCMP_SYS(getpeername),
	SCMP_SYS(getsockopt), SCMP_SYS(setsockopt), SCMP_SYS(shutdown),
};

/* On descriptors of the range. */
static const int in_range[] = {
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev),
	SCMP_SYS(recvfrom), SCMP_SYS(sendto), SCMP_SYS(recvmsg),
	SCMP_SYS(sendmsg), SCMP_SYS(recvmmsg), SCMP_SYS(sendmmsg),
	SCMP_SYS(dup),
};

static const int opens[] = { SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(openat2) };

#define FD_IN_RANGE	SCMP_A0(SCMP_CMP_MASKED_EQ, RANGE_MASK, TRAP_FD_FIRST)

static int trap_all(scmp_filter_ctx ctx, const int *calls, size_t count)
{
	int err = 0;

	for (size_t i = 0; i < count && !err; i++)
		err = seccomp_rule_add(ctx, SCMP_ACT_NOTIFY, calls[i], 0);
	return err;
}

static int trap_range(scmp_filter_ctx ctx)
{
	int err = 0;

	for (size_t i = 0; i < sizeof(in_range) / sizeof(in_range[0]) && !err; i++)
		err = seccomp_rule_add(ctx, SCMP_ACT_NOTIFY, in_range[i], 1,
				       FD_IN_RANGE);
	return err;
}

/* Commands of sockets and interfaces are 0x89XX. */
static int trap_some(scmp_filter_ctx ctx)
{
	return seccomp_rule_add(ctx, SCMP_ACT_NOTIFY, SCMP_SYS(socket), 1,
				SCMP_A0(SCMP_CMP_NE, AF_UNIX)) ?:
	       seccomp_rule_add(ctx, SCMP_ACT_NOTIFY, SCMP_SYS(socketpair), 1,
				SCMP_A0(SCMP_CMP_NE, AF_UNIX)) ?:
	       seccomp_rule_add(ctx, SCMP_ACT_NOTIFY, SCMP_SYS(ioctl), 1,
				SCMP_A1(SCMP_CMP_MASKED_EQ, INT_MASK & ~0xffUL,
					0x8900)) ?:
	       seccomp_rule_add(ctx, SCMP_ACT_NOTIFY, SCMP_SYS(fcntl), 2,
				FD_IN_RANGE, SCMP_A1(SCMP_CMP_EQ, F_DUPFD)) ?:
	       seccomp_rule_add(ctx, SCMP_ACT_NOTIFY, SCMP_SYS(fcntl), 2,
				FD_IN_RANGE,
				SCMP_A1(SCMP_CMP_EQ, F_DUPFD_CLOEXEC)) ?:
	       seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS),
				SCMP_SYS(io_uring_setup), 0);
}

static int add_rules(scmp_filter_ctx ctx)
{
	return trap_all(ctx, always, sizeof(always) / sizeof(always[0])) ?:
	       trap_all(ctx, opens, sizeof(opens) / sizeof(opens[0])) ?:
	       trap_range(ctx) ?: trap_some(ctx);
}

int filter_load(void)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	int err;

	if (!ctx)
		return -ENOMEM;
	err = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_NOTIFY);
	if (!err)
		err = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (!err)
		err = add_rules(ctx);
	if (!err)
		err = seccomp_load(ctx);
	if (!err)
		err = seccomp_notify_fd(ctx);
	seccomp_release(ctx);
	return err;
}
