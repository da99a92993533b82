/* SPDX-License-Identifier: GPL-2.0 */
/*
 * copy_user_64.S - lkl_copy_user(), lkl_clear_user()
 *
 * Layer: arch/lkl, for asm/uaccess.h.
 *
 * %rdi, %rsi and %rcx say at any time what is left to do. Whatever faults goes
 * on byte by byte from there, and the byte that faults is where it ends: so
 * the result is exact. See memcpy_64.S about SSE registers.
 */
#include <linux/export.h>
#include <linux/linkage.h>
#include <asm/asm.h>

	.text

/* An instruction that, when it faults, goes on at .L\label. */
.macro TRY label:req, insn:vararg
.Ltry\@:
	\insn
	_ASM_EXTABLE_UA(.Ltry\@, .L\label)
.endm

/* unsigned long lkl_copy_user(void *to %rdi, const void *from %rsi, n %rdx) */
SYM_FUNC_START(lkl_copy_user)
	movq	%rdx, %rcx
	cmpq	$64, %rdx
	jb	.Lcopy_tail
	cmpq	lkl_rep_movs_min(%rip), %rdx
	jae	.Lcopy_rep

	.p2align 4
1:	TRY	copy_bytes, movups (%rsi), %xmm0
	TRY	copy_bytes, movups 16(%rsi), %xmm1
	TRY	copy_bytes, movups 32(%rsi), %xmm2
	TRY	copy_bytes, movups 48(%rsi), %xmm3
	TRY	copy_bytes, movups %xmm0, (%rdi)
	TRY	copy_bytes, movups %xmm1, 16(%rdi)
	TRY	copy_bytes, movups %xmm2, 32(%rdi)
	TRY	copy_bytes, movups %xmm3, 48(%rdi)
	addq	$64, %rsi
	addq	$64, %rdi
	subq	$64, %rcx
	cmpq	$64, %rcx
	jae	1b

.Lcopy_tail:
	cmpl	$32, %ecx
	jb	2f
	TRY	copy_bytes, movups (%rsi), %xmm0
	TRY	copy_bytes, movups 16(%rsi), %xmm1
	TRY	copy_bytes, movups %xmm0, (%rdi)
	TRY	copy_bytes, movups %xmm1, 16(%rdi)
	addq	$32, %rsi
	addq	$32, %rdi
	subl	$32, %ecx
2:	cmpl	$16, %ecx
	jb	3f
	TRY	copy_bytes, movups (%rsi), %xmm0
	TRY	copy_bytes, movups %xmm0, (%rdi)
	addq	$16, %rsi
	addq	$16, %rdi
	subl	$16, %ecx
3:	cmpl	$8, %ecx
	jb	4f
	TRY	copy_bytes, movq (%rsi), %rax
	TRY	copy_bytes, movq %rax, (%rdi)
	addq	$8, %rsi
	addq	$8, %rdi
	subl	$8, %ecx
4:	cmpl	$4, %ecx
	jb	.Lcopy_bytes
	TRY	copy_bytes, movl (%rsi), %eax
	TRY	copy_bytes, movl %eax, (%rdi)
	addq	$4, %rsi
	addq	$4, %rdi
	subl	$4, %ecx

.Lcopy_bytes:
	testq	%rcx, %rcx
	jz	.Lcopy_end
1:	TRY	copy_end, movb (%rsi), %al
	TRY	copy_end, movb %al, (%rdi)
	incq	%rsi
	incq	%rdi
	decq	%rcx
	jnz	1b
.Lcopy_end:
	movq	%rcx, %rax
	RET

.Lcopy_rep:
	TRY	copy_bytes, rep movsb
	xorl	%eax, %eax
	RET
SYM_FUNC_END(lkl_copy_user)
EXPORT_SYMBOL(lkl_copy_user)

/* unsigned long lkl_clear_user(void *to %rdi, unsigned long n %rsi) */
SYM_FUNC_START(lkl_clear_user)
	movq	%rsi, %rcx
	xorl	%eax, %eax
	cmpq	lkl_rep_stos_min(%rip), %rsi
	jae	.Lclear_rep
	cmpq	$8, %rcx
	jb	.Lclear_bytes
1:	TRY	clear_bytes, movq %rax, (%rdi)
	addq	$8, %rdi
	subq	$8, %rcx
	cmpq	$8, %rcx
	jae	1b

.Lclear_bytes:
	testq	%rcx, %rcx
	jz	.Lclear_end
1:	TRY	clear_end, movb %al, (%rdi)
	incq	%rdi
	decq	%rcx
	jnz	1b
.Lclear_end:
	movq	%rcx, %rax
	RET

.Lclear_rep:
	TRY	clear_bytes, rep stosb
	xorl	%eax, %eax
	RET
SYM_FUNC_END(lkl_clear_user)
EXPORT_SYMBOL(lkl_clear_user)
