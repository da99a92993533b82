// SPDX-License-Identifier: GPL-2.0
/*
 * host_posix.c - host/posix as the backend under test.
 *
 * Layer:   tests/conformance.
 */
#include "tests/conformance/host.h"

#include <criterion/criterion.h>

#include "host/posix/posix.h"

/* Under ASan too, malloc() of too much has to return NULL as libc's does. */
const char *__asan_default_options(void);
__attribute__((visibility("default"))) const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static const struct lkl_host_operations posix_host = {
	.hdr = LKL_OPS_HEADER(struct lkl_host_operations),
	.thread = &posix_thread_ops,
	.sem = &posix_sem_ops,
	.time = &posix_time_ops,
	.mem = &posix_mem_ops,
	.fault = &posix_fault_ops,
	.console = &posix_console_ops,
	.random = &posix_random_ops,
};

const struct lkl_host_operations *const host = &posix_host;

__u64 host_span_reserve(__u64 size)
{
	__u64 addr;

	cr_assert_eq(posix_span_reserve(size, 2 << 20, &addr), 0);
	return addr;
}

void host_span_release(__u64 addr, __u64 size)
{
	posix_span_release(addr, size);
}
