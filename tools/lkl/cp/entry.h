/* SPDX-License-Identifier: GPL-2.0 */
/*
 * entry.h - one file on its way from one tree to the other
 *
 * Layer:   tools; shared by run.c, copy.c, contents.c, meta.c and links.c.
 * Context: one thread.
 *
 * DOC: Names, not paths
 *
 * A file is named by a directory's descriptor and one component, on both
 * sides. No path is built while walking: deep trees have no length limit, no
 * component is looked up twice, and no symbolic link that the source brought
 * along can lead out of the destination. Entries are linked to the directory
 * they are in, so that a message can still spell the whole path.
 */
#ifndef CP_ENTRY_H
#define CP_ENTRY_H

#include "copy.h"

/**
 * struct entry - a file being copied
 * @up: the directory it is in, or NULL for what the user named
 * @depth: directories above it
 * @src_dir: directory it is read from
 * @src_name: its name there
 * @dst_dir: directory it is written to
 * @dst_name: its name there
 * @src_shown: how the user named the source; only if @up is NULL
 * @dst_shown: likewise the destination
 * @acl_inherited: the destination may have an ACL that did not come from the
 *	source: @dst_dir has a default one, or a directory was there before
 * @merged: the destination is a directory that was there before
 */
struct entry {
	const struct entry *up;
	unsigned int depth;
	int src_dir;
	const char *src_name;
	int dst_dir;
	const char *dst_name;
	const char *src_shown;
	const char *dst_shown;
	bool acl_inherited;
	bool merged;
};

/* Report a failure at the source's or the destination's path; returns @err. */
int entry_src_error(struct copy *c, const struct entry *e, int err);
int entry_dst_error(struct copy *c, const struct entry *e, int err);
int entry_dst_error_at(struct copy *c, const struct entry *e, const char *what,
		       int err);
/* Say once per run and kind that the destination cannot store something. */
void entry_warn_once(struct copy *c, const struct entry *e,
		     enum copy_warned kind, const char *what);
/* The path as the user would write it, from malloc(), or NULL. */
char *entry_shown_path(const struct entry *e, bool dst);
/* Path of the destination below c->dst_root, from malloc(), or NULL. */
char *entry_dst_path(const struct entry *e);

/**
 * copy_entry - copy a file or directory with all that is in it
 * @c: the run
 * @e: which
 * @type: DT_* as its directory has it, or DT_UNKNOWN
 *
 * Failures are reported and counted in c->failed.
 */
void copy_entry(struct copy *c, const struct entry *e, int type);

/**
 * contents_copy - copy the bytes and holes of a regular file
 * @c: the run
 * @e: which file
 * @in: open for reading in c->src
 * @out: new and empty, open for writing in c->dst
 * @st: of @in
 *
 * Return: 0 or the error, already reported.
 */
int contents_copy(struct copy *c, const struct entry *e, int in, int out,
		  const struct stat *st);

/**
 * meta_copy_open - owner, attributes, mode and times of an open file
 * @c: the run
 * @e: which file
 * @in: the source
 * @out: the destination, a regular file or directory whose contents are done
 * @st: of @in
 *
 * Return: 0 or the last error, already reported.
 */
int meta_copy_open(struct copy *c, const struct entry *e, int in, int out,
		   const struct stat *st);

/**
 * meta_copy_named - the same for a file that cannot be opened
 * @c: the run
 * @e: which file
 * @st: of the source
 *
 * Return: 0 or the last error, already reported.
 */
int meta_copy_named(struct copy *c, const struct entry *e,
		    const struct stat *st);

/* Does directory @fd of c->dst hand an ACL down to new files? */
bool meta_has_default_acl(struct copy *c, int fd);

/* The permission bits that -m and the source give a file. */
mode_t meta_mode(struct copy *c, const struct stat *st);

/* A table of hard links; one per run. */
struct links *links_new(void);
void links_free(struct links *links);

/**
 * links_try - make @e a link to an earlier copy of the same file
 * @c: the run
 * @e: which file
 * @st: of the source, st_nlink > 1
 *
 * Return: 1 if linked, 0 if the file has to be copied, or an error, already
 * reported.
 */
int links_try(struct copy *c, const struct entry *e, const struct stat *st);

/* Remember that @e is a whole copy of the file that @st describes. */
int links_add(struct copy *c, const struct entry *e, const struct stat *st);

#endif /* CP_ENTRY_H */
