/* SPDX-License-Identifier: GPL-2.0 */
/*
 * memset_64.S - memset(), clear_page()
 *
 * Layer: arch/lkl, for all kernel code. See memcpy_64.S about SSE registers.
 */
#include <linux/export.h>
#include <linux/linkage.h>

	.text

/* void *memset(void *s %rdi, int c %esi, size_t n %rdx) */
SYM_FUNC_START(__memset)
	movq	%rdi, %r8
	movzbl	%sil, %eax
	movabsq	$0x0101010101010101, %rcx
	imulq	%rcx, %rax			/* the byte, eight times */
	cmpq	$16, %rdx
	jb	.Lless16
	movq	%rax, %xmm0
	punpcklqdq %xmm0, %xmm0
	cmpq	$64, %rdx
	ja	.Lmore64
	movups	%xmm0, (%rdi)
	movups	%xmm0, -16(%rdi,%rdx)
	cmpq	$32, %rdx
	jbe	.Ldone
	movups	%xmm0, 16(%rdi)
	movups	%xmm0, -32(%rdi,%rdx)
.Ldone:
	movq	%r8, %rax
	RET

.Lless16:
	cmpl	$8, %edx
	jb	.Lless8
	movq	%rax, (%rdi)
	movq	%rax, -8(%rdi,%rdx)
	jmp	.Ldone
.Lless8:
	cmpl	$4, %edx
	jb	.Lless4
	movl	%eax, (%rdi)
	movl	%eax, -4(%rdi,%rdx)
	jmp	.Ldone
.Lless4:
	testl	%edx, %edx
	jz	.Ldone
	movb	%al, (%rdi)
	movb	%al, -1(%rdi,%rdx)
	cmpl	$2, %edx
	jbe	.Ldone
	movb	%al, 1(%rdi)
	jmp	.Ldone

.Lmore64:
	cmpq	lkl_rep_stos_min(%rip), %rdx
	jae	.Lrep
	leaq	-64(%rdi,%rdx), %r9		/* where the tail goes */
	movups	%xmm0, (%rdi)
	addq	$16, %rdi
	andq	$~15, %rdi
	jmp	2f
	.p2align 4
1:	movaps	%xmm0, (%rdi)
	movaps	%xmm0, 16(%rdi)
	movaps	%xmm0, 32(%rdi)
	movaps	%xmm0, 48(%rdi)
	addq	$64, %rdi
2:	cmpq	%r9, %rdi
	jb	1b
	movups	%xmm0, (%r9)
	movups	%xmm0, 16(%r9)
	movups	%xmm0, 32(%r9)
	movups	%xmm0, 48(%r9)
	movq	%r8, %rax
	RET

.Lrep:
	movq	%rdx, %rcx
	rep stosb
	movq	%r8, %rax
	RET
SYM_FUNC_END(__memset)

SYM_FUNC_ALIAS(memset, __memset)
EXPORT_SYMBOL(__memset)
EXPORT_SYMBOL(memset)

/* void clear_page(void *page %rdi) */
SYM_FUNC_START(clear_page)
	xorl	%eax, %eax
	movl	$4096 / 8, %ecx
	rep stosq
	RET
SYM_FUNC_END(clear_page)
EXPORT_SYMBOL(clear_page)
