// SPDX-License-Identifier: GPL-2.0
/*
 * peer.c - the peer family: the memory of other processes of this host.
 *
 * Layer:   host/posix.
 * Users:   the kernel, for tasks that serve another process.
 * Context: on a vCPU.
 *
 * The host allows it to a process that may trace the other one: same user, and
 * what Yama says (a descendant, or one that has named us by PR_SET_PTRACER).
 */
#include <errno.h>
#include <sys/uio.h>

#include "host/posix/posix.h"

static __s64 peer_copy(__u64 peer, void *local, __u64 remote, __u64 size,
		       __u32 write)
{
	struct iovec here = { .iov_base = local, .iov_len = size };
	struct iovec there = {
		.iov_base = (void *)(__UINTPTR_TYPE__)remote,
		.iov_len = size,
	};
	int saved_errno = errno;
	ssize_t done;

	if (write)
		done = process_vm_writev((pid_t)peer, &here, 1, &there, 1, 0);
	else
		done = process_vm_readv((pid_t)peer, &here, 1, &there, 1, 0);
	if (done < 0) {
		done = posix_errno(errno);
		errno = saved_errno;
	}
	return done;
}

const struct lkl_peer_ops posix_peer_ops = {
	.hdr = LKL_OPS_HEADER(struct lkl_peer_ops),
	.copy = peer_copy,
};
