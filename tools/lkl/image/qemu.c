// SPDX-License-Identifier: GPL-2.0
/*
 * qemu.c - the formats of QEMU, served by a private qemu-nbd
 *
 * Layer:   tools/lkl/image, on the host, before the sandbox.
 * Context: one thread.
 *
 * The image is described in JSON, so that no character of its name means
 * anything and nothing is guessed: not its format, and not that of a backing
 * file. An image whose format the user did not name is opened without backing
 * files; that it has none was checked.
 */
#include "internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A JSON string; RFC 8259, section 7. */
static void put_string(FILE *out, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	putc('"', out);
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			fprintf(out, "\\%c", *s);
		else if (*s < 0x20)
			fprintf(out, "\\u%04x", *s);
		else
			putc(*s, out);
	}
	putc('"', out);
}

char *qemu_node(const struct source *source, const char *driver,
		const char *path, bool read_only, const char *more)
{
	const char *protocol = source->block_device && path == source->path ?
			       "host_device" : "file";
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	fprintf(out, "{\"driver\":\"%s\"%s%s,\"file\":{\"driver\":\"%s\",",
		driver, read_only ? ",\"read-only\":true" : "", more, protocol);
	if (source->images->options.no_lock)
		fputs("\"locking\":\"off\",", out);
	if (!read_only)
		fputs("\"discard\":\"unmap\",", out);
	fputs("\"filename\":", out);
	put_string(out, path);
	fputs("}}", out);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

/* Its message repeats the JSON: "Failed to blk_new_open 'json:{...}': why". */
static const char *without_node(const char *words)
{
	const char *p = strstr(words, "}': ");

	return p ? p + 4 : words;
}

/* qemu-nbd says why it cannot; the broken connection only that it did not. */
static int serve_fail(struct source *source, int err)
{
	char words[512];
	int end = server_wait(&source->server, 10000, words, sizeof(words));

	if (end == -ENOENT)
		return fail(source->images, -ELIBACC,
			    "%s: needs qemu-nbd (package qemu-utils): %s",
			    source->name, words);
	if (strstr(words, "Is another process using the image"))
		return fail(source->images, -EBUSY,
			    "%s: is in use by another program (locked)",
			    source->name);
	if (words[0])
		return fail(source->images, err, "%s: %s", source->name,
			    without_node(words));
	return err;
}

int qemu_serve(struct source *source, const char *json,
	       const struct confines *confines)
{
	const char *argv[8];
	unsigned int n = 0;
	char *image;
	int fd, err;

	if (!json || asprintf(&image, "json:%s", json) < 0)
		return fail_errno(source->images, -ENOMEM, source->name);
	argv[n++] = "qemu-nbd";
	if (source->read_only)
		argv[n++] = "--read-only";
	else
		argv[n++] = "--discard=unmap";
	argv[n++] = image;
	argv[n] = NULL;
	fd = server_start(source->images, &source->server, argv, SERVER_LISTEN,
			  -1, confines);
	free(image);
	if (fd < 0)
		return fd;
	err = remote_attach(source, fd);
	return err ? serve_fail(source, err) : 0;
}

int qemu_open(struct source *source)
{
	const bool named = source->images->options.format;
	struct confines confines = { .read_all = named };
	char *json;
	int err;

	if (!named && format_refers(source->format, source->fd))
		return fail(source->images, -EINVAL,
			    "%s: this %s image refers to other files; to allow that, name its format",
			    source->name, source->format->name);
	if (source->read_only)
		confines.read[0] = source->path;
	else
		confines.write[0] = source->path;
	json = qemu_node(source, source->format->program, source->path,
			 source->read_only, named ? "" : ",\"backing\":null");
	err = qemu_serve(source, json, &confines);
	free(json);
	return err;
}
