/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Interrupts are polled, never injected: a pending one runs where interrupts
 * become enabled, when a call returns, and in idle. The flag belongs to the
 * context, since it is off on both sides of every switch.
 */
#ifndef __ASM_LKL_IRQFLAGS_H
#define __ASM_LKL_IRQFLAGS_H

#include <linux/compiler.h>
#include <asm/thread_info.h>

void lkl_irq_poll(void);

static __always_inline unsigned long arch_local_save_flags(void)
{
	return READ_ONCE(current_thread_info()->irqs_off);
}

static __always_inline void arch_local_irq_disable(void)
{
	WRITE_ONCE(current_thread_info()->irqs_off, 1);
	barrier();
}

static __always_inline void arch_local_irq_enable(void)
{
	struct thread_info *ti = current_thread_info();

	barrier();
	WRITE_ONCE(ti->irqs_off, 0);
	/* vcpu.pending is the first member: no layout is needed here. */
	if (unlikely(READ_ONCE(*(unsigned long *)ti->vcpu)))
		lkl_irq_poll();
}

static __always_inline unsigned long arch_local_irq_save(void)
{
	unsigned long flags = arch_local_save_flags();

	arch_local_irq_disable();
	return flags;
}

static __always_inline void arch_local_irq_restore(unsigned long flags)
{
	if (!flags)
		arch_local_irq_enable();
	else
		arch_local_irq_disable();
}

static __always_inline int arch_irqs_disabled_flags(unsigned long flags)
{
	return flags != 0;
}

static __always_inline int arch_irqs_disabled(void)
{
	return arch_irqs_disabled_flags(arch_local_save_flags());
}

#endif
