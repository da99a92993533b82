/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Per-CPU data. Nothing interrupts kernel code asynchronously and kernel code
 * is not preempted, so the plain operations are atomic as this_cpu_*() has to
 * be, without the generic versions' interrupt disabling.
 */
#ifndef __ASM_LKL_PERCPU_H
#define __ASM_LKL_PERCPU_H

#include <asm/thread_info.h>

#define __my_cpu_offset	(current_thread_info()->percpu_offset)

#include <asm-generic/percpu.h>

#undef this_cpu_generic_to_op
#define this_cpu_generic_to_op(pcp, val, op) \
	raw_cpu_generic_to_op(pcp, val, op)
#undef this_cpu_generic_add_return
#define this_cpu_generic_add_return(pcp, val) \
	raw_cpu_generic_add_return(pcp, val)
#undef this_cpu_generic_xchg
#define this_cpu_generic_xchg(pcp, nval) \
	raw_cpu_generic_xchg(pcp, nval)
#undef this_cpu_generic_try_cmpxchg
#define this_cpu_generic_try_cmpxchg(pcp, ovalp, nval) \
	raw_cpu_generic_try_cmpxchg(pcp, ovalp, nval)
#undef this_cpu_generic_cmpxchg
#define this_cpu_generic_cmpxchg(pcp, oval, nval) \
	raw_cpu_generic_cmpxchg(pcp, oval, nval)
#undef __this_cpu_generic_read_noirq
#define __this_cpu_generic_read_noirq(pcp) \
	raw_cpu_generic_read(pcp)

#endif
