// SPDX-License-Identifier: GPL-2.0
/*
 * trial.c - kernels in the launcher's own process; see launcher.h
 *
 * Layer:   tools/lkl/hijack/launcher.
 * Users:   main.c, trapped.c.
 */
#include "launcher.h"

#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>

#include "../apply.h"

/* Found by the run path: beside the launcher, or installed. */
#define LIBRARY		"liblkl.so.1"

int library_load(struct apply_api *api, struct applied *applied)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	const char *missing;

	if (!library)
		return launcher_error("%s", dlerror());
	missing = apply_api_load(api, library);
	if (missing)
		return launcher_error("%s has no %s", LIBRARY, missing);
	applied->api = api;
	applied->library = library;
	return 0;
}

int trial_run(const struct options *options)
{
	struct applied applied = { .cfg = &options->cfg };
	struct config_error error;
	struct apply_api api;

	if (library_load(&api, &applied))
		return LAUNCHER_FAILED;
	if (apply(&applied, &error))
		return launcher_error("%s", error.text);
	apply_dump(&applied, STDOUT_FILENO);
	apply_undo(&applied);
	return 0;
}
