// SPDX-License-Identifier: GPL-2.0
/*
 * peer.c - user memory that is another host process's
 *
 * Layer:   arch/lkl, on kernel stacks.
 * Users:   asm/uaccess.h, for tasks whose thread_info.peer is set; entry.c sets it.
 *
 * A thread of the application that serves others can so make any system call for a
 * thread of another process, with the pointers that it was given. Each access is
 * a call of the host, so this is about a thousand times slower than an access to
 * our own memory, and still far cheaper than passing messages about.
 */
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/uaccess.h>

#include <asm/host.h>
#include <asm/task.h>

unsigned long lkl_peer_copy(void *local, const void __user *remote,
			    unsigned long n, bool write)
{
	s64 done;

	if (!lkl_ops.peer || !n)
		return n;
	done = lkl_ops.peer->copy(current_thread_info()->peer, local,
				  (__force unsigned long)remote, n, write);
	return done > 0 ? n - min_t(unsigned long, done, n) : n;
}
EXPORT_SYMBOL(lkl_peer_copy);

int lkl_peer_get(u64 *value, const void __user *remote, unsigned int size)
{
	*value = 0;
	/* Little-endian: the bytes there are the low ones. */
	return lkl_peer_copy(value, remote, size, false) ? -EFAULT : 0;
}
EXPORT_SYMBOL(lkl_peer_get);

int lkl_peer_put(u64 value, void __user *remote, unsigned int size)
{
	return lkl_peer_copy(&value, remote, size, true) ? -EFAULT : 0;
}
EXPORT_SYMBOL(lkl_peer_put);

unsigned long lkl_peer_clear(void __user *to, unsigned long n)
{
	unsigned long chunk, left;

	for (; n; n -= chunk, to += chunk) {
		chunk = min(n, PAGE_SIZE);
		left = lkl_peer_copy(page_address(ZERO_PAGE(0)), to, chunk, true);
		if (left)
			return n - chunk + left;
	}
	return 0;
}
EXPORT_SYMBOL(lkl_peer_clear);

/**
 * task_peer_set - whose memory the calling task's user memory is
 * @self: its host thread
 * @peer: a host process, or 0 for our own
 * @params: unused
 *
 * Return: 0 or -ENOSYS.
 */
long task_peer_set(struct host_thread *self, long peer, const long *params)
{
	if (peer && !lkl_ops.peer)
		return -ENOSYS;
	current_thread_info()->peer = peer;
	return 0;
}
