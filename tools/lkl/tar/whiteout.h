/* SPDX-License-Identifier: GPL-2.0 */
/*
 * whiteout.h - files of a container layer that take others away
 *
 * Layer:   tools; called by unpack.c.
 * Context: one thread.
 */
#ifndef TAR_WHITEOUT_H
#define TAR_WHITEOUT_H

#include "unpack.h"

/**
 * whiteout_apply - do what a whiteout says
 * @u: the run; u->entry is the file at hand
 * @dir: the directory it is in
 * @name: its name there
 *
 * ".wh.NAME" takes NAME away, with all that is in it; ".wh..wh..opq" all that is
 * in the directory (OCI image specification, layer.md); a character device 0,0,
 * which overlayfs has instead, what it is named. Other names that begin with
 * ".wh..wh." are bookkeeping.
 *
 * Return: 1 if it was one, 0 if not, or a negative errno.
 */
int whiteout_apply(struct unpack *u, int dir, const char *name);

#endif /* TAR_WHITEOUT_H */
