// SPDX-License-Identifier: GPL-2.0
/*
 * instance.c - one kernel, from its image to its end
 *
 * Layer:   tools/lkl/lib; the composition file: the one place where the loader,
 *	host/posix and drivers/virtio meet (slot.c plugs the devices).
 * Users:   api.c.
 * Locking: see kernel.h.
 *
 * DOC: Order of things
 *
 * Up: map the image, enter it (it checks the host operations), boot it, open
 * the way for system calls, announce the devices. Down: halt (file systems are
 * written back through the devices), let the devices finish (their requests
 * point into the kernel's memory), have the kernel join its threads and give
 * its memory back (destroy), and unmap the image.
 */
#include "kernel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "device.h"
#include "host/posix/posix.h"
#include "slot.h"

/* Where system calls go when there is no kernel to take them. */
static long syscall_not_started(long nr, const long *params)
{
	(void)nr;
	(void)params;
	return -ENOTCONN;
}

static long syscall_forked(long nr, const long *params)
{
	(void)nr;
	(void)params;
	return -ENOLINK;
}

static void syscall_set(struct lkl_kernel *kernel,
			long (*syscall)(long nr, const long *params))
{
	__atomic_store_n(&kernel->syscall, syscall, __ATOMIC_RELEASE);
}

/*
 * Host operations that we put in place of the application's.
 */

static void output(const struct lkl_kernel *kernel, const char *str,
		   uint32_t len)
{
	struct lkl_host_operations *user = kernel->user_ops;
	const struct lkl_console_ops *console = user->console;
	/* This one looks print up in what data points at: any copy will do. */
	void *data = console == &posix_console_ops ? user : user->data;

	if (console)
		console->write(data, str, len);
}

static void console_write(void *data, const char *str, __u32 len)
{
	struct lkl_kernel *kernel = data;

	log_write(kernel->log, str, len);
	output(kernel, str, len);
}

static const struct lkl_console_ops instance_console_ops = {
	.hdr = LKL_OPS_HEADER(struct lkl_console_ops),
	.write = console_write,
};

static void panic_note(void *data, const char *message)
{
	struct lkl_kernel *kernel = data;
	const struct lkl_host_operations *user = kernel->user_ops;
	size_t len = strnlen(message, PANIC_MESSAGE_MAX - 1);

	memcpy(kernel->panic_message, message, len);
	kernel->panic_message[len] = '\0';
	__atomic_store_n(&kernel->panicked, true, __ATOMIC_RELEASE);
	if (user->panic)
		user->panic->panic(user->data, message);
}

static const struct lkl_panic_ops instance_panic_ops = {
	.hdr = LKL_OPS_HEADER(struct lkl_panic_ops),
	.panic = panic_note,
};

static int poll_wait(void *data, struct lkl_sem *sem, __u64 deadline)
{
	struct lkl_kernel *kernel = data;

	return posix_poller_wait(kernel->poller, sem, deadline);
}

static const struct lkl_poll_ops instance_poll_ops = {
	.hdr = LKL_OPS_HEADER(struct lkl_poll_ops),
	.wait = poll_wait,
};

struct lkl_host_operations lkl_host_ops = {
	.hdr = LKL_OPS_HEADER(struct lkl_host_operations),
	.thread = &posix_thread_ops,
	.sem = &posix_sem_ops,
	.time = &posix_time_ops,
	.mem = &posix_mem_ops,
	.fault = &posix_fault_ops,
	.io = &device_io_ops,
	.console = &posix_console_ops,
	.random = &posix_random_ops,
	.peer = &posix_peer_ops,
	.panic = NULL,
	.data = &lkl_host_ops,
	.print = posix_print,
};

static int ops_compose(struct lkl_kernel *kernel)
{
	int err;

	kernel->ops = *kernel->user_ops;
	kernel->ops.io = &device_io_ops;
	kernel->ops.console = &instance_console_ops;
	kernel->ops.panic = &instance_panic_ops;
	kernel->ops.data = kernel;
	kernel->ops.poll = NULL;
	/* It sleeps on the semaphores of host/posix, and on no others. */
	if (kernel->ops.sem != &posix_sem_ops)
		return 0;
	err = posix_poller_create(&kernel->poller);
	if (err)
		return err;
	kernel->ops.poll = &instance_poll_ops;
	kernel->ops.watches = posix_poller_watches(kernel->poller);
	return 0;
}

