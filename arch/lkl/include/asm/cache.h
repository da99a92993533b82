/* SPDX-License-Identifier: GPL-2.0 */
/*
 * asm/cache.h - the host processor's cache line.
 *
 * Layer: arch/lkl, for generic code, assembly and the linker script.
 */
#ifndef _ASM_LKL_CACHE_H
#define _ASM_LKL_CACHE_H

#define L1_CACHE_SHIFT	6
#define L1_CACHE_BYTES	(1 << L1_CACHE_SHIFT)

#define __read_mostly	__section(".data..read_mostly")

#define cache_line_size()	L1_CACHE_BYTES

#endif /* _ASM_LKL_CACHE_H */
