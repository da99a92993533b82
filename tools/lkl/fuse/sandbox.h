/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sandbox.h - give up what serving an image does not need, before it is read
 *
 * Layer:   tools; called by worker.c.
 */
#ifndef FUSE_SANDBOX_H
#define FUSE_SANDBOX_H

#include <stdbool.h>

/**
 * sandbox_prepare - give up privileges and the host's files
 *
 * To be called before a second thread exists, since Landlock confines the
 * calling one and those it starts. Afterwards only the library's own file can
 * be opened, for reading. Open descriptors keep what they may.
 *
 * Return: 0, or a negative errno, already reported. A host kernel without
 * Landlock is no error.
 */
int sandbox_prepare(void);

/**
 * sandbox_enter - give up all system calls that are not needed
 *
 * @unlock: libcryptsetup is going to be used, which opens files. Then only
 *	Landlock stands in the way.
 *
 * For all threads there are, and all there will be. Nothing of the host can be
 * opened from now on, and no program executed.
 *
 * Return: 0, or a negative errno, already reported.
 */
int sandbox_enter(bool unlock);

/**
 * sandbox_test - try what is to be refused
 *
 * Says on standard output for each attempt whether it was refused.
 *
 * Return: how many were not.
 */
int sandbox_test(void);

#endif /* FUSE_SANDBOX_H */
