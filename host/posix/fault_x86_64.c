// SPDX-License-Identifier: GPL-2.0
/*
 * fault_x86_64.c - processor faults as an x86-64 signal frame shows them.
 *
 * Layer:   host/posix, private to fault.c.
 * Context: signal handlers; async-signal-safe.
 */
#include "host/posix/fault.h"

#include <stdint.h>

/* Intel SDM volume 3, 6.15: vector and error code of a page fault. */
#define TRAP_PAGE_FAULT		14
#define ERR_WRITE		(1 << 1)

void fault_read_context(struct lkl_fault *fault, const siginfo_t *info,
			const ucontext_t *uc)
{
	const greg_t *regs = uc->uc_mcontext.gregs;
	int paging = regs[REG_TRAPNO] == TRAP_PAGE_FAULT;

	/*
	 * A non-canonical address raises a general protection fault, which
	 * does not say what the address was: si_addr is 0 then.
	 */
	fault->pc = regs[REG_RIP];
	fault->sp = regs[REG_RSP];
	fault->addr = 0;
	if (info->si_signo == SIGSEGV || info->si_signo == SIGBUS)
		fault->addr = (__u64)(uintptr_t)info->si_addr;
	fault->write = paging && (regs[REG_ERR] & ERR_WRITE);
}

void fault_write_context(const struct lkl_fault *fault, ucontext_t *uc)
{
	uc->uc_mcontext.gregs[REG_RIP] = fault->pc;
	uc->uc_mcontext.gregs[REG_RSP] = fault->sp;
}

/* System V ABI: 128 bytes below the stack pointer may be in use. */
#define RED_ZONE	128

long fault_call_on_stack(long (*fn)(void *arg), void *arg, __u64 sp)
{
	long ret;

	sp = (sp - RED_ZONE) & ~15ULL;
	__asm__ __volatile__(
		"movq %%rsp, %%rbx\n\t"
		"movq %[sp], %%rsp\n\t"
		"call *%[fn]\n\t"
		"movq %%rbx, %%rsp"
		: "=a" (ret), "+D" (arg)
		: [fn] "r" (fn), [sp] "r" (sp)
		: "rbx", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11",
		  "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6",
		  "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13",
		  "xmm14", "xmm15", "memory", "cc");
	return ret;
}
