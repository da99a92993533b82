// SPDX-License-Identifier: GPL-2.0
/*
 * run.c - what the user named: where sources are, and where they go
 *
 * Layer:   tools; called by main.c, calls copy.c for each source.
 * Context: one thread.
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
#include "parents.h"

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

static void copy_child(struct copy *c, const char *source, const char *dir,
		       const char *name, struct parents *p)
{
	struct entry e = {
		.up = &p->entry, .depth = 1,
		.src_name = name, .dst_name = name, .dst_dir = p->dir,
		.acl_inherited = meta_has_default_acl(c, p->dir),
	};

	e.src_dir = c->src->ops->resolve(c->src->base, dir,
					 O_PATH | O_DIRECTORY);
	if (e.src_dir < 0) {
		named_error(c, c->src, source, e.src_dir);
		return;
	}
	copy_entry(c, &e, DT_UNKNOWN);
	c->src->ops->close(e.src_dir);
}

/* Copy the source to where it is, below the target. */
static void copy_with_parents(struct copy *c, const char *source,
			      struct parents *p)
{
	size_t base, end;
	char *dir = NULL, *name = NULL;
	int err = -ENOMEM;

	split_path(source, &base, &end);
	dir = base ? strndup(source, base) : strdup(".");
	name = strndup(source + base, end - base);
	if (dir && name)
		err = parents_enter(c, p, dir);
	if (err == -EXDEV) {
		c->failed++;
		diag_error("%s%s: leads out of the destination with '..'",
			   c->src->label, source);
	} else if (err) {
		named_error(c, p->src_failed ? c->src : c->dst, source, err);
	} else {
		copy_child(c, source, dir, name, p);
	}
	free(name);
	free(dir);
}

static void copy_sources(struct copy *c, char *const *sources, int count,
			 struct target *t, const char *destination)
{
	struct parents parents;
	int i;

	parents_init(&parents, t->dir, destination);
	for (i = 0; i < count && !*c->stop; i++) {
		if (means_contents(sources[i]))
			copy_into(c, sources[i], t, destination);
		else if (c->parents)
			copy_with_parents(c, sources[i], &parents);
		else
			copy_named(c, sources[i], t, destination);
	}
	parents_finish(c, &parents);
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
	struct target t = { .dir = -1 };
	int err;

	err = open_run(c);
	if (!err)
		err = open_target(c, destination, &t);
	if (!err && (count > 1 || c->parents) && !t.is_dir) {
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
