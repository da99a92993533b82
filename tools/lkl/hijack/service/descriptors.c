// SPDX-License-Identifier: GPL-2.0
/*
 * descriptors.c - which of the library's descriptors are a client's
 *
 * Layer:   tools/lkl/hijack/service; see descriptors.h.
 * Locking: the set's own.
 */
#include "descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#define BITS	64

static int grow(struct descriptors *set, size_t words)
{
	uint64_t *bits = realloc(set->bits, words * sizeof(*bits));

	if (!bits)
		return -ENOMEM;
	memset(bits + set->words, 0, (words - set->words) * sizeof(*bits));
	set->bits = bits;
	set->words = words;
	return 0;
}

int descriptors_add(struct descriptors *set, int fd)
{
	size_t word = (size_t)fd / BITS;
	int err = 0;

	pthread_mutex_lock(&set->lock);
	if (word >= set->words)
		err = grow(set, word * 2 + 1);
	if (!err)
		set->bits[word] |= 1ULL << fd % BITS;
	pthread_mutex_unlock(&set->lock);
	return err;
}

static void drop(struct descriptors *set, int fd)
{
	size_t word = (size_t)fd / BITS;

	pthread_mutex_lock(&set->lock);
	if (fd >= 0 && word < set->words)
		set->bits[word] &= ~(1ULL << fd % BITS);
	pthread_mutex_unlock(&set->lock);
}

void descriptors_each(struct descriptors *set, void (*fn)(int fd))
{
	for (size_t i = 0; i < set->words; i++)
		for (unsigned int bit = 0; bit < BITS; bit++)
			if (set->bits[i] & 1ULL << bit)
				fn((int)(i * BITS + bit));
}

void descriptors_free(struct descriptors *set)
{
	free(set->bits);
	set->bits = NULL;
	set->words = 0;
}

void descriptors_before(struct descriptors *set, long nr, const long *params)
{
	if (nr == SYS_close)
		drop(set, (int)params[0]);
}

static void add_pair(struct descriptors *set, pid_t pid, long address)
{
	int fds[2];
	struct iovec here = { fds, sizeof(fds) };
	struct iovec there = { (void *)address, sizeof(fds) };

	if (process_vm_readv(pid, &here, 1, &there, 1, 0) != sizeof(fds))
		return;
	descriptors_add(set, fds[0]);
	descriptors_add(set, fds[1]);
}

static int makes_one(long nr, const long *params)
{
	switch (nr) {
#ifdef SYS_open
	case SYS_open:
	case SYS_creat:
	case SYS_epoll_create:
	case SYS_eventfd:
	case SYS_signalfd:
	case SYS_inotify_init:
#endif
	case SYS_socket:
	case SYS_accept:
	case SYS_accept4:
	case SYS_openat:
	case SYS_openat2:
	case SYS_dup:
	case SYS_epoll_create1:
	case SYS_eventfd2:
	case SYS_signalfd4:
	case SYS_timerfd_create:
	case SYS_inotify_init1:
	case SYS_memfd_create:
		return 1;
	case SYS_fcntl:
		return params[1] == F_DUPFD || params[1] == F_DUPFD_CLOEXEC;
	}
	return 0;
}

void descriptors_after(struct descriptors *set, long nr, const long *params,
		       long ret, pid_t pid)
{
	if (ret < 0)
		return;
	if (makes_one(nr, params))
		descriptors_add(set, (int)ret);
	else if (nr == SYS_socketpair)
		add_pair(set, pid, params[3]);
#ifdef SYS_pipe
	else if (nr == SYS_pipe)
		add_pair(set, pid, params[0]);
#endif
	else if (nr == SYS_pipe2)
		add_pair(set, pid, params[0]);
}
