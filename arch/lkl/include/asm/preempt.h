/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Interrupts are polled, and a kernel without preemption offers to give way in
 * its long loops: should_resched(), which is behind cond_resched(), is where the
 * tick has to get in. A loop that waits for another task by cond_resched(), as
 * shrink_dcache_parent() does, would otherwise go on for ever.
 */
#ifndef __ASM_LKL_PREEMPT_H
#define __ASM_LKL_PREEMPT_H

#define should_resched generic_should_resched
#include <asm-generic/preempt.h>
#undef should_resched

void lkl_irq_poll(void);

static __always_inline bool should_resched(int preempt_offset)
{
	struct thread_info *ti = current_thread_info();

	/* vcpu.pending is the first member: no layout is needed here. */
	if (unlikely(READ_ONCE(*(unsigned long *)ti->vcpu)) && !ti->irqs_off)
		lkl_irq_poll();
	return generic_should_resched(preempt_offset);
}

#endif
