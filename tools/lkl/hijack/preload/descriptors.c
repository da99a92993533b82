// SPDX-License-Identifier: GPL-2.0
/*
 * descriptors.c - close(), dup() and fcntl() interposed
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   the program.
 * Context: any thread, signal handlers too.
 *
 * A duplicate has a number, an entry and a descriptor of the library of its own
 * and shares the place, as the host's duplicates of it do.
 */
#include <stdarg.h>
#include <sys/syscall.h>

#include "epoll.h"
#include "fd.h"
#include "kernel.h"
#include "limits.h"
#include "place.h"
#include "real.h"
#include "streams.h"

HIJACK int close(int fd)
{
	if (likely(!file_peek(fd)))
		return real.close(fd);
	return (int)result(fd_close(fd));
}

HIJACK int __close(int fd)
	__attribute__((alias("close")));

/* Numbers of our own stay open. */
static int close_range_of(unsigned int first, unsigned int last, int flags)
{
	unsigned int fd;
	int ret = 0;

	for (fd = first; fd <= last && fd < FD_MAX && !ret; fd++) {
		if (!file_peek((int)fd))
			continue;
		if (fd > first)
			ret = real.close_range(first, fd - 1, flags);
		if (!ret && flags & CLOSE_RANGE_CLOEXEC &&
		    !fd_internal((int)fd))
			ret = real.close_range(fd, fd, flags);
		else if (!ret)
			fd_close((int)fd);
		first = fd + 1;
	}
	if (!ret && first <= last)
		ret = real.close_range(first, last, flags);
	return ret;
}

HIJACK int close_range(unsigned int first, unsigned int last, int flags)
{
	if (!kernel_is_up() || first > last)
		return real.close_range(first, last, flags);
	return close_range_of(first, last, flags);
}

HIJACK void closefrom(int first)
{
	close_range(first < 0 ? 0 : (unsigned int)first, ~0U, 0);
}

/* Duplicates */

/*
 * An entry for a duplicate of @file. O_NONBLOCK is one flag for both from now
 * on, so neither may count on it.
 */
static struct file *file_dup(struct file *file)
{
	struct file *copy = file_alloc(file->kind, -1);
	long lib;

	if (!copy)
		return NULL;
	if (file->kind == FILE_EPOLL) {
		copy->epoll = file->epoll;
		epoll_get(copy->epoll);
		return copy;
	}
	lib = kernel_call(SYS_fcntl, file->lib, F_DUPFD_CLOEXEC, 0, 0, 0, 0);
	if (lib < 0) {
		errno = (int)-lib;
		file_free(copy);
		return NULL;
	}
	copy->lib = (int)lib;
	copy->place = file->place;
	copy->placed = file->placed;
	place_get(copy->place);
	return copy;
}

/* The number was made by the host, as a duplicate of the place. */
static int dup_done(int fd, struct file *copy)
{
	struct file *old;

	if (fd < 0) {
		fd_release(copy);
		return fd;
	}
	old = file_peek(fd) ? file_withdraw(fd) : NULL;
	if (old)
		fd_release(old);
	file_publish(fd, copy);
	stdio_follow(fd);
	return fd;
}

/* An entry for a duplicate of what @fd means, with the use of it ended. */
static struct file *fd_dup(struct use *use)
{
	struct file *file = use->file, *copy = NULL;

	if (file->kind == FILE_INTERNAL)
		errno = EBADF;
	else
		copy = file_dup(file);
	use_end(use);
	if (copy && file->nonblock)
		file_sleeps(file);
	return copy;
}

/* A number that the host gave out, its limit being higher than the program's. */
static int number_allowed(int number)
{
	if (likely(limits_allow(number)))
		return number;
	real.close(number);
	errno = EMFILE;
	return -1;
}

/* By F_DUPFD or F_DUPFD_CLOEXEC, which take the lowest number from @min. */
static int fd_dup_from(int fd, struct use *use, int command, int min)
{
	struct file *copy = fd_dup(use);

	if (!copy)
		return -1;
	return dup_done(number_allowed(real.fcntl(fd, command, min)), copy);
}

HIJACK int dup(int fd)
{
	struct use use;

	if (!use_begin_any(&use, fd, true))
		return number_allowed(real.dup(fd));
	return fd_dup_from(fd, &use, F_DUPFD, 0);
}

/*
 * A number that the program wants: within its limit, the host's being higher. An end
 * of a place that has it moves; a descriptor of the library's kernel cannot.
 */
