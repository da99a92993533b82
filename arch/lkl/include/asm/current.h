/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __ASM_LKL_CURRENT_H
#define __ASM_LKL_CURRENT_H

#include <asm/thread_info.h>

static __always_inline struct task_struct *get_current(void)
{
	return current_thread_info()->task;
}

#define current get_current()

#endif
