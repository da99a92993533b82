/* SPDX-License-Identifier: GPL-2.0 */
/*
 * asm/mmu.h - per-address-space state of the architecture: none.
 *
 * Layer: arch/lkl, for generic memory management.
 */
#ifndef _ASM_LKL_MMU_H
#define _ASM_LKL_MMU_H

typedef struct mm_context {
} mm_context_t;

#endif /* _ASM_LKL_MMU_H */
