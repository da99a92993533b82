// SPDX-License-Identifier: GPL-2.0
/*
 * kernel.c - where calls of the library kernel go, and its life
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   see kernel.h.
 * Locking: up_mutex while booting; otherwise one atomic state.
 */
#include "kernel.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "boot.h"
#include "preload.h"
#include "real.h"

enum state { DOWN, UP, FAILED, FORKED };

static long not_up(long nr, long *params)
{
	(void)nr;
	(void)params;
	return -ENOTCONN;
}

/*
 * File-scope state: one library kernel a process, which all of its threads and
 * descriptors mean.
 */
kernel_function *kernel_target = not_up;
int kernel_dead = -1;

static enum state state;
static pthread_mutex_t up_mutex = PTHREAD_MUTEX_INITIALIZER;
static int up_errno;
static bool remote;

/* This thread boots: what it calls now is meant for the host. */
THREAD_LOCAL bool booting;

static enum state state_get(void)
{
	return __atomic_load_n(&state, __ATOMIC_ACQUIRE);
}

void kernel_call_set(kernel_function *target)
{
	__atomic_store_n(&kernel_target, target, __ATOMIC_RELEASE);
	if (state_get() == FORKED)
		__atomic_store_n(&state, UP, __ATOMIC_RELEASE);
}

bool kernel_is_up(void)
{
	return state_get() == UP;
}

bool kernel_forked(void)
{
	return state_get() == FORKED;
}

bool kernel_remote(void)
{
	return remote;
}

bool kernel_busy(void)
{
	return booting;
}

static bool up_once(void)
{
	int err;

	booting = true;
	err = boot();
	booting = false;
	up_errno = -err;
	__atomic_store_n(&state, err ? FAILED : UP, __ATOMIC_RELEASE);
	return !err;
}

bool kernel_up(void)
{
	bool up;

	if (likely(state_get() == UP))
		return true;
	if (booting || state_get() == FORKED) {
		errno = booting ? EDEADLK : ENOLINK;
		return false;
	}
	pthread_mutex_lock(&up_mutex);
	up = state == UP || (state == DOWN && up_once());
	pthread_mutex_unlock(&up_mutex);
	if (!up)
		errno = up_errno;
	return up;
}

/* In a forked child that nobody serves. */

static long forked(long nr, long *params)
{
	static bool said;

	(void)nr;
	(void)params;
	if (!__atomic_exchange_n(&said, true, __ATOMIC_RELAXED))
		complain("the child of a program on the library kernel has no network",
			 strerror(ENOLINK));
	return -ENOLINK;
}

void kernel_join(kernel_function *target)
{
	remote = true;
	kernel_call_set(target);
	__atomic_store_n(&state, UP, __ATOMIC_RELEASE);
}

void kernel_fork_child(void)
{
	pthread_mutex_init(&up_mutex, NULL);
	if (state != UP)
		return;
	remote = true;
	__atomic_store_n(&kernel_target, forked, __ATOMIC_RELEASE);
	__atomic_store_n(&state, FORKED, __ATOMIC_RELEASE);
}

/* Results and messages */

long result_error(long result)
{
	errno = (int)-result;
	if (result == -EINTR)
		pthread_testcancel();
	return -1;
}

void complain(const char *what, const char *detail)
{
	char line[512];
	int len, saved_errno = errno;

	len = snprintf(line, sizeof(line), "lkl-hijack: %s%s%s\n", what,
		       detail ? ": " : "", detail ? detail : "");
	if (len > (int)sizeof(line) - 1)
		len = sizeof(line) - 1;
	/* If that fails, there is nobody to tell. */
	(void)real.syscall(SYS_write, STDERR_FILENO, line, len);
	errno = saved_errno;
}
