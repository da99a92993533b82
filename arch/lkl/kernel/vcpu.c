// SPDX-License-Identifier: GPL-2.0
/*
 * vcpu.c - the token: which host thread executes a vCPU, and how they wait
 *
 * Layer:   arch/lkl, on host stacks, except where a function says otherwise.
 * Users:   entry.c (calls), task.c and irq.c (leaving, kicking), smp.c.
 * Context: code here runs without the token or while changing it. It must not
 *          use current, per-CPU data, spinlocks or printk: only atomics and
 *          host operations.
 *
 * DOC: Theory of operation
 *
 * A vCPU is a token, vcpu.token. Its values are
 *
 *	0		nobody executes; the idle context is suspended
 *	h		nobody executes; the task of host thread h is current, as
 *			if it ran in user mode. Its kernel stack is empty.
 *	h | BUSY	host thread h executes, on whatever context's stack
 *	BUSY		stopped for ever
 *
 * so that the next call of a thread whose task is still current costs one
 * compare-and-exchange to take the token and one exchange to give it back
 * (lkl_call() in entry.c). Everything else goes through this file:
 *
 * Entering. A host thread that finds another task current, or the token taken,
 * queues itself on vcpu.entries and raises VCPU_IRQ_ENTRY, which is an
 * interrupt like any other: whoever executes, or the thread itself if it can
 * take the token, wakes its task, and the scheduler decides.
 *
 * Executing. The holder of the token runs whatever the scheduler picks. If a
 * call blocks, its host thread goes on with other contexts. It comes back to
 * its own stack (vcpu_leave()) when its own call is done (LEFT_DONE), when
 * there is nothing to run (LEFT_IDLE), or when what it ran has returned to
 * user mode on behalf of another host thread (LEFT_USER), which has been
 * woken by then.
 *
 * Waiting. vcpu.waiter is the one thread that looks after the vCPU while
 * nobody executes: it sleeps until vcpu.deadline, the next timer interrupt,
 * or until somebody kicks it because of a pending interrupt. An application
 * thread whose call blocked is the waiter of the vCPU it left idle, so a
 * sleep or a device's answer costs one host wake-up, not a hand-off. When it
 * returns to its application, the duty falls to the vCPU's own thread, which
 * is woken only if its own sleep would be too long; while calls are being
 * made it stays in the rhythm of the tick, so that this is rare.
 *
 * Host I/O. The waiter of the boot vCPU sleeps in poll->wait, if the host has
 * it, where it also collects the readiness of the devices' descriptors: a packet
 * wakes the very thread that waits for it. While no application thread waits,
 * the vCPU's own does so; while they come and go, it looks once a tick.
 *
 * No wake-up is lost: a sleeper publishes host_thread.until, then looks at the
 * conditions, then sleeps; a waker makes the condition true, then looks at
 * until. Both put a full barrier between the two steps.
 *
 * One barrier is left out, since it would cost a third of a null call: when the
 * fast path has nothing to do any more, it gives the token back by a plain store
 * and then looks at what is pending. An interrupt raised meanwhile may find the
 * token taken although the executor has looked already. So who raises one on a
 * taken vCPU looks at the token again for longer than a store can linger in a
 * processor (token_settles()); and the tick would find it at the latest.
 */
#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/smp.h>
#include <linux/string.h>

#include <asm/host.h>
#include <asm/task.h>
#include <asm/vcpu.h>
#include <asm/vdso/processor.h>

#define TOKEN_BUSY	1UL
#define TICK_NS		(NSEC_PER_SEC / HZ)

struct vcpu lkl_vcpus[NR_CPUS];

/* The name by which thread_info.h, which is included everywhere, knows it. */
asm(".globl lkl_boot_vcpu\n.set lkl_boot_vcpu, lkl_vcpus");

/* 0 while the kernel runs, then what calls return: a negative errno. */
int lkl_stopped;