static int make_way(int old, int fd)
{
	int err = 0;

	if (!limits_allow(fd) || fd < 0)
		err = -EBADF;
	else if (fd_internal(fd))
		err = real.fcntl(old, F_GETFD) < 0 ? -EBADF : place_move(fd);
	if (!err && fd_internal(fd))
		file_withdraw(fd);
	return (int)result(err);
}

/* The host replaces what is at @new at one blow; then the entries follow. */
static int dup_onto(int old, int new, int flags)
{
	struct file *copy = NULL, *before;
	struct use use;
	int ret;

	if (make_way(old, new))
		return -1;
	if (use_begin_any(&use, old, true)) {
		copy = fd_dup(&use);
		if (!copy)
			return -1;
	}
	before = file_withdraw(new);
	ret = real.dup3(old, new, flags);
	if (before && ret < 0)
		file_publish(new, before);
	else if (before)
		fd_release(before);
	if (before && !copy)
		stdio_follow(new);
	return copy ? dup_done(ret, copy) : ret;
}

HIJACK int dup2(int old, int new)
{
	if (likely(!file_peek(old) && !file_peek(new) && limits_allow(new)))
		return real.dup2(old, new);
	return old == new ? new : dup_onto(old, new, 0);
}

HIJACK int __dup2(int old, int new)
	ALIAS_LEAF("dup2");

HIJACK int dup3(int old, int new, int flags)
{
	if (likely(!file_peek(old) && !file_peek(new) && limits_allow(new)) ||
	    old == new)
		return real.dup3(old, new, flags);
	return dup_onto(old, new, flags);
}

/* fcntl() */

/* The library knows processes of its own only; ours is the one that asks. */
static long owner_to_library(long owner)
{
	long self = kernel_call(SYS_getpid, 0, 0, 0, 0, 0, 0);

	if (owner == getpid())
		return self;
	return owner == -getpgrp() ? -self : owner;
}

static long owner_from_library(long owner)
{
	long self = kernel_call(SYS_getpid, 0, 0, 0, 0, 0, 0);

	if (owner == self)
		return getpid();
	return owner == -self ? -getpgrp() : owner;
}

static long fcntl_call(const struct use *use, int command, long arg)
{
	return kernel_call(SYS_fcntl, use->file->lib, command, arg, 0, 0, 0);
}

static int fcntl_library(int fd, struct use *use, int command, long arg)
{
	long ret;

	switch (command) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		return fd_dup_from(fd, use, command, (int)arg);
	case F_GETFD:
	case F_SETFD:
		use_end(use);
		return real.fcntl(fd, command, arg);
	case F_SETFL:
		ret = fd_set_flags(use, (int)arg);
		break;
	case F_SETOWN:
		ret = fcntl_call(use, command, owner_to_library(arg));
		break;
	case F_GETOWN:
		ret = owner_from_library(fcntl_call(use, command, arg));
		break;
	default:
		ret = fcntl_call(use, command, arg);
	}
	use_end(use);
	return (int)result(ret);
}

/* An epoll is the host's but for its duplicates. */
static int fcntl_any(int fd, struct use *use, int command, long arg)
{
	if (use->file->kind == FILE_INTERNAL) {
		use_end(use);
		errno = EBADF;
		return -1;
	}
	if (use->file->kind == FILE_LIBRARY || command == F_DUPFD ||
	    command == F_DUPFD_CLOEXEC)
		return fcntl_library(fd, use, command, arg);
	use_end(use);
	return real.fcntl(fd, command, arg);
}

HIJACK int fcntl(int fd, int command, ...)
{
	struct use use;
	va_list args;
	long arg;

	va_start(args, command);
	arg = va_arg(args, long);
	va_end(args);
	if ((command == F_DUPFD || command == F_DUPFD_CLOEXEC) &&
	    !limits_allow((int)arg)) {
		errno = real.fcntl(fd, F_GETFD) < 0 ? EBADF : EINVAL;
		return -1;
	}
	if (!use_begin_any(&use, fd, true))
		return command == F_DUPFD || command == F_DUPFD_CLOEXEC ?
		       number_allowed(real.fcntl(fd, command, arg)) :
		       real.fcntl(fd, command, arg);
	return fcntl_any(fd, &use, command, arg);
}

HIJACK int fcntl64(int fd, int command, ...)
	__attribute__((alias("fcntl")));
HIJACK int __fcntl(int fd, int command, ...)
	__attribute__((alias("fcntl")));