static void poller_free(struct lkl_kernel *kernel)
{
	posix_poller_destroy(kernel->poller);
	kernel->poller = NULL;
}

static struct log_ring default_log;

struct lkl_kernel default_kernel = {
	.syscall = syscall_not_started,
	.user_ops = &lkl_host_ops,
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.log = &default_log,
};

/*
 * All kernels of the process, so that a forked child can be told.
 *
 * File-scope mutable state, because fork() concerns the whole process.
 */
static struct lkl_kernel *all_kernels = &default_kernel;
static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t fork_once = PTHREAD_ONCE_INIT;

/*
 * The child has the calling thread alone, none of the kernels' threads, and
 * their memory is not mapped (see host/posix/mem.c). Locks may have been held
 * by threads that are gone; nobody else is here, so they are simply made new.
 */
static void fork_child(void)
{
	struct lkl_kernel *kernel;

	pthread_mutex_init(&all_lock, NULL);
	for (kernel = all_kernels; kernel; kernel = kernel->next) {
		pthread_mutex_init(&kernel->lock, NULL);
		if (kernel->state == KERNEL_IDLE && !kernel->calls)
			continue;
		kernel->state = KERNEL_FORKED;
		syscall_set(kernel, syscall_forked);
	}
}

static void fork_register(void)
{
	/* Fails when memory is short; the child then lacks the clear errno. */
	pthread_atfork(NULL, NULL, fork_child);
}

struct lkl_kernel *kernel_create(struct lkl_host_operations *ops)
{
	struct lkl_kernel *kernel = calloc(1, sizeof(*kernel));
	struct log_ring *log = calloc(1, sizeof(*log));

	if (!kernel || !log) {
		free(kernel);
		free(log);
		return NULL;
	}
	kernel->syscall = syscall_not_started;
	kernel->user_ops = ops;
	kernel->log = log;
	pthread_mutex_init(&kernel->lock, NULL);

	pthread_mutex_lock(&all_lock);
	kernel->next = all_kernels;
	all_kernels = kernel;
	pthread_mutex_unlock(&all_lock);
	return kernel;
}

void kernel_destroy(struct lkl_kernel *kernel)
{
	struct lkl_kernel **link = &all_kernels;

	kernel_cleanup(kernel);
	pthread_mutex_lock(&all_lock);
	while (*link != kernel)
		link = &(*link)->next;
	*link = kernel->next;
	pthread_mutex_unlock(&all_lock);
	pthread_mutex_destroy(&kernel->lock);
	free(kernel->log);
	free(kernel);
}

/*
 * Up and down. The lock is held throughout.
 */

static void state_set(struct lkl_kernel *kernel, enum kernel_state state)
{
	__atomic_store_n(&kernel->state, state, __ATOMIC_RELEASE);
}

static bool panicked(const struct lkl_kernel *kernel)
{
	return __atomic_load_n(&kernel->panicked, __ATOMIC_ACQUIRE);
}

bool kernel_running(const struct lkl_kernel *kernel)
{
	return __atomic_load_n(&kernel->state, __ATOMIC_ACQUIRE) ==
	       KERNEL_RUNNING && !panicked(kernel);
}

/* How many virtual processors "maxcpus=N" asks for; the kernel's default is 1. */
static unsigned int vcpus_wanted(const char *cmdline)
{
	const char *arg = strstr(cmdline, "maxcpus=");
	unsigned long count;

	if (!arg || (arg != cmdline && arg[-1] != ' '))
		return 1;
	count = strtoul(arg + strlen("maxcpus="), NULL, 10);
	return count < 1 ? 1 : count > 64 ? 64 : (unsigned int)count;
}

static void unload(struct lkl_kernel *kernel)
{
	syscall_set(kernel, syscall_not_started);
	slots_unplug(kernel);
	devices_close(kernel);
	kernel->calls->destroy();
	devices_free(kernel);
	slots_unplugged(kernel);
	kernel->calls = NULL;
	poller_free(kernel);
	loader_unload(&kernel->image);
	state_set(kernel, KERNEL_IDLE);
}

