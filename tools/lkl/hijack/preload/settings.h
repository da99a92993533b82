/* SPDX-License-Identifier: GPL-2.0 */
/*
 * settings.h - the settings that matter before a kernel is booted
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   paths.c (mounts), unix.c.
 * Context: any thread; written once, before main().
 */
#ifndef HIJACK_SETTINGS_H
#define HIJACK_SETTINGS_H

#include <stdbool.h>

/* File systems that the settings mount, "type,...", each at /type; or NULL. */
const char *settings_mounts(void);

/* Are unix sockets the library's? */
bool settings_unix_library(void);

#endif /* HIJACK_SETTINGS_H */
