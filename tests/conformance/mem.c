// SPDX-License-Identifier: GPL-2.0
/*
 * mem.c - the memory family against its contract.
 *
 * Layer:   tests/conformance.
 */
#include "tests/conformance/host.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define RW		(LKL_PROT_READ | LKL_PROT_WRITE)
#define SPAN_SIZE	(64ULL << 20)
#define OBJECT_PAGES	64
#define page		(host->mem->page_size)

static __u64 span, object;
static int probe_pipe[2];

static void set_up(void)
{
	span = host_span_reserve(SPAN_SIZE);
	cr_assert_eq(pipe(probe_pipe), 0);
	cr_assert_eq(host->mem->object_create(OBJECT_PAGES * page, &object), 0);
}

static void tear_down(void)
{
	host->mem->object_destroy(object);
	host_span_release(span, SPAN_SIZE);
}

TestSuite(mem, .init = set_up, .fini = tear_down);

static char *at(__u64 addr)
{
	return (char *)(uintptr_t)addr;
}

static int map(__u64 addr, __u64 pages, __u64 first, __u32 prot)
{
	return host->mem->map(object, addr, pages * page, first * page, prot);
}

/* Is the byte readable (writable)? The host kernel says, without a fault. */
static int readable(__u64 addr)
{
	char byte;

	if (write(probe_pipe[1], at(addr), 1) != 1) {
		cr_assert_eq(errno, EFAULT);
		return 0;
	}
	cr_assert_eq(read(probe_pipe[0], &byte, 1), 1);
	return 1;
}

static int writable(__u64 addr)
{
	char byte = 0;

	cr_assert_eq(write(probe_pipe[1], &byte, 1), 1);
	if (read(probe_pipe[0], at(addr), 1) == 1)
		return 1;
	cr_assert_eq(errno, EFAULT);
	cr_assert_eq(read(probe_pipe[0], &byte, 1), 1);
	return 0;
}

static int all_bytes(__u64 addr, __u64 size, char value)
{
	for (__u64 i = 0; i < size; i++)
		if (at(addr)[i] != value)
			return 0;
	return 1;
}

/* --- plain memory --- */

Test(mem, page_size_is_a_power_of_two)
{
	cr_assert_geq(page, 4096);
	cr_assert_eq(page & (page - 1), 0);
}

Test(mem, alloc_is_zeroed_and_aligned)
{
	static const __u64 sizes[] = { 1, 63, 64, 65, 1000, 4096, 100000, 1 << 20 };

	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < 8; i++) {
			char *ptr = host->mem->alloc(sizes[i]);

			cr_assert_not_null(ptr);
			cr_assert_eq((uintptr_t)ptr % 64, 0);
			cr_assert(all_bytes((uintptr_t)ptr, sizes[i], 0));
			memset(ptr, 0xff, sizes[i]);
			host->mem->free(ptr);
		}
	}
}

Test(mem, free_takes_null)
{
	host->mem->free(NULL);
}

Test(mem, alloc_says_when_memory_is_short)
{
	cr_assert_null(host->mem->alloc(~0ULL));
	cr_assert_null(host->mem->alloc(1ULL << 60));
}

/* --- objects and mappings --- */

Test(mem, span_is_inaccessible_at_first)
{
	cr_assert_not(readable(span));
	cr_assert_not(readable(span + SPAN_SIZE - 1));
}

Test(mem, object_reads_as_zeros)
{
	cr_assert_eq(map(span, OBJECT_PAGES, 0, RW), 0);
	cr_assert(all_bytes(span, OBJECT_PAGES * page, 0));
}

Test(mem, pages_are_shared_by_their_mappings)
{
	cr_assert_eq(map(span, 8, 0, RW), 0);
	cr_assert_eq(map(span + 100 * page, 8, 0, RW), 0);
	for (__u64 i = 0; i < 8 * page; i++)
		at(span)[i] = i * 7;
	cr_assert_eq(memcmp(at(span), at(span + 100 * page), 8 * page), 0);
	at(span + 100 * page)[5] = 'x';
	cr_assert_eq(at(span)[5], 'x');
}

