/* SPDX-License-Identifier: GPL-2.0 */
/*
 * asm/pgtable.h - the software page tables.
 *
 * Layer: arch/lkl, for generic memory management.
 *
 * DOC: Software page tables
 *
 * No processor walks these tables. They are the kernel's own record of what
 * is mapped where, indexed by host address, four levels of 512 entries; the
 * mapping itself is one of the host, made or changed when
 *
 * - the kernel's tables changed (vmalloc, vmap): arch_sync_kernel_mappings();
 * - an application's PTE was set: set_ptes();
 * - its translation was flushed, that is, PTEs were cleared or changed:
 *   the functions of asm/tlbflush.h.
 *
 * The linear map needs no entries. See mm/sync.c.
 */
#ifndef _ASM_LKL_PGTABLE_H
#define _ASM_LKL_PGTABLE_H

#include <asm/page.h>
#include <asm-generic/pgtable-nop4d.h>

#define PMD_SHIFT		21
#define PMD_SIZE		(_AC(1, UL) << PMD_SHIFT)
#define PMD_MASK		(~(PMD_SIZE - 1))
#define PUD_SHIFT		30
#define PUD_SIZE		(_AC(1, UL) << PUD_SHIFT)
#define PUD_MASK		(~(PUD_SIZE - 1))
#define PGDIR_SHIFT		39
#define PGDIR_SIZE		(_AC(1, UL) << PGDIR_SHIFT)
#define PGDIR_MASK		(~(PGDIR_SIZE - 1))

#define PTRS_PER_PTE		512
#define PTRS_PER_PMD		512
#define PTRS_PER_PUD		512
#define PTRS_PER_PGD		512
#define USER_PTRS_PER_PGD	(PTRS_PER_PGD / 2)

#define VMALLOC_START		(LKL_SPAN_START + LKL_VMALLOC_OFFSET)
#define VMALLOC_END		(LKL_USER_START - LKL_GUARD_SIZE)

/* arch_sync_kernel_mappings() is called whenever kernel PTEs changed. */
#define ARCH_PAGE_TABLE_SYNC_MASK	PGTBL_PTE_MODIFIED

/*
 * A PTE: page frame number from bit 12 up, and
 *
 * PRESENT	the page is mapped
 * PROTNONE	it is there, but PROT_NONE: pte_present(), yet not mapped
 * WRITE, DIRTY	the host mapping is writable when both are set, so that the
 *		first write to a clean page comes to us
 *
 * One that is not present and not 0 is a swap-format entry (migration):
 * exclusive mark in bit 2, type in bits 3 to 7, offset from bit 12 up.
 */
#define _PAGE_PRESENT		(_AC(1, UL) << 0)
#define _PAGE_PROTNONE		(_AC(1, UL) << 1)
#define _PAGE_WRITE		(_AC(1, UL) << 2)
#define _PAGE_USER		(_AC(1, UL) << 3)
#define _PAGE_ACCESSED		(_AC(1, UL) << 4)
#define _PAGE_DIRTY		(_AC(1, UL) << 5)
#define _PAGE_SPECIAL		(_AC(1, UL) << 6)
#define _PAGE_EXEC		(_AC(1, UL) << 7)
#define _PAGE_SWP_EXCLUSIVE	_PAGE_WRITE

#define _PAGE_TABLE		(_PAGE_PRESENT | _PAGE_WRITE | _PAGE_USER | \
				 _PAGE_ACCESSED | _PAGE_DIRTY)
#define _PAGE_CHG_MASK		(PAGE_MASK | _PAGE_ACCESSED | _PAGE_DIRTY | \
				 _PAGE_SPECIAL)

#define PFN_PTE_SHIFT		PAGE_SHIFT

#define _PAGE_BASE	(_PAGE_PRESENT | _PAGE_USER | _PAGE_ACCESSED)
#define _PAGE_KERNEL	(_PAGE_PRESENT | _PAGE_ACCESSED | _PAGE_DIRTY)

#define PAGE_NONE		__pgprot(_PAGE_PROTNONE | _PAGE_ACCESSED)
#define PAGE_READONLY		__pgprot(_PAGE_BASE)
#define PAGE_READONLY_EXEC	__pgprot(_PAGE_BASE | _PAGE_EXEC)
#define PAGE_COPY		PAGE_READONLY
#define PAGE_COPY_EXEC		PAGE_READONLY_EXEC
#define PAGE_SHARED		__pgprot(_PAGE_BASE | _PAGE_WRITE)
#define PAGE_SHARED_EXEC	__pgprot(_PAGE_BASE | _PAGE_WRITE | _PAGE_EXEC)
#define PAGE_KERNEL		__pgprot(_PAGE_KERNEL | _PAGE_WRITE)
#define PAGE_KERNEL_EXEC	__pgprot(_PAGE_KERNEL | _PAGE_WRITE | _PAGE_EXEC)
#define PAGE_KERNEL_RO		__pgprot(_PAGE_KERNEL)

