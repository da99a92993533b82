/* SPDX-License-Identifier: GPL-2.0 */
/*
 * config.h - the command line of lklfuse
 *
 * Layer:   tools; filled in by main.c before anything else happens, read-only
 *          afterwards.
 */
#ifndef FUSE_CONFIG_H
#define FUSE_CONFIG_H

#include <stdbool.h>
#include <sys/types.h>

#include "fuse3.h"
#include "owner.h"

#define PART_UNSET	(-1)	/* the whole disk if it has no table */

/**
 * struct config - what the user asked for
 * @image: path of the disk image, absolute
 * @mountpoint: absolute
 * @type: file system type, or NULL to look for it
 * @part: number of the partition, 0 for the whole disk, or PART_UNSET
 * @opts: mount options for the file system, or NULL
 * @log: path of a file for the kernel's log and messages, or NULL
 * @memory: of the kernel in the library, in MiB: what bounds lklfuse's own
 * @cpus: virtual processors of the kernel in the library
 * @threads: how many requests are served at once
 * @ro: read-only
 * @foreground: stay there
 * @debug: print each request; implies @foreground
 * @verbose: show the kernel's log
 * @sandbox: confine the process that parses the image
 * @self_test: report what the sandbox refuses, then end
 * @default_permissions: the host checks who may do what
 * @noatime: do not note when files are read
 * @owner: whose files are shown as whose
 * @unmount: unmount @mountpoint and wait until the image is closed, no mount
 * @args: what goes to libfuse
 */
struct config {
	char *image;
	char *mountpoint;
	char *type;
	int part;
	char *opts;
	char *log;
	unsigned int memory;
	unsigned int cpus;
	unsigned int threads;
	int ro;
	int foreground;
	int debug;
	int verbose;
	int sandbox;
	int self_test;
	int default_permissions;
	int noatime;
	struct owner_map owner;
	struct fuse_args args;
};

enum config_result {
	CONFIG_RUN,	/* go on */
	CONFIG_DONE,	/* --help or --version was answered */
	CONFIG_WRONG,	/* reported; exit with DIAG_USAGE */
};

/**
 * config_parse - read the command line
 * @c: result, to be given to config_free()
 * @argc: of main()
 * @argv: of main()
 */
enum config_result config_parse(struct config *c, int argc, char **argv);

/** config_free - free what config_parse() has allocated */
void config_free(struct config *c);

#endif /* FUSE_CONFIG_H */
