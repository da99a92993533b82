// SPDX-License-Identifier: GPL-2.0
/*
 * fault.c - the fault family: processor faults by signals.
 *
 * Layer:   host/posix.
 * Users:   the kernel (attach at boot, detach at destroy).
 * Context: attach and detach under state_mutex with signals blocked; all else
 *          in signal handlers, lock-free.
 *
 * DOC: Theory of operation
 *
 * The first attach installs one handler for the four signals that processor
 * faults become, the last detach restores what was there. In between, a fault
 * whose pc or address lies in an attached range goes to the range's owner;
 * every other signal goes to what the application had installed, the way the
 * host kernel would have delivered it: with the application's mask and
 * SA_NODEFER, once only for SA_RESETHAND, and for the default action with the
 * process ending by that very signal and siginfo.
 *
 * An owner may block in a fault of application code, and its thread may then
 * run other code of the range, which may fault in turn: so the four signals
 * stay open in our handler, and all others are blocked. That other code is on
 * a stack of its own. The host would then start anew at the top of the thread's
 * alternate stack, where our own frame is; so such an owner is called on the
 * stack that was interrupted, with no alternate stack in force.
 *
 * A handler that the application installs later replaces ours, and should call
 * the one it replaced for faults that are not its own. If it does, and we are
 * installed again on top of it (a second boot), its call comes back to us with
 * the siginfo we gave it; we then go on to what was there before both.
 *
 * Handlers read the ranges and saved actions under a sequence count. Writers
 * block all signals, so that a handler never interrupts the writer it would
 * wait for.
 */
#include "host/posix/fault.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/posix/posix.h"

/* The span of a kernel is 256 GiB or more: 512 would fill 47 bits. */
#define RANGES_MAX	128

struct range {
	__u64 base;
	__u64 size;
	int (*handler)(struct lkl_fault *fault);
};

/**
 * struct signal_state - one of the signals we take
 * @signo: host signal number
 * @kind: what the kernel calls it, LKL_FAULT_*
 * @top: what our handler replaced, and chains to
 * @bottom: what it replaced the first time
 * @reset: @top had SA_RESETHAND and has run
 * @bottom_valid: @bottom was set
 */
struct signal_state {
	int signo;
	__u32 kind;
	struct sigaction top;
	struct sigaction bottom;
	atomic_int reset;
	int bottom_valid;
};

/*
 * File-scope state, because signal actions belong to the process: written
 * under state_mutex and state_seq, read under state_seq.
 */
static pthread_mutex_t state_mutex = PTHREAD_MUTEX_INITIALIZER;
static atomic_uint state_seq;
static struct range ranges[RANGES_MAX];
static unsigned int ranges_used;
static struct signal_state signals[] = {
	{ .signo = SIGSEGV, .kind = LKL_FAULT_ACCESS },
	{ .signo = SIGBUS, .kind = LKL_FAULT_BUS },
	{ .signo = SIGILL, .kind = LKL_FAULT_INSTRUCTION },
	{ .signo = SIGFPE, .kind = LKL_FAULT_ARITHMETIC },
};

#define SIGNALS (sizeof(signals) / sizeof(signals[0]))

/* The signal this thread is handing to the application, for chained_back(). */
struct chain {
	const siginfo_t *info;
	const void *frame;
};

static __thread struct chain chain_current
	__attribute__((tls_model("initial-exec")));

static void state_lock(sigset_t *saved)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, saved);
	pthread_mutex_lock(&state_mutex);
}

static void state_unlock(const sigset_t *saved)
{
	pthread_mutex_unlock(&state_mutex);
	pthread_sigmask(SIG_SETMASK, saved, NULL);
}

