/* SPDX-License-Identifier: GPL-2.0 */
/*
 * descriptors.h - which of the library's descriptors are a client's
 *
 * Layer:   tools/lkl/hijack/service. Users: server.c.
 * Context: any thread.
 */
#ifndef HIJACK_DESCRIPTORS_H
#define HIJACK_DESCRIPTORS_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * struct descriptors - a set
 * @lock: for growing
 * @bits: one a descriptor
 * @words: of @bits
 */
struct descriptors {
	pthread_mutex_t lock;
	uint64_t *bits;
	size_t words;
};

/* 0 or -ENOMEM, in which case it is not in the set. */
int descriptors_add(struct descriptors *set, int fd);
void descriptors_each(struct descriptors *set, void (*fn)(int fd));
void descriptors_free(struct descriptors *set);

/* Around a call of the client: what it closes leaves the set before it is free. */
void descriptors_before(struct descriptors *set, long nr, const long *params);
/* What it opened enters. @pid: in whose memory a pair of numbers is. */
void descriptors_after(struct descriptors *set, long nr, const long *params,
		       long ret, pid_t pid);

#endif /* HIJACK_DESCRIPTORS_H */
