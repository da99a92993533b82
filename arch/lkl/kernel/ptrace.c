// SPDX-License-Identifier: GPL-2.0
/*
 * ptrace.c - what ptrace(2) wants of an architecture: nothing that we have.
 *
 * Layer: arch/lkl, for kernel/ptrace.c.
 *
 * A task's registers in user mode are those of a host thread, which the kernel
 * never sees; requests that need them fail with -EIO.
 */
#include <linux/ptrace.h>

void ptrace_disable(struct task_struct *child)
{
}

long arch_ptrace(struct task_struct *child, long request, unsigned long addr,
		 unsigned long data)
{
	return ptrace_request(child, request, addr, data);
}
