/* SPDX-License-Identifier: GPL-2.0 */
/*
 * asm/disabled-features.h - masks that asm/cpufeatures.h of the host processor
 * wants; with them empty, no feature is known when the image is built.
 *
 * Layer: arch/lkl, for borrowed headers.
 */
#ifndef _ASM_LKL_DISABLED_FEATURES_H
#define _ASM_LKL_DISABLED_FEATURES_H

#define DISABLED_MASK0	0
#define DISABLED_MASK1	0
#define DISABLED_MASK2	0
#define DISABLED_MASK3	0
#define DISABLED_MASK4	0
#define DISABLED_MASK5	0
#define DISABLED_MASK6	0
#define DISABLED_MASK7	0
#define DISABLED_MASK8	0
#define DISABLED_MASK9	0
#define DISABLED_MASK10	0
#define DISABLED_MASK11	0
#define DISABLED_MASK12	0
#define DISABLED_MASK13	0
#define DISABLED_MASK14	0
#define DISABLED_MASK15	0
#define DISABLED_MASK16	0
#define DISABLED_MASK17	0
#define DISABLED_MASK18	0
#define DISABLED_MASK19	0
#define DISABLED_MASK20	0
#define DISABLED_MASK21	0
#define DISABLED_MASK22	0
#define DISABLED_MASK_CHECK	BUILD_BUG_ON_ZERO(NCAPINTS != 22)

#endif /* _ASM_LKL_DISABLED_FEATURES_H */
