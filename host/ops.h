/* SPDX-License-Identifier: GPL-2.0 */
/*
 * host/ops.h - the only boundary between the kernel half and the host half.
 *
 * Layer:   between arch/lkl (above) and a host backend such as host/posix
 *          (below). Both include this file and nothing else of each other.
 * Users:   arch/lkl calls the host through struct lkl_host_operations;
 *          the host calls the kernel through struct lkl_kernel_calls, which
 *          the kernel image's one exported function hands out.
 *
 * DOC: Rules of the boundary
 *
 * - Only fixed-width types and pointers cross it. Results are 0 or a positive
 *   count, or a negative Linux errno by value, whatever the host's own errno
 *   numbers are.
 * - Operations come in families. Each family starts with a struct
 *   lkl_ops_header that carries its version and its size; members are only
 *   ever appended. The kernel refuses a family that is older or shorter than
 *   the one it was built with (-EPROTO), and one that is missing and not
 *   marked optional (-ENOSYS). A host must refuse calls likewise.
 * - Every operation states its Context (who may call it, holding what),
 *   whether it Blocks, who owns what is passed, and its errors.
 * - "On a vCPU" means: called by kernel code that holds a vCPU's token (see
 *   Documentation/vcpu.md). Such an operation must not wait for another host
 *   thread that may itself want to enter the kernel.
 * - Times are nanoseconds on the host's monotonic clock unless said otherwise.
 */
#ifndef LKL_HOST_OPS_H
#define LKL_HOST_OPS_H

#include <linux/types.h>

/* Version of every family below; see struct lkl_ops_header. */
#define LKL_HOST_ABI_VERSION	1

/* A deadline that never comes. */
#define LKL_FOREVER		(~(__u64)0)

/**
 * struct lkl_ops_header - the first member of every family
 * @version: LKL_HOST_ABI_VERSION the family was built with
 * @size: sizeof() the family, in bytes, as it was built
 */
struct lkl_ops_header {
	__u32 version;
	__u32 size;
};

#define LKL_OPS_HEADER(type) { LKL_HOST_ABI_VERSION, sizeof(type) }

/**
 * struct lkl_signal - a signal on its way from the kernel to a host thread
 * @signo: Linux signal number (1..64)
 * @code: si_code as the kernel made it (SI_TIMER, SI_KERNEL, ...)
 * @value: si_value, for queued and timer signals, else 0
 */
struct lkl_signal {
	__u32 signo;
	__s32 code;
	__u64 value;
};

/**
 * struct lkl_thread_ops - host threads
 *
 * @create: Start a host thread that runs @fn(@arg) and then ends. It starts
 *	with every asynchronous signal blocked. @name is at most 15 characters
 *	and is copied. *@thread is set before @fn runs. The caller owns
 *	*@thread until it has joined it.
 *	Context: any. Blocks: no. Return: 0, -EAGAIN, -ENOMEM.
 * @join: Wait until a thread made by @create has ended, and free it.
 *	Context: never on a vCPU. Blocks: yes. Return: 0, -ESRCH, -EDEADLK.
 * @slot_alloc: Make a thread-local slot, NULL in every thread. When a thread
 *	ends with a non-NULL value, @destructor(value) runs in that thread,
 *	with the slot already NULL; it may enter the kernel.
 *	Context: any. Blocks: no. Return: 0, -EAGAIN, -ENOMEM.
 * @slot_free: Give a slot back; destructors no longer run.
 *	Context: any, when no thread uses the slot. Blocks: no.
 * @slot_set: Set the calling thread's value.
 *	Context: any. Blocks: no. Return: 0, -EINVAL, -ENOMEM.
 * @slot_get: Read the calling thread's value; on the path of every call, so
 *	it has to cost a few instructions.
 *	Context: any. Blocks: no. Return: the value, or NULL.
 * @self: A number by which @signal finds the calling thread while it lives.
 *	Context: any. Blocks: no. Return: the number, never 0.
 * @signal: Send a signal to one host thread of this process. What happens
 *	then (handler, default action, ignored) is the host's business.
 *	Context: any. Blocks: no. Return: 0, -ESRCH, -EINVAL, -EAGAIN.
 * @yield: Let another host thread that is ready have the processor: the caller
 *	spins for something that thread may have to do first.
 *	Context: any. Blocks: no longer than it takes to be scheduled again.
 */
