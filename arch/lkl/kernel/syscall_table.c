// SPDX-License-Identifier: GPL-2.0
/*
 * syscall_table.c - the system calls, by the host processor's numbers.
 *
 * Layer: arch/lkl; the table is used by kernel/task.c. Generated from the
 * host processor's own list, see Makefile.syscalls.
 *
 * Handlers take six longs whatever they declare: each is the __se_sys_*()
 * wrapper of SYSCALL_DEFINE, which converts its arguments.
 */
#include <linux/linkage.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/syscalls.h>
#include <asm/syscall.h>
#include <asm/syscalls.h>
#include <asm/unistd.h>

/* kernel/task.c: ends the calling thread's task. */
long lkl_sys_exit_group(long error, long a1, long a2, long a3, long a4,
			long a5);

/*
 * These start a program, copy an address space, or change registers that the
 * application has and the kernel has not. A kernel context can be made for a
 * host thread that exists, not the other way round.
 */
#define sys_fork		sys_ni_syscall
#define sys_vfork		sys_ni_syscall
#define sys_clone		sys_ni_syscall
#define sys_clone3		sys_ni_syscall
#define sys_execve		sys_ni_syscall
#define sys_execveat		sys_ni_syscall
#define sys_exit		lkl_sys_exit_group
#define sys_exit_group		lkl_sys_exit_group
#define sys_rt_sigreturn	sys_ni_syscall
#define sys_modify_ldt		sys_ni_syscall
#define sys_arch_prctl		sys_ni_syscall
#define sys_iopl		sys_ni_syscall
#define sys_ioperm		sys_ni_syscall
#define sys_uretprobe		sys_ni_syscall
#define sys_map_shadow_stack	sys_ni_syscall
#define sys_rseq		sys_ni_syscall

/*
 * Only the names matter here, and all are converted to the one type; that the
 * arities differ is what SYSCALL_DEFINE's wrappers are for.
 */
#define __SYSCALL(nr, handler)	[nr] = (lkl_syscall_fn_t)(void *)handler,
#define __SYSCALL_WITH_COMPAT(nr, handler, compat)	__SYSCALL(nr, handler)
#define __SYSCALL_NORETURN(nr, handler)			__SYSCALL(nr, handler)
#define __SYSCALL_COMPAT_NORETURN(nr, handler, compat)	__SYSCALL(nr, handler)

const lkl_syscall_fn_t lkl_syscall_table[] = {
#include <asm/syscall_table_64.h>
};

const unsigned long lkl_nr_syscalls = ARRAY_SIZE(lkl_syscall_table);

static_assert(ARRAY_SIZE(lkl_syscall_table) == NR_syscalls);

SYSCALL_DEFINE6(mmap, unsigned long, addr, unsigned long, len,
		unsigned long, prot, unsigned long, flags,
		unsigned long, fd, unsigned long, offset)
{
	if (offset_in_page(offset))
		return -EINVAL;
	return ksys_mmap_pgoff(addr, len, prot, flags, fd,
			       offset >> PAGE_SHIFT);
}
