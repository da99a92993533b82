// SPDX-License-Identifier: GPL-2.0
/*
 * blk_fd.c - the file descriptor backend: what is done inline, and errors.
 *
 * Layer:   tests/unit.
 */
#include "drivers/virtio/virtio.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/driver.h"
#include "tests/unit/fake.h"
#include "tests/unit/faults.h"
#include "tests/unit/fdrig.h"

/* Cached reads and writes are done by the notification itself: no thread. */
Test(blk_fd, inline_when_cached)
{
	struct fd_rig rig;
	struct driver_queue *q = &rig.drv.queue[0];
	struct blk_io io;
	int fd = disk_file();

	cr_assert_eq(pwrite(fd, "x", 1, DISK_SIZE - 1), 1);
	fd_rig_start(&rig, fd, 0, 1);
	cr_assert_eq(blk_write(&rig.drv, 0, NULL, 4096), 0);
	io = blk_io_make(q, 0, VIRTIO_BLK_T_IN, 0, 4096, true);
	queue_publish(q, 0);
	queue_notify(&rig.drv, 0);
	cr_assert_eq(q->used->idx, 2);
	cr_assert_eq(blk_io_status(&io), 0);
	cr_assert_eq(fake.threads, 0);
	fd_rig_stop(&rig);
}

/* A file in memory never needs a thread, not for a flush either. */
Test(blk_fd, memory_file_is_inline)
{
	struct fd_rig rig;

	fd_rig_start(&rig, memory_file(), 0, 1);
	cr_assert_eq(blk_write(&rig.drv, 8, NULL, 4096), 0);
	cr_assert_eq(blk_read(&rig.drv, 8, NULL, 512), 0);
	cr_assert_eq(blk_flush(&rig.drv), 0);
	cr_assert_eq(fake.threads, 0);
	fd_rig_stop(&rig);
}

/* The ring can be asked for at once; nothing is different afterwards. */
Test(blk_fd, ring_at_once)
{
	struct fd_rig rig;

	fd_rig_start(&rig, disk_file(), VIRTIO_BLK_FD_RING_NOW, 1);
	cr_assert_eq(fake.threads, 1);
	cr_assert_eq(blk_write(&rig.drv, 0, NULL, 4096), 0);
	cr_assert_eq(blk_flush(&rig.drv), 0);
	cr_assert_eq(blk_read(&rig.drv, 0, NULL, 4096), 0);
	fd_rig_stop(&rig);
}

/* What came before -EAGAIN is kept, the rest is read later. */
Test(blk_fd, partly_inline)
{
	struct fd_rig rig;
	char in[8192], want[8192];
	int fd = disk_file();
	size_t i;

	for (i = 0; i < sizeof(want); i++)
		want[i] = (char)(i / 512 + 1);
	cr_assert_eq(pwrite(fd, want, sizeof(want), 0), sizeof(want));
	fd_rig_start(&rig, fd, 0, 1);
	faults[FAULT_PREADV2].short_to = 1536;
	cr_assert_eq(blk_read(&rig.drv, 0, in, sizeof(in)), 0);
	cr_assert_arr_eq(in, want, sizeof(in));
	cr_assert_eq(faults[FAULT_PREADV2].calls, 6);

	faults[FAULT_PREADV2] = (struct fault){ .short_to = 1000 };
	faults[FAULT_PREADV2].fail = 1;
	faults[FAULT_PREADV2].error = EAGAIN;
	memset(in, 0, sizeof(in));
	cr_assert_eq(blk_read(&rig.drv, 0, in, sizeof(in)), 0);
	cr_assert_arr_eq(in, want, sizeof(in));
	cr_assert_eq(fake.threads, 1);
	fd_rig_stop(&rig);
}

/* Interrupted calls are made again. */
Test(blk_fd, interrupted_calls)
{
	struct fd_rig rig;

	fd_rig_start(&rig, disk_file(), VIRTIO_BLK_FD_NO_URING, 1);
	faults[FAULT_PREADV2] = (struct fault){ .fail = 3, .error = EINTR };
	faults[FAULT_PWRITEV2] = faults[FAULT_PREADV2];
	faults[FAULT_FDATASYNC] = faults[FAULT_PREADV2];
	faults[FAULT_FALLOCATE] = faults[FAULT_PREADV2];
	cr_assert_eq(blk_write(&rig.drv, 0, NULL, 4096), 0);
	cr_assert_eq(blk_read(&rig.drv, 0, NULL, 4096), 0);
	cr_assert_eq(blk_flush(&rig.drv), 0);
	cr_assert_eq(blk_range(&rig.drv, VIRTIO_BLK_T_DISCARD, 0, 8, 0), 0);
	fd_rig_stop(&rig);
}