/* All host threads ever made, and those that can be used again. */
static struct host_thread *all_threads;
static struct llist_head free_threads;
static unsigned long free_lock;

static u64 host_now(void)
{
	return lkl_ops.time->monotonic();
}

static unsigned long token_of(struct host_thread *h)
{
	return (unsigned long)h;
}

/* Wake a host thread that sleeps in host_wait(). */
static void host_wake(struct host_thread *h)
{
	if (READ_ONCE(h->until) && xchg(&h->until, 0))
		lkl_ops.sem->up(h->sem);
}

/* Rounds of about 25 ns in which a store must have become visible. */
#define SETTLE_ROUNDS	40

/*
 * Wait until a token that was given back by a plain store, in kernel_syscall(),
 * is seen to be free. Returns false if it is really taken.
 */
static bool token_settles(struct vcpu *v, unsigned long pending)
{
	int i;

	for (i = 0; i < SETTLE_ROUNDS; i++) {
		if (!(READ_ONCE(v->token) & TOKEN_BUSY))
			return true;
		/* Taken by the executor, who has seen it then. */
		if (!(READ_ONCE(v->pending) & pending))
			return false;
		cpu_pause();
	}
	return false;
}

/* Is the caller kernel code that @v executes? */
static bool on_vcpu(struct vcpu *v)
{
	return current_stack_pointer - lkl_image.image_base <
	       lkl_image.span_size && current_thread_info()->vcpu == v;
}

/* Make sure that somebody looks at what is pending. */
static void vcpu_kick(struct vcpu *v)
{
	if (!(READ_ONCE(v->token) & TOKEN_BUSY) ||
	    (!on_vcpu(v) && token_settles(v, ~0UL)))
		host_wake(READ_ONCE(v->waiter));
}

/**
 * vcpu_raise - make an interrupt pending on a vCPU
 * @v: the vCPU
 * @irq: which one
 *
 * Context: any host thread, on any stack.
 */
void vcpu_raise(struct vcpu *v, enum vcpu_irq irq)
{
	set_bit(irq, &v->pending);
	/* before the look at the token and at until */
	smp_mb__after_atomic();
	vcpu_kick(v);
}

/* As the host's default for its own timers. */
#define TIMER_SLACK_NS	(50 * NSEC_PER_USEC)

/**
 * vcpu_set_deadline - program the timer
 * @v: the calling vCPU
 * @deadline: when, in host monotonic ns
 * @now: the time
 * @tick: whether it is for the tick alone, which may be late by another one
 *
 * The waiter compares it when the executor leaves; here it is woken only if it
 * would miss several ticks, since nobody knows when that will be.
 *
 * Context: on a kernel stack.
 */
void vcpu_set_deadline(struct vcpu *v, u64 deadline, u64 now, bool tick)
{
	struct host_thread *w;

	WRITE_ONCE(v->slack, tick ? TICK_NS : TIMER_SLACK_NS);
	WRITE_ONCE(v->deadline, deadline);
	/* before the look at until */
	smp_mb();
	w = READ_ONCE(v->waiter);
	if (READ_ONCE(w->until) > deadline + 2 * TICK_NS &&
	    deadline < now + 2 * TICK_NS)
		host_wake(w);
}

/**
 * vcpu_check_timer - has the deadline passed?
 * @v: the vCPU; VCPU_IRQ_TIMER becomes pending if so
 */
void vcpu_check_timer(struct vcpu *v)
{
	if (READ_ONCE(v->deadline) != LKL_FOREVER &&
	    host_now() >= READ_ONCE(v->deadline))
		set_bit(VCPU_IRQ_TIMER, &v->pending);
}

static bool token_take(struct vcpu *v, struct host_thread *self,
		       unsigned long *old)
{
	*old = READ_ONCE(v->token);
	if (*old & TOKEN_BUSY)
		return false;
	return try_cmpxchg(&v->token, old, token_of(self) | TOKEN_BUSY);
}

