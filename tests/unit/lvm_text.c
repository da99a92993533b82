// SPDX-License-Identifier: GPL-2.0
/*
 * lvm_text.c - tests of the reader of LVM2's text: what is well formed is read,
 * all else refused, and nothing that is in it does harm
 *
 * Layer:   tests/unit; over tools/lkl/image/lvm_text.c.
 */
#include "tools/lkl/image/lvm_text.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char group[] =
	"tank {\n"
	"id = \"XZzDPz\" # a comment { with = things }\n"
	"seqno=7\n"
	"status = [\"READ\", \"WRITE\"]\n"
	"flags = []\n"
	"physical_volumes {\npv0 {\npe_start = 2048\n}\n}\n"
	"segment1 {\nstripes = [\"pv0\", 8, \"pv1\", 0]\n}\n"
	"}\n"
	"description = \"say \\\"x\\\" \\\\\"\n"
	"negative = -3\n";

static int parse(const char *text, struct lvm_text **t)
{
	*t = NULL;
	return lvm_text_parse(text, strlen(text), t);
}

/* Sections, numbers, strings with escapes, arrays and comments are read. */
Test(lvm_text, reads_a_group)
{
	const struct lvm_node *tank, *n;
	struct lvm_text *t;

	cr_assert_eq(parse(group, &t), 0);
	tank = lvm_find(lvm_text_root(t), "tank");
	cr_assert_not_null(tank);
	cr_assert_str_eq(lvm_string(tank, "id"), "XZzDPz");
	cr_assert_eq(lvm_number(tank, "seqno"), 7);
	n = lvm_find(lvm_find(tank, "physical_volumes"), "pv0");
	cr_assert_eq(lvm_number(n, "pe_start"), 2048);
	n = lvm_find(lvm_find(tank, "segment1"), "stripes");
	cr_assert_eq(n->kind, LVM_ARRAY);
	cr_assert_str_eq(n->children->string, "pv0");
	cr_assert_eq(n->children->next->number, 8);
	cr_assert_null(lvm_find(tank, "flags")->children);
	cr_assert_str_eq(lvm_string(lvm_text_root(t), "description"),
			 "say \"x\" \\");
	lvm_text_free(t);
}

/* What is not there, or of another kind, is an empty string or -1. */
Test(lvm_text, what_is_missing)
{
	struct lvm_text *t;

	cr_assert_eq(parse(group, &t), 0);
	cr_assert_null(lvm_find(NULL, "x"));
	cr_assert_null(lvm_find(lvm_text_root(t), "x"));
	cr_assert_str_eq(lvm_string(lvm_text_root(t), "tank"), "");
	cr_assert_eq(lvm_number(lvm_text_root(t), "description"), -1);
	cr_assert_eq(lvm_number(NULL, "x"), -1);
	cr_assert_eq(lvm_number(lvm_text_root(t), "negative"), -3);
	lvm_text_free(t);
	lvm_text_free(NULL);
}

/* Text that is not well formed is refused. */
Test(lvm_text, refuses_what_is_wrong)
{
	static const char *const wrong[] = {
		"a", "a =", "a = [", "a = [1", "a = [1 2]", "a = \"x",
		"a = \"x\\", "a {", "a { b = 1", "}", "= 1", "a 1", "a = x",
		"a = 99999999999999999999999999",
	};
	struct lvm_text *t;
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		cr_assert_eq(parse(wrong[i], &t), -EINVAL, "%s", wrong[i]);
}

/* Nesting is bounded, so that it cannot exhaust the stack. */
Test(lvm_text, refuses_deep_nesting)
{
	enum { DEPTH = 100000 };
	char *text = malloc(2 * DEPTH + 1);
	struct lvm_text *t;
	int i;

	cr_assert_not_null(text);
	for (i = 0; i < DEPTH; i++)
		memcpy(text + 2 * i, "a{", 2);
	text[2 * DEPTH] = '\0';
	cr_assert_eq(parse(text, &t), -EINVAL);
	free(text);
}

/* Cut off or changed anywhere, it is read or refused; a fixed seed. */
Test(lvm_text, survives_damage)
{
	char text[sizeof(group)];
	struct lvm_text *t;
	unsigned int seed = 1;
	int i, err;
	size_t len;

	for (len = 0; len < sizeof(group); len++) {
		t = NULL;
		err = lvm_text_parse(group, len, &t);
		cr_assert(err == 0 || err == -EINVAL);
		lvm_text_free(t);
	}
	for (i = 0; i < 20000; i++) {
		memcpy(text, group, sizeof(text));
		text[rand_r(&seed) % (sizeof(text) - 1)] =
			(char)(rand_r(&seed) % 255 + 1);
		text[rand_r(&seed) % (sizeof(text) - 1)] =
			"{}[]=\",#\\\n"[rand_r(&seed) % 10];
		err = parse(text, &t);
		cr_assert(err == 0 || err == -EINVAL);
		lvm_text_free(t);
	}
}
