// SPDX-License-Identifier: GPL-2.0
/*
 * blk_fd.c - the file descriptor backend: inline, io_uring, worker threads.
 *
 * Layer:   tests/unit.
 */
#include "drivers/virtio/virtio.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/driver.h"
#include "tests/unit/fake.h"
#include "tests/unit/faults.h"

#define DISK_SIZE	(1 << 20)
#define DISK_SECTORS	(DISK_SIZE / 512)

/* How requests that must wait are done. */
enum path { PATH_URING, PATH_POOL, PATH_FORBIDDEN, PATH_NO_THREAD, PATHS };

struct fd_rig {
	int fd;
	struct virtio_mmio *mmio;
	struct driver drv;
};

/* A file on a disk, without a name, of DISK_SIZE zeros. */
static int disk_file(void)
{
	char name[] = "/var/tmp/lkl-unit-XXXXXX";
	int fd = mkstemp(name);

	cr_assert_geq(fd, 0);
	unlink(name);
	cr_assert_eq(ftruncate(fd, DISK_SIZE), 0);
	return fd;
}

static int memory_file(void)
{
	int fd = memfd_create("disk", MFD_CLOEXEC);

	cr_assert_geq(fd, 0);
	cr_assert_eq(ftruncate(fd, DISK_SIZE), 0);
	return fd;
}

static void fd_rig_start(struct fd_rig *rig, int fd, unsigned int flags,
			 unsigned int queues)
{
	struct virtio_blk_backend *be;
	struct virtio_device *vdev;

	memset(rig, 0, sizeof(*rig));
	rig->fd = fd;
	fake_init();
	cr_assert_eq(virtio_blk_fd_create(&fake.host, fd, flags, &be), 0);
	cr_assert_eq(virtio_blk_create(&fake.host, be, queues, &vdev), 0);
	cr_assert_eq(virtio_mmio_create(vdev, &rig->mmio), 0);
	driver_start(&rig->drv, rig->mmio, ~0ULL, queues, 64);
}

static void fd_rig_stop(struct fd_rig *rig)
{
	virtio_mmio_destroy(rig->mmio);
	close(rig->fd);
	fake_check_clean();
}

/* The same rig, set to do what has to wait in one of the ways. */
static void path_start(struct fd_rig *rig, int fd, enum path path)
{
	if (path == PATH_FORBIDDEN)
		faults_forbid_uring();
	fd_rig_start(rig, fd, path == PATH_POOL ? VIRTIO_BLK_FD_NO_URING : 0,
		     1);
	if (path == PATH_NO_THREAD)
		fake.fail_thread = 1000000;
}

ParameterizedTestParameters(blk_fd, round_trip)
{
	static enum path paths[] = { PATH_URING, PATH_POOL, PATH_FORBIDDEN,
				     PATH_NO_THREAD };

	return cr_make_param_array(enum path, paths, PATHS);
}

/* Reads, writes and flushes that cannot be inline, by each path. */
ParameterizedTest(enum path *path, blk_fd, round_trip)
{
	struct fd_rig rig;
	char out[8192], in[8192];
	unsigned int i;

	faults[FAULT_PREADV2] = (struct fault){ .fail = 1 << 30,
						.error = EAGAIN,
						.only_nowait = true };
	faults[FAULT_PWRITEV2] = faults[FAULT_PREADV2];
	path_start(&rig, disk_file(), *path);
	for (i = 0; i < 50; i++) {
		memset(out, (int)i + 1, sizeof(out));
		cr_assert_eq(blk_write(&rig.drv, i * 16, out, sizeof(out)), 0);
		cr_assert_eq(blk_flush(&rig.drv), 0);
		memset(in, 0, sizeof(in));
		cr_assert_eq(blk_read(&rig.drv, i * 16, in, sizeof(in)), 0);
		cr_assert_arr_eq(in, out, sizeof(in), "round %u", i);
		cr_assert_eq(pread(rig.fd, in, sizeof(in), i * 8192), 8192);
		cr_assert_arr_eq(in, out, sizeof(in), "round %u", i);
	}
	cr_assert_gt(faults[FAULT_PREADV2].nowait_calls, 0);
	if (*path == PATH_NO_THREAD)
		cr_assert_eq(fake.threads, 0);
	else
		cr_assert_gt(fake.threads, 0);
	fd_rig_stop(&rig);
}

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

ParameterizedTestParameters(blk_fd, file_too_large)
{
	static enum path paths[] = { PATH_URING, PATH_POOL, PATH_FORBIDDEN,
				     PATH_NO_THREAD };

	return cr_make_param_array(enum path, paths, PATHS);
}

/* The host refuses the bytes (here by a limit): an I/O error, by each path. */
ParameterizedTest(enum path *path, blk_fd, file_too_large)
{
	struct rlimit limit = { 65536, RLIM_INFINITY };
	struct fd_rig rig;
	int fd = disk_file();

	cr_assert_eq(ftruncate(fd, 65536), 0);
	cr_assert_eq(ftruncate(fd, DISK_SIZE), 0);
	faults[FAULT_PWRITEV2] = (struct fault){ .fail = 1 << 30,
						 .error = EAGAIN,
						 .only_nowait = true };
	path_start(&rig, fd, *path);
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
	cr_assert_eq(blk_write(&rig.drv, 128, NULL, 512), VIRTIO_BLK_S_IOERR);
	cr_assert_eq(blk_write(&rig.drv, 127, NULL, 1024), VIRTIO_BLK_S_IOERR,
		     "half of it fits");
	cr_assert_eq(blk_write(&rig.drv, 127, NULL, 512), VIRTIO_BLK_S_OK);
	fd_rig_stop(&rig);
}

