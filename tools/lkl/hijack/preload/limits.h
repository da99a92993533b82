/* SPDX-License-Identifier: GPL-2.0 */
/*
 * limits.h - the program's limit of descriptors, and our own numbers beyond it
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   place.c and boot.c; limits.c interposes getrlimit() and the like.
 * Context: any thread.
 *
 * Each descriptor of the library costs the process two. So that the program
 * can have as many as its limit says, the process's real limit is raised as far
 * as the host allows, the program goes on seeing its own, and our numbers lie
 * beyond that. Where the host allows no more than the program has, the upper
 * half is ours.
 */
#ifndef HIJACK_LIMITS_H
#define HIJACK_LIMITS_H

#include <stdbool.h>

/* Take the limits apart; called once, by boot. */
void limits_split(void);
/* May the program have this number? */
bool limits_allow(int fd);
/* Where our own numbers start. */
int limits_own_base(void);

#endif /* HIJACK_LIMITS_H */
