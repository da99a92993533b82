// SPDX-License-Identifier: GPL-2.0
/*
 * task.c - contexts: kernel stacks, the switch, adopted application threads
 *
 * Layer:   arch/lkl, on kernel stacks (the vCPU's token is held).
 * Users:   the scheduler (copy_thread, __switch_to), vcpu.c (task_user),
 *          entry.c (task_call, adoption, exit).
 *
 * DOC: The life of an adopted thread's task
 *
 * An application thread that calls in for the first time has no task. Its
 * record is queued for process 1, which runs adopt_main() for ever and clones a
 * thread of its own process for it, so that all application threads are
 * threads of one process, as they are on the host.
 *
 * Such a task is "in user mode" when its call has ended. While it stays current
 * its kernel stack is empty and the next call is simply called there
 * (task_call()). If somebody else takes the vCPU, they run task_user() on that
 * stack: pending interrupts, then exit work, then, if other tasks want to run,
 * the task sleeps in task_user_loop() until its host thread queues a call.
 *
 * A call may finish under another host thread than its own. Then the result is
 * handed over (host_thread_complete()) and that executor carries on with the
 * task's user mode. It may also finish under its own host thread, but after
 * that thread has left the stack frame of the original call; then it leaves
 * by vcpu_leave(). Comparing vcpu.host_sp with its value at the call's start
 * tells the three cases apart.
 */
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/resume_user_mode.h>
#include <linux/sched.h>
#include <linux/sched/debug.h>
#include <linux/sched/signal.h>
#include <linux/sched/stat.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/syscalls.h>
#include <linux/wait.h>

#include <asm/host.h>
#include <asm/processor.h>
#include <asm/syscall.h>
#include <asm/switch_to.h>
#include <asm/task.h>
#include <asm/vcpu.h>

static_assert(offsetof(struct vcpu, pending) == 0,
	      "arch_local_irq_enable() reads it without the layout");
static_assert(sizeof(struct thread_info) % sizeof(long) == 0);

/* Host threads that wait for a task; added in interrupts, taken by adopt_main. */
static LLIST_HEAD(adopt_list);
static DECLARE_WAIT_QUEUE_HEAD(adopt_wait);

static __always_inline struct vcpu *this_vcpu(void)
{
	return current_thread_info()->vcpu;
}

/* The switch */

struct task_struct *__switch_to(struct task_struct *prev,
				struct task_struct *next)
{
	struct thread_info *from = current_thread_info();
	struct thread_info *to = task_thread_info(next);

	vcpu_mind_timer(from->vcpu);
	to->vcpu = from->vcpu;
	to->percpu_offset = from->percpu_offset;
	return (struct task_struct *)lkl_switch_stack(&prev->thread.sp,
						      next->thread.sp,
						      (long)prev);
}

void lkl_context_start(void);

/* What lkl_switch_stack() finds on a new context's stack. */
struct start_frame {
	unsigned long r15, r14, r13;
	unsigned long arg;	/* r12 */
	unsigned long fn;	/* rbx */
	unsigned long rbp;
	unsigned long ret;	/* then the stack is 16-byte aligned */
};

int copy_thread(struct task_struct *p, const struct kernel_clone_args *args)
{
	struct thread_info *ti = task_thread_info(p);
	struct start_frame *frame = (void *)task_entry_sp(p);

	/* Without a function it would return to a user mode that we lack. */
	if (!args->fn)
		return -ENOSYS;

	memset(task_pt_regs(p), 0, sizeof(struct pt_regs));
	if (!(p->flags & PF_KTHREAD))
		task_pt_regs(p)->cs = 3;

	frame--;
	*frame = (struct start_frame) {
		.arg = (unsigned long)args->fn_arg,
		.fn = (unsigned long)args->fn,
		.ret = (unsigned long)lkl_context_start,
	};
	p->thread.sp = (unsigned long)frame;
	ti->owner = NULL;
	ti->peer = 0;
	ti->irqs_off = 1;
	return 0;
}

asmlinkage __visible void __noreturn task_start(struct task_struct *prev,
						int (*fn)(void *arg),
						void *arg)
{
	schedule_tail(prev);
	fn(arg);
	/* Only kernel_init() returns, after its exec succeeded. */
	adopt_main();
}

void flush_thread(void)
{
}

void start_thread(struct pt_regs *regs, unsigned long pc, unsigned long sp)
{
	memset(regs, 0, sizeof(*regs));
	regs->cs = 3;
	regs->ip = pc;
	regs->sp = sp;
}

