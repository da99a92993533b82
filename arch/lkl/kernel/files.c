// SPDX-License-Identifier: GPL-2.0
/*
 * files.c - what the application may know of a descriptor, and no system call tells
 *
 * Layer:   arch/lkl, on kernel stacks.
 * Users:   entry.c, by an upcall.
 */
#include <linux/file.h>
#include <linux/fs.h>

#include <asm/task.h>

/**
 * task_fd_users - how many hold the open file behind a descriptor
 * @self: the calling host thread
 * @fd: the descriptor
 * @params: unused
 *
 * Descriptors, messages on their way and calls under way, but not this one. So 1
 * says that nobody but the caller can use the file or come to have it.
 *
 * Return: the number, or -EBADF.
 */
long task_fd_users(struct host_thread *self, long fd, const long *params)
{
	struct fd f = fdget_raw(fd);
	long users;

	if (fd_empty(f))
		return -EBADF;
	users = file_count(fd_file(f)) - !!(f.word & FDPUT_FPUT);
	fdput(f);
	return users;
}
