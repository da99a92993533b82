// SPDX-License-Identifier: GPL-2.0
/*
 * parents.c - the directories that sources are in, made at the destination
 *
 * Layer:   tools; see parents.h.
 * Context: one thread.
 *
 * Lists are mostly sorted, so the directory of the last source is kept open for
 * the next one. What a new directory has at the source, its time for one, it gets
 * at the end, when nothing more goes into it.
 */
#include "parents.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/**
 * struct made_parent - a directory that was made
 * @next: the one made before
 * @src: its path at the source
 * @dst: its path below the destination
 */
struct made_parent {
	struct made_parent *next;
	char *src;
	char *dst;
};

void parents_init(struct parents *p, int root, const char *shown)
{
	*p = (struct parents){ .root = root, .dir = root, .shown = shown };
}

static void leave(struct copy *c, struct parents *p)
{
	if (p->dir != p->root)
		c->dst->ops->close(p->dir);
	p->dir = p->root;
	free(p->src);
	free(p->dst);
	free(p->dst_shown);
	p->src = NULL;
	p->dst = NULL;
	p->dst_shown = NULL;
}

static int remember(struct parents *p, const char *src, size_t src_len,
		    const char *dst)
{
	struct made_parent *m = calloc(1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	m->src = strndup(src, src_len);
	m->dst = strdup(dst);
	m->next = p->made;
	p->made = m;
	return m->src && m->dst ? 0 : -ENOMEM;
}

/* Go one down, from p->dir; made if it is missing. */
static int descend(struct copy *c, struct parents *p, const char *name,
		   bool *made)
{
	const struct tree_ops *ops = c->dst->ops;
	int err = ops->mkdirat(p->dir, name, 0700);
	int dir;

	if (err && err != -EEXIST)
		return err;
	*made = !err;
	dir = ops->openat(p->dir, name, O_RDONLY | O_DIRECTORY, 0);
	if (dir < 0)
		return dir;
	if (p->dir != p->root)
		ops->close(p->dir);
	p->dir = dir;
	return 0;
}

static int join(char **path, const char *name)
{
	char *longer;

	if (asprintf(&longer, "%s%s%s", *path ? *path : "", *path ? "/" : "",
		     name) < 0)
		return -ENOMEM;
	free(*path);
	*path = longer;
	return 0;
}

/* What is not there at the source is not made. */
static int check_source(struct copy *c, struct parents *p, const char *src,
			size_t len)
{
	char *path = strndup(src, len);
	int fd = -ENOMEM;

	if (path)
		fd = c->src->ops->resolve(c->src->base, path,
					  O_PATH | O_DIRECTORY);
	free(path);
	p->src_failed = fd < 0;
	if (fd < 0)
		return fd;
	c->src->ops->close(fd);
	return 0;
}

/* The component of @src at @at, @len bytes of it. */
static int enter_one(struct copy *c, struct parents *p, const char *src,
		     size_t at, size_t len)
{
	char name[256];
	bool made;
	int err;

	if (!len || (len == 1 && src[at] == '.'))
		return 0;
	if (len == 2 && !strncmp(src + at, "..", 2))
		return -EXDEV;
	if (len >= sizeof(name))
		return -ENAMETOOLONG;
	memcpy(name, src + at, len);
	name[len] = '\0';
	err = check_source(c, p, src, at + len);
	if (!err)
		err = descend(c, p, name, &made);
	if (!err)
		err = join(&p->dst, name);
	if (!err && made)
		err = remember(p, src, at + len, p->dst);
	return err;
}

static int enter_all(struct copy *c, struct parents *p, const char *src)
{
	size_t at = 0;
	int err = 0;

	while (!err && src[at]) {
		size_t len = strcspn(src + at, "/");

		err = enter_one(c, p, src, at, len);
		at += len + (src[at + len] == '/');
	}
	return err;
}

static int describe(struct parents *p, const char *src)
{
	size_t len = strlen(p->shown);

	while (len && p->shown[len - 1] == '/')
		len--;
	p->src = strdup(src);
	if (!p->src || (p->dst && asprintf(&p->dst_shown, "%.*s/%s", (int)len,
					   p->shown, p->dst) < 0))
		return -ENOMEM;
	p->entry = (struct entry){
		.src_shown = p->src,
		.dst_shown = p->dst_shown ? p->dst_shown : p->shown,
		.dst_name = p->dst ? p->dst : ".",
	};
	return 0;
}

int parents_enter(struct copy *c, struct parents *p, const char *src)
{
	int err;

	if (p->src && !strcmp(p->src, src))
		return 0;
	leave(c, p);
	err = enter_all(c, p, src);
	if (!err)
		err = describe(p, src);
	if (err)
		leave(c, p);
	return err;
}

/* Down to what parents_enter() has made. */
static int enter_again(struct copy *c, struct parents *p, char *path)
{
	char *rest, *name;
	bool made;
	int err = 0;

	for (name = strtok_r(path, "/", &rest); name && !err;
	     name = strtok_r(NULL, "/", &rest))
		err = descend(c, p, name, &made);
	return err;
}

static void finish_one(struct copy *c, struct parents *p,
		       const struct made_parent *m)
{
	struct entry e = {
		.src_shown = m->src, .dst_shown = m->dst,
		.src_name = ".", .dst_name = m->dst,
	};
	char *path = strdup(m->dst);
	struct stat st;
	int in, err;

	err = path ? enter_again(c, p, path) : -ENOMEM;
	free(path);
	if (err) {
		entry_dst_error(c, &e, err);
		return;
	}
	in = c->src->ops->resolve(c->src->base, m->src,
				  O_RDONLY | O_DIRECTORY);
	err = in < 0 ? in : c->src->ops->fstat(in, &st);
	if (err)
		entry_src_error(c, &e, err);
	else
		meta_copy_open(c, &e, in, p->dir, &st);
	if (in >= 0)
		c->src->ops->close(in);
}

void parents_finish(struct copy *c, struct parents *p)
{
	struct made_parent *m, *next;

	leave(c, p);
	for (m = p->made; m; m = next) {
		next = m->next;
		if (m->src && m->dst && !*c->stop)
			finish_one(c, p, m);
		leave(c, p);
		free(m->src);
		free(m->dst);
		free(m);
	}
	p->made = NULL;
}
