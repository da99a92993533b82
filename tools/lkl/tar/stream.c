// SPDX-License-Identifier: GPL-2.0
/*
 * stream.c - the archive as a file on the host: opened, compressed, reported
 *
 * Layer:   tools; see stream.h.
 * Context: one thread.
 */
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../cp/diag.h"
#include "../cp/progress.h"

#define BLOCK		(1024 * 1024)
#define TAR_RECORD	(20 * 512)	/* what tar(1) pads an archive to */

/* ---- open and close ---- */

static int open_file(struct stream *s, bool write)
{
	if (!strcmp(s->path, "-")) {
		s->shown = write ? "standard output" : "standard input";
		return write ? STDOUT_FILENO : STDIN_FILENO;
	}
	s->shown = s->path;
	s->fd = open(s->path, write ? O_WRONLY | O_CREAT | O_CLOEXEC :
				      O_RDONLY | O_CLOEXEC, 0666);
	return s->fd < 0 ? -errno : s->fd;
}

static int check_file(struct stream *s, const struct images *images)
{
	struct stat st;

	if (fstat(s->fd, &st))
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (images_contains(images, st.st_dev, st.st_ino))
		return -ETXTBSY;
	s->regular = S_ISREG(st.st_mode);
	s->size = s->regular ? st.st_size : 0;
	return 0;
}

int stream_open(struct stream *s, const char *path, bool write,
		const struct images *images)
{
	int err;

	*s = (struct stream){ .path = path };
	s->fd = open_file(s, write);
	err = s->fd < 0 ? s->fd : check_file(s, images);
	if (!err)
		return 0;
	diag_error("%s: %s", s->shown,
		   err == -ETXTBSY ? "is the image itself" : diag_cause(err));
	if (s->fd > STDERR_FILENO)
		close(s->fd);
	return err;
}

int stream_close(struct stream *s)
{
	int err = close(s->fd) ? -errno : 0;

	free(s->buf);
	s->buf = NULL;
	if (err)
		diag_error("%s: %s", s->shown, diag_cause(err));
	return err;
}

void stream_error(struct stream *s, struct archive *a)
{
	const char *text = archive_error_string(a);

	diag_error("%s: %s", s->shown, text ? text : "cannot be processed");
}

/* ---- writing ---- */

static la_ssize_t write_some(struct archive *a, void *data, const void *buf,
			     size_t len)
{
	struct stream *s = data;

	for (;;) {
		ssize_t done = write(s->fd, buf, len);

		if (done > 0)
			return done;
		if (done < 0 && errno == EINTR && !*s->stop)
			continue;
		archive_set_error(a, done ? errno : EIO, "%s",
				  diag_cause(done ? -errno : -EIO));
		return -1;
	}
}

/**
 * struct suffix - a compression, by the end of the archive's name
 * @end: of the name
 * @add: has libarchive do it
 */
struct suffix {
	const char *end;
	int (*add)(struct archive *a);
};

static const struct suffix suffixes[] = {
	{ ".gz", archive_write_add_filter_gzip },
	{ ".tgz", archive_write_add_filter_gzip },
	{ ".xz", archive_write_add_filter_xz },
	{ ".txz", archive_write_add_filter_xz },
	{ ".zst", archive_write_add_filter_zstd },
	{ ".tzst", archive_write_add_filter_zstd },
	{ ".bz2", archive_write_add_filter_bzip2 },
	{ ".tbz2", archive_write_add_filter_bzip2 },
	{ ".lz4", archive_write_add_filter_lz4 },
	{ NULL, NULL },
};

static const struct suffix *find_suffix(const char *path)
{
	const struct suffix *x;
	size_t len = strlen(path);

	for (x = suffixes; x->end; x++) {
		size_t end_len = strlen(x->end);

		if (len > end_len && !strcmp(path + len - end_len, x->end))
			return x;
	}
	return NULL;
}

/* Nothing that differs from one run to the next may get into the archive. */
static int set_up_writer(struct stream *s, struct archive *a)
{
	const struct suffix *x = find_suffix(s->path);

	if (archive_write_set_format_pax(a) ||
	    archive_write_set_format_option(a, "pax", "xattrheader", "SCHILY") ||
	    archive_write_set_bytes_per_block(a, BLOCK) ||
	    archive_write_set_bytes_in_last_block(a, x ? 1 : TAR_RECORD))
		return -EIO;
	if (!x)
		return 0;
	if (x->add(a))
		return -EIO;
	if (x->add == archive_write_add_filter_gzip &&
	    archive_write_set_filter_option(a, "gzip", "timestamp", NULL))
		return -EIO;
	return 0;
}

struct archive *stream_writer(struct stream *s)
{
	struct archive *a = archive_write_new();

	if (!a) {
		diag_error("%s", diag_cause(-ENOMEM));
		return NULL;
	}
	if (s->regular && s->path == s->shown && ftruncate(s->fd, 0)) {
		diag_error("%s: %s", s->shown, diag_cause(-errno));
		goto err_free;
	}
	if (!set_up_writer(s, a) &&
	    !archive_write_open(a, s, NULL, write_some, NULL))
		return a;
	stream_error(s, a);
err_free:
	archive_write_free(a);
	return NULL;
}

/* ---- reading ---- */

static la_ssize_t read_some(struct archive *a, void *data, const void **buf)
{
	struct stream *s = data;

	*buf = s->buf;
	for (;;) {
		ssize_t got = read(s->fd, s->buf, BLOCK);

		if (got >= 0) {
			progress_bytes(s->progress, got);
			return got;
		}
		if (errno == EINTR && !*s->stop)
			continue;
		archive_set_error(a, errno, "%s", diag_cause(-errno));
		return -1;
	}
}

/* Those that libarchive has built in; others would start programs. */
static int set_up_reader(struct archive *a)
{
	return archive_read_support_filter_gzip(a) ||
	       archive_read_support_filter_xz(a) ||
	       archive_read_support_filter_lzma(a) ||
	       archive_read_support_filter_zstd(a) ||
	       archive_read_support_filter_bzip2(a) ||
	       archive_read_support_filter_lz4(a) ||
	       archive_read_support_filter_lzip(a) ||
	       archive_read_support_filter_compress(a) ||
	       archive_read_support_format_tar(a);
}

struct archive *stream_reader(struct stream *s)
{
	struct archive *a = archive_read_new();

	s->buf = malloc(BLOCK);
	if (!a || !s->buf) {
		diag_error("%s", diag_cause(-ENOMEM));
		goto err_free;
	}
	if (!set_up_reader(a) && !archive_read_open(a, s, NULL, read_some, NULL))
		return a;
	stream_error(s, a);
err_free:
	archive_read_free(a);
	return NULL;
}

void stream_drain(struct stream *s)
{
	while (!s->regular && !*s->stop && read(s->fd, s->buf, BLOCK) > 0)
		;
}