Test(mem, offset_says_which_pages)
{
	cr_assert_eq(map(span, OBJECT_PAGES, 0, RW), 0);
	for (int i = 0; i < OBJECT_PAGES; i++)
		at(span + i * page)[0] = i + 1;
	for (int i = 0; i < OBJECT_PAGES; i++) {
		__u64 addr = span + (200 + OBJECT_PAGES - i) * page;

		cr_assert_eq(map(addr, 1, i, RW), 0);
		cr_assert_eq(at(addr)[0], i + 1);
	}
}

Test(mem, map_replaces_what_is_there)
{
	cr_assert_eq(map(span, 4, 0, RW), 0);
	memset(at(span), 'a', 4 * page);
	cr_assert_eq(map(span + page, 2, 10, RW), 0);
	cr_assert(all_bytes(span, page, 'a'));
	cr_assert(all_bytes(span + page, 2 * page, 0));
	cr_assert(all_bytes(span + 3 * page, page, 'a'));
}

Test(mem, two_objects_are_different_pages)
{
	__u64 other;

	cr_assert_eq(host->mem->object_create(4 * page, &other), 0);
	cr_assert_eq(map(span, 4, 0, RW), 0);
	cr_assert_eq(host->mem->map(other, span + 4 * page, 4 * page, 0, RW), 0);
	memset(at(span), 'a', 4 * page);
	cr_assert(all_bytes(span + 4 * page, 4 * page, 0));
	host->mem->object_destroy(other);
}

Test(mem, protection_is_what_was_asked)
{
	cr_assert_eq(map(span, 2, 0, RW), 0);
	cr_assert(readable(span) && writable(span));
	cr_assert_eq(map(span, 2, 0, LKL_PROT_READ), 0);
	cr_assert(readable(span) && !writable(span));
	cr_assert_eq(map(span, 2, 0, 0), 0);
	cr_assert(!readable(span) && !writable(span));
}

Test(mem, protect_changes_some_pages_and_keeps_contents)
{
	cr_assert_eq(map(span, 4, 0, RW), 0);
	memset(at(span), 'a', 4 * page);
	cr_assert_eq(host->mem->protect(span + page, 2 * page, LKL_PROT_READ), 0);
	cr_assert(writable(span) && writable(span + 3 * page));
	cr_assert(!writable(span + page) && readable(span + page));
	cr_assert_eq(host->mem->protect(span, 4 * page, 0), 0);
	cr_assert_not(readable(span));
	cr_assert_eq(host->mem->protect(span, 4 * page, RW), 0);
	cr_assert(all_bytes(span + page, 2 * page, 'a'));
}

Test(mem, unmap_leaves_the_range_inaccessible)
{
	cr_assert_eq(map(span, 4, 0, RW), 0);
	memset(at(span), 'a', 4 * page);
	cr_assert_eq(host->mem->unmap(span + page, 2 * page), 0);
	cr_assert(readable(span) && readable(span + 3 * page));
	cr_assert_not(readable(span + page));
	cr_assert_not(readable(span + 3 * page - 1));
	/* Only the mapping is gone, not the pages. */
	cr_assert_eq(map(span + page, 2, 1, RW), 0);
	cr_assert(all_bytes(span, 4 * page, 'a'));
}

Test(mem, unmap_takes_what_is_not_mapped)
{
	cr_assert_eq(host->mem->unmap(span, SPAN_SIZE), 0);
	cr_assert_not(readable(span));
}

static int maps_lines(int *executable)
{
	FILE *file = fopen("/proc/self/maps", "r");
	char line[512], perms[8];
	unsigned long start, end;
	int lines = 0;

	cr_assert_not_null(file);
	*executable = 0;
	while (fgets(line, sizeof(line), file)) {
		lines++;
		if (sscanf(line, "%lx-%lx %7s", &start, &end, perms) == 3 &&
		    start >= span && start < span + SPAN_SIZE)
			*executable += perms[2] == 'x';
	}
	fclose(file);
	return lines;
}

Test(mem, mappings_are_never_executable)
{
	int executable;

	cr_assert_eq(map(span, 4, 0, RW), 0);
	cr_assert_eq(map(span + 8 * page, 4, 0, LKL_PROT_READ), 0);
	maps_lines(&executable);
	cr_assert_eq(executable, 0);
}