unsigned long __get_wchan(struct task_struct *p)
{
	unsigned long base = (unsigned long)task_stack_page(p);
	unsigned long *frame = (unsigned long *)p->thread.sp;
	int depth;

	/* rbp of the frame that lkl_switch_stack() pushed. */
	frame = (unsigned long *)frame[5];
	for (depth = 0; depth < 16; depth++) {
		unsigned long at = (unsigned long)frame;

		if (at < base + sizeof(struct thread_info) ||
		    at > base + THREAD_SIZE - 16)
			return 0;
		if (!in_sched_functions(frame[1]))
			return frame[1];
		frame = (unsigned long *)frame[0];
	}
	return 0;
}

/* Calls */

static __always_inline long call_table(long nr, const long *p)
{
	if (likely((unsigned long)nr < lkl_nr_syscalls))
		return lkl_syscall_table[nr](p[0], p[1], p[2], p[3], p[4],
					     p[5]);
	return -ENOSYS;
}

static bool is_restart(long ret)
{
	return ret == -ERESTARTSYS || ret == -ERESTARTNOINTR ||
	       ret == -ERESTARTNOHAND || ret == -ERESTART_RESTARTBLOCK;
}

/* Deal with what is pending; a host signal has run its handler already. */
static enum lkl_signals call_signals(void)
{
	struct host_thread *self = current_thread_info()->owner;
	enum lkl_signals got = lkl_do_signals(true);

	if (self && READ_ONCE(self->interrupted))
		got = max(got, (enum lkl_signals)xchg(&self->interrupted, 0));
	if (self && self->interruptible && READ_ONCE(self->woken))
		got = SIGNALS_DELIVERED;
	return got;
}

/* Signals have been dealt with: repeat the call or report -EINTR. */
static long call_restart(long ret, long nr, const long *params)
{
	while (is_restart(ret)) {
		enum lkl_signals got = call_signals();

		if (got == SIGNALS_NONE || ret == -ERESTARTNOINTR ||
		    (got == SIGNALS_RESTART && ret == -ERESTARTSYS)) {
			if (ret == -ERESTART_RESTARTBLOCK)
				ret = current->restart_block.fn(
					&current->restart_block);
			else
				ret = call_table(nr, params);
			continue;
		}
		current->restart_block.fn = do_no_restart_syscall;
		ret = -EINTR;
	}
	return ret;
}

/**
 * task_syscall - a system call, on its task's stack
 * @self: the host thread that made it
 * @nr: its number
 * @params: its six arguments
 *
 * Return: its result.
 */
long task_syscall(struct host_thread *self, long nr, const long *params)
{
	long ret = call_table(nr, params);

	return unlikely(is_restart(ret)) ? call_restart(ret, nr, params) : ret;
}

/**
 * task_syscall_interruptible - the same, ended by host_thread_interrupt() as well
 * @self: the host thread that made it
 * @nr: its number
 * @params: its six arguments
 *
 * Who wakes sets @self->woken, then has task_enter() disturb the task. If that was
 * before we got here, @woken is seen here; if it comes later, the task's next sleep
 * ends at once.
 *
 * Return: its result.
 */
long task_syscall_interruptible(struct host_thread *self, long nr,
				const long *params)
{
	long ret;

	WRITE_ONCE(self->interruptible, 1);
	/* a full barrier, as in host_thread_interrupt() */
	if (xchg(&self->woken, 0))
		ret = -EINTR;
	else
		ret = task_syscall(self, nr, params);
	WRITE_ONCE(self->interruptible, 0);
	if (ret == -EINTR)
		WRITE_ONCE(self->woken, 0);
	return ret;
}

static bool exit_work_pending(struct thread_info *ti)
{
	return (READ_ONCE(ti->flags) & _TIF_WORK_MASK) ||
	       (READ_ONCE(ti->vcpu->pending) & ~VCPU_BIT(SERVICE));
}

/* A host signal that came during a call interrupts no other. */
static void call_signals_done(bool in_call)
{
	struct host_thread *self = current_thread_info()->owner;

	if (in_call && self)
		WRITE_ONCE(self->interrupted, 0);
	lkl_do_signals(in_call);
}

/* @in_call says whether the host thread still waits for a call's result. */
static noinline void exit_work(struct thread_info *ti, bool in_call)
{
	while (exit_work_pending(ti)) {
		if (READ_ONCE(ti->vcpu->pending) & ~VCPU_BIT(SERVICE))
			lkl_irq_poll();
		if (ti->flags & _TIF_NEED_RESCHED)
			schedule();
		if (ti->flags & (_TIF_SIGPENDING | _TIF_NOTIFY_SIGNAL |
				 _TIF_RESTORE_SIGMASK))
			call_signals_done(in_call);
		if (ti->flags & _TIF_NOTIFY_RESUME)
			resume_user_mode_work(NULL);
	}
}

