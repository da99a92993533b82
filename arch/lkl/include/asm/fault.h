/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __ASM_LKL_FAULT_H
#define __ASM_LKL_FAULT_H

#include <linux/types.h>

struct lkl_fault;
struct pt_regs;

int lkl_fault_handler(struct lkl_fault *fault);
/* entry.c: lkl_user_fault() as a call; 0 if the access can be repeated. */
long lkl_call_user_fault(unsigned long addr, bool write);

bool lkl_user_fault(unsigned long addr, bool write);

/* kernel/extable.c */
bool fixup_exception(struct pt_regs *regs);

#endif
