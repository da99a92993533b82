// SPDX-License-Identifier: GPL-2.0
/*
 * header.c - every family of a backend is there, versioned and complete.
 *
 * Layer:   tests/conformance.
 */
#include "tests/conformance/host.h"

#include <criterion/criterion.h>
#include <string.h>

static void check_header(const char *name, const struct lkl_ops_header *hdr,
			 __u32 size)
{
	cr_assert_not_null(hdr, "%s is missing", name);
	cr_assert_eq(hdr->version, LKL_HOST_ABI_VERSION, "%s", name);
	cr_assert_geq(hdr->size, size, "%s", name);
}

/* Every pointer between the header and the end of a family is set. */
static void check_complete(const char *name, const void *family, __u32 size)
{
	const char *pos = (const char *)family + sizeof(struct lkl_ops_header);
	const char *end = (const char *)family + size;

	for (; pos < end; pos += sizeof(void *)) {
		void *op;

		memcpy(&op, pos, sizeof(op));
		cr_assert_not_null(op, "%s: member at %td is not set", name,
				   pos - (const char *)family);
	}
}

#define CHECK_FAMILY(name, type) do {					\
	check_header(#name, &host->name->hdr, sizeof(type));		\
	check_complete(#name, host->name, sizeof(type));		\
} while (0)

Test(header, families_are_versioned_and_complete)
{
	check_header("host", &host->hdr, sizeof(*host));
	CHECK_FAMILY(thread, struct lkl_thread_ops);
	CHECK_FAMILY(sem, struct lkl_sem_ops);
	CHECK_FAMILY(time, struct lkl_time_ops);
	CHECK_FAMILY(mem, struct lkl_mem_ops);
	CHECK_FAMILY(fault, struct lkl_fault_ops);
}

Test(header, optional_families_are_versioned_and_complete)
{
	if (host->io)
		CHECK_FAMILY(io, struct lkl_io_ops);
	if (host->console)
		CHECK_FAMILY(console, struct lkl_console_ops);
	if (host->random)
		CHECK_FAMILY(random, struct lkl_random_ops);
	if (host->panic)
		CHECK_FAMILY(panic, struct lkl_panic_ops);
}
