/* SPDX-License-Identifier: GPL-2.0 */
/*
 * trap.h - run a program that cannot be preloaded on the library's network
 *
 * Layer:   tools/lkl/hijack, its second tier. Users: the launcher, the tests.
 *
 * DOC: Theory of operation
 *
 * A static program, a Go program or one that makes its system calls by itself
 * is run under a seccomp filter. The filter lets everything pass but the calls
 * that make or ask about sockets; those wait for an answer of the supervisor,
 * a process that has a library kernel (SECCOMP_RET_USER_NOTIF).
 *
 * For each socket of the library kernel the program gets one end of a pair of
 * unix sockets of the host; the supervisor keeps the other. So the program's
 * descriptor is a real one, with the number the host gave it. dup, fork, exec,
 * descriptor passing and close concern the host's socket only and need nobody:
 * the inode number of the program's end is the socket's identity, and the
 * hang-up of the supervisor's end tells that the last copy was closed.
 *
 * stream sockets (stream.c): bytes are carried between the pair and the library
 *	socket. read, write, send, recv, sendfile, splice, poll, select and epoll
 *	in every mode, timeouts and signals are the host's own on the pair, no
 *	call is trapped, and no wake-up can be lost that the host does not lose.
 *	Until it is connected, the pair is kept so full that it is not writable.
 *	A listening one has a byte to read while there is something to accept.
 * datagram, raw, netlink and packet sockets (dgram.c): calls are trapped, so that
 *	addresses, control data and errors are exact. The filter knows these
 *	descriptors by number: they are given out in TRAP_FD_FIRST..TRAP_FD_LAST.
 *	The first datagram waiting lies in the pair, so that poll and epoll are
 *	the host's own here too; so that even read works after a dup2() to a
 *	number outside of the range.
 *
 * Opening files is trapped as well: what /proc and /sys say of the network is the
 * library's, and so is /etc/resolv.conf (file.c).
 *
 * One thread serves everything (serve.c). It never blocks in a call for a
 * program: a call that would block is put aside with its notification and tried
 * again when its socket has an event. A signal ends the program's wait as it
 * does on the host; a result that could then not be delivered is kept for the
 * next call (an accepted connection, a datagram).
 */
#ifndef TRAP_H
#define TRAP_H

#include <stdbool.h>

/*
 * Descriptors of sockets whose every call is trapped: below FD_SETSIZE, so that
 * select() takes them, and above what a program usually has open. The filter
 * compares by mask: the range is a power of two, aligned to its size.
 */
#define TRAP_FD_FIRST	768
#define TRAP_FD_LAST	1023

/**
 * struct trap_config - how to run the program
 * @start: Called once in the process that serves, before the program runs: boot
 *	the default kernel and configure its network. Return: 0 or a negative
 *	error, having told why.
 * @stop: called there when no process of the program is left; may be NULL
 * @message: called with each thing to tell the user; one line, without a newline
 * @arg: passed to @start, @stop and @message
 */
struct trap_config {
	int (*start)(void *arg);
	void (*stop)(void *arg);
	void (*message)(void *arg, const char *line);
	void *arg;
};

/**
 * trap_run - run a program on a library kernel of its own
 * @argv: program, found by PATH, and its arguments
 * @config: how
 *
 * Forks a process that serves; the program is a child of that. Returns when both
 * have ended; but if the program leaves processes behind (a daemon), when it has
 * ended, and the process that serves lives on while they do. Signals that end a
 * program are passed on to it.
 *
 * Descriptors that the caller has are the program's: the caller is left with
 * standard error alone (inherit.h).
 *
 * Context: one thread; no kernel of the library runs yet.
 * Return: the program's exit status (0..255), 128 + n if signal n ended it,
 * 126 or 127 if it could not be run, as a shell has it; a negative error, with a
 * message, if it was not tried: -EOPNOTSUPP (the host has no seccomp
 * notification with what is needed), what @start returned.
 */
int trap_run(char *const argv[], const struct trap_config *config);

#endif /* TRAP_H */
