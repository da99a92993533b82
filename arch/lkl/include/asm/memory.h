/* SPDX-License-Identifier: GPL-2.0 */
/*
 * asm/memory.h - the layout of the kernel's address range (the "span").
 *
 * Layer: arch/lkl, included by page, pgtable and processor headers; also by
 * assembly and the linker script, hence no C outside of the guard.
 *
 * DOC: Address range
 *
 * The loader reserves one range of host addresses per instance and puts the
 * image at its start, 2 MiB-aligned. All else has a fixed place behind it:
 *
 *	__image_base + 0		image: text, rodata, data, bss
 *	(page-aligned image end)	memory, mem= bytes of the host object
 *	+ LKL_VMALLOC_OFFSET		vmalloc, vmap, vm_map_ram
 *	+ LKL_USER_OFFSET		mappings made by mmap() for applications
 *	+ LKL_SPAN_SIZE			end
 *
 * Guest-physical address p is host address __image_base + p, so that image
 * and memory are one linear map and no variable is read to translate.
 * Application pointers that were not mmapped from the kernel lie anywhere
 * else below TASK_SIZE.
 */
#ifndef _ASM_LKL_MEMORY_H
#define _ASM_LKL_MEMORY_H

#include <linux/const.h>

#define LKL_VMALLOC_OFFSET	(_AC(64, UL) << 30)
#define LKL_USER_OFFSET		(_AC(128, UL) << 30)
#define LKL_SPAN_SIZE		(_AC(256, UL) << 30)

/* Left unmapped between two areas, to catch what runs over an end. */
#define LKL_GUARD_SIZE		(_AC(16, UL) << 20)

/* Where the heap that brk() manages is put in the user range, and its size. */
#define LKL_BRK_SIZE		(_AC(1, UL) << 30)

/*
 * Fake physical addresses of device register windows; far above any memory,
 * see mm/ioremap.c.
 */
#define LKL_IO_BASE		(_AC(1, UL) << 46)
#define LKL_IO_WINDOW_SHIFT	12
#define LKL_IO_WINDOW_SIZE	(_AC(1, UL) << LKL_IO_WINDOW_SHIFT)
#define LKL_IO_WINDOWS		256

#ifndef __ASSEMBLY__

/* Image offset 0, defined by the linker script. */
extern char __image_base[] __attribute__((visibility("hidden")));

#define LKL_SPAN_START		((unsigned long)__image_base)

#define LKL_USER_START		(LKL_SPAN_START + LKL_USER_OFFSET)
#define LKL_USER_END		(LKL_SPAN_START + LKL_SPAN_SIZE)

/* Is @addr in the range that mappings for applications are made in? */
#define lkl_user_address(addr)	((addr) - LKL_USER_START < LKL_SPAN_SIZE - LKL_USER_OFFSET)

/* What mmap() hands out, and the heap before it; see mm/mmap.c. */
#define STACK_TOP		(LKL_USER_END - LKL_GUARD_SIZE)
#define STACK_TOP_MAX		STACK_TOP
#define TASK_UNMAPPED_BASE	(LKL_USER_START + LKL_BRK_SIZE)

#define arch_get_mmap_end(addr, len, flags)	LKL_USER_END

#endif /* __ASSEMBLY__ */

#endif /* _ASM_LKL_MEMORY_H */