/* The vCPU's own thread looks after it again. */
static void vcpu_resign(struct vcpu *v, struct host_thread *self)
{
	if (READ_ONCE(v->waiter) != self || self == &v->thread)
		return;
	WRITE_ONCE(v->waiter, &v->thread);
	/* before the look at what is pending */
	smp_mb();
}

/* Work for which the vCPU has to be entered by a waiter. */
static bool vcpu_wanted(struct vcpu *v)
{
	if (READ_ONCE(v->token) & TOKEN_BUSY)
		return false;
	if (READ_ONCE(v->pending))
		return true;
	return READ_ONCE(v->deadline) != LKL_FOREVER &&
	       host_now() >= READ_ONCE(v->deadline);
}

static void vcpu_dead(struct vcpu *v)
{
	WRITE_ONCE(v->token, TOKEN_BUSY);
	vcpu_stop_all(READ_ONCE(lkl_stopped));
}

/* @self waits anyhow, so it looks after the vCPU. The token is held. */
static void waiter_set(struct vcpu *v, struct host_thread *self)
{
	WRITE_ONCE(v->waiter, self);
	if (self != &v->thread)
		WRITE_ONCE(v->relieved, 1);
}

/*
 * Give the token back after @left; @done says whether the thread's own call is
 * finished. Returns true if it was taken again at once for something that
 * became pending meanwhile.
 */
static bool vcpu_release(struct vcpu *v, struct host_thread *self,
			 enum vcpu_left left, bool done, unsigned long *old)
{
	struct host_thread *wake = v->wake;

	v->wake = NULL;
	if (left == LEFT_DONE)
		*old = token_of(self);
	else
		*old = left == LEFT_IDLE ? 0 : token_of(v->user);
	if (!done && !READ_ONCE(self->done))
		waiter_set(v, self);
	else if (v->waiter == self)
		WRITE_ONCE(v->waiter, &v->thread);
	xchg(&v->token, *old);
	if (wake)
		host_wake(wake);
	if (!(READ_ONCE(v->pending) & ~VCPU_BIT(SERVICE)))
		return false;
	return try_cmpxchg(&v->token, old, token_of(self) | TOKEN_BUSY);
}

/*
 * Execute @v, whose token was taken while it had the value @old. @done says
 * whether the thread's own call is finished; returns the same for afterwards.
 */
static bool vcpu_run(struct vcpu *v, struct host_thread *self, bool done,
		     unsigned long old)
{
	struct host_thread *user;
	long left;

	/* While we are inside, the vCPU's thread minds the clock. */
	if (v->waiter == self)
		WRITE_ONCE(v->waiter, &v->thread);
	do {
		vcpu_check_timer(v);
		user = (struct host_thread *)old;
		if (user)
			left = lkl_call_on_stack(task_user, user, 0, NULL,
						 user->stack_top, &v->host_sp);
		else
			left = lkl_switch_stack(&v->host_sp, v->idle_sp, 0);
		if (left == LEFT_DEAD) {
			vcpu_dead(v);
			return done;
		}
		done |= left == LEFT_DONE;
	} while (vcpu_release(v, self, left, done, &old));
	return done;
}

/*
 * What a waiter sleeps for. A timer that is pending already is the executor's
 * to run; look again after a tick.
 */
static u64 waiter_until(struct vcpu *v)
{
	if (READ_ONCE(v->pending) & VCPU_BIT(TIMER))
		return host_now() + TICK_NS;
	return READ_ONCE(v->deadline);
}

/*
 * Who collects what the host's I/O has to say: one thread at a time, since a wake-up
 * in poll->wait may end another's sleep there instead of the one it is meant for.
 */
static struct host_thread *collector;

