// SPDX-License-Identifier: GPL-2.0
/*
 * optional.c - shared libraries that need not be installed.
 *
 * Layer:   drivers/virtio, private to it.
 * Users:   see optional.h.
 *
 * RTLD_DEEPBIND: what such a library asks of the C library it shall get from there,
 * not from a preloaded library that would lead its sockets into our own kernel.
 * AddressSanitizer does not allow it, and the tests have nothing preloaded.
 */
#include "drivers/virtio/optional.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>

#ifdef __SANITIZE_ADDRESS__
#define OPTIONAL_FLAGS	(RTLD_NOW | RTLD_LOCAL)
#else
#define OPTIONAL_FLAGS	(RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND)
#endif

static bool all_there(void *library, const struct optional_function *functions)
{
	for (; functions->name; functions++)
		if (!dlsym(library, functions->name))
			return false;
	return true;
}

/* A library that was found stays loaded: its functions are in use. */
int optional_load(const char *library, const struct optional_function *functions,
		  void *api)
{
	void *handle = dlopen(library, OPTIONAL_FLAGS);

	if (!handle)
		return -ELIBACC;
	if (!all_there(handle, functions)) {
		dlclose(handle);
		return -ELIBACC;
	}
	for (; functions->name; functions++)
		*(void **)((char *)api + functions->offset) =
			dlsym(handle, functions->name);
	return 0;
}
