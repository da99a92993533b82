// SPDX-License-Identifier: GPL-2.0
/*
 * races.c - several vCPUs and a completing thread at one device.
 *
 * Layer:   tests/unit. Most useful under ThreadSanitizer.
 */
#include "drivers/virtio/virtio.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <sched.h>

#include "tests/unit/driver.h"
#include "tests/unit/fake.h"
#include "tests/unit/membe.h"

#define ROUNDS	3000

struct racer {
	struct rig *rig;
	bool stop;
	pthread_t thread;
};

static bool stopped(const struct racer *r)
{
	return __atomic_load_n(&r->stop, __ATOMIC_ACQUIRE);
}

static void racer_start(struct racer *r, struct rig *rig,
			void *(*fn)(void *arg))
{
	r->rig = rig;
	r->stop = false;
	cr_assert_eq(pthread_create(&r->thread, NULL, fn, r), 0);
}

static void racer_stop(struct racer *r)
{
	__atomic_store_n(&r->stop, true, __ATOMIC_RELEASE);
	pthread_join(r->thread, NULL);
}

/* A vCPU that rings the doorbell and looks at registers all the time. */
static void *ring_doorbell(void *arg)
{
	struct racer *r = arg;
	__u64 value;

	while (!stopped(r)) {
		virtio_mmio_write(r->rig->mmio, VIRTIO_MMIO_QUEUE_NOTIFY, 4, 0);
		virtio_mmio_read(r->rig->mmio, VIRTIO_MMIO_INTERRUPT_STATUS, 4,
				 &value);
		virtio_mmio_write(r->rig->mmio, VIRTIO_MMIO_INTERRUPT_ACK, 4,
				  value);
		virtio_mmio_read(r->rig->mmio, VIRTIO_MMIO_STATUS, 4, &value);
		virtio_mmio_read(r->rig->mmio, VIRTIO_MMIO_CONFIG, 4, &value);
	}
	return NULL;
}

/* A host thread that completes what the backend holds. */
static void *complete(void *arg)
{
	struct racer *r = arg;

	while (!stopped(r) || membe_held(r->rig->mb))
		if (!membe_release(r->rig->mb))
			sched_yield();
	return NULL;
}

/* Keep @depth requests in the ring until each was used @rounds times. */
static void pump(struct rig *rig, unsigned int depth, unsigned int rounds)
{
	struct driver_queue *q = &rig->drv.queue[0];
	struct vring_used_elem elem;
	unsigned int sent, done;

	for (sent = 0; sent < depth; sent++) {
		blk_io_make(q, sent * 3, VIRTIO_BLK_T_OUT, sent, 512, false);
		queue_publish(q, sent * 3);
	}
	queue_notify(&rig->drv, 0);
	for (done = 0; done < rounds; done++) {
		elem = queue_wait_used(q);
		cr_assert_eq(elem.id % 3, 0);
		cr_assert_lt(elem.id, depth * 3);
		if (sent < rounds) {
			sent++;
			queue_publish(q, elem.id);
			queue_notify(&rig->drv, 0);
		}
	}
}

/* No request and no interrupt is lost when everybody runs the queue at once. */
Test(races, doorbells_and_completions, .timeout = 60)
{
	struct rig rig;
	struct racer bell[2], completer;

	rig_start(&rig, ALL_FEATURES, 1, 64);
	rig.mb->hold = true;
	racer_start(&bell[0], &rig, ring_doorbell);
	racer_start(&bell[1], &rig, ring_doorbell);
	racer_start(&completer, &rig, complete);
	pump(&rig, 20, ROUNDS);
	racer_stop(&bell[0]);
	racer_stop(&bell[1]);
	racer_stop(&completer);
	cr_assert_eq(rig.mb->ops[VIRTIO_BLK_OP_WRITE], ROUNDS);
	cr_assert_eq(rig.drv.queue[0].used->idx, ROUNDS);
	rig_stop(&rig);
}

/* Reset under fire: doorbells and completions go on while it happens. */
Test(races, reset_under_fire, .timeout = 60)
{
	struct rig rig;
	struct racer bell[2], completer;
	unsigned int i, j;

	rig_start(&rig, ALL_FEATURES, 1, 64);
	rig.mb->hold = true;
	racer_start(&bell[0], &rig, ring_doorbell);
	racer_start(&bell[1], &rig, ring_doorbell);
	racer_start(&completer, &rig, complete);
	for (i = 0; i < ROUNDS / 10; i++) {
		for (j = 0; j < 10; j++) {
			blk_io_make(&rig.drv.queue[0], j * 3, VIRTIO_BLK_T_OUT,
				    j, 512, false);
			queue_publish(&rig.drv.queue[0], j * 3);
		}
		queue_notify(&rig.drv, 0);
		driver_reset(&rig.drv);
		fake_reset_memory();
		driver_start(&rig.drv, rig.mmio, ALL_FEATURES, 1, 64);
	}
	pump(&rig, 20, 100);
	racer_stop(&bell[0]);
	racer_stop(&bell[1]);
	racer_stop(&completer);
	rig_stop(&rig);
}
