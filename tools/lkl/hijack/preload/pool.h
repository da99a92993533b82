/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pool.h - records that are given out and taken back without a lock
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   table.c, place.c: close() and the like may run in signal handlers,
 *	where malloc() may not.
 * Context: any thread, signal handlers too.
 *
 * The records are a static array, whose pages are touched when they are first
 * used, and are never unmapped, so a stale look at one is harmless. Each starts
 * with a uint32_t next; 0 ends a list and n means record n - 1. The head
 * carries a count, so that a head that was changed and changed back is noticed.
 */
#ifndef HIJACK_POOL_H
#define HIJACK_POOL_H

#include <stddef.h>
#include <stdint.h>

struct pool {
	char *records;
	size_t size;
	uint32_t count;
	uint32_t used;
	uint64_t head;
};

#define POOL(array) { (char *)(array), sizeof((array)[0]), ARRAY_SIZE(array), 0, 0 }

static inline uint32_t *pool_record(const struct pool *pool, uint32_t index)
{
	return (uint32_t *)(pool->records + pool->size * (index - 1));
}

static inline uint32_t pool_index(const struct pool *pool, const void *record)
{
	return ((const char *)record - pool->records) / pool->size + 1;
}

static inline void *pool_get(struct pool *pool)
{
	uint64_t head = __atomic_load_n(&pool->head, __ATOMIC_ACQUIRE);
	uint32_t next;

	while ((uint32_t)head) {
		next = __atomic_load_n(pool_record(pool, head), __ATOMIC_RELAXED);
		if (__atomic_compare_exchange_n(&pool->head, &head,
						((head >> 32) + 1) << 32 | next, 0,
						__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			return pool_record(pool, head);
	}
	if (__atomic_load_n(&pool->used, __ATOMIC_RELAXED) >= pool->count)
		return NULL;
	next = __atomic_add_fetch(&pool->used, 1, __ATOMIC_RELAXED);
	return next <= pool->count ? pool_record(pool, next) : NULL;
}

static inline void pool_put(struct pool *pool, void *record)
{
	uint64_t head = __atomic_load_n(&pool->head, __ATOMIC_ACQUIRE);
	uint32_t index = pool_index(pool, record);

	do {
		__atomic_store_n((uint32_t *)record, (uint32_t)head,
				 __ATOMIC_RELAXED);
	} while (!__atomic_compare_exchange_n(&pool->head, &head,
					      ((head >> 32) + 1) << 32 | index, 0,
					      __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
}

#endif /* HIJACK_POOL_H */
