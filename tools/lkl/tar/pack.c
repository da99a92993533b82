// SPDX-License-Identifier: GPL-2.0
/*
 * pack.c - a file tree to a tar archive
 *
 * Layer:   tools; see pack.h.
 * Context: one thread.
 *
 * The tree is walked by directory descriptors and single names. The path that
 * goes into the archive begins with "./", as of tar -C root -c . , so that the
 * root directory has an entry too.
 */
#include "pack.h"

#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "../cp/diag.h"
#include "../cp/progress.h"
#include "names.h"
#include "walk.h"

#define DEPTH_MAX	4096	/* the walk takes stack for each level */

/* The first name of a file that has several. */
struct link {
	dev_t dev;
	ino_t ino;
	char *path;
};

int walk_error(struct walk *w, int err)
{
	w->failed++;
	/* The kernel that reads is gone: every other file fails too. */
	if (err == -ESHUTDOWN || err == -ENOTRECOVERABLE)
		w->broken = true;
	diag_error("%s%s: %s", w->p->tree->label, w->path + 1, diag_cause(err));
	return err;
}

int walk_archive_failed(struct walk *w)
{
	if (!w->broken && !*w->p->stop)
		stream_error(w->p->stream, w->out);
	w->failed++;
	w->broken = true;
	return -EIO;
}

/* ---- the path ---- */

static int path_push(struct walk *w, const char *name)
{
	size_t len = strlen(name);

	if (w->len + len + 2 > w->room) {
		size_t room = 2 * (w->len + len + 2);
		char *path = realloc(w->path, room);

		if (!path)
			return -ENOMEM;
		w->path = path;
		w->room = room;
	}
	w->path[w->len] = '/';
	memcpy(w->path + w->len + 1, name, len + 1);
	w->len += len + 1;
	return 0;
}

static void path_cut(struct walk *w, size_t len)
{
	w->len = len;
	w->path[len] = '\0';
}

/* ---- one entry ---- */

/*
 * Before 1970, libarchive puts the two numbers into a pax header with a point
 * between them: -2 s and 750000000 ns have to be given as -1 and 250000000.
 * The last second has no such form and loses its fraction.
 */
static void put_time(struct archive_entry *e, struct timespec t)
{
	if (t.tv_sec < -1 && t.tv_nsec) {
		t.tv_sec++;
		t.tv_nsec = 1000000000 - t.tv_nsec;
	} else if (t.tv_sec == -1) {
		t.tv_nsec = 0;
	}
	archive_entry_set_mtime(e, t.tv_sec, t.tv_nsec);
}

static void put_stat(struct walk *w, const struct stat *st)
{
	struct archive_entry *e = w->entry;
	struct timespec t = st->st_mtim;

	if (w->p->clamp && t.tv_sec >= w->p->epoch)
		t = (struct timespec){ .tv_sec = w->p->epoch };
	archive_entry_clear(e);
	archive_entry_copy_pathname(e, w->path);
	archive_entry_set_mode(e, st->st_mode);
	archive_entry_set_uid(e, st->st_uid);
	archive_entry_set_gid(e, st->st_gid);
	put_time(e, t);
	archive_entry_set_size(e, S_ISREG(st->st_mode) ? st->st_size : 0);
	if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode)) {
		archive_entry_set_rdevmajor(e, major(st->st_rdev));
		archive_entry_set_rdevminor(e, minor(st->st_rdev));
	}
}

/* Names that are not UTF-8 go as they are, which libarchive finds notable. */
static bool is_about_names(const char *text)
{
	return text && strstr(text, "Can't translate");
}

static int write_header(struct walk *w)
{
	int status = archive_write_header(w->out, w->entry);

	if (status == ARCHIVE_OK)
		return 0;
	if (status < ARCHIVE_WARN && status != ARCHIVE_FAILED)
		return walk_archive_failed(w);
	if (status == ARCHIVE_WARN &&
	    is_about_names(archive_error_string(w->out)))
		return 0;
	w->failed++;
	diag_error("%s%s: %s", w->p->tree->label, w->path + 1,
		   archive_error_string(w->out));
	return status == ARCHIVE_WARN ? 0 : -EIO;
}

/* ---- regular files ---- */

static void pack_regular(struct walk *w, struct file *f)
{
	bool sparse = f->st.st_blocks < f->st.st_size / 512;
	int err;

	f->fd = w->ops->openat(f->dir, f->name, O_RDONLY, 0);
	if (f->fd < 0) {
		walk_error(w, f->fd);
		return;
	}
	if (f->st.st_size > WALK_BUFFER)
		w->ops->advise(f->fd);
	err = attrs_put(w, f);
	if (!err && sparse) {
		err = contents_announce(w, f);
		sparse = archive_entry_sparse_count(w->entry) > 0;
	}
	if (err)
		walk_error(w, err);
	else if (!write_header(w))
		contents_write(w, f, sparse);
	w->ops->close(f->fd);
}

/* ---- hard links ---- */

static int by_inode(const void *a, const void *b)
{
	const struct link *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	return x->ino < y->ino ? -1 : x->ino > y->ino;
}

static void free_link(void *node)
{
	struct link *link = node;

	free(link->path);
	free(link);
}

