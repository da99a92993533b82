/* SPDX-License-Identifier: GPL-2.0 */
/*
 * asm/spinlock.h - one-word spinlocks and queued rwlocks.
 *
 * Layer: arch/lkl, for all kernel code.
 */
#ifndef _ASM_LKL_SPINLOCK_H
#define _ASM_LKL_SPINLOCK_H

#include <asm/processor.h>
#include <asm/qspinlock.h>
#include <asm/qrwlock.h>

#endif /* _ASM_LKL_SPINLOCK_H */
