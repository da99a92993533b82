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

#include "../image/images.h"
#include "fuse3.h"
#include "owner.h"

#define CONFIG_IMAGES	16

/**
 * struct config - what the user asked for
 * @image: name of the first image, for messages
 * @names: of all images: files, devices, URIs
 * @count: how many
 * @images: how to open them
 * @choice: what of them is meant
 * @mountpoint: absolute
 * @opts: mount options for the file system, or NULL
 * @log: path of a file for the kernel's log and messages, or NULL
 * @memory: of the kernel in the library, in MiB: what bounds lklfuse's own
 * @cpus: virtual processors of the kernel in the library
 * @threads: how many requests are served at once
 * @foreground: stay there
 * @debug: print each request; implies @foreground
 * @verbose: show the kernel's log
 * @no_sandbox: do not confine the process that parses the image
 * @self_test: report what the sandbox refuses, then end
 * @insist_rw: fail rather than mount read-only
 * @default_permissions: the host checks who may do what
 * @write_back: the host keeps what is written for a while
 * @noatime: do not note when files are read
 * @owner: whose files are shown as whose
 * @args: what goes to libfuse
 */
struct config {
	const char *image;
	char *names[CONFIG_IMAGES];
	unsigned int count;
	struct images_options images;
	struct images_choice choice;
	char *mountpoint;
	char *opts;
	char *log;
	unsigned int memory;
	unsigned int cpus;
	unsigned int threads;
	int foreground;
	int debug;
	int verbose;
	int no_sandbox;
	int self_test;
	int insist_rw;
	int default_permissions;
	int write_back;
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

/** config_may_unlock - may there be an encrypted disk to be opened? */
bool config_may_unlock(const struct config *c);

/** config_free - free what config_parse() has allocated */
void config_free(struct config *c);

#endif /* FUSE_CONFIG_H */