static void write_begin(void)
{
	atomic_fetch_add_explicit(&state_seq, 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
}

static void write_end(void)
{
	atomic_fetch_add_explicit(&state_seq, 1, memory_order_release);
}

static unsigned int read_begin(void)
{
	unsigned int seq;

	do {
		seq = atomic_load_explicit(&state_seq, memory_order_acquire);
	} while (seq & 1);
	return seq;
}

static int read_retry(unsigned int seq)
{
	atomic_thread_fence(memory_order_acquire);
	return atomic_load_explicit(&state_seq, memory_order_relaxed) != seq;
}

static struct signal_state *signal_find(int signo)
{
	for (unsigned int i = 0; i < SIGNALS; i++)
		if (signals[i].signo == signo)
			return &signals[i];
	return NULL;
}

typedef int fault_handler_t(struct lkl_fault *fault);

/* The handler of the range that @addr lies in, or NULL. */
static fault_handler_t *range_handler(__u64 addr)
{
	fault_handler_t *handler;
	unsigned int seq;

	do {
		handler = NULL;
		seq = read_begin();
		for (unsigned int i = 0; i < RANGES_MAX; i++)
			if (addr - ranges[i].base < ranges[i].size)
				handler = ranges[i].handler;
	} while (read_retry(seq));
	return handler;
}


static void action_read(const struct signal_state *state, int chained_back,
			struct sigaction *action)
{
	unsigned int seq;

	do {
		seq = read_begin();
		*action = chained_back ? state->bottom : state->top;
	} while (read_retry(seq));
}

/*
 * End the process as the host would have: the signal is queued again with its
 * own siginfo and hits when our handler returns and unblocks it, with the
 * registers of the interrupted context.
 */
static void chain_default(int signo, siginfo_t *info)
{
	struct sigaction dfl = { .sa_handler = SIG_DFL };

	sigaction(signo, &dfl, NULL);
	syscall(SYS_rt_tgsigqueueinfo, getpid(), (pid_t)syscall(SYS_gettid),
		signo, info);
}

/* The mask the host would have set for the application's handler. */
static void chain_mask(int signo, const struct sigaction *action,
		       const ucontext_t *uc)
{
	sigset_t interrupted, mask;

	/* The host's frame has 64 signals, libc's sigset_t has room for more. */
	sigemptyset(&interrupted);
	memcpy(&interrupted, &uc->uc_sigmask, sizeof(__u64));
	sigorset(&mask, &interrupted, &action->sa_mask);
	if (!(action->sa_flags & SA_NODEFER))
		sigaddset(&mask, signo);
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
}

static void chain_call(int signo, siginfo_t *info, ucontext_t *uc,
		       const struct sigaction *action)
{
	chain_mask(signo, action, uc);
	if (action->sa_flags & SA_SIGINFO)
		action->sa_sigaction(signo, info, uc);
	else
		action->sa_handler(signo);
}

/*
 * Were we called by the handler we chained to? Then it passes the siginfo we
 * gave it, from further down the stack. A new signal can have its siginfo at
 * the same address (after a siglongjmp out of the last one), but not both.
 */
static int chained_back(const siginfo_t *info, const void *frame)
{
	return info && chain_current.info == info &&
	       frame < chain_current.frame;
}

static void chain_to_application(int signo, siginfo_t *info, ucontext_t *uc,
				 struct signal_state *state, const void *frame)
{
	struct chain outer = chain_current;
	int back = chained_back(info, frame);
	struct sigaction action;

	action_read(state, back, &action);
	if (!back && (action.sa_flags & SA_RESETHAND) &&
	    atomic_exchange(&state->reset, 1))
		action.sa_handler = SIG_DFL;
	/* A fault cannot be ignored: signal(7) leaves it undefined, Linux ends. */
	if (action.sa_handler == SIG_IGN && info->si_code <= 0)
		return;
	if (action.sa_handler == SIG_IGN || action.sa_handler == SIG_DFL) {
		chain_default(signo, info);
		return;
	}
	if (!back)
		chain_current = (struct chain){ info, frame };
	chain_call(signo, info, uc, &action);
	chain_current = outer;
}

struct owner_call {
	fault_handler_t *handler;
	struct lkl_fault *fault;
	const stack_t *alternate;
};

static long owner_call_off_alternate(void *arg)
{
	const struct owner_call *call = arg;
	stack_t none = { .ss_flags = SS_DISABLE };
	stack_t alternate = *call->alternate;
	long ret;

	sigaltstack(&none, NULL);
	ret = call->handler(call->fault);
	alternate.ss_flags &= ~SS_ONSTACK;
	sigaltstack(&alternate, NULL);
	return ret;
}

/* Call the owner of the memory that code of the application has accessed. */
static int owner_call(fault_handler_t *handler, struct lkl_fault *fault)
{
	stack_t alternate;
	struct owner_call call = { handler, fault, &alternate };

	if (sigaltstack(NULL, &alternate) || !(alternate.ss_flags & SS_ONSTACK))
		return handler(fault);
	return fault_call_on_stack(owner_call_off_alternate, &call, fault->sp);
}

/* Offer a fault to its owner. Return: 1 if it was taken. */
static int fault_offer(siginfo_t *info, ucontext_t *uc, __u32 kind)
{
	struct lkl_fault fault = { .kind = kind };
	fault_handler_t *handler;
	int taken = 0;

	/* Sent by kill() and the like: not a fault. */
	if (info->si_code <= 0)
		return 0;
	fault_read_context(&fault, info, uc);
	/* Whose code it is counts more than whose memory. */
	handler = range_handler(fault.pc);
	if (handler) {
		taken = handler(&fault);
	} else if (fault.addr) {
		handler = range_handler(fault.addr);
		taken = handler && owner_call(handler, &fault);
	}
	if (taken)
		fault_write_context(&fault, uc);
	return taken;
}

static void fault_signal(int signo, siginfo_t *info, void *context)
{
	struct signal_state *state = signal_find(signo);
	int saved_errno = errno;

	if (state && !fault_offer(info, context, state->kind))
		chain_to_application(signo, info, context, state,
				     __builtin_frame_address(0));
	errno = saved_errno;
}

static int action_is_ours(const struct sigaction *action)
{
	return (action->sa_flags & SA_SIGINFO) &&
	       action->sa_sigaction == fault_signal;
}

/* Remember what is installed for @state, and what our handler needs of it. */
static void signal_save(struct signal_state *state,
			const struct sigaction *current)
{
	write_begin();
	if (!action_is_ours(current))
		state->top = *current;
	else if (state->bottom_valid)
		/* The application put us back: what it had is gone. */
		state->top = state->bottom;
	if (!state->bottom_valid)
		state->bottom = state->top;
	state->bottom_valid = 1;
	atomic_store(&state->reset, 0);
	write_end();
}

/*
 * chain_mask() sets the mask that the application wants. Which stack a handler
 * runs on cannot be changed then, so SA_ONSTACK follows an application's
 * handler, and is on if there is none: a fault on a kernel stack that is full
 * is then seen by threads that have an alternate stack, as those made by
 * thread.c do.
 */
static int signal_install(struct signal_state *state)
{
	struct sigaction ours = { .sa_sigaction = fault_signal };
	struct sigaction current;

	if (sigaction(state->signo, NULL, &current))
		return posix_errno(errno);
	signal_save(state, &current);
	sigfillset(&ours.sa_mask);
	for (unsigned int i = 0; i < SIGNALS; i++)
		sigdelset(&ours.sa_mask, signals[i].signo);
	ours.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
	if (state->top.sa_handler != SIG_DFL && state->top.sa_handler != SIG_IGN)
		ours.sa_flags &= ~SA_ONSTACK | state->top.sa_flags;
	if (sigaction(state->signo, &ours, NULL))
		return posix_errno(errno);
	return 0;
}

/* Put back what was there, unless the application installed its own since. */
static void signal_restore(struct signal_state *state)
{
	struct sigaction current;

	if (sigaction(state->signo, NULL, &current) || !action_is_ours(&current))
		return;
	current = state->top;
	if ((current.sa_flags & SA_RESETHAND) && atomic_load(&state->reset))
		current = (struct sigaction){ .sa_handler = SIG_DFL };
	sigaction(state->signo, &current, NULL);
}

static int signals_install(void)
{
	int err;

	for (unsigned int i = 0; i < SIGNALS; i++) {
		err = signal_install(&signals[i]);
		if (err) {
			while (i--)
				signal_restore(&signals[i]);
			return err;
		}
	}
	return 0;
}

static void range_set(struct range *range, __u64 base, __u64 size,
		      int (*handler)(struct lkl_fault *fault))
{
	write_begin();
	*range = (struct range){ base, size, handler };
	write_end();
}

/* A free place for [@base, @base + @size), or NULL if full or overlapping. */
static struct range *range_find_free(__u64 base, __u64 size)
{
	struct range *free = NULL;

	for (unsigned int i = 0; i < RANGES_MAX; i++) {
		struct range *range = &ranges[i];

		if (!range->size)
			free = range;
		else if (base < range->base + range->size &&
			 range->base < base + size)
			return NULL;
	}
	return free;
}

static int attach_locked(__u64 base, __u64 size,
			 int (*handler)(struct lkl_fault *fault))
{
	struct range *range = range_find_free(base, size);
	int err;

	if (!range)
		return posix_errno(EBUSY);
	if (!ranges_used) {
		err = signals_install();
		if (err)
			return err;
	}
	range_set(range, base, size, handler);
	ranges_used++;
	return 0;
}

static int fault_attach(__u64 base, __u64 size,
			int (*handler)(struct lkl_fault *fault))
{
	sigset_t saved;
	int err;

	if (!handler || !size || base + size < base)
		return posix_errno(EINVAL);
	state_lock(&saved);
	err = attach_locked(base, size, handler);
	state_unlock(&saved);
	return err;
}

static void detach_locked(__u64 base)
{
	for (unsigned int i = 0; i < RANGES_MAX; i++) {
		if (!ranges[i].size || ranges[i].base != base)
			continue;
		range_set(&ranges[i], 0, 0, NULL);
		if (--ranges_used)
			return;
		for (unsigned int s = 0; s < SIGNALS; s++)
			signal_restore(&signals[s]);
		return;
	}
}

static void fault_detach(__u64 base)
{
	sigset_t saved;

	state_lock(&saved);
	detach_locked(base);
	state_unlock(&saved);
}

const struct lkl_fault_ops posix_fault_ops = {
	.hdr = LKL_OPS_HEADER(struct lkl_fault_ops),
	.attach = fault_attach,
	.detach = fault_detach,
};