struct lkl_thread_ops {
	struct lkl_ops_header hdr;
	int (*create)(void (*fn)(void *arg), void *arg, const char *name,
		      __u64 *thread);
	int (*join)(__u64 thread);
	int (*slot_alloc)(void (*destructor)(void *value), __u64 *slot);
	void (*slot_free)(__u64 slot);
	int (*slot_set)(__u64 slot, void *value);
	void *(*slot_get)(__u64 slot);
	__u64 (*self)(void);
	int (*signal)(__u64 thread, const struct lkl_signal *sig);
	void (*yield)(void);
};

struct lkl_sem;

/**
 * struct lkl_sem_ops - counting semaphores: the one way to sleep
 *
 * @alloc: Make a semaphore with @count permits.
 *	Context: any. Blocks: no. Return: it, or NULL when memory is short.
 * @free: Free a semaphore nobody waits for.
 *	Context: any. Blocks: no.
 * @up: Add a permit and wake one waiter if there is one. A full barrier.
 *	Async-signal-safe.
 *	Context: any. Blocks: no.
 * @down: Take a permit, waiting for one until @deadline. A host should look
 *	for a permit for a few microseconds before it sleeps, since most waits
 *	are for another thread that is about to answer. A permit that is
 *	there wins over a deadline that has passed. An acquire barrier.
 *	Not interrupted by signals.
 *	Context: never on a vCPU. Blocks: yes.
 *	Return: 0, or -ETIMEDOUT (only at or after @deadline).
 * @down_interruptible: The same, but it ends without a permit when a signal
 *	handler of the application has run in the sleeping thread.
 *	Context: never on a vCPU. Blocks: yes.
 *	Return: 0, -ETIMEDOUT, -EINTR, or -ERESTART if the application wants
 *	calls to be restarted (each handler that may have run has SA_RESTART).
 */
struct lkl_sem_ops {
	struct lkl_ops_header hdr;
	struct lkl_sem *(*alloc)(__u32 count);
	void (*free)(struct lkl_sem *sem);
	void (*up)(struct lkl_sem *sem);
	int (*down)(struct lkl_sem *sem, __u64 deadline);
	int (*down_interruptible)(struct lkl_sem *sem, __u64 deadline);
};

/**
 * struct lkl_poll_ops - sleeping where host I/O is collected too; optional
 *
 * The thread that looks after the boot vCPU, where device interrupts go, sleeps
 * here instead of in sem->down_interruptible, so that what the host has to say
 * to a device (a descriptor is readable, a request is done) wakes that very
 * thread: it runs the device's code, which may raise interrupts, and goes on to
 * handle them. @data is struct lkl_host_operations.data.
 *
 * @wait: As sem->down_interruptible for @sem, but it also ends, without a permit,
 *	when host I/O was collected; the caller then looks at its conditions
 *	again. sem->up wakes it. One thread at a time: who wakes one may wake
 *	another that is in here instead.
 *	Context: never on a vCPU. Blocks: yes.
 *	Return: as sem->down_interruptible; 0 also without a permit, see above.
 */
struct lkl_poll_ops {
	struct lkl_ops_header hdr;
	int (*wait)(void *data, struct lkl_sem *sem, __u64 deadline);
};

/**
 * struct lkl_time_ops - clocks
 *
 * @resolution: resolution of @monotonic, in ns, at least 1
 * @monotonic: Nanoseconds since some fixed moment; never goes back, the same
 *	for all threads. It is what deadlines are measured on.
 *	Context: any. Blocks: no.
 * @realtime: Nanoseconds since 1970-01-01 00:00:00 UTC.
 *	Context: any. Blocks: no.
 * @delay: Pass @ns nanoseconds without giving the vCPU away.
 *	Context: any. Blocks: for @ns.
 */
