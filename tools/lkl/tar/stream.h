/* SPDX-License-Identifier: GPL-2.0 */
/*
 * stream.h - the archive as a file on the host: opened, compressed, reported
 *
 * Layer:   tools; shared by main.c, pack.c and unpack.c.
 * Context: one thread.
 */
#ifndef TAR_STREAM_H
#define TAR_STREAM_H

#include <archive.h>
#include <stdbool.h>
#include <stdint.h>

#include "../image/images.h"

struct progress;

/**
 * struct stream - an archive file
 * @path: as the user gave it
 * @shown: the same for messages: "-" has a name there
 * @fd: open file
 * @regular: is a regular file, not a pipe or a device
 * @size: of a regular file that is read, in bytes
 * @stop: ends reading and writing when it becomes true
 * @progress: told of bytes that are read, or NULL
 * @buf: for reading
 */
struct stream {
	const char *path;
	const char *shown;
	int fd;
	bool regular;
	uint64_t size;
	volatile bool *stop;
	struct progress *progress;
	void *buf;
};

/**
 * stream_open - open the archive
 * @s: result
 * @path: or "-"; kept, not copied
 * @write: for writing; nothing that was in it is changed as yet
 * @images: which the archive must not be one of
 *
 * Return: 0, or a negative errno, already reported.
 */
int stream_open(struct stream *s, const char *path, bool write,
		const struct images *images);

/**
 * stream_close - close it
 * @s: from stream_open()
 *
 * Return: 0, or a negative errno, already reported.
 */
int stream_close(struct stream *s);

/**
 * stream_writer - empty the file and begin a pax archive in it
 * @s: opened for writing
 *
 * Return: it, compressed as the file's name asks for, or NULL, reported.
 */
struct archive *stream_writer(struct stream *s);

/**
 * stream_reader - begin to read a tar archive of any kind
 * @s: opened for reading
 *
 * Return: it, or NULL, reported.
 */
struct archive *stream_reader(struct stream *s);

/** stream_drain - read what a pipe has left, so that its writer can end well */
void stream_drain(struct stream *s);

/** stream_error - report what libarchive says about the archive as a whole */
void stream_error(struct stream *s, struct archive *a);

#endif /* TAR_STREAM_H */
