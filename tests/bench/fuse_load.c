// SPDX-License-Identifier: GPL-2.0
/*
 * fuse_load.c - work for a mounted file system, timed
 *
 * Layer:   tests/bench; run by mounts.py on a mount of lklfuse and on one of the
 *          host of the same image. Knows nothing of either.
 * Context: one thread.
 *
 *	fuse_load DIRECTORY write|read BYTES	one file, requests of 1 MiB
 *	fuse_load DIRECTORY create|stat|unlink COUNT	empty files
 *
 * Prints the seconds it took.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CHUNK	(1 << 20)

static char *chunk;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void die(const char *what)
{
	fprintf(stderr, "fuse_load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void do_write(long bytes)
{
	int fd = open("large", O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0)
		die("large");
	for (; bytes > 0; bytes -= CHUNK)
		if (write(fd, chunk, CHUNK) != CHUNK)
			die("write");
	if (fsync(fd) || close(fd))
		die("fsync");
}

static void do_read(long bytes)
{
	int fd = open("large", O_RDONLY);

	if (fd < 0)
		die("large");
	for (; bytes > 0; bytes -= CHUNK)
		if (read(fd, chunk, CHUNK) != CHUNK)
			die("read");
	close(fd);
}

static void do_create(const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0644);

	if (fd < 0 || close(fd))
		die(name);
}

static void do_stat(const char *name)
{
	struct stat st;

	if (stat(name, &st))
		die(name);
}

static void do_unlink(const char *name)
{
	if (unlink(name))
		die(name);
}

static void each(void (*function)(const char *name), long count)
{
	char name[32];
	long i;

	for (i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "file%06ld", i);
		function(name);
	}
}

int main(int argc, char **argv)
{
	double start;
	long n;

	if (argc != 4 || chdir(argv[1]))
		die("usage: DIRECTORY write|read|create|stat|unlink NUMBER");
	n = atol(argv[3]);
	chunk = aligned_alloc(4096, CHUNK);
	if (!chunk)
		die("memory");
	memset(chunk, 0x5a, CHUNK);
	start = now();
	if (!strcmp(argv[2], "write"))
		do_write(n);
	else if (!strcmp(argv[2], "read"))
		do_read(n);
	else if (!strcmp(argv[2], "create"))
		each(do_create, n);
	else if (!strcmp(argv[2], "stat"))
		each(do_stat, n);
	else if (!strcmp(argv[2], "unlink"))
		each(do_unlink, n);
	else
		die(argv[2]);
	printf("%.6f\n", now() - start);
	return 0;
}
