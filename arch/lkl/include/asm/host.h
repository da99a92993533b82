/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel half's view of the host. See host/ops.h for the contracts. */
#ifndef __ASM_LKL_HOST_H
#define __ASM_LKL_HOST_H

#include <host/ops.h>

/* What this instance was given at entry; constant from then on. */
extern struct lkl_host_operations lkl_ops;
extern struct lkl_image_info lkl_image;

#endif
