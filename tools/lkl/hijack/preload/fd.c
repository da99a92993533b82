// SPDX-License-Identifier: GPL-2.0
/*
 * fd.c - making and closing descriptors of the library
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   see fd.h.
 * Context: any thread, signal handlers too; no locks.
 */
#include "fd.h"

#include <sys/syscall.h>

#include "kernel.h"
#include "pass.h"
#include "place.h"
#include "real.h"

void lib_close(int lib)
{
	if (!kernel_forked())
		kernel_call(SYS_close, lib, 0, 0, 0, 0, 0);
}

int fd_reserve(struct fd_slot *slot, bool cloexec)
{
	slot->file = file_alloc(FILE_LIBRARY, -1);
	if (!slot->file)
		return -EMFILE;
	slot->fd = place_new(cloexec, &slot->file->place);
	if (slot->fd >= 0)
		return 0;
	file_free(slot->file);
	return slot->fd;
}

/*
 * What the number meant before was closed by something that does not pass here
 * (libc's own code, a system call by hand): its entry is out of date.
 */
static void forget_stale(int fd)
{
	struct file *stale = file_withdraw(fd);

	if (unlikely(stale && stale->kind != FILE_INTERNAL))
		fd_release(stale);
}

int fd_fill(struct fd_slot *slot, int lib, bool nonblock)
{
	forget_stale(slot->fd);
	slot->file->lib = lib;
	slot->file->nonblock = nonblock;
	file_publish(slot->fd, slot->file);
	return slot->fd;
}

void fd_unreserve(struct fd_slot *slot)
{
	place_put(slot->file->place);
	file_free(slot->file);
	real.close(slot->fd);
}

int fd_new(long lib, bool cloexec, bool nonblock)
{
	struct fd_slot slot;
	int err;

	if (lib < 0)
		return (int)lib;
	err = fd_reserve(&slot, cloexec);
	if (err) {
		lib_close((int)lib);
		return err;
	}
	return fd_fill(&slot, (int)lib, nonblock);
}

void fd_release(struct file *file)
{
	if (file->place)
		place_put(file->place);
	file_retire(file);
}

/*
 * The library's side first, so that the peer hears of it before the number can
 * be used again; then the number.
 */
int fd_close(int fd)
{
	struct file *file;
	int err;

	if (fd_internal(fd))
		return -EBADF;
	file = file_withdraw(fd);
	if (file)
		fd_release(file);
	err = real.close(fd) ? -errno : 0;
	pass_closed();
	return err;
}

void fd_share(struct use *use)
{
	struct file *file = use->file;

	if (!file->nonblock)
		return;
	/* The section of our own use would be waited for. */
	if (!use->counted) {
		__atomic_fetch_add(&file->refs, 1, __ATOMIC_ACQUIRE);
		use_end(use);
		use->counted = true;
	}
	file_sleeps(file);
}

/* The flag is cleared here before it is in the library, and set after. */
long fd_set_flags(struct use *use, int flags)
{
	struct file *file = use->file;
	long ret;

	if (!(flags & O_NONBLOCK))
		fd_share(use);
	ret = kernel_call(SYS_fcntl, file->lib, F_SETFL, flags, 0, 0, 0);
	if (!ret && flags & O_NONBLOCK && file->place &&
	    __atomic_load_n(&file->place->refs, __ATOMIC_RELAXED) == 1)
		__atomic_store_n(&file->nonblock, true, __ATOMIC_RELEASE);
	return ret;
}
