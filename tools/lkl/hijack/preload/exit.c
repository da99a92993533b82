// SPDX-License-Identifier: GPL-2.0
/*
 * exit.c - the end of the process: connections are finished first
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   the program (_exit()); libc, when the program returns or calls exit().
 * Context: the thread that ends the process; others may still run.
 *
 * A host kernel goes on sending what a process wrote after the process has
 * ended. Ours ends with it, so the end has to wait: sockets are closed, and then
 * we wait until the peers have all that was written. Connections within the
 * library are left out, since both ends end here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#include "boot.h"
#include "kernel.h"
#include "preload.h"
#include "process.h"
#include "real.h"
#include "streams.h"
#include "table.h"

/* How long we look for progress, and how often. */
#define PATIENCE_MS	3000
#define STEP_MS		2

#define TABLE_SIZE	65536

/* States of a TCP connection that still has something to tell its peer. */
enum tcp_state {
	TCP_ESTABLISHED = 1,
	TCP_FIN_WAIT1 = 4,
	TCP_CLOSE_WAIT = 8,
	TCP_LAST_ACK = 9,
	TCP_CLOSING = 11,
};

/* The thread that ends the process. */
THREAD_LOCAL bool ending;
static kernel_function *target;

bool process_ending;

void process_park(void)
{
	while (!ending)
		real.poll(NULL, 0, -1);
}

/* Calls of other threads from now on: the process is about to be gone. */
static long only_the_last(long nr, long *params)
{
	process_park();
	return target(nr, params);
}

/* Wakes who is blocked in it; who comes later finds it closed. */
static void finish(int fd, struct file *file)
{
	(void)fd;
	kernel_call(SYS_shutdown, file->lib, SHUT_RDWR, 0, 0, 0, 0);
	kernel_call(SYS_dup3, kernel_dead, file->lib, O_CLOEXEC, 0, 0, 0);
}

/* Others have it too. */
static void let_go(int fd, struct file *file)
{
	(void)fd;
	kernel_call(SYS_dup3, kernel_dead, file->lib, O_CLOEXEC, 0, 0, 0);
}

static bool telling(unsigned int state, unsigned long queued)
{
	switch (state) {
	case TCP_FIN_WAIT1:
	case TCP_LAST_ACK:
	case TCP_CLOSING:
		return true;
	case TCP_ESTABLISHED:
	case TCP_CLOSE_WAIT:
		return queued != 0;
	default:
		return false;
	}
}

static bool is_loopback(const char *address)
{
	size_t len = strlen(address);

	if (len == 8)
		return !strcmp(address + 6, "7F");
	return !strcmp(address, "00000000000000000000000001000000") ||
	       (!strncmp(address, "0000000000000000FFFF0000", 24) &&
		!strcmp(address + 30, "7F"));
}

/* One line of /proc/net/tcp: what it has queued, plus one if it is not done. */
static unsigned long line_left(const char *line)
{
	char remote[40];
	unsigned int state;
	unsigned long queued;

	if (sscanf(line, " %*d: %*[0-9A-F]:%*x %32[0-9A-F]:%*x %x %lx:", remote,
		   &state, &queued) != 3)
		return 0;
	return telling(state, queued) && !is_loopback(remote) ? queued + 1 : 0;
}

static unsigned long table_left(const char *path, char *text)
{
	long got, len = 0, fd = kernel_call(SYS_open, (long)path, O_RDONLY, 0, 0, 0, 0);
	unsigned long left = 0;
	char *line, *next;

	if (fd < 0)
		return 0;
	while (len < TABLE_SIZE - 1) {
		got = kernel_call(SYS_read, fd, (long)(text + len),
				  TABLE_SIZE - 1 - len, 0, 0, 0);
		if (got <= 0)
			break;
		len += got;
	}
	kernel_call(SYS_close, fd, 0, 0, 0, 0, 0);
	text[len] = '\0';
	for (line = text; line; line = next) {
		next = strchr(line, '\n');
		next = next ? next + 1 : NULL;
		left += line_left(line);
	}
	return left;
}

static unsigned long all_left(char *text)
{
	return table_left("/proc/net/tcp", text) +
	       table_left("/proc/net/tcp6", text);
}

/* Until nothing is left, or nothing has changed for a while. */
static void drain(void)
{
	char *text = malloc(TABLE_SIZE);
	unsigned long left, before = 0;
	int idle = 0;

	while (text && idle < PATIENCE_MS) {
		left = all_left(text);
		if (!left)
			break;
		idle = left == before ? idle + STEP_MS : 0;
		before = left;
		real.poll(NULL, 0, STEP_MS);
	}
	free(text);
}

/* What exit() was called with, or main() returned. */
static int exit_status;

static void note_status(int status, void *arg)
{
	(void)arg;
	exit_status = status;
}

/* Before the destructors run, so not from a constructor, which libc's follow. */
void process_note_status(void)
{
	static bool noting;

	if (!__atomic_exchange_n(&noting, true, __ATOMIC_ACQ_REL))
		on_exit(note_status, NULL);
}

static void end_connections(int status)
{
	if (!process_hooks()->serving || !process_hooks()->serving()) {
		file_each(finish);
		return;
	}
	file_each(let_go);
	process_hooks()->serve(status);
}

static void end(int status)
{
	static bool ended;

	if (!kernel_is_up() || kernel_remote() ||
	    __atomic_exchange_n(&ended, true, __ATOMIC_ACQ_REL))
		return;
	ending = true;
	__atomic_store_n(&process_ending, true, __ATOMIC_SEQ_CST);
	target = kernel_target;
	kernel_call_set(only_the_last);
	end_connections(status);
	drain();
	boot_dump();
	boot_release();
	if (process_hooks()->exit)
		process_hooks()->exit();
}

__attribute__((destructor(101)))
static void exit_fini(void)
{
	stdio_flush();
	end(exit_status);
}

HIJACK void _exit(int status)
{
	end(status);
	real._exit(status);
	__builtin_unreachable();
}

HIJACK void _Exit(int status) __attribute__((alias("_exit")));
