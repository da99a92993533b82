/* SPDX-License-Identifier: GPL-2.0 */
/*
 * asm/tlb.h - unmapping in batches.
 *
 * Layer: arch/lkl, for generic memory management. tlb_flush() runs after PTEs
 * were cleared and before their pages are freed.
 */
#ifndef _ASM_LKL_TLB_H
#define _ASM_LKL_TLB_H

#include <asm/tlbflush.h>

struct mmu_gather;
static void tlb_flush(struct mmu_gather *tlb);
#define tlb_flush tlb_flush

#include <asm-generic/tlb.h>

static inline void tlb_flush(struct mmu_gather *tlb)
{
	if (tlb->fullmm || tlb->need_flush_all)
		flush_tlb_mm(tlb->mm);
	else if (tlb->end)
		lkl_user_sync(tlb->mm, tlb->start, tlb->end);
}

#endif /* _ASM_LKL_TLB_H */
