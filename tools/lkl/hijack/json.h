/* SPDX-License-Identifier: GPL-2.0 */
/*
 * json.h - a reader of JSON texts (RFC 8259), for configuration files
 *
 * Layer:   tools/lkl/hijack. No dependencies: it ends up in every hijacked
 *	program.
 * Users:   config_read.c.
 *
 * Other than a library it keeps the line of each value, for error messages, and
 * every member of an object, also when a key is repeated.
 */
#ifndef HIJACK_JSON_H
#define HIJACK_JSON_H

enum json_kind {
	JSON_OBJECT,
	JSON_ARRAY,
	JSON_STRING,
	JSON_NUMBER,
	JSON_TRUE,
	JSON_FALSE,
	JSON_NULL,
};

/**
 * struct json - a value, and where it stands
 * @kind: what it is
 * @line: where it begins, from 1
 * @key: of a member of an object, else NULL
 * @text: of a string, decoded; of others but arrays and objects, as written
 * @child: the first value of an array or object
 * @next: the next value of the same array or object
 */
struct json {
	enum json_kind kind;
	unsigned int line;
	char *key;
	char *text;
	struct json *child;
	struct json *next;
};

/**
 * struct json_error - why a text is none
 * @line: where, from 1
 * @what: what was expected there; constant
 */
struct json_error {
	unsigned int line;
	const char *what;
};

/**
 * json_parse - read a text
 * @text: it, terminated
 * @error: set if it is none
 *
 * Return: the value, for json_free(); NULL with @error set.
 */
struct json *json_parse(const char *text, struct json_error *error);

/**
 * json_free - free a value and all below and after it
 * @value: it, or NULL
 */
void json_free(struct json *value);

#endif /* HIJACK_JSON_H */
