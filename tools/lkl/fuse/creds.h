/* SPDX-License-Identifier: GPL-2.0 */
/*
 * creds.h - as whom the calling thread acts inside the library
 *
 * Layer:   tools, over lkl.h; called by the requests.
 *
 * Permissions were checked by the host when a request arrives, or shall not be
 * checked; so every thread has all capabilities inside, whoever it acts as.
 * What the identity is for: the owner of a file that is made, and whether a
 * write takes set-user-ID bits away. It is kept from one request to the next,
 * which usually come from the same user.
 */
#ifndef FUSE_CREDS_H
#define FUSE_CREDS_H

#include <stdbool.h>
#include <sys/types.h>

/**
 * creds_thread_init - prepare the calling thread
 *
 * Gives it a file mode creation mask of its own.
 *
 * Return: 0, or a negative errno.
 */
int creds_thread_init(void);

/**
 * creds_become - act as a user from now on
 * @uid: inside the library
 * @gid: inside the library
 *
 * Return: 0, or a negative errno.
 */
int creds_become(uid_t uid, gid_t gid);

/** creds_umask - set the calling thread's file mode creation mask */
void creds_umask(mode_t mask);

/**
 * creds_keep_privileged - do set-user-ID and set-group-ID bits survive writes?
 * @keep: as they do for a process with CAP_FSETID
 *
 * Return: 0, or a negative errno.
 */
int creds_keep_privileged(bool keep);

#endif /* FUSE_CREDS_H */
