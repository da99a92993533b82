// SPDX-License-Identifier: GPL-2.0
/*
 * trapped.c - programs that make system calls themselves; see launcher.h
 *
 * Layer:   tools/lkl/hijack/launcher.
 * Users:   main.c.
 */
#include "launcher.h"

int trapped_run(const struct options *options, const struct cover *cover)
{
	launcher_error("%s: not covered: %s", cover->path, cover->why);
	return LAUNCHER_UNUSABLE;
}
