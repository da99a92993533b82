/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pass.h - descriptors of the library in messages over the host's unix sockets
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   messages.c; fd.c when numbers are closed.
 */
#ifndef HIJACK_PASS_H
#define HIJACK_PASS_H

#include <sys/socket.h>

/* Before a message goes: what it carries stays open until it has arrived. */
int pass_send(const struct msghdr *msg);

/* A message came: numbers that are places mean what they stand for. */
void pass_receive(struct msghdr *msg);

/* A number was closed: perhaps it was the last one of something under way. */
void pass_closed(void);

#endif /* HIJACK_PASS_H */