/* Is @h's host thread the one that executes @v? */
static bool executes(struct vcpu *v, struct host_thread *h)
{
	return READ_ONCE(v->token) == ((unsigned long)h | 1);
}

/*
 * This task goes to user mode. If others are runnable, the waiter has to run
 * them: it is kicked once the token is free.
 */
static __always_inline void request_service(struct vcpu *v)
{
	bool pending = READ_ONCE(v->pending) & VCPU_BIT(SERVICE);

	if (likely(single_task_running() != pending))
		return;
	if (pending)
		clear_bit(VCPU_IRQ_SERVICE, &v->pending);
	else
		set_bit(VCPU_IRQ_SERVICE, &v->pending);
}

static void __noreturn task_user_loop(struct host_thread *self);

/* Leave with a finished call, or hand it over and stay. */
static void call_finish(struct host_thread *self)
{
	struct vcpu *v = this_vcpu();

	self->vcpu = v;
	if (executes(v, self)) {
		request_service(v);
		vcpu_leave(v, LEFT_DONE);
	}
	host_thread_complete_later(v, self);
}

/* The call's frame on its own host thread's stack is gone. */
static void __noreturn call_done_elsewhere(struct host_thread *self)
{
	call_finish(self);
	task_user_loop(self);
}

/**
 * task_call - the fast way of a system call: its task is current
 * @self: the host thread that made it, which executes
 * @nr: its number
 * @params: its six arguments
 *
 * Context: called by lkl_call_on_stack() on the task's empty kernel stack.
 * Return: LEFT_DONE with the result in @self->ret, or not at all.
 */
long task_call(struct host_thread *self, long nr, const long *params)
{
	struct thread_info *ti = current_thread_info();
	unsigned long host_sp = ti->vcpu->host_sp;
	long ret;

	if (unlikely(READ_ONCE(ti->vcpu->pending) & VCPU_BIT(SERVICE)))
		host_thread_returned(self);
	ret = call_table(nr, params);
	if (unlikely(is_restart(ret)))
		ret = call_restart(ret, nr, params);
	if (unlikely(exit_work_pending(ti)))
		exit_work(ti, true);
	self->ret = ret;
	if (unlikely(ti->vcpu->host_sp != host_sp))
		call_done_elsewhere(self);
	request_service(ti->vcpu);
	return LEFT_DONE;
}

/* User mode */

/* Nobody has called for a tick, so let the vCPU go idle. */
static bool user_is_quiet(struct vcpu *v)
{
	if (v->calls == v->seen_calls)
		return time_after(jiffies, v->seen_jiffies);
	v->seen_calls = v->calls;
	v->seen_jiffies = jiffies;
	return false;
}

static void run_posted(struct host_thread *self)
{
	long ret;

	WRITE_ONCE(self->posted, 0);
	ret = self->call(self, self->nr, self->params);
	exit_work(current_thread_info(), true);
	self->ret = ret;
	call_finish(self);
}

/* Sleep until the host thread calls or there is exit work. */
static void user_park(struct host_thread *self)
{
	vcpu_flush_wake(this_vcpu());
	set_current_state(TASK_INTERRUPTIBLE);
	if (!READ_ONCE(self->posted) &&
	    !(READ_ONCE(current_thread_info()->flags) &
	      (_TIF_SIGPENDING | _TIF_NOTIFY_SIGNAL)))
		schedule();
	__set_current_state(TASK_RUNNING);
}

static void __noreturn task_user_loop(struct host_thread *self)
{
	struct thread_info *ti = current_thread_info();
	struct vcpu *v;

	for (;;) {
		if (exit_work_pending(ti)) {
			vcpu_flush_wake(ti->vcpu);
			exit_work(ti, false);
		}
		if (READ_ONCE(self->posted)) {
			run_posted(self);
			continue;
		}
		v = ti->vcpu;
		self->vcpu = v;
		v->user = self;
		if (executes(v, self)) {
			request_service(v);
			vcpu_leave(v, LEFT_USER);
		}
		if (single_task_running() && !user_is_quiet(v))
			vcpu_leave(v, LEFT_USER);
		user_park(self);
	}
}

