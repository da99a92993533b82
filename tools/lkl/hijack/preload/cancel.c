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
#include <pthread.h>

#include "api.h"
#include "kernel.h"
#include "preload.h"
#include "real.h"
#include "wait.h"

bool cancel_used;

static void ended(int signo)
{
	int saved_errno = errno;

	(void)signo;
	wait_signalled();
	/* The call may be on its way to sleep. */
	if (kernel_is_up())
		api.lkl_signal_handled(0);
	errno = saved_errno;
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