/*
 * Loading reads through the embedded image. Where that turned out to be what our
 * own file holds, give its pages back: whoever reads them again gets them from
 * the page cache.
 */
static void forget_image_pages(void)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t start = ((uintptr_t)lkl_image_start + page - 1) & -page;
	uintptr_t end = (uintptr_t)lkl_image_end & -page;

	if (start < end)
		madvise((void *)start, end - start, MADV_DONTNEED);
}

static int load(struct lkl_kernel *kernel)
{
	const struct lkl_kernel_calls *calls = NULL;
	int err;

	err = loader_load(&kernel->image, lkl_image_start,
			  (uintptr_t)lkl_image_end - (uintptr_t)lkl_image_start);
	if (err)
		return err;
	if (kernel->image.path)
		forget_image_pages();
	err = ops_compose(kernel);
	if (!err)
		err = kernel->image.entry(&kernel->ops, &kernel->image.info, &calls);
	if (!err && (calls->hdr.version != LKL_HOST_ABI_VERSION ||
		     calls->hdr.size < sizeof(*calls)))
		err = -EPROTO;
	if (err) {
		poller_free(kernel);
		loader_unload(&kernel->image);
		return err;
	}
	kernel->calls = calls;
	return 0;
}

static int boot(struct lkl_kernel *kernel, const char *cmdline)
{
	int err;

	kernel->vcpus = vcpus_wanted(cmdline);
	err = kernel->calls->boot(cmdline);
	if (err)
		return err;
	state_set(kernel, KERNEL_RUNNING);
	syscall_set(kernel, kernel->calls->syscall);
	return slots_plug(kernel);
}

static void forget(struct lkl_kernel *kernel);

int kernel_start(struct lkl_kernel *kernel, const char *cmdline)
{
	int err = -EBUSY;

	pthread_once(&fork_once, fork_register);
	pthread_mutex_lock(&kernel->lock);
	if (kernel_running(kernel))
		goto out;
	if (kernel->state == KERNEL_FORKED)
		forget(kernel);
	else if (kernel->state != KERNEL_IDLE)
		unload(kernel);
	kernel->panicked = false;
	log_clear(kernel->log);
	err = load(kernel);
	if (err)
		goto out;
	err = boot(kernel, cmdline);
	if (err)
		unload(kernel);
out:
	pthread_mutex_unlock(&kernel->lock);
	return err;
}

static int halt(struct lkl_kernel *kernel)
{
	int err;

	switch (kernel->state) {
	case KERNEL_IDLE:
		return -ENOTCONN;
	case KERNEL_FORKED:
		return -ENOLINK;
	default:
		break;
	}
	err = kernel->calls->halt();
	if (!err)
		state_set(kernel, KERNEL_HALTED);
	return err;
}

int kernel_halt(struct lkl_kernel *kernel)
{
	int err;

	pthread_mutex_lock(&kernel->lock);
	err = halt(kernel);
	pthread_mutex_unlock(&kernel->lock);
	return err;
}

/*
 * In a forked child: the image's own pages are still mapped, but the rest of
 * the span has holes, into which the child may have mapped something of its
 * own. What is left of it costs address space alone.
 */
static void forget(struct lkl_kernel *kernel)
{
	devices_free(kernel);
	slots_unplugged(kernel);
	kernel->ops.fault->detach(kernel->image.info.image_base);
	kernel->calls = NULL;
	poller_free(kernel);
	loader_forget(&kernel->image);
	syscall_set(kernel, syscall_not_started);
	state_set(kernel, KERNEL_IDLE);
}

void kernel_cleanup(struct lkl_kernel *kernel)
{
	pthread_mutex_lock(&kernel->lock);
	if (kernel_running(kernel))
		halt(kernel);
	if (kernel->state == KERNEL_FORKED)
		forget(kernel);
	else if (kernel->state != KERNEL_IDLE)
		unload(kernel);
	slots_free(kernel);
	kernel->panicked = false;
	log_clear(kernel->log);
	pthread_mutex_unlock(&kernel->lock);
}

void kernel_print(const struct lkl_kernel *kernel, const char *str, int len)
{
	if (len > 0)
		output(kernel, str, (uint32_t)len);
}
