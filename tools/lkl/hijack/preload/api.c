// SPDX-License-Identifier: GPL-2.0
/*
 * api.c - load liblkl.so and look up its functions
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   boot.c.
 * Context: under the lock of boot.
 */
#include "api.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "preload.h"

/* File-scope, written once: one kernel a process. */
struct api api;

struct api_name {
	const char *name;
	size_t offset;
};

static const struct api_name names[] = {
#define API_NAME(function) { #function, offsetof(struct api, function) },
	API_FUNCTIONS(API_NAME)
#undef API_NAME
};

static void *load(void)
{
	char path[PATH_MAX];
	const char *slash;
	Dl_info self;
	void *lib;

	if (dladdr(names, &self)) {
		slash = strrchr(self.dli_fname, '/');
		snprintf(path, sizeof(path), "%.*sliblkl.so.1",
			 slash ? (int)(slash - self.dli_fname + 1) : 0,
			 self.dli_fname);
		lib = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
		if (lib)
			return lib;
	}
	return dlopen("liblkl.so.1", RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
}

static int too_old(const char *missing)
{
	complain("liblkl.so is too old, it lacks", missing);
	return -ENOENT;
}

int api_load(void)
{
	const char *missing;
	void *address;

	api.library = load();
	if (!api.library) {
		complain("cannot load liblkl.so", dlerror());
		return -ENOENT;
	}
	missing = apply_api_load(&api.apply, api.library);
	if (missing)
		return too_old(missing);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		address = dlsym(api.library, names[i].name);
		if (!address)
			return too_old(names[i].name);
		*(void **)((char *)&api + names[i].offset) = address;
	}
	return 0;
}
