/* SPDX-License-Identifier: GPL-2.0 */
/*
 * membe.h - a block backend in memory that a test can hold back and make fail.
 *
 * Layer:   tests/unit.
 * Users:   the suites about rings, registers and the block device.
 */
#ifndef LKL_UNIT_MEMBE_H
#define LKL_UNIT_MEMBE_H

#include <pthread.h>

#include "drivers/virtio/virtio.h"
#include "tests/unit/driver.h"

#define MEMBE_HELD_MAX	1024

/**
 * struct membe - the backend
 * @be: its public part
 * @data: the disk's bytes
 * @hold: do not answer at once but when membe_release() is called
 * @result: answer with this instead of doing the request, if not 0
 * @mutex: protects what follows
 * @held: requests not answered yet
 * @held_count: how many
 * @ops: requests seen, by enum virtio_blk_op
 * @unmaps: WRITE_ZEROES seen with unmap
 * @commits: commit calls
 */
struct membe {
	struct virtio_blk_backend be;
	char *data;
	bool hold;
	int result;
	pthread_mutex_t mutex;
	struct virtio_blk_request *held[MEMBE_HELD_MAX];
	unsigned int held_count;
	unsigned int ops[5];
	unsigned int unmaps;
	unsigned int commits;
};

struct membe *membe_create(uint64_t size);

/* Answer what is held, newest first. Return: how many. */
unsigned int membe_release(struct membe *mb);

/* How many are held. */
unsigned int membe_held(struct membe *mb);

/**
 * struct rig - a driver on a window on a block device on a backend in memory
 */
struct rig {
	struct membe *mb;
	struct virtio_device *vdev;
	struct virtio_mmio *mmio;
	struct driver drv;
};

#define RIG_SECTORS	2048
#define ALL_FEATURES	(~0ULL)

/* Make all of it; the device is up if @features is not 0. */
void rig_start(struct rig *rig, uint64_t features, unsigned int queues,
	       uint16_t size);

/* Take it apart and check that nothing is left. */
void rig_stop(struct rig *rig);

#endif /* LKL_UNIT_MEMBE_H */
