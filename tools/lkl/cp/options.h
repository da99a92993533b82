/* SPDX-License-Identifier: GPL-2.0 */
/*
 * options.h - the command line of cptofs and cpfromfs
 *
 * Layer:   tools; called by main.c.
 */
#ifndef CP_OPTIONS_H
#define CP_OPTIONS_H

#include <stdbool.h>

#include "copy.h"
#include "imageopts.h"

/**
 * struct options - what the user asked for
 * @from: cpfromfs, out of the image; else cptofs, into it
 * @image: the images, and which file system of them
 * @copy: -o, -m and -s
 * @files_from: file with further sources, "-" for standard input, or NULL
 * @null: they end with a zero byte, not a newline
 * @parents: sources keep their whole path below the destination
 * @no_recursion: directories are made, but not gone into
 * @sources: points into argv
 * @count: number of sources; at least 1, but for @files_from
 * @destination: the last argument
 */
struct options {
	bool from;
	struct imageopts image;
	struct copy_options copy;
	const char *files_from;
	bool null;
	bool parents;
	bool no_recursion;
	char **sources;
	int count;
	const char *destination;
};

/**
 * options_parse - read the command line
 * @o: result
 * @argc: of main()
 * @argv: of main(); argv[0] tells which tool is meant
 */
enum options_result options_parse(struct options *o, int argc, char **argv);

#endif /* CP_OPTIONS_H */
