/* SPDX-License-Identifier: GPL-2.0 */
/*
 * info.h - the parts of lklinfo
 *
 * Layer:   tools, over tools/lkl/image.
 * Users:   main.c.
 */
#ifndef LKLINFO_H
#define LKLINFO_H

#include "listing.h"

/* Exit statuses, as the man page lists them. */
enum info_status {
	INFO_OK = 0,
	INFO_OUTPUT = 1,	/* the listing could not be written */
	INFO_USAGE = 2,		/* wrong options or arguments */
	INFO_IMAGE = 3,		/* an image could not be used */
};

/** text_print - write the listing for people to standard output */
void text_print(const struct tree *tree);

/** json_print - write it for programs */
void json_print(const struct tree *tree);

/**
 * number_parse - a number of the command line
 * @text: decimal or 0x hexadecimal, with K, M, G, T for powers of 1024
 * @value: set to it
 *
 * Return: 0 or -EINVAL.
 */
int number_parse(const char *text, uint64_t *value);

#endif /* LKLINFO_H */
