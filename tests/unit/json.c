// SPDX-License-Identifier: GPL-2.0
/*
 * json.c - tests of the reader of JSON: what RFC 8259 allows is read, all else
 * refused where it is wrong, and nothing does harm
 *
 * Layer:   tests/unit; over tools/lkl/hijack/json.c.
 */
#include "tools/lkl/hijack/json.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct json *parse(const char *text)
{
	struct json_error error;
	struct json *value = json_parse(text, &error);

	cr_assert_not_null(value, "%s: line %u: expected %s", text, error.line,
			   error.what);
	return value;
}

static void refuse(const char *text, unsigned int line, const char *expected)
{
	struct json_error error;
	struct json *value = json_parse(text, &error);

	cr_assert_null(value, "%s", text);
	cr_assert_eq(error.line, line, "%s: line %u", text, error.line);
	cr_assert_not_null(strstr(error.what, expected), "%s: %s", text, error.what);
}

/* Objects keep their members in order, with keys and lines, repeated ones too. */
Test(json, reads_objects_and_arrays)
{
	struct json *top = parse(" { \"a\" : 1 ,\n\t\"b\":[true,false,null,{}],\n\"a\":\"x\"}\r\n");
	struct json *member = top->child;

	cr_assert_eq(top->kind, JSON_OBJECT);
	cr_assert_str_eq(member->key, "a");
	cr_assert_eq(member->kind, JSON_NUMBER);
	cr_assert_str_eq(member->text, "1");
	cr_assert_eq(member->line, 1);
	member = member->next;
	cr_assert_str_eq(member->key, "b");
	cr_assert_eq(member->line, 2);
	cr_assert_eq(member->child->kind, JSON_TRUE);
	cr_assert_eq(member->child->next->kind, JSON_FALSE);
	cr_assert_eq(member->child->next->next->kind, JSON_NULL);
	cr_assert_eq(member->child->next->next->next->kind, JSON_OBJECT);
	cr_assert_null(member->child->next->next->next->child);
	member = member->next;
	cr_assert_str_eq(member->key, "a");
	cr_assert_str_eq(member->text, "x");
	cr_assert_eq(member->line, 3);
	cr_assert_null(member->next);
	json_free(top);
}

Test(json, decodes_strings)
{
	static const struct {
		const char *text;
		const char *meant;
	} strings[] = {
		{ "\"\"", "" },
		{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t" },
		{ "\"\\u0041\\u00e4\\u20AC\\ud83d\\ude00\"", "A\u00e4\u20ac\U0001f600" },
		{ "\"\u00e4 \u20ac\"", "\u00e4 \u20ac" },
	};
	size_t i;

	for (i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		struct json *value = parse(strings[i].text);

		cr_assert_eq(value->kind, JSON_STRING);
		cr_assert_str_eq(value->text, strings[i].meant);
		json_free(value);
	}
}

Test(json, reads_numbers_as_written)
{
	static const char * const numbers[] = {
		"0", "-0", "1", "-12", "1.5", "0.25", "1e9", "1E+9", "-1.5e-3",
	};
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct json *value = parse(numbers[i]);

		cr_assert_eq(value->kind, JSON_NUMBER);
		cr_assert_str_eq(value->text, numbers[i]);
		json_free(value);
	}
}

Test(json, says_where_and_what_is_wrong)
{
	refuse("", 1, "a value");
	refuse("\n\n  ", 3, "a value");
	refuse("{\"a\":1\n\"b\":2}", 2, "comma or }");
	refuse("[1 2]", 1, "comma or ]");
	refuse("[1,]", 1, "a value");
	refuse("{\"a\":1,}", 1, "a string");
	refuse("{a:1}", 1, "a string");
	refuse("{\"a\" 1}", 1, "colon");
	refuse("{\"a\":\n}", 2, "a value");
	refuse("{} {}", 1, "nothing more");
	refuse("\"a\nb\"", 1, "end of a string");
	refuse("\"abc", 1, "end of a string");
	refuse("\"\\x\"", 1, "escape");
	refuse("\"\\", 1, "escape");
	refuse("\"\\u12\"", 1, "escape");
	refuse("\"\\ud800\"", 1, "escape");
	refuse("\"\\ud800\\u0041\"", 1, "escape");
	refuse("\"\\udc00\"", 1, "escape");
	refuse("\"\\u0000\"", 1, "escape");
	refuse("01", 1, "a value");
	refuse("1.", 1, "a value");
	refuse("1e", 1, "a value");
	refuse("-", 1, "a value");
	refuse("+1", 1, "a value");
	refuse("nul", 1, "a value");
	refuse("'a'", 1, "a value");
	refuse("// comment", 1, "a value");
}

/* However deep the nesting: neither a crash nor success. */
Test(json, refuses_deep_nesting)
{
	char text[100001];

	memset(text, '[', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	refuse(text, 1, "less nesting");
}

/* Every beginning of a good text is refused without harm (run under ASan). */
Test(json, refuses_every_part_of_a_text)
{
	static const char text[] = "{\"a\":[1.5e3,\"\\u00e4\\n\",true,{\"b\":null}],\"c\":-1}";
	struct json_error error;
	size_t len;

	for (len = 0; len < strlen(text); len++) {
		char *part = strndup(text, len);

		cr_assert_null(json_parse(part, &error), "%s", part);
		cr_assert_not_null(error.what);
		free(part);
	}
	json_free(parse(text));
}

/* The same numbers in each run. */
static unsigned int next_random(unsigned int *state)
{
	*state = *state * 1103515245 + 12345;
	return *state >> 16;
}

/* Changed, doubled and missing bytes: read or refused, never more (under ASan). */
Test(json, survives_damaged_texts)
{
	static const char text[] = "{\"a\":[1.5e3,\"\\ud83d\\ude00\\n\",true],\"b\":{\"c\":[-1,{}]}}";
	static const char bytes[] = "{}[]:,\"\\u0eE.-+1tfn\n\t \xff\x80";
	unsigned int state = 1, i, changes, at;
	struct json_error error;
	char damaged[sizeof(text)];

	for (i = 0; i < 50000; i++) {
		memcpy(damaged, text, sizeof(text));
		for (changes = next_random(&state) % 4 + 1; changes; changes--) {
			at = next_random(&state) % (sizeof(text) - 1);
			damaged[at] = bytes[next_random(&state) % (sizeof(bytes) - 1)];
		}
		json_free(json_parse(damaged, &error));
	}
}
