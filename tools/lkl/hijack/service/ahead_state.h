/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ahead_state.h - what a client knows of its board and of what is on it
 *
 * Layer:   tools/lkl/hijack/service; board.h has the theory.
 * Users:   ahead.c, ahead_message.c.
 */
#ifndef HIJACK_AHEAD_STATE_H
#define HIJACK_AHEAD_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "board.h"

/**
 * struct own - what we know of a socket, by the library's number
 * @era: of ours plus one, if it is only this process's
 * @charged: against its limit
 * @peek: index of what was read ahead, plus one
 */
struct own {
	uint32_t era;
	uint32_t charged;
	uint32_t peek;
};

/**
 * struct ahead - a process has one board at most
 * @board: it, or NULL
 * @connection: of the thread that uses it
 * @stopped: another thread makes calls, too
 * @posting: a call by the board is under way
 * @era: ends when all that is ours becomes somebody else's, too
 * @peeked: how many of @peeks there are
 * @peeks: what was read ahead ...
 * @used: ... and how much of it the program has
 * @owns: sockets, by number
 * @hints: those for the board, from before there is one
 */
struct ahead {
	struct board *board;
	int connection;
	bool stopped;
	bool posting;
	uint32_t era;
	uint32_t peeked;
	struct peek peeks[BOARD_PEEKS];
	uint32_t used[BOARD_PEEKS];
	struct own owns[BOARD_STREAMS];
	struct hint hints[BOARD_HINTS];
};

extern struct ahead ahead;

/* A socket that is only this process's, or NULL. */
static inline struct own *own(long lib)
{
	if (lib < 0 || lib >= BOARD_STREAMS || ahead.owns[lib].era != ahead.era + 1)
		return NULL;
	return &ahead.owns[lib];
}

#endif /* HIJACK_AHEAD_STATE_H */
