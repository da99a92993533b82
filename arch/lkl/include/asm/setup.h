/* SPDX-License-Identifier: GPL-2.0 */
/*
 * asm/setup.h - what boot code passes on to setup_arch().
 *
 * Layer: arch/lkl. kernel/setup.c has the definitions, kernel/entry.c calls
 * them.
 */
#ifndef _ASM_LKL_SETUP_H
#define _ASM_LKL_SETUP_H

#include <uapi/asm/setup.h>

#define COMMAND_LINE_SIZE	4096

#ifndef __ASSEMBLY__

#include <linux/types.h>

/* The host's memory object that is the kernel's memory. */
extern u64 lkl_ram;

/* Guest-physical addresses of memory: what devices may touch. */
extern phys_addr_t lkl_dma_start;
extern phys_addr_t lkl_dma_end;

int lkl_mem_init(const char *cmdline);
void lkl_mem_exit(void);
void lkl_cpu_init(void);
void lkl_paging_init(void);
void lkl_smp_setup(void);
void lkl_console_init(void);

#endif /* __ASSEMBLY__ */

#endif /* _ASM_LKL_SETUP_H */
