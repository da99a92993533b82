/* SPDX-License-Identifier: GPL-2.0 */
/*
 * progress.h - one line on a terminal: how far, how fast, how long still
 *
 * Layer:   tools; told by copy.c and contents.c, set up by main.c.
 * Context: one thread.
 */
#ifndef CP_PROGRESS_H
#define CP_PROGRESS_H

#include <stdint.h>

struct progress;

/**
 * progress_new - begin to show progress, if anybody can see it
 * @files: expected number of files; 0 if not known
 * @bytes: expected number of bytes; 0 if not known
 *
 * Return: the line, or NULL if stderr is no terminal, the terminal cannot
 * erase a line (TERM=dumb), or memory is short. NULL is fine for all below.
 */
struct progress *progress_new(uint64_t files, uint64_t bytes);

/** progress_wanted - would progress_new() show anything? */
int progress_wanted(void);

/** progress_file - one more file is begun */
void progress_file(struct progress *p);

/** progress_bytes - @count more bytes are copied */
void progress_bytes(struct progress *p, uint64_t count);

/** progress_note - show @text (a phase of the work) in place of figures */
void progress_note(struct progress *p, const char *text);

/** progress_free - erase the line */
void progress_free(struct progress *p);

#endif /* CP_PROGRESS_H */
