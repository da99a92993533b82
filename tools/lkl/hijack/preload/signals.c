// SPDX-License-Identifier: GPL-2.0
/*
 * signals.c - sigaction() and signal() interposed
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   the program; boot.c and service/client.c prepare the signals of processor
 *          faults.
 * Context: any thread, signal handlers too; no locks.
 *
 * A handler of the program is called by ours, which tells a thread that is about
 * to sleep with another signal mask (wait.h), and the library, whose call it may
 * have interrupted on its way to sleep. Ours is installed with the program's flags
 * and mask, so nothing else differs.
 *
 * The signals that processor faults become belong to the library once it is
 * booted: it hands on what is not its own to what it found installed, which is
 * the handler here. What the program then says of them is kept and obeyed here.
 */
#include "signals.h"

#include <string.h>

#include "api.h"
#include "guard.h"
#include "kernel.h"
#include "preload.h"
#include "real.h"
#include "wait.h"

typedef void handler(int signo, siginfo_t *info, void *context);

#define SIGNALS	65

/**
 * struct action - what the program said of a signal
 * @handler: its function; NULL while none of its own was installed here
 * @told: all that it said, for those of the library
 */
struct action {
	handler *handler;
	struct sigaction told;
};

/* File-scope state: signal actions are the process's. */
static struct action actions[SIGNALS];
static bool faults_taken;

static bool is_fault(int signo)
{
	return signo == SIGSEGV || signo == SIGBUS || signo == SIGILL ||
	       signo == SIGFPE;
}

static bool is_function(const struct sigaction *action)
{
	return action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN;
}

/* One that takes the number alone does not mind the rest. */
static void handle(int signo, siginfo_t *info, void *context)
{
	handler *fn = __atomic_load_n(&actions[signo].handler, __ATOMIC_ACQUIRE);
	int saved_errno = errno;

	wait_signalled();
	if (kernel_is_up())
		api.lkl_signal_handled(actions[signo].told.sa_flags & SA_RESTART);
	errno = saved_errno;
	if (fn)
		fn(signo, info, context);
}

static bool is_ours(const struct sigaction *action)
{
	return action->sa_sigaction == handle;
}

/* What the program is told that it had. */
static void unwrap(int signo, struct sigaction *old, handler *before, int flags)
{
	(void)signo;
	if (!is_ours(old))
		return;
	old->sa_sigaction = before;
	if (!(flags & SA_SIGINFO))
		old->sa_flags &= ~SA_SIGINFO;
}

static int action_host(int signo, const struct sigaction *new,
		       struct sigaction *old)
{
	struct action *action = &actions[signo];
	handler *before = action->handler;
	int flags = action->told.sa_flags;
	struct sigaction wrapped;
	int ret;

	if (new && is_function(new) && !is_ours(new)) {
		wrapped = *new;
		action->told = *new;
		__atomic_store_n(&action->handler, new->sa_sigaction,
				 __ATOMIC_RELEASE);
		wrapped.sa_sigaction = handle;
		wrapped.sa_flags |= SA_SIGINFO;
		new = &wrapped;
	}
	ret = real.sigaction(signo, new, old);
	if (!ret && old)
		unwrap(signo, old, before, flags);
	return ret;
}

/* Signals that the library takes first. */

/* End the process by the signal, as if nobody had handled it. */
static void fault_default(int signo, const siginfo_t *info)
{
	struct sigaction dfl = { .sa_handler = SIG_DFL };

	real.sigaction(signo, &dfl, NULL);
	/* The instruction faults again when we return; what was sent does not. */
	if (info->si_code <= 0)
		raise(signo);
}

static void fault_handle(int signo, siginfo_t *info, void *context)
{
	struct sigaction told = actions[signo].told;
	sigset_t saved;

	if (guard_fault(context))
		return;
	if (told.sa_handler == SIG_IGN && info->si_code <= 0)
		return;
	if (!is_function(&told)) {
		fault_default(signo, info);
		return;
	}
	if (told.sa_flags & SA_RESETHAND)
		actions[signo].told.sa_handler = SIG_DFL;
	if (!(told.sa_flags & SA_NODEFER))
		sigaddset(&told.sa_mask, signo);
	real.pthread_sigmask(SIG_BLOCK, &told.sa_mask, &saved);
	told.sa_sigaction(signo, info, context);
	real.pthread_sigmask(SIG_SETMASK, &saved, NULL);
}

static int action_fault(int signo, const struct sigaction *new,
			struct sigaction *old)
{
	struct sigaction before = actions[signo].told;

	if (new)
		actions[signo].told = *new;
	if (old)
		*old = before;
	return 0;
}

void signals_before_boot(void)
{
	static const int faults[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE };
	struct sigaction ours = {
		.sa_sigaction = fault_handle,
		.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER,
	};

	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		action_host(faults[i], NULL, &actions[faults[i]].told);
		real.sigaction(faults[i], &ours, NULL);
	}
	__atomic_store_n(&faults_taken, true, __ATOMIC_RELEASE);
	guard_start();
}

HIJACK int sigaction(int signo, const struct sigaction *new,
		     struct sigaction *old)
{
	if (signo <= 0 || signo >= SIGNALS)
		return real.sigaction(signo, new, old);
	if (is_fault(signo) && __atomic_load_n(&faults_taken, __ATOMIC_ACQUIRE))
		return action_fault(signo, new, old);
	return action_host(signo, new, old);
}

HIJACK int __sigaction(int signo, const struct sigaction *new,
		       struct sigaction *old)
	ALIAS_LEAF("sigaction");

HIJACK __sighandler_t signal(int signo, __sighandler_t fn)
{
	struct sigaction new = { .sa_handler = fn, .sa_flags = SA_RESTART }, old;

	if (fn == SIG_ERR || signo <= 0 || signo >= SIGNALS) {
		errno = EINVAL;
		return SIG_ERR;
	}
	sigaddset(&new.sa_mask, signo);
	return sigaction(signo, &new, &old) ? SIG_ERR : old.sa_handler;
}

HIJACK __sighandler_t bsd_signal(int signo, __sighandler_t fn)
	ALIAS_LEAF("signal");
HIJACK __sighandler_t ssignal(int signo, __sighandler_t fn)
	ALIAS_LEAF("signal");
