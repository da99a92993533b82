// SPDX-License-Identifier: GPL-2.0
/*
 * slirp_api.c - libslirp, loaded when it is first needed.
 *
 * Layer:   drivers/virtio, beside the slirp backend.
 * Users:   see slirp_api.h.
 * Locking: none; the first call has to return before another begins.
 */
#include "drivers/virtio/slirp_api.h"

#include <stddef.h>

#include "drivers/virtio/optional.h"

#define SLIRP_NAME(name)	\
	{ "slirp_" #name, offsetof(struct slirp_api, name) },

static const struct optional_function functions[] = {
	SLIRP_FUNCTIONS(SLIRP_NAME)
	{ NULL, 0 }
};

int slirp_api_load(const struct slirp_api **api)
{
	/* A library is loaded into the process, so it is the process's. */
	static struct slirp_api loaded;
	int err = optional_load("libslirp.so.0", functions, &loaded);

	*api = &loaded;
	return err;
}
