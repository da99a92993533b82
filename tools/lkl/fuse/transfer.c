// SPDX-License-Identifier: GPL-2.0
/*
 * transfer.c - contents of files between the library and the host
 *
 * Layer:   tools, over lkl.h; called by op_file.c and session.c.
 * Context: threads that serve requests, each with buffers of its own.
 */
#include "transfer.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>

#include <lkl.h>

#define PAGE		4096UL
#define DIRECT_READ	(64 * 1024)	/* bytes from which it pays */
#define DIRECT_WRITE	(256 * 1024)

/**
 * struct buffer - memory for contents
 * @data: it, or NULL
 * @size: bytes
 * @inside: it is memory of the library's kernel, as O_DIRECT needs
 */
struct buffer {
	char *data;
	size_t size;
	bool inside;
};

/**
 * struct buffers - of one thread
 * @request: the request; a page more than the data, for what is before it
 * @reply: the data of an answer
 * @writes: large requests to write come in
 *
 * Memory inside costs some milliseconds, so it is taken when it is needed.
 */
struct buffers {
	struct buffer request;
	struct buffer reply;
	bool writes;
};

static _Thread_local struct buffers buffers = {
	.request.size = PAGE + TRANSFER_MAX,
	.reply.size = TRANSFER_MAX,
};

/* Bytes of memory inside that are left for buffers. */
static atomic_long budget;

void transfer_limit(size_t bytes)
{
	atomic_store(&budget, bytes);
}

static bool map_outside(struct buffer *b)
{
	void *p = mmap(NULL, b->size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return false;
	b->data = p;
	b->inside = false;
	return true;
}

static bool map_inside(struct buffer *b)
{
	void *p = LKL_MAP_FAILED;

	if (atomic_fetch_sub(&budget, b->size) >= (long)b->size)
		p = lkl_sys_mmap(NULL, b->size, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE,
				 -1, 0);
	if (p == LKL_MAP_FAILED) {
		atomic_fetch_add(&budget, b->size);
		return false;
	}
	b->data = p;
	b->inside = true;
	return true;
}

static void unmap(struct buffer *b)
{
	if (b->data && b->inside) {
		lkl_sys_munmap((unsigned long)b->data, b->size);
		atomic_fetch_add(&budget, b->size);
	} else if (b->data) {
		munmap(b->data, b->size);
	}
	b->data = NULL;
}

int transfer_thread_init(void)
{
	return buffers.request.data || map_outside(&buffers.request) ?
	       0 : -ENOMEM;
}

void transfer_thread_exit(void)
{
	unmap(&buffers.request);
	unmap(&buffers.reply);
}

static bool is_aligned(size_t size, off_t offset)
{
	return !((size | offset) % PAGE);
}

static bool have_reply(void)
{
	return buffers.reply.data || map_inside(&buffers.reply) ||
	       map_outside(&buffers.reply);
}

bool transfer_read_directly(size_t size, off_t offset)
{
	return size >= DIRECT_READ && is_aligned(size, offset) &&
	       have_reply() && buffers.reply.inside;
}

bool transfer_write_directly(const void *data, size_t size, off_t offset)
{
	if (size < DIRECT_WRITE || !is_aligned(size, offset) ||
	    !is_aligned((uintptr_t)data, 0))
		return false;
	/* From the next one on, if this is the first. */
	buffers.writes = true;
	return buffers.request.inside;
}

/* If there is no memory inside, the one outside has to do. */
static void move_request_inside(void)
{
	struct buffer b = { .size = buffers.request.size };

	buffers.writes = false;
	if (!map_inside(&b))
		return;
	unmap(&buffers.request);
	buffers.request = b;
}

void *transfer_request(size_t head, size_t *size)
{
	if (buffers.writes && !buffers.request.inside)
		move_request_inside();
	*size = head + TRANSFER_MAX;
	return buffers.request.data + PAGE - head;
}

long transfer_read(int fd, size_t size, off_t offset, const void **data)
{
	size_t done = 0;
	long len;

	if (size > TRANSFER_MAX)
		return -EINVAL;
	if (!have_reply())
		return -ENOMEM;
	do {
		len = lkl_sys_pread64(fd, buffers.reply.data + done, size - done,
				      offset + done);
		if (len > 0)
			done += len;
	} while (len > 0 && done < size);
	*data = buffers.reply.data;
	/* Less than asked for would be taken for the end of the file. */
	return len < 0 ? len : (long)done;
}

long transfer_write(int fd, const void *data, size_t size, off_t offset)
{
	size_t done = 0;
	long len;

	do {
		len = lkl_sys_pwrite64(fd, (const char *)data + done,
				       size - done, offset + done);
		if (len > 0)
			done += len;
	} while (len > 0 && done < size);
	return done || !len ? (long)done : len;
}
