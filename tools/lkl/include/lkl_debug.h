/* SPDX-License-Identifier: GPL-2.0 */
/*
 * lkl_debug.h - what a debugger can find in a process that runs the library
 *
 * Layer:   public, in liblkl. Read by the gdb script; programs do not need it.
 * Users:   tools/lkl/lib/debug.c, scripts of debuggers and profilers.
 *
 * The kernel image is mapped by our own loader, so the dynamic linker cannot
 * tell a debugger where it is. A debugger puts a breakpoint on
 * lkl_debug_notify() and then walks lkl_debug_instances.
 */
#ifndef LKL_DEBUG_H
#define LKL_DEBUG_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __GNUC__
#pragma GCC visibility push(default)
#endif

/**
 * struct lkl_debug_instance - one kernel image in this process
 * @next: the next older one, or NULL
 * @base: what to add to an address of vmlinux's symbol table
 * @size: bytes from @base to the end of its bss
 * @span: bytes of address space it owns from @base
 * @path: file its text is mapped from, or NULL if it was copied
 * @offset: where in that file the image starts, in bytes
 */
struct lkl_debug_instance {
	struct lkl_debug_instance *next;
	uint64_t base;
	uint64_t size;
	uint64_t span;
	const char *path;
	uint64_t offset;
};

/* Head of the list, newest first. */
extern struct lkl_debug_instance *lkl_debug_instances;

/**
 * lkl_debug_notify - called after each change of the list; does nothing
 * @instance: the instance that has just come or is about to go
 * @added: 1 if it has come, 0 if it goes
 *
 * A place for a breakpoint.
 */
void lkl_debug_notify(const struct lkl_debug_instance *instance, int added);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif

#endif /* LKL_DEBUG_H */
