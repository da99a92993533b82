/* SPDX-License-Identifier: GPL-2.0 */
/*
 * unpack.h - a tar archive to a file tree
 *
 * Layer:   tools; called by main.c. The private half is shared by unpack.c and
 *          unpack_meta.c.
 * Context: one thread.
 */
#ifndef TAR_UNPACK_H
#define TAR_UNPACK_H

#include <archive_entry.h>
#include <stdbool.h>
#include <time.h>

#include "../cp/tree.h"
#include "dirs.h"
#include "stream.h"

struct progress;

/* What the file system cannot store, once the user has been told. */
enum unpack_warned {
	UNPACK_OWNER = 1 << 0,
	UNPACK_XATTR = 1 << 1,
	UNPACK_ACL = 1 << 2,
	UNPACK_MODE = 1 << 3,
};

/**
 * struct finish - what a directory gets when nothing more goes into it
 * @path: as in the archive
 * @mtime: its time
 * @acl_len: bytes of @acl; 0 if there is none
 * @acl: value of its default ACL
 */
struct finish {
	char *path;
	struct timespec mtime;
	size_t acl_len;
	void *acl;
};

/**
 * struct unpack - one run of tar2fs
 * @tree: what is written, below its base
 * @stream: what is read
 * @whiteouts: files of a container layer that take others away do so
 * @clamp: no time later than @epoch is set
 * @epoch: seconds since 1970
 * @progress: told of files; the stream tells it of bytes
 * @stop: ends the run when it becomes true
 *
 * The rest is private.
 * @in: the archive
 * @entry: the file at hand
 * @shown: its path, for messages
 * @dirs: directories that are open
 * @finishes: directories to be finished
 * @count: how many
 * @room: allocated in @finishes
 * @buf: UNPACK_BUFFER bytes, for values of attributes
 * @warned: bits of enum unpack_warned
 * @failed: files that are not as in the archive
 * @broken: going on makes no sense
 */
struct unpack {
	const struct tree *tree;
	struct stream *stream;
	bool whiteouts;
	bool clamp;
	int64_t epoch;
	struct progress *progress;
	volatile bool *stop;

	struct archive *in;
	struct archive_entry *entry;
	const char *shown;
	struct dirs dirs;
	struct finish *finishes;
	size_t count, room;
	void *buf;
	unsigned int warned;
	unsigned long failed;
	bool broken;
};

#define UNPACK_BUFFER	65536

/**
 * unpack_run - extract everything
 * @u: public members set, the rest zero
 *
 * Return: 0 if all is in the tree, else -EIO; what failed is reported.
 */
int unpack_run(struct unpack *u);

/**
 * struct made - a file that is there and gets its attributes
 * @dir: the directory it is in
 * @name: its name there
 * @fd: it, if open, else -1
 * @inherited: may have an ACL that did not come from the archive
 */
struct made {
	int dir;
	const char *name;
	int fd;
	bool inherited;
};

/* Report a failure of the file at hand; returns @err. */
int unpack_error(struct unpack *u, int err);
/* As above, with what failed about it. */
int unpack_error_at(struct unpack *u, const char *what, int err);

/**
 * unpack_meta - owner, attributes, mode, ACL and time of the file at hand
 * @u: the run
 * @m: the file
 *
 * What a directory must not have before it is full is put off.
 */
void unpack_meta(struct unpack *u, const struct made *m);

/** unpack_finish - give directories what was put off */
void unpack_finish(struct unpack *u);

#endif /* TAR_UNPACK_H */
