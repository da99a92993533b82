/* SPDX-License-Identifier: GPL-2.0 */
/*
 * awake.h - keep the other processor from falling asleep between two requests
 *
 * Layer:   tools; called by server.c.
 */
#ifndef FUSE_AWAKE_H
#define FUSE_AWAKE_H

/**
 * awake_start - be ready to
 *
 * Nothing is done where it is of no use: unless there are two processors.
 *
 * Context: one thread.
 * Return: 0, or a negative errno.
 */
int awake_start(void);

/**
 * awake_note - a request has come
 * @streak: how many have come in a row, none of which had to be waited for
 *
 * Context: one thread at a time.
 */
void awake_note(unsigned int streak);

/**
 * awake_stop - end it
 *
 * Context: the thread of awake_start().
 */
void awake_stop(void);

#endif /* FUSE_AWAKE_H */
