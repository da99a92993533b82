/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __ASM_LKL_PROCESSOR_H
#define __ASM_LKL_PROCESSOR_H

#include <linux/types.h>
#include <linux/cache.h>
#include <asm/cpufeature.h>
#include <asm/ptrace.h>
#include <asm/page.h>
#include <asm/thread_info.h>
#include <asm/vdso/processor.h>

struct task_struct;

/**
 * struct thread_struct - a suspended context
 * @sp: its stack pointer; everything else is on its stack
 */
struct thread_struct {
	unsigned long sp;
};

#define INIT_THREAD { }

/* Application pointers may be anywhere a host process can map. */
#define TASK_SIZE_MAX		((1UL << 47) - PAGE_SIZE)
#define TASK_SIZE		TASK_SIZE_MAX

#define task_top_of_stack(tsk) \
	((unsigned long)task_stack_page(tsk) + THREAD_SIZE)
#define task_pt_regs(tsk) \
	((struct pt_regs *)(task_top_of_stack(tsk) - sizeof(struct pt_regs)))

/* Where a call starts: below the space for pt_regs, 16-byte aligned. */
#define task_entry_sp(tsk) \
	((task_top_of_stack(tsk) - sizeof(struct pt_regs)) & ~15UL)

#define KSTK_EIP(tsk)		(task_pt_regs(tsk)->ip)
#define KSTK_ESP(tsk)		(task_pt_regs(tsk)->sp)

void start_thread(struct pt_regs *regs, unsigned long pc, unsigned long sp);
unsigned long __get_wchan(struct task_struct *p);

static inline void prefetch(const void *x)
{
	__builtin_prefetch(x);
}
#define ARCH_HAS_PREFETCH

static inline void prefetchw(const void *x)
{
	__builtin_prefetch(x, 1);
}
#define ARCH_HAS_PREFETCHW

#endif
