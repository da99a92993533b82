/* SPDX-License-Identifier: GPL-2.0 */
/*
 * directories.h - opening a directory of the library
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   walk.c; directories.c interposes opendir() and what follows.
 */
#ifndef HIJACK_DIRECTORIES_H
#define HIJACK_DIRECTORIES_H

#include <dirent.h>

#include "paths.h"

/* @where is ended; NULL with errno set. */
DIR *directory_open(struct where *where);

#endif /* HIJACK_DIRECTORIES_H */
