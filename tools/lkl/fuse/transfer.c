// SPDX-License-Identifier: GPL-2.0
/*
 * transfer.c - contents of files between the library and the host
 *
 * Layer:   tools, over lkl.h; called by op_file.c and session.c.
 * Context: threads that serve requests, each with buffers of its own.
 */
#include "transfer.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>

#include <lkl.h>

#define PAGE		4096UL
#define DIRECT_READ	(64 * 1024)	/* bytes from which it pays */
#define DIRECT_WRITE	(256 * 1024)

/**
 * struct buffers - of one thread
 * @request: the request; a page more than the data, for what is before it
 * @reply: the data of an answer
 */
struct buffers {
	char *request;
	char *reply;
};

static _Thread_local struct buffers buffers;

static void *map(size_t size)
{
	void *p = lkl_sys_mmap(NULL, size, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1,
			       0);

	return p == LKL_MAP_FAILED ? NULL : p;
}

int transfer_thread_init(void)
{
	buffers.request = map(PAGE + TRANSFER_MAX);
	buffers.reply = map(TRANSFER_MAX);
	if (buffers.request && buffers.reply)
		return 0;
	transfer_thread_exit();
	return -ENOMEM;
}

void transfer_thread_exit(void)
{
	if (buffers.request)
		lkl_sys_munmap((unsigned long)buffers.request,
			       PAGE + TRANSFER_MAX);
	if (buffers.reply)
		lkl_sys_munmap((unsigned long)buffers.reply, TRANSFER_MAX);
	buffers = (struct buffers){ 0 };
}

static bool is_aligned(size_t size, off_t offset)
{
	return !((size | offset) % PAGE);
}

bool transfer_read_directly(size_t size, off_t offset)
{
	return size >= DIRECT_READ && is_aligned(size, offset);
}

bool transfer_write_directly(const void *data, size_t size, off_t offset)
{
	return size >= DIRECT_WRITE && is_aligned(size, offset) &&
	       is_aligned((uintptr_t)data, 0);
}

void *transfer_request(size_t head, size_t *size)
{
	*size = head + TRANSFER_MAX;
	return buffers.request + PAGE - head;
}

long transfer_read(int fd, size_t size, off_t offset, const void **data)
{
	size_t done = 0;
	long len;

	if (size > TRANSFER_MAX)
		return -EINVAL;
	do {
		len = lkl_sys_pread64(fd, buffers.reply + done, size - done,
				      offset + done);
		if (len > 0)
			done += len;
	} while (len > 0 && done < size);
	*data = buffers.reply;
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