#ifndef __ASSEMBLY__

struct mm_struct;
struct vm_area_struct;
struct vm_fault;

extern pgd_t swapper_pg_dir[PTRS_PER_PGD];

extern struct page *lkl_zero_page;
#define ZERO_PAGE(vaddr)	((void)(vaddr), lkl_zero_page)

#define pte_ERROR(e)	pr_err("%s:%d: bad pte %016lx\n", __FILE__, __LINE__, pte_val(e))
#define pmd_ERROR(e)	pr_err("%s:%d: bad pmd %016lx\n", __FILE__, __LINE__, pmd_val(e))
#define pud_ERROR(e)	pr_err("%s:%d: bad pud %016lx\n", __FILE__, __LINE__, pud_val(e))
#define pgd_ERROR(e)	pr_err("%s:%d: bad pgd %016lx\n", __FILE__, __LINE__, pgd_val(e))

/* Make the host mappings of @nr pages from @addr follow the PTEs at @ptep. */
void lkl_user_sync_ptes(struct mm_struct *mm, unsigned long addr, pte_t *ptep,
			unsigned int nr);

/* Table entries ******************************************************/

static inline void set_pmd(pmd_t *pmdp, pmd_t pmd)
{
	WRITE_ONCE(*pmdp, pmd);
}

static inline void set_pud(pud_t *pudp, pud_t pud)
{
	WRITE_ONCE(*pudp, pud);
}

static inline void set_p4d(p4d_t *p4dp, p4d_t p4d)
{
	WRITE_ONCE(*p4dp, p4d);
}

#define pmd_none(x)		(!pmd_val(x))
#define pmd_bad(x)		((pmd_val(x) & ~PAGE_MASK) != _PAGE_TABLE)
#define pmd_present(x)		(pmd_val(x) & _PAGE_PRESENT)
#define pmd_clear(xp)		set_pmd(xp, __pmd(0))
#define pmd_pfn(x)		(pmd_val(x) >> PAGE_SHIFT)
#define pmd_page(x)		pfn_to_page(pmd_pfn(x))
#define pmd_page_vaddr(x)	((unsigned long)__va(pmd_val(x) & PAGE_MASK))

#define pud_none(x)		(!pud_val(x))
#define pud_bad(x)		((pud_val(x) & ~PAGE_MASK) != _PAGE_TABLE)
#define pud_present(x)		(pud_val(x) & _PAGE_PRESENT)
#define pud_clear(xp)		set_pud(xp, __pud(0))
#define pud_pfn(x)		(pud_val(x) >> PAGE_SHIFT)
#define pud_page(x)		pfn_to_page(pud_pfn(x))
#define pud_pgtable(x)		((pmd_t *)__va(pud_val(x) & PAGE_MASK))

#define p4d_none(x)		(!p4d_val(x))
#define p4d_bad(x)		((p4d_val(x) & ~PAGE_MASK) != _PAGE_TABLE)
#define p4d_present(x)		(p4d_val(x) & _PAGE_PRESENT)
#define p4d_clear(xp)		set_p4d(xp, __p4d(0))
#define p4d_pfn(x)		(p4d_val(x) >> PAGE_SHIFT)
#define p4d_page(x)		pfn_to_page(p4d_pfn(x))
#define p4d_pgtable(x)		((pud_t *)__va(p4d_val(x) & PAGE_MASK))

/* PTEs ****************************************************************/

#define pte_pfn(x)		(pte_val(x) >> PAGE_SHIFT)
#define pte_page(x)		pfn_to_page(pte_pfn(x))
#define pfn_pte(pfn, prot) \
	__pte(((unsigned long)(pfn) << PAGE_SHIFT) | pgprot_val(prot))
#define mk_pte(page, prot)	pfn_pte(page_to_pfn(page), prot)
#define pfn_pmd(pfn, prot) \
	__pmd(((unsigned long)(pfn) << PAGE_SHIFT) | pgprot_val(prot))

static inline int pte_none(pte_t pte)
{
	return !pte_val(pte);
}

static inline int pte_present(pte_t pte)
{
	return !!(pte_val(pte) & (_PAGE_PRESENT | _PAGE_PROTNONE));
}

