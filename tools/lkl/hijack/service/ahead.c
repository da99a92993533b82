// SPDX-License-Identifier: GPL-2.0
/*
 * ahead.c - a client's calls that need not wait for the owner
 *
 * Layer:   tools/lkl/hijack/service; board.h has the theory.
 * Users:   client.c.
 * Context: the process's only thread that makes calls; ahead_stop() any other.
 */
#include "ahead.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "ahead_state.h"
#include "guard.h"
#include "preload.h"
#include "real.h"
#include "sandbox.h"
#include "spans.h"

/* File-scope state: see struct ahead. */
struct ahead ahead;

void ahead_start(int end, int fd)
{
	void *map = mmap(NULL, sizeof(*ahead.board), PROT_READ | PROT_WRITE, MAP_SHARED,
			 fd, 0);

	if (map == MAP_FAILED)
		return;
	ahead.connection = end;
	ahead.peeked = 0;
	ahead.board = map;
	memcpy(ahead.board->hints, ahead.hints, sizeof(ahead.hints));
}

bool ahead_started(void)
{
	return ahead.board;
}

void ahead_passed(int lib)
{
	if (lib >= 0 && lib < BOARD_STREAMS)
		ahead.owns[lib].era = 0;
}

void ahead_shared(void)
{
	ahead.era++;
	ahead.peeked = 0;
}

void ahead_forget(void)
{
	if (ahead.board)
		munmap(ahead.board, sizeof(*ahead.board));
	ahead.board = NULL;
	ahead.stopped = false;
	ahead.posting = false;
	ahead_shared();
}

/* ---- posts ---- */

static void kick(void)
{
	struct request req = { .nr = REQUEST_KICK };

	if (__atomic_load_n(&ahead.board->awake, __ATOMIC_SEQ_CST) ||
	    __atomic_exchange_n(&ahead.board->awake, 1, __ATOMIC_SEQ_CST))
		return;
	/* If it is gone, the next message says so. */
	(void)sandbox_send(ahead.connection, &req, sizeof(req), -1);
}

static uint32_t offset(uint32_t at)
{
	return at & (BOARD_POSTS - 1);
}

/* Where @size bytes go, in one piece; or NULL if they do not. */
static struct post *post_room(uint32_t size)
{
	uint32_t head = ahead.board->head;
	uint32_t tail = __atomic_load_n(&ahead.board->tail, __ATOMIC_ACQUIRE);
	uint32_t rest = BOARD_POSTS - offset(head);
	uint32_t skip = rest < size ? rest : 0;
	struct post *post = (struct post *)(ahead.board->posts + offset(head));

	if (BOARD_POSTS - (head - tail) < skip + size)
		return NULL;
	if (!skip)
		return post;
	*post = (struct post){ POST_SKIP, 0, skip - (uint32_t)sizeof(*post), 0 };
	__atomic_store_n(&ahead.board->head, head + skip, __ATOMIC_RELEASE);
	return (struct post *)ahead.board->posts;
}

static void post(struct post *at, enum post_op op, long lib, size_t len)
{
	*at = (struct post){ op, (int32_t)lib, (uint32_t)len, 0 };
	__atomic_store_n(&ahead.board->head, ahead.board->head + post_size(op, at->len),
			 __ATOMIC_SEQ_CST);
	kick();
}

/* ---- writing behind ---- */

static bool send_call(struct own *o, long lib, const struct spans *spans, long *ret)
{
	uint32_t len = (uint32_t)spans->total, charge = post_charge(len);
	uint32_t limit = __atomic_load_n(&ahead.board->streams[lib].limit, __ATOMIC_ACQUIRE);
	struct post *at;

	if (spans->total > POST_MAX || (int32_t)(limit - o->charged - charge) < 0)
		return false;
	at = post_room(post_size(POST_SEND, len));
	if (!at)
		return false;
	*ret = spans_gather(spans, (unsigned char *)(at + 1));
	if (*ret)
		return true;
	o->charged += charge;
	post(at, POST_SEND, lib, len);
	*ret = len;
	return true;
}

/* ---- reading ahead ---- */

static bool receive_call(struct own *o, long lib, const struct spans *spans, long *ret)
{
	uint32_t i = o->peek - 1, left, len;
	struct post *at;

	if (!o->peek || i >= ahead.peeked || ahead.peeks[i].lib != lib)
		return false;
	left = ahead.peeks[i].len - ahead.used[i];
	len = left < spans->total ? left : (uint32_t)spans->total;
	at = post_room(post_size(POST_DISCARD, len));
	/* More than was looked at is there, perhaps: a short read would lie. */
	if (!at || (ahead.peeks[i].len == PEEK_SIZE && spans->total > left)) {
		o->peek = 0;
		return false;
	}
	*ret = spans_scatter(spans, ahead.board->data[i] + ahead.used[i], len);
	if (*ret)
		return true;
	ahead.used[i] += len;
	if (ahead.used[i] == ahead.peeks[i].len)
		o->peek = 0;
	post(at, POST_DISCARD, lib, len);
	*ret = len;
	return true;
}

/* What else recvmsg() tells. */
static long receive_told(long nr, const long *params, long ret)
{
	struct msghdr *msg = (struct msghdr *)params[1];
	size_t none = 0;
	int flags = 0;

	if (nr != SYS_recvmsg || ret < 0)
		return ret;
	if (guarded_copy(&msg->msg_flags, &flags, sizeof(flags)) ||
	    guarded_copy(&msg->msg_controllen, &none, sizeof(none)))
		return -EFAULT;
	return ret;
}

static bool error_taken(long lib, long *ret)
{
	int32_t *error = &ahead.board->streams[lib].error;

	if (likely(!__atomic_load_n(error, __ATOMIC_RELAXED)))
		return false;
	*ret = -__atomic_exchange_n(error, 0, __ATOMIC_ACQUIRE);
	return *ret < 0;
}

static bool board_call(long nr, const long *params, long *ret)
{
	struct own *o = own(params[0]);
	struct spans spans;

	if (!o || !spans_of(&spans, nr, params))
		return false;
	if (error_taken(params[0], ret))
		return true;
	switch (nr) {
	case SYS_write:
	case SYS_writev:
	case SYS_sendto:
	case SYS_sendmsg:
		return send_call(o, params[0], &spans, ret);
	}
	if (!receive_call(o, params[0], &spans, ret))
		return false;
	*ret = receive_told(nr, params, *ret);
	return true;
}

bool ahead_call(long nr, const long *params, long *ret)
{
	bool done = false;

	if (!ahead.board)
		return false;
	__atomic_store_n(&ahead.posting, true, __ATOMIC_SEQ_CST);
	if (!__atomic_load_n(&ahead.stopped, __ATOMIC_SEQ_CST))
		done = board_call(nr, params, ret);
	__atomic_store_n(&ahead.posting, false, __ATOMIC_RELEASE);
	return done;
}

void ahead_stop(void)
{
	__atomic_store_n(&ahead.stopped, true, __ATOMIC_SEQ_CST);
	/* A few instructions of another thread. */
	while (__atomic_load_n(&ahead.posting, __ATOMIC_SEQ_CST))
		__asm__ volatile("" ::: "memory");
}
