/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Processor faults in kernel code, on x86-64.
 *
 * The host reports a fault in a signal handler, which must not block and must
 * not be left by a switch of stacks. So lkl_fault_handler() only lays a frame on
 * the interrupted kernel stack and resumes here, as a processor's exception
 * entry would be reached: rsp is at orig_ax of a struct pt_regs whose ip and sp
 * are set, all other registers are those of the faulting code.
 */
#include <linux/linkage.h>

#define FLAGS	144
#define IP	128
#define SP	152

	.text
SYM_FUNC_START(lkl_fault_entry)
	pushq	%rdi
	pushq	%rsi
	pushq	%rdx
	pushq	%rcx
	pushq	%rax
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	pushfq
	popq	FLAGS(%rsp)
	cld
	movq	%rsp, %rbx
	/* Compiled code may hold values in SSE registers across an access. */
	subq	$512, %rsp
	andq	$-64, %rsp
	fxsave64 (%rsp)
	movq	%rbx, %rdi
	call	lkl_do_fault
	fxrstor64 (%rsp)
	movq	%rbx, %rsp
	/* Return to ip by way of the word below the resumed stack. */
	movq	SP(%rsp), %rax
	movq	IP(%rsp), %rcx
	subq	$8, %rax
	movq	%rcx, (%rax)
	movq	%rax, SP(%rsp)
	pushq	FLAGS(%rsp)
	popfq
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rax
	popq	%rcx
	popq	%rdx
	popq	%rsi
	popq	%rdi
	movq	(SP - 120)(%rsp), %rsp
	ret
SYM_FUNC_END(lkl_fault_entry)

	.section .note.GNU-stack,"",@progbits
