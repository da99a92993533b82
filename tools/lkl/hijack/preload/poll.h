/* SPDX-License-Identifier: GPL-2.0 */
/*
 * poll.h - poll() over both sides, for those who have their descriptors otherwise
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   poll.c, select.c.
 */
#ifndef HIJACK_POLL_H
#define HIJACK_POLL_H

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/* Is every one of them the host's? */
bool poll_host_only(const struct pollfd *fds, nfds_t count);

/**
 * poll_until - ppoll() until an absolute time
 * @fds: host numbers of either side; revents are filled
 * @count: how many
 * @deadline: see wait_deadline()
 * @mask: signal mask for the time of the wait, or NULL
 *
 * Return: how many have revents; 0 when the time has come; a negative errno.
 */
int poll_until(struct pollfd *fds, nfds_t count, uint64_t deadline,
	       const sigset_t *mask);

#endif /* HIJACK_POLL_H */
