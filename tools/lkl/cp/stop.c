// SPDX-License-Identifier: GPL-2.0
/*
 * stop.c - end a run in good order on SIGINT, SIGTERM or SIGHUP
 *
 * Layer:   tools; see stop.h.
 * Context: one thread. State is global because signal handlers have no other.
 */
#include "stop.h"

#include <signal.h>
#include <stddef.h>

#include "diag.h"

volatile bool stop;
static volatile sig_atomic_t stop_signal;

static void on_signal(int signo)
{
	stop_signal = signo;
	stop = true;
}

void stop_catch(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = {
		.sa_handler = on_signal,
		.sa_flags = SA_RESETHAND,
	};
	struct sigaction old;
	size_t i;

	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		/* nohup and the like stay in force. */
		sigaction(signals[i], NULL, &old);
		if (old.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
	}
}

void stop_raise(const char *what)
{
	if (!stop_signal)
		return;
	diag_error("interrupted; the %s is not complete", what);
	signal(stop_signal, SIG_DFL);
	raise(stop_signal);
}
