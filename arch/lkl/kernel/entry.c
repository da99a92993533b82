// SPDX-License-Identifier: GPL-2.0
/*
 * entry.c - boot, system call, interrupt, halt: what the one door hands out
 *
 * Layer:   arch/lkl, on host stacks, called by the host half.
 * Users:   whoever loaded the image; contracts in host/ops.h.
 * Context: like vcpu.c: no current, no per-CPU data, no locks, no printk.
 *
 * The path of a system call, all of it:
 *
 *	kernel_syscall()	find the thread's record, take the token
 *	  lkl_call_on_stack()	onto its task's kernel stack
 *	    task_call()		the system call table; exit work
 *	  return, give the token back
 *
 * and vcpu_call() for everything that is not that simple.
 */
#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/panic.h>
#include <linux/reboot.h>
#include <linux/sched/task_stack.h>
#include <linux/start_kernel.h>
#include <linux/string.h>
#include <linux/syscalls.h>

#include <asm/devices.h>
#include <asm/fault.h>
#include <asm/host.h>
#include <asm/irq.h>
#include <asm/memory.h>
#include <asm/processor.h>
#include <asm/setup.h>
#include <asm/task.h>
#include <asm/vcpu.h>

struct lkl_host_operations lkl_ops;
struct lkl_image_info lkl_image;

/* The host's thread-local slot that holds a struct host_thread. */
static u64 thread_slot;

static struct lkl_sem *boot_sem;
static bool booted;
static bool halting;

static struct lkl_kernel_calls kernel_calls;

/* Calls */

static long stopped_errno(void)
{
	return READ_ONCE(lkl_stopped);
}

/* The calling thread's record, made if there is none. */
static struct host_thread *thread_adopt(long *err)
{
	struct host_thread *self = host_thread_get();

	*err = -ENOMEM;
	if (!self)
		return NULL;
	self->vcpu = &lkl_vcpus[0];
	self->host_id = lkl_ops.thread->self();
	*err = lkl_ops.thread->slot_set(thread_slot, self);
	if (*err) {
		host_thread_put(self);
		return NULL;
	}
	return self;
}

/* Outside again: signals that the call raised may run their handlers now. */
static void thread_leave(struct host_thread *self)
{
	struct lkl_signal signals[HOST_SIGNALS];
	int i, n = self->nr_signals;

	memcpy(signals, self->signals, n * sizeof(signals[0]));
	self->nr_signals = 0;
	/* after all use of the record: host_threads_exit() frees it */
	smp_store_release(&self->inside, 0);
	for (i = 0; i < n; i++)
		lkl_ops.thread->signal(lkl_ops.thread->self(), &signals[i]);
}

/* Run @call on the calling thread's task by way of the scheduler. */
static noinline long call_slowly(lkl_call_t call, long nr, const long *params)
{
	struct host_thread *self;
	long ret;

	if (stopped_errno())
		return stopped_errno();
	self = lkl_ops.thread->slot_get(thread_slot);
	if (!self) {
		self = thread_adopt(&ret);
		if (!self)
			return ret;
	} else if (self->inside) {
		return -EDEADLK;
	}
	self->inside = 1;
	barrier();
	ret = vcpu_call(self, call, nr, params);
	thread_leave(self);
	return ret;
}

/* The fast path came back with something left to do. */
static noinline long syscall_leave(struct vcpu *v, struct host_thread *self,
				   long left)
{
	long ret = vcpu_leave_call(v, self, left);

	thread_leave(self);
	return ret;
}

