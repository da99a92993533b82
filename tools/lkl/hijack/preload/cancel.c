// SPDX-License-Identifier: GPL-2.0
/*
 * cancel.c - pthread_cancel() interposed
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   the program.
 * Context: any thread.
 *
 * libc's signal for a cancellation restarts calls of the library, as it does
 * the host's, where libc ends them by looking at what they interrupted. So a
 * second signal, whose handler does not restart, has them return; what returns
 * interrupted looks for a cancellation (result_error()), and so does what begins.
 */
#include "cancel.h"

#include <pthread.h>

#include "api.h"
#include "real.h"
#include "wait.h"

bool cancel_used;

/*
 * Of a thread: has it been asked to end, how often has it been told, and how its calls
 * are interrupted. An interrupt stays until a call takes it, so it does not matter
 * whether the call had begun.
 */
THREAD_LOCAL volatile bool asked;
THREAD_LOCAL volatile int told;
THREAD_LOCAL struct lkl_waker waker;
THREAD_LOCAL volatile bool waker_known;

static void ended(int signo)
{
	int saved_errno = errno;

	(void)signo;
	asked = true;
	told++;
	wait_signalled();
	if (waker_known)
		api.lkl_waker_interrupt(&waker);
	/* A call that began before anybody was cancelled may be on its way to sleep. */
	if (kernel_is_up())
		api.lkl_signal_handled(0);
	errno = saved_errno;
}

void cancel_forked(void)
{
	waker_known = false;
}

static bool enabled(void)
{
	int state;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	pthread_setcancelstate(state, NULL);
	return state == PTHREAD_CANCEL_ENABLE;
}

/* Handlers of the program that have run in this thread. */
static int handlers(void)
{
	return wait_handlers() - told;
}

long cancel_call(long nr, long *params)
{
	int before = handlers();
	long ret;

	if (!kernel_is_up())
		return kernel_call(nr, params[0], params[1], params[2], params[3],
				   params[4], params[5]);
	if (!waker_known)
		waker_known = !api.lkl_waker_self(&waker);
	do {
		if (asked && enabled())
			return -EINTR;
		/* It is not to end now: libc remembers that it is to. */
		asked = false;
		ret = api.lkl_waker_syscall(nr, params);
	} while (ret == -EINTR && (!asked || !enabled()) && before == handlers());
	return ret;
}

/* The last signal there is, unless the program has a use for it. */
static bool signal_ready(void)
{
	struct sigaction action;

	if (real.sigaction(SIGRTMAX, NULL, &action))
		return false;
	if (action.sa_handler == ended)
		return true;
	if (action.sa_handler != SIG_DFL)
		return false;
	action = (struct sigaction){ .sa_handler = ended };
	return !real.sigaction(SIGRTMAX, &action, NULL);
}

HIJACK int pthread_cancel(pthread_t thread)
{
	int err;

	__atomic_store_n(&cancel_used, true, __ATOMIC_SEQ_CST);
	err = real.pthread_cancel(thread);
	if (!err && signal_ready())
		pthread_kill(thread, SIGRTMAX);
	return err;
}
