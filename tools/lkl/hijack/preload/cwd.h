/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cwd.h - the current directory, which may be one of the library
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   paths.c, nftw.c, fts.c; follow.c, for the programs that are executed.
 * Context: any thread.
 */
#ifndef HIJACK_CWD_H
#define HIJACK_CWD_H

#include <stdbool.h>

/* In the environment of an executed program: its directory of the library. */
#define CWD_VARIABLE	"LKL_HIJACK__CWD"

/* What is it, if it is the library's? */
bool cwd_is_library(void);
/* Copied to @text, of PATH_MAX bytes; false if it is the host's by now. */
bool cwd_library_name(char *text);

/* The name of a descriptor of the library; 0 or a negative errno. */
int cwd_name_of(int lib, char *text);
/* The name of a directory of the host, AT_FDCWD for the current one. */
int cwd_host_name(int dir, char *text);

/* Could a walk from there see files of the library? */
bool cwd_leads_to_library(const char *path);

/* "LKL_HIJACK__CWD=...", to be freed; NULL if the directory is the host's. */
char *cwd_variable(void);

#endif /* HIJACK_CWD_H */
