// SPDX-License-Identifier: GPL-2.0
/*
 * transfer.c - sendfile(), splice() and their like interposed
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   the program.
 * Context: any thread. Buffers are from a small store, or the stack.
 *
 * Between two descriptors of one side, that side's kernel does it. Across, bytes
 * go by a buffer of ours, and no byte may be taken from the source that the
 * target does not take: a file is read at a position that moves afterwards, a
 * socket of the library is peeked at first, and a pipe of the host is duplicated
 * by tee() into one of ours.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "kernel.h"
#include "real.h"
#include "table.h"

#define CHUNK		(128 << 10)
#define CHUNKS		16
#define CHUNK_SMALL	4096
/* What the host's calls move at most at once. */
#define LENGTH_MAX	0x7ffff000UL

/* Buffers, mapped when first used and then kept; bits say which are taken. */
static char chunks[CHUNKS][CHUNK];
static uint32_t chunks_taken;

struct chunk {
	char *data;
	size_t size;
	int index;
	char small[CHUNK_SMALL];
};

static void chunk_get(struct chunk *chunk)
{
	uint32_t bit;

	for (chunk->index = 0; chunk->index < CHUNKS; chunk->index++) {
		bit = 1U << chunk->index;
		if (__atomic_fetch_or(&chunks_taken, bit, __ATOMIC_ACQUIRE) & bit)
			continue;
		chunk->data = chunks[chunk->index];
		chunk->size = CHUNK;
		return;
	}
	chunk->data = chunk->small;
	chunk->size = sizeof(chunk->small);
}

static void chunk_put(struct chunk *chunk)
{
	if (chunk->index < CHUNKS)
		__atomic_fetch_and(&chunks_taken, ~(1U << chunk->index),
				   __ATOMIC_RELEASE);
}

/* The library's number of a descriptor, or -1 for the host's. */
static int lib_of(struct use *use, int fd)
{
	return use_begin(use, fd, true) ? use->file->lib : -1;
}

static void lib_done(struct use *use, int lib)
{
	if (lib != -1)
		use_end(use);
}

/* What was moved, or why nothing was. */
static ssize_t moved(size_t done)
{
	return done ? (ssize_t)done : -errno;
}

/* sendfile() */

/*
 * read and write are the interposed ones, which find the side. A file of the
 * library as the source and a socket of the host as the target is the same.
 */
static ssize_t copy_at(int out, int in, off_t *pos, size_t len,
		       struct chunk *chunk)
{
	size_t done = 0, want;
	ssize_t got = 0, put = 0;

	errno = 0;
	while (done < len) {
		want = len - done < chunk->size ? len - done : chunk->size;
		got = pread(in, chunk->data, want, *pos);
		if (got <= 0)
			break;
		put = write(out, chunk->data, (size_t)got);
		if (put < 0)
			break;
		done += (size_t)put;
		*pos += put;
		if (put < got)
			break;
	}
	return got < 0 || put < 0 ? moved(done) : (ssize_t)done;
}

/* Without a position, the file's own is used and moved. */
static ssize_t copy_from_file(int out, int in, off_t *pos, size_t len)
{
	off_t at = pos ? *pos : lseek(in, 0, SEEK_CUR);
	struct chunk chunk;
	ssize_t ret;

	if (at < 0)
		return errno == ESPIPE ? -EINVAL : -errno;
	chunk_get(&chunk);
	ret = copy_at(out, in, &at, len < LENGTH_MAX ? len : LENGTH_MAX, &chunk);
	chunk_put(&chunk);
	if (ret <= 0)
		return ret;
	if (pos)
		*pos = at;
	else
		lseek(in, at, SEEK_SET);
	return ret;
}

HIJACK ssize_t sendfile(int out, int in, off_t *pos, size_t len)
{
	struct use out_use, in_use;
	int out_lib, in_lib;
	ssize_t ret;

	if (likely(!file_peek(out) && !file_peek(in)))
		return real.sendfile(out, in, pos, len);
	out_lib = lib_of(&out_use, out);
	in_lib = lib_of(&in_use, in);
	if (out_lib >= 0 && in_lib >= 0)
		ret = kernel_call(SYS_sendfile, out_lib, in_lib, (long)pos,
				  (long)len, 0, 0);
	else
		ret = copy_from_file(out, in, pos, len);
	lib_done(&in_use, in_lib);
	lib_done(&out_use, out_lib);
	return result(ret);
}

HIJACK ssize_t sendfile64(int out, int in, off64_t *pos, size_t len)
	__attribute__((alias("sendfile")));

/* splice() */

static bool nonblocking(int fd, unsigned int flags)
{
	return flags & SPLICE_F_NONBLOCK || fcntl(fd, F_GETFL) & O_NONBLOCK;
}

/* Wait as the call would, if it would. */
static int wait_for(int fd, short events, unsigned int flags)
{
	struct pollfd pfd = { .fd = fd, .events = events };

	if (nonblocking(fd, flags))
		return 0;
	return poll(&pfd, 1, -1) < 0 ? -errno : 0;
}

/* How much a pipe of the host takes without waiting. */
static ssize_t pipe_room(int pipe)
{
	int size = real.fcntl(pipe, F_GETPIPE_SZ), used;

	if (size < 0 || real.ioctl(pipe, FIONREAD, &used))
		return -errno;
	return size - used;
}

