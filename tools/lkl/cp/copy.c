// SPDX-License-Identifier: GPL-2.0
/*
 * copy.c - the walk over the source, and what becomes of each kind of file
 *
 * Layer:   tools; called by run.c. Uses contents.c, meta.c and links.c.
 * Context: one thread.
 *
 * DOC: What is guaranteed about a destination that may be hostile ground
 *
 * A name is one component, opened without following symbolic links below a
 * directory descriptor that was itself opened so. A file is always a new one:
 * what is in its way is unlinked first, so that nothing is written through a
 * link that was there before. A file whose contents could not be copied whole
 * is removed again; what stands at the destination afterwards is complete.
 */
#include "entry.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "progress.h"

#define DENTS_SIZE	(32 * 1024)
#define DEPTH_MAX	8192	/* directories; two descriptors each */
#define LINK_MAX_LEN	(64 * 1024)

/* ---- single files ---- */

static bool is_image(const struct tree *tree, const struct stat *st)
{
	return tree->is_image &&
	       tree->is_image(tree->images, st->st_dev, st->st_ino);
}

static void warn_image(struct copy *c, const struct entry *e)
{
	char *path = entry_shown_path(e, false);

	diag_warning("%s%s: is the image itself; not copied", c->src->label,
		     path ? path : e->src_name);
	free(path);
}

/* Remove what is in the way of a new file; never a directory. */
static int make_way(struct copy *c, const struct entry *e)
{
	struct stat st;
	int err;

	if (c->dst->is_image) {
		err = c->dst->ops->fstatat(e->dst_dir, e->dst_name, &st);
		if (!err && is_image(c->dst, &st))
			return -ETXTBSY;
	}
	return c->dst->ops->unlinkat(e->dst_dir, e->dst_name);
}

static int create_file(struct copy *c, const struct entry *e)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL;
	int fd = c->dst->ops->openat(e->dst_dir, e->dst_name, flags, 0600);
	int err;

	if (fd != -EEXIST)
		return fd;
	err = make_way(c, e);
	if (err)
		return err;
	return c->dst->ops->openat(e->dst_dir, e->dst_name, flags, 0600);
}

/* Contents and metadata into the new file @out, which is closed. */
static int fill_file(struct copy *c, const struct entry *e, int in, int out,
		     const struct stat *st)
{
	int whole = contents_copy(c, e, in, out, st);
	int meta = whole ? 0 : meta_copy_open(c, e, in, out, st);
	int err = c->dst->ops->close(out);

	if (!whole && err)
		whole = entry_dst_error(c, e, err);
	if (whole)
		c->dst->ops->unlinkat(e->dst_dir, e->dst_name);
	return whole ? whole : meta;
}

static void copy_open_file(struct copy *c, const struct entry *e, int in,
			   const struct stat *st)
{
	int out;

	if (is_image(c->src, st)) {
		warn_image(c, e);
		return;
	}
	if (st->st_nlink > 1 && links_try(c, e, st))
		return;
	out = create_file(c, e);
	if (out < 0) {
		entry_dst_error(c, e, out);
		return;
	}
	if (fill_file(c, e, in, out, st))
		return;
	if (st->st_nlink > 1)
		links_add(c, e, st);
}