static long kernel_syscall(long nr, const long *params)
{
	struct host_thread *self = lkl_ops.thread->slot_get(thread_slot);
	unsigned long token = (unsigned long)self;
	struct vcpu *v;
	long left, ret;

	if (unlikely(!self || self->inside))
		return call_slowly(task_syscall, nr, params);
	v = self->vcpu;
	self->inside = 1;
	barrier();
	if (unlikely(!try_cmpxchg(&v->token, &token, token | 1))) {
		self->inside = 0;
		return call_slowly(task_syscall, nr, params);
	}
	v->calls++;
	left = lkl_call_on_stack(task_call, self, nr, params, self->stack_top,
				 &v->host_sp);
	if (unlikely(left != LEFT_DONE || READ_ONCE(v->pending) ||
		     self->nr_signals))
		return syscall_leave(v, self, left);
	ret = self->ret;
	/* Without a barrier before the look at pending: see vcpu.c. */
	smp_store_release(&v->token, (unsigned long)self);
	if (unlikely(READ_ONCE(v->pending) || vcpu_waiter_late(v)))
		vcpu_reenter(v, self);
	/* after all use of the record: host_threads_exit() frees it */
	smp_store_release(&self->inside, 0);
	return ret;
}

static long call_device_add(struct host_thread *self, long nr,
			    const long *params)
{
	return lkl_device_add((struct lkl_device *)params);
}

static int kernel_device_add(struct lkl_device *device)
{
	return call_slowly(call_device_add, 0, (const long *)device);
}

static long call_device_remove(struct host_thread *self, long nr,
			       const long *params)
{
	return lkl_device_remove(nr);
}

static int kernel_device_remove(int id)
{
	return call_slowly(call_device_remove, id, NULL);
}

static int kernel_irq_raise(u32 irq)
{
	return lkl_irq_raise(irq);
}

static struct host_thread *kernel_thread_self(void)
{
	return lkl_ops.thread->slot_get(thread_slot);
}

static void kernel_thread_interrupt(struct host_thread *thread)
{
	if (!stopped_errno())
		host_thread_interrupt(thread);
}

static long kernel_syscall_interruptible(long nr, const long *params)
{
	return call_slowly(task_syscall_interruptible, nr, params);
}

static long kernel_fd_users(int fd)
{
	return call_slowly(task_fd_users, fd, NULL);
}

static void kernel_signal_handled(int restarts)
{
	struct host_thread *self = lkl_ops.thread->slot_get(thread_slot);

	if (self && !stopped_errno())
		host_thread_signalled(self, restarts);
}

static int kernel_peer_set(u64 peer)
{
	return call_slowly(task_peer_set, peer, NULL);
}

static void kernel_look(void)
{
	if (booted && !stopped_errno())
		vcpu_look(&lkl_vcpus[0]);
}

static long call_user_fault(struct host_thread *self, long write,
			    const long *addr)
{
	return lkl_user_fault((unsigned long)addr, write) ? 0 : -EFAULT;
}

/**
 * lkl_call_user_fault - application code has touched a user mapping
 * @addr: where
 * @write: whether it wrote
 *
 * Return: 0 if the access can be repeated, or a negative errno.
 */
long lkl_call_user_fault(unsigned long addr, bool write)
{
	if (!booted)
		return -ENOTCONN;
	return call_slowly(call_user_fault, write, (const long *)addr);
}

/* A host thread that had a record has ended. */
static void thread_ended(void *value)
{
	struct host_thread *self = value;

	self->inside = 1;
	barrier();
	if (!stopped_errno() && self->task)
		vcpu_call(self, task_exit, 0, NULL);
	host_thread_put(self);
	/* after all use of the record: host_threads_exit() frees it */
	smp_store_release(&self->inside, 0);
}

/* Boot */

/**
 * lkl_boot_done - process 1 has reached its user mode
 */
void lkl_boot_done(void)
{
	lkl_ops.sem->up(boot_sem);
}

static long __ref boot_kernel(struct host_thread *self, long nr,
			      const long *params)
{
	start_kernel();
	return 0;
}

