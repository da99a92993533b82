// SPDX-License-Identifier: GPL-2.0
/*
 * real.c - look up libc's own functions
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   the dynamic linker, see real.h.
 * Context: the first constructor of the process; single-threaded.
 */
#include "real.h"

#include <dlfcn.h>
#include <stddef.h>

#include "preload.h"

/* File-scope, written once: what a process calls is the same for all of it. */
struct real real;

struct real_name {
	const char *name;
	size_t offset;
};

static const struct real_name names[] = {
#define REAL_NAME(function) { #function, offsetof(struct real, function) },
	REAL_FUNCTIONS(REAL_NAME)
#undef REAL_NAME
};

__attribute__((constructor(101)))
static void real_init(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		*(void **)((char *)&real + names[i].offset) =
			dlsym(RTLD_NEXT, names[i].name);
}
