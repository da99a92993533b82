// SPDX-License-Identifier: GPL-2.0
/*
 * ext4.c - a file system's work: one large file, and many small ones
 *
 * Layer: tests/bench.
 * Users: bench.c, through ext4_benches.
 *
 * The library works on an image file, the host on a loop mount of it (or on
 * one of its own directories). The image is in the host's page cache in both
 * cases. Before anything is timed, the library's memory has been touched.
 */
#include "bench.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define LARGE_SIZE	(512 * MIB)
#define NR_SMALL	20000
#define SMALL_SIZE	(4 * KIB)

static long open_in_root(const struct side *side, const char *name, int flags)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	return must(path, side->call(SYS_open, (long)path, flags, 0600, 0));
}

static void unlink_in_root(const struct side *side, const char *name)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	side->call(SYS_unlink, (long)path, 0, 0, 0);
}

static double mb_per_s(long bytes, uint64_t ns)
{
	return (double)bytes / (double)ns * 1e3;
}

/* Write the large file and make it durable; the file must not exist. */
static double write_large(const struct side *side, char *buf)
{
	long fd = open_in_root(side, "large", O_CREAT | O_EXCL | O_WRONLY);
	uint64_t start = now_ns();

	for (long pos = 0; pos < LARGE_SIZE; pos += MIB)
		if (side->call(SYS_write, fd, (long)buf, MIB, 0) != MIB)
			die("write", -EIO);
	must("fsync", side->call(SYS_fsync, fd, 0, 0, 0));
	start = now_ns() - start;
	must("close", side->call(SYS_close, fd, 0, 0, 0));
	return mb_per_s(LARGE_SIZE, start);
}

static double read_large(const struct side *side, char *buf)
{
	long fd = open_in_root(side, "large", O_RDONLY);
	uint64_t start = now_ns();

	for (long pos = 0; pos < LARGE_SIZE; pos += MIB)
		if (side->call(SYS_read, fd, (long)buf, MIB, 0) != MIB)
			die("read", -EIO);
	start = now_ns() - start;
	must("close", side->call(SYS_close, fd, 0, 0, 0));
	return mb_per_s(LARGE_SIZE, start);
}

static void seqwrite_run(const struct side *side, const char *where)
{
	char *buf = touched_buffer((size_t)MIB);

	side->pretouch();
	side->mount(where);
	unlink_in_root(side, "large");
	must("sync", side->call(SYS_sync, 0, 0, 0, 0));
	report("ext4_seqwrite", write_large(side, buf));
	side->umount();
}

/* Leaves the file that ext4_seqread reads, and nothing of it in a cache. */
static void prepare_run(const struct side *side, const char *where)
{
	char *buf = touched_buffer((size_t)MIB);

	side->mount(where);
	unlink_in_root(side, "large");
	write_large(side, buf);
	side->umount();
}

/* Cold: the file has not been read since the mount. */
static void seqread_run(const struct side *side, const char *where)
{
	char *buf = touched_buffer((size_t)MIB);

	side->pretouch();
	side->mount(where);
	report("ext4_seqread", read_large(side, buf));
	side->umount();
}

static void small_name(char *path, size_t size, int i)
{
	snprintf(path, size, "%s/small/file-%05d", root, i);
}

static void create_small(const struct side *side, const char *buf)
{
	char path[300];
	long fd;

	for (int i = 0; i < NR_SMALL; i++) {
		small_name(path, sizeof(path), i);
		fd = must(path, side->call(SYS_open, (long)path, O_CREAT | O_EXCL | O_WRONLY,
					   0600, 0));
		if (side->call(SYS_write, fd, (long)buf, SMALL_SIZE, 0) != SMALL_SIZE)
			die("write", -EIO);
		must("close", side->call(SYS_close, fd, 0, 0, 0));
	}
}

static void stat_small(const struct side *side, const char *buf)
{
	struct stat st;
	char path[300];

	for (int i = 0; i < NR_SMALL; i++) {
		small_name(path, sizeof(path), i);
		must(path, side->call(SYS_stat, (long)path, (long)&st, 0, 0));
		if (st.st_size != SMALL_SIZE)
			die("stat", -EIO);
	}
}

static void unlink_small(const struct side *side, const char *buf)
{
	char path[300];

	for (int i = 0; i < NR_SMALL; i++) {
		small_name(path, sizeof(path), i);
		must(path, side->call(SYS_unlink, (long)path, 0, 0, 0));
	}
}

static void timed(const char *name, const struct side *side, const char *buf,
		  void (*fn)(const struct side *side, const char *buf))
{
	uint64_t start = now_ns();

	fn(side, buf);
	report(name, NR_SMALL * 1e9 / (double)(now_ns() - start));
}

/* Files are stat'ed and unlinked while still cached, as after an unpacking. */
static void small_run(const struct side *side, const char *where)
{
	char *buf = touched_buffer((size_t)SMALL_SIZE);
	char path[300];

	side->pretouch();
	side->mount(where);
	snprintf(path, sizeof(path), "%s/small", root);
	must(path, side->call(SYS_mkdir, (long)path, 0700, 0, 0));
	timed("ext4_create", side, buf, create_small);
	must("sync", side->call(SYS_sync, 0, 0, 0, 0));
	timed("ext4_stat", side, buf, stat_small);
	timed("ext4_unlink", side, buf, unlink_small);
	must(path, side->call(SYS_rmdir, (long)path, 0, 0, 0));
	side->umount();
}

const struct bench ext4_benches[] = {
	{ "ext4_prepare", "mem=1G loglevel=0", prepare_run },
	{ "ext4_seqread", "mem=1G loglevel=0", seqread_run },
	{ "ext4_seqwrite", "mem=1G loglevel=0", seqwrite_run },
	{ "ext4_small", "mem=512M loglevel=0", small_run },
	{ NULL, NULL, NULL }
};