static int boot_resources(const char *cmdline)
{
	int err;

	err = lkl_mem_init(cmdline);
	if (err)
		return err;
	err = -ENOMEM;
	boot_sem = lkl_ops.sem->alloc(0);
	if (!boot_sem)
		goto err_mem;
	err = lkl_ops.thread->slot_alloc(thread_ended, &thread_slot);
	if (err)
		goto err_sem;
	err = lkl_ops.fault->attach(lkl_image.image_base, lkl_image.span_size,
				    lkl_fault_handler);
	if (err)
		goto err_slot;
	return 0;

err_slot:
	lkl_ops.thread->slot_free(thread_slot);
err_sem:
	lkl_ops.sem->free(boot_sem);
err_mem:
	lkl_mem_exit();
	return err;
}

static void free_resources(void)
{
	lkl_ops.fault->detach(lkl_image.image_base);
	lkl_ops.sem->free(boot_sem);
	lkl_mem_exit();
}

/*
 * Comes before the caller's command line, which can say otherwise. Compacting
 * memory ahead of demand would wake an idle kernel twice a second.
 */
static const char builtin_cmdline[] = "sysctl.vm.compaction_proactiveness=0 ";

static int __ref kernel_boot(const char *cmdline)
{
	unsigned long stack = task_entry_sp(&init_task);
	int err;

	if (booted || stopped_errno())
		return -EBUSY;
	if (strlen(builtin_cmdline) + strlen(cmdline) >= COMMAND_LINE_SIZE)
		return -EINVAL;
	err = boot_resources(cmdline);
	if (err)
		return err;
	strscpy(boot_command_line, builtin_cmdline, COMMAND_LINE_SIZE);
	strlcat(boot_command_line, cmdline, COMMAND_LINE_SIZE);
	err = vcpu_start_thread(&lkl_vcpus[0], boot_kernel, stack);
	if (err) {
		host_threads_exit();
		lkl_ops.thread->slot_free(thread_slot);
		free_resources();
		return err;
	}
	booted = true;
	lkl_ops.sem->down(boot_sem, LKL_FOREVER);
	if (stopped_errno())
		return stopped_errno();
	kernel_calls.dma_start = lkl_dma_start;
	kernel_calls.dma_end = lkl_dma_end;
	kernel_calls.syscall = kernel_syscall;
	kernel_calls.device_add = kernel_device_add;
	kernel_calls.device_remove = kernel_device_remove;
	kernel_calls.thread_self = kernel_thread_self;
	kernel_calls.syscall_interruptible = kernel_syscall_interruptible;
	kernel_calls.peer_set = kernel_peer_set;
	kernel_calls.fd_users = kernel_fd_users;
	return 0;
}

/* The end */

/**
 * lkl_stop - stop the kernel
 * @err: what calls return from now on, a negative errno
 *
 * Context: on a kernel stack.
 */
void __noreturn lkl_stop(int err)
{
	vcpu_stop_all(err);
	lkl_ops.sem->up(boot_sem);
	vcpu_leave(current_thread_info()->vcpu, LEFT_DEAD);
}

static int stop_reason(void)
{
	return atomic_read(&panic_cpu) == PANIC_CPU_INVALID ?
	       -ESHUTDOWN : -ENOTRECOVERABLE;
}

void machine_restart(char *command)
{
	lkl_stop(stop_reason());
}

void machine_halt(void)
{
	lkl_stop(stop_reason());
}

void machine_power_off(void)
{
	lkl_stop(stop_reason());
}

static long call_halt(struct host_thread *self, long nr, const long *params)
{
	ksys_sync();
	kernel_halt();
	return 0;
}

static int kernel_halt_call(void)
{
	long ret;

	if (!booted)
		return -ENOTCONN;
	if (stopped_errno())
		return stopped_errno();
	if (xchg(&halting, true))
		return -ESHUTDOWN;
	ret = call_slowly(call_halt, 0, NULL);
	return ret == -ESHUTDOWN ? 0 : ret;
}

static void kernel_destroy(void)
{
	if (!booted)
		return;
	vcpu_stop_all(-ESHUTDOWN);
	lkl_ops.thread->slot_free(thread_slot);
	host_threads_exit();
	free_resources();
	booted = false;
}

