// SPDX-License-Identifier: GPL-2.0
/*
 * blk_fd_paths.c - the file descriptor backend: each way to do what must wait.
 *
 * Layer:   tests/unit.
 */
#include "drivers/virtio/virtio.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/unit/driver.h"
#include "tests/unit/fake.h"
#include "tests/unit/faults.h"
#include "tests/unit/fdrig.h"

/* How requests that must wait are done. */
enum path { PATH_URING, PATH_POOL, PATH_FORBIDDEN, PATH_NO_THREAD, PATHS };

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
