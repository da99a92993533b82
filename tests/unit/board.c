// SPDX-License-Identifier: GPL-2.0
/*
 * board.c - what the owner of a kernel does with boards that clients write
 *
 * Layer:   tests/unit. service/behind.c with a kernel that only notes its calls.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "tools/lkl/hijack/preload/api.h"
#include "tools/lkl/hijack/preload/real.h"
#include "tools/lkl/hijack/service/behind.h"
#include "tools/lkl/hijack/service/board.h"

#define SOCKET	7	/* the only one there is */
#define ROUNDS	20000

/* What behind.c needs of the preload library. */
struct real real = { .fcntl = fcntl, .close = close };
struct api api;

/* What the kernel was asked for. */
static char sent[1 << 20];
static size_t sent_len, discarded, peeked, room = 64 * 1024;
static long send_result;
static unsigned int wrong;
static bool peer_gone;
static long users = 1;

static long kernel_send(const long *params)
{
	size_t len = (size_t)params[2];

	if (send_result)
		return send_result;
	if (params[0] != SOCKET || len > BOARD_POSTS) {
		wrong++;
		return -EBADF;
	}
	len = len < room ? len : room;
	memcpy(sent + sent_len % (sizeof(sent) / 2), (void *)params[1], len);
	sent_len += len;
	return (long)len;
}

static long kernel_receive(const long *params)
{
	if (params[0] != SOCKET)
		wrong++;
	if (params[3] & MSG_PEEK) {
		memset((void *)params[1], 'p', 100);
		peeked++;
		return 100;
	}
	discarded += (size_t)params[2];
	return params[2];
}

static long kernel_option(const long *params)
{
	uint32_t *value = (uint32_t *)params[3];

	if (params[2] == SO_PROTOCOL)
		*value = IPPROTO_TCP;
	else
		value[3] = 100000;	/* send buffer; nothing is in it */
	return 0;
}

static long kernel(long nr, long *params)
{
	switch (nr) {
	case SYS_sendto:
		return kernel_send(params);
	case SYS_recvfrom:
		return kernel_receive(params);
	case SYS_getsockopt:
		return kernel_option(params);
	case SYS_getpeername:
		return 0;
	case SYS_ppoll:
		return peer_gone;
	}
	wrong++;
	return -ENOSYS;
}

static long fd_users(int fd)
{
	if (fd != SOCKET)
		wrong++;
	return users;
}

/* A board, and the client's view of it. */
static struct behind *behind;
static struct board *board;

static void set_up(void)
{
	struct request accepted = { .nr = SYS_accept4 };
	int fd;

	api.apply.lkl_syscall = kernel;
	api.lkl_fd_users = fd_users;
	behind = behind_new(&fd);
	cr_assert(ne(ptr, behind, NULL));
	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	cr_assert(ne(ptr, board, MAP_FAILED));
	cr_assert(lt(int, ftruncate(fd, 0), 0), "it can be cut off");
	close(fd);
	behind_after(behind, &accepted, SOCKET);
}

static void tear_down(void)
{
	munmap(board, sizeof(*board));
	behind_free(behind);
	cr_assert(eq(uint, wrong, 0));
}

TestSuite(board, .init = set_up, .fini = tear_down);

static void post(enum post_op op, int lib, const char *data, uint32_t len)
{
	unsigned char *at = board->posts + (board->head & (BOARD_POSTS - 1));

	*(struct post *)at = (struct post){ op, lib, len, 0 };
	if (data)
		memcpy(at + sizeof(struct post), data, len);
	board->head += post_size(op, len);
}

Test(board, does_in_order_what_was_posted)
{
	post(POST_SEND, SOCKET, "one ", 4);
	post(POST_DISCARD, SOCKET, NULL, 30);
	post(POST_SEND, SOCKET, "two", 3);
	cr_assert(behind_rest(behind));
	cr_assert(eq(sz, sent_len, 7));
	cr_assert(zero(int, memcmp(sent, "one two", 7)));
	cr_assert(eq(sz, discarded, 30));
	cr_assert(eq(u32, board->tail, board->head));
	cr_assert(zero(u32, board->awake));
	cr_assert(behind_settled(behind));
}

Test(board, writes_all_though_the_socket_takes_it_by_pieces)
{
	room = 3;
	post(POST_SEND, SOCKET, "in several pieces", 17);
	cr_assert(behind_work(behind));
	cr_assert(eq(sz, sent_len, 17));
	cr_assert(zero(int, memcmp(sent, "in several pieces", 17)));
}

Test(board, tells_how_much_a_socket_takes)
{
	uint32_t first = board->streams[SOCKET].limit;

	cr_assert(eq(u32, first, 100000));
	for (int i = 0; i < 60; i++)
		post(POST_SEND, SOCKET, "x", 1);
	cr_assert(behind_work(behind));
	cr_assert(gt(u32, board->streams[SOCKET].limit, first));
}

Test(board, keeps_an_error_for_the_next_call)
{
	send_result = -ECONNRESET;
	post(POST_SEND, SOCKET, "lost", 4);
	cr_assert(behind_work(behind));
	cr_assert(eq(i32, board->streams[SOCKET].error, ECONNRESET));
}

Test(board, gives_up_where_nobody_takes_anything)
{
	send_result = -EAGAIN;
	behind_leave(behind);
	post(POST_SEND, SOCKET, "lost", 4);
	cr_assert(behind_work(behind));
	cr_assert(zero(sz, sent_len));
	cr_assert(behind_settled(behind));
}

