// SPDX-License-Identifier: GPL-2.0
/*
 * mmap.c - where mmap() may put things.
 *
 * Layer: arch/lkl, for generic memory management.
 *
 * Everything outside of the user range belongs to the host process or to the
 * kernel, and a mapping made there would replace what is there.
 */
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/sched/mm.h>
#include <linux/security.h>

static bool in_user_range(unsigned long addr, unsigned long len)
{
	return addr >= LKL_USER_START && addr <= LKL_USER_END &&
	       len <= LKL_USER_END - addr;
}

unsigned long arch_get_unmapped_area(struct file *file, unsigned long addr,
				     unsigned long len, unsigned long pgoff,
				     unsigned long flags, vm_flags_t vm_flags)
{
	if (!in_user_range(addr, len)) {
		if (flags & MAP_FIXED)
			return -ENOMEM;
		addr = 0;	/* was but a hint */
	}
	return generic_get_unmapped_area(file, addr, len, pgoff, flags,
					 vm_flags);
}