/* Every error of the host is an I/O error of the disk; the next request works. */
Test(blk_fd, host_errors)
{
	static const int errors[] = { EIO, ENOSPC, EDQUOT, EFBIG, EBADF,
				      ENOMEM, EROFS };
	struct fd_rig rig;
	size_t i;

	fd_rig_start(&rig, disk_file(), VIRTIO_BLK_FD_NO_URING, 1);
	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		struct fault f = { .fail = 1, .error = errors[i] };

		faults[FAULT_PREADV2] = f;
		cr_expect_eq(blk_read(&rig.drv, 0, NULL, 512), 1);
		faults[FAULT_PWRITEV2] = f;
		cr_expect_eq(blk_write(&rig.drv, 0, NULL, 512), 1);
		faults[FAULT_FDATASYNC] = f;
		cr_expect_eq(blk_flush(&rig.drv), 1);
		faults[FAULT_FSTAT] = f;
		cr_expect_eq(blk_flush(&rig.drv), 1);
		faults[FAULT_FALLOCATE] = f;
		cr_expect_eq(blk_range(&rig.drv, VIRTIO_BLK_T_DISCARD, 0, 8,
				       0), 1);
		faults[FAULT_FALLOCATE] = f;
		cr_expect_eq(blk_range(&rig.drv, VIRTIO_BLK_T_WRITE_ZEROES, 0,
				       8, 0), 1);
		cr_expect_eq(blk_write(&rig.drv, 0, NULL, 512), 0);
		cr_expect_eq(blk_flush(&rig.drv), 0);
	}
	fd_rig_stop(&rig);
}

static blkcnt_t blocks(int fd)
{
	struct stat st;

	cr_assert_eq(fstat(fd, &st), 0);
	return st.st_blocks;
}

/* Fill the disk; then one kind of request on a part of it. */
static blkcnt_t range_on_full(struct fd_rig *rig, uint32_t type, uint32_t flags,
			      uint8_t status)
{
	static char ones[65536], in[65536];
	blkcnt_t before;
	unsigned int i;

	memset(ones, 1, sizeof(ones));
	cr_assert_eq(pwrite(rig->fd, ones, sizeof(ones), 0), sizeof(ones));
	cr_assert_eq(fsync(rig->fd), 0);
	before = blocks(rig->fd);
	cr_assert_eq(blk_range(&rig->drv, type, 32, 64, flags), status);
	cr_assert_eq(fsync(rig->fd), 0);
	if (status)
		return 0;
	cr_assert_eq(pread(rig->fd, in, sizeof(in), 0), sizeof(in));
	for (i = 0; i < sizeof(in); i++)
		cr_assert_eq(in[i], i / 512 < 32 || i / 512 >= 96, "byte %u", i);
	return before - blocks(rig->fd);
}

/* DISCARD and unmapping WRITE_ZEROES free blocks, plain WRITE_ZEROES does not. */
Test(blk_fd, ranges_on_disk_and_in_memory)
{
	struct fd_rig rig;
	int memory;

	for (memory = 0; memory < 2; memory++) {
		fd_rig_start(&rig, memory ? memory_file() : disk_file(), 0, 1);
		cr_expect_eq(range_on_full(&rig, VIRTIO_BLK_T_DISCARD, 0, 0),
			     64);
		cr_expect_eq(range_on_full(&rig, VIRTIO_BLK_T_WRITE_ZEROES, 1,
					   0), 64);
		cr_expect_eq(range_on_full(&rig, VIRTIO_BLK_T_WRITE_ZEROES, 0,
					   0), 0);
		fd_rig_stop(&rig);
	}
}

/* A file system that knows no fallocate(): no DISCARD, zeros by writing. */
Test(blk_fd, no_fallocate)
{
	struct fd_rig rig;

	fd_rig_start(&rig, disk_file(), 0, 1);
	faults[FAULT_FALLOCATE] = (struct fault){ .fail = 1 << 30,
						  .error = EOPNOTSUPP };
	range_on_full(&rig, VIRTIO_BLK_T_DISCARD, 0, VIRTIO_BLK_S_UNSUPP);
	range_on_full(&rig, VIRTIO_BLK_T_WRITE_ZEROES, 0, VIRTIO_BLK_S_OK);
	range_on_full(&rig, VIRTIO_BLK_T_WRITE_ZEROES, 1, VIRTIO_BLK_S_OK);
	fd_rig_stop(&rig);
}

/* A write that stalled sends the following ones to another thread. */
Test(blk_fd, stalled_write)
{
	struct fd_rig rig;
	int i;

	fd_rig_start(&rig, disk_file(), 0, 1);
	faults[FAULT_PWRITEV2] = (struct fault){ .delay_ms = 5 };
	cr_assert_eq(blk_write(&rig.drv, 0, NULL, 512), 0);
	faults[FAULT_PWRITEV2] = (struct fault){ 0 };
	if (fake.threads)
		cr_skip_test("RWF_NOWAIT writes work here");
	for (i = 0; i < 64; i++)
		cr_assert_eq(blk_write(&rig.drv, 0, NULL, 512), 0);
	cr_assert_eq(faults[FAULT_PWRITEV2].calls, 0);
	cr_assert_eq(fake.threads, 1);
	cr_assert_eq(blk_write(&rig.drv, 0, NULL, 512), 0);
	cr_assert_gt(faults[FAULT_PWRITEV2].calls, 0, "inline again");
	fd_rig_stop(&rig);
}

