// SPDX-License-Identifier: GPL-2.0
/*
 * cpu.c - choosing between ways to move memory, once per boot.
 *
 * Layer: arch/lkl; the figures are read by the assembly files beside it.
 * The image's text is never patched: it is shared with other processes.
 */
#include <linux/cache.h>
#include <linux/limits.h>
#include <linux/sizes.h>
#include <linux/types.h>
#include <asm/cpufeature.h>
#include <asm/setup.h>

/*
 * From how many bytes on "rep movsb" and "rep stosb" are used. Until
 * lkl_cpu_init() has run, never.
 */
unsigned long lkl_rep_movs_min __ro_after_init = ULONG_MAX;
unsigned long lkl_rep_stos_min __ro_after_init = ULONG_MAX;

u32 lkl_cpu_leaf1_ecx __ro_after_init;

#define LEAF7_EBX_ERMS	(1U << 9)

struct cpuid_regs {
	u32 eax, ebx, ecx, edx;
};

static struct cpuid_regs cpuid(u32 leaf, u32 subleaf)
{
	struct cpuid_regs r;

	asm volatile("cpuid"
		     : "=a" (r.eax), "=b" (r.ebx), "=c" (r.ecx), "=d" (r.edx)
		     : "a" (leaf), "c" (subleaf));
	return r;
}

/**
 * lkl_cpu_init - look at the processor
 *
 * Context: on a host stack, before anything else of the kernel runs.
 */
void lkl_cpu_init(void)
{
	struct cpuid_regs r;

	lkl_cpu_leaf1_ecx = cpuid(1, 0).ecx;
	if (cpuid(0, 0).eax < 7)
		return;
	r = cpuid(7, 0);
	/*
	 * At 2 KiB it overtakes the loops with SSE registers by half, and is
	 * never slower from there on (EPYC, FSRM; 4 KiB: 144 against 86 GB/s).
	 */
	if (r.ebx & LEAF7_EBX_ERMS)
		lkl_rep_movs_min = lkl_rep_stos_min = SZ_2K;
}
