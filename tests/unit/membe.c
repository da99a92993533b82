// SPDX-License-Identifier: GPL-2.0
/*
 * membe.c - a block backend in memory.
 *
 * Layer:   tests/unit.
 * Users:   see membe.h. Requests may come from several threads.
 */
#include "tests/unit/membe.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/fake.h"

static int membe_run(struct membe *mb, struct virtio_blk_request *req)
{
	char *at = mb->data + req->offset;
	unsigned int i;

	if (mb->result)
		return mb->result;
	switch (req->op) {
	case VIRTIO_BLK_OP_READ:
		for (i = 0; i < req->iov_count; at += req->iov[i++].iov_len)
			memcpy(req->iov[i].iov_base, at, req->iov[i].iov_len);
		return 0;
	case VIRTIO_BLK_OP_WRITE:
		for (i = 0; i < req->iov_count; at += req->iov[i++].iov_len)
			memcpy(at, req->iov[i].iov_base, req->iov[i].iov_len);
		return 0;
	case VIRTIO_BLK_OP_WRITE_ZEROES:
	case VIRTIO_BLK_OP_DISCARD:
		memset(at, 0, req->len);
		return 0;
	default:
		return 0;
	}
}

static void check_request(const struct membe *mb,
			  const struct virtio_blk_request *req)
{
	uint64_t sum = 0;
	unsigned int i;

	cr_assert(req->offset % 512 == 0 && req->len % 512 == 0);
	cr_assert(req->offset <= mb->be.size &&
		  req->len <= mb->be.size - req->offset);
	if (req->op > VIRTIO_BLK_OP_WRITE)
		return;
	cr_assert(req->iov_count > 0);
	for (i = 0; i < req->iov_count; i++)
		sum += req->iov[i].iov_len;
	cr_assert_eq(sum, req->len);
}

static int membe_submit(struct virtio_blk_backend *be,
			struct virtio_blk_request *req)
{
	struct membe *mb = (struct membe *)be;
	int err = -EINPROGRESS;

	check_request(mb, req);
	pthread_mutex_lock(&mb->mutex);
	mb->ops[req->op]++;
	mb->unmaps += req->op == VIRTIO_BLK_OP_WRITE_ZEROES && req->unmap;
	if (mb->hold) {
		cr_assert_lt(mb->held_count, MEMBE_HELD_MAX);
		mb->held[mb->held_count++] = req;
	} else {
		err = membe_run(mb, req);
	}
	pthread_mutex_unlock(&mb->mutex);
	return err;
}

unsigned int membe_held(struct membe *mb)
{
	unsigned int n;

	pthread_mutex_lock(&mb->mutex);
	n = mb->held_count;
	pthread_mutex_unlock(&mb->mutex);
	return n;
}

unsigned int membe_release(struct membe *mb)
{
	struct virtio_blk_request *req;
	unsigned int n = 0;
	int result;

	for (;; n++) {
		pthread_mutex_lock(&mb->mutex);
		if (!mb->held_count) {
			pthread_mutex_unlock(&mb->mutex);
			return n;
		}
		req = mb->held[--mb->held_count];
		result = membe_run(mb, req);
		pthread_mutex_unlock(&mb->mutex);
		req->done(req, result);
	}
}

static void membe_commit(struct virtio_blk_backend *be)
{
	struct membe *mb = (struct membe *)be;

	pthread_mutex_lock(&mb->mutex);
	mb->commits++;
	pthread_mutex_unlock(&mb->mutex);
}

static void membe_destroy(struct virtio_blk_backend *be)
{
	struct membe *mb = (struct membe *)be;

	cr_assert_eq(mb->held_count, 0, "nothing is in flight at the end");
	pthread_mutex_destroy(&mb->mutex);
	free(mb->data);
	free(mb);
}

static const struct virtio_blk_backend_ops membe_ops = {
	.submit = membe_submit,
	.commit = membe_commit,
	.destroy = membe_destroy,
};

struct membe *membe_create(uint64_t size)
{
	struct membe *mb = calloc(1, sizeof(*mb));

	mb->be = (struct virtio_blk_backend){
		.ops = &membe_ops,
		.size = size,
		.block_size = 512,
		.physical_size = 4096,
		.optimal_size = 65536,
		.discard = true,
		.write_zeroes = true,
		.serial = "a serial of 20 bytes",
	};
	mb->data = calloc(1, size ? size : 1);
	pthread_mutex_init(&mb->mutex, NULL);
	return mb;
}

void rig_start(struct rig *rig, uint64_t features, unsigned int queues,
	       uint16_t size)
{
	memset(rig, 0, sizeof(*rig));
	if (!fake.memory)
		fake_init();
	rig->mb = membe_create(RIG_SECTORS * 512);
	cr_assert_eq(virtio_blk_create(&fake.host, &rig->mb->be, queues,
				       &rig->vdev), 0);
	cr_assert_eq(virtio_mmio_create(rig->vdev, &rig->mmio), 0);
	rig->drv.mmio = rig->mmio;
	if (features)
		driver_start(&rig->drv, rig->mmio, features, queues, size);
}

void rig_stop(struct rig *rig)
{
	virtio_mmio_destroy(rig->mmio);
	fake_check_clean();
}
