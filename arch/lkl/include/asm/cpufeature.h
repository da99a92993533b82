/* SPDX-License-Identifier: GPL-2.0 */
/*
 * asm/cpufeature.h - processor features, for borrowed headers.
 *
 * Layer: arch/lkl. The borrowed code asks only to choose between variants and
 * always has a plain one; what is chosen by processor in arch/lkl is chosen in
 * lib/cpu.c.
 */
#ifndef _ASM_LKL_CPUFEATURE_H
#define _ASM_LKL_CPUFEATURE_H

#include <asm/cpufeatures.h>

#define boot_cpu_has(bit)		0
#define static_cpu_has(bit)		0
#define cpu_feature_enabled(bit)	0

#endif /* _ASM_LKL_CPUFEATURE_H */
