/* SPDX-License-Identifier: GPL-2.0 */
/*
 * inherit.h - let go of what a process of ours has inherited
 *
 * Layer:   tools/lkl/hijack.
 * Users:   lkl-hijack, which waits for the program; the trap's processes.
 *
 * Pipes, terminals and files that a caller leaves open are the program's. Who waits
 * for the end of one waits for the program to close it, not for a process that
 * only waits itself.
 */
#ifndef HIJACK_INHERIT_H
#define HIJACK_INHERIT_H

#include <stddef.h>

/**
 * inherit_drop - close all descriptors but some
 * @keep: those that stay open, ascending
 * @count: how many
 *
 * The first three, which libraries take for granted, become /dev/null instead.
 *
 * Context: the process has one thread.
 */
void inherit_drop(const int *keep, size_t count);

/* The first three alone; other threads may run. */
void inherit_drop_standard(void);

#endif /* HIJACK_INHERIT_H */
