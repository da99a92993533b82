/* SPDX-License-Identifier: GPL-2.0 */
/*
 * unpacking.h - progress while a compressed image is unpacked
 *
 * Layer:   tools; called by volume.c and lklinfo, around images_open().
 * Context: one thread.
 */
#ifndef CP_UNPACKING_H
#define CP_UNPACKING_H

#include "../image/images.h"

struct progress;

/**
 * struct unpacking - what is shown
 * @progress: the line, or NULL
 * @done: bytes it was told of
 */
struct unpacking {
	struct progress *progress;
	uint64_t done;
};

/** unpacking_begin - have @options show progress by @u, on a terminal */
void unpacking_begin(struct unpacking *u, struct images_options *options);

/** unpacking_end - erase the line */
void unpacking_end(struct unpacking *u);

#endif /* CP_UNPACKING_H */
