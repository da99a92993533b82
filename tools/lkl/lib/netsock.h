/* SPDX-License-Identifier: GPL-2.0 */
/*
 * netsock.h - ending the connections that an interface carried
 *
 * Layer:   tools/lkl/lib, internal, above system calls.
 * Users:   netgone.c.
 */
#ifndef LKL_LIB_NETSOCK_H
#define LKL_LIB_NETSOCK_H

/**
 * netsock_end - take an interface down for good
 * @ifindex: it
 *
 * Routes over it go, so that nothing new can be begun. What had been begun ends with
 * -ECONNABORTED, whether somebody waits in it or will only look: TCP connections from
 * an address of the interface, those still being made among them; UDP sockets that
 * are connected or bound from there; and what is bound to the interface by name.
 * Listening sockets stay, and so do UDP sockets of any address.
 *
 * Context: a host thread. Blocks: while the kernel changes interfaces.
 * Return: 0; -ENODEV; the error of the first request that failed: then some may be
 * left.
 */
int netsock_end(int ifindex);

#endif /* LKL_LIB_NETSOCK_H */