Test(mem, mapping_and_unmapping_leave_nothing_behind)
{
	int executable, before;

	cr_assert_eq(map(span, 1, 0, RW), 0);
	cr_assert_eq(host->mem->unmap(span, page), 0);
	before = maps_lines(&executable);
	for (int i = 0; i < 1000; i++) {
		__u64 addr = span + i * 3 % 500 * page;

		cr_assert_eq(map(addr, 1 + i % 5, i % 50, RW), 0);
		if (i % 3)
			cr_assert_eq(host->mem->unmap(addr, page), 0);
	}
	cr_assert_eq(host->mem->unmap(span, SPAN_SIZE), 0);
	cr_assert_leq(maps_lines(&executable), before);
}

Test(mem, mappings_outlive_the_object)
{
	__u64 other;

	cr_assert_eq(host->mem->object_create(4 * page, &other), 0);
	cr_assert_eq(host->mem->map(other, span, 4 * page, 0, RW), 0);
	memset(at(span), 'a', 4 * page);
	host->mem->object_destroy(other);
	cr_assert(all_bytes(span, 4 * page, 'a'));
	at(span)[0] = 'b';
	cr_assert_eq(at(span)[0], 'b');
}

static long resident_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	long size, resident;

	cr_assert_not_null(file);
	cr_assert_eq(fscanf(file, "%ld %ld", &size, &resident), 2);
	fclose(file);
	return resident * sysconf(_SC_PAGESIZE);
}

Test(mem, object_takes_memory_only_as_it_is_touched)
{
	__u64 size = 1ULL << 36, other;
	__u64 big_span = host_span_reserve(size);
	long before = resident_bytes();

	cr_assert_eq(host->mem->object_create(size, &other), 0);
	cr_assert_eq(host->mem->map(other, big_span, size, 0, RW), 0);
	for (__u64 i = 0; i < size; i += size / 16)
		at(big_span + i)[0] = 1;
	cr_assert_lt(resident_bytes() - before, 48L << 20);
	host->mem->object_destroy(other);
	host_span_release(big_span, size);
}

Test(mem, destroyed_objects_leave_nothing_behind)
{
	int executable, before = maps_lines(&executable);
	__u64 other;

	for (int i = 0; i < 2000; i++) {
		cr_assert_eq(host->mem->object_create(1 << 20, &other), 0);
		host->mem->object_destroy(other);
	}
	cr_assert_leq(maps_lines(&executable), before + 1);
}

/* --- discard --- */

Test(mem, discard_makes_pages_read_as_zeros_in_every_mapping)
{
	int err;

	cr_assert_eq(map(span, 16, 0, RW), 0);
	cr_assert_eq(map(span + 100 * page, 16, 0, LKL_PROT_READ), 0);
	memset(at(span), 'a', 16 * page);
	err = host->mem->discard(object, 4 * page, 8 * page);
	if (err == -EOPNOTSUPP)
		cr_skip_test("the backend does not discard");
	cr_assert_eq(err, 0);
	cr_assert(all_bytes(span, 4 * page, 'a'));
	cr_assert(all_bytes(span + 4 * page, 8 * page, 0));
	cr_assert(all_bytes(span + 12 * page, 4 * page, 'a'));
	cr_assert(all_bytes(span + 104 * page, 8 * page, 0));
	/* And they are there to be used again. */
	memset(at(span + 4 * page), 'b', 8 * page);
	cr_assert(all_bytes(span + 104 * page, 8 * page, 'b'));
}

Test(mem, discard_gives_memory_back)
{
	__u64 size = 32ULL << 20, other;
	long before;
	int err;

	cr_assert_eq(host->mem->object_create(size, &other), 0);
	cr_assert_eq(host->mem->map(other, span, size, 0, RW), 0);
	memset(at(span), 'a', size);
	before = resident_bytes();
	err = host->mem->discard(other, 0, size);
	host->mem->object_destroy(other);
	if (err == -EOPNOTSUPP)
		cr_skip_test("the backend does not discard");
	cr_assert_leq(resident_bytes(), before - (long)size + (1 << 20));
}

