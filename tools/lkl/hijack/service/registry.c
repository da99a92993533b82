// SPDX-License-Identifier: GPL-2.0
/*
 * registry.c - descriptors of the library on their way to another program
 *
 * Layer:   tools/lkl/hijack/service, in the owner.
 * Users:   server.c, for those who exec or send a descriptor, and who receive one.
 * Locking: lock.
 *
 * A number that outlives exec, or arrives in a message, is one end of a pair of
 * the host, whose inode number says which file it was. The library's descriptor is
 * kept here until the other end hangs up: no number is left anywhere.
 */
#include "registry.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "api.h"
#include "real.h"
#include "service.h"
#include "source.h"

/**
 * struct kept - a file under way
 * @source: the other end's hang-up
 * @next: in the list
 * @inode: of the end that travels
 * @end: the other
 * @lib: a duplicate of the library's descriptor
 */
struct kept {
	struct source source;
	struct kept *next;
	ino_t inode;
	int end;
	int lib;
};

/* File-scope state: a process serves one kernel. */
static struct kept *all;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static long lib_call(long nr, long a, long b)
{
	long params[6] = { a, b, 0, 0, 0, 0 };

	return api.apply.lkl_syscall(nr, params);
}

static struct kept *find(ino_t inode)
{
	struct kept *k = all;

	while (k && k->inode != inode)
		k = k->next;
	return k;
}

/* Nobody has the number any more. */
static void hung_up(struct source *source)
{
	struct kept *k = (struct kept *)source;
	struct kept **link = &all;

	pthread_mutex_lock(&lock);
	while (*link != k)
		link = &(*link)->next;
	*link = k->next;
	pthread_mutex_unlock(&lock);
	source_remove(k->end);
	connection_close(k->end);
	lib_call(SYS_close, k->lib, 0);
	free(k);
}

static int keep(ino_t inode, int lib, int end)
{
	struct kept *k = calloc(1, sizeof(*k));
	int err = -ENOMEM;

	if (!k)
		return err;
	k->source.event = hung_up;
	k->inode = inode;
	k->end = end;
	k->lib = (int)lib_call(SYS_dup, lib, 0);
	err = k->lib < 0 ? k->lib : 0;
	if (!err)
		err = source_add(end, 0, &k->source);
	if (err) {
		if (k->lib >= 0)
			lib_call(SYS_close, k->lib, 0);
		free(k);
		return err;
	}
	k->next = all;
	all = k;
	return 0;
}

int registry_keep(ino_t inode, int lib, int end)
{
	bool known;
	int err = 0;

	if (end < 0)
		return end;
	pthread_mutex_lock(&lock);
	known = find(inode);
	if (!known)
		err = keep(inode, lib, end);
	pthread_mutex_unlock(&lock);
	if (known || err)
		connection_close(end);
	return err;
}

int registry_find(ino_t inode, int *end)
{
	struct kept *k;
	int lib = -ENOENT;

	pthread_mutex_lock(&lock);
	k = find(inode);
	if (k)
		lib = (int)lib_call(SYS_dup, k->lib, 0);
	*end = k ? k->end : -1;
	pthread_mutex_unlock(&lock);
	return lib;
}

void registry_freeze(void)
{
	pthread_mutex_lock(&lock);
}

void registry_thaw(void)
{
	pthread_mutex_unlock(&lock);
}

void registry_forget(void)
{
	pthread_mutex_init(&lock, NULL);
	for (struct kept *k = all; k; k = k->next)
		connection_close(k->end);
	all = NULL;
}
