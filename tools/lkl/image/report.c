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

void report(struct images *images, const char *format, ...)
{
	char *text;
	va_list args;
	int len;

	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	snprintf(images->error, sizeof(images->error), "%s",
		 len < 0 ? "out of memory" : text);
	if (len >= 0)
		free(text);
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
