/* SPDX-License-Identifier: GPL-2.0 */
/*
 * string_64.S - strlen() and memchr(), sixteen bytes at a time
 *
 * Layer: arch/lkl, for all kernel code. Loads are aligned, so that none goes
 * beyond the page of the last byte that counts. See memcpy_64.S about SSE
 * registers.
 */
#include <linux/export.h>
#include <linux/linkage.h>

	.text

/* size_t strlen(const char *s %rdi) */
SYM_FUNC_START(strlen)
	pxor	%xmm0, %xmm0
	movq	%rdi, %rax
	movl	%edi, %ecx
	andq	$~15, %rax
	andl	$15, %ecx
	movdqa	(%rax), %xmm1
	pcmpeqb	%xmm0, %xmm1
	pmovmskb %xmm1, %edx
	shrl	%cl, %edx			/* what lies before s */
	testl	%edx, %edx
	jnz	.Lshort
	.p2align 4
1:	addq	$16, %rax
	movdqa	(%rax), %xmm1
	pcmpeqb	%xmm0, %xmm1
	pmovmskb %xmm1, %edx
	testl	%edx, %edx
	jz	1b
	bsfl	%edx, %edx
	addq	%rdx, %rax
	subq	%rdi, %rax
	RET
.Lshort:
	bsfl	%edx, %eax
	RET
SYM_FUNC_END(strlen)
EXPORT_SYMBOL(strlen)

/* void *memchr(const void *s %rdi, int c %esi, size_t n %rdx) */
SYM_FUNC_START(memchr)
	testq	%rdx, %rdx
	jz	.Labsent
	movd	%esi, %xmm0
	punpcklbw %xmm0, %xmm0
	punpcklwd %xmm0, %xmm0
	pshufd	$0, %xmm0, %xmm0
	leaq	(%rdi,%rdx), %r8		/* the end; may wrap */
	cmpq	%rdi, %r8
	jae	1f
	movq	$-1, %r8
1:	movq	%rdi, %rax
	movl	%edi, %ecx
	andq	$~15, %rax
	andl	$15, %ecx
	movdqa	(%rax), %xmm1
	pcmpeqb	%xmm0, %xmm1
	pmovmskb %xmm1, %edx
	shrl	%cl, %edx			/* what lies before s */
	shll	%cl, %edx
	.p2align 4
2:	testl	%edx, %edx
	jnz	.Lfound
	addq	$16, %rax
	cmpq	%r8, %rax
	jae	.Labsent
	movdqa	(%rax), %xmm1
	pcmpeqb	%xmm0, %xmm1
	pmovmskb %xmm1, %edx
	jmp	2b
.Lfound:
	bsfl	%edx, %edx
	addq	%rdx, %rax
	cmpq	%r8, %rax
	jae	.Labsent			/* beyond the last byte */
	RET
.Labsent:
	xorl	%eax, %eax
	RET
SYM_FUNC_END(memchr)
EXPORT_SYMBOL(memchr)
