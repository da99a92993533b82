/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Registers of an exception frame, in the host processor's own layout. A call
 * from the application needs none; they are built for processor faults
 * (kernel/fault.c), and two constant ones say "user" or "kernel" to the tick.
 */
#ifndef __ASM_LKL_PTRACE_H
#define __ASM_LKL_PTRACE_H

#include <uapi/asm/ptrace.h>

#ifndef __ASSEMBLY__

#include <linux/types.h>

struct pt_regs {
	unsigned long r15;
	unsigned long r14;
	unsigned long r13;
	unsigned long r12;
	unsigned long bp;
	unsigned long bx;
	unsigned long r11;
	unsigned long r10;
	unsigned long r9;
	unsigned long r8;
	unsigned long ax;
	unsigned long cx;
	unsigned long dx;
	unsigned long si;
	unsigned long di;
	unsigned long orig_ax;
	unsigned long ip;
	unsigned long cs;
	unsigned long flags;
	unsigned long sp;
	unsigned long ss;
};

#define user_mode(regs)			(((regs)->cs & 3) == 3)
#define instruction_pointer(regs)	((regs)->ip)
#define user_stack_pointer(regs)	((regs)->sp)
#define kernel_stack_pointer(regs)	((regs)->sp)
#define frame_pointer(regs)		((regs)->bp)
#define profile_pc(regs)		instruction_pointer(regs)
#define regs_return_value(regs)		((regs)->ax)
#define is_syscall_success(regs)	(!IS_ERR_VALUE((regs)->ax))

static inline void instruction_pointer_set(struct pt_regs *regs,
					   unsigned long val)
{
	regs->ip = val;
}

static inline void regs_set_return_value(struct pt_regs *regs,
					 unsigned long val)
{
	regs->ax = val;
}

static inline void user_stack_pointer_set(struct pt_regs *regs,
					  unsigned long val)
{
	regs->sp = val;
}

#define current_pt_regs()	task_pt_regs(current)

#endif /* !__ASSEMBLY__ */
#endif