static inline int pte_write(pte_t pte)
{
	return !!(pte_val(pte) & _PAGE_WRITE);
}

static inline int pte_dirty(pte_t pte)
{
	return !!(pte_val(pte) & _PAGE_DIRTY);
}

static inline int pte_young(pte_t pte)
{
	return !!(pte_val(pte) & _PAGE_ACCESSED);
}

static inline int pte_special(pte_t pte)
{
	return !!(pte_val(pte) & _PAGE_SPECIAL);
}

static inline pte_t pte_wrprotect(pte_t pte)
{
	return __pte(pte_val(pte) & ~_PAGE_WRITE);
}

static inline pte_t pte_mkwrite_novma(pte_t pte)
{
	return __pte(pte_val(pte) | _PAGE_WRITE);
}

static inline pte_t pte_mkclean(pte_t pte)
{
	return __pte(pte_val(pte) & ~_PAGE_DIRTY);
}

static inline pte_t pte_mkdirty(pte_t pte)
{
	return __pte(pte_val(pte) | _PAGE_DIRTY);
}

static inline pte_t pte_mkold(pte_t pte)
{
	return __pte(pte_val(pte) & ~_PAGE_ACCESSED);
}

static inline pte_t pte_mkyoung(pte_t pte)
{
	return __pte(pte_val(pte) | _PAGE_ACCESSED);
}

static inline pte_t pte_mkspecial(pte_t pte)
{
	return __pte(pte_val(pte) | _PAGE_SPECIAL);
}

static inline pte_t pte_modify(pte_t pte, pgprot_t newprot)
{
	return __pte((pte_val(pte) & _PAGE_CHG_MASK) |
		     (pgprot_val(newprot) & ~_PAGE_CHG_MASK));
}

#define __HAVE_ARCH_PTE_SAME
static inline int pte_same(pte_t a, pte_t b)
{
	return pte_val(a) == pte_val(b);
}

static inline void set_pte(pte_t *ptep, pte_t pte)
{
	WRITE_ONCE(*ptep, pte);
}

extern struct mm_struct init_mm;

/*
 * Kernel mappings are made real by arch_sync_kernel_mappings() later, whole
 * ranges at once; those of an application at once, since nothing but a fault
 * would tell us that they are used.
 */
#define set_ptes set_ptes
static inline void set_ptes(struct mm_struct *mm, unsigned long addr,
			    pte_t *ptep, pte_t pte, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		set_pte(ptep + i, pte);
		pte_val(pte) += PAGE_SIZE;
	}
	if (mm != &init_mm)
		lkl_user_sync_ptes(mm, addr, ptep, nr);
}

/* The host mapping goes away when the translation is flushed. */
static inline void pte_clear(struct mm_struct *mm, unsigned long addr,
			     pte_t *ptep)
{
	set_pte(ptep, __pte(0));
}

#define update_mmu_cache_range(vmf, vma, addr, ptep, nr)	do { } while (0)
#define update_mmu_cache(vma, addr, ptep)			do { } while (0)

/*
 * A fault on a page whose PTE allows the access: the host mapping lags (it
 * could not be made, for lack of host memory); try again.
 */
#define flush_tlb_fix_spurious_fault(vma, address, ptep) \
	lkl_user_sync_ptes((vma)->vm_mm, address, ptep, 1)

/* Swap-format entries: no swap device, but pages migrate. */

#define __swp_type(x)		(((x).val >> 3) & 0x1f)
#define __swp_offset(x)		((x).val >> PAGE_SHIFT)
#define __swp_entry(type, off)	((swp_entry_t) { \
	(((unsigned long)(type) & 0x1f) << 3) | \
	((unsigned long)(off) << PAGE_SHIFT) })
#define __pte_to_swp_entry(pte)	((swp_entry_t) { \
	pte_val(pte_swp_clear_exclusive(pte)) })
#define __swp_entry_to_pte(x)	__pte((x).val)

static inline int pte_swp_exclusive(pte_t pte)
{
	return !!(pte_val(pte) & _PAGE_SWP_EXCLUSIVE);
}

static inline pte_t pte_swp_mkexclusive(pte_t pte)
{
	return __pte(pte_val(pte) | _PAGE_SWP_EXCLUSIVE);
}

static inline pte_t pte_swp_clear_exclusive(pte_t pte)
{
	return __pte(pte_val(pte) & ~_PAGE_SWP_EXCLUSIVE);
}

/* mmap() must stay inside the user range whatever address it is given. */
#define HAVE_ARCH_UNMAPPED_AREA

#endif /* __ASSEMBLY__ */

#endif /* _ASM_LKL_PGTABLE_H */
