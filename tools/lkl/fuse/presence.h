/* SPDX-License-Identifier: GPL-2.0 */
/*
 * presence.h - are the images still there when they are no longer mounted?
 *
 * Layer:   tools; called by supervisor.c.
 */
#ifndef FUSE_PRESENCE_H
#define FUSE_PRESENCE_H

#include "config.h"

/**
 * struct presence - the images as they were found
 * @fds: O_PATH descriptors; -1 for what is no file
 * @count: how many
 */
struct presence {
	int fds[CONFIG_IMAGES];
	unsigned int count;
};

/** presence_note - note which files the images are */
void presence_note(struct presence *p, const struct config *config);

/**
 * presence_check - is all that was written to them still to be had?
 * @p: from presence_note(); done with afterwards
 * @config: the same as there
 *
 * A file that was removed goes with the last process that has it open; what it
 * was changed to is lost. Says so.
 *
 * Return: 0, or -ESTALE if one was removed.
 */
int presence_check(struct presence *p, const struct config *config);

#endif /* FUSE_PRESENCE_H */
