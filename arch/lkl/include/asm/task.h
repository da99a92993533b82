/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by entry.c, task.c and signal.c; see task.c. */
#ifndef __ASM_LKL_TASK_H
#define __ASM_LKL_TASK_H

#include <linux/linkage.h>

struct host_thread;
struct task_struct;

/* What lkl_do_signals() found. */
enum lkl_signals {
	SIGNALS_NONE,		/* nothing was delivered */
	SIGNALS_RESTART,	/* delivered, all with SA_RESTART */
	SIGNALS_DELIVERED,
};

enum lkl_signals lkl_do_signals(bool in_call);
void lkl_signals_init(void);
void lkl_boot_done(void);
void __noreturn adopt_main(void);
asmlinkage void __noreturn task_start(struct task_struct *prev,
				      int (*fn)(void *arg), void *arg);
long task_syscall(struct host_thread *self, long nr, const long *params);
long task_syscall_interruptible(struct host_thread *self, long nr,
				const long *params);
long task_peer_set(struct host_thread *self, long peer, const long *params);
long task_fd_users(struct host_thread *self, long fd, const long *params);
long task_exit(struct host_thread *self, long nr, const long *params);

#endif
