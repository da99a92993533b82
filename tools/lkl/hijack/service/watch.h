/* SPDX-License-Identifier: GPL-2.0 */
/*
 * watch.h - host descriptors that a client watches while it waits for a call
 *
 * Layer:   tools/lkl/hijack/service. Users: client.c; struct api in a client.
 */
#ifndef HIJACK_WATCH_H
#define HIJACK_WATCH_H

/* Stand in for lkl_watch_add() and lkl_watch_remove(). */
void watch_start(void);
/* An epoll that is readable when something watched is ready; -1: nothing is. */
int watch_epoll(void);
/* Call those whose descriptor is ready. */
void watch_run(void);

#endif /* HIJACK_WATCH_H */
