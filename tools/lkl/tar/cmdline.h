/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cmdline.h - the command line of fs2tar and tar2fs
 *
 * Layer:   tools; called by main.c.
 */
#ifndef TAR_CMDLINE_H
#define TAR_CMDLINE_H

#include <stdbool.h>
#include <stdint.h>

#include "../cp/imageopts.h"
#include "mkfs.h"

/**
 * struct cmdline - what the user asked for
 * @pack: fs2tar, from an image to an archive; else tar2fs
 * @image: the images, and which file system of them
 * @archive: path of the archive, or "-" for standard input or output
 * @contexts: file to write SELinux contexts to, or NULL
 * @whiteouts: the archive is a container layer that may take files away
 * @mkfs: the file system to be made first
 * @clamp: no time later than @epoch goes into the archive or the image
 * @epoch: SOURCE_DATE_EPOCH, seconds
 */
struct cmdline {
	bool pack;
	struct imageopts image;
	const char *archive;
	const char *contexts;
	bool whiteouts;
	struct mkfs mkfs;
	bool clamp;
	int64_t epoch;
};

/**
 * cmdline_parse - read the command line and SOURCE_DATE_EPOCH
 * @c: result
 * @argc: of main()
 * @argv: of main(); argv[0] tells which tool is meant
 */
enum options_result cmdline_parse(struct cmdline *c, int argc, char **argv);

#endif /* TAR_CMDLINE_H */
