/* SPDX-License-Identifier: GPL-2.0 */
/*
 * memcpy_64.S - memcpy(), memmove(), copy_page()
 *
 * Layer: arch/lkl, for all kernel code.
 *
 * One routine for memcpy() and memmove(): up to 128 bytes everything is loaded
 * before anything is stored, so that overlap does not matter; beyond that the
 * direction is chosen. Both ends are loaded first and stored last, which makes
 * the loop in between free to round.
 *
 * SSE registers belong to whoever calls a function, and a context is only
 * switched in a function call, so nothing is saved here.
 */
#include <linux/export.h>
#include <linux/linkage.h>

	.text

/* void *memmove(void *to %rdi, const void *from %rsi, size_t len %rdx) */
SYM_FUNC_START(__memmove)
	movq	%rdi, %rax
	cmpq	$16, %rdx
	jb	.Lless16
	cmpq	$32, %rdx
	ja	.Lmore32
	movups	(%rsi), %xmm0
	movups	-16(%rsi,%rdx), %xmm1
	movups	%xmm0, (%rdi)
	movups	%xmm1, -16(%rdi,%rdx)
	RET

.Lless16:
	cmpl	$8, %edx
	jb	.Lless8
	movq	(%rsi), %rcx
	movq	-8(%rsi,%rdx), %r8
	movq	%rcx, (%rdi)
	movq	%r8, -8(%rdi,%rdx)
	RET

.Lless8:
	cmpl	$4, %edx
	jb	.Lless4
	movl	(%rsi), %ecx
	movl	-4(%rsi,%rdx), %r8d
	movl	%ecx, (%rdi)
	movl	%r8d, -4(%rdi,%rdx)
	RET

.Lless4:
	subl	$1, %edx
	jb	.Lnone
	movzbl	(%rsi), %ecx
	je	.Lone
	/* two or three: the last two, then the first */
	movzwl	-1(%rsi,%rdx), %r8d
	movw	%r8w, -1(%rdi,%rdx)
.Lone:
	movb	%cl, (%rdi)
.Lnone:
	RET

.Lmore32:
	cmpq	$64, %rdx
	ja	.Lmore64
	movups	(%rsi), %xmm0
	movups	16(%rsi), %xmm1
	movups	-32(%rsi,%rdx), %xmm2
	movups	-16(%rsi,%rdx), %xmm3
	movups	%xmm0, (%rdi)
	movups	%xmm1, 16(%rdi)
	movups	%xmm2, -32(%rdi,%rdx)
	movups	%xmm3, -16(%rdi,%rdx)
	RET

.Lmore64:
	movups	-64(%rsi,%rdx), %xmm4
	movups	-48(%rsi,%rdx), %xmm5
	movups	-32(%rsi,%rdx), %xmm6
	movups	-16(%rsi,%rdx), %xmm7
	movups	(%rsi), %xmm8
	cmpq	$128, %rdx
	ja	.Lmore128
	movups	16(%rsi), %xmm1
	movups	32(%rsi), %xmm2
	movups	48(%rsi), %xmm3
	movups	%xmm8, (%rdi)
	movups	%xmm1, 16(%rdi)
	movups	%xmm2, 32(%rdi)
	movups	%xmm3, 48(%rdi)
	movups	%xmm4, -64(%rdi,%rdx)
	movups	%xmm5, -48(%rdi,%rdx)
	movups	%xmm6, -32(%rdi,%rdx)
	movups	%xmm7, -16(%rdi,%rdx)
	RET

.Lmore128:
	leaq	-64(%rdi,%rdx), %r9		/* where the tail goes */
	movq	%rdi, %rcx
	subq	%rsi, %rcx
	cmpq	%rdx, %rcx
	jb	.Lbackward			/* "to" lies inside "from" */
	cmpq	lkl_rep_movs_min(%rip), %rdx
	jae	.Lrep
.Lforward:
	/* Stores are aligned: the head covers what is skipped for that. */
	movq	%rdi, %r8
	negq	%r8
	andl	$15, %r8d
	addq	%r8, %rsi
	addq	%r8, %rdi
	.p2align 4
1:	movups	(%rsi), %xmm0
	movups	16(%rsi), %xmm1
	movups	32(%rsi), %xmm2
	movups	48(%rsi), %xmm3
	addq	$64, %rsi
	movaps	%xmm0, (%rdi)
	movaps	%xmm1, 16(%rdi)
	movaps	%xmm2, 32(%rdi)
	movaps	%xmm3, 48(%rdi)
	addq	$64, %rdi
	cmpq	%r9, %rdi
	jb	1b
	movups	%xmm4, (%r9)
	movups	%xmm5, 16(%r9)
	movups	%xmm6, 32(%r9)
	movups	%xmm7, 48(%r9)
	movups	%xmm8, (%rax)
	RET

.Lrep:
	/* Slow if it reads what it has just written, or close to it. */
	negq	%rcx
	cmpq	$64, %rcx
	jb	.Lforward
	movq	%rdx, %rcx
	rep movsb
	RET

.Lbackward:
	testq	%rcx, %rcx
	jz	.Lnone				/* onto itself */
	movups	16(%rsi), %xmm9
	movups	32(%rsi), %xmm10
	movups	48(%rsi), %xmm11
	leaq	64(%rdi), %r8
	leaq	(%rsi,%rdx), %rsi
	leaq	(%rdi,%rdx), %rdi
	movq	%rdi, %rcx
	andl	$15, %ecx
	subq	%rcx, %rsi
	subq	%rcx, %rdi
	.p2align 4
1:	movups	-16(%rsi), %xmm0
	movups	-32(%rsi), %xmm1
	movups	-48(%rsi), %xmm2
	movups	-64(%rsi), %xmm3
	subq	$64, %rsi
	movaps	%xmm0, -16(%rdi)
	movaps	%xmm1, -32(%rdi)
	movaps	%xmm2, -48(%rdi)
	movaps	%xmm3, -64(%rdi)
	subq	$64, %rdi
	cmpq	%r8, %rdi
	ja	1b
	movups	%xmm4, (%r9)
	movups	%xmm5, 16(%r9)
	movups	%xmm6, 32(%r9)
	movups	%xmm7, 48(%r9)
	movups	%xmm8, (%rax)
	movups	%xmm9, 16(%rax)
	movups	%xmm10, 32(%rax)
	movups	%xmm11, 48(%rax)
	RET
SYM_FUNC_END(__memmove)

SYM_FUNC_ALIAS(memmove, __memmove)
SYM_FUNC_ALIAS(memcpy, __memmove)
SYM_FUNC_ALIAS(__memcpy, __memmove)
EXPORT_SYMBOL(__memmove)
EXPORT_SYMBOL(memmove)
EXPORT_SYMBOL(memcpy)
EXPORT_SYMBOL(__memcpy)

/* void copy_page(void *to %rdi, const void *from %rsi) */
SYM_FUNC_START(copy_page)
	movl	$4096 / 8, %ecx
	rep movsq
	RET
SYM_FUNC_END(copy_page)
EXPORT_SYMBOL(copy_page)