/*
 * Should a thread collect while it sleeps? The waiter of the boot vCPU, whose
 * interrupts the devices raise. Not the vCPU's own thread if an application thread
 * has relieved it lately, unless a tick has passed quietly: that will often happen
 * again, and what it collects then, it has to wake the other one for. If the
 * application's threads compute, or wait on other vCPUs, nobody relieves it.
 */
static bool collector_wanted(struct vcpu *v, struct host_thread *self, bool quiet)
{
	if (!lkl_ops.poll || !READ_ONCE(*lkl_ops.watches) ||
	    v != &lkl_vcpus[0] || READ_ONCE(v->waiter) != self)
		return false;
	return self != &v->thread || !xchg(&v->relieved, 0) || quiet;
}

/*
 * It collects no more. Whoever has become the waiter meanwhile found it in the way,
 * and takes its place.
 */
static void collector_leave(struct vcpu *v, struct host_thread *self)
{
	struct host_thread *w;

	if (!self->polls)
		return;
	self->polls = 0;
	WRITE_ONCE(collector, NULL);
	/* before the look at the waiter's until */
	smp_mb();
	w = READ_ONCE(v->waiter);
	if (w != self)
		host_wake(w);
}

/* Work, or a deadline before @until, that the sleeper has to look after. */
static bool waiter_wanted(struct vcpu *v, struct host_thread *self, u64 until)
{
	return READ_ONCE(v->waiter) == self &&
	       (vcpu_wanted(v) || waiter_until(v) < until);
}

static int host_sleep(struct host_thread *self, u64 until)
{
	if (self->polls)
		return lkl_ops.poll->wait(lkl_ops.data, self->sem, until);
	return lkl_ops.sem->down_interruptible(self->sem, until);
}

/*
 * Sleep until kicked or @until; @until is published before the last look.
 * Returns whether a host signal handler has run meanwhile. @quiet says whether
 * the last sleep ended because nobody did anything, and is set likewise.
 */
static enum lkl_signals host_wait(struct host_thread *self, struct vcpu *v,
				  u64 until, const int *flag, bool *quiet)
{
	bool collect = collector_wanted(v, self, *quiet);
	int err;

	self->polls = collect && !cmpxchg(&collector, NULL, self);
	*quiet = false;
	WRITE_ONCE(self->until, until);
	/* before the last look at the conditions */
	smp_mb();
	if (READ_ONCE(*flag) || READ_ONCE(lkl_stopped) ||
	    waiter_wanted(v, self, until) ||
	    (collect && !self->polls && !READ_ONCE(collector))) {
		WRITE_ONCE(self->until, 0);
		collector_leave(v, self);
		return SIGNALS_NONE;
	}
	err = host_sleep(self, until);
	WRITE_ONCE(self->until, 0);
	collector_leave(v, self);
	*quiet = err == -ETIMEDOUT;
	if (err == -ERESTART)
		return SIGNALS_RESTART;
	return err == -EINTR ? SIGNALS_DELIVERED : SIGNALS_NONE;
}

static void host_queue(struct host_thread *self, struct vcpu *v)
{
	if (!xchg(&self->queued, 1))
		llist_add(&self->entry, &v->entries);
	set_bit(VCPU_IRQ_ENTRY, &v->pending);
	/* before the look at the token */
	smp_mb__after_atomic();
}

/* A host signal interrupts the call that its thread waits for. */
static void host_interrupt(struct host_thread *self, struct vcpu *v,
			   enum lkl_signals got)
{
	WRITE_ONCE(self->interrupted, got);
	host_queue(self, v);
	vcpu_kick(v);
}

/**
 * host_thread_signalled - a host signal handler has run on the calling thread
 * @self: the thread
 * @restarts: calls that can go on are to
 *
 * It may have interrupted kernel code on its way to sleep, where the end of the
 * sleep would not be noticed. What has nothing to sleep for forgets it.
 *
 * Context: the handler.
 */
