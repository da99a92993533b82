// SPDX-License-Identifier: GPL-2.0
/*
 * debug.c - the list of instances that debuggers read
 *
 * Layer:   tools/lkl/lib.
 * Users:   loader.c; gdb reads lkl_debug_instances and stops at
 *	lkl_debug_notify().
 * Locking: list_lock, held while the list changes and while the debugger is
 *	told, so that it never sees half a change.
 *
 * File-scope mutable state: the list and its lock, because a debugger has to
 * find them without knowing any instance.
 */
#include "debug.h"

#include <pthread.h>
#include <stddef.h>

struct lkl_debug_instance *lkl_debug_instances;
static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((noinline, noipa))
void lkl_debug_notify(const struct lkl_debug_instance *instance, int added)
{
	/* Keep the call and its arguments alive through optimisation. */
	__asm__ volatile("" : : "r"(instance), "r"(added) : "memory");
}

void debug_instance_add(struct lkl_debug_instance *instance)
{
	pthread_mutex_lock(&list_lock);
	instance->next = lkl_debug_instances;
	lkl_debug_instances = instance;
	lkl_debug_notify(instance, 1);
	pthread_mutex_unlock(&list_lock);
}

void debug_instance_remove(struct lkl_debug_instance *instance)
{
	struct lkl_debug_instance **link = &lkl_debug_instances;

	pthread_mutex_lock(&list_lock);
	lkl_debug_notify(instance, 0);
	while (*link && *link != instance)
		link = &(*link)->next;
	if (*link)
		*link = instance->next;
	pthread_mutex_unlock(&list_lock);
}
