// SPDX-License-Identifier: GPL-2.0
/*
 * entry.c - the paths of a file on its way, and messages about it
 *
 * Layer:   tools; called by copy.c, contents.c, meta.c and links.c.
 * Context: one thread.
 */
#include "entry.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"

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

char *entry_shown_path(const struct entry *e, bool dst)
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
	char *path = entry_shown_path(e, dst);

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
	path = entry_shown_path(e, true);
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
