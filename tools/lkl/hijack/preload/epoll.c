// SPDX-License-Identifier: GPL-2.0
/*
 * epoll.c - epolls whose members are the host's, the library's, or both
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   the program (epoll_create(), epoll_ctl()); epoll_wait.c, fd.c, poll.c.
 * Locking: epoll.lock while members change; waiting takes no lock.
 *
 * DOC: Theory of operation
 *
 * The number is a host epoll, which holds the host's members. At the first
 * member of the library it gets an epoll of the library beside it, which holds
 * those; from then on waiting is as in wait.h, with the host epoll watched by a
 * duplicate of our own. Members report what the program gave with them, so the
 * two sides' events need no translation, and edge-triggered, one-shot and
 * exclusive members are what their side makes of them.
 *
 * Threads that wait when the first library member comes are asleep in the host:
 * a wake descriptor, added to the host epoll with our own data, gets them out.
 * The last of them takes it away.
 */
#include "epoll_side.h"

#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>

#include "fd.h"
#include "kernel.h"
#include "limits.h"
#include "pool.h"
#include "real.h"

#define EPOLLS_MAX	65536

/*
 * File-scope state: epolls belong to the process. Never freed, so that who
 * waits for one that is closed does no harm.
 */
static struct epoll epolls[EPOLLS_MAX];
static struct pool epoll_pool = POOL(epolls);

static struct epoll *epoll_new(void)
{
	struct epoll *epoll = pool_get(&epoll_pool);

	if (!epoll)
		return NULL;
	pthread_mutex_init(&epoll->lock, NULL);
	epoll->refs = 1;
	epoll->lib = -1;
	epoll->host_members = 0;
	epoll->host_ready = false;
	epoll->host_waiters = 0;
	epoll->watched = -1;
	epoll->wake = -1;
	epoll->watch = NULL;
	return epoll;
}

void epoll_get(struct epoll *epoll)
{
	__atomic_add_fetch(&epoll->refs, 1, __ATOMIC_RELAXED);
}

static void own_close(int fd)
{
	if (fd < 0)
		return;
	file_withdraw(fd);
	real.close(fd);
}

void epoll_put(struct epoll *epoll)
{
	if (__atomic_sub_fetch(&epoll->refs, 1, __ATOMIC_ACQ_REL))
		return;
	if (epoll->lib >= 0) {
		api.lkl_watch_remove(epoll->watch);
		own_close(epoll->watched);
		own_close(epoll->wake);
		lib_close(epoll->lib);
	}
	pool_put(&epoll_pool, epoll);
}

int epoll_lib(const struct epoll *epoll)
{
	return __atomic_load_n(&epoll->lib, __ATOMIC_ACQUIRE);
}

/* Getting a library side */

/* The host epoll has something: those who wait are to look at it. */
static void host_ready(void *arg, uint32_t events)
{
	struct epoll *epoll = arg;

	(void)events;
	__atomic_store_n(&epoll->host_ready, true, __ATOMIC_RELEASE);
	epoll_wake_all(epoll);
}

/* A descriptor of our own, moved out of the program's way. */
static int own_fd(int fd)
{
	int own;

	if (fd < 0)
		return -errno;
	own = real.fcntl(fd, F_DUPFD_CLOEXEC, limits_own_base());
	own = own < 0 ? -errno : own;
	real.close(fd);
	if (own >= 0)
		file_publish(own, &file_internal);
	return own;
}

static int watch_host(struct epoll *epoll, int fd)
{
	epoll->watched = own_fd(real.fcntl(fd, F_DUPFD_CLOEXEC, 0));
	if (epoll->watched < 0)
		return epoll->watched;
	return api.lkl_watch_add(epoll->watched, host_ready, epoll,
				 &epoll->watch);
}

/* Those who sleep in the host wake up one after the other. */
static int wake_host_waiters(struct epoll *epoll, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = epoll };

	epoll->wake = own_fd(eventfd(1, EFD_CLOEXEC));
	if (epoll->wake < 0)
		return epoll->wake;
	return real.epoll_ctl(fd, EPOLL_CTL_ADD, epoll->wake, &event) ? -errno : 0;
}

static void epoll_split_undo(struct epoll *epoll, long lib)
{
	api.lkl_watch_remove(epoll->watch);
	epoll->watch = NULL;
	own_close(epoll->watched);
	own_close(epoll->wake);
	epoll->watched = -1;
	epoll->wake = -1;
	lib_close((int)lib);
}

/*
 * The wake descriptor comes after the side is there: who wakes looks for it.
 * One who goes to sleep in the host just now finds the descriptor ready.
 */
static int epoll_split(struct epoll *epoll, int fd)
{
	long lib = kernel_call(SYS_epoll_create1, EPOLL_CLOEXEC, 0, 0, 0, 0, 0);
	int err;

	if (lib < 0)
		return (int)lib;
	err = watch_host(epoll, fd);
	if (err) {
		epoll_split_undo(epoll, lib);
		return err;
	}
	__atomic_store_n(&epoll->host_ready, true, __ATOMIC_RELAXED);
	__atomic_store_n(&epoll->lib, (int)lib, __ATOMIC_SEQ_CST);
	if (!__atomic_load_n(&epoll->host_waiters, __ATOMIC_SEQ_CST))
		return 0;
	return wake_host_waiters(epoll, fd);
}

