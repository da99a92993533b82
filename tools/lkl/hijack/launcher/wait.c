// SPDX-License-Identifier: GPL-2.0
/*
 * wait.c - wait for the program, passing signals on; see launcher.h
 *
 * Layer:   tools/lkl/hijack/launcher.
 * Users:   preload.c.
 *
 * The launcher has the place of the program in the eyes of the shell, a service
 * manager or a terminal: what is sent to it is meant for the program, and what
 * becomes of the program becomes of it.
 */
#include "launcher.h"

#include <errno.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* Those that cannot be passed on, or mean a fault of our own. */
static const int own_signals[] = {
	SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS,
};

void signals_block(sigset_t *before, sigset_t *mask)
{
	size_t i;

	sigfillset(mask);
	for (i = 0; i < sizeof(own_signals) / sizeof(own_signals[0]); i++)
		sigdelset(mask, own_signals[i]);
	sigprocmask(SIG_BLOCK, mask, before);
}

/*
 * A terminal sends its signals to the whole foreground group, so the program has
 * them already.
 */
static void signal_pass(pid_t child, const struct signalfd_siginfo *info)
{
	if (info->ssi_code == SI_KERNEL && getpgid(child) == getpgrp())
		return;
	kill(child, (int)info->ssi_signo);
}

/* Stop as the program did, and go on together. */
static void stop_with(pid_t child)
{
	raise(SIGSTOP);
	kill(child, SIGCONT);
}

/* Return: has the child ended, with *@status set? */
static bool child_look(pid_t child, int *status)
{
	while (waitpid(child, status, WNOHANG | WUNTRACED) == child) {
		if (!WIFSTOPPED(*status))
			return true;
		stop_with(child);
	}
	return false;
}

/* Return: has the child ended, with *@status set? */
static bool signals_take(int fd, pid_t child, int *status)
{
	struct signalfd_siginfo info;

	while (read(fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGCHLD)
			signal_pass(child, &info);
		else if (child_look(child, status))
			return true;
	}
	return false;
}

/* Return: has the child said that it has ended, with *@status set? */
static bool status_take(struct pollfd *pfd, pid_t child, int *status)
{
	ssize_t got;
	int end[2];

	while (pfd->revents && (got = read(pfd->fd, end, sizeof(end))) == sizeof(end)) {
		if (end[0] != child)
			continue;
		*status = end[1];
		return true;
	}
	/* Nobody is left to say anything. */
	if (pfd->revents && !got)
		pfd->fd = -1;
	return false;
}

int child_wait(pid_t child, const sigset_t *mask, int status_fd)
{
	struct pollfd pfds[2] = {
		{ .fd = signalfd(-1, mask, SFD_CLOEXEC | SFD_NONBLOCK), .events = POLLIN },
		{ .fd = status_fd, .events = POLLIN },
	};
	int status = 0;

	while (!child_look(child, &status)) {
		if (poll(pfds, 2, -1) < 0)
			continue;
		if (signals_take(pfds[0].fd, child, &status) ||
		    status_take(&pfds[1], child, &status))
			break;
	}
	close(pfds[0].fd);
	return status;
}

int status_exit(int status)
{
	struct rlimit no_core = { 0 };
	sigset_t one;

	if (!WIFSIGNALED(status))
		return WEXITSTATUS(status);
	/* One core is enough. */
	setrlimit(RLIMIT_CORE, &no_core);
	signal(WTERMSIG(status), SIG_DFL);
	sigemptyset(&one);
	sigaddset(&one, WTERMSIG(status));
	raise(WTERMSIG(status));
	sigprocmask(SIG_UNBLOCK, &one, NULL);
	return 128 + WTERMSIG(status);
}
