/* SPDX-License-Identifier: GPL-2.0 */
/*
 * disk.h - the disks of a kernel
 *
 * Layer:   tools/lkl/lib, internal, above device.c.
 * Users:   instance.c at start and at the end, blockdev.c.
 * Locking: the kernel's lock is held by the caller, except for disk_serial().
 */
#ifndef LKL_LIB_DISK_H
#define LKL_LIB_DISK_H

#include "kernel.h"

/**
 * disks_plug - announce all disks to a kernel that has just booted
 * @kernel: it
 *
 * Return: 0, or the first error; the disks before it are then announced.
 */
int disks_plug(struct lkl_kernel *kernel);

/**
 * disks_unplugged - the devices of all disks are gone; keep the disks
 * @kernel: a kernel whose devices were freed
 */
void disks_unplugged(struct lkl_kernel *kernel);

/**
 * disks_free - remove all disks
 * @kernel: a kernel without devices
 */
void disks_free(struct lkl_kernel *kernel);

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
