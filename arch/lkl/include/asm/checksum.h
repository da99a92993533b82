/* SPDX-License-Identifier: GPL-2.0 */
/*
 * asm/checksum.h - Internet checksums: the host processor's own.
 *
 * Layer: arch/lkl, for networking. Implemented by what lib/ borrows, copying
 * from and to the application included.
 */
#ifndef _ASM_LKL_CHECKSUM_H
#define _ASM_LKL_CHECKSUM_H

#define _HAVE_ARCH_COPY_AND_CSUM_FROM_USER
#define HAVE_CSUM_COPY_USER
#define _HAVE_ARCH_CSUM_AND_COPY

#include <asm/checksum_64.h>

#endif /* _ASM_LKL_CHECKSUM_H */
