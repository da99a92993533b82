/* SPDX-License-Identifier: GPL-2.0 */
/*
 * posix.h - the POSIX (Linux) host backend, as the rest of the host half
 * sees it.
 *
 * Layer:   host/posix. Knows host/ops.h and libc; knows nothing of devices,
 *          the loader or the kernel.
 * Users:   the composition file tools/lkl/lib/instance.c (the family tables),
 *          tools/lkl/lib/loader.c (the span), other host C files (posix_errno).
 *
 * The contract of each operation is in host/ops.h and is not repeated here.
 */
#ifndef LKL_HOST_POSIX_H
#define LKL_HOST_POSIX_H

#include "host/ops.h"

extern const struct lkl_thread_ops posix_thread_ops;
extern const struct lkl_sem_ops posix_sem_ops;
extern const struct lkl_time_ops posix_time_ops;
extern const struct lkl_mem_ops posix_mem_ops;
extern const struct lkl_fault_ops posix_fault_ops;
extern const struct lkl_random_ops posix_random_ops;
extern const struct lkl_peer_ops posix_peer_ops;

/*
 * lkl_host_operations.data has to point at the struct lkl_host_operations
 * whose print member is to be used. The member is read at each call, so the
 * application may change it at any time; NULL drops the output.
 */
extern const struct lkl_console_ops posix_console_ops;

struct posix_poller;
struct posix_watch;

/**
 * posix_poller_create - a set of descriptors that sleeping threads also watch
 * @poller: set to it
 *
 * Context: any. Return: 0, -ENOMEM, -EMFILE, -ENFILE.
 */
int posix_poller_create(struct posix_poller **poller);

/**
 * posix_poller_destroy - free a set
 * @poller: it, when nobody waits in it and every watch has been removed; NULL is
 *	allowed. Also in a forked child, whose copy it leaves to itself.
 *
 * Context: any.
 */
void posix_poller_destroy(struct posix_poller *poller);

/**
 * posix_poller_wait - struct lkl_poll_ops.wait
 * @poller: the set
 * @sem: see there
 * @deadline: see there
 */
int posix_poller_wait(struct posix_poller *poller, struct lkl_sem *sem,
		      __u64 deadline);

/**
 * posix_poller_watches - struct lkl_host_operations.watches
 * @poller: the set
 */
const __u32 *posix_poller_watches(const struct posix_poller *poller);

/**
 * posix_watch_add - watch a descriptor
 * @poller: the set
 * @fd: the descriptor
 * @ready: called with EPOLL* bits each time it becomes ready: edge-triggered, on
 *	a thread in posix_poller_wait(), by one at a time. Must not block, nor add
 *	or remove watches.
 * @arg: first argument of @ready
 * @watch: set to the watch
 *
 * Context: any thread outside the kernel. Return: 0, -ENOMEM, -ENOSPC, -EPERM (a
 * kind of file that is always ready), -EBADF, -EEXIST.
 */
int posix_watch_add(struct posix_poller *poller, int fd,
		    void (*ready)(void *arg, __u32 events), void *arg,
		    struct posix_watch **watch);

/**
 * posix_watch_remove - watch it no longer; @ready does not run afterwards
 * @watch: the watch, whose descriptor is still open; NULL is allowed
 *
 * Context: any thread outside the kernel. Blocks: while @ready runs.
 */
void posix_watch_remove(struct posix_watch *watch);

/**
 * posix_print - a print function that writes to standard error
 * @str: bytes, not terminated
 * @len: how many
 *
 * The value that lkl_host_operations.print starts with.
 *
 * Context: any; async-signal-safe. Bytes that cannot be written are dropped.
 */
void posix_print(const char *str, int len);

/**
 * posix_errno - turn a host errno value into what crosses the boundary
 * @err: a value of errno, or 0
 *
 * Context: any; async-signal-safe.
 * Return: the negative Linux errno; 0 for 0; -EIO for a value Linux lacks.
 */
int posix_errno(int err);

/**
 * posix_span_reserve - reserve address space for one kernel instance
 * @size: bytes, a multiple of the page size
 * @align: alignment of the result in bytes, a power of two, at least a page
 * @addr: set to the first address
 *
 * The range is inaccessible and takes no memory until it is mapped over.
 *
 * Context: any.
 * Return: 0, -EINVAL, -ENOMEM, -EOPNOTSUPP (the host's pages are not 4 KiB).
 */
int posix_span_reserve(__u64 size, __u64 align, __u64 *addr);

/**
 * posix_span_release - give a span and all that is mapped in it back
 * @addr: what posix_span_reserve() set
 * @size: what was reserved
 *
 * Must be called in the process that reserved the span: in a forked child the
 * kernel's memory is a hole, where the child may have mapped something else.
 *
 * Context: any, when nobody uses the span.
 */
void posix_span_release(__u64 addr, __u64 size);

#endif /* LKL_HOST_POSIX_H */
