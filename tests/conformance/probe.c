// SPDX-License-Identifier: GPL-2.0
/*
 * probe.c - see probe.h; assembly, because the tests need to know where each
 * instruction is and that registers are as they were.
 *
 * Layer:   tests/conformance.
 */
#include "tests/conformance/probe.h"

#define FUNCTION(name) ".globl " #name "\n.type " #name ",%function\n" #name ":\n"
#define LABEL(name) ".globl " #name "\n" #name ":\n"

__asm__(
	".text\n"
	LABEL(probe_start)
#if defined(__x86_64__)
	FUNCTION(probe_load)
	"	movb	(%rdi), %al\n"
	"	xorl	%eax, %eax\n"
	"	ret\n"
	FUNCTION(probe_store)
	"	movb	$1, (%rdi)\n"
	"	xorl	%eax, %eax\n"
	"	ret\n"
	FUNCTION(probe_illegal)
	"	ud2\n"
	"	xorl	%eax, %eax\n"
	"	ret\n"
	FUNCTION(probe_divide)
	"	xorl	%edx, %edx\n"
	"	xorl	%ecx, %ecx\n"
	"	movl	$1, %eax\n"
	"	divl	%ecx\n"
	"	xorl	%eax, %eax\n"
	"	ret\n"
	FUNCTION(probe_stack)
	"	movq	%rsp, %rdx\n"
	"	movq	%rsi, %rsp\n"
	"	movb	(%rdi), %al\n"
	"	movq	%rdx, %rsp\n"
	"	xorl	%eax, %eax\n"
	"	ret\n"
	FUNCTION(probe_loop)
	"1:	pause\n"
	"	cmpl	$0, (%rdi)\n"
	"	je	1b\n"
	"	xorl	%eax, %eax\n"
	"	ret\n"
	LABEL(probe_recover_stack)
	"	movq	%rdx, %rsp\n"
	LABEL(probe_recover)
	"	movl	$1, %eax\n"
	"	ret\n"
#elif defined(__aarch64__)
	FUNCTION(probe_load)
	"	ldrb	w1, [x0]\n"
	"	mov	w0, #0\n"
	"	ret\n"
	FUNCTION(probe_store)
	"	strb	w0, [x0]\n"
	"	mov	w0, #0\n"
	"	ret\n"
	FUNCTION(probe_illegal)
	"	udf	#0\n"
	"	mov	w0, #0\n"
	"	ret\n"
	FUNCTION(probe_divide)
	"	mov	w0, #0\n"
	"	ret\n"
	FUNCTION(probe_stack)
	"	mov	x2, sp\n"
	"	mov	sp, x1\n"
	"	ldrb	w1, [x0]\n"
	"	mov	sp, x2\n"
	"	mov	w0, #0\n"
	"	ret\n"
	FUNCTION(probe_loop)
	"1:	ldr	w1, [x0]\n"
	"	cbz	w1, 1b\n"
	"	mov	w0, #0\n"
	"	ret\n"
	LABEL(probe_recover_stack)
	"	mov	sp, x2\n"
	LABEL(probe_recover)
	"	mov	w0, #1\n"
	"	ret\n"
#else
#error "write the probes for this processor"
#endif
	LABEL(probe_end)
);
