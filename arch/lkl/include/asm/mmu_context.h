/* SPDX-License-Identifier: GPL-2.0 */
/*
 * asm/mmu_context.h - switching address spaces: there is only the host's.
 *
 * Layer: arch/lkl, for the scheduler and exec.
 */
#ifndef _ASM_LKL_MMU_CONTEXT_H
#define _ASM_LKL_MMU_CONTEXT_H

#include <asm-generic/mm_hooks.h>

static inline void switch_mm(struct mm_struct *prev, struct mm_struct *next,
			     struct task_struct *tsk)
{
}

#include <asm-generic/mmu_context.h>

#endif /* _ASM_LKL_MMU_CONTEXT_H */
