/* SPDX-License-Identifier: GPL-2.0 */
/*
 * log.h - the last of what a kernel wrote to its console
 *
 * Layer:   tools/lkl/lib, internal.
 * Users:   instance.c writes, message.c reads.
 * Locking: none: any thread may write, also on a kernel stack and in a panic.
 *	A reader that is overtaken by writers gets a mixture of old and new.
 */
#ifndef LKL_LIB_LOG_H
#define LKL_LIB_LOG_H

#include <stddef.h>
#include <stdint.h>

#define LOG_RING_SIZE	65536U

/**
 * struct log_ring - the last LOG_RING_SIZE bytes
 * @written: bytes written so far; the next goes to this modulo the size
 * @bytes: the bytes
 */
struct log_ring {
	uint64_t written;
	char bytes[LOG_RING_SIZE];
};

void log_write(struct log_ring *log, const char *str, size_t len);
void log_clear(struct log_ring *log);

/**
 * log_read - copy the end of the log
 * @log: the log
 * @buf: filled; not terminated
 * @len: its size in bytes
 *
 * Return: bytes copied.
 */
size_t log_read(const struct log_ring *log, char *buf, size_t len);

#endif /* LKL_LIB_LOG_H */