/**
 * task_user - somebody takes over a vCPU whose task is in user mode
 * @self: the host thread whose task it is; not necessarily the caller
 * @nr: unused
 * @params: unused
 *
 * Context: called by lkl_call_on_stack() on the task's empty kernel stack.
 * Does not return; leaves by vcpu_leave().
 */
long task_user(struct host_thread *self, long nr, const long *params)
{
	lkl_irq_user();
	task_user_loop(self);
}

/* Adoption and exit */

static int adopted_start(void *arg)
{
	struct host_thread *self = arg;
	sigset_t none;

	current_thread_info()->owner = self;
	self->stack_top = task_entry_sp(current);
	self->task = current;
	/* The leader blocks everything, see lkl_signals_init(). */
	sigemptyset(&none);
	set_current_blocked(&none);
	task_user_loop(self);
}

static void adopt(struct host_thread *h)
{
	struct kernel_clone_args args = {
		.flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
			 CLONE_THREAD | CLONE_SYSVSEM,
		.fn = adopted_start,
		.fn_arg = h,
	};
	pid_t pid;

	WRITE_ONCE(h->posted, 1);
	pid = kernel_clone(&args);
	if (pid < 0) {
		WRITE_ONCE(h->posted, 0);
		host_thread_complete(h, -ENOMEM);
	}
}

/**
 * adopt_main - what process 1 does in its user mode
 *
 * It never runs application code: it is the leader of the threads that do, and
 * makes their tasks.
 */
void __noreturn adopt_main(void)
{
	struct host_thread *h, *next;
	struct llist_node *list;

	lkl_signals_init();
	lkl_boot_done();
	for (;;) {
		wait_event_idle(adopt_wait, !llist_empty(&adopt_list));
		list = llist_reverse_order(llist_del_all(&adopt_list));
		llist_for_each_entry_safe(h, next, list, entry) {
			/* after the entry was read: its thread may queue it again */
			smp_store_release(&h->queued, 0);
			adopt(h);
		}
	}
}

/*
 * It may be queued again from here on, since its entry has been read. Whoever finds
 * it still queued relies on what it has set before being seen below, so this comes
 * first: xchg() is a full barrier there as here.
 */
static void entry_release(struct host_thread *h)
{
	xchg(&h->queued, 0);
}

/* A thread without a task. If it calls, it is still queued, now to be adopted. */
static void enter_new(struct host_thread *h)
{
	do {
		if (xchg(&h->calling, 0)) {
			llist_add(&h->entry, &adopt_list);
			wake_up(&adopt_wait);
			return;
		}
		entry_release(h);
	} while (READ_ONCE(h->calling) && !xchg(&h->queued, 1));
}

static void enter_one(struct host_thread *h)
{
	struct task_struct *task = h->task;

	if (!task) {
		enter_new(h);
		return;
	}
	entry_release(h);
	if (xchg(&h->calling, 0)) {
		/* after @calling: the call is posted once */
		smp_store_release(&h->posted, 1);
		if (task != current) {
			wake_up_process(task);
			set_tsk_need_resched(current);
		}
	}
	if (READ_ONCE(h->interrupted) ||
	    (READ_ONCE(h->woken) && READ_ONCE(h->interruptible)))
		set_notify_signal(task);
}

/**
 * task_enter - host threads have queued calls on a vCPU
 * @v: the calling vCPU
 *
 * Context: interrupt.
 */
void task_enter(struct vcpu *v)
{
	struct llist_node *list = llist_reverse_order(llist_del_all(&v->entries));
	struct host_thread *h, *next;

	llist_for_each_entry_safe(h, next, list, entry)
		enter_one(h);
}

/**
 * exit_thread - a task ends: its host thread must not wait for it
 * @tsk: the calling task, or a task that was never started
 */
void exit_thread(struct task_struct *tsk)
{
	struct thread_info *ti = task_thread_info(tsk);
	struct host_thread *self = ti->owner;

	if (!self)
		return;
	ti->owner = NULL;
	self->task = NULL;
	host_thread_complete(self, 0);
}

/**
 * task_exit - the host thread has ended
 * @self: the thread
 * @nr: unused
 * @params: unused
 *
 * Return: not at all.
 */
long task_exit(struct host_thread *self, long nr, const long *params)
{
	do_exit(0);
}

long lkl_sys_exit_group(long code, long a1, long a2, long a3, long a4, long a5);

/*
 * The application's process does not end because its kernel was told so: like
 * exit(2), this ends the calling thread's task. Its next call makes another.
 */
long lkl_sys_exit_group(long code, long a1, long a2, long a3, long a4, long a5)
{
	do_exit((code & 0xff) << 8);
}
