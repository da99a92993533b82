// SPDX-License-Identifier: GPL-2.0
/*
 * sandbox.c - clients that forbid themselves most system calls (sshd's children)
 *
 * Layer:   tools/lkl/hijack/service.
 * Users:   the program (prctl()); client.c.
 * Context: any thread.
 *
 * A program that works with its sockets under a filter allows itself read() and
 * write(); so that is what calls are made of from then on. Its connection is there
 * since the fork.
 */
#include "sandbox.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/prctl.h>

#include "preload.h"
#include "real.h"
#include "service.h"

/* File-scope state: filters are inherited, and never taken back. */
static bool filtered;

HIJACK int prctl(int option, ...)
{
	unsigned long args[4];
	va_list list;

	va_start(list, option);
	for (int i = 0; i < 4; i++)
		args[i] = va_arg(list, unsigned long);
	va_end(list);
	if (option == PR_SET_SECCOMP)
		filtered = true;
	return real.prctl(option, args[0], args[1], args[2], args[3]);
}

bool sandboxed(void)
{
	return filtered;
}

int sandbox_send(int sock, const void *data, size_t len, int fd)
{
	if (!filtered || fd >= 0)
		return message_send(sock, data, len, fd);
	/* SIGPIPE if the owner is gone: nothing better is allowed. */
	return real.write(sock, data, len) < 0 ? -errno : 0;
}

ssize_t sandbox_receive(int sock, void *data, size_t len)
{
	return filtered ? real.read(sock, data, len) : real.recv(sock, data, len, 0);
}
