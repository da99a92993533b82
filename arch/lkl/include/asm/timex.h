/* SPDX-License-Identifier: GPL-2.0 */
/*
 * asm/timex.h - the processor's cycle counter, for entropy and statistics.
 *
 * Layer: arch/lkl, for generic code. Time itself comes from the host, see
 * kernel/time.c.
 */
#ifndef _ASM_LKL_TIMEX_H
#define _ASM_LKL_TIMEX_H

#include <linux/types.h>

#define CLOCK_TICK_RATE		1193180

typedef unsigned long cycles_t;

static inline cycles_t get_cycles(void)
{
	u32 low, high;

	asm volatile("rdtsc" : "=a" (low), "=d" (high));
	return ((u64)high << 32) | low;
}
#define get_cycles get_cycles

#endif /* _ASM_LKL_TIMEX_H */
