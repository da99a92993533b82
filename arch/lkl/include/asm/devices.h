/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __ASM_LKL_DEVICES_H
#define __ASM_LKL_DEVICES_H

struct lkl_device;

long lkl_device_add(struct lkl_device *d);
long lkl_device_remove(int id);

#endif
