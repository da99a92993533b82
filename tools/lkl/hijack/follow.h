/* SPDX-License-Identifier: GPL-2.0 */
/*
 * follow.h - what a hijacked program executes stays hijacked
 *
 * Layer:   tools/lkl/hijack, part of the preload library.
 * Users:   its exec functions (service/exec.c).
 * Context: any thread; the child of fork() or vfork(). Allocates nothing.
 *
 * A program may be executed with another environment, or be one that cannot be
 * preloaded. The first gets its variables back, the second is given to the
 * launcher, which traps it, on a network of its own; what cannot be covered is
 * refused. Nothing gets onto the host's network by being executed.
 */
#ifndef HIJACK_FOLLOW_H
#define HIJACK_FOLLOW_H

#include <stdbool.h>
#include <stddef.h>

#include "cover.h"

/* The launcher's path, for programs that have to be trapped. */
#define FOLLOW_LAUNCHER		"LKL_HIJACK__LAUNCHER"

/* What arguments and environment may grow by. */
#define FOLLOW_MORE		8

/* Longest LD_PRELOAD that can be added to. */
#define FOLLOW_PRELOAD_MAX	4096

/**
 * struct follow - what is to be executed instead
 * @path: the program
 * @cover: what is known of the one that was asked for
 * @preload: room for LD_PRELOAD
 * @cwd: says which directory of the library is the current one, or NULL
 */
struct follow {
	const char *path;
	struct cover cover;
	char preload[FOLLOW_PRELOAD_MAX];
	char *cwd;
};

/**
 * follow_room - entries for a list of strings and what may be added
 * @list: ends with NULL; may be NULL
 */
size_t follow_room(char *const list[]);

/**
 * follow - prepare an execution
 * @follow: filled; has to live until exec
 * @name: as execve() or, if @search, execvp() takes it
 * @search: look for it by PATH
 * @argv: its arguments
 * @envp: its environment
 * @args: room for follow_room(@argv) entries; filled
 * @vars: room for follow_room(@envp) entries; filled
 *
 * Return: 0: execute @follow->path, with @args and @vars; -1 with errno set:
 * refused, having told why.
 */
int follow(struct follow *follow, const char *name, bool search,
	   char *const argv[], char *const envp[], char **args, char **vars);

#endif /* HIJACK_FOLLOW_H */