void host_thread_signalled(struct host_thread *self, bool restarts)
{
	if (READ_ONCE(self->inside))
		host_interrupt(self, READ_ONCE(self->vcpu),
			       restarts ? SIGNALS_RESTART : SIGNALS_DELIVERED);
}

/**
 * vcpu_look - have the waiter consider anew how it sleeps
 * @v: the vCPU
 */
void vcpu_look(struct vcpu *v)
{
	host_wake(READ_ONCE(v->waiter));
}

/**
 * host_thread_interrupt - end the call of a host thread that allows it
 * @h: the thread
 *
 * See task_syscall_interruptible().
 *
 * Context: any host thread, signal handlers included, while @h's thread lives.
 */
void host_thread_interrupt(struct host_thread *h)
{
	struct vcpu *v = READ_ONCE(h->vcpu);

	/* Before the look at interruptible: a full barrier. */
	if (xchg(&h->woken, 1))
		return;
	host_queue(h, v);
	vcpu_kick(v);
}

static bool waiter_serve(struct vcpu *v, struct host_thread *self, bool *done)
{
	unsigned long old;

	if (READ_ONCE(v->waiter) != self)
		return false;
	if (READ_ONCE(v->token) & TOKEN_BUSY) {
		/* Tell the executor; it finds out where it enables irqs. */
		vcpu_check_timer(v);
		return false;
	}
	if (!vcpu_wanted(v) || !token_take(v, self, &old))
		return false;
	*done = vcpu_run(v, self, false, old);
	return true;
}

/**
 * host_thread_returned - a thread calls: was it quick?
 * @self: the thread
 */
void host_thread_returned(struct host_thread *self)
{
	if (!self->left_at)
		return;
	if (host_now() - self->left_at > RETURN_NS)
		self->returns = 0;
	else if (self->returns < RETURNS_SURE)
		self->returns++;
	self->left_at = 0;
}

/*
 * The waiter sleeps without end, since no timer is set, and does not collect: it was
 * not the waiter when it went to sleep.
 */
static bool collector_missing(struct vcpu *v)
{
	return READ_ONCE(v->waiter->until) == LKL_FOREVER &&
	       v == &lkl_vcpus[0] && lkl_ops.poll &&
	       READ_ONCE(*lkl_ops.watches) && !READ_ONCE(collector);
}

/**
 * vcpu_after_call - wake the waiter if it has to take over
 * @v: a vCPU that the calling host thread has just left
 * @self: that thread
 *
 * If all that is pending is that others are runnable, and the thread usually calls
 * again at once, it is left to run them itself when it blocks: taking the vCPU
 * away from it would cost a wake-up and two slow entries. Should it not come back
 * this time, the tick serves them, and next time the waiter is woken.
 */
void vcpu_after_call(struct vcpu *v, struct host_thread *self)
{
	unsigned long pending = READ_ONCE(v->pending);

	if (pending == VCPU_BIT(SERVICE))
		self->left_at = host_now();
	if (pending &&
	    (pending != VCPU_BIT(SERVICE) || self->returns < RETURNS_SURE))
		vcpu_kick(v);
	else if (vcpu_waiter_late(v) || collector_missing(v))
		host_wake(READ_ONCE(v->waiter));
}

/*
 * What a thread sleeps for. Only the waiter minds the clock; and until a tick
 * has passed quietly nobody sleeps longer than that, so that whoever enters in
 * the meantime and arms the tick need not wake it. A program that blocks often
 * would pay for that wake-up at every call.
 */
static u64 wait_until(struct vcpu *v, struct host_thread *self, bool quiet)
{
	u64 until = LKL_FOREVER;

	if (READ_ONCE(v->waiter) == self)
		until = waiter_until(v);
	return quiet ? until : min(until, host_now() + TICK_NS);
}

/*
 * A thread that waits anyhow relieves the vCPU's own one: what it would be
 * woken for is often the very thing this thread waits for.
 */
