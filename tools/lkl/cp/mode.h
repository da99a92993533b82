/* SPDX-License-Identifier: GPL-2.0 */
/*
 * mode.h - permission changes as chmod(1) writes them
 *
 * Layer:   tools; pure functions.
 */
#ifndef CP_MODE_H
#define CP_MODE_H

#include <stdbool.h>
#include <sys/types.h>

#define MODE_CLAUSES_MAX	16

/**
 * struct mode_clause - one "u+rw"
 * @who: permission bits the clause may touch (of 07777)
 * @op: '+', '-' or '='
 * @bits: bits named by r, w, x, s, t
 * @search_any: X was named: x, but for directories and files that have an x
 * @search_dir: x, but for directories only
 */
struct mode_clause {
	mode_t who;
	char op;
	mode_t bits;
	bool search_any;
	bool search_dir;
};

/**
 * struct mode_change - what -m asks for
 * @count: clauses in use; 0 changes nothing
 * @clauses: applied in this order
 */
struct mode_change {
	unsigned int count;
	struct mode_clause clauses[MODE_CLAUSES_MAX];
};

/**
 * mode_parse - read a mode argument
 * @text: an octal number up to 7777, or clauses like "u=rwX,go=rX". An octal
 *	number gives directories search permission wherever it gives read
 *	permission, so that one number can serve a whole tree.
 * @change: result
 *
 * Return: 0, or -EINVAL if @text is neither.
 */
int mode_parse(const char *text, struct mode_change *change);

/**
 * mode_apply - the mode a file gets
 * @change: from mode_parse()
 * @mode: st_mode of the source, with its type
 *
 * Return: permission bits (of 07777).
 */
mode_t mode_apply(const struct mode_change *change, mode_t mode);

#endif /* CP_MODE_H */
