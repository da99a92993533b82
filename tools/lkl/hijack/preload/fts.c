// SPDX-License-Identifier: GPL-2.0
/*
 * fts.c - fts_open() and its like interposed
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   the program.
 * Locking: open_lock protects the list; a walk is for one thread at a time.
 *
 * As nftw.c: a walk that can come to the library is made here, others are libc's. Ours
 * are told from libc's by being in a list. They never change the current directory,
 * which the callers allow but may not rely on.
 */
#include <fts.h>
#include <stdlib.h>
#include <string.h>

#include "cwd.h"
#include "preload.h"
#include "real.h"

/**
 * struct walk - a walk of ours, which the program knows as FTS
 * @fts: what the program may look at
 * @next: in the list of all
 * @top: the parent of those that the walk starts with
 * @roots: these
 * @current: the one returned last
 * @children: those of @current, when the program has asked for them
 */
struct walk {
	FTS fts;
	struct walk *next;
	FTSENT *top;
	FTSENT *roots;
	FTSENT *current;
	FTSENT *children;
};

/* File-scope state: walks under way belong to the process. */
static struct walk *all_walks;
static pthread_mutex_t open_lock = PTHREAD_MUTEX_INITIALIZER;

static struct walk *find(FTS *fts)
{
	struct walk *walk;

	if (likely(!__atomic_load_n(&all_walks, __ATOMIC_ACQUIRE)))
		return NULL;
	pthread_mutex_lock(&open_lock);
	walk = all_walks;
	while (walk && &walk->fts != fts)
		walk = walk->next;
	pthread_mutex_unlock(&open_lock);
	return walk;
}

static void walk_list(struct walk *walk)
{
	pthread_mutex_lock(&open_lock);
	walk->next = all_walks;
	__atomic_store_n(&all_walks, walk, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&open_lock);
}

static void walk_unlist(struct walk *walk)
{
	struct walk **link = &all_walks;

	pthread_mutex_lock(&open_lock);
	while (*link != walk)
		link = &(*link)->next;
	*link = walk->next;
	pthread_mutex_unlock(&open_lock);
}

/* Entries */

static void entry_free(FTSENT *entry)
{
	if (!entry)
		return;
	free(entry->fts_path);
	free(entry->fts_statp);
	free(entry);
}

static void entries_free(FTSENT *entry)
{
	FTSENT *next;

	for (; entry; entry = next) {
		next = entry->fts_link;
		entry_free(entry);
	}
}

/* @dir is the path it lies in, NULL for one that the walk starts with. */
static FTSENT *entry_new(FTSENT *parent, const char *dir, const char *name)
{
	size_t len = strlen(name);
	FTSENT *entry = calloc(1, sizeof(*entry) + len);

	if (!entry)
		return NULL;
	entry->fts_statp = calloc(1, sizeof(*entry->fts_statp));
	if (!entry->fts_statp ||
	    asprintf(&entry->fts_path, "%s%s%s", dir ? dir : "",
		     dir && dir[strlen(dir) - 1] != '/' ? "/" : "", name) < 0) {
		entry->fts_path = NULL;
		entry_free(entry);
		return NULL;
	}
	memcpy(entry->fts_name, name, len + 1);
	entry->fts_namelen = (unsigned short)len;
	entry->fts_pathlen = (unsigned short)strlen(entry->fts_path);
	entry->fts_accpath = entry->fts_path;
	entry->fts_parent = parent;
	entry->fts_level = (short)(parent->fts_level + 1);
	entry->fts_instr = 0;
	return entry;
}

