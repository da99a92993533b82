/* SPDX-License-Identifier: GPL-2.0 */
/*
 * asm/extable.h - the exception table, in the host processor's own format.
 *
 * Layer: arch/lkl, for lib/extable.c. Entries are made by the macros of the
 * borrowed asm/asm.h and used by kernel/extable.c.
 */
#ifndef _ASM_LKL_EXTABLE_H
#define _ASM_LKL_EXTABLE_H

#include <linux/types.h>
#include <asm/extable_fixup_types.h>

/**
 * struct exception_table_entry - an instruction that may fault
 * @insn: its address, relative to this member
 * @fixup: where to go on, relative to this member
 * @data: EX_TYPE_*, and its parameters
 */
struct exception_table_entry {
	int insn, fixup, data;
};

#define ARCH_HAS_RELATIVE_EXTABLE

#define swap_ex_entry_fixup(a, b, tmp, delta)	\
do {						\
	(a)->fixup = (b)->fixup + (delta);	\
	(b)->fixup = (tmp).fixup - (delta);	\
	(a)->data = (b)->data;			\
	(b)->data = (tmp).data;			\
} while (0)

#endif /* _ASM_LKL_EXTABLE_H */
