// SPDX-License-Identifier: GPL-2.0
/*
 * log.c - the last of what a kernel wrote to its console
 *
 * Layer:   tools/lkl/lib, internal.
 * Users:   instance.c writes, message.c reads.
 * Context: log_write(): any thread, on a kernel stack, in a panic; never waits.
 */
#include "log.h"

void log_write(struct log_ring *log, const char *str, size_t len)
{
	uint64_t at = __atomic_fetch_add(&log->written, len, __ATOMIC_RELAXED);
	size_t i;

	for (i = 0; i < len; i++, at++)
		__atomic_store_n(&log->bytes[at % LOG_RING_SIZE], str[i],
				 __ATOMIC_RELAXED);
}

void log_clear(struct log_ring *log)
{
	__atomic_store_n(&log->written, 0, __ATOMIC_RELAXED);
}

size_t log_read(const struct log_ring *log, char *buf, size_t len)
{
	uint64_t end = __atomic_load_n(&log->written, __ATOMIC_RELAXED);
	uint64_t at;
	size_t count = end < LOG_RING_SIZE ? end : LOG_RING_SIZE;

	if (count > len)
		count = len;
	for (at = end - count; at < end; at++)
		*buf++ = __atomic_load_n(&log->bytes[at % LOG_RING_SIZE],
					 __ATOMIC_RELAXED);
	return count;
}
