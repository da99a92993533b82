/* SPDX-License-Identifier: GPL-2.0 */
/*
 * asm/qspinlock.h - contended spinlocks on vCPUs.
 *
 * Layer: arch/lkl, for asm/spinlock.h.
 *
 * A vCPU is a host thread, and the host may take its processor away while it
 * holds a lock or is first in a queue. A fair queue would then stand still
 * although its other waiters run, so waiters take the lock in any order.
 */
#ifndef _ASM_LKL_QSPINLOCK_H
#define _ASM_LKL_QSPINLOCK_H

#include <linux/atomic.h>
#include <asm/vdso/processor.h>
#include <asm-generic/qspinlock_types.h>

#define virt_spin_lock virt_spin_lock
static inline bool virt_spin_lock(struct qspinlock *lock)
{
	int val;

	for (;;) {
		val = atomic_read(&lock->val);
		if (!val && atomic_try_cmpxchg(&lock->val, &val,
					       _Q_LOCKED_VAL))
			return true;
		cpu_relax();
	}
}

#include <asm-generic/qspinlock.h>

#endif /* _ASM_LKL_QSPINLOCK_H */
