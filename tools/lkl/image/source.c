// SPDX-License-Identifier: GPL-2.0
/*
 * source.c - one image: what it is, and who opens it
 *
 * Layer:   tools/lkl/image, on the host, before the sandbox.
 * Context: one thread.
 */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WAIT_MS		300000

static void file_close(struct source *source)
{
	if (source->fd >= 0)
		close(source->fd);
	source->fd = -1;
}

static int format_choose(struct source *source)
{
	const char *name = source->images->options.format;

	source->format = name ? format_named(name) :
			 format_find(source->fd, source->size);
	if (!source->format)
		return fail(source->images, -EINVAL,
			    "image format '%s' is not known", name);
	if (source->format->read_only && !source->read_only &&
	    !source->images->options.overlay)
		return fail(source->images, -EROFS,
			    "%s: a %s image can only be read", source->name,
			    source->format->name);
	return 0;
}

/* It was open for reading only until its format was known. */
static int raw_open(struct source *source)
{
	file_close(source);
	free(source->path);
	source->path = NULL;
	return file_open(source, !source->read_only,
			 !source->images->options.no_lock);
}

static int by_handler(struct source *source)
{
	switch (source->format->handler) {
	case HANDLER_FILE:
		return raw_open(source);
	case HANDLER_QEMU:
		return qemu_open(source);
	case HANDLER_XZ:
		return unpack_xz_open(source);
	case HANDLER_UNPACK:
		return unpack_open(source);
	}
	return -EINVAL;
}

static int named_file_open(struct source *source)
{
	int err = file_open(source, false, false);

	if (!err)
		err = format_choose(source);
	if (err)
		return err;
	err = source->images->options.overlay ? overlay_open(source) :
						by_handler(source);
	/* A program of its own has it open. */
	if (source->nbd)
		file_close(source);
	return err;
}

int source_open(struct source *source)
{
	const struct images_options *options = &source->images->options;

	source->fd = -1;
	source->server.pidfd = -1;
	source->server.words = -1;
	source->read_only = options->read_only;
	if (!remote_is(source->name))
		return named_file_open(source);
	if (options->format && strcmp(options->format, "raw"))
		return fail(source->images, -EINVAL,
			    "%s: what a server offers is raw, not %s",
			    source->name, options->format);
	return options->overlay ? overlay_open(source) : remote_open(source);
}

static int server_close(struct source *source)
{
	const char *name = source->server.name;
	char words[512];
	int err = server_wait(&source->server, WAIT_MS, words, sizeof(words));

	if (!err || source->read_only)
		return 0;
	return fail(source->images, err, "%s: %s %s%s", source->name, name,
		    err == -ETIMEDOUT ? "does not end" : "failed: ",
		    err == -ETIMEDOUT ? "" : words);
}

int source_close(struct source *source)
{
	int err, server_err;

	err = remote_close(source);
	server_err = server_close(source);
	if (source->fd >= 0 && close(source->fd) && !source->read_only && !err)
		err = fail_errno(source->images, -errno, source->name);
	free(source->path);
	free(source->name);
	return server_err ? server_err : err;
}
