/* SPDX-License-Identifier: GPL-2.0 */
/*
 * landlock.h - which files of the host can be reached
 *
 * Layer:   tools; called by sandbox.c.
 */
#ifndef LKL_SANDBOX_LANDLOCK_H
#define LKL_SANDBOX_LANDLOCK_H

#include "sandbox.h"

/**
 * landlock_enter - leave only the files that are named
 * @s: names them
 *
 * Return: 0, also if the host has no Landlock; negative errno.
 */
int landlock_enter(const struct sandbox *s);

#endif /* LKL_SANDBOX_LANDLOCK_H */
