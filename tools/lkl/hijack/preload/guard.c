// SPDX-License-Identifier: GPL-2.0
/*
 * guard.c - copying from and to addresses that the program gave
 *
 * Layer:   tools/lkl/hijack/preload; see guard.h.
 *
 * One instruction copies. If it faults, the handler of the signal goes on at
 * another one, as the kernel does with its own accesses to user memory.
 */
#include "guard.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <ucontext.h>

/* File-scope state: fault handlers are the process's. */
static bool started;

#ifdef __x86_64__

/* Where it copies, and where it goes on after a fault. */
extern const char guard_copying[], guard_faulted[];

/* int guard_move(void *to, const void *from, size_t len) */
int guard_move(void *to, const void *from, size_t len);

asm(".pushsection .text\n"
	"	.hidden guard_move, guard_copying, guard_faulted\n"
	"	.globl guard_move, guard_copying, guard_faulted\n"
	"	.type guard_move, @function\n"
	"guard_move:\n"
	"	.cfi_startproc\n"
	"	mov %rdx, %rcx\n"
	"guard_copying:\n"
	"	rep movsb\n"
	"	xor %eax, %eax\n"
	"	ret\n"
	"guard_faulted:\n"
	"	mov $-14, %eax\n"		/* -EFAULT */
	"	ret\n"
	"	.cfi_endproc\n"
	"	.size guard_move, . - guard_move\n"
	"	.popsection\n");

bool guard_ready(void)
{
	return __atomic_load_n(&started, __ATOMIC_RELAXED);
}

int guarded_copy(void *to, const void *from, size_t len)
{
	return guard_move(to, from, len);
}

bool guard_fault(void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;

	if ((uintptr_t)regs[REG_RIP] != (uintptr_t)guard_copying)
		return false;
	regs[REG_RIP] = (greg_t)(uintptr_t)guard_faulted;
	return true;
}

#else

bool guard_ready(void)
{
	return false;
}

int guarded_copy(void *to, const void *from, size_t len)
{
	memcpy(to, from, len);
	return 0;
}

bool guard_fault(void *context)
{
	(void)context;
	return false;
}

#endif

void guard_start(void)
{
	__atomic_store_n(&started, true, __ATOMIC_RELEASE);
}
