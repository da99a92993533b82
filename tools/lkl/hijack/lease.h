/* SPDX-License-Identifier: GPL-2.0 */
/*
 * lease.h - keep an address that is given for a time
 *
 * Layer:   tools/lkl/hijack.
 * Users:   apply_dhcp.c.
 *
 * A thread of the host sleeps until the next time something has to be done: not in the
 * library, where whoever sleeps may be woken for packets. It asks the server that
 * gave the address at the first time (T1), all servers from the second one (T2) on, and
 * drops the address when its time is over; then it looks for another.
 */
#ifndef HIJACK_LEASE_H
#define HIJACK_LEASE_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct lease_times - in seconds since it was asked for
 * @renew: T1
 * @rebind: T2
 * @end: when it is over
 */
struct lease_times {
	uint32_t renew;
	uint32_t rebind;
	uint32_t end;
};

/**
 * struct lease_ops - one of the protocols; called by the lease's thread
 * @obtain: get an address, and set it. Return: 0 with @times, or a negative error
 * @renew: ask to keep it: @all servers or the one; @wait_ms is how long for. Return: 0
 *	with @times; -EADDRNOTAVAIL: it is not ours any more; else no answer
 * @lost: it is over: the address is to be dropped
 */
struct lease_ops {
	int (*obtain)(void *arg, struct lease_times *times);
	int (*renew)(void *arg, bool all, long wait_ms, struct lease_times *times);
	void (*lost)(void *arg);
};

struct apply_api;
struct lease;

/**
 * lease_keep - from now on, keep an address
 * @api: functions of liblkl
 * @ops: the protocol
 * @arg: for @ops
 * @times: of the address that we have; NULL if there is none yet
 *
 * Return: for lease_end(); NULL when memory or threads are short.
 */
struct lease *lease_keep(const struct apply_api *api, const struct lease_ops *ops,
			 void *arg, const struct lease_times *times);

/**
 * lease_end - no more; the address stays
 * @lease: may be NULL
 *
 * Blocks: shortly.
 */
void lease_end(struct lease *lease);

/* Has the calling thread, one of those, been told to end? false in any other. */
bool lease_ending(void);

#endif /* HIJACK_LEASE_H */
