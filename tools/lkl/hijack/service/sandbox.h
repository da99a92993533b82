/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sandbox.h - clients that forbid themselves most system calls
 *
 * Layer:   tools/lkl/hijack/service. Users: client.c.
 */
#ifndef HIJACK_SANDBOX_H
#define HIJACK_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Has the program set a filter? */
bool sandboxed(void);

/* As message_send(). */
int sandbox_send(int sock, const void *data, size_t len, int fd);
/* As recv(). */
ssize_t sandbox_receive(int sock, void *data, size_t len);

#endif /* HIJACK_SANDBOX_H */
