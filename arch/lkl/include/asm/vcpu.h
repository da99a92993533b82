/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The vCPU: who may run kernel code, and what is pending for it. See
 * kernel/vcpu.c for the theory of operation.
 */
#ifndef __ASM_LKL_VCPU_H
#define __ASM_LKL_VCPU_H

#include <linux/compiler.h>
#include <linux/types.h>
#include <linux/llist.h>

#include <host/ops.h>

struct task_struct;

/* Bits of vcpu.pending: interrupts that wait for the vCPU. */
enum vcpu_irq {
	VCPU_IRQ_TIMER,		/* the deadline may have passed */
	VCPU_IRQ_ENTRY,		/* host threads queued on vcpu.entries */
	VCPU_IRQ_DEVICE,	/* a bit in vcpu.lines */
	VCPU_IRQ_RESCHED,
	VCPU_IRQ_CALL,		/* smp_call_function() */
	VCPU_IRQ_WORK,		/* irq_work */
	VCPU_IRQ_STOP,		/* leave for ever */
	VCPU_IRQ_SERVICE,	/* runnable tasks, while nobody executes */
};

#define VCPU_BIT(irq)	(1UL << VCPU_IRQ_##irq)

/* Why a host thread came back from kernel stacks to its own. */
enum vcpu_left {
	LEFT_DONE,	/* its own call is finished */
	LEFT_IDLE,	/* nothing to run: the idle context is suspended */
	LEFT_USER,	/* vcpu.user is in user mode and nobody else wants in */
	LEFT_DEAD,	/* the kernel has stopped */
};

#define LKL_NR_LINES	256

/* So many quick returns, and the next one is expected; and what quick means. */
#define RETURNS_SURE	2
#define RETURN_NS	10000

/* Signals that one call can raise; more are sent at once. */
#define HOST_SIGNALS	8

struct host_thread;

typedef long (*lkl_call_t)(struct host_thread *self, long nr,
			   const long *params);

/**
 * struct host_thread - a host thread known to this kernel
 *
 * One per application thread that made a call, and one per vCPU thread. The
 * memory is never freed before the instance, only reused, so that a late
 * wake-up is harmless.
 *
 * @vcpu: where its task ran last
 * @stack_top: of its task's kernel stack, while that is empty
 * @inside: set from entering a call to leaving it
 * @done: its call was finished by another host thread; result in @ret
 * @queued: @entry is on a list of the vCPU
 * @calling: set by its thread with @call: when the entry is taken off, post it
 * @interrupted: a host signal handler has run while it waited: enum lkl_signals
 * @woken: host_thread_interrupt() was called, for the next call that can be
 *	interrupted so
 * @interruptible: it is in such a call
 * @left_at: when it left a vCPU on which others were runnable, host ns, or 0
 * @returns: how often in a row it called again soon after that; up to
 *	RETURNS_SURE
 * @posted: a call waits in @call, @nr, @params to be run by its context
 * @ret: the result of the last call
 * @nr_signals: signals in @signals, which the thread is to be sent when it is
 *	back on its own stack, where their handlers have to run
 * @until: deadline it sleeps for, 0 while awake
 * @polls: set while it sleeps, if it collects host I/O then
 * @sem: what it sleeps on
 * @task: its task, NULL until adopted
 * @call: what a call that takes the slow way runs
 * @nr: its first argument
 * @params: its second
 * @entry: link on vcpu.entries or on the list of threads to adopt
 * @host_id: name of the thread for lkl_thread_ops.signal
 * @handle: for lkl_thread_ops.join (vCPU threads only)
 * @next: link on the list of all host threads
 * @signals: to be sent to the thread, see @nr_signals
 */
struct host_thread {
	struct vcpu *vcpu;
	unsigned long stack_top;
	int inside;
	int done;
	int nr_signals;
	int posted;
	int queued;
	int calling;
	int interrupted;
	int woken;
	int interruptible;
	int returns;
	u64 left_at;
	long ret;
	u64 until;
	int polls;
	struct lkl_sem *sem;
	struct task_struct *task;
	lkl_call_t call;
	long nr;
	const long *params;
	struct llist_node entry;
	u64 host_id;
	u64 handle;
	struct host_thread *next;
	struct lkl_signal signals[HOST_SIGNALS];
};

