/* SPDX-License-Identifier: GPL-2.0 */
/*
 * transfer.h - contents of files between the library and the host
 *
 * Layer:   tools, over lkl.h; called by op_file.c and session.c.
 *
 * DOC: Past the page cache
 *
 * The host caches what it reads, so a cache of the same pages inside the
 * library would only cost memory, and the time to fill it. Large requests
 * therefore use a descriptor that was opened with O_DIRECT, where the file
 * system can do that: data goes straight between the image and the buffers of
 * the thread, which are memory of the library's kernel for that reason. Small
 * requests use the cache, and so the read-ahead, inside.
 */
#ifndef FUSE_TRANSFER_H
#define FUSE_TRANSFER_H

#include <stdbool.h>
#include <sys/types.h>

#define TRANSFER_MAX	(1 << 20)	/* bytes in one request */

/**
 * transfer_limit - how much memory inside all buffers together may take
 * @bytes: as it says; none before it is called
 *
 * Threads that come too late for it use memory of the host, and the cache.
 */
void transfer_limit(size_t bytes);

/**
 * transfer_thread_init - give the calling thread its buffers, if it has none
 *
 * Return: 0, or a negative errno.
 */
int transfer_thread_init(void);

/** transfer_thread_exit - free them */
void transfer_thread_exit(void);

/**
 * transfer_request - where the calling thread is to read requests to
 * @head: bytes before the data of a write, which are put so that the data
 *	begins at a page
 * @size: result; how long a request may be
 */
void *transfer_request(size_t head, size_t *size);

/** transfer_read_directly - is a request to go past the cache? */
bool transfer_read_directly(size_t size, off_t offset);

/** transfer_write_directly - the same for writing from @data */
bool transfer_write_directly(const void *data, size_t size, off_t offset);

/**
 * transfer_read - read from a file
 * @fd: inside the library
 * @size: bytes wanted, at most TRANSFER_MAX
 * @offset: in the file
 * @data: set to where they are; good until the thread's next call
 *
 * Return: bytes read, less than @size at the end of the file only; or a
 * negative errno.
 */
long transfer_read(int fd, size_t size, off_t offset, const void **data);

/**
 * transfer_write - write to a file
 * @fd: inside the library
 * @data: the bytes
 * @size: how many
 * @offset: in the file
 *
 * Return: bytes written, less than @size if the rest failed; or a negative
 * errno.
 */
long transfer_write(int fd, const void *data, size_t size, off_t offset);

#endif /* FUSE_TRANSFER_H */