struct lkl_time_ops {
	struct lkl_ops_header hdr;
	__u64 resolution;
	__u64 (*monotonic)(void);
	__u64 (*realtime)(void);
	void (*delay)(__u64 ns);
};

/* Protection bits of struct lkl_mem_ops. */
#define LKL_PROT_READ		1
#define LKL_PROT_WRITE		2

/**
 * struct lkl_mem_ops - host memory and the kernel's address range
 *
 * A memory object is the kernel's "physical" memory: pages that can be mapped
 * at several addresses at once and that keep their contents while any mapping
 * or the object itself lives. Addresses given to @map, @unmap and @protect lie
 * inside the span of struct lkl_image_info, and with sizes and offsets they are
 * multiples of @page_size. The span is reserved from the start, so @map always
 * replaces what is there, and @unmap leaves it reserved and inaccessible.
 * Mappings are never executable: code comes from the image alone.
 *
 * @page_size: the host's page size in bytes, a power of two
 * @alloc: Plain memory, zeroed, aligned to 64 bytes.
 *	Context: any. Blocks: no. Return: it, or NULL.
 * @free: Free what @alloc returned; NULL is allowed.
 *	Context: any. Blocks: no.
 * @object_create: Make a memory object of @size bytes, reading as zeros. It
 *	takes host memory only as pages are touched.
 *	Context: any. Blocks: no. Return: 0, -ENOMEM, -EMFILE, -ENFILE.
 * @object_destroy: Drop the object; its mappings stay until unmapped.
 *	Context: any. Blocks: no.
 * @map: Map @size bytes of @object from @offset at @addr, with @prot.
 *	Context: any. Blocks: no. Return: 0, -ENOMEM, -EINVAL.
 * @unmap: Make a range inaccessible again.
 *	Context: any. Blocks: no. Return: 0, -ENOMEM, -EINVAL.
 * @protect: Change the protection of mapped pages.
 *	Context: any. Blocks: no. Return: 0, -ENOMEM, -EINVAL.
 * @discard: Give the pages back to the host; they read as zeros afterwards.
 *	May be deferred or ignored by the host only if it says so by returning
 *	-EOPNOTSUPP, after which the kernel stops asking.
 *	Context: any. Blocks: no. Return: 0, -EOPNOTSUPP, -EINVAL.
 */
struct lkl_mem_ops {
	struct lkl_ops_header hdr;
	__u64 page_size;
	void *(*alloc)(__u64 size);
	void (*free)(void *ptr);
	int (*object_create)(__u64 size, __u64 *object);
	void (*object_destroy)(__u64 object);
	int (*map)(__u64 object, __u64 addr, __u64 size, __u64 offset,
		   __u32 prot);
	int (*unmap)(__u64 addr, __u64 size);
	int (*protect)(__u64 addr, __u64 size, __u32 prot);
	int (*discard)(__u64 object, __u64 offset, __u64 size);
};

/**
 * struct lkl_io_ops - windows of device registers
 *
 * A window belongs to a device that was announced by @device_add of struct
 * lkl_kernel_calls; @dev is the pointer given there.
 *
 * @read: Read @size (1, 2, 4 or 8) bytes at @offset into *@value.
 *	Context: on a vCPU. Blocks: no.
 *	Return: 0, or -EINVAL for an access the device does not have (the
 *	driver then reads all ones).
 * @write: Write @size bytes of @value at @offset. A doorbell may do the work
 *	it announces before it returns, if that does not block.
 *	Context: on a vCPU. Blocks: no. Return: 0, -EINVAL (dropped).
 */
struct lkl_io_ops {
	struct lkl_ops_header hdr;
	int (*read)(void *dev, __u32 offset, __u32 size, __u64 *value);
	int (*write)(void *dev, __u32 offset, __u32 size, __u64 value);
};