/**
 * struct vcpu - one virtual processor
 * @pending: VCPU_BIT()s
 * @token: who executes, see vcpu.c
 * @host_sp: stack pointer of the executing host thread's own stack
 * @calls: fast calls made, to tell an active user from an idle one
 * @deadline: of the next timer interrupt, host monotonic ns
 * @slack: how late it may be, ns
 * @waiter: the host thread that looks after @deadline and @pending while
 *	nobody executes
 * @idle_sp: of the suspended idle context
 * @user: left by LEFT_USER: whose task is in user mode on this vCPU
 * @wake: a host thread whose call is done, to be woken when the token is free
 * @entries: host threads that want in
 * @lines: device interrupt lines raised
 * @spins: rounds of spin loops
 * @seen_calls: @calls when they were last looked at
 * @seen_jiffies: when that was
 * @thread: the vCPU's own host thread
 * @boot: what that thread runs first
 * @boot_stack: the stack it runs that on
 * @relieved: an application thread has waited since @thread last asked itself
 *	whether to collect host I/O
 */
struct vcpu {
	unsigned long pending;
	unsigned long token;
	unsigned long host_sp;
	unsigned long calls;
	u64 deadline;
	u64 slack;
	struct host_thread *waiter;
	unsigned long idle_sp;
	struct host_thread *user;
	struct host_thread *wake;
	struct llist_head entries;
	unsigned long lines[LKL_NR_LINES / 64];
	unsigned int spins;
	unsigned long seen_calls;
	unsigned long seen_jiffies;
	struct host_thread thread;
	lkl_call_t boot;
	unsigned long boot_stack;
	int relieved;
} __aligned(128);

extern struct vcpu lkl_vcpus[];
extern int lkl_stopped;

/* On a kernel stack. */
void lkl_irq_poll(void);
void lkl_irq_user(void);
void lkl_cpu_relax(void);
void __noreturn vcpu_leave(struct vcpu *v, enum vcpu_left why);
void vcpu_idle(struct vcpu *v);
void vcpu_set_deadline(struct vcpu *v, u64 deadline, u64 now, bool tick);
void host_thread_complete(struct host_thread *h, long ret);
void host_thread_complete_later(struct vcpu *v, struct host_thread *h);
void vcpu_flush_wake(struct vcpu *v);
void __noreturn lkl_stop(int err);
long task_call(struct host_thread *self, long nr, const long *params);
long task_user(struct host_thread *self, long nr, const long *params);
void task_enter(struct vcpu *v);

/* Anywhere. */
void vcpu_check_timer(struct vcpu *v);
void vcpu_look(struct vcpu *v);
void host_thread_interrupt(struct host_thread *h);
void host_thread_signalled(struct host_thread *self, bool restarts);
void vcpu_raise(struct vcpu *v, enum vcpu_irq irq);

/* On host stacks only. */
long vcpu_call(struct host_thread *self, lkl_call_t call, long nr,
	       const long *params);
long vcpu_leave_call(struct vcpu *v, struct host_thread *self, long left);
void vcpu_reenter(struct vcpu *v, struct host_thread *self);
void host_thread_returned(struct host_thread *self);
void vcpu_after_call(struct vcpu *v, struct host_thread *self);
int vcpu_start_thread(struct vcpu *v, lkl_call_t boot, unsigned long stack);
void vcpu_stop_all(int err);
struct host_thread *host_thread_get(void);
void host_thread_put(struct host_thread *h);
void host_threads_exit(void);

/* switch_*.S */
long lkl_call_on_stack(lkl_call_t fn, struct host_thread *arg, long nr,
		       const long *params, unsigned long sp,
		       unsigned long *host_sp);
long lkl_switch_stack(unsigned long *save_sp, unsigned long sp, long value);

/*
 * The executor leaves: does the waiter sleep too long? A waiter that is late by
 * no more than the slack is not worth waking.
 */
static __always_inline bool vcpu_waiter_late(struct vcpu *v)
{
	u64 until = READ_ONCE(READ_ONCE(v->waiter)->until);
	u64 deadline = READ_ONCE(v->deadline);

	return deadline < until && until - deadline > READ_ONCE(v->slack);
}

/*
 * Nobody minds the clock while the waiter itself executes (its until is 0
 * then), so the executor looks where it passes by.
 */
static inline void vcpu_mind_timer(struct vcpu *v)
{
	if (unlikely(!READ_ONCE(v->waiter->until)))
		vcpu_check_timer(v);
}

#endif
