/* SPDX-License-Identifier: GPL-2.0 */
/*
 * epoll.h - epolls whose members are the host's, the library's, or both
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   fd.c, descriptors.c (life), poll.c (an epoll as a member of a poll).
 */
#ifndef HIJACK_EPOLL_H
#define HIJACK_EPOLL_H

struct epoll;

void epoll_get(struct epoll *epoll);
void epoll_put(struct epoll *epoll);
/* The library's epoll, or -1 while all members are the host's. */
int epoll_lib(const struct epoll *epoll);

#endif /* HIJACK_EPOLL_H */