/**
 * struct lkl_console_ops - the kernel's console; optional
 *
 * @write: Take @len bytes of console output. Bytes that cannot be taken are
 *	dropped. @data is struct lkl_host_operations.data.
 *	Context: any, also in a panic. Blocks: no.
 */
struct lkl_console_ops {
	struct lkl_ops_header hdr;
	void (*write)(void *data, const char *str, __u32 len);
};

/**
 * struct lkl_random_ops - entropy of the host; optional
 *
 * @fill: Fill up to @len bytes with random bytes fit for keys, and say how
 *	many. Never waits for entropy: gives less, down to 0, instead.
 *	Context: any. Blocks: no. Return: bytes filled (0..@len).
 */
struct lkl_random_ops {
	struct lkl_ops_header hdr;
	__u32 (*fill)(void *buf, __u32 len);
};

/**
 * struct lkl_fault - a processor fault of the calling thread
 * @pc: where it happened; may be changed to resume elsewhere
 * @sp: the stack pointer then; may be changed likewise
 * @addr: the address accessed, for a memory fault, else 0
 * @kind: one of LKL_FAULT_*
 * @write: 1 if the access was a write, 0 if not or not known
 */
struct lkl_fault {
	__u64 pc;
	__u64 sp;
	__u64 addr;
	__u32 kind;
	__u32 write;
};

#define LKL_FAULT_ACCESS	1	/* no such page, or not permitted */
#define LKL_FAULT_BUS		2	/* the page exists, its contents do not */
#define LKL_FAULT_INSTRUCTION	3	/* undefined instruction, trap */
#define LKL_FAULT_ARITHMETIC	4	/* division by zero and the like */

/**
 * struct lkl_fault_ops - processor faults
 *
 * @attach: From now on, offer every synchronous fault in this process whose pc
 *	or whose address lies in [@base, @base + @size) to @handler, in the
 *	faulting thread and in whatever context the host reports faults. If
 *	@handler returns 1, the thread goes on at fault->pc with fault->sp and
 *	its other registers as they were. For a fault outside the range's code,
 *	@handler may block, as a system call of the faulting thread does. If it returns 0, and for every other fault, what the
 *	application had installed before sees the fault as if we were not
 *	there.
 *	Context: any. Blocks: no. Return: 0, -ENOMEM, -EBUSY (too many).
 * @detach: Stop offering faults of the range that starts at @base.
 *	Context: any, when no thread is inside the range. Blocks: no.
 */
struct lkl_fault_ops {
	struct lkl_ops_header hdr;
	int (*attach)(__u64 base, __u64 size,
		      int (*handler)(struct lkl_fault *fault));
	void (*detach)(__u64 base);
};

/**
 * struct lkl_peer_ops - the memory of other host processes; optional
 *
 * @copy: Copy up to @size bytes between @local and address @remote of process
 *	@peer, a host process id; to the peer if @write, else from it. Stops at the
 *	first byte that cannot be accessed.
 *	Context: on a vCPU. Blocks: only as an access to own memory may.
 *	Return: bytes copied, at least 1, or -EFAULT, -ESRCH, -EPERM, -ENOSYS.
 */
struct lkl_peer_ops {
	struct lkl_ops_header hdr;
	__s64 (*copy)(__u64 peer, void *local, __u64 remote, __u64 size,
		      __u32 write);
};

/**
 * struct lkl_panic_ops - the kernel's end; optional
 *
 * @panic: Called once when the kernel has panicked, with one line that says
 *	why. Calls made afterwards fail with -ENOTRECOVERABLE; those under way
 *	end with it too. @data is struct lkl_host_operations.data.
 *	Context: on a vCPU. Blocks: no. Must not call the kernel.
 */
struct lkl_panic_ops {
	struct lkl_ops_header hdr;
	void (*panic)(void *data, const char *message);
};

