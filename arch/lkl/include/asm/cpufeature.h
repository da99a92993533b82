/* SPDX-License-Identifier: GPL-2.0 */
/*
 * asm/cpufeature.h - processor features, for borrowed headers.
 *
 * Layer: arch/lkl. The borrowed code asks only to choose between variants and
 * always has a plain one; those that matter are looked up in lib/cpu.c, all
 * others are said to be missing.
 */
#ifndef _ASM_LKL_CPUFEATURE_H
#define _ASM_LKL_CPUFEATURE_H

#include <linux/types.h>
#include <asm/cpufeatures.h>

extern bool lkl_cpu_has_cx16;

#define boot_cpu_has(bit) \
	((bit) == X86_FEATURE_CX16 && lkl_cpu_has_cx16)
#define static_cpu_has(bit)		boot_cpu_has(bit)
#define cpu_feature_enabled(bit)	boot_cpu_has(bit)

#endif /* _ASM_LKL_CPUFEATURE_H */
