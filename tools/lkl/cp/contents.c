// SPDX-License-Identifier: GPL-2.0
/*
 * contents.c - bytes and holes of one regular file
 *
 * Layer:   tools; called by copy.c.
 * Context: one thread.
 */
#include "entry.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "progress.h"

#define TO_THE_END	INT64_MAX
#define BEHIND_STEP	(4 * COPY_BUFFER)

static int write_all(struct copy *c, int out, const char *buf, size_t len,
		     off_t pos)
{
	while (len) {
		ssize_t done = c->dst->ops->pwrite(out, buf, len, pos);

		if (done == -EINTR && !*c->stop)
			continue;
		if (done < 0)
			return done;
		if (!done)
			return -EIO;
		buf += done;
		len -= done;
		pos += done;
	}
	return 0;
}

static ssize_t read_some(struct copy *c, int in, size_t len, off_t pos)
{
	ssize_t got;

	do {
		got = c->src->ops->pread(in, c->buf, len, pos);
	} while (got == -EINTR && !*c->stop);
	return got;
}

/**
 * struct behind - how far a file that is being copied has left memory
 * @done: was written up to here
 * @begun: is being written up to here
 */
struct behind {
	off_t done;
	off_t begun;
};

/* What was copied longest ago leaves memory, so that it never fills up. */
static int leave_behind(struct copy *c, int in, int out, struct behind *b,
			off_t pos)
{
	int err;

	if (pos - b->begun < BEHIND_STEP)
		return 0;
	c->src->ops->forget(in, b->begun, pos - b->begun);
	err = c->dst->ops->write_behind(out, b->done, b->begun, pos);
	b->done = b->begun;
	b->begun = pos;
	return err;
}

/*
 * Copy [@pos, @end), or up to the end of the file if that comes first. @size
 * is where the end is expected: a read that stops short exactly there saves
 * the one that would return 0.
 */
static int copy_range(struct copy *c, const struct entry *e, int in, int out,
		      off_t pos, off_t end, off_t size)
{
	struct behind behind = { pos, pos };

	while (pos < end) {
		size_t want = COPY_BUFFER;
		ssize_t got;
		int err;

		if (*c->stop)
			return -EINTR;
		if (end - pos < (off_t)want)
			want = end - pos;
		got = read_some(c, in, want, pos);
		if (got < 0)
			return entry_src_error(c, e, got);
		if (!got)
			return 0;
		err = write_all(c, out, c->buf, got, pos);
		pos += got;
		if (!err)
			err = leave_behind(c, in, out, &behind, pos);
		if (err)
			return entry_dst_error(c, e, err);
		progress_bytes(c->progress, got);
		if ((size_t)got < want && pos == size)
			return 0;
	}
	return 0;
}

/*
 * Find the next piece of data at or after *@pos. Return 1 with [*@pos, *@end),
 * or 0 if only a hole is left.
 */
static int next_data(struct copy *c, int in, off_t *pos, off_t *end)
{
	off_t data = c->src->ops->lseek(in, *pos, SEEK_DATA);
	off_t hole;

	if (data == -ENXIO)
		return 0;
	if (data < 0)
		return data;
	hole = c->src->ops->lseek(in, data, SEEK_HOLE);
	if (hole < 0)
		return hole;
	*pos = data;
	*end = hole;
	return 1;
}

static int copy_sparse(struct copy *c, const struct entry *e, int in, int out,
		       const struct stat *st)
{
	off_t pos = 0, end = 0;
	int more, err;

	while ((more = next_data(c, in, &pos, &end)) > 0) {
		err = copy_range(c, e, in, out, pos, end, TO_THE_END);
		if (err)
			return err;
		pos = end;
	}
	/* A file system that knows no holes says so at the first question. */
	if (more == -EINVAL && !pos)
		return copy_range(c, e, in, out, 0, TO_THE_END, st->st_size);
	if (more < 0)
		return entry_src_error(c, e, more);
	err = c->dst->ops->ftruncate(out, st->st_size);
	return err ? entry_dst_error(c, e, err) : 0;
}

int contents_copy(struct copy *c, const struct entry *e, int in, int out,
		  const struct stat *st)
{
	if (st->st_blocks < st->st_size / 512)
		return copy_sparse(c, e, in, out, st);
	if (st->st_size > COPY_BUFFER)
		c->src->ops->advise(in);
	return copy_range(c, e, in, out, 0, TO_THE_END, st->st_size);
}
