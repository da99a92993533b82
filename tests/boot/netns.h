/* SPDX-License-Identifier: GPL-2.0 */
/*
 * netns.h - a process in a network namespace of its own, on the host
 *
 * Layer:   tests. Knows nothing of the library.
 * Users:   tests/boot/nettap.c; tests/bench/net.c.
 *
 * An ordinary user can have one, by way of a user namespace. Nothing outlives the
 * process: interfaces go away with the namespace.
 */
#ifndef LKL_TESTS_NETNS_H
#define LKL_TESTS_NETNS_H

#include <stddef.h>
#include <sys/types.h>

/**
 * struct netns - the process, as its parent sees it
 * @pid: the process
 * @control: one end of a SOCK_SEQPACKET socket pair; the process has the other
 */
struct netns {
	pid_t pid;
	int control;
};

/**
 * netns_enter - move the calling process, which has one thread, to a new namespace
 *
 * Return: 0 or a negative errno.
 */
int netns_enter(void);

/**
 * netns_start - run a function in a child in a new namespace
 * @ns: filled in
 * @main: its work; the child exits when it returns
 * @arg: its second argument
 *
 * The child dies with its parent. Loopback is up in it.
 *
 * Return: 0, or a negative errno: the host does not allow it.
 */
int netns_start(struct netns *ns, void (*main)(int control, void *arg), void *arg);

/* netns_stop - end the child and wait for it; returns its wait status */
int netns_stop(struct netns *ns);

/* Pass a descriptor. Return: 0; a descriptor; or a negative errno. */
int netns_send_fd(int control, int fd);
int netns_receive_fd(int control);

/**
 * netns_tap - make a TAP device in the caller's namespace
 * @name: its name
 * @flags: IFF_VNET_HDR, IFF_MULTI_QUEUE
 *
 * Return: a descriptor or a negative errno.
 */
int netns_tap(const char *name, short flags);

/**
 * netns_veth - make a pair of interfaces, one in another process's namespace
 * @name: the name of ours, "v0"
 * @peer: the name of the other
 * @pid: that process
 *
 * Return: 0 or a negative errno.
 */
int netns_veth(const char *name, const char *peer, pid_t pid);

/* Bring an interface of the caller's namespace up, with an address unless NULL. */
int netns_up(const char *name, const char *address);

#endif /* LKL_TESTS_NETNS_H */
