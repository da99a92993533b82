/* SPDX-License-Identifier: GPL-2.0 */
/*
 * disk.h - the disks of a kernel
 *
 * Layer:   tools/lkl/lib, internal, above slot.c.
 * Users:   blockdev.c.
 */
#ifndef LKL_LIB_DISK_H
#define LKL_LIB_DISK_H

#include "kernel.h"

/* Bytes of a disk's serial number, with its zero. */
#define DISK_SERIAL_MAX	20

/**
 * disk_serial - by what a disk can be found inside the kernel
 * @kernel: the kernel; takes its lock
 * @disk_id: from lkl_disk_add()
 * @serial: set to it
 *
 * Return: 0 or -ENODEV.
 */
int disk_serial(struct lkl_kernel *kernel, int disk_id,
		char serial[DISK_SERIAL_MAX]);

#endif /* LKL_LIB_DISK_H */
