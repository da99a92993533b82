// SPDX-License-Identifier: GPL-2.0
/*
 * signal.c - signals raised inside the kernel go to host threads
 *
 * Layer:   arch/lkl, on kernel stacks.
 * Users:   task.c, before a task goes to user mode and after an interrupted
 *          call.
 *
 * Inside, every signal whose default is not to be ignored has a handler, so
 * that it interrupts calls and is not dropped. "Calling" it means to send the
 * signal to the task's host thread, where the application's own disposition
 * decides: a handler, an ignored signal, the default action. The application
 * can also ignore or block it in here, by rt_sigaction and rt_sigprocmask.
 */
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/signal.h>
#include <linux/resume_user_mode.h>

#include <asm/host.h>
#include <asm/task.h>
#include <asm/vcpu.h>

/* Never called: says that the host decides. */
#define HOST_HANDLER	((__sighandler_t)8UL)

/**
 * lkl_signals_init - let process 1 have every signal, but not its leader
 *
 * The leader runs no application code, so that signals for the process go to
 * one of the threads that do.
 *
 * Context: process 1, before any application thread is adopted.
 */
void lkl_signals_init(void)
{
	struct k_sigaction *action = current->sighand->action;
	sigset_t all;
	int sig;

	spin_lock_irq(&current->sighand->siglock);
	for (sig = 1; sig <= _NSIG; sig++) {
		if (sig_kernel_only(sig) || sig_kernel_ignore(sig))
			continue;
		action[sig - 1].sa.sa_handler = HOST_HANDLER;
	}
	spin_unlock_irq(&current->sighand->siglock);
	sigfillset(&all);
	set_current_blocked(&all);
}

/*
 * A thread that waits for a call's result gets it first, so that the handler
 * runs on its own stack; one that runs application code gets it at once.
 */
static void signal_host(const struct ksignal *ksig, bool in_call)
{
	struct host_thread *self = current_thread_info()->owner;
	struct lkl_signal sig = {
		.signo = ksig->sig,
		.code = ksig->info.si_code,
		.value = (u64)ksig->info.si_ptr,
	};

	if (!self)
		return;
	if (in_call && self->nr_signals < HOST_SIGNALS)
		self->signals[self->nr_signals++] = sig;
	else
		lkl_ops.thread->signal(self->host_id, &sig);
}

/**
 * lkl_do_signals - deliver what is pending for the calling task
 * @in_call: whether its host thread waits for a call's result
 *
 * Return: what kind of signals were delivered, for restarting a call.
 */
enum lkl_signals lkl_do_signals(bool in_call)
{
	enum lkl_signals got = SIGNALS_NONE;
	struct ksignal ksig;

	while (get_signal(&ksig)) {
		signal_host(&ksig, in_call);
		if (got == SIGNALS_NONE)
			got = SIGNALS_RESTART;
		if (!(ksig.ka.sa.sa_flags & SA_RESTART))
			got = SIGNALS_DELIVERED;
	}
	restore_saved_sigmask();
	return got;
}