void epoll_forked(struct epoll *epoll, int lib)
{
	pthread_mutex_init(&epoll->lock, NULL);
	epoll->lib = lib;
	epoll->adopted = true;
	epoll->host_ready = true;
	memset(&epoll->waiters, 0, sizeof(epoll->waiters));
	epoll->watch = NULL;
	if (api.lkl_watch_add(epoll->watched, host_ready, epoll, &epoll->watch))
		epoll->watch = NULL;
}

int epoll_need_lib(struct epoll *epoll, int fd)
{
	int err = 0;

	if (epoll_lib(epoll) >= 0)
		return epoll->lib;
	if (!kernel_up())
		return -errno;
	pthread_mutex_lock(&epoll->lock);
	if (epoll->lib < 0)
		err = epoll_split(epoll, fd);
	pthread_mutex_unlock(&epoll->lock);
	return err ? err : epoll->lib;
}

/* The interposers */

/* The entry of a number that the host just gave out for an epoll. */
static int epoll_adopt(int fd)
{
	struct file *file = NULL, *stale;
	struct epoll *epoll;

	if (fd < 0 || fd >= FD_MAX || kernel_busy())
		return fd;
	epoll = epoll_new();
	if (epoll)
		file = file_alloc(FILE_EPOLL, -1);
	if (!file) {
		if (epoll)
			epoll_put(epoll);
		real.close(fd);
		errno = ENOMEM;
		return -1;
	}
	file->epoll = epoll;
	stale = file_withdraw(fd);
	if (stale)
		fd_release(stale);
	file_publish(fd, file);
	return fd;
}

HIJACK int epoll_create1(int flags)
{
	return epoll_adopt(real.epoll_create1(flags));
}

HIJACK int epoll_create(int size)
{
	if (size <= 0) {
		errno = EINVAL;
		return -1;
	}
	return epoll_create1(0);
}

/* Counted before it can wake anybody, who would not look there otherwise. */
static int ctl_host(struct epoll *epoll, int fd, int op, int member,
		    struct epoll_event *event)
{
	int ret;

	if (op == EPOLL_CTL_ADD)
		__atomic_add_fetch(&epoll->host_members, 1, __ATOMIC_SEQ_CST);
	ret = real.epoll_ctl(fd, op, member, event);
	if ((op == EPOLL_CTL_ADD && ret) || (op == EPOLL_CTL_DEL && !ret))
		__atomic_sub_fetch(&epoll->host_members, 1, __ATOMIC_RELAXED);
	__atomic_store_n(&epoll->host_ready, true, __ATOMIC_RELEASE);
	return ret;
}

static long ctl_lib(struct epoll *epoll, int fd, int op, int member,
		    struct epoll_event *event)
{
	int lib = epoll_need_lib(epoll, fd);

	if (lib < 0)
		return lib;
	return kernel_call(SYS_epoll_ctl, lib, op, member, (long)event, 0, 0);
}

/* An epoll in an epoll: each side in its like. */
static long ctl_nested(struct epoll *epoll, int fd, int op, int member,
		       struct epoll *inner, struct epoll_event *event)
{
	int lib;
	long ret;

	if (ctl_host(epoll, fd, op, member, event))
		return -errno;
	lib = epoll_need_lib(inner, member);
	ret = lib < 0 ? lib : ctl_lib(epoll, fd, op, lib, event);
	if (ret < 0 && op == EPOLL_CTL_ADD)
		ctl_host(epoll, fd, EPOLL_CTL_DEL, member, NULL);
	return ret;
}

static long ctl_member(struct epoll *epoll, int fd, int op, int member,
		       struct epoll_event *event)
{
	struct use use;
	long ret;

	if (!use_begin_any(&use, member, true))
		return ctl_host(epoll, fd, op, member, event) ? -errno : 0;
	if (use.file->kind == FILE_LIBRARY)
		ret = ctl_lib(epoll, fd, op, use.file->lib, event);
	else if (use.file->kind == FILE_EPOLL && use.file->epoll != epoll)
		ret = ctl_nested(epoll, fd, op, member, use.file->epoll, event);
	else
		ret = use.file->kind == FILE_EPOLL ? -EINVAL : -EBADF;
	use_end(&use);
	return ret;
}

/* An epoll that was made out of our sight gets its entry now. */
static bool is_epoll(struct use *use, int fd)
{
	struct epoll_event event = { 0 };

	if (use_begin_any(use, fd, true)) {
		if (use->file->kind == FILE_EPOLL)
			return true;
		use_end(use);
		return false;
	}
	/* A host epoll refuses itself by EINVAL before all else; so do others. */
	if (!real.epoll_ctl(fd, EPOLL_CTL_DEL, fd, &event) || errno != EINVAL)
		return false;
	return real.epoll_wait(fd, &event, 1, 0) >= 0 &&
	       epoll_adopt(fd) >= 0 && use_begin_any(use, fd, true);
}

HIJACK int epoll_ctl(int fd, int op, int member, struct epoll_event *event)
{
	struct use use;
	long ret;

	if (!file_peek(fd) && !file_peek(member))
		return real.epoll_ctl(fd, op, member, event);
	if (!is_epoll(&use, fd)) {
		errno = real.fcntl(fd, F_GETFD) < 0 ? EBADF : EINVAL;
		return -1;
	}
	ret = ctl_member(use.file->epoll, fd, op, member, event);
	use_end(&use);
	return (int)result(ret);
}
