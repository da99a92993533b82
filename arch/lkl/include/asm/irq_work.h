/* SPDX-License-Identifier: GPL-2.0 */
/*
 * asm/irq_work.h - work to do in interrupt context: a pending bit of the vCPU.
 *
 * Layer: arch/lkl, for kernel/irq_work.c; kernel/smp.c raises it.
 */
#ifndef _ASM_LKL_IRQ_WORK_H
#define _ASM_LKL_IRQ_WORK_H

#include <linux/types.h>

static inline bool arch_irq_work_has_interrupt(void)
{
	return true;
}

#endif /* _ASM_LKL_IRQ_WORK_H */
