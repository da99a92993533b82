// SPDX-License-Identifier: GPL-2.0
/*
 * calls.c - what one system call costs
 *
 * Layer: tests/bench.
 * Users: bench.c, through call_benches.
 *
 * Each loop is the same code on both sides and goes through the same pointer,
 * except getpid's, where the pointer would be seen: there the library is
 * called as a program would, and the host by syscall(2).
 */
#include "bench.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <lkl.h>

/* A file that fits the processor's caches, and one that does not. */
#define CACHED_SIZE	(8 * MIB)
#define UNCACHED_SIZE	(64 * MIB)

static void getpid_run(const struct side *side, const char *where)
{
	const long rounds = 5000000;
	uint64_t start;
	long i, sum = 0;

	side->call(SYS_getpid, 0, 0, 0, 0);
	start = now_ns();
	if (side == &lkl_side)
		for (i = 0; i < rounds; i++)
			sum += lkl_sys_getpid();
	else
		for (i = 0; i < rounds; i++)
			sum += syscall(SYS_getpid);
	if (sum <= 0)
		die("getpid", -EINVAL);
	report("syscall_getpid", (double)(now_ns() - start) / (double)rounds);
}

/* Leave a file of @file_size in the page cache and return it open. */
static long cached_file(const struct side *side, const char *where, long file_size, char *buf)
{
	char path[300];
	long fd;

	side->mount(where);
	snprintf(path, sizeof(path), "%s/cached", root);
	fd = must(path, side->call(SYS_open, (long)path, O_CREAT | O_RDWR | O_TRUNC, 0600, 0));
	for (long pos = 0; pos < file_size; pos += MIB)
		must("write", side->call(SYS_pwrite64, fd, (long)buf, MIB, pos));
	must("fsync", side->call(SYS_fsync, fd, 0, 0, 0));
	for (long pos = 0; pos < file_size; pos += MIB)
		must("read", side->call(SYS_pread64, fd, (long)buf, MIB, pos));
	return fd;
}

/* Nanoseconds a pread of @size bytes at random multiples of it takes. */
static double cached_reads(const struct side *side, const char *where, long file_size, long size,
			   long rounds)
{
	char *buf = touched_buffer((size_t)MIB);
	long fd = cached_file(side, where, file_size, buf);
	uint64_t start, seed = 1;
	long pos;

	start = now_ns();
	for (long i = 0; i < rounds; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		pos = (long)((seed >> 33) % (uint64_t)(file_size / size)) * size;
		if (side->call(SYS_pread64, fd, (long)buf, size, pos) != size)
			die("pread", -EIO);
	}
	start = now_ns() - start;
	must("close", side->call(SYS_close, fd, 0, 0, 0));
	side->umount();
	return (double)start / (double)rounds;
}

static double mb_per_s(double ns_per_mib)
{
	return (double)MIB / ns_per_mib * 1e3;
}

static void read_4k_run(const struct side *side, const char *where)
{
	report("read_4k_cached", cached_reads(side, where, CACHED_SIZE, 4 * KIB, 2000000));
}

static void read_4k_64m_run(const struct side *side, const char *where)
{
	report("read_4k_64m", cached_reads(side, where, UNCACHED_SIZE, 4 * KIB, 1000000));
}

static void read_1m_run(const struct side *side, const char *where)
{
	report("read_1m_cached", mb_per_s(cached_reads(side, where, CACHED_SIZE, MIB, 16000)));
}

static void read_1m_64m_run(const struct side *side, const char *where)
{
	report("read_1m_64m", mb_per_s(cached_reads(side, where, UNCACHED_SIZE, MIB, 8000)));
}

struct pingpong {
	const struct side *side;
	int there[2], back[2];
	long rounds;
};

static void *pong(void *arg)
{
	struct pingpong *p = arg;
	char c;

	for (long i = 0; i < p->rounds; i++) {
		must("read", p->side->call(SYS_read, p->there[0], (long)&c, 1, 0));
		must("write", p->side->call(SYS_write, p->back[1], (long)&c, 1, 0));
	}
	return NULL;
}

static void pipe_run(const struct side *side, const char *where)
{
	struct pingpong p = { .side = side, .rounds = 50000 };
	pthread_t thread;
	uint64_t start;
	char c = 'x';

	must("pipe", side->call(SYS_pipe2, (long)p.there, 0, 0, 0));
	must("pipe", side->call(SYS_pipe2, (long)p.back, 0, 0, 0));
	if (pthread_create(&thread, NULL, pong, &p))
		die("pthread_create", -EAGAIN);
	start = now_ns();
	for (long i = 0; i < p.rounds; i++) {
		must("write", side->call(SYS_write, p.there[1], (long)&c, 1, 0));
		must("read", side->call(SYS_read, p.back[0], (long)&c, 1, 0));
	}
	report("pipe_pingpong", (double)(now_ns() - start) / (double)p.rounds);
	pthread_join(thread, NULL);
}

const struct bench call_benches[] = {
	{ "syscall_getpid", "mem=64M loglevel=0", getpid_run },
	{ "read_4k_cached", "mem=256M loglevel=0", read_4k_run },
	{ "read_4k_64m", "mem=256M loglevel=0", read_4k_64m_run },
	{ "read_1m_cached", "mem=256M loglevel=0", read_1m_run },
	{ "read_1m_64m", "mem=256M loglevel=0", read_1m_64m_run },
	{ "pipe_pingpong", "mem=64M loglevel=0", pipe_run },
	{ NULL, NULL, NULL }
};
