// SPDX-License-Identifier: GPL-2.0
/*
 * overlay.c - the differential mode: changes go to a file beside the image
 *
 * Layer:   tools/lkl/image, on the host, before the sandbox.
 * Context: one thread.
 *
 * The overlay is a qcow2 file over the image, served by qemu-nbd. A bitmap of
 * our own would have been faster by the socket's cost, but the file would be
 * readable by us only, and what keeps it right when the host crashes would have
 * to be written again. This way qemu-img can look into it, merge it (commit) or
 * give it to a virtual machine.
 *
 * Which image it belongs to is in its header, as qemu-img has it. It must be the
 * one that is opened: changes laid over another image are garbage.
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_MAX_BYTES	1023	/* of qcow2 */
#define WAIT_MS		60000

static const char *base_name(const struct source *source)
{
	return source->path ? source->path : source->name;
}

static const char *base_driver(const struct source *source)
{
	return source->format && source->format->program ?
	       source->format->program : "raw";
}

static uint64_t be64(const unsigned char *p)
{
	uint64_t value = 0;
	int i;

	for (i = 0; i < 8; i++)
		value = value << 8 | p[i];
	return value;
}

/* The name in a qcow2 header: offset at 8, length at 16 (docs/interop/qcow2). */
static int backing_read(int fd, char name[NAME_MAX_BYTES + 1])
{
	unsigned char head[24];
	uint64_t offset;
	uint32_t len;

	if (pread(fd, head, sizeof(head), 0) != sizeof(head) ||
	    memcmp(head, "QFI\xfb", 4))
		return -EINVAL;
	offset = be64(head + 8);
	len = (uint32_t)(be64(head + 12) & 0xffffffff);
	if (!offset || offset > INT32_MAX || len > NAME_MAX_BYTES ||
	    pread(fd, name, len, (off_t)offset) != (ssize_t)len)
		return -EINVAL;
	name[len] = '\0';
	return 0;
}

static int overlay_check(struct source *source, int fd)
{
	const char *overlay = source->images->options.overlay;
	char name[NAME_MAX_BYTES + 1];

	if (backing_read(fd, name))
		return fail(source->images, -EINVAL,
			    "%s: is not an overlay (qcow2 with a backing file)",
			    overlay);
	if (strcmp(name, base_name(source)))
		return fail(source->images, -EINVAL,
			    "%s: is an overlay of %s, not of %s", overlay, name,
			    base_name(source));
	return 0;
}

/*
 * The file is made here, so that qemu-img, which is confined to it, can write
 * it, and taken away again if that fails.
 */
static int overlay_make(struct source *source, const char *overlay)
{
	const char *const argv[] = {
		"qemu-img", "create", "-q", "-f", "qcow2", "-F",
		base_driver(source), "-b", base_name(source), overlay, NULL,
	};
	const struct confines confines = {
		.read_all = source->images->options.format,
		.network = !source->path,
		.read = { source->path },
		.write = { overlay },
	};
	char words[512];
	int err;

	err = server_start(source->images, &source->server, argv, SERVER_NONE,
			   -1, &confines);
	if (err)
		return err;
	err = server_wait(&source->server, WAIT_MS, words, sizeof(words));
	if (err)
		return fail(source->images, err, "%s: %s", overlay,
			    words[0] ? words : "qemu-img failed");
	return 0;
}

static int overlay_create(struct source *source, const char *overlay)
{
	int fd = open(overlay, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	int err;

	if (fd < 0)
		return fail_errno(source->images, -errno, overlay);
	close(fd);
	err = overlay_make(source, overlay);
	if (err)
		unlink(overlay);
	return err;
}

static int overlay_prepare(struct source *source, const char *overlay)
{
	int fd = open(overlay, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	int err;

	if (fd < 0 && errno == ENOENT && !source->images->options.read_only) {
		err = overlay_create(source, overlay);
		if (err)
			return err;
		fd = open(overlay, O_RDONLY | O_CLOEXEC);
	}
	if (fd < 0 || fstat(fd, &st)) {
		err = fail_errno(source->images, -errno, overlay);
		goto out_close;
	}
	source->overlay_dev = st.st_dev;
	source->overlay_ino = st.st_ino;
	err = overlay_check(source, fd);
out_close:
	if (fd >= 0)
		close(fd);
	return err;
}

/* An image that is a URI is opened as the overlay's header has it. */
static char *overlay_describe(struct source *source, const char *overlay)
{
	const bool named = source->images->options.format;
	char *base = NULL, *more = NULL, *json = NULL;

	if (!source->path)
		return qemu_node(source, "qcow2", overlay, source->read_only, "");
	base = qemu_node(source, base_driver(source), source->path, true,
			 named || source->format->handler == HANDLER_FILE ?
			 "" : ",\"backing\":null");
	if (base && asprintf(&more, ",\"backing\":%s", base) >= 0)
		json = qemu_node(source, "qcow2", overlay, source->read_only,
				 more);
	free(base);
	free(more);
	return json;
}

static int base_check(struct source *source)
{
	if (!source->path || source->format->handler == HANDLER_FILE)
		return 0;
	if (source->format->handler != HANDLER_QEMU)
		return fail(source->images, -EINVAL,
			    "%s: an overlay needs an image that is not compressed; unpack it first",
			    source->name);
	if (!source->images->options.format &&
	    format_refers(source->format, source->fd))
		return fail(source->images, -EINVAL,
			    "%s: this %s image refers to other files; to allow that, name its format",
			    source->name, source->format->name);
	return 0;
}

int overlay_open(struct source *source)
{
	const char *overlay = source->images->options.overlay;
	struct confines confines = {
		.read_all = source->images->options.format,
		.network = !source->path,
	};
	unsigned int n = 0;
	char *json;
	int err;

	err = base_check(source);
	if (!err)
		err = overlay_prepare(source, overlay);
	if (err)
		return err;
	if (source->path)
		confines.read[n++] = source->path;
	if (source->read_only)
		confines.read[n] = overlay;
	else
		confines.write[0] = overlay;
	json = overlay_describe(source, overlay);
	err = qemu_serve(source, json, &confines);
	free(json);
	return err;
}