/* Flush is fdatasync(), begun after the write that was reported before it. */
Test(blk_fd, flush_is_fdatasync)
{
	struct fd_rig rig;

	fd_rig_start(&rig, disk_file(), VIRTIO_BLK_FD_NO_URING, 1);
	cr_assert_eq(blk_write(&rig.drv, 0, NULL, 512), 0);
	cr_assert_eq(faults[FAULT_FDATASYNC].calls, 0);
	cr_assert_eq(blk_flush(&rig.drv), 0);
	cr_assert_eq(faults[FAULT_FDATASYNC].calls, 1);
	fd_rig_stop(&rig);
}

/* Run a large read. Return: whether the notification did it itself. */
static bool read_at_once(struct fd_rig *rig, uint64_t sector)
{
	struct driver_queue *q = &rig->drv.queue[0];
	uint64_t mark = fake.used;
	uint16_t used = q->used_seen;
	struct blk_io io;
	bool at_once;

	io = blk_io_make(q, 0, VIRTIO_BLK_T_IN, sector, 256 << 10, true);
	queue_publish(q, 0);
	/* Late answers stay away until the test has looked. */
	faults[FAULT_PREADV2].delay_ms = 20;
	queue_notify(&rig->drv, 0);
	at_once = __atomic_load_n(&q->used->idx, __ATOMIC_ACQUIRE) != used;
	queue_wait_used(q);
	cr_assert_eq(blk_io_status(&io), 0);
	fake.used = mark;
	/* Until the worker has left the queue, it would run the next one. */
	while (__atomic_load_n(&rig->vdev->queues[0].refs, __ATOMIC_ACQUIRE))
		sched_yield();
	return at_once;
}

/* Large reads in a row, and large writes, are copied by another processor. */
Test(blk_fd, large_requests)
{
	struct fd_rig rig;
	cpu_set_t set;

	if (!sched_getaffinity(0, sizeof(set), &set) && CPU_COUNT(&set) == 1)
		cr_skip_test("there is one processor");
	fd_rig_start(&rig, memory_file(), VIRTIO_BLK_FD_NO_URING, 1);
	cr_expect(read_at_once(&rig, 512), "a first one");
	cr_expect(!read_at_once(&rig, 1024), "going on");
	cr_expect(read_at_once(&rig, 0), "somewhere else");
	cr_expect(!read_at_once(&rig, 1536), "the first one goes on");
	cr_expect(!read_at_once(&rig, 512), "the second one too");
	cr_expect_gt(fake.threads, 0);
	fd_rig_stop(&rig);

	fd_rig_start(&rig, memory_file(), 0, 1);
	cr_assert_eq(blk_write(&rig.drv, 0, NULL, 256 << 10), 0);
	cr_expect_eq(fake.threads, 1);
	fd_rig_stop(&rig);
}

/* One processor does everything itself. */
Test(blk_fd, large_requests_on_one_processor)
{
	struct fd_rig rig;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(sched_getcpu(), &set);
	cr_assert_eq(sched_setaffinity(0, sizeof(set), &set), 0);
	fd_rig_start(&rig, memory_file(), VIRTIO_BLK_FD_NO_URING, 1);
	cr_expect(read_at_once(&rig, 0));
	cr_expect(read_at_once(&rig, 512));
	cr_expect_eq(fake.threads, 0);
	fd_rig_stop(&rig);
}

/* After every 16 MiB the host is told to begin writing; its errors are its own. */
Test(blk_fd, write_behind)
{
	struct fd_rig rig;
	unsigned int i;
	int fd = disk_file();

	fd_rig_start(&rig, fd, VIRTIO_BLK_FD_NO_URING, 1);
	faults[FAULT_SYNC_FILE_RANGE] = (struct fault){ .fail = 1,
							.error = EIO };
	for (i = 0; i < 2 * 64 - 1; i++)
		cr_assert_eq(blk_write(&rig.drv, i % 4 * 512, NULL, 256 << 10),
			     0);
	cr_assert_eq(blk_flush(&rig.drv), 0);
	virtio_mmio_destroy(rig.mmio);
	cr_assert_eq(faults[FAULT_SYNC_FILE_RANGE].calls, 1);
	close(fd);
	fake_check_clean();
}

/* A flush inside, a slow one, holds up nobody: a read overtakes it. */
Test(blk_fd, slow_flush_is_overtaken)
{
	struct fd_rig rig;
	struct driver_queue *q = &rig.drv.queue[0];
	struct blk_io read;

	fd_rig_start(&rig, disk_file(), VIRTIO_BLK_FD_NO_URING, 1);
	faults[FAULT_FDATASYNC].delay_ms = 100;
	blk_io_make(q, 0, VIRTIO_BLK_T_FLUSH, 0, 0, false);
	read = blk_io_make(q, 3, VIRTIO_BLK_T_IN, 0, 512, true);
	queue_publish(q, 0);
	queue_publish(q, 3);
	queue_notify(&rig.drv, 0);
	cr_assert_eq(queue_wait_used(q).id, 3);
	cr_assert_eq(blk_io_status(&read), 0);
	cr_assert_eq(queue_wait_used(q).id, 0);
	fd_rig_stop(&rig);
}
