// SPDX-License-Identifier: GPL-2.0
/*
 * session.c - daemon(), login_tty() and forkpty() interposed
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   the program.
 *
 * libc's put host files at 0, 1 and 2 without our seeing it, and daemon() ends the
 * process without the others' noticing: that whose kernel its child goes on with.
 */
#include <paths.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <utmp.h>

#include "real.h"
#include "table.h"

/* 0, 1 and 2 are @fd, which is closed unless it is one of them. */
static int standard_set(int fd)
{
	for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
		if (dup2(fd, i) < 0)
			return -1;
	if (fd > STDERR_FILENO)
		close(fd);
	return 0;
}

static int standard_null(void)
{
	int fd = open(_PATH_DEVNULL, O_RDWR);

	return fd < 0 ? -1 : standard_set(fd);
}

HIJACK int daemon(int keep_directory, int keep_standard)
{
	pid_t pid = fork();

	if (pid < 0)
		return -1;
	if (pid)
		_exit(0);
	if (setsid() < 0 || (!keep_directory && chdir("/")))
		return -1;
	return keep_standard ? 0 : standard_null();
}

HIJACK int login_tty(int fd)
{
	setsid();
	if (ioctl(fd, TIOCSCTTY, NULL) < 0)
		return -1;
	return standard_set(fd);
}

HIJACK int forkpty(int *terminal, char *name, const struct termios *settings,
		   const struct winsize *size)
{
	int ours, theirs;
	pid_t pid;

	if (openpty(&ours, &theirs, name, settings, size))
		return -1;
	pid = fork();
	if (pid < 0) {
		close(ours);
		close(theirs);
		return -1;
	}
	if (!pid) {
		close(ours);
		if (login_tty(theirs))
			_exit(1);
		return 0;
	}
	close(theirs);
	*terminal = ours;
	return pid;
}
