// SPDX-License-Identifier: GPL-2.0
/*
 * table.c - which descriptors are the library's: making and giving back entries
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   see table.h, which has the theory.
 * Context: any thread, signal handlers too; no locks.
 */
#include "table.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "epoll.h"
#include "kernel.h"
#include "place.h"
#include "pool.h"

/* Closed entries that are collected before the wait for their last users. */
#define RETIRED_BATCH	64

/*
 * File-scope state: the descriptors of a process are one table. Zero pages,
 * touched as numbers are used.
 */
struct file *file_table[FD_MAX];
struct file file_internal = { .kind = FILE_INTERNAL, .lib = -1 };

static struct file files[FD_MAX + 2 * RETIRED_BATCH];
static struct pool file_pool = POOL(files);

/* The highest number that ever was a library's. */
static int highest = -1;

/* Retired entries: a list by index + 1, how many, and who looks through it. */
static uint32_t retired;
static uint32_t retired_count;
static bool reaping;

struct file *file_alloc(enum file_kind kind, int lib)
{
	struct file *file = pool_get(&file_pool);

	if (!file)
		return NULL;
	file->lib = lib;
	file->kind = kind;
	file->placed = false;
	file->nonblock = false;
	file->place = NULL;
	file->epoll = NULL;
	__atomic_store_n(&file->refs, 0, __ATOMIC_RELAXED);
	return file;
}

void file_free(struct file *file)
{
	pool_put(&file_pool, file);
}

static void note_highest(int fd)
{
	int seen = __atomic_load_n(&highest, __ATOMIC_RELAXED);

	while (fd > seen &&
	       !__atomic_compare_exchange_n(&highest, &seen, fd, true,
					    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

void file_publish(int fd, struct file *file)
{
	if (file != &file_internal)
		note_highest(fd);
	__atomic_store_n(&file_table[fd], file, __ATOMIC_RELEASE);
}

struct file *file_withdraw(int fd)
{
	if (!file_peek(fd))
		return NULL;
	return __atomic_exchange_n(&file_table[fd], NULL, __ATOMIC_ACQ_REL);
}

void file_sleeps(struct file *file)
{
	__atomic_store_n(&file->nonblock, false, __ATOMIC_RELEASE);
	/* Not from a handler that interrupted a section: it would wait for itself. */
	if (!urcu_bp_read_ongoing())
		urcu_bp_synchronize_rcu();
}

static void retired_push(struct file *file)
{
	uint32_t index = pool_index(&file_pool, file);
	uint32_t head = __atomic_load_n(&retired, __ATOMIC_RELAXED);

	do {
		__atomic_store_n(&file->next, head, __ATOMIC_RELAXED);
	} while (!__atomic_compare_exchange_n(&retired, &head, index, 0,
					      __ATOMIC_RELEASE, __ATOMIC_RELAXED));
	__atomic_add_fetch(&retired_count, 1, __ATOMIC_RELAXED);
}

/* The library's number is free again, and so is the entry. */
static void file_forget(struct file *file)
{
	if (file->lib >= 0 && !kernel_forked())
		kernel_call(SYS_close, file->lib, 0, 0, 0, 0, 0);
	if (file->epoll)
		epoll_put(file->epoll);
	pool_put(&file_pool, file);
}

/* A read-side section that began before this may still be about to count itself. */
static void retired_reap(void)
{
	uint32_t index = __atomic_exchange_n(&retired, 0, __ATOMIC_ACQUIRE);
	struct file *file;

	urcu_bp_synchronize_rcu();
	while (index) {
		file = (struct file *)pool_record(&file_pool, index);
		index = file->next;
		__atomic_sub_fetch(&retired_count, 1, __ATOMIC_RELAXED);
		if (__atomic_load_n(&file->refs, __ATOMIC_ACQUIRE))
			retired_push(file);
		else
			file_forget(file);
	}
}

/* One thread at a time; in a handler that interrupted a section, another time. */
static void retired_look(void)
{
	static uint32_t stuck;

	if (__atomic_load_n(&retired_count, __ATOMIC_RELAXED) <
	    RETIRED_BATCH + __atomic_load_n(&stuck, __ATOMIC_RELAXED))
		return;
	if (urcu_bp_read_ongoing() ||
	    __atomic_exchange_n(&reaping, true, __ATOMIC_ACQUIRE))
		return;
	retired_reap();
	__atomic_store_n(&stuck, __atomic_load_n(&retired_count, __ATOMIC_RELAXED),
			 __ATOMIC_RELAXED);
	__atomic_store_n(&reaping, false, __ATOMIC_RELEASE);
}

void file_retire(struct file *file)
{
	if (file->lib >= 0 && !kernel_forked())
		kernel_call(SYS_dup3, kernel_dead, file->lib, O_CLOEXEC, 0, 0, 0);
	retired_push(file);
	retired_look();
}

static void each_of(enum file_kind kind, void (*fn)(int fd, struct file *file))
{
	int last = __atomic_load_n(&highest, __ATOMIC_RELAXED);
	struct use use;

	for (int fd = 0; fd <= last; fd++) {
		if (!use_begin_any(&use, fd, true))
			continue;
		if (use.file->kind == kind)
			fn(fd, use.file);
		use_end(&use);
	}
}

void file_each(void (*fn)(int fd, struct file *file))
{
	each_of(FILE_LIBRARY, fn);
}

void file_each_epoll(void (*fn)(int fd, struct file *file))
{
	each_of(FILE_EPOLL, fn);
}

static void file_share(int fd, struct file *file)
{
	(void)fd;
	__atomic_store_n(&file->nonblock, false, __ATOMIC_RELEASE);
}

void table_share(void)
{
	file_each(file_share);
	if (!urcu_bp_read_ongoing())
		urcu_bp_synchronize_rcu();
}

void table_forked(void)
{
	retired = 0;
	retired_count = 0;
	reaping = false;
}