ParameterizedTestParameters(blk_fd, truncated_file)
{
	static enum path paths[] = { PATH_URING, PATH_POOL, PATH_FORBIDDEN,
				     PATH_NO_THREAD };

	return cr_make_param_array(enum path, paths, PATHS);
}

/* A file cut behind our back: reads of what is gone and flushes fail. */
ParameterizedTest(enum path *path, blk_fd, truncated_file)
{
	struct fd_rig rig;

	path_start(&rig, disk_file(), *path);
	cr_assert_eq(ftruncate(rig.fd, 65536), 0);
	faults[FAULT_PREADV2] = (struct fault){ .fail = 2, .error = EAGAIN,
						.only_nowait = true };
	cr_assert_eq(blk_read(&rig.drv, 256, NULL, 512), VIRTIO_BLK_S_IOERR);
	cr_assert_eq(blk_read(&rig.drv, 127, NULL, 1024), VIRTIO_BLK_S_IOERR);
	cr_assert_eq(blk_read(&rig.drv, 256, NULL, 512), VIRTIO_BLK_S_IOERR,
		     "inline too");
	cr_assert_eq(blk_read(&rig.drv, 0, NULL, 512), VIRTIO_BLK_S_OK);
	cr_assert_eq(blk_flush(&rig.drv), VIRTIO_BLK_S_IOERR);
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

ParameterizedTestParameters(blk_fd, destroy_waits)
{
	static enum path paths[] = { PATH_URING, PATH_POOL, PATH_FORBIDDEN };

	return cr_make_param_array(enum path, paths, 3);
}

/* Taking the device away waits for what is in flight; all of it is done. */
ParameterizedTest(enum path *path, blk_fd, destroy_waits)
{
	struct fd_rig rig;
	struct driver_queue *q = &rig.drv.queue[0];
	struct blk_io io;
	char in[512];
	unsigned int i;
	int fd;

	path_start(&rig, disk_file(), *path);
	faults[FAULT_PWRITEV2] = (struct fault){ .fail = 1 << 30,
						 .error = EAGAIN,
						 .only_nowait = true };
	for (i = 0; i < 20; i++) {
		io = blk_io_make(q, i * 3, VIRTIO_BLK_T_OUT, i, 512, false);
		memset(fake_ptr(io.data), (int)i + 1, 512);
		queue_publish(q, io.head);
	}
	queue_notify(&rig.drv, 0);
	fd = dup(rig.fd);
	fd_rig_stop(&rig);
	for (i = 0; i < 20; i++) {
		cr_assert_eq(pread(fd, in, 512, i * 512), 512);
		cr_assert_eq(in[100], (char)i + 1);
	}
	close(fd);
}

/* One thread of the concurrency test: its own queue, its own sectors. */
struct worker {
	struct driver *drv;
	unsigned int index;
	struct blk_io write, read, flush;
	pthread_t thread;
};

static uint8_t io_poll(struct driver *drv, unsigned int index,
		       const struct blk_io *io)
{
	struct vring_used_elem elem;

	queue_publish(&drv->queue[index], io->head);
	queue_notify(drv, index);
	while (!queue_used(&drv->queue[index], &elem))
		sched_yield();
	cr_assert_eq(elem.id, io->head);
	return blk_io_status(io);
}

static void *worker_main(void *arg)
{
	struct worker *w = arg;
	struct virtio_blk_outhdr *write = fake_ptr(w->write.hdr);
	struct virtio_blk_outhdr *read = fake_ptr(w->read.hdr);
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		write->sector = w->index * 512 + i * 8 % 512;
		read->sector = write->sector;
		memset(fake_ptr(w->write.data), (int)(i + w->index), 4096);
		cr_assert_eq(io_poll(w->drv, w->index, &w->write), 0);
		if (i % 50 == 0)
			cr_assert_eq(io_poll(w->drv, w->index, &w->flush), 0);
		cr_assert_eq(io_poll(w->drv, w->index, &w->read), 0);
		cr_assert_arr_eq(fake_ptr(w->read.data),
				 fake_ptr(w->write.data), 4096);
	}
	return NULL;
}

static void worker_init(struct worker *w, struct driver *drv,
			unsigned int index)
{
	struct driver_queue *q = &drv->queue[index];

	w->drv = drv;
	w->index = index;
	w->write = blk_io_make(q, 0, VIRTIO_BLK_T_OUT, 0, 4096, false);
	w->read = blk_io_make(q, 3, VIRTIO_BLK_T_IN, 0, 4096, true);
	w->flush = blk_io_make(q, 6, VIRTIO_BLK_T_FLUSH, 0, 0, false);
}

ParameterizedTestParameters(blk_fd, concurrent_queues)
{
	static enum path paths[] = { PATH_URING, PATH_POOL };

	return cr_make_param_array(enum path, paths, 2);
}

/* Four vCPUs, four queues, some answers inline and some late. */
ParameterizedTest(enum path *path, blk_fd, concurrent_queues)
{
	struct fd_rig rig;
	struct worker w[4];
	unsigned int i;

	faults[FAULT_PREADV2] = (struct fault){ .fail = 300, .error = EAGAIN,
						.only_nowait = true };
	faults[FAULT_PWRITEV2] = faults[FAULT_PREADV2];
	fd_rig_start(&rig, disk_file(),
		     *path == PATH_POOL ? VIRTIO_BLK_FD_NO_URING : 0, 4);
	for (i = 0; i < 4; i++)
		worker_init(&w[i], &rig.drv, i);
	for (i = 0; i < 4; i++)
		pthread_create(&w[i].thread, NULL, worker_main, &w[i]);
	for (i = 0; i < 4; i++)
		pthread_join(w[i].thread, NULL);
	fd_rig_stop(&rig);
}

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
