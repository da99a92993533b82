// SPDX-License-Identifier: GPL-2.0
/*
 * blk_window.c - tests of the backend that is a part of another one
 *
 * Layer:   tests/unit; over drivers/virtio/blk_window.c.
 */
#include "drivers/virtio/blk_window.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define INNER_SIZE	(64U << 10)

/**
 * struct inner - the backend below: remembers what it was asked
 * @be: its public part; first
 * @offset: of the last request
 * @submits: how many requests
 * @commits: how many commits
 * @destroyed: it was
 */
struct inner {
	struct virtio_blk_backend be;
	uint64_t offset;
	unsigned int submits;
	unsigned int commits;
	bool destroyed;
};

static int inner_submit(struct virtio_blk_backend *be,
			struct virtio_blk_request *req)
{
	struct inner *inner = (struct inner *)be;

	inner->offset = req->offset;
	inner->submits++;
	return -EINPROGRESS;
}

static void inner_commit(struct virtio_blk_backend *be)
{
	((struct inner *)be)->commits++;
}

static void inner_destroy(struct virtio_blk_backend *be)
{
	((struct inner *)be)->destroyed = true;
}

static const struct virtio_blk_backend_ops inner_ops = {
	.submit = inner_submit,
	.commit = inner_commit,
	.destroy = inner_destroy,
};

static void *zeroed(__u64 size)
{
	return calloc(1, size);
}

static const struct lkl_mem_ops mem = { .alloc = zeroed, .free = free };
static const struct virtio_host host = { .mem = &mem };

static struct inner inner_make(void)
{
	return (struct inner){
		.be = {
			.ops = &inner_ops, .size = INNER_SIZE,
			.block_size = 512, .physical_size = 512,
			.discard = true, .serial = "inner",
		},
	};
}

/* Requests are moved by the window's offset; a flush has none. */
Test(blk_window, moves_requests)
{
	struct inner inner = inner_make();
	struct virtio_blk_request req = { .offset = 1024, .len = 512 };
	struct virtio_blk_backend *be;

	cr_assert_eq(virtio_blk_window_create(&host, &inner.be, 4096, 8192, 0,
					      &be), 0);
	cr_assert_eq(be->size, 8192);
	cr_assert_eq(be->block_size, 512);
	cr_assert(be->discard);
	cr_assert_eq(be->ops->submit(be, &req), -EINPROGRESS);
	cr_assert_eq(inner.offset, 5120);
	req = (struct virtio_blk_request){ .op = VIRTIO_BLK_OP_FLUSH };
	be->ops->submit(be, &req);
	cr_assert_eq(inner.offset, 0);
	cr_assert_eq(inner.submits, 2);
	be->ops->commit(be);
	cr_assert_eq(inner.commits, 1);
	be->ops->destroy(be);
	cr_assert(inner.destroyed);
}

/* Without a length it goes to the end; blocks may be larger, not smaller. */
Test(blk_window, sizes)
{
	struct inner inner = inner_make();
	struct virtio_blk_backend *be;

	cr_assert_eq(virtio_blk_window_create(&host, &inner.be, 4096, 0, 4096,
					      &be), 0);
	cr_assert_eq(be->size, INNER_SIZE - 4096);
	cr_assert_eq(be->block_size, 4096);
	cr_assert_eq(be->physical_size, 4096);
	be->ops->destroy(be);
}

/* What does not fit is refused, and the inner backend stays the caller's. */
Test(blk_window, refuses_what_does_not_fit)
{
	static const struct {
		uint64_t offset, length;
		uint32_t block_size;
	} wrong[] = {
		{ INNER_SIZE, 0, 0 }, { INNER_SIZE + 512, 512, 0 },
		{ 0, INNER_SIZE + 512, 0 }, { 512, INNER_SIZE, 0 },
		{ 100, 512, 0 }, { 0, 100, 0 }, { 0, 512, 4096 },
		{ 0, 0, 256 }, { 0, 0, 8192 }, { 0, 0, 1536 },
		{ 512, UINT64_MAX - 511, 0 }, { UINT64_MAX - 511, 1024, 0 },
	};
	struct inner inner = inner_make();
	struct virtio_blk_backend *be;
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		cr_assert_eq(virtio_blk_window_create(&host, &inner.be,
						      wrong[i].offset,
						      wrong[i].length,
						      wrong[i].block_size,
						      &be), -EINVAL, "%zu", i);
	cr_assert_not(inner.destroyed);
}
