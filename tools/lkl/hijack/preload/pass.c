// SPDX-License-Identifier: GPL-2.0
/*
 * pass.c - descriptors of the library in messages over the host's unix sockets
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   see pass.h.
 * Locking: passed_lock protects the list.
 *
 * What travels is the place. Whoever receives it finds by its inode what it
 * stands for. The sender may close its own number meanwhile, so the list below
 * keeps a duplicate of the library's descriptor, until our end of the place hangs
 * up: then no number is left, neither open nor on its way.
 */
#include "pass.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "fd.h"
#include "kernel.h"
#include "place.h"
#include "process.h"
#include "real.h"

/**
 * struct passed - a file that was sent
 * @next: in the list
 * @inode: of the place's other end
 * @place: the place
 * @lib: a duplicate of the library's descriptor
 */
struct passed {
	struct passed *next;
	ino_t inode;
	struct place *place;
	int lib;
};

/* File-scope state: what is under way belongs to the process. */
static struct passed *all_passed;
static pthread_mutex_t passed_lock = PTHREAD_MUTEX_INITIALIZER;

static int inode_of(int fd, ino_t *inode)
{
	struct stat st;

	if (real.fstat(fd, &st))
		return -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EINVAL;
	*inode = st.st_ino;
	return 0;
}

static struct passed *passed_find(ino_t inode)
{
	struct passed *passed = all_passed;

	while (passed && passed->inode != inode)
		passed = passed->next;
	return passed;
}

static long lib_dup(int lib)
{
	return kernel_call(SYS_fcntl, lib, F_DUPFD_CLOEXEC, 0, 0, 0, 0);
}

static int passed_add(ino_t inode, const struct file *file)
{
	struct passed *passed = calloc(1, sizeof(*passed));
	long lib = passed ? lib_dup(file->lib) : -ENOMEM;

	if (lib < 0) {
		free(passed);
		return (int)lib;
	}
	passed->inode = inode;
	passed->lib = (int)lib;
	passed->place = file->place;
	place_get(file->place);
	passed->next = all_passed;
	__atomic_store_n(&all_passed, passed, __ATOMIC_RELEASE);
	return 0;
}

static int file_passed(int fd, struct file *file)
{
	ino_t inode = 0;
	int err;

	place_identify(fd, file);
	err = inode_of(fd, &inode);
	if (err)
		return err;
	pthread_mutex_lock(&passed_lock);
	if (!passed_find(inode))
		err = passed_add(inode, file);
	pthread_mutex_unlock(&passed_lock);
	/* For other processes on the same kernel. */
	if (!err && process_hooks()->keep)
		err = process_hooks()->keep(inode, file->lib, file->place->kept);
	return err;
}

static int number_send(int fd)
{
	struct use use;
	int err = 0;

	if (!use_begin_any(&use, fd, true))
		return 0;
	if (use.file->kind == FILE_INTERNAL)
		err = -EBADF;
	else if (use.file->kind == FILE_LIBRARY)
		err = file_passed(fd, use.file);
	use_end(&use);
	/* Who receives it may clear its O_NONBLOCK, which is this one's too. */
	if (!err && use.file->kind == FILE_LIBRARY && use.file->nonblock)
		file_sleeps(use.file);
	return err;
}

/* Call @fn for each number in a message. */
static int each_number(const struct msghdr *msg, int (*fn)(int fd))
{
	struct cmsghdr *cmsg;
	size_t count;
	int fd, err = 0;

	for (cmsg = CMSG_FIRSTHDR(msg); cmsg && !err;
	     cmsg = CMSG_NXTHDR((struct msghdr *)msg, cmsg)) {
		if (cmsg->cmsg_level != SOL_SOCKET ||
		    cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		count = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(fd);
		for (size_t i = 0; i < count && !err; i++) {
			memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(fd), sizeof(fd));
			err = fn(fd);
		}
	}
	return err;
}

int pass_send(const struct msghdr *msg)
{
	if (likely(!msg->msg_controllen) || !kernel_is_up())
		return 0;
	return each_number(msg, number_send);
}

/* An entry for a number that stands for what was passed. */
static void number_adopt(int fd, const struct passed *passed)
{
	struct file *file = file_alloc(FILE_LIBRARY, -1);
	long lib = file ? lib_dup(passed->lib) : -ENOMEM;

	if (lib < 0) {
		if (file)
			file_free(file);
		return;
	}
	file->lib = (int)lib;
	file->place = passed->place;
	place_get(file->place);
	file_publish(fd, file);
}

/* The same for one that another process sent. */
static void number_adopt_theirs(int fd, ino_t inode)
{
	struct file *file;
	int end, lib;

	if (!process_hooks()->find)
		return;
	lib = process_hooks()->find(inode, &end);
	if (lib < 0)
		return;
	file = file_alloc(FILE_LIBRARY, lib);
	if (!file) {
		lib_close(lib);
		return;
	}
	file->place = place_adopt(end);
	file_publish(fd, file);
}

static int number_receive(int fd)
{
	struct passed *passed;
	struct file *stale;
	ino_t inode = 0;

	if (fd < 0 || fd >= FD_MAX)
		return 0;
	stale = file_withdraw(fd);
	if (stale)
		fd_release(stale);
	if (inode_of(fd, &inode))
		return 0;
	pthread_mutex_lock(&passed_lock);
	passed = passed_find(inode);
	if (passed)
		number_adopt(fd, passed);
	pthread_mutex_unlock(&passed_lock);
	if (!passed)
		number_adopt_theirs(fd, inode);
	return 0;
}

void pass_receive(struct msghdr *msg)
{
	if (likely(!msg->msg_controllen) || !kernel_is_up())
		return;
	each_number(msg, number_receive);
}

static bool hung_up(const struct passed *passed)
{
	struct pollfd pfd = { .fd = passed->place->kept };

	return real.poll(&pfd, 1, 0) > 0 && pfd.revents & POLLHUP;
}

static void passed_sweep(void)
{
	struct passed **link = &all_passed, *passed;

	while ((passed = *link)) {
		if (!hung_up(passed)) {
			link = &passed->next;
			continue;
		}
		*link = passed->next;
		lib_close(passed->lib);
		place_put(passed->place);
		free(passed);
	}
}

void pass_closed(void)
{
	if (likely(!__atomic_load_n(&all_passed, __ATOMIC_RELAXED)) ||
	    pthread_mutex_trylock(&passed_lock))
		return;
	passed_sweep();
	pthread_mutex_unlock(&passed_lock);
}
