// SPDX-License-Identifier: GPL-2.0
/*
 * images.c - opening and closing images: the public functions
 *
 * Layer:   tools/lkl/image; documented in images.h.
 * Context: one thread.
 */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "inside.h"

struct images *images_new(void)
{
	struct images *images = calloc(1, sizeof(*images));

	if (images) {
		images->secret.terminal = -1;
		images->shadow.fd = -1;
	}
	return images;
}

static int options_check(struct images *images, unsigned int count)
{
	const struct images_options *o = &images->options;

	if (!count)
		return fail(images, -EINVAL, "no image given");
	if (o->overlay && count > 1)
		return fail(images, -EINVAL,
			    "an overlay is for one image, not for %u", count);
	if (o->sector_size && o->sector_size != 512 && o->sector_size != 4096)
		return fail(images, -EINVAL,
			    "a sector has 512 or 4096 bytes, not %u",
			    o->sector_size);
	if (o->offset % SECTOR)
		return fail(images, -EINVAL,
			    "the offset is no multiple of 512");
	return 0;
}

static int string_copy(const char **string)
{
	if (!*string)
		return 0;
	*string = strdup(*string);
	return *string ? 0 : -ENOMEM;
}

static int options_copy(struct images *images,
			const struct images_options *options)
{
	struct images_options *o = &images->options;
	int err;

	*o = *options;
	err = string_copy(&o->format);
	err |= string_copy(&o->overlay);
	err |= string_copy(&o->key_file);
	return err ? fail_errno(images, -ENOMEM, "options") : 0;
}

static void options_free(struct images_options *options)
{
	free((char *)options->format);
	free((char *)options->overlay);
	free((char *)options->key_file);
	memset(options, 0, sizeof(*options));
}

static int sources_open(struct images *images, const char *const *names,
			unsigned int count)
{
	struct source *source;
	int err = 0;

	images->sources = calloc(count, sizeof(*images->sources));
	if (!images->sources)
		return fail_errno(images, -ENOMEM, names[0]);
	while (!err && images->count < count) {
		source = &images->sources[images->count];
		source->images = images;
		source->name = strdup(names[images->count++]);
		err = source->name ? source_open(source) :
				     fail_errno(images, -ENOMEM, "images");
	}
	return err;
}

/* Close without a word: what has gone wrong is in images_error() already. */
static void quiet_close(struct images *images)
{
	char error[sizeof(images->error)];

	memcpy(error, images->error, sizeof(error));
	images_close(images);
	memcpy(images->error, error, sizeof(error));
}

int images_open(struct images *images, const char *const *names,
		unsigned int count, const struct images_options *options)
{
	int err;

	images->error[0] = '\0';
	err = options_copy(images, options);
	if (!err)
		err = options_check(images, count);
	/* The passphrase comes after what could make the caller try again. */
	if (!err)
		err = sources_open(images, names, count);
	if (!err)
		err = secret_open(images);
	if (!err)
		err = luks_prepare(images);
	if (err)
		quiet_close(images);
	return err;
}

bool images_contains(const struct images *images, dev_t dev, ino_t ino)
{
	unsigned int i;

	for (i = 0; i < images->count; i++) {
		const struct source *s = &images->sources[i];

		if ((s->ino == ino && s->dev == dev) ||
		    (s->overlay_ino == ino && s->overlay_dev == dev))
			return ino;
	}
	return false;
}

uint64_t images_size(const struct images *images)
{
	uint64_t size = 0;
	unsigned int i;

	for (i = 0; i < images->count; i++)
		size += images->sources[i].size;
	return size;
}

int images_plug(struct images *images)
{
	unsigned int i;
	int err = 0;

	images->error[0] = '\0';
	for (i = 0; !err && i < images->count; i++)
		err = source_plug(&images->sources[i]);
	if (err)
		images_unplug(images);
	return err;
}

void images_unplug(struct images *images)
{
	unsigned int i;

	for (i = 0; i < images->count; i++)
		source_unplug(&images->sources[i]);
}

int images_close(struct images *images)
{
	unsigned int i;
	int err = 0, one;

	if (!images)
		return 0;
	images->error[0] = '\0';
	for (i = 0; i < images->count; i++) {
		one = source_close(&images->sources[i]);
		err = err ? err : one;
	}
	mappings_forget(images);
	shadow_forget(images);
	free(images->sources);
	images->sources = NULL;
	images->count = 0;
	secret_close(&images->secret);
	options_free(&images->options);
	return err;
}

void images_free(struct images *images)
{
	unsigned int i;

	if (!images)
		return;
	images_close(images);
	for (i = 0; i < images->warned; i++)
		free(images->warnings[i]);
	free(images);
}
