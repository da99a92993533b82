/* SPDX-License-Identifier: GPL-2.0 */
/*
 * asm/xor.h - parity of RAID blocks, with SSE registers.
 *
 * Layer: arch/lkl, for crypto/xor.c.
 *
 * Kernel code may use SSE registers at any time, so these are plain functions
 * in C on vectors of 16 bytes. One is always best, so XOR_SELECT_TEMPLATE
 * spares us the benchmark at boot.
 */
#ifndef _ASM_LKL_XOR_H
#define _ASM_LKL_XOR_H

#include <asm-generic/xor.h>

typedef unsigned long xor_vec_t __attribute__((vector_size(16), aligned(16),
					       may_alias));

#define XOR_SSE_LINE	4	/* vectors a round: one cache line */

#define XOR_SSE_ROUNDS(bytes)	((bytes) / (XOR_SSE_LINE * sizeof(xor_vec_t)))

#define XOR_SSE_LOOP(bytes, expr)					\
do {									\
	unsigned long rounds = XOR_SSE_ROUNDS(bytes);			\
	unsigned long i = 0, end;					\
									\
	while (rounds--)						\
		for (end = i + XOR_SSE_LINE; i < end; i++)		\
			d[i] = (expr);					\
} while (0)

static void xor_sse2_2(unsigned long bytes, unsigned long * __restrict p1,
		       const unsigned long * __restrict p2)
{
	xor_vec_t *d = (xor_vec_t *)p1;
	const xor_vec_t *a = (const xor_vec_t *)p2;

	XOR_SSE_LOOP(bytes, d[i] ^ a[i]);
}

static void xor_sse2_3(unsigned long bytes, unsigned long * __restrict p1,
		       const unsigned long * __restrict p2,
		       const unsigned long * __restrict p3)
{
	xor_vec_t *d = (xor_vec_t *)p1;
	const xor_vec_t *a = (const xor_vec_t *)p2;
	const xor_vec_t *b = (const xor_vec_t *)p3;

	XOR_SSE_LOOP(bytes, d[i] ^ a[i] ^ b[i]);
}

static void xor_sse2_4(unsigned long bytes, unsigned long * __restrict p1,
		       const unsigned long * __restrict p2,
		       const unsigned long * __restrict p3,
		       const unsigned long * __restrict p4)
{
	xor_vec_t *d = (xor_vec_t *)p1;
	const xor_vec_t *a = (const xor_vec_t *)p2;
	const xor_vec_t *b = (const xor_vec_t *)p3;
	const xor_vec_t *c = (const xor_vec_t *)p4;

	XOR_SSE_LOOP(bytes, d[i] ^ a[i] ^ b[i] ^ c[i]);
}

static void xor_sse2_5(unsigned long bytes, unsigned long * __restrict p1,
		       const unsigned long * __restrict p2,
		       const unsigned long * __restrict p3,
		       const unsigned long * __restrict p4,
		       const unsigned long * __restrict p5)
{
	xor_vec_t *d = (xor_vec_t *)p1;
	const xor_vec_t *a = (const xor_vec_t *)p2;
	const xor_vec_t *b = (const xor_vec_t *)p3;
	const xor_vec_t *c = (const xor_vec_t *)p4;
	const xor_vec_t *e = (const xor_vec_t *)p5;

	XOR_SSE_LOOP(bytes, d[i] ^ a[i] ^ b[i] ^ c[i] ^ e[i]);
}

static struct xor_block_template xor_block_sse2 = {
	.name = "sse2",
	.do_2 = xor_sse2_2,
	.do_3 = xor_sse2_3,
	.do_4 = xor_sse2_4,
	.do_5 = xor_sse2_5,
};

#define XOR_SELECT_TEMPLATE(fastest)	(&xor_block_sse2)

#endif /* _ASM_LKL_XOR_H */
