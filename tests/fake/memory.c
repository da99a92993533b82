// SPDX-License-Identifier: GPL-2.0
/*
 * memory.c - the fake host's memory: plain pieces, objects and mappings.
 *
 * Layer:   tests/fake.
 * Context: one host thread.
 */
#include "tests/fake/fake.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ALLOC_ALIGN	64

struct piece {
	struct piece *next;
	void *ptr;
};

/* Lives as long as its handle or a mapping does: @users counts both. */
struct object {
	struct object *next;
	__u64 id;
	__u64 size;
	unsigned int users;
	int destroyed;
	char *bytes;
};

struct mapping {
	struct mapping *next;
	struct object *object;
	__u64 addr;
	__u64 size;
	__u64 offset;
	__u32 prot;
};

static struct piece *pieces;
static struct object *objects;
static struct mapping *mappings;
static __u64 last_object;

/* --- plain memory --- */

static void *mem_alloc(__u64 size)
{
	int err = RECORD(FAKE_MEM_ALLOC, size, 0, 0, 0, 0);
	struct piece *piece;
	void *ptr = NULL;

	/* Not rounded up, so that the sanitizer sees each byte beyond it. */
	if (err || posix_memalign(&ptr, ALLOC_ALIGN, size)) {
		fake_returns(0);
		return NULL;
	}
	memset(ptr, 0, size);
	piece = calloc(1, sizeof(*piece));
	piece->ptr = ptr;
	piece->next = pieces;
	pieces = piece;
	fake_returns((__s64)(__u64)ptr);
	return ptr;
}

static void mem_free(void *ptr)
{
	struct piece **pos = &pieces;
	struct piece *piece;

	RECORD(FAKE_MEM_FREE, ptr, 0, 0, 0, 0);
	if (!ptr)
		return;
	while (*pos && (*pos)->ptr != ptr)
		pos = &(*pos)->next;
	if (!*pos)
		fake_misuse("free of what is not allocated");
	piece = *pos;
	*pos = piece->next;
	free(piece->ptr);
	free(piece);
}

/* --- objects --- */

static struct object *object_find(__u64 id)
{
	struct object *obj = objects;

	while (obj && (obj->id != id || obj->destroyed))
		obj = obj->next;
	if (!obj)
		fake_misuse("use of what is no memory object");
	return obj;
}

static void object_put(struct object *obj)
{
	struct object **pos = &objects;

	if (--obj->users)
		return;
	while (*pos != obj)
		pos = &(*pos)->next;
	*pos = obj->next;
	free(obj->bytes);
	free(obj);
}

static int is_page_range(__u64 start, __u64 size)
{
	return size && !((start | size) & (FAKE_PAGE_SIZE - 1)) &&
	       start + size > start;
}

static int is_span_range(__u64 addr, __u64 size)
{
	return is_page_range(addr, size) && addr >= FAKE_SPAN_START &&
	       addr + size <= FAKE_SPAN_START + FAKE_SPAN_SIZE;
}

static int object_has(const struct object *obj, __u64 offset, __u64 size)
{
	return is_page_range(offset, size) && offset + size <= obj->size;
}

static int object_create(__u64 size, __u64 *object)
{
	int err = RECORD(FAKE_OBJECT_CREATE, size, object, 0, 0, 0);
	struct object *obj;

	if (err)
		return err;
	if (!is_page_range(0, size))
		return fake_returns(-EINVAL);
	obj = calloc(1, sizeof(*obj));
	obj->bytes = calloc(1, size);
	if (!obj->bytes) {
		free(obj);
		return fake_returns(-ENOMEM);
	}
	obj->id = ++last_object;
	obj->size = size;
	obj->users = 1;
	obj->next = objects;
	objects = obj;
	*object = obj->id;
	return 0;
}

static void object_destroy(__u64 object)
{
	struct object *obj = object_find(object);

	RECORD(FAKE_OBJECT_DESTROY, object, 0, 0, 0, 0);
	obj->destroyed = 1;
	object_put(obj);
}

static int mem_discard(__u64 object, __u64 offset, __u64 size)
{
	int err = RECORD(FAKE_DISCARD, object, offset, size, 0, 0);
	struct object *obj = object_find(object);

	if (err)
		return err;
	if (!object_has(obj, offset, size))
		return fake_returns(-EINVAL);
	memset(obj->bytes + offset, 0, size);
	return 0;
}

/* --- mappings --- */

static void mapping_add(struct object *obj, __u64 addr, __u64 size,
			__u64 offset, __u32 prot)
{
	struct mapping *new = calloc(1, sizeof(*new));

	obj->users++;
	*new = (struct mapping){ mappings, obj, addr, size, offset, prot };
	mappings = new;
}

