// SPDX-License-Identifier: GPL-2.0
/*
 * sync.c - making host mappings follow the page tables.
 *
 * Layer: arch/lkl; called by generic memory management through the hooks of
 * asm/pgtable.h and asm/tlbflush.h.
 *
 * DOC: Theory of operation
 *
 * A page table entry says what shall be mapped at a host address; these
 * functions read entries and make it so, with one host call for each run of
 * pages that are neighbours both there and in memory.
 *
 * Kernel entries (vmalloc) belong to who allocated the address range, so that
 * nobody changes them meanwhile. An application's may be set by a fault on one
 * vCPU while another unmaps: each sets the entry first and then calls here,
 * where, under user_lock, the entry is read again. So whoever comes last sees
 * the last entry, and the host mapping is right when both are through.
 *
 * If the host cannot make a mapping, the entry is right and the mapping is
 * not there: an application faults again (and a write tries again, see
 * flush_tlb_fix_spurious_fault()), kernel code oopses. It is said once.
 *
 * Context: any that may change page tables; nothing here blocks.
 */
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/printk.h>
#include <linux/spinlock.h>
#include <linux/vmalloc.h>
#include <asm/host.h>
#include <asm/setup.h>
#include <asm/tlbflush.h>

/**
 * struct run - neighbouring pages that are mapped, or unmapped, by one call
 * @addr: host address of the first
 * @size: bytes; 0 means that there is no run
 * @phys: guest-physical address of the first, if mapped
 * @prot: LKL_PROT_* bits; 0 means unmapped
 */
struct run {
	unsigned long addr;
	unsigned long size;
	phys_addr_t phys;
	u32 prot;
};

static void run_flush(struct run *run)
{
	int ret;

	if (!run->size)
		return;
	if (run->prot)
		ret = lkl_ops.mem->map(lkl_ram, run->addr, run->size,
				       run->phys - lkl_dma_start, run->prot);
	else
		ret = lkl_ops.mem->unmap(run->addr, run->size);
	if (ret)
		pr_warn_once("host: cannot %smap %lu bytes at %#lx: error %d\n",
			     run->prot ? "" : "un", run->size, run->addr, ret);
	run->size = 0;
}

static void run_add(struct run *run, unsigned long addr, unsigned long size,
		    phys_addr_t phys, u32 prot)
{
	bool joins = run->size && addr == run->addr + run->size &&
		     prot == run->prot &&
		     (!prot || phys == run->phys + run->size);

	if (!joins) {
		run_flush(run);
		run->addr = addr;
		run->phys = phys;
		run->prot = prot;
	}
	run->size += size;
}

/* What the host mapping of @pte shall allow. */
static u32 pte_prot(pte_t pte)
{
	phys_addr_t phys = PFN_PHYS(pte_pfn(pte));

	if (!(pte_val(pte) & _PAGE_PRESENT))
		return 0;
	/* A page of the image, which is no part of the memory object. */
	if (WARN_ON_ONCE(phys < lkl_dma_start || phys >= lkl_dma_end))
		return 0;
	if (pte_write(pte) && pte_dirty(pte))
		return LKL_PROT_READ | LKL_PROT_WRITE;
	return LKL_PROT_READ;
}

static void sync_ptes(struct run *run, pte_t *ptep, unsigned long addr,
		      unsigned long end)
{
	for (; addr < end; addr += PAGE_SIZE, ptep++) {
		pte_t pte = ptep_get(ptep);

		run_add(run, addr, PAGE_SIZE, PFN_PHYS(pte_pfn(pte)),
			pte_prot(pte));
	}
}

/* Where @addr's page table ends, but not after @end. */
static unsigned long table_end(unsigned long addr, unsigned long size,
			       unsigned long end)
{
	unsigned long next = (addr + size) & ~(size - 1);

	return next - 1 < end - 1 ? next : end;
}

static void sync_range(struct mm_struct *mm, struct run *run,
		       unsigned long addr, unsigned long end)
{
	unsigned long next;

	for (; addr < end; addr = next) {
		pgd_t *pgd = pgd_offset(mm, addr);
		p4d_t *p4d = p4d_offset(pgd, addr);
		pud_t *pud;
		pmd_t *pmd;
		pte_t *pte;

		next = table_end(addr, PGDIR_SIZE, end);
		if (p4d_none(READ_ONCE(*p4d)))
			goto hole;
		next = table_end(addr, PUD_SIZE, end);
		pud = pud_offset(p4d, addr);
		if (pud_none(READ_ONCE(*pud)))
			goto hole;
		next = table_end(addr, PMD_SIZE, end);
		pmd = pmd_offset(pud, addr);
		if (pmd_none(READ_ONCE(*pmd)))
			goto hole;
		pte = pte_offset_map(pmd, addr);
		if (!pte)
			goto hole;
		sync_ptes(run, pte, addr, next);
		pte_unmap(pte);
		continue;
hole:
		run_add(run, addr, next - addr, 0, 0);
	}
}

/**
 * arch_sync_kernel_mappings - kernel page table entries were changed
 * @start: first address
 * @end: the address after the last
 */
void arch_sync_kernel_mappings(unsigned long start, unsigned long end)
{
	struct run run = { };

	if (WARN_ON_ONCE(start < VMALLOC_START || end > VMALLOC_END))
		return;
	sync_range(&init_mm, &run, start, end);
	run_flush(&run);
}

static DEFINE_SPINLOCK(user_lock);

/* User mappings are in the user range: mm/mmap.c sees to that. */
static bool user_range(unsigned long *start, unsigned long *end)
{
	*start = max(*start, LKL_USER_START);
	*end = min(*end, LKL_USER_END);
	return *start < *end;
}

/**
 * lkl_user_sync_ptes - an application's entries in one page table were set
 * @mm: its address space
 * @addr: host address of the first page
 * @ptep: the first page's entry
 * @nr: pages
 */
void lkl_user_sync_ptes(struct mm_struct *mm, unsigned long addr, pte_t *ptep,
			unsigned int nr)
{
	unsigned long end = addr + nr * PAGE_SIZE;
	struct run run = { };

	if (WARN_ON_ONCE(addr < LKL_USER_START || end > LKL_USER_END))
		return;
	spin_lock(&user_lock);
	sync_ptes(&run, ptep, addr, end);
	run_flush(&run);
	spin_unlock(&user_lock);
}

/**
 * lkl_user_sync - an application's entries were cleared or changed
 * @mm: its address space
 * @start: first address
 * @end: the address after the last; both may lie outside of the user range
 */
void lkl_user_sync(struct mm_struct *mm, unsigned long start,
		   unsigned long end)
{
	struct run run = { };

	if (!user_range(&start, &end))
		return;
	spin_lock(&user_lock);
	sync_range(mm, &run, start & PAGE_MASK, PAGE_ALIGN(end));
	run_flush(&run);
	spin_unlock(&user_lock);
}
