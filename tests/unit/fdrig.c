// SPDX-License-Identifier: GPL-2.0
/*
 * fdrig.c - a driver on a block device on a file descriptor.
 *
 * Layer:   tests/unit.
 * Users:   see fdrig.h.
 */
#include "tests/unit/fdrig.h"

#include <criterion/criterion.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "tests/unit/fake.h"

int disk_file(void)
{
	char name[] = "/var/tmp/lkl-unit-XXXXXX";
	struct statfs fs;
	int fd = mkstemp(name);

	cr_assert_geq(fd, 0);
	unlink(name);
	if (!fstatfs(fd, &fs) && fs.f_type == TMPFS_MAGIC)
		cr_skip_test("/var/tmp is in memory");
	cr_assert_eq(ftruncate(fd, DISK_SIZE), 0);
	return fd;
}

int memory_file(void)
{
	int fd = memfd_create("disk", MFD_CLOEXEC);

	cr_assert_geq(fd, 0);
	cr_assert_eq(ftruncate(fd, DISK_SIZE), 0);
	return fd;
}

void fd_rig_start(struct fd_rig *rig, int fd, unsigned int flags,
		  unsigned int queues)
{
	struct virtio_blk_backend *be;

	memset(rig, 0, sizeof(*rig));
	rig->fd = fd;
	fake_init();
	cr_assert_eq(virtio_blk_fd_create(&fake.host, fd, flags, &be), 0);
	cr_assert_eq(virtio_blk_create(&fake.host, be, queues, &rig->vdev), 0);
	cr_assert_eq(virtio_mmio_create(rig->vdev, &rig->mmio), 0);
	driver_start(&rig->drv, rig->mmio, ~0ULL, queues, 64);
}

void fd_rig_stop(struct fd_rig *rig)
{
	virtio_mmio_destroy(rig->mmio);
	close(rig->fd);
	fake_check_clean();
}
