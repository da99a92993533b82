// SPDX-License-Identifier: GPL-2.0
/*
 * names.c - the names in a directory, sorted
 *
 * Layer:   tools; see names.h.
 */
#include "names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER	(64 * 1024)

static int add(struct names *n, const char *name)
{
	if (n->count == n->room) {
		size_t room = n->room ? 2 * n->room : 64;
		char **list = realloc(n->list, room * sizeof(*list));

		if (!list)
			return -ENOMEM;
		n->list = list;
		n->room = room;
	}
	n->list[n->count] = strdup(name);
	if (!n->list[n->count])
		return -ENOMEM;
	n->count++;
	return 0;
}

/* A damaged image may hold anything; what is no name is no file. */
static int check_name(const char *name)
{
	return !*name || strchr(name, '/') ? -EIO : 0;
}

static int add_records(struct names *n, const char *buf, ssize_t len)
{
	const struct tree_dirent *d;
	ssize_t pos;
	int err = 0;

	for (pos = 0; pos < len && !err; pos += d->reclen) {
		d = (const struct tree_dirent *)(buf + pos);
		if (!strcmp(d->name, ".") || !strcmp(d->name, ".."))
			continue;
		err = check_name(d->name);
		if (!err)
			err = add(n, d->name);
	}
	return err;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int names_read(struct names *n, const struct tree_ops *ops, int dir)
{
	char *buf = malloc(BUFFER);
	ssize_t len;
	int err = 0;

	if (!buf)
		return -ENOMEM;
	while (!err && (len = ops->getdents(dir, buf, BUFFER)) > 0)
		err = add_records(n, buf, len);
	if (!err && len < 0)
		err = len;
	free(buf);
	if (n->count)
		qsort(n->list, n->count, sizeof(*n->list), by_name);
	return err;
}

void names_free(struct names *n)
{
	while (n->count)
		free(n->list[--n->count]);
	free(n->list);
	n->list = NULL;
}
