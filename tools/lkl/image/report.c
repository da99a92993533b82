// SPDX-License-Identifier: GPL-2.0
/*
 * report.c - messages of the image library, kept for who called it
 *
 * Layer:   tools/lkl/image.
 * Context: one thread.
 */
#include "internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int fail(struct images *images, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(images->error, sizeof(images->error), format, args);
	va_end(args);
	return err;
}

int fail_errno(struct images *images, int err, const char *what)
{
	return fail(images, err, "%s: %s", what, strerror(-err));
}

void warn(struct images *images, const char *format, ...)
{
	char *text;
	va_list args;
	int len;

	if (images->warned == WARNINGS_MAX)
		return;
	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	if (len >= 0)
		images->warnings[images->warned++] = text;
}

const char *images_error(const struct images *images)
{
	return images->error;
}

const char *images_warning(struct images *images)
{
	return images->told < images->warned ?
	       images->warnings[images->told++] : NULL;
}
