// SPDX-License-Identifier: GPL-2.0
/*
 * init.c - setting up memory management.
 *
 * Layer: arch/lkl; called by kernel/setup.c and by generic boot code.
 */
#include <linux/init.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <asm/page.h>
#include <asm/setup.h>

pgd_t swapper_pg_dir[PTRS_PER_PGD] __page_aligned_bss;

/* In memory, not in the image: it is mapped into applications. */
struct page *lkl_zero_page __ro_after_init;
EXPORT_SYMBOL(lkl_zero_page);

static const pgprot_t protection_map[16] = {
	[VM_NONE]				= PAGE_NONE,
	[VM_READ]				= PAGE_READONLY,
	[VM_WRITE]				= PAGE_COPY,
	[VM_WRITE | VM_READ]			= PAGE_COPY,
	[VM_EXEC]				= PAGE_READONLY_EXEC,
	[VM_EXEC | VM_READ]			= PAGE_READONLY_EXEC,
	[VM_EXEC | VM_WRITE]			= PAGE_COPY_EXEC,
	[VM_EXEC | VM_WRITE | VM_READ]		= PAGE_COPY_EXEC,
	[VM_SHARED]				= PAGE_NONE,
	[VM_SHARED | VM_READ]			= PAGE_READONLY,
	[VM_SHARED | VM_WRITE]			= PAGE_SHARED,
	[VM_SHARED | VM_WRITE | VM_READ]	= PAGE_SHARED,
	[VM_SHARED | VM_EXEC]			= PAGE_READONLY_EXEC,
	[VM_SHARED | VM_EXEC | VM_READ]		= PAGE_READONLY_EXEC,
	[VM_SHARED | VM_EXEC | VM_WRITE]	= PAGE_SHARED_EXEC,
	[VM_SHARED | VM_EXEC | VM_WRITE | VM_READ] = PAGE_SHARED_EXEC,
};
DECLARE_VM_GET_PAGE_PROT

/**
 * lkl_paging_init - make zones of memory that memblock knows
 *
 * Context: setup_arch(), with memblock filled.
 */
void __init lkl_paging_init(void)
{
	unsigned long max_zone_pfns[MAX_NR_ZONES] = { };
	void *zero;

	high_memory = __va(lkl_dma_end);
	/* Without it pfn_valid(), and so every vmalloc(), fails. */
	set_max_mapnr(max_pfn);

	max_zone_pfns[ZONE_NORMAL] = max_pfn;
	free_area_init(max_zone_pfns);

	zero = memblock_alloc(PAGE_SIZE, PAGE_SIZE);
	if (!zero)
		panic("no memory for the zero page");
	lkl_zero_page = virt_to_page(zero);
}

void __init mem_init(void)
{
	memblock_free_all();
}
