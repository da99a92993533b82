/* SPDX-License-Identifier: GPL-2.0 */
/*
 * diskops.h - disks by struct lkl_dev_blk_ops
 *
 * Layer:   tools/lkl/lib, internal; a backend of drivers/virtio.
 * Users:   disk.c.
 */
#ifndef LKL_LIB_DISKOPS_H
#define LKL_LIB_DISKOPS_H

#include <lkl_host.h>

#include "drivers/virtio/virtio.h"

/**
 * diskops_backend_create - a backend that asks the application
 * @disk: the disk, with its ops; copied
 * @be: set to the backend
 *
 * Return: 0, -ENOMEM, or the error of get_capacity.
 */
int diskops_backend_create(const struct lkl_disk *disk,
			   struct virtio_blk_backend **be);

#endif /* LKL_LIB_DISKOPS_H */