static void vcpu_volunteer(struct vcpu *v, struct host_thread *self)
{
	struct host_thread *old = &v->thread;

	if (READ_ONCE(v->waiter) == old && try_cmpxchg(&v->waiter, &old, self))
		WRITE_ONCE(v->relieved, 1);
}

/* The thread's call is under way elsewhere: wait for its result. */
static long vcpu_wait(struct host_thread *self, struct vcpu *v)
{
	bool done = false, quiet = false;
	enum lkl_signals got;

	/* before the result is read */
	while (!done && !smp_load_acquire(&self->done)) {
		if (READ_ONCE(lkl_stopped))
			break;
		vcpu_volunteer(v, self);
		if (waiter_serve(v, self, &done))
			continue;
		got = host_wait(self, v, wait_until(v, self, quiet),
				&self->done, &quiet);
		if (got != SIGNALS_NONE)
			host_interrupt(self, v, got);
	}
	if (!done && !READ_ONCE(self->done))
		return READ_ONCE(lkl_stopped);
	self->done = 0;
	self->interrupted = 0;
	vcpu_resign(v, self);
	vcpu_after_call(v, self);
	return self->ret;
}

/**
 * vcpu_reenter - something became pending as a finished call left
 * @v: the vCPU, whose token has been given back
 * @self: the calling host thread
 *
 * It is run here unless somebody else does, which spares a wake-up.
 */
void vcpu_reenter(struct vcpu *v, struct host_thread *self)
{
	unsigned long old = token_of(self);

	if ((READ_ONCE(v->pending) & ~VCPU_BIT(SERVICE)) &&
	    try_cmpxchg(&v->token, &old, token_of(self) | TOKEN_BUSY))
		vcpu_run(v, self, true, old);
	vcpu_after_call(v, self);
}

/**
 * vcpu_leave_call - what is left to do when a fast call came back
 * @v: the vCPU
 * @self: the calling host thread
 * @left: why it came back; the token is still held
 *
 * Return: the call's result.
 */
long vcpu_leave_call(struct vcpu *v, struct host_thread *self, long left)
{
	unsigned long old;
	bool done = left == LEFT_DONE;

	if (left == LEFT_DEAD) {
		vcpu_dead(v);
		return READ_ONCE(lkl_stopped);
	}
	if (vcpu_release(v, self, left, done, &old))
		done = vcpu_run(v, self, done, old);
	if (!done)
		return vcpu_wait(self, v);
	vcpu_after_call(v, self);
	return self->ret;
}

/* An idle vCPU if the thread's own is taken, so that its task can move. */
static struct vcpu *vcpu_choose(struct host_thread *self)
{
	struct vcpu *v = self->vcpu;
	unsigned int cpu;

	if (!(READ_ONCE(v->token) & TOKEN_BUSY))
		return v;
	for (cpu = 0; cpu < nr_cpu_ids; cpu++)
		if (READ_ONCE(lkl_vcpus[cpu].token) == 0 &&
		    lkl_vcpus[cpu].thread.sem)
			return &lkl_vcpus[cpu];
	return v;
}

/**
 * vcpu_call - run a call whose task is not current, or not made yet
 * @self: the calling host thread
 * @call: what to run on its task's stack, with @nr and @params
 * @nr: first argument
 * @params: second argument; must stay valid until the call ends
 *
 * Return: the call's result, or lkl_stopped.
 */
long vcpu_call(struct host_thread *self, lkl_call_t call, long nr,
	       const long *params)
{
	struct vcpu *v = vcpu_choose(self);
	unsigned long old;

	host_thread_returned(self);
	self->call = call;
	self->nr = nr;
	self->params = params;
	/* after the call itself */
	smp_store_release(&self->calling, 1);
	host_queue(self, v);
	if (READ_ONCE(lkl_stopped))
		return READ_ONCE(lkl_stopped);
	if (token_take(v, self, &old)) {
		if (vcpu_run(v, self, false, old)) {
			vcpu_after_call(v, self);
			return self->ret;
		}
	} else {
		vcpu_kick(v);
	}
	return vcpu_wait(self, v);
}

