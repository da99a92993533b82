/* SPDX-License-Identifier: GPL-2.0 */
/*
 * asm/archrandom.h - random numbers from the host.
 *
 * Layer: arch/lkl, for drivers/char/random.c. The host's are fit for keys and
 * never waited for; it may give fewer than asked.
 */
#ifndef _ASM_LKL_ARCHRANDOM_H
#define _ASM_LKL_ARCHRANDOM_H

#include <linux/types.h>
#include <asm/host.h>

static inline size_t __must_check arch_get_random_longs(unsigned long *v,
							size_t max_longs)
{
	if (!lkl_ops.random)
		return 0;
	return lkl_ops.random->fill(v, max_longs * sizeof(*v)) / sizeof(*v);
}

static inline size_t __must_check
arch_get_random_seed_longs(unsigned long *v, size_t max_longs)
{
	return arch_get_random_longs(v, max_longs);
}

#endif /* _ASM_LKL_ARCHRANDOM_H */
