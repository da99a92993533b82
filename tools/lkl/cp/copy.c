// SPDX-License-Identifier: GPL-2.0
/*
 * copy.c - the walk over the source, and what becomes of each kind of file
 *
 * Layer:   tools; called by main.c. Uses contents.c, meta.c and links.c.
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
#include "copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "entry.h"
#include "progress.h"

#define DENTS_SIZE	(32 * 1024)
#define DEPTH_MAX	8192	/* directories; two descriptors each */
#define LINK_MAX_LEN	(64 * 1024)

static void copy_entry(struct copy *c, const struct entry *e, int type);

/* ---- messages ---- */

static void print_path(FILE *out, const struct entry *e, bool dst)
{
	const char *shown = dst ? e->dst_shown : e->src_shown;

	if (shown) {
		fputs(shown, out);
		return;
	}
	print_path(out, e->up, dst);
	shown = dst ? e->up->dst_shown : e->up->src_shown;
	if (!shown || !*shown || shown[strlen(shown) - 1] != '/')
		fputc('/', out);
	fputs(dst ? e->dst_name : e->src_name, out);
}

/* The whole path as the user would write it, from malloc(); NULL if short. */
static char *shown_path(const struct entry *e, bool dst)
{
	char *path = NULL;
	size_t len;
	FILE *out = open_memstream(&path, &len);

	if (!out)
		return NULL;
	print_path(out, e, dst);
	if (fclose(out)) {
		free(path);
		return NULL;
	}
	return path;
}

static void report(struct copy *c, const struct entry *e, bool dst,
		   const char *what, int err)
{
	char *path = shown_path(e, dst);

	c->failed++;
	diag_error("%s%s%s%s: %s", dst ? c->dst->label : c->src->label,
		   path ? path : e->src_name, what ? ": " : "",
		   what ? what : "", diag_cause(err));
	free(path);
}

int entry_src_error(struct copy *c, const struct entry *e, int err)
{
	/* The kernel that reads it is gone: every other file fails too. */
	if (err == -ESHUTDOWN || err == -ENOTRECOVERABLE)
		*c->stop = true;
	report(c, e, false, NULL, err);
	return err;
}

/* A destination that is full or broken is so for every later file too. */
static bool is_final(int err)
{
	return err == -ENOSPC || err == -EDQUOT || err == -EROFS ||
	       err == -ESHUTDOWN || err == -ENOTRECOVERABLE;
}

int entry_dst_error(struct copy *c, const struct entry *e, int err)
{
	if (is_final(err))
		*c->stop = true;
	report(c, e, true, NULL, err);
	return err;
}

int entry_dst_error_at(struct copy *c, const struct entry *e, const char *what,
		       int err)
{
	/* Room for attributes is a matter of the single file. */
	if (is_final(err) && err != -ENOSPC)
		*c->stop = true;
	report(c, e, true, what, err);
	return err;
}

void entry_warn_once(struct copy *c, const struct entry *e,
		     enum copy_warned kind, const char *what)
{
	char *path;

	if (c->warned & kind)
		return;
	c->warned |= kind;
	path = shown_path(e, true);
	diag_warning("%s%s: the file system cannot store %s; left out here and in the rest",
		     c->dst->label, path ? path : e->dst_name, what);
	free(path);
}

static void print_dst_path(FILE *out, const struct entry *e)
{
	if (e->up) {
		print_dst_path(out, e->up);
		fputc('/', out);
	}
	fputs(e->dst_name, out);
}

char *entry_dst_path(const struct entry *e)
{
	char *path = NULL;
	size_t len;
	FILE *out = open_memstream(&path, &len);

	if (!out)
		return NULL;
	print_dst_path(out, e);
	if (fclose(out)) {
		free(path);
		return NULL;
	}
	return path;
}

/* ---- single files ---- */

static bool is_image(const struct tree *tree, const struct stat *st)
{
	return tree->skip_ino && st->st_ino == tree->skip_ino &&
	       st->st_dev == tree->skip_dev;
}

static void warn_image(struct copy *c, const struct entry *e)
{
	char *path = shown_path(e, false);

	diag_warning("%s%s: is the image itself; not copied", c->src->label,
		     path ? path : e->src_name);
	free(path);
}

