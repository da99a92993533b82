// SPDX-License-Identifier: GPL-2.0
/*
 * fault_aarch64.c - processor faults as an arm64 signal frame shows them.
 *
 * Layer:   host/posix, private to fault.c.
 * Context: signal handlers; async-signal-safe.
 */
#include "host/posix/fault.h"

#include <asm/sigcontext.h>
#include <stdint.h>

/* Arm ARM, ESR_ELx: exception class, and "write not read" of a data abort. */
#define ESR_CLASS(esr)		((esr) >> 26 & 0x3f)
#define ESR_CLASS_DABT_LOWER	0x24
#define ESR_WNR			(1 << 6)

/* The signal frame ends in a list of records; the syndrome is one of them. */
static __u64 context_syndrome(const mcontext_t *mc)
{
	const unsigned char *pos = mc->__reserved;
	const unsigned char *end = pos + sizeof(mc->__reserved);

	while (pos + sizeof(struct esr_context) <= end) {
		const struct _aarch64_ctx *head = (const void *)pos;

		if (head->magic == ESR_MAGIC)
			return ((const struct esr_context *)head)->esr;
		if (!head->magic || head->size < sizeof(*head))
			break;
		pos += head->size;
	}
	return 0;
}

void fault_read_context(struct lkl_fault *fault, const siginfo_t *info,
			const ucontext_t *uc)
{
	__u64 esr = context_syndrome(&uc->uc_mcontext);

	fault->pc = uc->uc_mcontext.pc;
	fault->sp = uc->uc_mcontext.sp;
	fault->addr = 0;
	if (info->si_signo == SIGSEGV || info->si_signo == SIGBUS)
		fault->addr = (__u64)(uintptr_t)info->si_addr;
	fault->write = ESR_CLASS(esr) == ESR_CLASS_DABT_LOWER &&
		       (esr & ESR_WNR);
}

void fault_write_context(const struct lkl_fault *fault, ucontext_t *uc)
{
	uc->uc_mcontext.pc = fault->pc;
	uc->uc_mcontext.sp = fault->sp;
}

long fault_call_on_stack(long (*fn)(void *arg), void *arg, __u64 sp)
{
	register void *x0 __asm__("x0") = arg;

	sp &= ~15ULL;
	__asm__ __volatile__(
		"mov x19, sp\n\t"
		"mov sp, %[sp]\n\t"
		"blr %[fn]\n\t"
		"mov sp, x19"
		: "+r" (x0)
		: [fn] "r" (fn), [sp] "r" (sp)
		: "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10",
		  "x11", "x12", "x13", "x14", "x15", "x16", "x17", "x18",
		  "x19", "x30", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7",
		  "v8", "v9", "v10", "v11", "v12", "v13", "v14", "v15", "v16",
		  "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24",
		  "v25", "v26", "v27", "v28", "v29", "v30", "v31", "memory",
		  "cc");
	return (long)x0;
}
