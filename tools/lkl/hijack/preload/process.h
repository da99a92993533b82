/* SPDX-License-Identifier: GPL-2.0 */
/*
 * process.h - fork() as others take part in it
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   the service for forked children sets its hooks.
 */
#ifndef HIJACK_PROCESS_H
#define HIJACK_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

/**
 * struct process_hooks - called around fork(), if the kernel is up
 * @before: in the parent, before; other threads still run
 * @parent: in the parent, after, whether it succeeded or not
 * @child: in the child, which has the calling thread alone. Descriptors that it
 *	inherited are in the table, with the parent's numbers of the library;
 *	calls fail by -ENOLINK until kernel_call_set().
 * @keep: a number is about to reach another process: @inode of its place, the
 *	library's descriptor, our end of the place, which stays ours
 * @find: one came from another process. Return: the library's descriptor, or a
 *	negative error; *@end is the other end of its place, or -1
 * @serving: in that process: are there others that need its kernel?
 * @serve: if so, once it is about to end with @status, and its own connections are
 *	closed: returns when there are none any more
 * @exit: in the process that booted the kernel, when it is about to end and
 *	its connections have been closed
 */
struct process_hooks {
	void (*before)(void);
	void (*parent)(void);
	void (*child)(void);
	int (*keep)(ino_t inode, int lib, int end);
	int (*find)(ino_t inode, int *end);
	bool (*serving)(void);
	void (*serve)(int status);
	void (*exit)(void);
};

void process_hooks_set(const struct process_hooks *hooks);

/* From now on, what exit() is called with is known to the serve hook. */
void process_note_status(void);

/* The hooks; members may be NULL. */
const struct process_hooks *process_hooks(void);

#endif /* HIJACK_PROCESS_H */
