// SPDX-License-Identifier: GPL-2.0
/*
 * mode.c - permission changes as chmod(1) writes them
 *
 * Layer:   tools; called by options.c to read -m and by meta.c to apply it.
 */
#include "mode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define ALL_READ	(S_IRUSR | S_IRGRP | S_IROTH)
#define ALL_WRITE	(S_IWUSR | S_IWGRP | S_IWOTH)
#define ALL_EXEC	(S_IXUSR | S_IXGRP | S_IXOTH)
#define ALL_BITS	07777

static int parse_octal(const char *text, struct mode_change *change)
{
	char *end;
	unsigned long bits = strtoul(text, &end, 8);

	if (*end || bits > ALL_BITS)
		return -EINVAL;
	change->count = 1;
	change->clauses[0] = (struct mode_clause){
		.who = ALL_BITS, .op = '=', .bits = bits,
	};
	if (bits & ALL_READ) {
		change->count = 2;
		change->clauses[1] = (struct mode_clause){
			.who = (bits & ALL_READ) >> 2, .op = '+',
			.search_dir = true,
		};
	}
	return 0;
}

static const char *parse_who(const char *s, mode_t *who)
{
	*who = 0;
	for (;; s++) {
		if (*s == 'u')
			*who |= S_IRWXU | S_ISUID;
		else if (*s == 'g')
			*who |= S_IRWXG | S_ISGID;
		else if (*s == 'o')
			*who |= S_IRWXO | S_ISVTX;
		else if (*s == 'a')
			*who |= ALL_BITS;
		else
			break;
	}
	if (!*who)
		*who = ALL_BITS;
	return s;
}

static const char *parse_bits(const char *s, struct mode_clause *clause)
{
	for (;; s++) {
		if (*s == 'r')
			clause->bits |= ALL_READ;
		else if (*s == 'w')
			clause->bits |= ALL_WRITE;
		else if (*s == 'x')
			clause->bits |= ALL_EXEC;
		else if (*s == 'X')
			clause->search_any = true;
		else if (*s == 's')
			clause->bits |= S_ISUID | S_ISGID;
		else if (*s == 't')
			clause->bits |= S_ISVTX;
		else
			return s;
	}
}

static int parse_clauses(const char *s, struct mode_change *change)
{
	for (;;) {
		struct mode_clause *clause = &change->clauses[change->count];

		if (change->count == MODE_CLAUSES_MAX)
			return -EINVAL;
		*clause = (struct mode_clause){ 0 };
		s = parse_who(s, &clause->who);
		if (!*s || !strchr("+-=", *s))
			return -EINVAL;
		clause->op = *s;
		s = parse_bits(s + 1, clause);
		change->count++;
		if (!*s)
			return 0;
		if (*s++ != ',')
			return -EINVAL;
	}
}

int mode_parse(const char *text, struct mode_change *change)
{
	change->count = 0;
	if (*text >= '0' && *text <= '7')
		return parse_octal(text, change);
	return parse_clauses(text, change);
}

static mode_t apply_clause(const struct mode_clause *clause, mode_t mode)
{
	mode_t bits = clause->bits;

	if (clause->search_any && (S_ISDIR(mode) || (mode & ALL_EXEC)))
		bits |= ALL_EXEC;
	if (clause->search_dir && S_ISDIR(mode))
		bits |= ALL_EXEC;
	bits &= clause->who;
	switch (clause->op) {
	case '+':
		return mode | bits;
	case '-':
		return mode & ~bits;
	default:
		return (mode & ~(clause->who & ALL_BITS)) | bits;
	}
}

mode_t mode_apply(const struct mode_change *change, mode_t mode)
{
	unsigned int i;

	for (i = 0; i < change->count; i++)
		mode = apply_clause(&change->clauses[i], mode);
	return mode & ALL_BITS;
}
