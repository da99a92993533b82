/* SPDX-License-Identifier: GPL-2.0 */
/*
 * debug.h - keep the debugger's list of instances
 *
 * Layer:   tools/lkl/lib.
 * Users:   loader.c.
 */
#ifndef LKL_LIB_DEBUG_H
#define LKL_LIB_DEBUG_H

#include "lkl_debug.h"

/* Context: any host thread; both take the list's lock. */
void debug_instance_add(struct lkl_debug_instance *instance);
void debug_instance_remove(struct lkl_debug_instance *instance);

#endif /* LKL_LIB_DEBUG_H */
