/* SPDX-License-Identifier: GPL-2.0 */
/*
 * asm/arch_hweight.h - population count in software.
 *
 * Layer: arch/lkl, for asm/bitops.h. The host processor's own header patches
 * the instruction in at boot; the image's text is never written.
 */
#ifndef _ASM_LKL_ARCH_HWEIGHT_H
#define _ASM_LKL_ARCH_HWEIGHT_H

#include <asm-generic/bitops/arch_hweight.h>

#endif /* _ASM_LKL_ARCH_HWEIGHT_H */