/* Remove what is in the way of a new file; never a directory. */
static int make_way(struct copy *c, const struct entry *e)
{
	struct stat st;
	int err;

	if (c->dst->skip_ino) {
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

static int copy_children(struct copy *c, const struct entry *e, int in, int out,
			 bool acl)
{
	char *buf = malloc(DENTS_SIZE);
	ssize_t len = 0;

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

static void copy_entry(struct copy *c, const struct entry *e, int type)
{
	struct stat st;

	progress_file(c->progress);
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

/* ---- what the user named ---- */

/* Where the last component of a path begins; trailing slashes do not count. */
static void split_path(const char *path, size_t *base, size_t *end)
{
	*end = strlen(path);
	while (*end > 1 && path[*end - 1] == '/')
		--*end;
	*base = *end;
	while (*base && path[*base - 1] != '/')
		--*base;
}

/* Does the source mean "what is inside": /, . or .. as its last component? */
static bool means_contents(const char *path)
{
	size_t base, end, len;

	split_path(path, &base, &end);
	len = end - base;
	return !len || (len == 1 && path[base] == '.') ||
	       (len == 2 && path[base] == '.' && path[base + 1] == '.');
}

/**
 * struct target - the destination as the user means it
 * @is_dir: it exists and is a directory: sources go into it
 * @dir: that directory, else the one it is to be made in; open
 * @name: else its last component, from malloc()
 */
struct target {
	bool is_dir;
	int dir;
	char *name;
};

static int open_directory_of(struct tree *tree, const char *path, size_t base,
			     int flags)
{
	char *dir = base ? strndup(path, base) : strdup(".");
	int fd;

	if (!dir)
		return -ENOMEM;
	fd = tree->ops->resolve(tree->base, dir, flags | O_DIRECTORY);
	free(dir);
	return fd;
}

static int open_target(struct copy *c, const char *path, struct target *t)
{
	size_t base, end;

	t->name = NULL;
	t->dir = c->dst->ops->resolve(c->dst->base, path,
				      O_RDONLY | O_DIRECTORY);
	t->is_dir = t->dir >= 0;
	if (t->is_dir)
		return 0;
	if (t->dir != -ENOENT && t->dir != -ENOTDIR)
		return t->dir;
	split_path(path, &base, &end);
	if (t->dir == -ENOTDIR && path[end])
		return -ENOTDIR;
	t->name = strndup(path + base, end - base);
	if (!t->name)
		return -ENOMEM;
	t->dir = open_directory_of(c->dst, path, base, O_RDONLY);
	if (t->dir >= 0)
		return 0;
	free(t->name);
	return t->dir;
}

/* Join for messages: "dir" and "name" make "dir/name". */
static char *join(const char *dir, const char *name)
{
	size_t len = strlen(dir);
	char *path;

	while (len && dir[len - 1] == '/')
		len--;
	if (asprintf(&path, "%.*s/%s", (int)len, dir, name) < 0)
		return NULL;
	return path;
}

static void named_error(struct copy *c, struct tree *tree, const char *path,
			int err)
{
	c->failed++;
	diag_error("%s%s: %s", tree->label, path, diag_cause(err));
}

/* Copy the open source directory into the target itself. */
static void copy_into(struct copy *c, const char *source, struct target *t,
		      const char *destination)
{
	struct entry e = {
		.src_shown = source, .dst_shown = destination,
		.src_name = ".", .dst_dir = t->dir,
		.dst_name = t->is_dir ? "." : t->name,
	};

	e.src_dir = c->src->ops->resolve(c->src->base, source,
					 O_RDONLY | O_DIRECTORY);
	if (e.src_dir < 0) {
		named_error(c, c->src, source, e.src_dir);
		return;
	}
	copy_entry(c, &e, DT_DIR);
	c->src->ops->close(e.src_dir);
}

/* Copy the source under its own name, or the target's if that is new. */
static void copy_named(struct copy *c, const char *source, struct target *t,
		       const char *destination)
{
	size_t base, end;
	char *shown = NULL;
	char *name;
	struct entry e = {
		.src_shown = source, .dst_dir = t->dir,
	};

	split_path(source, &base, &end);
	name = strndup(source + base, end - base);
	if (!name) {
		named_error(c, c->src, source, -ENOMEM);
		return;
	}
	if (t->is_dir)
		shown = join(destination, name);
	e.src_name = name;
	e.dst_name = t->is_dir ? name : t->name;
	e.dst_shown = shown ? shown : destination;
	e.acl_inherited = meta_has_default_acl(c, t->dir);
	e.src_dir = open_directory_of(c->src, source, base, O_PATH);
	if (e.src_dir < 0) {
		named_error(c, c->src, source, e.src_dir);
	} else {
		copy_entry(c, &e, DT_UNKNOWN);
		c->src->ops->close(e.src_dir);
	}
	free(shown);
	free(name);
}

static void copy_sources(struct copy *c, char *const *sources, int count,
			 struct target *t, const char *destination)
{
	int i;

	for (i = 0; i < count && !*c->stop; i++) {
		if (means_contents(sources[i]))
			copy_into(c, sources[i], t, destination);
		else
			copy_named(c, sources[i], t, destination);
	}
}

static int open_run(struct copy *c)
{
	c->buf = malloc(COPY_BUFFER);
	c->links = links_new();
	c->failed = 0;
	c->warned = 0;
	return c->buf && c->links ? 0 : -ENOMEM;
}

static void close_run(struct copy *c)
{
	links_free(c->links);
	free(c->buf);
	c->links = NULL;
	c->buf = NULL;
}

int copy_run(struct copy *c, char *const *sources, int count,
	     const char *destination)
{
	struct target t;
	int err;

	err = open_run(c);
	if (!err)
		err = open_target(c, destination, &t);
	if (!err && count > 1 && !t.is_dir) {
		c->dst->ops->close(t.dir);
		free(t.name);
		err = -ENOTDIR;
	}
	if (err) {
		named_error(c, c->dst, destination, err);
		goto out_close;
	}
	c->dst_root = t.dir;
	copy_sources(c, sources, count, &t, destination);
	c->dst->ops->close(t.dir);
	free(t.name);
out_close:
	close_run(c);
	return c->failed ? -EIO : 0;
}
