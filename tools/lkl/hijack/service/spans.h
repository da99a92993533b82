/* SPDX-License-Identifier: GPL-2.0 */
/*
 * spans.h - where a call reads or writes, in the program's memory
 *
 * Layer:   tools/lkl/hijack/service.
 * Users:   ahead.c.
 * Context: any thread; nothing there is trusted to be memory.
 */
#ifndef HIJACK_SPANS_H
#define HIJACK_SPANS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#define SPANS	16

/**
 * struct spans - what is to be read or written
 * @iov: where
 * @count: how many
 * @total: bytes
 */
struct spans {
	struct iovec iov[SPANS];
	size_t count;
	size_t total;
};

/* Those of a call that reads or writes, and does nothing else. Return: is it one? */
bool spans_of(struct spans *spans, long nr, const long *params);

/* Copy all of it to @to; 0 or -EFAULT. */
int spans_gather(const struct spans *spans, unsigned char *to);

/* Copy @len bytes at @from into it; 0 or -EFAULT. */
int spans_scatter(const struct spans *spans, const unsigned char *from, size_t len);

#endif /* HIJACK_SPANS_H */
