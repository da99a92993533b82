/* SPDX-License-Identifier: GPL-2.0 */
/*
 * streams.h - libc's streams on descriptors of the library
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   descriptors.c, what opens files.
 */
#ifndef HIJACK_STREAMS_H
#define HIJACK_STREAMS_H

#include <stdio.h>

/* As fdopen(), for a number that is the library's. */
FILE *stdio_open(int fd, const char *mode);

/* A number means something else now: if it is 0, 1 or 2, so does its stream. */
void stdio_follow(int fd);

/* Before the program ends: libc flushes its streams when we are done. */
void stdio_flush(void);

#endif /* HIJACK_STREAMS_H */
