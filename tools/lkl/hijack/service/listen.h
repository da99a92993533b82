/* SPDX-License-Identifier: GPL-2.0 */
/*
 * listen.h - where exec'ed programs find the owner of the kernel they came with
 *
 * Layer:   tools/lkl/hijack/service. Users: server.c, exec.c.
 */
#ifndef HIJACK_LISTEN_H
#define HIJACK_LISTEN_H

#include <sys/socket.h>
#include <sys/un.h>

#include "config.h"

/* The variable that has the name. */
#define SERVICE_VARIABLE	CONFIG_INTERNAL_PREFIX "SERVICE"

/* 0 or a negative errno. */
int listen_start(void);
/* In a child: it is the parent's. The name stays. */
void listen_forget(void);
/* In an exec'ed program: what its own children are to know. */
void listen_inherit(const char *text);
/* The name, or NULL. */
const char *listen_name(void);
/* Its address. Return: the address's length. */
socklen_t listen_address(const char *text, struct sockaddr_un *address);

#endif /* HIJACK_LISTEN_H */
