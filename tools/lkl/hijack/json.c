// SPDX-License-Identifier: GPL-2.0
/*
 * json.c - a reader of JSON texts; see json.h
 *
 * Layer:   tools/lkl/hijack.
 * Users:   config_read.c.
 */
#include "json.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Deeper than any configuration; a limit for the stack. */
#define DEPTH_MAX	16

struct reader {
	const char *at;
	unsigned int line;
	unsigned int depth;
	const char *wrong;
};

static struct json *value_read(struct reader *r);

static void *fail(struct reader *r, const char *what)
{
	if (!r->wrong)
		r->wrong = what;
	return NULL;
}

static void space_skip(struct reader *r)
{
	for (;; r->at++) {
		if (*r->at == '\n')
			r->line++;
		else if (*r->at != ' ' && *r->at != '\t' && *r->at != '\r')
			return;
	}
}

/* Take @c, with the space before it. */
static bool take(struct reader *r, char c)
{
	space_skip(r);
	if (*r->at != c)
		return false;
	r->at++;
	return true;
}

void json_free(struct json *value)
{
	struct json *next;

	for (; value; value = next) {
		next = value->next;
		json_free(value->child);
		free(value->key);
		free(value->text);
		free(value);
	}
}

static struct json *value_new(struct reader *r, enum json_kind kind)
{
	struct json *value = calloc(1, sizeof(*value));

	if (!value)
		return fail(r, "memory");
	value->kind = kind;
	value->line = r->line;
	return value;
}

/*
 * Strings. What is decoded is never longer than what was written.
 */

static bool hex4_read(struct reader *r, uint32_t *code)
{
	static const char digits[] = "0123456789abcdef";
	const char *digit;
	int i;

	*code = 0;
	for (i = 0; i < 4; i++, r->at++) {
		digit = *r->at ? strchr(digits, *r->at | 0x20) : NULL;
		if (!digit)
			return false;
		*code = *code << 4 | (uint32_t)(digit - digits);
	}
	return true;
}

/* A pair of surrogates is one character (RFC 8259 section 7). */
static bool unicode_read(struct reader *r, uint32_t *code)
{
	uint32_t low;

	if (!hex4_read(r, code) || !*code)
		return false;
	if (*code < 0xd800 || *code > 0xdfff)
		return true;
	if (*code > 0xdbff || r->at[0] != '\\' || r->at[1] != 'u')
		return false;
	r->at += 2;
	if (!hex4_read(r, &low) || low < 0xdc00 || low > 0xdfff)
		return false;
	*code = 0x10000 + ((*code - 0xd800) << 10) + (low - 0xdc00);
	return true;
}

static char *utf8_write(char *to, uint32_t code)
{
	if (code < 0x80) {
		*to++ = (char)code;
		return to;
	}
	if (code < 0x800) {
		*to++ = (char)(0xc0 | code >> 6);
	} else {
		if (code < 0x10000) {
			*to++ = (char)(0xe0 | code >> 12);
		} else {
			*to++ = (char)(0xf0 | code >> 18);
			*to++ = (char)(0x80 | (code >> 12 & 0x3f));
		}
		*to++ = (char)(0x80 | (code >> 6 & 0x3f));
	}
	*to++ = (char)(0x80 | (code & 0x3f));
	return to;
}

