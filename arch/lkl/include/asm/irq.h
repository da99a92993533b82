/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __ASM_LKL_IRQ_H
#define __ASM_LKL_IRQ_H

#include <linux/types.h>

#define NR_IRQS	256

struct vcpu;

int lkl_irq_raise(u32 line);
int lkl_line_get(void);
void lkl_line_put(int line);
void lkl_timer_interrupt(struct vcpu *v);
void lkl_clockevent_init(void);

#endif
