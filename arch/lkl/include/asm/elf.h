/* SPDX-License-Identifier: GPL-2.0 */
/*
 * asm/elf.h - what generic headers want of an architecture's ELF format.
 *
 * Layer: arch/lkl. No ELF program is ever executed by this kernel.
 */
#ifndef _ASM_LKL_ELF_H
#define _ASM_LKL_ELF_H

#include <asm/ptrace.h>

#define ELF_CLASS	ELFCLASS64
#define ELF_DATA	ELFDATA2LSB
#define ELF_ARCH	EM_X86_64

#define elf_check_arch(x)	((x)->e_machine == EM_X86_64)

typedef unsigned long elf_greg_t;
#define ELF_NGREG	(sizeof(struct pt_regs) / sizeof(elf_greg_t))
typedef elf_greg_t elf_gregset_t[ELF_NGREG];
typedef struct { } elf_fpregset_t;

#define ELF_EXEC_PAGESIZE	4096
#define ELF_ET_DYN_BASE		TASK_UNMAPPED_BASE
#define ELF_HWCAP		0
#define ELF_PLATFORM		NULL
#define ELF_PLAT_INIT(regs, load_addr)	do { } while (0)
#define SET_PERSONALITY(ex)		do { } while (0)


#endif /* _ASM_LKL_ELF_H */
