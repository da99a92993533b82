/* SPDX-License-Identifier: GPL-2.0 */
/*
 * asm/tlbflush.h - "flushing" host mappings.
 *
 * Layer: arch/lkl, for generic memory management. Where a processor would
 * drop cached translations after PTEs were cleared or changed, the host
 * mappings are changed to what the PTEs now say; see mm/sync.c.
 *
 * Context: the caller may hold a page table lock; nothing here blocks.
 */
#ifndef _ASM_LKL_TLBFLUSH_H
#define _ASM_LKL_TLBFLUSH_H

#include <linux/mm_types.h>

void lkl_user_sync(struct mm_struct *mm, unsigned long start,
		   unsigned long end);

static inline void flush_tlb_mm(struct mm_struct *mm)
{
	lkl_user_sync(mm, LKL_USER_START, LKL_USER_END);
}

static inline void flush_tlb_range(struct vm_area_struct *vma,
				   unsigned long start, unsigned long end)
{
	lkl_user_sync(vma->vm_mm, start, end);
}

static inline void flush_tlb_page(struct vm_area_struct *vma,
				  unsigned long addr)
{
	lkl_user_sync(vma->vm_mm, addr, addr + PAGE_SIZE);
}

/* Kernel mappings were changed already by arch_sync_kernel_mappings(). */
static inline void flush_tlb_kernel_range(unsigned long start,
					  unsigned long end)
{
}

static inline void flush_tlb_all(void)
{
}

#endif /* _ASM_LKL_TLBFLUSH_H */
