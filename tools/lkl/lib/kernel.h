/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kernel.h - one kernel: image, host operations, devices, and their life cycle
 *
 * Layer:   tools/lkl/lib, internal. The composition of loader, host/posix and
 *	drivers/virtio.
 * Users:   the files of the C API beside this one.
 *
 * DOC: States
 *
 *	IDLE --start--> RUNNING --halt--> HALTED
 *	  ^                |                 |
 *	  +---- unload ----+------ unload ---+
 *
 * An image is mapped in RUNNING and HALTED. A panic does not change the state:
 * it is a flag beside it, since the kernel may panic at any time, and a kernel
 * that has panicked still has to be taken apart. Unload is a part of cleanup
 * and of the next start. FORKED is the state in a child made by fork() of what
 * was RUNNING or HALTED in the parent: nothing of it may be touched, only
 * forgotten.
 *
 * Locking: lock is held through every change of state and every change of the
 * lists of disks and network devices, calls into the kernel included. System
 * calls do not take it: they go through the pointer syscall, which always leads
 * somewhere.
 */
#ifndef LKL_LIB_KERNEL_H
#define LKL_LIB_KERNEL_H

#include <lkl_host.h>
#include <pthread.h>
#include <stdbool.h>

#include "loader.h"
#include "log.h"

enum kernel_state {
	KERNEL_IDLE,
	KERNEL_RUNNING,
	KERNEL_HALTED,
	KERNEL_FORKED,
};

#define PANIC_MESSAGE_MAX	256

struct device;
struct posix_poller;
struct slot;

/**
 * struct lkl_kernel - one kernel
 * @syscall: where system calls go; read without a lock, written atomically
 * @calls: what the kernel offers; NULL unless an image is mapped
 * @image: the image
 * @user_ops: what the application gave
 * @ops: what the kernel was given: the same with our console, I/O and panic
 * @state: see above
 * @panicked: set by the panic operation, from any thread
 * @panic_message: valid once @panicked
 * @vcpus: how many it was started with, as far as its command line says
 * @lock: see above
 * @poller: descriptors that its devices watch; NULL if the application gave
 *	semaphores of its own
 * @devices: those plugged in since it was loaded
 * @disks: those added and not yet removed
 * @netdevs: network devices, likewise
 * @log: what it wrote to its console
 * @next: the next of all kernels of the process
 */
struct lkl_kernel {
	long (*syscall)(long nr, const long *params);
	const struct lkl_kernel_calls *calls;
	struct loaded_image image;
	struct lkl_host_operations *user_ops;
	struct lkl_host_operations ops;
	enum kernel_state state;
	bool panicked;
	char panic_message[PANIC_MESSAGE_MAX];
	unsigned int vcpus;
	pthread_mutex_t lock;
	struct posix_poller *poller;
	struct device *devices;
	struct slot *disks;
	struct slot *netdevs;
	struct log_ring *log;
	struct lkl_kernel *next;
};

/* The kernel of the classic calls; never freed. */
extern struct lkl_kernel default_kernel;

/**
 * kernel_create - make another one
 * @ops: what it will run on
 *
 * Return: it, idle; NULL when memory is short.
 */
struct lkl_kernel *kernel_create(struct lkl_host_operations *ops);

/**
 * kernel_destroy - clean a kernel up and free it
 * @kernel: from kernel_create()
 */
void kernel_destroy(struct lkl_kernel *kernel);

/**
 * kernel_selected - the kernel that the calling thread's calls go to
 *
 * Return: it; never NULL.
 */
struct lkl_kernel *kernel_selected(void);

/**
 * kernel_running - can it be called?
 * @kernel: a kernel; unless its lock is held, the answer may be old
 */
bool kernel_running(const struct lkl_kernel *kernel);

/**
 * kernel_start - see lkl_start_kernel()
 * @kernel: the kernel; its lock is not held
 * @cmdline: kernel command line
 */
int kernel_start(struct lkl_kernel *kernel, const char *cmdline);

/**
 * kernel_halt - see lkl_sys_halt()
 * @kernel: the kernel; its lock is not held
 */
int kernel_halt(struct lkl_kernel *kernel);

/**
 * kernel_cleanup - see lkl_cleanup()
 * @kernel: the kernel; its lock is not held
 */
void kernel_cleanup(struct lkl_kernel *kernel);

/**
 * kernel_print - write to the kernel's print function, if there is one
 * @kernel: the kernel
 * @str: bytes
 * @len: how many
 */
void kernel_print(const struct lkl_kernel *kernel, const char *str, int len);

#endif /* LKL_LIB_KERNEL_H */
