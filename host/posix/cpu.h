/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cpu.h - the one processor instruction that waiting loops need.
 *
 * Layer:   host/posix, private.
 * Users:   sem.c and time.c.
 */
#ifndef LKL_HOST_POSIX_CPU_H
#define LKL_HOST_POSIX_CPU_H

/* Tell the processor that this is a waiting loop. */
static inline void cpu_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ __volatile__("isb" ::: "memory");
#else
	__asm__ __volatile__("" ::: "memory");
#endif
}

#endif /* LKL_HOST_POSIX_CPU_H */