static void copy_regular(struct copy *c, const struct entry *e)
{
	struct stat st;
	int in, err;

	/* O_NONBLOCK: should it have become a FIFO, do not wait for a writer. */
	in = c->src->ops->openat(e->src_dir, e->src_name,
				 O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	if (in < 0) {
		entry_src_error(c, e, in);
		return;
	}
	err = c->src->ops->fstat(in, &st);
	if (!err && !S_ISREG(st.st_mode))
		err = -ESTALE;
	if (err)
		entry_src_error(c, e, err);
	else
		copy_open_file(c, e, in, &st);
	c->src->ops->close(in);
}

static int make_symlink(struct copy *c, const struct entry *e,
			const struct stat *st)
{
	const struct tree_ops *ops = c->dst->ops;
	ssize_t len;
	int err;

	len = c->src->ops->readlinkat(e->src_dir, e->src_name, c->buf,
				      LINK_MAX_LEN - 1);
	if (len < 0)
		return entry_src_error(c, e, len);
	c->buf[len] = '\0';
	if (st->st_size && st->st_size != len)
		return entry_src_error(c, e, -ESTALE);
	err = ops->symlinkat(c->buf, e->dst_dir, e->dst_name);
	if (err == -EEXIST) {
		err = make_way(c, e);
		if (!err)
			err = ops->symlinkat(c->buf, e->dst_dir, e->dst_name);
	}
	return err ? entry_dst_error(c, e, err) : 0;
}

static int make_node(struct copy *c, const struct entry *e,
		     const struct stat *st)
{
	const struct tree_ops *ops = c->dst->ops;
	mode_t mode = (st->st_mode & S_IFMT) | meta_mode(c, st);
	int err = ops->mknodat(e->dst_dir, e->dst_name, mode, st->st_rdev);

	if (err == -EEXIST) {
		err = make_way(c, e);
		if (!err)
			err = ops->mknodat(e->dst_dir, e->dst_name, mode,
					   st->st_rdev);
	}
	return err ? entry_dst_error(c, e, err) : 0;
}

/* Symbolic links, device nodes, FIFOs, sockets. */
static void copy_special(struct copy *c, const struct entry *e,
			 const struct stat *st)
{
	int err;

	if (st->st_nlink > 1 && links_try(c, e, st))
		return;
	err = S_ISLNK(st->st_mode) ? make_symlink(c, e, st) :
				     make_node(c, e, st);
	if (err || meta_copy_named(c, e, st))
		return;
	if (st->st_nlink > 1)
		links_add(c, e, st);
}

/* ---- directories ---- */

static bool is_safe_name(const char *name)
{
	return *name && strcmp(name, ".") && strcmp(name, "..") &&
	       !strchr(name, '/');
}

static bool is_dot(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

static void copy_dents(struct copy *c, const struct entry *dir, int in, int out,
		       bool acl, const char *buf, size_t len)
{
	while (len && !*c->stop) {
		const struct tree_dirent *d = (const void *)buf;
		struct entry e = {
			.up = dir,
			.depth = dir->depth + 1,
			.src_dir = in, .src_name = d->name,
			.dst_dir = out, .dst_name = d->name,
			.acl_inherited = acl,
		};

		if (is_safe_name(d->name))
			copy_entry(c, &e, d->type);
		else if (!is_dot(d->name))
			entry_src_error(c, &e, -EUCLEAN);
		buf += d->reclen;
		len -= d->reclen;
	}
}

static int by_name(const void *a, const void *b)
{
	const struct tree_dirent *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

/* All records of a directory, from malloc(). Return: bytes, or negative errno. */
static ssize_t read_all(struct copy *c, int in, char **all)
{
	size_t len = 0, room = 0;
	ssize_t got = 0;
	char *longer;

	*all = NULL;
	do {
		len += (size_t)got;
		if (room - len < DENTS_SIZE) {
			room = 2 * room + DENTS_SIZE;
			longer = realloc(*all, room);
			if (!longer)
				return -ENOMEM;
			*all = longer;
		}
		got = c->src->ops->getdents(in, *all + len, DENTS_SIZE);
	} while (got > 0);
	return got < 0 ? got : (ssize_t)len;
}

static int copy_sorted(struct copy *c, const struct entry *e, int in, int out,
		       bool acl, const char *all, size_t len)
{
	const struct tree_dirent **list;
	size_t at, i, count = 0;

	/* A record has at least 24 bytes. */
	list = calloc(len / 24 + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	for (at = 0; at < len; at += list[count++]->reclen)
		list[count] = (const void *)(all + at);
	qsort(list, count, sizeof(*list), by_name);
	for (i = 0; i < count && !*c->stop; i++)
		copy_dents(c, e, in, out, acl, (const char *)list[i],
			   list[i]->reclen);
	free(list);
	return 0;
}

/* In the order of their names, whatever the host's file system has them in. */
static int copy_in_order(struct copy *c, const struct entry *e, int in, int out,
			 bool acl)
{
	char *all;
	ssize_t len = read_all(c, in, &all);
	int err = len < 0 ? (int)len :
			    copy_sorted(c, e, in, out, acl, all, (size_t)len);

	free(all);
	return err ? entry_src_error(c, e, err) : 0;
}

static int copy_children(struct copy *c, const struct entry *e, int in, int out,
			 bool acl)
{
	char *buf;
	ssize_t len = 0;

	if (c->options.repeatable)
		return copy_in_order(c, e, in, out, acl);
	buf = malloc(DENTS_SIZE);
	if (!buf)
		return entry_src_error(c, e, -ENOMEM);
	while (!*c->stop) {
		len = c->src->ops->getdents(in, buf, DENTS_SIZE);
		if (len <= 0)
			break;
		copy_dents(c, e, in, out, acl, buf, len);
	}
	free(buf);
	return len < 0 ? entry_src_error(c, e, len) : 0;
}

/* Open the directory at the destination; made, or there before (*@merged). */
static int enter_directory(struct copy *c, const struct entry *e, bool *merged)
{
	const struct tree_ops *ops = c->dst->ops;
	int err = ops->mkdirat(e->dst_dir, e->dst_name, 0700);

	if (err && err != -EEXIST)
		return err;
	*merged = err == -EEXIST;
	return ops->openat(e->dst_dir, e->dst_name, O_RDONLY | O_DIRECTORY, 0);
}

static void copy_open_directory(struct copy *c, struct entry *e, int in,
				const struct stat *st)
{
	bool acl = false;
	int out;

	out = enter_directory(c, e, &e->merged);
	if (out < 0) {
		entry_dst_error(c, e, out);
		return;
	}
	if (e->merged)
		e->acl_inherited = true;
	if (e->acl_inherited)
		acl = meta_has_default_acl(c, out);
	if (!c->no_recursion)
		copy_children(c, e, in, out, acl);
	if (!*c->stop)
		meta_copy_open(c, e, in, out, st);
	c->dst->ops->close(out);
}

static void copy_directory(struct copy *c, const struct entry *found)
{
	struct entry e = *found;
	struct stat st;
	int in, err;

	if (e.depth > DEPTH_MAX) {
		entry_src_error(c, &e, -ELOOP);
		return;
	}
	in = c->src->ops->openat(e.src_dir, e.src_name,
				 O_RDONLY | O_DIRECTORY, 0);
	if (in < 0) {
		entry_src_error(c, &e, in);
		return;
	}
	err = c->src->ops->fstat(in, &st);
	if (err)
		entry_src_error(c, &e, err);
	else
		copy_open_directory(c, &e, in, &st);
	c->src->ops->close(in);
}

static int type_of(mode_t mode)
{
	return (mode & S_IFMT) >> 12;	/* IFTODT(), which needs _DEFAULT_SOURCE */
}

static void name_entry(struct copy *c, const struct entry *e)
{
	char *path = entry_shown_path(e, false);

	diag_note("%s%s", c->src->label, path ? path : e->src_name);
	free(path);
}

void copy_entry(struct copy *c, const struct entry *e, int type)
{
	struct stat st;

	progress_file(c->progress);
	if (diag_is_verbose(2))
		name_entry(c, e);
	if (type != DT_REG && type != DT_DIR) {
		int err = c->src->ops->fstatat(e->src_dir, e->src_name, &st);

		if (err) {
			entry_src_error(c, e, err);
			return;
		}
		type = type_of(st.st_mode);
	}
	if (type == DT_REG)
		copy_regular(c, e);
	else if (type == DT_DIR)
		copy_directory(c, e);
	else
		copy_special(c, e, &st);
}