static char *escape_read(struct reader *r, char *to)
{
	static const char written[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	const char *which;
	uint32_t code;

	if (*r->at == 'u') {
		r->at++;
		return unicode_read(r, &code) ? utf8_write(to, code) : NULL;
	}
	which = *r->at ? strchr(written, *r->at) : NULL;
	if (!which)
		return NULL;
	r->at++;
	*to++ = meant[which - written];
	return to;
}

static char *string_decode(struct reader *r, char *to)
{
	while (*r->at != '"') {
		if ((unsigned char)*r->at < ' ')
			return fail(r, "the end of a string, in quotation marks");
		if (*r->at != '\\') {
			*to++ = *r->at++;
			continue;
		}
		r->at++;
		to = escape_read(r, to);
		if (!to)
			return fail(r, "an escape sequence of JSON after \\");
	}
	r->at++;
	return to;
}

static char *string_read(struct reader *r)
{
	char *text, *end;

	if (!take(r, '"'))
		return fail(r, "a string, in quotation marks");
	text = malloc(strlen(r->at) + 1);
	if (!text)
		return fail(r, "memory");
	end = string_decode(r, text);
	if (!end) {
		free(text);
		return NULL;
	}
	*end = '\0';
	return text;
}

/*
 * Arrays and objects.
 */

static struct json *member_read(struct reader *r)
{
	char *key = string_read(r);
	struct json *value;

	if (!key)
		return NULL;
	value = take(r, ':') ? value_read(r) : fail(r, "a colon after the key");
	if (value)
		value->key = key;
	else
		free(key);
	return value;
}

static bool items_read(struct reader *r, struct json *list, char end,
		       struct json *(*item)(struct reader *r))
{
	struct json **last = &list->child;

	if (take(r, end))
		return true;
	do {
		*last = item(r);
		if (!*last)
			return false;
		last = &(*last)->next;
	} while (take(r, ','));
	if (!take(r, end))
		return fail(r, end == '}' ? "a comma or }" : "a comma or ]");
	return true;
}

static struct json *list_read(struct reader *r, enum json_kind kind)
{
	struct json *list = value_new(r, kind);
	bool good;

	r->at++;
	if (!list)
		return NULL;
	if (++r->depth > DEPTH_MAX)
		good = fail(r, "less nesting");
	else
		good = items_read(r, list, kind == JSON_OBJECT ? '}' : ']',
				  kind == JSON_OBJECT ? member_read : value_read);
	r->depth--;
	if (good)
		return list;
	json_free(list);
	return NULL;
}

/*
 * Numbers, true, false, null.
 */

static size_t digits(const char *at)
{
	return strspn(at, "0123456789");
}

/* Length of the number at @at; 0 if there is none. */
static size_t number_len(const char *at)
{
	const char *start = at;
	size_t n;

	at += *at == '-';
	n = digits(at);
	if (!n || (*at == '0' && n > 1))
		return 0;
	at += n;
	if (*at == '.') {
		n = digits(at + 1);
		if (!n)
			return 0;
		at += 1 + n;
	}
	if (*at == 'e' || *at == 'E') {
		at += at[1] == '+' || at[1] == '-' ? 2 : 1;
		n = digits(at);
		if (!n)
			return 0;
		at += n;
	}
	return (size_t)(at - start);
}

static struct json *word_read(struct reader *r, enum json_kind kind, size_t len)
{
	struct json *value = value_new(r, kind);

	if (!value)
		return NULL;
	value->text = strndup(r->at, len);
	if (!value->text) {
		free(value);
		return fail(r, "memory");
	}
	r->at += len;
	return value;
}

static struct json *string_value_read(struct reader *r)
{
	struct json *value = value_new(r, JSON_STRING);

	if (!value)
		return NULL;
	value->text = string_read(r);
	if (!value->text) {
		free(value);
		return NULL;
	}
	return value;
}

static struct json *value_read(struct reader *r)
{
	size_t len;

	space_skip(r);
	switch (*r->at) {
	case '{':
		return list_read(r, JSON_OBJECT);
	case '[':
		return list_read(r, JSON_ARRAY);
	case '"':
		return string_value_read(r);
	}
	if (!strncmp(r->at, "true", 4))
		return word_read(r, JSON_TRUE, 4);
	if (!strncmp(r->at, "false", 5))
		return word_read(r, JSON_FALSE, 5);
	if (!strncmp(r->at, "null", 4))
		return word_read(r, JSON_NULL, 4);
	len = number_len(r->at);
	return len ? word_read(r, JSON_NUMBER, len) : fail(r, "a value");
}

struct json *json_parse(const char *text, struct json_error *error)
{
	struct reader r = { .at = text, .line = 1 };
	struct json *value = value_read(&r);

	if (value && !take(&r, '\0')) {
		json_free(value);
		value = fail(&r, "nothing more");
	}
	error->line = r.line;
	error->what = r.wrong;
	return value;
}