/**
 * struct lkl_host_operations - all that a host offers to one kernel
 * @hdr: header of this struct itself
 * @thread: required
 * @sem: required
 * @time: required
 * @mem: required
 * @fault: required
 * @io: optional; without it device_add fails with -ENOSYS
 * @console: optional; without it the kernel has no console
 * @random: optional
 * @panic: optional
 * @data: passed to console, panic and poll operations
 * @print: not used by the kernel. A host's console family may call it with
 *	each piece of console output; NULL means nowhere. Existing LKL
 *	programs set it.
 * @poll: optional; without it, devices need threads of their own to notice what
 *	happens on the host
 * @watches: required with @poll: the number of things it collects. While that
 *	is 0, the kernel does not use @poll. It may change at any time; who raises
 *	it from 0 then calls lkl_kernel_calls.look.
 * @peer: optional; without it peer_set fails with -ENOSYS
 *
 * The struct is copied at entry; the families it points to must stay valid
 * and unchanged until the instance is destroyed.
 */
struct lkl_host_operations {
	struct lkl_ops_header hdr;
	const struct lkl_thread_ops *thread;
	const struct lkl_sem_ops *sem;
	const struct lkl_time_ops *time;
	const struct lkl_mem_ops *mem;
	const struct lkl_fault_ops *fault;
	const struct lkl_io_ops *io;
	const struct lkl_console_ops *console;
	const struct lkl_random_ops *random;
	const struct lkl_panic_ops *panic;
	void *data;
	void (*print)(const char *str, int len);
	const struct lkl_poll_ops *poll;
	const __u32 *watches;
	const struct lkl_peer_ops *peer;
};

/**
 * struct lkl_image_info - where the loader put this instance of the image
 * @image_base: address of the image's first byte, a multiple of 2 MiB
 * @image_size: bytes from there to the end of its bss
 * @span_size: bytes of address space reserved from @image_base for the
 *	kernel's use: image, memory, vmalloc range, user mappings. At least
 *	LKL_SPAN_MIN.
 */
struct lkl_image_info {
	__u64 image_base;
	__u64 image_size;
	__u64 span_size;
};

#define LKL_SPAN_MIN		(256ULL << 30)
#define LKL_IMAGE_ALIGN		(2ULL << 20)

/**
 * struct lkl_device - a device register window to announce to the kernel
 * @driver: name of the platform driver, e.g. "virtio-mmio"; copied
 * @dev: given back to struct lkl_io_ops; never dereferenced by the kernel
 * @size: bytes of the window, at most 4096
 * @irq: set by device_add: the line to raise
 */
struct lkl_device {
	const char *driver;
	void *dev;
	__u32 size;
	__u32 irq;
};

struct host_thread;

/* System call numbers are the host processor's own (<sys/syscall.h>). */

