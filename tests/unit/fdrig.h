/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fdrig.h - a driver on a block device on a file descriptor.
 *
 * Layer:   tests/unit.
 * Users:   the suites about the file descriptor backend.
 */
#ifndef LKL_UNIT_FDRIG_H
#define LKL_UNIT_FDRIG_H

#include "tests/unit/driver.h"

#define DISK_SIZE	(1 << 20)

struct fd_rig {
	int fd;
	struct virtio_device *vdev;
	struct virtio_mmio *mmio;
	struct driver drv;
};

/* A file on a disk, without a name, of DISK_SIZE zeros. */
int disk_file(void);

/* The same in memory. */
int memory_file(void);

/* Make the device over @fd, which belongs to the rig, and start the driver. */
void fd_rig_start(struct fd_rig *rig, int fd, unsigned int flags,
		  unsigned int queues);

/* Take it apart and check that nothing is left. */
void fd_rig_stop(struct fd_rig *rig);

#endif /* LKL_UNIT_FDRIG_H */
