// SPDX-License-Identifier: GPL-2.0
/*
 * lvm_text.c - the text in which LVM2 describes a volume group
 *
 * Layer:   tools/lkl/image; knows nothing of disks.
 * Users:   lvm.c; the unit tests.
 * Context: any.
 *
 * What is in the text may be hostile: nesting is bounded, and every step either
 * consumes a byte or fails, so it ends.
 */
#include "lvm_text.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX	8
#define BATCH		64

/**
 * struct batch - nodes, allocated together
 * @next: the batch before
 * @used: how many of @nodes are
 * @nodes: they do not move
 */
struct batch {
	struct batch *next;
	unsigned int used;
	struct lvm_node nodes[BATCH];
};

/**
 * struct lvm_text - a parsed text
 * @text: our copy, cut into strings
 * @batches: the nodes
 * @root: the section of everything
 */
struct lvm_text {
	char *text;
	struct batch *batches;
	struct lvm_node root;
};

/**
 * struct parser - where we are
 * @t: the result
 * @p: next byte; the text ends with a zero
 * @depth: sections around it
 */
struct parser {
	struct lvm_text *t;
	char *p;
	unsigned int depth;
};

static struct lvm_node *node_new(struct parser *ps)
{
	struct batch *b = ps->t->batches;

	if (!b || b->used == BATCH) {
		b = calloc(1, sizeof(*b));
		if (!b)
			return NULL;
		b->next = ps->t->batches;
		ps->t->batches = b;
	}
	b->nodes[b->used].name = "";
	b->nodes[b->used].string = "";
	return &b->nodes[b->used++];
}

static void skip_space(struct parser *ps)
{
	for (;;) {
		while (isspace((unsigned char)*ps->p))
			ps->p++;
		if (*ps->p != '#')
			return;
		while (*ps->p && *ps->p != '\n')
			ps->p++;
	}
}

static bool name_char(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("_-+.@/", c));
}

/* A string, its backslashes taken away in place. */
static int string_parse(struct parser *ps, struct lvm_node *node)
{
	char *in = ps->p + 1, *out = in;

	node->kind = LVM_STRING;
	node->string = out;
	while (*in && *in != '"') {
		if (*in == '\\' && in[1])
			in++;
		*out++ = *in++;
	}
	if (!*in)
		return -EINVAL;
	*out = '\0';
	ps->p = in + 1;
	return 0;
}

static int number_parse(struct parser *ps, struct lvm_node *node)
{
	char *end;

	node->kind = LVM_NUMBER;
	errno = 0;
	node->number = strtoll(ps->p, &end, 10);
	if (errno || end == ps->p)
		return -EINVAL;
	ps->p = end;
	/* A fraction; no setting of a volume group has one that matters. */
	if (*ps->p == '.')
		for (ps->p++; isdigit((unsigned char)*ps->p); ps->p++)
			;
	return 0;
}

static int scalar_parse(struct parser *ps, struct lvm_node *node)
{
	return *ps->p == '"' ? string_parse(ps, node) : number_parse(ps, node);
}

static int array_parse(struct parser *ps, struct lvm_node *node)
{
	struct lvm_node **link = &node->children;
	int err;

	node->kind = LVM_ARRAY;
	ps->p++;
	for (skip_space(ps); *ps->p != ']'; skip_space(ps)) {
		*link = node_new(ps);
		if (!*link)
			return -ENOMEM;
		err = scalar_parse(ps, *link);
		if (err)
			return err;
		link = &(*link)->next;
		skip_space(ps);
		if (*ps->p == ',')
			ps->p++;
		else if (*ps->p != ']')
			return -EINVAL;
	}
	ps->p++;
	return 0;
}

static int section_parse(struct parser *ps, struct lvm_node *section, char end);

static int value_parse(struct parser *ps, struct lvm_node *node)
{
	int err;

	if (*ps->p == '{') {
		if (ps->depth == DEPTH_MAX)
			return -EINVAL;
		ps->p++;
		ps->depth++;
		err = section_parse(ps, node, '}');
		ps->depth--;
		return err;
	}
	if (*ps->p != '=')
		return -EINVAL;
	ps->p++;
	skip_space(ps);
	return *ps->p == '[' ? array_parse(ps, node) : scalar_parse(ps, node);
}

static int setting_parse(struct parser *ps, struct lvm_node *node)
{
	char *name = ps->p, *name_end;
	char after;
	int err;

	while (name_char(*ps->p))
		ps->p++;
	name_end = ps->p;
	if (name_end == name)
		return -EINVAL;
	skip_space(ps);
	/* The zero may fall on the '=' or '{', so it is put there last. */
	after = *ps->p;
	if (after != '=' && after != '{')
		return -EINVAL;
	err = value_parse(ps, node);
	*name_end = '\0';
	node->name = name;
	return err;
}

static int section_parse(struct parser *ps, struct lvm_node *section, char end)
{
	struct lvm_node **link = &section->children;
	int err;

	section->kind = LVM_SECTION;
	for (skip_space(ps); *ps->p && *ps->p != end; skip_space(ps)) {
		*link = node_new(ps);
		if (!*link)
			return -ENOMEM;
		err = setting_parse(ps, *link);
		if (err)
			return err;
		link = &(*link)->next;
	}
	if (*ps->p != end)
		return -EINVAL;
	if (end)
		ps->p++;
	return 0;
}

int lvm_text_parse(const char *text, size_t len, struct lvm_text **parsed)
{
	struct lvm_text *t = calloc(1, sizeof(*t));
	struct parser ps = { .t = t };
	int err;

	if (!t)
		return -ENOMEM;
	t->text = strndup(text, len);
	if (!t->text) {
		free(t);
		return -ENOMEM;
	}
	ps.p = t->text;
	t->root.name = "";
	t->root.string = "";
	err = section_parse(&ps, &t->root, '\0');
	if (err) {
		lvm_text_free(t);
		return err;
	}
	*parsed = t;
	return 0;
}

const struct lvm_node *lvm_text_root(const struct lvm_text *parsed)
{
	return &parsed->root;
}

void lvm_text_free(struct lvm_text *parsed)
{
	struct batch *b;

	if (!parsed)
		return;
	while ((b = parsed->batches)) {
		parsed->batches = b->next;
		free(b);
	}
	free(parsed->text);
	free(parsed);
}

const struct lvm_node *lvm_find(const struct lvm_node *section,
				const char *name)
{
	const struct lvm_node *n = NULL;

	if (section && section->kind == LVM_SECTION)
		n = section->children;
	while (n && strcmp(n->name, name))
		n = n->next;
	return n;
}

const char *lvm_string(const struct lvm_node *section, const char *name)
{
	const struct lvm_node *n = lvm_find(section, name);

	return n && n->kind == LVM_STRING ? n->string : "";
}

int64_t lvm_number(const struct lvm_node *section, const char *name)
{
	const struct lvm_node *n = lvm_find(section, name);

	return n && n->kind == LVM_NUMBER ? n->number : -1;
}