/**
 * struct lkl_kernel_calls - what the kernel offers, one per instance
 *
 * @boot: Boot with @cmdline, a kernel command line. Returns when calls can be
 *	made. May be called once.
 *	Context: any host thread outside the kernel. Blocks: yes.
 *	Return: 0, -EPROTO/-ENOSYS (operations refused), -ENOMEM, -EINVAL (bad
 *	mem= value), -EBUSY (called before), -ENOTRECOVERABLE (panicked).
 * @syscall: One system call by the calling host thread, which becomes a kernel
 *	task at its first one. @params points to six values.
 *	Context: any host thread outside the kernel. Blocks: as the call does.
 *	Return: the call's result; -ESHUTDOWN after (or when woken by) @halt,
 *	-ENOTRECOVERABLE after a panic, -ENOTCONN before @boot, -ENOMEM if the
 *	thread could not be adopted, -EDEADLK if the thread is already inside
 *	(a signal handler that interrupted a call).
 * @halt: Write back all file systems, shut devices down and stop. Host threads
 *	that are blocked inside return -ESHUTDOWN.
 *	Context: as @syscall. Blocks: yes.
 *	Return: 0; -ESHUTDOWN, -ENOTRECOVERABLE, -ENOTCONN as above.
 * @destroy: Wait until every host thread has left, join the vCPU threads, and
 *	give every host resource back. Afterwards only the image's memory is
 *	left, and the caller unmaps it. Stops a running kernel without @halt.
 *	Context: any host thread outside the kernel; last call. Blocks: yes.
 * @device_add: Announce a device; its driver probes it before this returns.
 *	Context: as @syscall. Blocks: yes.
 *	Return: an id >= 0 for @device_remove; -ENOSPC (no line or window
 *	left), -ENOSYS (no io family), -ENOMEM, -EINVAL, and as @syscall.
 * @device_remove: Unbind the driver and forget the device. No access to its
 *	window happens after this returned.
 *	Context: as @syscall. Blocks: yes. Return: 0, -ENODEV, as @syscall.
 * @irq_raise: Raise a device's line (edge). Nothing happens if the kernel is
 *	not running.
 *	Context: any host thread, inside or outside. Blocks: no.
 *	Return: 0, -EINVAL (no such line).
 * @look: *lkl_host_operations.watches was 0 and is no more: have the waiter use
 *	lkl_poll_ops.wait, at the next tick at the latest.
 *	Context: any host thread. Blocks: no.
 * @thread_self: A handle of the calling thread for @thread_interrupt.
 *	Context: any host thread outside. Blocks: no.
 *	Return: it; NULL if the thread has made no call yet.
 * @thread_interrupt: End the thread's @syscall_interruptible with -EINTR, or its
 *	next one, if it is in none. Many of these end one call.
 *	Context: any host thread, inside or outside, signal handlers included, while
 *	the thread with that handle lives. Blocks: no.
 * @syscall_interruptible: As @syscall, but it also ends with -EINTR when
 *	@thread_interrupt was called since the last call of this kind ended so.
 * @signal_handled: A host signal has run a handler of the application's on the
 *	calling thread, which is perhaps inside. Its call ends with -EINTR, or goes
 *	on if @restarts (SA_RESTART) and the call is one that can, where it would
 *	have slept, or sleeps. Not needed for signals that end a sleep of the host
 *	operations': those tell themselves.
 *	Context: any host thread, the handler itself included. Blocks: no.
 * @peer_set: From now on the user memory of the calling thread's system calls is
 *	that of host process @peer; 0: its own again. Futexes and mappings are not
 *	to be had in there.
 *	Context: as @syscall. Blocks: no. Return: 0, -ENOSYS (no peer family), and as
 *	@syscall.
 * @fd_users: How many hold the open file behind descriptor @fd: descriptors, messages
 *	on their way, calls under way but this one.
 *	Context: as @syscall. Blocks: no. Return: >= 1, -EBADF, and as @syscall.
 * @dma_start: set by @boot: a device may access guest-physical addresses from
 *	here (bytes) ...
 * @dma_end: ... up to here. Guest-physical address p is at host address
 *	image_base + p.
 */
struct lkl_kernel_calls {
	struct lkl_ops_header hdr;
	int (*boot)(const char *cmdline);
	long (*syscall)(long nr, const long *params);
	int (*halt)(void);
	void (*destroy)(void);
	int (*device_add)(struct lkl_device *device);
	int (*device_remove)(int id);
	int (*irq_raise)(__u32 irq);
	__u64 dma_start;
	__u64 dma_end;
	void (*look)(void);
	struct host_thread *(*thread_self)(void);
	void (*thread_interrupt)(struct host_thread *thread);
	long (*syscall_interruptible)(long nr, const long *params);
	int (*peer_set)(__u64 peer);
	void (*signal_handled)(int restarts);
	long (*fd_users)(int fd);
};

/**
 * typedef lkl_kernel_entry_t - the one symbol the kernel image exports
 * @ops: what the host offers
 * @info: where the image is
 * @calls: set to what the kernel offers
 *
 * Return: 0, -EPROTO (a family is too old or too short), -ENOSYS (a required
 * family or operation is missing), -EINVAL (@info is unusable).
 */
typedef int lkl_kernel_entry_t(const struct lkl_host_operations *ops,
			       const struct lkl_image_info *info,
			       const struct lkl_kernel_calls **calls);

#define LKL_KERNEL_ENTRY	"lkl_kernel_entry"

#endif /* LKL_HOST_OPS_H */
