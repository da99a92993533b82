// SPDX-License-Identifier: GPL-2.0
/*
 * pack_contents.c - bytes and holes of one file on their way into an archive
 *
 * Layer:   tools; called by pack.c.
 * Context: one thread. Uses walk.buf.
 */
#include "walk.h"

#include <errno.h>
#include <unistd.h>

#include "../cp/progress.h"

static int write_data(struct walk *w, const char *buf, size_t len)
{
	while (len) {
		la_ssize_t done = archive_write_data(w->out, buf, len);

		if (done <= 0)
			return walk_archive_failed(w);
		buf += done;
		len -= done;
	}
	return 0;
}

/* libarchive leaves out what lies between the pieces it is told of here. */
int contents_announce(struct walk *w, const struct file *f)
{
	off_t pos = 0, size = f->st.st_size;
	bool any = false;

	while (pos < size) {
		off_t hole, data = w->ops->lseek(f->fd, pos, SEEK_DATA);

		if (data == -ENXIO)
			break;
		if (data == -EINVAL && !any)
			return 0;	/* it knows no holes */
		if (data < 0)
			return data;
		hole = w->ops->lseek(f->fd, data, SEEK_HOLE);
		if (hole < 0)
			return hole;
		if (hole > size)
			hole = size;
		archive_entry_sparse_add_entry(w->entry, data, hole - data);
		any = true;
		pos = hole;
	}
	if (!any)
		archive_entry_sparse_add_entry(w->entry, size, 0);
	return 0;
}

static int write_hole(struct walk *w, off_t count)
{
	int err = 0;

	while (count && !err && !walk_ended(w)) {
		size_t part = count < WALK_BUFFER ? count : WALK_BUFFER;

		err = write_data(w, w->zeros, part);
		count -= part;
	}
	return err;
}

/* Bytes up to @end. A file that ends early is filled with zeros. */
static int write_piece(struct walk *w, const struct file *f, off_t pos,
		       off_t end)
{
	while (pos < end && !walk_ended(w)) {
		size_t want = end - pos < WALK_BUFFER ? end - pos : WALK_BUFFER;
		ssize_t got = w->ops->pread(f->fd, w->buf, want, pos);
		int err;

		if (got == -EINTR)
			continue;
		if (got <= 0)
			return walk_error(w, got ? got : -EIO);
		err = write_data(w, w->buf, got);
		if (err)
			return err;
		pos += got;
		progress_bytes(w->p->progress, got);
		if (f->st.st_size > 4 * WALK_BUFFER)
			w->ops->forget(f->fd, pos - got, got);
	}
	return 0;
}

int contents_write(struct walk *w, const struct file *f, bool sparse)
{
	off_t pos = 0, size = f->st.st_size;
	int err = 0;

	if (!sparse)
		return write_piece(w, f, 0, size);
	while (pos < size && !err && !walk_ended(w)) {
		off_t data = w->ops->lseek(f->fd, pos, SEEK_DATA);
		off_t hole = size;

		if (data < 0 || data > size)
			data = size;
		if (data < size)
			hole = w->ops->lseek(f->fd, data, SEEK_HOLE);
		if (hole < data || hole > size)
			hole = size;
		err = write_hole(w, data - pos);
		if (!err)
			err = write_piece(w, f, data, hole);
		pos = hole;
	}
	return err;
}