static bool is_dot(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

/* Is it a directory that the walk is in already? */
static bool is_cycle(FTSENT *entry)
{
	FTSENT *above;

	for (above = entry->fts_parent; above->fts_level >= FTS_ROOTLEVEL;
	     above = above->fts_parent)
		if (above->fts_ino == entry->fts_ino &&
		    above->fts_dev == entry->fts_dev) {
			entry->fts_cycle = above;
			return true;
		}
	return false;
}

static unsigned short kind_of(FTSENT *entry)
{
	const struct stat *st = entry->fts_statp;

	entry->fts_dev = st->st_dev;
	entry->fts_ino = st->st_ino;
	entry->fts_nlink = st->st_nlink;
	if (S_ISLNK(st->st_mode))
		return FTS_SL;
	if (!S_ISDIR(st->st_mode))
		return S_ISREG(st->st_mode) ? FTS_F : FTS_DEFAULT;
	if (entry->fts_level > FTS_ROOTLEVEL && is_dot(entry->fts_name))
		return FTS_DOT;
	return is_cycle(entry) ? FTS_DC : FTS_D;
}

/* What it is; a link that leads nowhere is FTS_SLNONE. */
static unsigned short look(FTSENT *entry, bool follow)
{
	struct stat *st = entry->fts_statp;
	int err;

	if (!follow) {
		if (!lstat(entry->fts_path, st))
			return kind_of(entry);
	} else {
		if (!stat(entry->fts_path, st))
			return kind_of(entry);
		err = errno;
		if (!lstat(entry->fts_path, st)) {
			errno = 0;
			return S_ISLNK(st->st_mode) ? FTS_SLNONE : kind_of(entry);
		}
		errno = err;
	}
	entry->fts_errno = errno;
	memset(st, 0, sizeof(*st));
	return FTS_NS;
}

static bool follows(const struct walk *walk, const FTSENT *entry)
{
	int options = walk->fts.fts_options;

	return options & FTS_LOGICAL ||
	       (options & FTS_COMFOLLOW && entry->fts_level == FTS_ROOTLEVEL);
}

/* In the order that the program wants. */
static FTSENT *sort(struct walk *walk, FTSENT *first, size_t count)
{
	int (*compare)(const FTSENT **a, const FTSENT **b) =
		(int (*)(const FTSENT **, const FTSENT **))walk->fts.fts_compar;
	FTSENT **list, *entry = first;

	if (!compare || count < 2)
		return first;
	list = malloc(count * sizeof(*list));
	if (!list)
		return first;
	for (size_t i = 0; i < count; i++, entry = entry->fts_link)
		list[i] = entry;
	qsort(list, count, sizeof(*list), (int (*)(const void *, const void *))compare);
	for (size_t i = 0; i < count; i++)
		list[i]->fts_link = i + 1 < count ? list[i + 1] : NULL;
	first = list[0];
	free(list);
	return first;
}

/* Without FTS_NOSTAT, or if it may be a directory, it has to be looked at. */
static bool needs_look(const struct walk *walk, const struct dirent *found,
		       bool names_only)
{
	if (names_only)
		return false;
	return !(walk->fts.fts_options & FTS_NOSTAT) || found->d_type == DT_DIR ||
	       found->d_type == DT_UNKNOWN ||
	       (found->d_type == DT_LNK && walk->fts.fts_options & FTS_LOGICAL);
}

static int child_add(struct walk *walk, FTSENT *parent, const struct dirent *found,
		     bool names_only, FTSENT ***last)
{
	FTSENT *entry = entry_new(parent, parent->fts_path, found->d_name);

	if (!entry)
		return -1;
	entry->fts_info = needs_look(walk, found, names_only) ?
			  look(entry, follows(walk, entry)) : FTS_NSOK;
	**last = entry;
	*last = &entry->fts_link;
	return 0;
}

/* What is in a directory. Return: 0, or -1 with the directory's fts_errno set. */
static int children_read(struct walk *walk, FTSENT *parent, bool names_only,
			 FTSENT **children)
{
	bool dots = walk->fts.fts_options & FTS_SEEDOT;
	DIR *dir = opendir(parent->fts_path);
	FTSENT *first = NULL, **last = &first;
	struct dirent *found;
	size_t count = 0;

	errno = dir ? 0 : errno;
	while (dir && (found = readdir(dir))) {
		if (!dots && is_dot(found->d_name))
			continue;
		if (child_add(walk, parent, found, names_only, &last))
			break;
		count++;
		errno = 0;
	}
	parent->fts_errno = errno;
	if (dir)
		closedir(dir);
	*children = sort(walk, first, count);
	errno = parent->fts_errno;
	return dir && !errno ? 0 : -1;
}

/* The interface */

static int roots_make(struct walk *walk, char * const *paths)
{
	FTSENT **last = &walk->roots, *entry;
	size_t count = 0;

	for (; *paths; paths++, count++) {
		if (!**paths) {
			errno = ENOENT;
			return -1;
		}
		entry = entry_new(walk->top, NULL, *paths);
		if (!entry)
			return -1;
		entry->fts_info = look(entry, follows(walk, entry));
		*last = entry;
		last = &entry->fts_link;
	}
	walk->roots = sort(walk, walk->roots, count);
	return 0;
}

/* Of a path that the walk starts with, fts_name is what follows the last slash. */
static void root_name(FTSENT *entry)
{
	char *slash = strrchr(entry->fts_name, '/');

	if (!slash || (slash == entry->fts_name && !slash[1]))
		return;
	slash++;
	entry->fts_namelen = (unsigned short)strlen(slash);
	memmove(entry->fts_name, slash, entry->fts_namelen + 1U);
}

static void walk_free(struct walk *walk)
{
	FTSENT *entry = walk->current, *parent;

	entries_free(walk->children);
	for (; entry && entry != walk->top; entry = parent) {
		parent = entry->fts_parent;
		entries_free(entry);
	}
	if (!walk->current)
		entries_free(walk->roots);
	entry_free(walk->top);
	free(walk);
}

static FTS *walk_open(char * const *paths, int options,
		      int (*compare)(const FTSENT **a, const FTSENT **b))
{
	struct walk *walk = calloc(1, sizeof(*walk));

	if (!walk)
		return NULL;
	walk->top = calloc(1, sizeof(*walk->top));
	if (!walk->top) {
		free(walk);
		return NULL;
	}
	walk->top->fts_level = FTS_ROOTPARENTLEVEL;
	walk->fts.fts_options = options | FTS_NOCHDIR;
	walk->fts.fts_compar = (int (*)(const void *, const void *))compare;
	if (roots_make(walk, paths)) {
		walk_free(walk);
		return NULL;
	}
	walk_list(walk);
	return &walk->fts;
}

static bool any_special(char * const *paths)
{
	while (*paths && !cwd_leads_to_library(*paths))
		paths++;
	return *paths;
}

HIJACK FTS *fts_open(char * const *paths, int options,
		     int (*compare)(const FTSENT **a, const FTSENT **b))
{
	if (options & ~FTS_OPTIONMASK ||
	    !(options & (FTS_LOGICAL | FTS_PHYSICAL)) || likely(!any_special(paths)))
		return real.fts_open(paths, options, compare);
	return walk_open(paths, options, compare);
}

/* A file becomes the current one: as the program has said it wants it. */
static FTSENT *visit(struct walk *walk, FTSENT *entry)
{
	walk->current = entry;
	if (entry->fts_level == FTS_ROOTLEVEL) {
		root_name(entry);
		walk->fts.fts_dev = entry->fts_dev;
	}
	if (entry->fts_instr == FTS_FOLLOW) {
		entry->fts_info = look(entry, true);
		entry->fts_instr = 0;
	}
	walk->fts.fts_cur = entry;
	return entry;
}

/* The one after it that is not to be skipped, or its directory again. */
static FTSENT *after(struct walk *walk, FTSENT *entry)
{
	FTSENT *next = entry->fts_link, *parent = entry->fts_parent;

	entry_free(entry);
	while (next && next->fts_instr == FTS_SKIP) {
		entry = next;
		next = entry->fts_link;
		entry_free(entry);
	}
	if (next)
		return visit(walk, next);
	walk->current = parent;
	if (parent == walk->top) {
		walk->roots = NULL;
		errno = 0;
		return NULL;
	}
	parent->fts_info = parent->fts_errno ? FTS_ERR : FTS_DP;
	walk->fts.fts_cur = parent;
	return parent;
}

/* A directory has been seen: what is in it comes next, or it again. */
static FTSENT *down(struct walk *walk, FTSENT *entry)
{
	FTSENT *children = walk->children;
	int err = 0;

	walk->children = NULL;
	if (entry->fts_instr == FTS_SKIP ||
	    (walk->fts.fts_options & FTS_XDEV && entry->fts_dev != walk->fts.fts_dev)) {
		entries_free(children);
		entry->fts_instr = 0;
		entry->fts_info = FTS_DP;
		return entry;
	}
	/* Those that were read without being looked at will not do. */
	if (children && children->fts_info == FTS_NSOK) {
		entries_free(children);
		children = NULL;
	}
	if (!children)
		err = children_read(walk, entry, false, &children);
	if (children)
		return visit(walk, children);
	entry->fts_info = err ? FTS_DNR : FTS_DP;
	return entry;
}

static FTSENT *walk_read(struct walk *walk)
{
	FTSENT *entry = walk->current;
	int instruction;

	if (!entry)
		return walk->roots ? visit(walk, walk->roots) : NULL;
	if (entry == walk->top)
		return NULL;
	instruction = entry->fts_instr;
	if (instruction == FTS_AGAIN || (instruction == FTS_FOLLOW &&
	    (entry->fts_info == FTS_SL || entry->fts_info == FTS_SLNONE))) {
		entry->fts_instr = 0;
		entry->fts_info = look(entry, instruction == FTS_FOLLOW ||
				       follows(walk, entry));
		return entry;
	}
	if (entry->fts_info == FTS_D)
		return down(walk, entry);
	return after(walk, entry);
}

HIJACK FTSENT *fts_read(FTS *fts)
{
	struct walk *walk = find(fts);

	return likely(!walk) ? real.fts_read(fts) : walk_read(walk);
}

static FTSENT *walk_children(struct walk *walk, int instruction)
{
	FTSENT *entry = walk->current;

	errno = 0;
	if (!entry)
		return walk->roots;
	if (entry == walk->top || entry->fts_info != FTS_D)
		return NULL;
	entries_free(walk->children);
	walk->children = NULL;
	children_read(walk, entry, instruction == FTS_NAMEONLY, &walk->children);
	return walk->children;
}

HIJACK FTSENT *fts_children(FTS *fts, int instruction)
{
	struct walk *walk = find(fts);

	if (likely(!walk))
		return real.fts_children(fts, instruction);
	if (!instruction || instruction == FTS_NAMEONLY)
		return walk_children(walk, instruction);
	errno = EINVAL;
	return NULL;
}

/* fts_set() only writes to the entry, whosever it is: libc's will do. */

HIJACK int fts_close(FTS *fts)
{
	struct walk *walk = find(fts);

	if (likely(!walk))
		return real.fts_close(fts);
	walk_unlist(walk);
	walk_free(walk);
	return 0;
}

/* struct stat64 is struct stat where long has 64 bits. */

typedef int compare64_function(const struct _ftsent64 **a, const struct _ftsent64 **b);

HIJACK FTS64 *fts64_open(char * const *paths, int options, compare64_function *compare)
{
	return (FTS64 *)fts_open(paths, options,
				 (int (*)(const FTSENT **, const FTSENT **))compare);
}

HIJACK FTSENT64 *fts64_read(FTS64 *fts)
{
	return (FTSENT64 *)fts_read((FTS *)fts);
}

HIJACK FTSENT64 *fts64_children(FTS64 *fts, int instruction)
{
	return (FTSENT64 *)fts_children((FTS *)fts, instruction);
}

HIJACK int fts64_close(FTS64 *fts)
{
	return fts_close((FTS *)fts);
}
