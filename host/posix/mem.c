// SPDX-License-Identifier: GPL-2.0
/*
 * mem.c - the memory family: the kernel's memory object and address range.
 *
 * Layer:   host/posix.
 * Users:   the kernel (its memory, vmalloc, user mappings), devices (alloc),
 *          the loader (the span).
 * Context: any thread. No state but the host kernel's.
 *
 * DOC: Theory of operation
 *
 * A memory object is a piece of shared memory without a name, and its handle
 * is a mapping of all of it that nobody touches (so that it costs address space
 * alone). To map a part elsewhere, mremap() with an old size of 0 is asked for
 * a second mapping of the same pages. Against a memfd that is kept open,
 *
 * - the application cannot close the descriptor under us, nor find it, and it
 *   does not count against RLIMIT_NOFILE;
 * - a new mapping inherits what was said once about the first one: that a
 *   forked child does not get it, nor a core dump. With mmap() each mapping
 *   needs madvise() too.
 *
 * After fork() the child therefore has holes where the kernel's memory was,
 * and cannot disturb the parent's. A dump would first fill in all pages that
 * were never touched, to write them as zeros.
 *
 * The span is private anonymous memory without access. It never has contents,
 * and so needs no MADV_DONTDUMP to stay out of core dumps; a flag on the span
 * would also keep an unmapped piece from merging with its neighbours again.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host/posix/posix.h"

/* What the kernel is built for; posix_span_reserve() checks the host's. */
#define PAGE_BYTES	4096ULL

#define ALLOC_ALIGN	64ULL
#define SPAN_FLAGS	(MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)

struct object {
	char *base;
	__u64 size;
};

static void *address(__u64 addr)
{
	return (void *)(uintptr_t)addr;
}

static int is_page_range(__u64 start, __u64 size)
{
	return size && !((start | size) & (PAGE_BYTES - 1)) &&
	       start + size > start;
}

static int object_has(const struct object *obj, __u64 offset, __u64 size)
{
	return is_page_range(offset, size) && offset + size <= obj->size;
}

/*
 * Bits we do not know are an error, so that a later meaning is not lost.
 * Return: the host's bits, or -EINVAL.
 */
static int prot_to_host(__u32 prot)
{
	int host = PROT_NONE;

	if (prot & ~(LKL_PROT_READ | LKL_PROT_WRITE))
		return posix_errno(EINVAL);
	if (prot & LKL_PROT_READ)
		host |= PROT_READ;
	if (prot & LKL_PROT_WRITE)
		host |= PROT_WRITE;
	return host;
}

/* -ENOMEM and -EINVAL are all that the contract knows. */
static int map_error(int err)
{
	return posix_errno(err == EINVAL ? EINVAL : ENOMEM);
}

static void *mem_alloc(__u64 size)
{
	__u64 rounded = (size + ALLOC_ALIGN - 1) & ~(ALLOC_ALIGN - 1);
	void *ptr;

	if (rounded < size)
		return NULL;
	ptr = aligned_alloc(ALLOC_ALIGN, rounded ? rounded : ALLOC_ALIGN);
	if (ptr)
		memset(ptr, 0, rounded);
	return ptr;
}

static void mem_free(void *ptr)
{
	free(ptr);
}

static int object_create(__u64 size, __u64 *object)
{
	struct object *obj;
	int err;

	if (!is_page_range(0, size))
		return posix_errno(EINVAL);
	obj = malloc(sizeof(*obj));
	if (!obj)
		return posix_errno(ENOMEM);
	obj->size = size;
	obj->base = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (obj->base == MAP_FAILED) {
		err = posix_errno(errno == ENFILE ? ENFILE : ENOMEM);
		goto err_free;
	}
	if (madvise(obj->base, size, MADV_DONTFORK) ||
	    madvise(obj->base, size, MADV_DONTDUMP)) {
		err = posix_errno(ENOMEM);
		goto err_unmap;
	}
	*object = (uintptr_t)obj;
	return 0;

err_unmap:
	munmap(obj->base, size);
err_free:
	free(obj);
	return err;
}

static void object_destroy(__u64 object)
{
	struct object *obj = address(object);

	munmap(obj->base, obj->size);
	free(obj);
}

/* A new mapping is readable and writable, like the object's own. */
static int mem_map(__u64 object, __u64 addr, __u64 size, __u64 offset,
		   __u32 prot)
{
	struct object *obj = address(object);
	int host_prot = prot_to_host(prot);

	if (host_prot < 0)
		return host_prot;
	if (!is_page_range(addr, size) || !object_has(obj, offset, size))
		return posix_errno(EINVAL);
	if (mremap(obj->base + offset, 0, size, MREMAP_MAYMOVE | MREMAP_FIXED,
		   address(addr)) == MAP_FAILED)
		return map_error(errno);
	if (host_prot != (PROT_READ | PROT_WRITE) &&
	    mprotect(address(addr), size, host_prot))
		return map_error(errno);
	return 0;
}

static int mem_unmap(__u64 addr, __u64 size)
{
	if (!is_page_range(addr, size))
		return posix_errno(EINVAL);
	if (mmap(address(addr), size, PROT_NONE, SPAN_FLAGS | MAP_FIXED, -1,
		 0) == MAP_FAILED)
		return map_error(errno);
	return 0;
}

static int mem_protect(__u64 addr, __u64 size, __u32 prot)
{
	int host_prot = prot_to_host(prot);

	if (host_prot < 0)
		return host_prot;
	if (!is_page_range(addr, size))
		return posix_errno(EINVAL);
	if (mprotect(address(addr), size, host_prot))
		return map_error(errno);
	return 0;
}

static int mem_discard(__u64 object, __u64 offset, __u64 size)
{
	struct object *obj = address(object);

	if (!object_has(obj, offset, size))
		return posix_errno(EINVAL);
	if (madvise(obj->base + offset, size, MADV_REMOVE))
		return posix_errno(EOPNOTSUPP);
	return 0;
}

int posix_span_reserve(__u64 size, __u64 align, __u64 *addr)
{
	__u64 start, aligned, total = size + align;
	void *ptr;

	if (!is_page_range(0, size) || align < PAGE_BYTES ||
	    (align & (align - 1)) || total < size)
		return posix_errno(EINVAL);
	if (sysconf(_SC_PAGESIZE) != PAGE_BYTES)
		return posix_errno(EOPNOTSUPP);
	ptr = mmap(NULL, total, PROT_NONE, SPAN_FLAGS, -1, 0);
	if (ptr == MAP_FAILED)
		return posix_errno(ENOMEM);
	start = (uintptr_t)ptr;
	aligned = (start + align - 1) & ~(align - 1);
	if (aligned > start)
		munmap(ptr, aligned - start);
	if (start + total > aligned + size)
		munmap(address(aligned + size), start + align - aligned);
	*addr = aligned;
	return 0;
}

void posix_span_release(__u64 addr, __u64 size)
{
	munmap(address(addr), size);
}

const struct lkl_mem_ops posix_mem_ops = {
	.hdr = LKL_OPS_HEADER(struct lkl_mem_ops),
	.page_size = PAGE_BYTES,
	.alloc = mem_alloc,
	.free = mem_free,
	.object_create = object_create,
	.object_destroy = object_destroy,
	.map = mem_map,
	.unmap = mem_unmap,
	.protect = mem_protect,
	.discard = mem_discard,
};
