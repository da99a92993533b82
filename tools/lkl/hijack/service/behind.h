/* SPDX-License-Identifier: GPL-2.0 */
/*
 * behind.h - the owner does what clients have put on their boards
 *
 * Layer:   tools/lkl/hijack/service; board.h has the theory.
 * Users:   serve.c. User memory of the calling thread is the owner's.
 */
#ifndef HIJACK_BEHIND_H
#define HIJACK_BEHIND_H

#include <stdbool.h>

#include "service.h"

struct behind;

/* A board; *@fd is the memory for the client, to be closed once sent. NULL: none. */
struct behind *behind_new(int *fd);
void behind_free(struct behind *behind);

/* Do all that was posted. Return: false if the client does not keep to the rules. */
bool behind_work(struct behind *behind);
/* The same; from now on the client must wake us. */
bool behind_rest(struct behind *behind);

/* The client is gone: do not wait for ever. Any thread. */
void behind_leave(struct behind *behind);
/* Has all been done that was posted? Any thread. */
bool behind_settled(const struct behind *behind);

/* A call is to be made by the board: its arguments become the owner's, if it can be. */
bool behind_before(struct behind *behind, struct request *req);
/* A call was made: what is there to read, and what became of sockets? */
void behind_after(struct behind *behind, const struct request *req, long ret);

#endif /* HIJACK_BEHIND_H */
