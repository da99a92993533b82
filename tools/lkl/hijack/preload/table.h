/* SPDX-License-Identifier: GPL-2.0 */
/*
 * table.h - which descriptors are the library's
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   every interposer that takes a descriptor.
 * Context: any thread, signal handlers too; no locks.
 *
 * DOC: Theory of operation
 *
 * A descriptor of the library kernel has a host number, which is really open on
 * the host: one end of a socketpair, its place (place.h). So numbers are given
 * out by the host, lowest first, and mean one thing. file_table[number] points
 * to what the number means here, NULL for all that is the host's; so a host
 * descriptor costs one load and one branch.
 *
 * A call must not see the library's number given to another file between
 * looking it up and the library kernel's own look-up. close() therefore does
 * not free that number but puts a dead file in its place, which closes the old
 * one at once; the number and the entry are given back by table_reap() when
 * nobody can be using them any more. To know that, calls that cannot sleep stay
 * in an RCU read-side section (no atomic instruction), and calls that may sleep
 * count themselves in file.refs, so that a thread that is blocked for hours
 * delays one entry, not all of them.
 *
 * Which calls cannot sleep depends on O_NONBLOCK. file.nonblock is set only if
 * nobody can clear the library's O_NONBLOCK without going through file_sleeps()
 * first, which waits for the read-side sections under way.
 */
#ifndef HIJACK_TABLE_H
#define HIJACK_TABLE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* The read side inline; who reads the code for errors need not look into it. */
#ifndef __clang_analyzer__
#define _LGPL_SOURCE
#endif
#include <urcu/urcu-bp.h>

#include "preload.h"

/* Numbers from here on are always the host's. */
#define FD_MAX		(1 << 20)

enum file_kind {
	FILE_LIBRARY,	/* a file of the library kernel, behind a place */
	FILE_EPOLL,	/* an epoll of the host, with one of the library beside */
	FILE_INTERNAL,	/* a descriptor of our own that the program must not see */
};

struct place;
struct epoll;

/**
 * struct file - what a host number means
 * @next: in the pool or the list of retired ones, as index + 1
 * @lib: the library's descriptor; -1 in FILE_EPOLL and FILE_INTERNAL
 * @kind: FILE_*
 * @placed: the number refers to an end of @place's own
 * @nonblock: calls do not sleep unless they are made to
 * @refs: calls under way that may sleep
 * @place: FILE_LIBRARY: what holds the host's number
 * @epoll: FILE_EPOLL: shared by its duplicates
 */
struct file {
	uint32_t next;
	int lib;
	uint8_t kind;
	bool placed;
	bool nonblock;
	uint32_t refs;
	struct place *place;
	struct epoll *epoll;
};

extern struct file *file_table[FD_MAX];

/* What FILE_INTERNAL numbers point to. */
extern struct file file_internal;

static inline struct file *file_peek(int fd)
{
	if (unlikely((unsigned int)fd >= FD_MAX))
		return NULL;
	return __atomic_load_n(&file_table[fd], __ATOMIC_CONSUME);
}

/**
 * struct use - a call's hold on a file
 * @file: the file; its lib stays that file's until use_end()
 * @counted: by file.refs, not by a read-side section
 */
struct use {
	struct file *file;
	bool counted;
};

/**
 * use_begin_any - hold whatever a number means here
 * @use: filled
 * @fd: the number
 * @sleeps: whether the call may sleep when the file is not O_NONBLOCK
 *
 * Return: false if the number is the host's.
 */
static inline bool use_begin_any(struct use *use, int fd, bool sleeps)
{
	struct file *file;

	if (likely(!file_peek(fd)))
		return false;
	if (unlikely(cancel_used) && sleeps)
		pthread_testcancel();
	urcu_bp_read_lock();
	file = file_peek(fd);
	if (!file) {
		urcu_bp_read_unlock();
		return false;
	}
	use->file = file;
	use->counted = sleeps && !__atomic_load_n(&file->nonblock, __ATOMIC_RELAXED);
	if (use->counted) {
		__atomic_fetch_add(&file->refs, 1, __ATOMIC_ACQUIRE);
		urcu_bp_read_unlock();
	}
	return true;
}

/* The process ends: no thread but the one that ends it is to see how. */
extern bool process_ending;
void process_park(void);

static inline void use_end(struct use *use)
{
	if (unlikely(process_ending))
		process_park();
	if (use->counted)
		__atomic_fetch_sub(&use->file->refs, 1, __ATOMIC_RELEASE);
	else
		urcu_bp_read_unlock();
}

/* The same, leaving epolls to the host. */
static inline bool use_begin(struct use *use, int fd, bool sleeps)
{
	if (likely(!file_peek(fd)) || !use_begin_any(use, fd, sleeps))
		return false;
	if (likely(use->file->kind != FILE_EPOLL))
		return true;
	use_end(use);
	return false;
}

/* An entry that is in no table yet; NULL if there are too many. */
struct file *file_alloc(enum file_kind kind, int lib);
/* Give back one that has never been in the table. */
void file_free(struct file *file);
/* Let a number mean @file from now on. */
void file_publish(int fd, struct file *file);
/* Call @fn for each descriptor of the library there is. */
void file_each(void (*fn)(int fd, struct file *file));
/* The same for each epoll. */
void file_each_epoll(void (*fn)(int fd, struct file *file));
/* Let a number mean nothing; returns what it meant, for one caller only. */
struct file *file_withdraw(int fd);
/* After file_withdraw(): close the library's side, free all when nobody uses it. */
void file_retire(struct file *file);
/* From now on calls may sleep; returns when those under way count themselves. */
void file_sleeps(struct file *file);
/* Is a number one of our own? */
static inline bool fd_internal(int fd)
{
	return file_peek(fd) == &file_internal;
}

/* Before fork(): from now on, others can clear O_NONBLOCK of any file. */
void table_share(void);
/* In a forked child: nobody else is here; forget what was about to be freed. */
void table_forked(void);

#endif /* HIJACK_TABLE_H */
