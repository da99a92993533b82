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

#define PARTITION_UNSET	(-1)	/* no -P; the whole disk if it has no table */

/**
 * struct options - what the user asked for
 * @from: cpfromfs, out of the image; else cptofs, into it
 * @image: path of the disk image
 * @type: file system type, or NULL to look for it
 * @partition: number from 1, 0 for the whole disk, or PARTITION_UNSET
 * @printk: show what the kernel logs
 * @copy: -o, -m and -s
 * @sources: points into argv
 * @count: number of sources, at least 1
 * @destination: the last argument
 */
struct options {
	bool from;
	const char *image;
	const char *type;
	int partition;
	bool printk;
	struct copy_options copy;
	char **sources;
	int count;
	const char *destination;
};

enum options_result {
	OPTIONS_RUN,	/* go on */
	OPTIONS_DONE,	/* --help or --version was answered */
	OPTIONS_WRONG,	/* reported; exit with DIAG_USAGE */
};

/**
 * options_parse - read the command line
 * @o: result
 * @argc: of main()
 * @argv: of main(); argv[0] tells which tool is meant
 */
enum options_result options_parse(struct options *o, int argc, char **argv);

#endif /* CP_OPTIONS_H */
