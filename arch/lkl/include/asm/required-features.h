/* SPDX-License-Identifier: GPL-2.0 */
/*
 * asm/required-features.h - masks that asm/cpufeatures.h of the host processor
 * wants; with them empty, no feature is known when the image is built.
 *
 * Layer: arch/lkl, for borrowed headers.
 */
#ifndef _ASM_LKL_REQUIRED_FEATURES_H
#define _ASM_LKL_REQUIRED_FEATURES_H

#define REQUIRED_MASK0	0
#define REQUIRED_MASK1	0
#define REQUIRED_MASK2	0
#define REQUIRED_MASK3	0
#define REQUIRED_MASK4	0
#define REQUIRED_MASK5	0
#define REQUIRED_MASK6	0
#define REQUIRED_MASK7	0
#define REQUIRED_MASK8	0
#define REQUIRED_MASK9	0
#define REQUIRED_MASK10	0
#define REQUIRED_MASK11	0
#define REQUIRED_MASK12	0
#define REQUIRED_MASK13	0
#define REQUIRED_MASK14	0
#define REQUIRED_MASK15	0
#define REQUIRED_MASK16	0
#define REQUIRED_MASK17	0
#define REQUIRED_MASK18	0
#define REQUIRED_MASK19	0
#define REQUIRED_MASK20	0
#define REQUIRED_MASK21	0
#define REQUIRED_MASK22	0
#define REQUIRED_MASK_CHECK	BUILD_BUG_ON_ZERO(NCAPINTS != 22)

#endif /* _ASM_LKL_REQUIRED_FEATURES_H */
