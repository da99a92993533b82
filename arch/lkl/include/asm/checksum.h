/* SPDX-License-Identifier: GPL-2.0 */
/*
 * asm/checksum.h - Internet checksums: the host processor's own.
 *
 * Layer: arch/lkl, for networking. Copying with a checksum is left to the
 * generic functions, which copy with asm/uaccess.h and then sum.
 */
#ifndef _ASM_LKL_CHECKSUM_H
#define _ASM_LKL_CHECKSUM_H

#include <linux/in6.h>
#include <linux/uaccess.h>
#include <asm/checksum_64.h>

#endif /* _ASM_LKL_CHECKSUM_H */
