// SPDX-License-Identifier: GPL-2.0
/*
 * stack.c - walking and showing kernel stacks
 *
 * Layer:   arch/lkl.
 * Users:   oops, WARN, sysrq, /proc/PID/stack, stack traces.
 *
 * Frame pointers are kept in all code; a walk ends where it leaves the stack,
 * which is at the call from the host thread's own stack.
 */
#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/sched/debug.h>
#include <linux/sched/task_stack.h>
#include <linux/stacktrace.h>

#include <asm/processor.h>
#include <asm/ptrace.h>

/* rbp lies above five registers in the frame of lkl_switch_stack(). */
#define SWITCH_FRAME_RBP	5
#define SWITCH_FRAME_RET	6

static bool on_stack(struct task_struct *task, unsigned long addr)
{
	unsigned long base = (unsigned long)task_stack_page(task);

	return addr >= base + sizeof(struct thread_info) &&
	       addr <= base + THREAD_SIZE - 2 * sizeof(long) &&
	       IS_ALIGNED(addr, sizeof(long));
}

static void walk_frames(struct task_struct *task, unsigned long bp,
			stack_trace_consume_fn consume, void *cookie)
{
	while (on_stack(task, bp)) {
		unsigned long *frame = (unsigned long *)bp;

		if (!__kernel_text_address(frame[1]) ||
		    !consume(cookie, frame[1]))
			return;
		/* Callers lie higher; anything else is not a stack. */
		if (frame[0] <= bp)
			return;
		bp = frame[0];
	}
}

void arch_stack_walk(stack_trace_consume_fn consume, void *cookie,
		     struct task_struct *task, struct pt_regs *regs)
{
	unsigned long *frame;

	if (regs) {
		if (consume(cookie, regs->ip))
			walk_frames(task, regs->bp, consume, cookie);
		return;
	}
	if (task == current) {
		walk_frames(task, (unsigned long)__builtin_frame_address(0),
			    consume, cookie);
		return;
	}
	frame = (unsigned long *)task->thread.sp;
	if (on_stack(task, task->thread.sp) &&
	    consume(cookie, frame[SWITCH_FRAME_RET]))
		walk_frames(task, frame[SWITCH_FRAME_RBP], consume, cookie);
}

static bool print_entry(void *cookie, unsigned long addr)
{
	printk("%s [<%016lx>] %pB\n", (const char *)cookie, addr, (void *)addr);
	return true;
}

void show_stack(struct task_struct *task, unsigned long *sp,
		const char *loglvl)
{
	task = task ?: current;
	printk("%sCall Trace:\n", loglvl);
	arch_stack_walk(print_entry, (void *)loglvl, task, NULL);
}

void show_regs(struct pt_regs *regs)
{
	show_regs_print_info(KERN_EMERG);
	pr_emerg("RIP: %pS\n", (void *)regs->ip);
	pr_emerg("RSP: %016lx EFLAGS: %08lx\n", regs->sp, regs->flags);
	pr_emerg("RAX: %016lx RBX: %016lx RCX: %016lx\n",
		 regs->ax, regs->bx, regs->cx);
	pr_emerg("RDX: %016lx RSI: %016lx RDI: %016lx\n",
		 regs->dx, regs->si, regs->di);
	pr_emerg("RBP: %016lx R08: %016lx R09: %016lx\n",
		 regs->bp, regs->r8, regs->r9);
	pr_emerg("R10: %016lx R11: %016lx R12: %016lx\n",
		 regs->r10, regs->r11, regs->r12);
	pr_emerg("R13: %016lx R14: %016lx R15: %016lx\n",
		 regs->r13, regs->r14, regs->r15);
	printk("%sCall Trace:\n", KERN_EMERG);
	arch_stack_walk(print_entry, KERN_EMERG, current, regs);
}