/* Add the part of @m that lies in [@start, @end). */
static void mapping_add_part(const struct mapping *m, __u64 start, __u64 end,
			     __u32 prot)
{
	if (start < m->addr)
		start = m->addr;
	if (end > m->addr + m->size)
		end = m->addr + m->size;
	if (start < end)
		mapping_add(m->object, start, end - start,
			    m->offset + start - m->addr, prot);
}

static int mapping_overlaps(const struct mapping *m, __u64 addr, __u64 size)
{
	return m->addr < addr + size && addr < m->addr + m->size;
}

static void mapping_free(struct mapping *m)
{
	object_put(m->object);
	free(m);
}

/*
 * Take all mappings that overlap the range out of the list, and put back what
 * lies beside it. Return: the list of what was taken.
 */
static struct mapping *carve(__u64 addr, __u64 size)
{
	struct mapping *taken = NULL;
	struct mapping **pos = &mappings;

	while (*pos) {
		struct mapping *m = *pos;

		if (!mapping_overlaps(m, addr, size)) {
			pos = &m->next;
			continue;
		}
		*pos = m->next;
		m->next = taken;
		taken = m;
	}
	for (struct mapping *m = taken; m; m = m->next) {
		mapping_add_part(m, 0, addr, m->prot);
		mapping_add_part(m, addr + size, ~0ULL, m->prot);
	}
	return taken;
}

static void mappings_free(struct mapping *list)
{
	while (list) {
		struct mapping *m = list;

		list = m->next;
		mapping_free(m);
	}
}

static int prot_is_known(__u32 prot)
{
	return !(prot & ~(LKL_PROT_READ | LKL_PROT_WRITE));
}

static int mem_map(__u64 object, __u64 addr, __u64 size, __u64 offset,
		   __u32 prot)
{
	int err = RECORD(FAKE_MAP, object, addr, size, offset, prot);
	struct object *obj = object_find(object);

	if (err)
		return err;
	if (!is_span_range(addr, size) || !object_has(obj, offset, size) ||
	    !prot_is_known(prot))
		return fake_returns(-EINVAL);
	mappings_free(carve(addr, size));
	mapping_add(obj, addr, size, offset, prot);
	return 0;
}

static int mem_unmap(__u64 addr, __u64 size)
{
	int err = RECORD(FAKE_UNMAP, addr, size, 0, 0, 0);

	if (err)
		return err;
	if (!is_span_range(addr, size))
		return fake_returns(-EINVAL);
	mappings_free(carve(addr, size));
	return 0;
}

static int mem_protect(__u64 addr, __u64 size, __u32 prot)
{
	int err = RECORD(FAKE_PROTECT, addr, size, prot, 0, 0);
	struct mapping *taken;

	if (err)
		return err;
	if (!is_span_range(addr, size) || !prot_is_known(prot))
		return fake_returns(-EINVAL);
	taken = carve(addr, size);
	for (struct mapping *m = taken; m; m = m->next)
		mapping_add_part(m, addr, addr + size, prot);
	mappings_free(taken);
	return 0;
}

void *fake_mem_at(__u64 addr, __u32 prot)
{
	for (struct mapping *m = mappings; m; m = m->next) {
		if (addr < m->addr || addr >= m->addr + m->size)
			continue;
		if ((m->prot & prot) != prot)
			return NULL;
		return m->object->bytes + m->offset + (addr - m->addr);
	}
	return NULL;
}

const struct lkl_mem_ops fake_mem_ops = {
	.hdr = LKL_OPS_HEADER(struct lkl_mem_ops),
	.page_size = FAKE_PAGE_SIZE,
	.alloc = mem_alloc,
	.free = mem_free,
	.object_create = object_create,
	.object_destroy = object_destroy,
	.map = mem_map,
	.unmap = mem_unmap,
	.protect = mem_protect,
	.discard = mem_discard,
};

/* --- reset --- */

unsigned int memory_leaks(void)
{
	unsigned int leaks = 0;

	for (struct piece *piece = pieces; piece; piece = piece->next)
		leaks++;
	for (struct object *obj = objects; obj; obj = obj->next)
		leaks += !obj->destroyed;
	for (struct mapping *m = mappings; m; m = m->next)
		leaks++;
	return leaks;
}

void memory_reset(void)
{
	while (pieces) {
		struct piece *piece = pieces;

		pieces = piece->next;
		free(piece->ptr);
		free(piece);
	}
	mappings_free(mappings);
	mappings = NULL;
	while (objects) {
		objects->users = 1;
		object_put(objects);
	}
	last_object = 0;
}
