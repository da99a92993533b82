/* SPDX-License-Identifier: GPL-2.0 */
/*
 * options.h - the command line of lkl-hijack
 *
 * Layer:   tools/lkl/hijack/launcher.
 * Users:   main.c.
 * Context: one thread, once.
 */
#ifndef LAUNCHER_OPTIONS_H
#define LAUNCHER_OPTIONS_H

#include <stdbool.h>

#include "../config.h"

enum mode { MODE_AUTO, MODE_PRELOAD, MODE_TRAP };

/**
 * struct options - what the command line says
 * @cfg: settings of all sources, finished
 * @mode: how to cover the program
 * @verbose: tell what is done
 * @check: boot and configure a kernel for a trial, run nothing
 * @program: it and its arguments, ending with NULL
 */
struct options {
	struct config cfg;
	enum mode mode;
	bool verbose;
	bool check;
	char **program;
};

/**
 * options_parse - read the command line, and all other sources
 * @argc: as main()
 * @argv: as main()
 * @options: zeros; filled
 *
 * Prints help and version, and what is wrong.
 *
 * Return: -1 to go on, else the status to exit with.
 */
int options_parse(int argc, char **argv, struct options *options);

#endif /* LAUNCHER_OPTIONS_H */
