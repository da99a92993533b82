// SPDX-License-Identifier: GPL-2.0
/*
 * vde_api.c - libvdeplug, loaded when it is first needed.
 *
 * Layer:   drivers/virtio, beside the VDE backend.
 * Users:   see vde_api.h.
 * Locking: none; the first call has to return before another begins.
 */
#include "drivers/virtio/vde_api.h"

#include "drivers/virtio/optional.h"

#define VDE_NAME(name)	\
	{ "vde_" #name, offsetof(struct vde_api, name) },

static const struct optional_function functions[] = {
	VDE_FUNCTIONS(VDE_NAME)
	{ NULL, 0 }
};

int vde_api_load(const struct vde_api **api)
{
	/* A library is loaded into the process, so it is the process's. */
	static struct vde_api loaded;
	int err = optional_load("libvdeplug.so.2", functions, &loaded);

	*api = &loaded;
	return err;
}