static void vcpu_thread(void *arg)
{
	struct vcpu *v = arg;
	struct host_thread *self = &v->thread;
	bool quiet = false, done;
	unsigned long old;
	long left;

	left = lkl_call_on_stack(v->boot, self, 0, NULL, v->boot_stack,
				 &v->host_sp);
	if (left == LEFT_DEAD)
		vcpu_dead(v);
	else if (vcpu_release(v, self, left, false, &old))
		vcpu_run(v, self, false, old);
	while (!READ_ONCE(lkl_stopped)) {
		if (waiter_serve(v, self, &done))
			continue;
		host_wait(self, v, wait_until(v, self, quiet), &lkl_stopped,
			  &quiet);
	}
}

/**
 * vcpu_start_thread - make a vCPU's own host thread
 * @v: the vCPU
 * @boot: what to run first, on a kernel stack, with the token held
 * @stack: where that stack ends
 *
 * Return: 0 or a negative errno.
 */
int vcpu_start_thread(struct vcpu *v, lkl_call_t boot, unsigned long stack)
{
	static const char name[] = "lkl-vcpu";
	struct host_thread *self = &v->thread;

	self->sem = lkl_ops.sem->alloc(0);
	if (!self->sem)
		return -ENOMEM;
	self->vcpu = v;
	v->waiter = self;
	v->deadline = LKL_FOREVER;
	v->boot = boot;
	v->boot_stack = stack;
	WRITE_ONCE(v->token, token_of(self) | TOKEN_BUSY);
	return lkl_ops.thread->create(vcpu_thread, v, name, &self->handle);
}

/**
 * vcpu_leave - go back to the executing host thread's own stack
 * @v: the calling vCPU
 * @why: the reason it gets
 *
 * What is on the calling stack is abandoned.
 *
 * Context: on a kernel stack, interrupts enabled unless LEFT_DEAD.
 */
void __noreturn vcpu_leave(struct vcpu *v, enum vcpu_left why)
{
	unsigned long unused;

	lkl_switch_stack(&unused, v->host_sp, why);
	__builtin_unreachable();
}

/**
 * vcpu_idle - suspend the idle context until somebody enters
 * @v: the calling vCPU
 *
 * Context: on the idle task's stack, interrupts disabled.
 */
void vcpu_idle(struct vcpu *v)
{
	if (!READ_ONCE(v->pending))
		lkl_switch_stack(&v->idle_sp, v->host_sp, LEFT_IDLE);
}

/**
 * host_thread_complete - hand a finished call to its host thread
 * @h: the thread, which is not the executing one
 * @ret: its call's result
 *
 * Context: on a kernel stack.
 */
void host_thread_complete(struct host_thread *h, long ret)
{
	h->ret = ret;
	/* after the result */
	smp_store_release(&h->done, 1);
	/* before the look at until */
	smp_mb();
	host_wake(h);
}

/**
 * host_thread_complete_later - the same, but do not wake the thread yet
 * @v: the calling vCPU
 * @h: the thread, whose result is in @h->ret
 *
 * Woken at once, it would often take the processor from the executor, which still
 * has the token, and then have to wait for that. A thread that has not gone to
 * sleep yet goes on at once all the same.
 *
 * Context: on a kernel stack; followed by vcpu_leave() or vcpu_flush_wake().
 */
void host_thread_complete_later(struct vcpu *v, struct host_thread *h)
{
	vcpu_flush_wake(v);
	v->wake = h;
	/* after the result */
	smp_store_release(&h->done, 1);
	/* before the look at until */
	smp_mb();
}

/**
 * vcpu_flush_wake - wake the thread that was completed last
 * @v: the calling vCPU
 */