Test(mem, discard_of_untouched_pages_is_no_error)
{
	int err = host->mem->discard(object, 0, OBJECT_PAGES * page);

	cr_assert(err == 0 || err == -EOPNOTSUPP);
}

/* --- errors --- */

Test(mem, map_refuses_what_is_no_page_range)
{
	cr_assert_eq(host->mem->map(object, span + 1, page, 0, RW), -EINVAL);
	cr_assert_eq(host->mem->map(object, span, page + 1, 0, RW), -EINVAL);
	cr_assert_eq(host->mem->map(object, span, page, 1, RW), -EINVAL);
	cr_assert_eq(host->mem->map(object, span, 0, 0, RW), -EINVAL);
	cr_assert_not(readable(span));
}

Test(mem, map_refuses_more_than_the_object_has)
{
	cr_assert_eq(map(span, OBJECT_PAGES + 1, 0, RW), -EINVAL);
	cr_assert_eq(map(span, 1, OBJECT_PAGES, RW), -EINVAL);
	cr_assert_eq(map(span, 2, OBJECT_PAGES - 1, RW), -EINVAL);
	cr_assert_eq(host->mem->map(object, span, page, -page, RW), -EINVAL);
	cr_assert_eq(host->mem->map(object, span, 2 * page, -page, RW), -EINVAL);
	cr_assert_not(readable(span));
}

Test(mem, map_and_protect_refuse_unknown_protection)
{
	cr_assert_eq(map(span, 1, 0, 4), -EINVAL);
	cr_assert_eq(map(span, 1, 0, ~0U), -EINVAL);
	cr_assert_eq(map(span, 1, 0, RW), 0);
	cr_assert_eq(host->mem->protect(span, page, 4), -EINVAL);
}

Test(mem, unmap_and_protect_refuse_what_is_no_page_range)
{
	cr_assert_eq(map(span, 2, 0, RW), 0);
	cr_assert_eq(host->mem->unmap(span + 1, page), -EINVAL);
	cr_assert_eq(host->mem->unmap(span, page - 1), -EINVAL);
	cr_assert_eq(host->mem->unmap(span, 0), -EINVAL);
	cr_assert_eq(host->mem->protect(span + 1, page, 0), -EINVAL);
	cr_assert_eq(host->mem->protect(span, page - 1, 0), -EINVAL);
	cr_assert(writable(span) && writable(span + page));
}

Test(mem, discard_refuses_what_the_object_has_not)
{
	static const struct { int offset, pages; } bad[] = {
		{ 0, OBJECT_PAGES + 1 }, { OBJECT_PAGES, 1 }, { -1, 1 },
		{ -1, 2 }, { 0, 0 },
	};

	if (host->mem->discard(object, 0, page) == -EOPNOTSUPP)
		cr_skip_test("the backend does not discard");
	for (int i = 0; i < 5; i++)
		cr_assert_eq(host->mem->discard(object, bad[i].offset * page,
						bad[i].pages * page), -EINVAL);
	cr_assert_eq(host->mem->discard(object, 1, page), -EINVAL);
	cr_assert_eq(host->mem->discard(object, 0, page + 1), -EINVAL);
}

Test(mem, object_create_refuses_what_is_no_page_range)
{
	__u64 other;

	cr_assert_eq(host->mem->object_create(0, &other), -EINVAL);
	cr_assert_eq(host->mem->object_create(page + 1, &other), -EINVAL);
}

Test(mem, object_create_says_when_memory_is_short)
{
	__u64 other;

	cr_assert_eq(host->mem->object_create(1ULL << 62, &other), -ENOMEM);
}

Test(mem, map_says_when_memory_is_short)
{
	__u64 limit = 100000, i;
	int err = 0;

	/* Every other page: each mapping is one more for the host to keep. */
	for (i = 0; i < limit && !err; i++) {
		__u64 addr = span + i * 2 * page % SPAN_SIZE;

		if (addr == span && i)
			cr_skip_test("the span is too small to run out");
		err = map(addr, 1, 0, RW);
	}
	cr_assert(!err || err == -ENOMEM, "got %d", err);
}
