/* SPDX-License-Identifier: GPL-2.0 */
/*
 * asm/cpufeature.h - processor features, for borrowed headers.
 *
 * Layer: arch/lkl. The borrowed code asks only to choose between variants and
 * always has a plain one. Features of CPUID leaf 1, ECX, are known, all others
 * are said to be missing.
 */
#ifndef _ASM_LKL_CPUFEATURE_H
#define _ASM_LKL_CPUFEATURE_H

#include <linux/types.h>
#include <asm/cpufeatures.h>

#define CPU_WORD_1_ECX	4	/* in X86_FEATURE_* */

/* lib/cpu.c */
extern u32 lkl_cpu_leaf1_ecx;

#define boot_cpu_has(bit)			\
	((bit) / 32 == CPU_WORD_1_ECX &&	\
	 (lkl_cpu_leaf1_ecx & (1U << ((bit) % 32))))
#define static_cpu_has(bit)		boot_cpu_has(bit)
#define cpu_feature_enabled(bit)	boot_cpu_has(bit)

#endif /* _ASM_LKL_CPUFEATURE_H */
