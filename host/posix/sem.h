/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sem.h - what poll.c has to know of a semaphore.
 *
 * Layer:   host/posix, internal.
 * Context: any thread.
 */
#ifndef LKL_HOST_POSIX_SEM_H
#define LKL_HOST_POSIX_SEM_H

#include "host/posix/posix.h"

/**
 * sem_poller_add - name an eventfd for sem_poll_begin()
 * @fd: the eventfd
 *
 * Return: its index, at least 1, or -EMFILE when 255 are in use.
 */
int sem_poller_add(int fd);

/**
 * sem_poller_remove - forget it
 * @index: its index, which no semaphore uses any more
 */
void sem_poller_remove(int index);

/**
 * sem_poll_begin - about to sleep in epoll_wait: have up() write to an eventfd
 * @sem: the semaphore; one thread at a time
 * @index: that of the eventfd
 *
 * Return: whether a permit is there already, so that sleeping would be wrong.
 */
int sem_poll_begin(struct lkl_sem *sem, int index);

/**
 * sem_poll_end - no longer
 * @sem: the semaphore
 * @index: as given to sem_poll_begin()
 *
 * Return: 1 if it took a permit, 0 if there was none.
 */
int sem_poll_end(struct lkl_sem *sem, int index);

/**
 * sem_interrupt_errno - a host signal handler has run in a sleeping thread
 *
 * Return: EINTR, or ERESTART if each handler that may have run has SA_RESTART.
 */
int sem_interrupt_errno(void);

#endif /* LKL_HOST_POSIX_SEM_H */