/* From a socket of the library into a pipe of the host. */
static ssize_t splice_to_pipe(int pipe, int in, size_t len, unsigned int flags,
			      struct chunk *chunk)
{
	ssize_t got, room;
	int err = wait_for(pipe, POLLOUT, flags);

	room = err ? err : pipe_room(pipe);
	if (room < 0)
		return room;
	len = len < chunk->size ? len : chunk->size;
	/* A page of the pipe may be filled in part, so not all room can be used. */
	len = len < (size_t)room ? len : (size_t)room;
	if (!len)
		return -EAGAIN;
	/* SPLICE_F_NONBLOCK is about the pipe; the socket has a flag of its own. */
	got = recv(in, chunk->data, len, MSG_PEEK);
	if (got <= 0)
		return got ? -errno : 0;
	got = real.write(pipe, chunk->data, (size_t)got);
	if (got < 0)
		return -errno;
	/* Take away what the pipe took. */
	got = recv(in, chunk->data, (size_t)got, MSG_DONTWAIT);
	return got < 0 ? -errno : got;
}

/* Look at what is in a pipe without taking it. */
static ssize_t pipe_peek(int pipe, struct chunk *chunk, size_t len,
			 unsigned int flags)
{
	ssize_t got;
	int copy[2];

	if (pipe2(copy, O_CLOEXEC | O_NONBLOCK))
		return -errno;
	got = real.tee(pipe, copy[1], len, nonblocking(pipe, flags) ?
		       SPLICE_F_NONBLOCK : 0);
	got = got < 0 ? -errno : got;
	if (got > 0)
		got = real.read(copy[0], chunk->data, chunk->size);
	real.close(copy[0]);
	real.close(copy[1]);
	return got;
}

/* From a pipe of the host into a socket of the library. */
static ssize_t splice_from_pipe(int out, int pipe, size_t len,
				unsigned int flags, struct chunk *chunk)
{
	size_t done = 0;
	ssize_t got, put;

	len = len < chunk->size ? len : chunk->size;
	got = pipe_peek(pipe, chunk, len, flags);
	if (got <= 0)
		return got;
	put = send(out, chunk->data, (size_t)got < len ? (size_t)got : len,
		   flags & SPLICE_F_MORE ? MSG_MORE : 0);
	if (put < 0)
		return -errno;
	while (done < (size_t)put) {
		got = real.read(pipe, chunk->data, (size_t)put - done);
		if (got <= 0)
			break;
		done += (size_t)got;
	}
	return put;
}

static bool is_pipe(int fd)
{
	struct stat st;

	return !real.fstat(fd, &st) && S_ISFIFO(st.st_mode);
}

static ssize_t splice_across(int in, int in_lib, off64_t *in_pos, int out,
			     int out_lib, off64_t *out_pos, size_t len,
			     unsigned int flags)
{
	struct chunk chunk;
	ssize_t ret = -EINVAL;

	if ((in_lib < 0 && in_pos) || (out_lib < 0 && out_pos))
		return -ESPIPE;
	if (in_pos || out_pos || !is_pipe(in_lib < 0 ? in : out))
		return -EINVAL;
	chunk_get(&chunk);
	if (out_lib >= 0)
		ret = splice_from_pipe(out, in, len, flags, &chunk);
	else
		ret = splice_to_pipe(out, in, len, flags, &chunk);
	chunk_put(&chunk);
	return ret;
}

HIJACK ssize_t splice(int in, off64_t *in_pos, int out, off64_t *out_pos,
		      size_t len, unsigned int flags)
{
	struct use out_use, in_use;
	int out_lib, in_lib;
	ssize_t ret;

	if (likely(!file_peek(in) && !file_peek(out)))
		return real.splice(in, in_pos, out, out_pos, len, flags);
	out_lib = lib_of(&out_use, out);
	in_lib = lib_of(&in_use, in);
	if (out_lib >= 0 && in_lib >= 0)
		ret = kernel_call(SYS_splice, in_lib, (long)in_pos, out_lib,
				  (long)out_pos, (long)len, flags);
	else
		ret = splice_across(in, in_lib, in_pos, out, out_lib, out_pos,
				    len, flags);
	lib_done(&in_use, in_lib);
	lib_done(&out_use, out_lib);
	return result(ret);
}

/* copy_file_range(): programs copy by themselves where it says EXDEV. */

HIJACK ssize_t copy_file_range(int in, off64_t *in_pos, int out,
			       off64_t *out_pos, size_t len, unsigned int flags)
{
	struct use out_use, in_use;
	int out_lib, in_lib;
	ssize_t ret = -EXDEV;

	if (likely(!file_peek(in) && !file_peek(out)))
		return real.copy_file_range(in, in_pos, out, out_pos, len, flags);
	out_lib = lib_of(&out_use, out);
	in_lib = lib_of(&in_use, in);
	if (out_lib >= 0 && in_lib >= 0)
		ret = kernel_call(SYS_copy_file_range, in_lib, (long)in_pos,
				  out_lib, (long)out_pos, (long)len, flags);
	lib_done(&in_use, in_lib);
	lib_done(&out_use, out_lib);
	return result(ret);
}
