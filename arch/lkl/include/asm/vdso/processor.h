/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __ASM_LKL_VDSO_PROCESSOR_H
#define __ASM_LKL_VDSO_PROCESSOR_H

#ifndef __ASSEMBLY__

/* The processor's hint that a loop waits; on any stack. */
static inline void cpu_pause(void)
{
	asm volatile("pause" ::: "memory");
}

/* A spinning context must let interrupts in: see lkl_irq_poll(). */
void lkl_cpu_relax(void);
#define cpu_relax()	lkl_cpu_relax()

#endif
#endif
