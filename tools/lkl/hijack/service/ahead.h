/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ahead.h - a client's calls that need not wait for the owner
 *
 * Layer:   tools/lkl/hijack/service; board.h has the theory.
 * Users:   client.c, which sees to it that a thread is in one call at a time.
 */
#ifndef HIJACK_AHEAD_H
#define HIJACK_AHEAD_H

#include <stdbool.h>

#include "service.h"

/* The end of the one connection so far, and memory to share; errors leave us without. */
void ahead_start(int connection, int fd);
bool ahead_started(void);

/**
 * ahead_call - make a call by the board, if that can be
 * @nr: system call
 * @params: its arguments
 * @ret: its result
 *
 * Return: false if it takes a message.
 */
bool ahead_call(long nr, const long *params, long *ret);

/* A message is about to be sent; it may be changed to use the board. */
void ahead_before(struct request *req);
/* It was answered by @ret; @params are the program's. Return: the program's result. */
long ahead_after(const struct request *req, const long *params, long ret);

/* Another process has all our sockets, too. */
void ahead_shared(void);
/* Another process may have that one, too. */
void ahead_passed(int lib);
/* Another thread makes calls: from now on all go by message. It must settle first. */
void ahead_stop(void);
/* In a child: the board is the parent's. */
void ahead_forget(void);

#endif /* HIJACK_AHEAD_H */
