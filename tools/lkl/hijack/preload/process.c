// SPDX-License-Identifier: GPL-2.0
/*
 * process.c - fork() and vfork()
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   the program; libc's atfork handlers.
 * Context: any thread; in the child, the only one.
 *
 * posix_spawn(), popen() and system() need no help: libc's code between fork and
 * exec handles host numbers alone, by system calls of its own. The child of a
 * vfork() would share our tables with its parent while it closes and
 * duplicates, so it gets memory of its own, which vfork() may do.
 */
#include "process.h"

#include <pthread.h>
#include <unistd.h>

#include "boot.h"
#include "cancel.h"
#include "kernel.h"
#include "place.h"
#include "preload.h"
#include "real.h"
#include "table.h"

static const struct process_hooks no_hooks;

/* File-scope state: set once by the service, when it starts. */
static const struct process_hooks *hooks = &no_hooks;

void process_hooks_set(const struct process_hooks *new)
{
	__atomic_store_n(&hooks, new, __ATOMIC_RELEASE);
}

const struct process_hooks *process_hooks(void)
{
	return __atomic_load_n(&hooks, __ATOMIC_ACQUIRE);
}

/*
 * What the child does to O_NONBLOCK would not be seen here, and its numbers are
 * to be known by their places.
 */
static void before(void)
{
	if (kernel_is_up()) {
		table_share();
		place_identify_all();
		if (process_hooks()->before)
			process_hooks()->before();
	}
	urcu_bp_before_fork();
}

static void parent(void)
{
	urcu_bp_after_fork_parent();
	if (kernel_is_up() && process_hooks()->parent)
		process_hooks()->parent();
}

static void child(void)
{
	bool up = kernel_is_up();

	urcu_bp_after_fork_child();
	table_forked();
	place_forked();
	cancel_forked();
	if (up)
		boot_forked();
	kernel_fork_child();
	if (up && process_hooks()->child)
		process_hooks()->child();
}

__attribute__((constructor(103)))
static void process_init(void)
{
	pthread_atfork(before, parent, child);
}

HIJACK pid_t vfork(void)
{
	return fork();
}

HIJACK pid_t __vfork(void)
	ALIAS_LEAF("vfork");

/* libc's does not call the handlers. */
HIJACK pid_t _Fork(void)
{
	return fork();
}
