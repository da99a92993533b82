// SPDX-License-Identifier: GPL-2.0
/*
 * spans.c - where a call reads or writes, in the program's memory
 *
 * Layer:   tools/lkl/hijack/service; see spans.h.
 */
#include "spans.h"

#include <sys/syscall.h>

#include "board.h"
#include "guard.h"
#include "real.h"

static bool spans_add(struct spans *spans, const struct iovec *iov, size_t count)
{
	if (count > SPANS || guarded_copy(spans->iov, iov, count * sizeof(*iov)))
		return false;
	spans->count = count;
	spans->total = 0;
	for (size_t i = 0; i < count; i++) {
		if (spans->iov[i].iov_len > BOARD_POSTS)
			return false;
		spans->total += spans->iov[i].iov_len;
	}
	return spans->total > 0;
}

static bool spans_one(struct spans *spans, long address, long len)
{
	struct iovec iov = { (void *)address, (size_t)len };

	return spans_add(spans, &iov, 1);
}

static bool plain(long flags)
{
	return !(flags & ~(long)(MSG_DONTWAIT | MSG_NOSIGNAL));
}

static bool spans_msg(struct spans *spans, const struct msghdr *from)
{
	struct msghdr msg;

	if (guarded_copy(&msg, from, sizeof(msg)) || msg.msg_name || msg.msg_control)
		return false;
	return spans_add(spans, msg.msg_iov, msg.msg_iovlen);
}

bool spans_of(struct spans *spans, long nr, const long *params)
{
	switch (nr) {
	case SYS_read:
	case SYS_write:
		return spans_one(spans, params[1], params[2]);
	case SYS_sendto:
	case SYS_recvfrom:
		return plain(params[3]) && !params[4] &&
		       spans_one(spans, params[1], params[2]);
	case SYS_readv:
	case SYS_writev:
		return params[2] >= 0 &&
		       spans_add(spans, (struct iovec *)params[1], (size_t)params[2]);
	case SYS_sendmsg:
	case SYS_recvmsg:
		return plain(params[2]) &&
		       spans_msg(spans, (struct msghdr *)params[1]);
	}
	return false;
}

int spans_gather(const struct spans *spans, unsigned char *to)
{
	int err = 0;

	for (size_t i = 0; i < spans->count && !err; i++) {
		err = guarded_copy(to, spans->iov[i].iov_base, spans->iov[i].iov_len);
		to += spans->iov[i].iov_len;
	}
	return err;
}

int spans_scatter(const struct spans *spans, const unsigned char *from,
			 size_t len)
{
	int err = 0;
	size_t part;

	for (size_t i = 0; i < spans->count && len && !err; i++) {
		part = len < spans->iov[i].iov_len ? len : spans->iov[i].iov_len;
		err = guarded_copy(spans->iov[i].iov_base, from, part);
		from += part;
		len -= part;
	}
	return err;
}
