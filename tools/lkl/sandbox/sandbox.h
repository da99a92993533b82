/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sandbox.h - give up what is not needed, before an image is looked at
 *
 * Layer:   tools; used by cp, tar and info, and by fuse/worker.c.
 */
#ifndef LKL_SANDBOX_H
#define LKL_SANDBOX_H

#include <stdbool.h>

/**
 * enum sandbox_role - what a tool still does with the host's files
 * @SANDBOX_SERVES: nothing; it answers requests, and shows nobody how far it is
 * @SANDBOX_CLOSED: nothing; all it needs is open
 * @SANDBOX_READS: reads those it was told to
 * @SANDBOX_WRITES: makes files below its destination
 */
enum sandbox_role {
	SANDBOX_SERVES,
	SANDBOX_CLOSED,
	SANDBOX_READS,
	SANDBOX_WRITES,
};

/**
 * struct sandbox - what is left to a tool
 * @role: see enum sandbox_role
 * @unlock: libcryptsetup is going to be used, which opens files; then only
 *	Landlock stands in the way of that
 * @count: how many @paths
 * @paths: of the host: for SANDBOX_READS what may be read, for SANDBOX_WRITES
 *	the destination; others may not be touched
 * @parents: directories that @paths are in are looked at too
 */
struct sandbox {
	enum sandbox_role role;
	bool unlock;
	int count;
	char *const *paths;
	bool parents;
};

/**
 * sandbox_prepare - give up privileges and the host's files
 * @s: what is left
 *
 * To be called before a second thread exists, since Landlock confines the
 * calling one and those it starts. Beside what @s says only the library's own
 * file can be opened from now on. Open descriptors keep what they may.
 *
 * Return: 0, or a negative errno, already reported. A host kernel without
 * Landlock is no error.
 */
int sandbox_prepare(const struct sandbox *s);

/**
 * sandbox_enter - give up all system calls that are not needed
 * @s: as for sandbox_prepare(), which was called
 *
 * For all threads there are, and all there will be. To be called when the kernel
 * runs, before it sees a disk.
 *
 * Return: 0, or a negative errno, already reported.
 */
int sandbox_enter(const struct sandbox *s);

/**
 * sandbox_seal - give up making rings of io_uring
 *
 * A ring does what the list of system calls refuses, sockets for one. To be
 * called when the disks have theirs.
 *
 * Return: 0, or a negative errno, already reported.
 */
int sandbox_seal(void);

/**
 * sandbox_test - try what is to be refused
 *
 * Says on standard output for each attempt whether it was refused.
 *
 * Return: how many were not.
 */
int sandbox_test(void);

#endif /* LKL_SANDBOX_H */
