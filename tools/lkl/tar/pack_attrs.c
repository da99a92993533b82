// SPDX-License-Identifier: GPL-2.0
/*
 * pack_attrs.c - extended attributes and ACLs on their way into an archive
 *
 * Layer:   tools; called by pack.c.
 * Context: one thread. Uses walk.buf: names first, one value behind them.
 */
#include "walk.h"

#include <assert.h>
#include <errno.h>
#include <linux/limits.h>
#include <stdlib.h>
#include <string.h>

#include "acl.h"

#define SELINUX		"security.selinux"

static_assert(XATTR_LIST_MAX + XATTR_SIZE_MAX <= WALK_BUFFER,
	      "attribute names and one value share the buffer");

static ssize_t list_attrs(struct walk *w, const struct file *f)
{
	ssize_t len = f->fd >= 0 ?
		w->ops->listxattr(f->fd, NULL, w->buf, XATTR_LIST_MAX) :
		w->ops->listxattr(f->dir, f->name, w->buf, XATTR_LIST_MAX);

	return len == -EOPNOTSUPP ? 0 : len;
}

static ssize_t get_attr(struct walk *w, const struct file *f, const char *attr,
			char *value)
{
	ssize_t len = f->fd >= 0 ?
		w->ops->getxattr(f->fd, NULL, attr, value, XATTR_SIZE_MAX) :
		w->ops->getxattr(f->dir, f->name, attr, value, XATTR_SIZE_MAX);

	return len;
}

static bool starts_with(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

static int put_context(struct walk *w, const char *value, size_t len)
{
	len = strnlen(value, len);
	if (fprintf(w->p->contexts, "%s %.*s\n", w->len > 1 ? w->path + 1 : "/",
		    (int)len, value) < 0)
		return -errno;
	return 0;
}

static int put_attr(struct walk *w, const struct file *f, const char *attr)
{
	char *value = w->buf + XATTR_LIST_MAX;
	ssize_t len = get_attr(w, f, attr, value);

	if (len == -ENODATA || len == -EOPNOTSUPP)
		return 0;
	if (len < 0)
		return len;
	if (!strcmp(attr, ACL_ACCESS))
		return acl_to_entry(w->entry, ARCHIVE_ENTRY_ACL_TYPE_ACCESS,
				    value, len);
	if (!strcmp(attr, ACL_DEFAULT))
		return acl_to_entry(w->entry, ARCHIVE_ENTRY_ACL_TYPE_DEFAULT,
				    value, len);
	/* Attributes that mean something on this file system only. */
	if (!starts_with(attr, "user.") && !starts_with(attr, "security.") &&
	    !starts_with(attr, "trusted."))
		return 0;
	archive_entry_xattr_add_entry(w->entry, attr, value, len);
	if (w->p->contexts && !strcmp(attr, SELINUX))
		return put_context(w, value, len);
	return 0;
}

static int by_string(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted, since a file system lists them in whatever order it stores them. */
int attrs_put(struct walk *w, const struct file *f)
{
	ssize_t len = list_attrs(w, f);
	size_t i, count = 0;
	const char **attrs;
	const char *s;
	int err = 0;

	if (len <= 0)
		return len;
	for (s = w->buf; s < w->buf + len; s += strlen(s) + 1)
		count++;
	attrs = calloc(count + 1, sizeof(*attrs));
	if (!attrs)
		return -ENOMEM;
	for (s = w->buf, i = 0; i < count; s += strlen(s) + 1)
		attrs[i++] = s;
	qsort(attrs, count, sizeof(*attrs), by_string);
	for (i = count; i-- && !err;)	/* libarchive writes the last first */
		err = put_attr(w, f, attrs[i]);
	free(attrs);
	return err;
}
