// SPDX-License-Identifier: GPL-2.0
/*
 * fault.c - processor faults in kernel code
 *
 * Layer:   arch/lkl. lkl_fault_handler() runs where the host reports faults (a
 *          signal handler) and touches nothing but the frame it makes; the
 *          rest runs on the faulting context's kernel stack.
 * Users:   the fault family of host operations; fault_x86_64.S.
 *
 * A fault is one of three things: an access to a user mapping whose page is
 * not there yet, which is made; a bad pointer passed by the application, which
 * the exception table turns into -EFAULT; or a bug, which is an oops and,
 * since nobody can tell what it left locked, a panic.
 */
#include <linux/extable.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched/debug.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include <asm/fault.h>
#include <asm/host.h>
#include <asm/ptrace.h>
#include <asm/vcpu.h>

/* Kernel code is compiled without a red zone; this is only for safety. */
#define FRAME_GAP	128

/**
 * struct fault_frame - what lkl_fault_entry finds on the stack
 * @regs: ip, sp and cs are set; the others are filled in by it
 * @fault: what the host said
 */
struct fault_frame {
	struct pt_regs regs;
	struct lkl_fault fault;
};

static_assert(offsetof(struct pt_regs, orig_ax) == 120);
static_assert(offsetof(struct pt_regs, ip) == 128);
static_assert(offsetof(struct pt_regs, flags) == 144);
static_assert(offsetof(struct pt_regs, sp) == 152);

void lkl_fault_entry(void);
asmlinkage void lkl_do_fault(struct pt_regs *regs);

/* Kernel code: go on in lkl_fault_entry, on the stack that was interrupted. */
static int kernel_fault(struct lkl_fault *fault)
{
	struct fault_frame *frame;

	if (fault->sp - lkl_image.image_base >= lkl_image.span_size)
		return 0;
	frame = (void *)((fault->sp - FRAME_GAP - sizeof(*frame)) & ~15UL);
	frame->regs.ip = fault->pc;
	frame->regs.sp = fault->sp;
	frame->regs.cs = 0;
	frame->regs.ss = 0;
	frame->regs.orig_ax = -1UL;
	frame->fault = *fault;
	fault->pc = (unsigned long)lkl_fault_entry;
	fault->sp = (unsigned long)&frame->regs.orig_ax;
	return 1;
}

/**
 * lkl_fault_handler - the host has caught a fault of ours
 * @fault: where; changed to resume in lkl_fault_entry for kernel code
 *
 * Application code that touches a mapping it made by mmap() for the first time
 * comes here too; making the page present is a call like any other.
 *
 * Context: a signal handler of the faulting host thread.
 * Return: 1 if the thread can go on.
 */
int lkl_fault_handler(struct lkl_fault *fault)
{
	if (fault->pc - lkl_image.image_base < lkl_image.image_size)
		return kernel_fault(fault);
	if (fault->kind != LKL_FAULT_ACCESS || !lkl_user_address(fault->addr))
		return 0;
	return lkl_call_user_fault(fault->addr, fault->write) == 0;
}

static bool mm_fault(unsigned long addr, unsigned int flags)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	vm_fault_t ret;

retry:
	mmap_read_lock(mm);
	vma = vma_lookup(mm, addr);
	if (!vma || !(vma->vm_flags &
		      (flags & FAULT_FLAG_WRITE ? VM_WRITE : VM_READ))) {
		mmap_read_unlock(mm);
		return false;
	}
	ret = handle_mm_fault(vma, addr, flags, NULL);
	if (fault_signal_pending(ret, NULL))
		return false;
	if (ret & VM_FAULT_COMPLETED)
		return true;
	if (ret & VM_FAULT_RETRY) {
		flags |= FAULT_FLAG_TRIED;
		goto retry;
	}
	mmap_read_unlock(mm);
	return !(ret & VM_FAULT_ERROR);
}

/**
 * lkl_user_fault - make the page of a user mapping present
 * @addr: an address in the application's view
 * @write: whether it is to be written
 *
 * Context: process, may sleep.
 * Return: true if the access can be repeated.
 */
bool lkl_user_fault(unsigned long addr, bool write)
{
	if (!current->mm || !lkl_user_address(addr))
		return false;
	return mm_fault(addr, FAULT_FLAG_DEFAULT |
			      (write ? FAULT_FLAG_WRITE : 0));
}

static const char *fault_name(u32 kind)
{
	switch (kind) {
	case LKL_FAULT_ACCESS:
		return "invalid memory access";
	case LKL_FAULT_BUS:
		return "bus error";
	case LKL_FAULT_INSTRUCTION:
		return "invalid instruction";
	case LKL_FAULT_ARITHMETIC:
		return "arithmetic error";
	}
	return "fault";
}

static void __noreturn die(struct fault_frame *frame)
{
	struct pt_regs *regs = &frame->regs;

	console_verbose();
	bust_spinlocks(1);
	pr_emerg("Oops: %s at address %016llx\n", fault_name(frame->fault.kind),
		 frame->fault.addr);
	show_regs(regs);
	add_taint(TAINT_DIE, LOCKDEP_NOW_UNRELIABLE);
	bust_spinlocks(0);
	panic("Oops: %s at %pS, address %016llx", fault_name(frame->fault.kind),
	      (void *)regs->ip, frame->fault.addr);
}

asmlinkage void lkl_do_fault(struct pt_regs *regs)
{
	struct fault_frame *frame = container_of(regs, struct fault_frame,
						 regs);
	u32 kind = frame->fault.kind;

	if (kind == LKL_FAULT_ACCESS || kind == LKL_FAULT_BUS) {
		if (search_exception_tables(regs->ip) &&
		    !faulthandler_disabled() && !irqs_disabled() &&
		    lkl_user_fault(frame->fault.addr, frame->fault.write))
			return;
		if (fixup_exception(regs))
			return;
	}
	die(frame);
}
