// SPDX-License-Identifier: GPL-2.0
/*
 * unpacking.c - progress while a compressed image is unpacked
 *
 * Layer:   tools; see unpacking.h.
 * Context: one thread.
 */
#include "unpacking.h"

#include <stddef.h>

#include "progress.h"

/* Of another image if it is less than before. */
static void show(void *arg, uint64_t done, uint64_t total)
{
	struct unpacking *u = arg;

	if (!u->progress || done < u->done) {
		unpacking_end(u);
		u->progress = progress_new(0, total);
		u->done = 0;
	}
	progress_bytes(u->progress, done - u->done);
	u->done = done;
}

void unpacking_begin(struct unpacking *u, struct images_options *options)
{
	*u = (struct unpacking){ .progress = NULL };
	options->progress = show;
	options->progress_arg = u;
}

void unpacking_end(struct unpacking *u)
{
	progress_free(u->progress);
	u->progress = NULL;
}
