// SPDX-License-Identifier: GPL-2.0
/*
 * crypt_api.c - libcryptsetup, loaded when it is first needed
 *
 * Layer:   tools/lkl/image, on the host.
 * Users:   luks.c.
 * Context: one thread.
 */
#include "crypt_api.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>

#define LIBRARY		"libcryptsetup.so.12"

#define CRYPT_NAME(name) { "crypt_" #name, offsetof(struct crypt_api, name) },

static const struct {
	const char *name;
	size_t offset;
} functions[] = {
	CRYPT_FUNCTIONS(CRYPT_NAME)
};

static bool functions_find(void *library, struct crypt_api *api)
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

const struct crypt_api *crypt_api_load(void)
{
	/* A library is loaded into the process, so it is the process's. */
	static struct crypt_api loaded;
	static bool is_loaded;
	void *library;

	if (!is_loaded) {
		library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
		if (!library)
			return NULL;
		is_loaded = functions_find(library, &loaded);
		if (!is_loaded)
			dlclose(library);
	}
	return is_loaded ? &loaded : NULL;
}
