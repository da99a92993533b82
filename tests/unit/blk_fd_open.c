// SPDX-License-Identifier: GPL-2.0
/*
 * blk_fd_open.c - the file descriptor backend: which descriptors, and how.
 *
 * Layer:   tests/unit.
 */
#include "drivers/virtio/virtio.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/driver.h"
#include "tests/unit/fake.h"
#include "tests/unit/faults.h"
#include "tests/unit/fdrig.h"

/* Descriptors that cannot be a disk, and why. */
Test(blk_fd, refused_descriptors)
{
	struct virtio_blk_backend *be;
	int fd = disk_file();
	char path[64];
	int pipes[2];

	fake_init();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
#define REFUSED(descriptor, error) do {					\
		int d = (descriptor);					\
									\
		cr_expect_eq(virtio_blk_fd_create(&fake.host, d, 0, &be), \
			     error, #descriptor);			\
		if (d >= 0 && d != fd)					\
			close(d);					\
	} while (0)
	REFUSED(-1, -EBADF);
	REFUSED(open(path, O_WRONLY), -EACCES);
	REFUSED(open(path, O_RDWR | O_APPEND), -EINVAL);
	REFUSED(open(path, O_PATH), -EBADF);
	REFUSED(open("/", O_RDONLY), -ENOTBLK);
	REFUSED(open("/dev/null", O_RDWR), -ENOTBLK);
	cr_assert_eq(pipe(pipes), 0);
	REFUSED(pipes[0], -ENOTBLK);
	cr_assert_eq(ftruncate(fd, DISK_SIZE + 1), 0);
	REFUSED(fd, -EINVAL);
	cr_assert_eq(ftruncate(fd, 511), 0);
	REFUSED(fd, -EINVAL);
#undef REFUSED
	fake_check_clean();
}

/* Every allocation may be refused; neither memory nor descriptors leak. */
Test(blk_fd, creation_fails_cleanly)
{
	struct virtio_blk_backend *be;
	int fd = disk_file(), next = dup(fd), i;

	close(next);
	fake_init();
	for (i = 1;; i++) {
		fake.fail_alloc = i;
		if (!virtio_blk_fd_create(&fake.host, fd, 0, &be))
			break;
		cr_assert_eq(fake.allocs, 0, "failure %d leaks", i);
		cr_assert_eq(dup(fd), next, "failure %d leaks", i);
		close(next);
	}
	cr_assert_eq(i, 5);
	be->ops->destroy(be);
	fake_check_clean();
}

/* Descriptors without a cache, or with synchronous writes, never run inline. */
Test(blk_fd, direct_and_synchronous)
{
	static const struct {
		int flags;
		int threads_after_read;
	} cases[] = { { O_DIRECT, 1 }, { O_DSYNC, 0 }, { O_SYNC, 0 } };
	char path[64], block[4096];
	struct fd_rig rig;
	int fd = disk_file(), d;
	size_t i;

	memset(block, 7, sizeof(block));
	cr_assert_eq(pwrite(fd, block, sizeof(block), 0), sizeof(block));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		d = open(path, O_RDWR | cases[i].flags);
		if (d < 0)
			continue;
		fd_rig_start(&rig, d, 0, 1);
		fake_alloc(4096 - fake.used % 4096, 1);
		memset(block, 0, sizeof(block));
		cr_assert_eq(blk_read(&rig.drv, 0, block, sizeof(block)), 0);
		cr_expect_eq(block[99], 7);
		cr_expect_eq(fake.threads, cases[i].threads_after_read);
		cr_assert_eq(blk_write(&rig.drv, 8, block, sizeof(block)), 0);
		cr_expect_eq(fake.threads, 1);
		fd_rig_stop(&rig);
	}
	close(fd);
}

/* A descriptor open for reading, or the flag, makes the disk read-only. */
Test(blk_fd, read_only)
{
	struct fd_rig rig;
	char path[64];
	int fd = disk_file();

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	fd_rig_start(&rig, open(path, O_RDONLY), 0, 1);
	cr_assert(driver_offered(&rig.drv) >> VIRTIO_BLK_F_RO & 1);
	cr_assert_eq(blk_write(&rig.drv, 0, NULL, 512), VIRTIO_BLK_S_IOERR);
	cr_assert_eq(blk_flush(&rig.drv), VIRTIO_BLK_S_OK);
	fd_rig_stop(&rig);
	fd_rig_start(&rig, fd, VIRTIO_BLK_FD_READ_ONLY, 1);
	cr_assert(driver_offered(&rig.drv) >> VIRTIO_BLK_F_RO & 1);
	fd_rig_stop(&rig);
}

/* The caller may close its descriptor, or use the number for something else. */
Test(blk_fd, descriptor_is_our_own)
{
	struct fd_rig rig;
	int other = disk_file(), fd = disk_file();
	char block[512], byte = 1;

	fd_rig_start(&rig, fd, 0, 1);
	cr_assert_eq(dup2(other, fd), fd);
	memset(block, 1, sizeof(block));
	cr_assert_eq(blk_write(&rig.drv, 0, block, sizeof(block)), 0);
	cr_assert_eq(pread(other, &byte, 1, 0), 1);
	cr_assert_eq(byte, 0, "the other file is as it was");
	fd_rig_stop(&rig);
}