/* The path under which the file is in the archive already, or NULL. */
static const char *find_link(struct walk *w, const struct stat *st)
{
	const struct link key = { .dev = st->st_dev, .ino = st->st_ino };
	struct link **found = tfind(&key, &w->links, by_inode);

	return found ? (*found)->path : NULL;
}

static int add_link(struct walk *w, const struct stat *st)
{
	struct link *link = malloc(sizeof(*link));

	if (!link)
		return -ENOMEM;
	link->dev = st->st_dev;
	link->ino = st->st_ino;
	link->path = strdup(w->path);
	if (!link->path || !tsearch(link, &w->links, by_inode)) {
		free_link(link);
		return -ENOMEM;
	}
	return 0;
}

/* ---- everything else ---- */

static int read_link(struct walk *w, const struct file *f)
{
	ssize_t len = w->ops->readlinkat(f->dir, f->name, w->buf, PATH_MAX);

	if (len < 0)
		return len;
	w->buf[len] = '\0';
	archive_entry_copy_symlink(w->entry, w->buf);
	return 0;
}

static void pack_special(struct walk *w, const struct file *f)
{
	int err = S_ISLNK(f->st.st_mode) ? read_link(w, f) : 0;

	if (!err)
		err = attrs_put(w, f);
	if (err)
		walk_error(w, err);
	else
		write_header(w);
}

static void pack_file(struct walk *w, struct file *f);

static void pack_below(struct walk *w, int dir)
{
	struct names names = { 0 };
	size_t i, len = w->len;
	struct file f;
	int err;

	err = names_read(&names, w->ops, dir);
	if (err)
		walk_error(w, err);
	for (i = 0; i < names.count && !walk_ended(w); i++) {
		f = (struct file){ .dir = dir, .name = names.list[i], .fd = -1 };
		err = path_push(w, f.name);
		if (!err)
			err = w->ops->fstatat(dir, f.name, &f.st);
		if (err)
			walk_error(w, err);
		else
			pack_file(w, &f);
		path_cut(w, len);
	}
	names_free(&names);
}

static void pack_directory(struct walk *w, struct file *f)
{
	int err;

	f->fd = w->ops->openat(f->dir, f->name, O_RDONLY | O_DIRECTORY, 0);
	if (f->fd < 0) {
		walk_error(w, f->fd);
		return;
	}
	err = w->depth < DEPTH_MAX ? attrs_put(w, f) : -ELOOP;
	w->depth++;
	if (err)
		walk_error(w, err);
	else if (!write_header(w))
		pack_below(w, f->fd);
	w->depth--;
	w->ops->close(f->fd);
}

static bool is_linked(struct walk *w, const struct file *f)
{
	const char *first;
	int err;

	if (S_ISDIR(f->st.st_mode) || f->st.st_nlink < 2)
		return false;
	first = find_link(w, &f->st);
	if (!first) {
		err = add_link(w, &f->st);
		if (err)
			walk_error(w, err);
		return false;
	}
	archive_entry_set_size(w->entry, 0);
	archive_entry_copy_hardlink(w->entry, first);
	write_header(w);
	return true;
}

static void pack_file(struct walk *w, struct file *f)
{
	progress_file(w->p->progress);
	if (diag_is_verbose(2))
		diag_note("%s%s", w->p->tree->label,
			  w->len > 1 ? w->path + 1 : "/");
	put_stat(w, &f->st);
	if (S_ISSOCK(f->st.st_mode)) {
		diag_warning("%s%s: a socket; left out",
			     w->p->tree->label, w->path + 1);
		return;
	}
	if (is_linked(w, f))
		return;
	if (S_ISREG(f->st.st_mode))
		pack_regular(w, f);
	else if (S_ISDIR(f->st.st_mode))
		pack_directory(w, f);
	else
		pack_special(w, f);
}

static void pack_root(struct walk *w)
{
	struct file f = { .dir = w->p->tree->base, .name = ".", .fd = -1 };
	int err = w->ops->fstat(f.dir, &f.st);

	if (err)
		walk_error(w, err);
	else
		pack_file(w, &f);
}

/* Without the mark at its end a part of an archive is known as one. */
static void finish(struct walk *w)
{
	if (walk_ended(w)) {
		archive_write_fail(w->out);
		w->failed++;
	} else if (archive_write_close(w->out)) {
		walk_archive_failed(w);
	}
	archive_write_free(w->out);
}

static int allocate(struct walk *w)
{
	w->entry = archive_entry_new();
	w->buf = malloc(WALK_BUFFER);
	w->zeros = calloc(1, WALK_BUFFER);
	w->room = PATH_MAX;
	w->path = calloc(1, w->room);
	if (!w->entry || !w->buf || !w->zeros || !w->path)
		return -ENOMEM;
	w->path[w->len++] = '.';
	return 0;
}

int pack_run(const struct pack *p)
{
	struct walk w = { .p = p, .ops = p->tree->ops };

	if (allocate(&w)) {
		diag_error("%s", diag_cause(-ENOMEM));
		w.failed = 1;
		goto out_free;
	}
	w.out = stream_writer(p->stream);
	if (!w.out) {
		w.failed = 1;
		goto out_free;
	}
	pack_root(&w);
	finish(&w);
	tdestroy(w.links, free_link);
out_free:
	if (w.entry)
		archive_entry_free(w.entry);
	free(w.path);
	free(w.zeros);
	free(w.buf);
	return w.failed ? -EIO : 0;
}