/* The door */

static long not_booted_syscall(long nr, const long *params)
{
	return stopped_errno() ?: -ENOTCONN;
}

static struct host_thread *not_booted_thread_self(void)
{
	return NULL;
}

static int not_booted_peer_set(u64 peer)
{
	return stopped_errno() ?: -ENOTCONN;
}

static int not_booted_device_add(struct lkl_device *device)
{
	return stopped_errno() ?: -ENOTCONN;
}

static int not_booted_device_remove(int id)
{
	return stopped_errno() ?: -ENOTCONN;
}

static long not_booted_fd_users(int fd)
{
	return stopped_errno() ?: -ENOTCONN;
}

static struct lkl_kernel_calls kernel_calls = {
	.hdr = LKL_OPS_HEADER(struct lkl_kernel_calls),
	.boot = kernel_boot,
	.syscall = not_booted_syscall,
	.halt = kernel_halt_call,
	.destroy = kernel_destroy,
	.device_add = not_booted_device_add,
	.device_remove = not_booted_device_remove,
	.irq_raise = kernel_irq_raise,
	.look = kernel_look,
	.thread_self = not_booted_thread_self,
	.thread_interrupt = kernel_thread_interrupt,
	.syscall_interruptible = not_booted_syscall,
	.peer_set = not_booted_peer_set,
	.signal_handled = kernel_signal_handled,
	.fd_users = not_booted_fd_users,
};

static int check_header(const struct lkl_ops_header *hdr, u32 size,
			bool optional)
{
	if (!hdr)
		return optional ? 0 : -ENOSYS;
	if (hdr->version != LKL_HOST_ABI_VERSION || hdr->size < size)
		return -EPROTO;
	return 0;
}

/* Every function pointer of a required family must be there. */
static int check_members(const void *family, u32 first, u32 size)
{
	const void *const *member = family + first;
	const void *const *end = family + size;

	for (; member < end; member++)
		if (!*member)
			return -ENOSYS;
	return 0;
}

#define CHECK(name, first, optional) ({					\
	int __err = check_header((const void *)ops->name,		\
				 sizeof(*ops->name), optional);		\
	if (!__err && ops->name)					\
		__err = check_members(ops->name,			\
			offsetof(typeof(*ops->name), first),		\
			sizeof(*ops->name));				\
	__err; })

static int check_operations(const struct lkl_host_operations *ops)
{
	return check_header(&ops->hdr, sizeof(*ops), false) ?:
	       CHECK(thread, create, false) ?:
	       CHECK(sem, alloc, false) ?:
	       CHECK(time, monotonic, false) ?:
	       CHECK(mem, alloc, false) ?:
	       CHECK(fault, attach, false) ?:
	       CHECK(io, read, true) ?:
	       CHECK(console, write, true) ?:
	       CHECK(random, fill, true) ?:
	       CHECK(panic, panic, true) ?:
	       CHECK(poll, wait, true) ?:
	       CHECK(peer, copy, true) ?:
	       (ops->poll && !ops->watches ? -ENOSYS : 0);
}

static bool image_usable(const struct lkl_image_info *info)
{
	return IS_ALIGNED(info->image_base, LKL_IMAGE_ALIGN) &&
	       info->image_base == (unsigned long)__image_base &&
	       info->span_size >= LKL_SPAN_MIN &&
	       info->image_size < info->span_size;
}

/* The only symbol this image exports. */
lkl_kernel_entry_t lkl_kernel_entry __visible
	__attribute__((visibility("default")));

int lkl_kernel_entry(const struct lkl_host_operations *ops,
		     const struct lkl_image_info *info,
		     const struct lkl_kernel_calls **calls)
{
	int err = check_operations(ops);

	if (err)
		return err;
	if (!image_usable(info))
		return -EINVAL;
	lkl_ops = *ops;
	lkl_image = *info;
	*calls = &kernel_calls;
	return 0;
}
