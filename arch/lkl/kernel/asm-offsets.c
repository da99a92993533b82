// SPDX-License-Identifier: GPL-2.0
/*
 * asm-offsets.c - constants of C for assembly.
 *
 * Layer: arch/lkl; compiled to text from which Kbuild makes
 * generated/asm-offsets.h.
 */
#define COMPILE_OFFSETS

#include <linux/kbuild.h>
#include <linux/sched.h>
#include <asm/processor.h>
#include <asm/ptrace.h>
#include <asm/thread_info.h>

int main(void);

int main(void)
{
	DEFINE(THREAD_INFO_TASK, offsetof(struct thread_info, task));
	DEFINE(PT_REGS_SIZE, sizeof(struct pt_regs));
	return 0;
}
