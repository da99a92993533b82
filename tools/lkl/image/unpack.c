// SPDX-License-Identifier: GPL-2.0
/*
 * unpack.c - compressed images, read-only
 *
 * Layer:   tools/lkl/image, on the host, before the sandbox.
 * Context: one thread.
 *
 * An .xz file of several blocks can be read at any place: nbdkit's filter does
 * that, in bounded memory. All others have to be unpacked from the beginning
 * (nbdkit's gzip filter does so too, and there is none for zstd), so this is
 * done once, into a sparse file without a name, which then is a raw image like
 * any other and read at full speed. The decompressors are helpers of their own,
 * confined to their standard input and output.
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHUNK		(1U << 20)
#define HOLE		4096U

/* Memory that nbdkit keeps at most: so many blocks of that size, unpacked. */
#define XZ_BLOCK	"xz-max-block=32M"
#define XZ_DEPTH	"xz-max-depth=4"

#define WAIT_MS		60000

static int temporary_open(struct source *source)
{
	const char *dir = getenv("TMPDIR");
	char *path;
	int fd;

	if (!dir || !*dir)
		dir = "/var/tmp";
	fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0 && asprintf(&path, "%s/lkl-image.XXXXXX", dir) >= 0) {
		fd = mkostemp(path, O_CLOEXEC);
		if (fd >= 0)
			unlink(path);
		free(path);
	}
	if (fd < 0)
		return fail(source->images, -errno,
			    "%s: cannot be unpacked to %s: %s", source->name,
			    dir, strerror(errno));
	return fd;
}

static bool is_zero(const char *p, size_t len)
{
	return !p[0] && !memcmp(p, p + 1, len - 1);
}

static int write_all(int fd, const char *p, size_t len, off_t offset)
{
	while (len) {
		ssize_t n = pwrite(fd, p, len, offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		p += n;
		len -= (size_t)n;
		offset += n;
	}
	return 0;
}

/* Blocks of zeros become holes. */
static int write_sparse(int fd, const char *p, size_t len, off_t offset)
{
	size_t done, n;
	int err = 0;

	for (done = 0; !err && done < len; done += n) {
		n = len - done < HOLE ? len - done : HOLE;
		if (!is_zero(p + done, n))
			err = write_all(fd, p + done, n, offset + (off_t)done);
	}
	return err;
}

/* Fill @buf, or to the end. Return: bytes, or negative errno. */
static ssize_t read_full(int fd, char *buf, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t n = read(fd, buf + len, size - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

/* The decompressor reads from the descriptor we have too. */
static void tell_progress(const struct source *source, uint64_t total)
{
	const struct images_options *options = &source->images->options;
	off_t done = options->progress ? lseek(source->fd, 0, SEEK_CUR) : -1;

	if (done >= 0)
		options->progress(options->progress_arg, (uint64_t)done, total);
}

static int copy_sparse(struct source *source, int from, int to)
{
	const uint64_t total = source->size;
	uint64_t *size = &source->size;
	char *buf = malloc(CHUNK);
	ssize_t len;
	int err = 0;

	*size = 0;
	if (!buf)
		return -ENOMEM;
	while (!err && (len = read_full(from, buf, CHUNK)) != 0) {
		if (len < 0) {
			err = (int)len;
			break;
		}
		err = write_sparse(to, buf, (size_t)len, (off_t)*size);
		*size += (uint64_t)len;
		tell_progress(source, total);
	}
	if (!err && ftruncate(to, (off_t)*size))
		err = -errno;
	free(buf);
	return err;
}

static int unpack_run(struct source *source, int to)
{
	const char *const argv[] = { source->format->program, "-dc", NULL };
	const struct confines confines = { .read_all = false };
	char words[256];
	int from, err, end;

	from = server_start(source->images, &source->server, argv, SERVER_PIPE,
			    source->fd, &confines);
	if (from < 0)
		return from;
	err = copy_sparse(source, from, to);
	close(from);
	end = server_wait(&source->server, WAIT_MS, words, sizeof(words));
	if (err)
		return fail(source->images, err, "%s: cannot be unpacked: %s",
			    source->name, strerror(-err));
	if (end)
		return fail(source->images, end, "%s: cannot be unpacked: %s",
			    source->name, words[0] ? words : strerror(-end));
	return 0;
}

int unpack_open(struct source *source)
{
	const struct format *inside;
	int fd = temporary_open(source);
	int err;

	if (fd < 0)
		return fd;
	err = unpack_run(source, fd);
	if (err) {
		close(fd);
		return err;
	}
	inside = format_find(fd, source->size);
	close(source->fd);
	source->fd = fd;
	if (!source->size)
		return fail(source->images, -EINVAL, "%s: is empty",
			    source->name);
	if (inside->handler != HANDLER_FILE)
		return fail(source->images, -EINVAL,
			    "%s: holds an image of format %s; unpack it first",
			    source->name, inside->name);
	return 0;
}

int unpack_xz_open(struct source *source)
{
	struct confines confines = { .read = { source->path } };
	const char *argv[] = {
		"nbdkit", "-s", "-r", "--filter=xz", "file", NULL, XZ_BLOCK,
		XZ_DEPTH, NULL,
	};
	char *file;
	int fd, err;

	if (asprintf(&file, "file=%s", source->path) < 0)
		return fail_errno(source->images, -ENOMEM, source->name);
	argv[5] = file;
	fd = server_start(source->images, &source->server, argv, SERVER_STDIO,
			  -1, &confines);
	err = fd < 0 ? fd : remote_attach(source, fd);
	free(file);
	if (!err)
		return 0;
	/* No nbdkit, or blocks that are too large to seek in. */
	remote_close(source);
	server_wait(&source->server, WAIT_MS, NULL, 0);
	return unpack_open(source);
}