Test(board, lets_nothing_be_posted_to_a_peer_that_is_gone)
{
	peer_gone = true;
	post(POST_SEND, SOCKET, "last", 4);
	cr_assert(behind_work(behind));
	cr_assert(eq(u32, board->streams[SOCKET].limit, post_charge(4)));
}

static void used(long nr, bool own)
{
	struct request req = { .nr = nr, .params = { SOCKET }, .own = own };

	board->streams[SOCKET].given = 0;
	behind_after(behind, &req, -EAGAIN);
}

Test(board, gives_a_socket_that_nobody_else_has)
{
	post(POST_SEND, SOCKET, "x", 1);
	cr_assert(behind_work(behind));
	used(SYS_recvfrom, false);
	cr_assert(eq(u32, board->streams[SOCKET].given, 1));
	cr_assert(eq(u32, board->streams[SOCKET].limit, 100000), "as if it were new");
	used(SYS_recvfrom, true);
	cr_assert(zero(u32, board->streams[SOCKET].given), "the client has it");
	used(SYS_getsockopt, false);
	cr_assert(zero(u32, board->streams[SOCKET].given), "not a call that uses it");
	users = 2;
	used(SYS_recvfrom, false);
	cr_assert(zero(u32, board->streams[SOCKET].given), "somebody else has it");
}

Test(board, leaves_sockets_alone_that_it_was_not_told_of)
{
	struct request closed = { .nr = SYS_close, .params = { SOCKET } };

	post(POST_SEND, SOCKET + 1, "no", 2);
	post(POST_DISCARD, -1, NULL, 2);
	post(POST_SEND, BOARD_STREAMS, "no", 2);
	cr_assert(behind_work(behind));
	behind_after(behind, &closed, 0);
	post(POST_SEND, SOCKET, "no", 2);
	cr_assert(behind_work(behind));
	cr_assert(zero(sz, sent_len));
	cr_assert(zero(sz, discarded));
}

static void hint(uint64_t data, int epoll, int lib)
{
	board->hints[hint_place(data)] = (struct hint){ data, epoll, lib };
}

static void events(int epoll, uint64_t data, long count)
{
	struct request req = { .nr = SYS_epoll_wait, .params = { epoll, 0, 8 }, .board = 1 };

	cr_assert(behind_before(behind, &req));
	for (long i = 0; i < count; i++)
		board->events[i] = (struct epoll_event){ EPOLLIN, { .u64 = data } };
	behind_after(behind, &req, count);
}

Test(board, reads_ahead_where_the_hint_fits)
{
	hint(42, 5, SOCKET);
	events(5, 42, 1);
	cr_assert(eq(u32, board->peeked, 1));
	cr_assert(eq(i32, board->peeks[0].lib, SOCKET));
	cr_assert(eq(u32, board->peeks[0].len, 100));
	events(6, 42, 1);
	cr_assert(zero(u32, board->peeked), "of another epoll");
	events(5, 43, 1);
	cr_assert(zero(u32, board->peeked), "of another event");
	events(5, 42, BOARD_EVENTS);
	cr_assert(eq(u32, board->peeked, BOARD_PEEKS));
	hint(42, 5, -9);
	events(5, 42, 1);
	hint(42, 5, BOARD_STREAMS + 1);
	events(5, 42, 1);
	cr_assert(zero(u32, board->peeked), "of no socket");
}

Test(board, refuses_calls_that_have_no_board)
{
	struct request req = { .nr = SYS_read, .board = 1 };

	cr_assert(not(behind_before(behind, &req)));
}

/* One wrong thing each: the client is not served any more, and nothing is done. */
Test(board, ends_a_client_that_keeps_no_rules)
{
	static const struct post posts[] = {
		{ .op = POST_DISCARD + 1, .lib = SOCKET, .len = 1 },
		{ .op = POST_SEND, .lib = SOCKET, .len = BOARD_POSTS },
		{ .op = POST_SEND, .lib = SOCKET, .len = ~0U },
		{ .op = POST_SEND, .lib = SOCKET, .len = 17 },
		{ .op = POST_SKIP, .lib = SOCKET, .len = ~0U - 15 },
	};

	for (size_t i = 0; i < sizeof(posts) / sizeof(posts[0]); i++) {
		memcpy(board->posts, &posts[i], sizeof(posts[i]));
		board->head = 32;
		cr_assert(not(behind_work(behind)), "post %zu", i);
		cr_assert(not(behind_rest(behind)), "post %zu", i);
	}
	board->head = 2 * BOARD_POSTS;
	cr_assert(not(behind_work(behind)));
	board->head = 8;
	board->posts[0] = POST_DISCARD;
	cr_assert(not(behind_work(behind)));
	cr_assert(zero(sz, sent_len + discarded));
}

Test(board, survives_what_a_client_may_write)
{
	srand(1);
	for (int i = 0; i < ROUNDS; i++) {
		struct post post = { (uint32_t)rand() % 5, rand() % 16,
				     (uint32_t)rand() % (rand() % 8 ? 64 : BOARD_POSTS * 2), 0 };
		uint32_t at = (uint32_t)rand() % 4 * POST_ALIGN + board->tail;

		memcpy(board->posts + at % (BOARD_POSTS - 32), &post, sizeof(post));
		board->head = board->tail + (uint32_t)rand() % 512;
		hint((uint64_t)rand() % 8, rand() % 3, rand() % 16 - 4);
		events(rand() % 3, (uint64_t)rand() % 8, rand() % 8);
		if (behind_work(behind))
			continue;
		/* Its connection is closed. Another one: */
		tear_down();
		set_up();
	}
}
