// SPDX-License-Identifier: GPL-2.0
/*
 * nbd_api.c - libnbd, loaded when it is first needed.
 *
 * Layer:   drivers/virtio, beside the NBD backend.
 * Users:   see nbd_api.h.
 * Locking: none; the first call has to return before another begins.
 */
#include "drivers/virtio/nbd_api.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

#define LIBRARY		"libnbd.so.0"

#define NBD_NAME(name)	{ "nbd_" #name, offsetof(struct nbd_api, name) },

static const struct {
	const char *name;
	size_t offset;
} functions[] = {
	NBD_FUNCTIONS(NBD_NAME)
};

static bool functions_find(void *library, struct nbd_api *api)
{
	size_t i;

	for (i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		void *function = dlsym(library, functions[i].name);

		if (!function)
			return false;
		*(void **)((char *)api + functions[i].offset) = function;
	}
	return true;
}

int nbd_api_load(const struct nbd_api **api)
{
	/* A library is loaded into the process, so it is the process's. */
	static struct nbd_api loaded;
	static bool is_loaded;
	void *library;

	if (!is_loaded) {
		library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
		if (!library)
			return -ELIBACC;
		if (!functions_find(library, &loaded)) {
			dlclose(library);
			return -ELIBACC;
		}
		is_loaded = true;
	}
	*api = &loaded;
	return 0;
}
