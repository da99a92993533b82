/* SPDX-License-Identifier: GPL-2.0 */
/*
 * board.h - memory that a client's thread shares with the thread that serves it
 *
 * Layer:   tools/lkl/hijack/service; see service.h.
 * Users:   ahead*.c (client), behind.c (owner).
 *
 * DOC: Theory of operation
 *
 * A call by message costs two switches between processes, which is many times the
 * call itself. For what servers do most, the board saves them:
 *
 * Written behind. A client puts what it writes to a TCP socket on the board and
 * goes on; the owner's thread writes it, in order with the thread's messages.
 * That is what the client would see of a kernel, too: write() says that the data
 * is in the socket's buffer, not that it was sent. The owner says beforehand how
 * much a socket takes (stream.limit), so it does take it. An error that the
 * socket has meanwhile is the result of the next call that reads or writes it.
 *
 * Read ahead. When the owner's epoll_wait() finds sockets readable, it looks at
 * (MSG_PEEK) what they have, and the board takes that to the client with the
 * events. read() is served from there, and the owner told to discard as much. A
 * socket's data stays in the kernel until then, so every other call sees what it
 * should. A read that comes out short means that there was no more when the event
 * was told; more has made another event since, as edge-triggered ones need.
 *
 * Both are for sockets that are only the process's own, as long as the process has
 * made one thread's calls only: accepted or connected by it, and not duplicated or
 * passed on since; or inherited, once all others have closed it, which the kernel
 * knows (lkl_fd_users()). So no other can see that something has yet to
 * happen; and whoever learns of it by the library finds that it has, since a
 * message is answered after all that was put on the board before it.
 *
 * The board belongs to the client, who may be an enemy of the owner's: the owner
 * takes nothing from it unchecked, and looks at nothing twice.
 */
#ifndef HIJACK_BOARD_H
#define HIJACK_BOARD_H

#include <stdint.h>
#include <sys/epoll.h>
#include <time.h>

#define BOARD_POSTS	(1024 * 1024)	/* bytes; a power of two */
#define BOARD_STREAMS	32768		/* the library's numbers below */
#define BOARD_PEEKS	64
#define BOARD_EVENTS	512
#define BOARD_HINTS	4096		/* a power of two */
#define PEEK_SIZE	4096
#define POST_MAX	65536		/* bytes written by one post */
#define POST_ALIGN	16

enum post_op {
	POST_SKIP,	/* to the end of the ring */
	POST_SEND,	/* write @len bytes, which follow */
	POST_DISCARD,	/* read @len bytes to nowhere */
};

/**
 * struct post - what the owner is to do, in the ring of posts
 * @op: POST_*
 * @lib: the library's descriptor
 * @len: bytes
 * @reserved: 0
 */
struct post {
	uint32_t op;
	int32_t lib;
	uint32_t len;
	uint32_t reserved;
};

/* Its size in the ring. */
static inline uint32_t post_size(uint32_t op, uint32_t len)
{
	uint32_t data = op == POST_DISCARD ? 0 : len;

	return (uint32_t)sizeof(struct post) +
	       ((data + POST_ALIGN - 1) & ~(POST_ALIGN - 1U));
}

/* What it takes of stream.limit: the kernel counts its records of data, too. */
static inline uint32_t post_charge(uint32_t len)
{
	return len + 2304;
}

/**
 * struct stream - a socket, by the library's number
 * @limit: what may be charged in all since the number was made, or given to the client
 * @error: an errno for the client's next call; taken by it
 * @given: nobody else has it any more: the client's from now on; taken by it
 */
struct stream {
	uint32_t limit;
	int32_t error;
	uint32_t given;
};

/**
 * struct hint - which socket an event's data means
 * @data: struct epoll_event.data
 * @epoll: the library's number of the epoll
 * @lib: and of the socket
 *
 * No more than a hint: looking at the wrong socket does nothing.
 */
struct hint {
	uint64_t data;
	int32_t epoll;
	int32_t lib;
};

/* Where the hint for @data is. */
static inline uint32_t hint_place(uint64_t data)
{
	return (uint32_t)(data * 0x9e3779b97f4a7c15ULL >> 40) & (BOARD_HINTS - 1);
}

/**
 * struct peek - what a socket has to be read
 * @lib: which
 * @len: bytes; PEEK_SIZE: perhaps there are more
 */
struct peek {
	int32_t lib;
	uint32_t len;
};

/**
 * struct board - all of it
 * @head: bytes posted ever; the client's
 * @tail: bytes done ever; the owner's
 * @awake: the owner's thread looks at @head before it sleeps
 * @peeked: how many of @peeks and @data the last epoll_wait() made
 * @timeout: of the client's epoll_wait(), if it has one
 * @peeks: what was read ahead ...
 * @events: events for the client
 * @hints: of the client
 * @streams: by number
 * @data: ... and the bytes
 * @posts: the ring
 */
struct board {
	uint32_t head __attribute__((aligned(64)));
	uint32_t tail __attribute__((aligned(64)));
	uint32_t awake __attribute__((aligned(64)));
	uint32_t peeked;
	struct timespec timeout;
	struct peek peeks[BOARD_PEEKS];
	struct epoll_event events[BOARD_EVENTS];
	struct hint hints[BOARD_HINTS];
	struct stream streams[BOARD_STREAMS];
	unsigned char data[BOARD_PEEKS][PEEK_SIZE] __attribute__((aligned(4096)));
	unsigned char posts[BOARD_POSTS] __attribute__((aligned(4096)));
};

#endif /* HIJACK_BOARD_H */