void vcpu_flush_wake(struct vcpu *v)
{
	struct host_thread *h = v->wake;

	v->wake = NULL;
	if (h)
		host_wake(h);
}

/**
 * vcpu_stop_all - stop every vCPU and wake every waiting thread
 * @err: what their calls return, a negative errno
 *
 * A vCPU that is being executed is left by its executor at the next place
 * where interrupts are polled.
 *
 * Context: any.
 */
void vcpu_stop_all(int err)
{
	struct host_thread *h;
	unsigned int cpu;

	cmpxchg(&lkl_stopped, 0, err);
	/* before the look at the tokens */
	smp_mb();
	for (cpu = 0; cpu < NR_CPUS; cpu++) {
		struct vcpu *v = &lkl_vcpus[cpu];
		unsigned long old = READ_ONCE(v->token);

		if (!v->thread.sem)
			continue;
		set_bit(VCPU_IRQ_STOP, &v->pending);
		/* before the look at the token */
		smp_mb__after_atomic();
		if (old & TOKEN_BUSY && !on_vcpu(v))
			token_settles(v, VCPU_BIT(STOP));
		old = READ_ONCE(v->token);
		while (!(old & TOKEN_BUSY) &&
		       !try_cmpxchg(&v->token, &old, TOKEN_BUSY))
			;
		host_wake(&v->thread);
	}
	for (h = READ_ONCE(all_threads); h; h = h->next)
		host_wake(h);
}

/**
 * host_thread_get - a record for the calling host thread
 *
 * Return: it, or NULL when the host is out of memory.
 */
struct host_thread *host_thread_get(void)
{
	struct llist_node *node = NULL;
	struct host_thread *h;

	/* Taking off the list is for one at a time; adding needs no lock. */
	if (!test_and_set_bit_lock(0, &free_lock)) {
		node = llist_del_first(&free_threads);
		clear_bit_unlock(0, &free_lock);
	}
	if (node)
		return llist_entry(node, struct host_thread, entry);
	h = lkl_ops.mem->alloc(sizeof(*h));
	if (!h)
		return NULL;
	h->sem = lkl_ops.sem->alloc(0);
	if (!h->sem) {
		lkl_ops.mem->free(h);
		return NULL;
	}
	h->returns = RETURNS_SURE;
	h->next = READ_ONCE(all_threads);
	while (!try_cmpxchg(&all_threads, &h->next, h))
		;
	return h;
}

/**
 * host_thread_put - the host thread has ended; its record can serve another
 * @h: its record
 */
void host_thread_put(struct host_thread *h)
{
	h->task = NULL;
	h->vcpu = &lkl_vcpus[0];
	h->interrupted = 0;
	h->woken = 0;
	h->nr_signals = 0;
	/* Still on a vCPU's list: a late signal. It will not be used again. */
	if (READ_ONCE(h->queued))
		return;
	llist_add(&h->entry, &free_threads);
}

/**
 * host_threads_exit - wait for every thread to leave, and free what they used
 *
 * Context: after vcpu_stop_all(), any host thread outside.
 */
void host_threads_exit(void)
{
	struct host_thread *h, *next;
	unsigned int cpu;

	for (cpu = 0; cpu < NR_CPUS; cpu++) {
		struct host_thread *t = &lkl_vcpus[cpu].thread;

		if (t->handle)
			lkl_ops.thread->join(t->handle);
	}
	for (h = all_threads; h; h = next) {
		/* before the record is freed */
		while (smp_load_acquire(&h->inside))
			lkl_ops.time->delay(100 * NSEC_PER_USEC);
		next = h->next;
		lkl_ops.sem->free(h->sem);
		lkl_ops.mem->free(h);
	}
	all_threads = NULL;
	for (cpu = 0; cpu < NR_CPUS; cpu++)
		if (lkl_vcpus[cpu].thread.sem)
			lkl_ops.sem->free(lkl_vcpus[cpu].thread.sem);
}
