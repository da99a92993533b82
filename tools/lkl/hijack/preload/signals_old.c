// SPDX-License-Identifier: GPL-2.0
/*
 * signals_old.c - what System V and BSD install handlers by
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   the program.
 * Context: any thread, signal handlers too; no locks.
 *
 * libc's own would install the program's handler past sigaction() of signals.c, and
 * the library would not hear of it.
 */
#include <errno.h>
#include <signal.h>
#include <stddef.h>

#include "preload.h"
#include "real.h"

/* Install @fn with @flags and no mask. Return: what was there, or SIG_ERR. */
static __sighandler_t install(int signo, __sighandler_t fn, int flags)
{
	struct sigaction new = { .sa_handler = fn, .sa_flags = flags }, old;

	return sigaction(signo, &new, &old) ? SIG_ERR : old.sa_handler;
}

HIJACK __sighandler_t sysv_signal(int signo, __sighandler_t fn)
{
	if (fn != SIG_ERR)
		return install(signo, fn, (int)SA_RESETHAND | SA_NODEFER);
	errno = EINVAL;
	return SIG_ERR;
}

HIJACK __sighandler_t __sysv_signal(int signo, __sighandler_t fn)
	ALIAS_LEAF("sysv_signal");

/* Block or unblock. Return: was it blocked before, or < 0? */
static int blocked(int how, int signo)
{
	sigset_t set, old;

	sigemptyset(&set);
	if (sigaddset(&set, signo) || real.pthread_sigmask(how, &set, &old))
		return -1;
	return sigismember(&old, signo);
}

HIJACK __sighandler_t sigset(int signo, __sighandler_t fn)
{
	__sighandler_t before;
	struct sigaction now;
	int held;

	if (fn == SIG_HOLD) {
		held = blocked(SIG_BLOCK, signo);
		if (held < 0 || sigaction(signo, NULL, &now))
			return SIG_ERR;
		return held ? SIG_HOLD : now.sa_handler;
	}
	before = install(signo, fn, 0);
	if (before == SIG_ERR)
		return SIG_ERR;
	held = blocked(SIG_UNBLOCK, signo);
	if (held < 0)
		return SIG_ERR;
	return held ? SIG_HOLD : before;
}

HIJACK int siginterrupt(int signo, int interrupts)
{
	struct sigaction action;

	if (sigaction(signo, NULL, &action))
		return -1;
	if (interrupts)
		action.sa_flags &= ~SA_RESTART;
	else
		action.sa_flags |= SA_RESTART;
	return sigaction(signo, &action, NULL);
}
