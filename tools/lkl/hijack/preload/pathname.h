/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pathname.h - paths as texts: which of them name files of the library
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   paths.c, cwd.c.
 * Context: any thread, signal handlers too.
 */
#ifndef HIJACK_PATHNAME_H
#define HIJACK_PATHNAME_H

#include <linux/limits.h>
#include <stdbool.h>

/* Could an absolute path be the library's? Almost none can. */
bool pathname_candidate(const char *path);

/**
 * pathname_library - is an absolute path the library's?
 * @path: the path
 * @text: room for PATH_MAX bytes
 *
 * Return: what to call it in the library, @path or @text; NULL if it is the host's.
 */
const char *pathname_library(const char *path, char *text);

/**
 * pathname_join - an absolute path without ".", ".." and empty components
 * @text: room for PATH_MAX bytes; may be @base
 * @base: absolute; where @path starts, unless it is absolute itself
 * @path: the path
 *
 * By the text alone: what is a symbolic link is not looked at.
 *
 * Return: 0, -ENAMETOOLONG.
 */
int pathname_join(char *text, const char *base, const char *path);

/* Does a relative path lead out of the directory it starts in? */
bool pathname_climbs(const char *path);

/* Could a relative path that starts in a directory of the host be the library's? */
bool pathname_may_cross(const char *path);

/* Is there a file of the library below this absolute path, or is it one? */
bool pathname_leads_to_library(const char *path);

/**
 * pathname_of_library - the library's own name of a file, as the program knows it
 * @text: changed; has room for PATH_MAX bytes
 */
void pathname_of_library(char *text);

#endif /* HIJACK_PATHNAME_H */
