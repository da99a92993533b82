// SPDX-License-Identifier: GPL-2.0
/*
 * gdb_types.c - the types a debugger needs, and nothing else
 *
 * Layer:   arch/lkl. Not executed.
 * Users:   tools/lkl/gdb/lkl-gdb.py.
 *
 * The kernel is built without debug information by default, which would double
 * its build time. This file alone is compiled with it (see Makefile), so that gdb
 * knows struct task_struct and struct vcpu and can list tasks and walk the
 * stacks of suspended contexts in any build.
 */
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>

#include <asm/thread_info.h>
#include <asm/vcpu.h>

/**
 * struct lkl_gdb_types - keeps the types alive
 * @task: init_task, from where all tasks are found
 * @signal: for its type
 * @thread_info: for its type
 * @vcpu: the array of vCPUs
 * @host_thread: for its type
 * @thread_size: bytes of a kernel stack
 * @nr_vcpus: how many vCPUs there can be
 */
struct lkl_gdb_types {
	const struct task_struct *task;
	const struct signal_struct *signal;
	const struct thread_info *thread_info;
	const struct vcpu *vcpu;
	const struct host_thread *host_thread;
	unsigned long thread_size;
	unsigned int nr_vcpus;
};

extern const struct lkl_gdb_types lkl_gdb_types;
const struct lkl_gdb_types lkl_gdb_types __used = {
	.task = &init_task,
	.vcpu = lkl_vcpus,
	.thread_size = THREAD_SIZE,
	.nr_vcpus = NR_CPUS,
};
