/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stacks on x86-64.
 *
 * DOC: Theory of operation
 *
 * A suspended context is nothing but a stack pointer: below it lie the six
 * callee-saved registers and a return address, in the order that
 * lkl_switch_stack() pushes them. The same holds for a host thread that is
 * away from its own stack: vcpu.host_sp points at such a frame there. Hence
 * one routine serves every change of stack: task to task, host thread to
 * suspended context, context back to host thread.
 *
 * Vector and x87 registers are caller-saved by the C ABI and need no saving.
 * The control words (MXCSR, x87 CW) belong to the host thread and stay with it.
 */
#include <linux/linkage.h>

/* The frame both routines below leave on the stack they come from. */
.macro PUSH_FRAME
	pushq	%rbp
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset rbp, 0
	pushq	%rbx
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset rbx, 0
	pushq	%r12
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset r12, 0
	pushq	%r13
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset r13, 0
	pushq	%r14
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset r14, 0
	pushq	%r15
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset r15, 0
.endm

	.text

/*
 * long lkl_switch_stack(unsigned long *save_sp, unsigned long sp, long value)
 *
 * Suspend here, leaving the stack pointer in *save_sp, and resume what is
 * suspended at sp; that one sees lkl_switch_stack() return value.
 */
SYM_FUNC_START(lkl_switch_stack)
	.cfi_startproc
	PUSH_FRAME
	movq	%rsp, (%rdi)
	movq	%rsi, %rsp
	movq	%rdx, %rax
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	.cfi_def_cfa rsp, 8
	.cfi_restore rbp
	.cfi_restore rbx
	.cfi_restore r12
	.cfi_restore r13
	.cfi_restore r14
	.cfi_restore r15
	ret
	.cfi_endproc
SYM_FUNC_END(lkl_switch_stack)

/*
 * long lkl_call_on_stack(lkl_call_t fn, struct host_thread *arg, long nr,
 *			  const long *params, unsigned long sp,
 *			  unsigned long *host_sp)
 *
 * Call fn(arg, nr, params) on the stack that ends at sp, and return what it
 * returns. It is a call and a return, so that the processor's prediction of
 * returns stays right; swapping stacks both ways costs twice as much. The
 * frame left in *host_sp lets a context that cannot return here, because
 * another one has run on this host thread since, come back by
 * lkl_switch_stack() instead.
 */
SYM_FUNC_START(lkl_call_on_stack)
	.cfi_startproc
	PUSH_FRAME
	leaq	40(%rsp), %rbp
	.cfi_def_cfa rbp, 16
	movq	%rsp, (%r9)
	movq	%r8, %rsp
	movq	%rdi, %rax
	movq	%rsi, %rdi
	movq	%rdx, %rsi
	movq	%rcx, %rdx
	call	*%rax
	/* fn kept all callee-saved registers but rbp is still ours. */
	movq	%rbp, %rsp
	popq	%rbp
	.cfi_def_cfa rsp, 8
	.cfi_restore rbp
	ret
	.cfi_endproc
SYM_FUNC_END(lkl_call_on_stack)

/*
 * A new context starts here: lkl_switch_stack() returned into it with the
 * previous task in rax, fn in rbx and its argument in r12.
 */
SYM_FUNC_START(lkl_context_start)
	.cfi_startproc
	.cfi_undefined rip
	xorl	%ebp, %ebp
	movq	%rax, %rdi
	movq	%rbx, %rsi
	movq	%r12, %rdx
	call	task_start
	ud2
	.cfi_endproc
SYM_FUNC_END(lkl_context_start)

	.section .note.GNU-stack,"",@progbits
