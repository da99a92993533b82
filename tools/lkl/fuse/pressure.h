/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pressure.h - keep what file systems remember within the memory there is
 *
 * Layer:   tools, over lkl.h; called by worker.c and server.c.
 *
 * DOC: Why this is not left to the kernel
 *
 * Inodes and directory entries that are no longer used stay in memory until
 * space is needed. Then it is mostly a file system that needs it, in the middle
 * of a change, when it may not call itself to give inodes up; and with little
 * memory and one processor nobody else does it in time. So between requests,
 * when nothing is half done, the amount is looked at now and then, and what is
 * not in use is given up. Changes that were not written yet keep inodes in use,
 * so who goes on making them has to wait until they are written.
 */
#ifndef FUSE_PRESSURE_H
#define FUSE_PRESSURE_H

/**
 * pressure_init - begin to watch
 * @mib: the memory inside
 *
 * Where it cannot be watched, nothing is done.
 */
void pressure_init(unsigned int mib);

/**
 * pressure_relieve - the calling thread is about to serve a request
 *
 * Context: any thread that serves requests.
 * Blocks: if there is too much, until it is written, or for about a second.
 */
void pressure_relieve(void);

#endif /* FUSE_PRESSURE_H */
