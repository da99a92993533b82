/* SPDX-License-Identifier: GPL-2.0 */
/*
 * thread_info lies at the bottom of every kernel stack and is found by masking
 * the stack pointer. That is what lets a context be resumed by another host
 * thread than the one that suspended it: nothing in the kernel reads
 * thread-local storage.
 */
#ifndef __ASM_LKL_THREAD_INFO_H
#define __ASM_LKL_THREAD_INFO_H

#include <linux/const.h>

/*
 * 32 KiB: an application's signal handler may interrupt kernel code and run
 * below it, and the signal frame with AVX-512 state is 3 KiB by itself.
 */
#define THREAD_SHIFT		15
#define THREAD_SIZE		(_AC(1, UL) << THREAD_SHIFT)
#define THREAD_SIZE_ORDER	(THREAD_SHIFT - 12)

#ifndef __ASSEMBLY__

#include <linux/types.h>

struct task_struct;
struct vcpu;
struct host_thread;

/**
 * struct thread_info - what low-level code needs of a context at once
 * @task: the task whose stack this is
 * @vcpu: the vCPU that executes it, while it is current
 * @percpu_offset: of that vCPU
 * @owner: the host thread that the task was adopted for, or NULL
 * @peer: the host process whose memory is the task's user memory; 0: our own
 * @flags: TIF_*
 * @irqs_off: 1 while interrupts are disabled in this context
 * @preempt_count: as everywhere
 * @cpu: as everywhere
 */
struct thread_info {
	struct task_struct *task;
	struct vcpu *vcpu;
	unsigned long percpu_offset;
	struct host_thread *owner;
	__u64 peer;
	unsigned long flags;
	unsigned int irqs_off;
	int preempt_count;
	__u32 cpu;
};

/* vCPU 0; see vcpu.c. */
extern char lkl_boot_vcpu[];

#define INIT_THREAD_INFO(tsk)			\
{						\
	.task = &(tsk),				\
	.vcpu = (struct vcpu *)lkl_boot_vcpu,	\
	.irqs_off = 1,				\
	.preempt_count = INIT_PREEMPT_COUNT,	\
}

register unsigned long current_stack_pointer asm("rsp");

static __always_inline struct thread_info *current_thread_info(void)
{
	return (struct thread_info *)(current_stack_pointer &
				      ~(THREAD_SIZE - 1));
}

#endif /* !__ASSEMBLY__ */

#define TIF_SIGPENDING		0
#define TIF_NEED_RESCHED	1
#define TIF_NOTIFY_SIGNAL	2
#define TIF_NOTIFY_RESUME	3
#define TIF_RESTORE_SIGMASK	4
#define TIF_MEMDIE		5
#define TIF_SYSCALL_TRACE	6
#define TIF_SYSCALL_AUDIT	7
#define TIF_SECCOMP		8
#define TIF_UPROBE		9

#define _TIF_SIGPENDING		(1 << TIF_SIGPENDING)
#define _TIF_NEED_RESCHED	(1 << TIF_NEED_RESCHED)
#define _TIF_NOTIFY_SIGNAL	(1 << TIF_NOTIFY_SIGNAL)
#define _TIF_NOTIFY_RESUME	(1 << TIF_NOTIFY_RESUME)
#define _TIF_RESTORE_SIGMASK	(1 << TIF_RESTORE_SIGMASK)
#define _TIF_SYSCALL_TRACE	(1 << TIF_SYSCALL_TRACE)
#define _TIF_SYSCALL_AUDIT	(1 << TIF_SYSCALL_AUDIT)
#define _TIF_SECCOMP		(1 << TIF_SECCOMP)
#define _TIF_UPROBE		(1 << TIF_UPROBE)

/* Work to do before a call returns to the application. */
#define _TIF_WORK_MASK		(_TIF_SIGPENDING | _TIF_NEED_RESCHED | \
				 _TIF_NOTIFY_SIGNAL | _TIF_NOTIFY_RESUME | \
				 _TIF_RESTORE_SIGMASK)

#endif
