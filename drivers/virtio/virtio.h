/* SPDX-License-Identifier: GPL-2.0 */
/*
 * virtio.h - the device side of virtio: its two seams.
 *
 * Layer:   drivers/virtio, host half. Knows neither host/posix nor the kernel.
 * Seams:   transport/device: struct virtio_device_ops, between a register
 *          window (mmio.c) and a device (blk.c);
 *          device/backend: struct virtio_blk_backend_ops, between the block
 *          device and the place where bytes are kept (blk_fd.c).
 * Users:   the composition file (tools/lkl/lib/instance.c, disk.c), which makes
 *          a backend, a device over it and a window over that, and hands
 *          virtio_mmio_read/write to the kernel as its struct lkl_io_ops.
 *
 * References "virtio 1.2" are to the OASIS Virtual I/O Device specification,
 * version 1.2.
 */
#ifndef LKL_VIRTIO_H
#define LKL_VIRTIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "host/ops.h"

/*
 * Guest memory
 */

/**
 * typedef guest_addr_t - a guest-physical address
 *
 * A struct, so that it can be neither dereferenced nor added to. The only way
 * to a pointer is virtio_memory_range(), which checks it.
 */
typedef struct {
	uint64_t raw;
} guest_addr_t;

/**
 * struct virtio_memory - the memory a device may touch
 * @base: host address of guest-physical address 0
 * @start: first guest-physical address (bytes) a device may touch
 * @end: first one after it that it may not
 */
struct virtio_memory {
	void *base;
	uint64_t start;
	uint64_t end;
};

/**
 * virtio_memory_range - translate a range of guest memory, if it is allowed
 * @mem: the memory a device may touch
 * @addr: where the range starts
 * @len: bytes in it, not 0
 *
 * Context: any. Return: its host address, or NULL if any byte of it is out of
 * bounds.
 */
void *virtio_memory_range(const struct virtio_memory *mem, guest_addr_t addr,
			  uint64_t len);

struct virtio_watch;

/**
 * struct virtio_watch_ops - being told when a host descriptor is ready
 *
 * Readiness is collected by whichever host thread waits for the kernel to have
 * something to do, so that no thread of a device's own stands between a packet
 * and the thread that wants it.
 *
 * @add: From now on call @ready(@arg, events) whenever @fd becomes readable or
 *	writable, is hung up or has an error: edge-triggered, @events being EPOLL*
 *	bits of <sys/epoll.h>. It is called once soon after @add for what is there
 *	already, may be called for nothing, and by one thread at a time. It is
 *	called on a host thread that holds no vCPU, must not block, and must not
 *	add or remove watches. While the application computes, it may come late
 *	by a tick.
 *	Context: not on a vCPU. Blocks: no. Return: 0, -ENOMEM, -ENOSPC, -EPERM (a
 *	kind of file that is always ready), -EBADF, -EEXIST.
 * @remove: When this returns, @ready is not running and will not be called. The
 *	descriptor must still be open. NULL is allowed.
 *	Context: not on a vCPU. Blocks: while @ready runs.
 */
struct virtio_watch_ops {
	int (*add)(void *watcher, int fd,
		   void (*ready)(void *arg, uint32_t events), void *arg,
		   struct virtio_watch **watch);
	void (*remove)(struct virtio_watch *watch);
};

/**
 * struct virtio_host - all that devices need of their surroundings
 * @memory: the memory devices may touch (calls->dma_start, calls->dma_end)
 * @raise: raise the device's interrupt line; called from any host thread, also
 *	from a vCPU in the middle of a register access; must not block
 * @raise_arg: its argument
 * @mem: @alloc and @free are used
 * @sem: all operations are used
 * @thread: @create and @join are used, by backends
 * @watch: readiness of descriptors, for backends; NULL if the host has none
 * @watcher: the first argument of @watch->add
 * @gone: the device's backend is gone for good; called once, from any host thread,
 *	also from a vCPU in the middle of a register access; must not block. NULL if
 *	nobody wants to know
 * @gone_arg: its argument
 *
 * Copied when a device is made. The families must outlive the device.
 */
struct virtio_host {
	struct virtio_memory memory;
	void (*raise)(void *arg);
	void *raise_arg;
	const struct lkl_mem_ops *mem;
	const struct lkl_sem_ops *sem;
	const struct lkl_thread_ops *thread;
	const struct virtio_watch_ops *watch;
	void *watcher;
	void (*gone)(void *arg);
	void *gone_arg;
};

/*
 * Virtqueues (ring.c)
 */

struct virtio_device;
struct vring_avail;
struct vring_desc;
struct vring_used;

#define VIRTQUEUE_SIZE_MAX	256

/**
 * struct virtqueue_chain - one descriptor chain taken from a queue
 * @head: its first descriptor, which names it in the used ring
 * @out: buffers the device reads
 * @in: buffers the device writes
 * @out_count: how many
 * @in_count: how many
 * @out_len: bytes in all of @out
 * @in_len: bytes in all of @in
 *
 * The iovecs are host addresses within struct virtio_memory, checked.
 */
struct virtqueue_chain {
	uint16_t head;
	uint16_t out_count;
	uint16_t in_count;
	struct iovec *out;
	struct iovec *in;
	uint64_t out_len;
	uint64_t in_len;
};

/**
 * struct virtqueue - device side of one split virtqueue
 * @vdev: its device
 * @index: its number there
 * @size: descriptors; the driver's choice, like all up to @used
 * @event_idx: VIRTIO_RING_F_EVENT_IDX was agreed on
 * @indirect: VIRTIO_RING_F_INDIRECT_DESC was agreed on
 * @desc_addr: the descriptor table
 * @avail_addr: the available ring
 * @used_addr: the used ring
 * @desc: the same, checked and translated when the queue was enabled
 * @avail: likewise
 * @used: likewise
 * @generation: counts how often it was enabled: chains taken before are void
 * @last_avail: chains taken; from here on the running thread's own
 * @used_idx: chains given back
 * @signalled: @used_idx when it was last shown to the driver
 * @in_flight: by head: taken and not given back
 * @refs: who keeps the queue from being disabled; atomic
 * @kicks: kicks not yet run; atomic
 * @drained: upped when the last reference to a disabled queue goes
 *
 * See the theory of operation in ring.c.
 */
struct virtqueue {
	struct virtio_device *vdev;
	uint16_t index;
	uint16_t size;
	bool event_idx;
	bool indirect;
	guest_addr_t desc_addr;
	guest_addr_t avail_addr;
	guest_addr_t used_addr;
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;

	uint32_t generation;
	uint16_t last_avail;
	uint16_t used_idx;
	uint16_t signalled;
	bool in_flight[VIRTQUEUE_SIZE_MAX];

	uint32_t refs;
	uint32_t kicks;
	struct lkl_sem *drained;
};

/**
 * virtqueue_enable - start a queue whose size and addresses were set
 * @vq: a disabled queue
 *
 * Context: transport, serialised by it. Blocks: no.
 * Return: 0, -EINVAL if size, alignment, bounds or overlap forbid it.
 */
int virtqueue_enable(struct virtqueue *vq);

/**
 * virtqueue_disable - stop a queue and wait until nobody uses it
 * @vq: any queue
 *
 * When this returned, no request of the queue is with a backend any more and
 * guest memory is not touched on its behalf.
 *
 * Context: transport, serialised by it. Blocks: while requests are in flight.
 */
void virtqueue_disable(struct virtqueue *vq);

/**
 * virtqueue_enabled - may the queue be used?
 * @vq: any queue
 *
 * Context: any.
 */
bool virtqueue_enabled(const struct virtqueue *vq);

/**
 * virtqueue_kick - run a queue: have the device take what is available
 * @vq: any queue
 *
 * Calls struct virtio_device_ops.run in this thread, unless another thread is
 * running the queue: that one then runs it once more. Never waits.
 *
 * Context: any host thread. Blocks: no.
 */
void virtqueue_kick(struct virtqueue *vq);

/**
 * virtqueue_pop - take the next available chain
 * @vq: a queue the caller is running
 * @chain: filled in
 * @iov: room for the chain's buffers
 * @iov_max: how many fit
 *
 * Context: struct virtio_device_ops.run.
 * Return: 1, 0 when there is none, -EPROTO when the driver broke the rules; the
 * device has then been marked broken (virtio_device_break).
 */
int virtqueue_pop(struct virtqueue *vq, struct virtqueue_chain *chain,
		  struct iovec *iov, unsigned int iov_max);

/**
 * virtqueue_push - put a chain into the used ring; not yet visible
 * @vq: a queue the caller is running
 * @head: the chain
 * @written: bytes written into its device-writable part
 *
 * Context: struct virtio_device_ops.run.
 */
void virtqueue_push(struct virtqueue *vq, uint16_t head, uint32_t written);

/**
 * virtqueue_flush - show the driver what was pushed, interrupting if it asked
 * @vq: a queue the caller is running
 *
 * Context: struct virtio_device_ops.run.
 */
void virtqueue_flush(struct virtqueue *vq);

/**
 * virtqueue_idle - ask for a notification about the next chain
 * @vq: a queue the caller is running
 *
 * Context: struct virtio_device_ops.run.
 * Return: true if the queue is still empty and the caller may stop.
 */
bool virtqueue_idle(struct virtqueue *vq);

/**
 * virtqueue_hold - keep a queue from being disabled: a request is in flight
 * @vq: a queue the caller is running
 *
 * Context: struct virtio_device_ops.run.
 */
void virtqueue_hold(struct virtqueue *vq);

/**
 * virtqueue_release - the request is done with
 * @vq: a queue held for it; must not be touched afterwards
 *
 * Context: any host thread. Blocks: no.
 */
void virtqueue_release(struct virtqueue *vq);

/*
 * Transport/device seam
 */

/**
 * struct virtio_device_ops - what a device offers to its transport
 *
 * @config_read: Read @size (1, 2 or 4) bytes of configuration at @offset, which
 *	is naturally aligned. Out of range reads as 0.
 *	Context: on a vCPU. Blocks: no.
 * @config_write: Write likewise; what cannot be written is ignored.
 *	Context: on a vCPU. Blocks: no.
 * @features_ok: The driver has chosen vdev->features, a subset of the offered
 *	ones. Return: false to refuse them.
 *	Context: on a vCPU, no queue enabled. Blocks: no.
 * @run: Take chains from @vq and push those that are done, until it is idle.
 *	Context: any host thread, one at a time for a queue. Blocks: no.
 * @reset: Back to the state after creation. Every queue is disabled, nothing in
 *	flight.
 *	Context: on a vCPU. Blocks: no.
 * @destroy: Free the device, and what it owns.
 *	Context: not on a vCPU; every queue disabled. Blocks: yes.
 */
struct virtio_device_ops {
	uint32_t (*config_read)(struct virtio_device *vdev, uint32_t offset,
				uint32_t size);
	void (*config_write)(struct virtio_device *vdev, uint32_t offset,
			     uint32_t size, uint32_t value);
	bool (*features_ok)(struct virtio_device *vdev);
	void (*run)(struct virtqueue *vq);
	void (*reset)(struct virtio_device *vdev);
	void (*destroy)(struct virtio_device *vdev);
};

/**
 * struct virtio_device - the part every device shares with its transport
 * @ops: the device's side of the seam
 * @id: device type, virtio 1.2 section 5
 * @host: surroundings
 * @offered: feature bits offered, the transport's and ring's included
 * @features: those the driver chose; 0 until FEATURES_OK
 * @config_generation: changes whenever the configuration does; atomic
 * @queue_count: queues in @queues
 * @queue_size_max: most descriptors in a queue, a power of two
 * @queues: the queues
 * @broken: the driver broke the rules; atomic; cleared by reset
 * @signal: set by the transport: report VIRTIO_MMIO_INT_* bits to the driver
 * @transport: the transport's own
 */
struct virtio_device {
	const struct virtio_device_ops *ops;
	uint32_t id;
	struct virtio_host host;
	uint64_t offered;
	uint64_t features;
	uint32_t config_generation;
	unsigned int queue_count;
	uint16_t queue_size_max;
	struct virtqueue *queues;
	bool broken;
	void (*signal)(struct virtio_device *vdev, uint32_t why);
	void *transport;
};

/**
 * virtio_device_init - fill in the shared part and make the queues
 * @vdev: zeroed; @ops, @id and the device's own bits of @offered are set
 * @host: surroundings, copied
 * @queues: how many queues
 * @queue_size_max: most descriptors in one, a power of two, at most
 *	VIRTQUEUE_SIZE_MAX
 *
 * Context: not on a vCPU. Return: 0, -ENOMEM, -EINVAL.
 */
int virtio_device_init(struct virtio_device *vdev,
		       const struct virtio_host *host, unsigned int queues,
		       uint16_t queue_size_max);

/**
 * virtio_device_fini - undo virtio_device_init()
 * @vdev: a device all of whose queues are disabled
 *
 * Context: not on a vCPU.
 */
void virtio_device_fini(struct virtio_device *vdev);

/**
 * virtio_device_break - the driver broke the rules: stop until it resets
 * @vdev: a device
 *
 * Sets DEVICE_NEEDS_RESET and sends a configuration interrupt (virtio 1.2
 * section 2.1.1).
 *
 * Context: any host thread. Blocks: no.
 */
void virtio_device_break(struct virtio_device *vdev);

/**
 * virtio_device_broken - has the driver broken the rules?
 * @vdev: a device
 *
 * Context: any.
 */
bool virtio_device_broken(const struct virtio_device *vdev);

/**
 * virtio_device_config_changed - tell the driver that its configuration did
 * @vdev: a device
 *
 * Context: any.
 */
void virtio_device_config_changed(struct virtio_device *vdev);

/*
 * The mmio transport (mmio.c)
 */

struct virtio_mmio;

/* Bytes in a register window: struct lkl_device.size. */
#define VIRTIO_MMIO_WINDOW_SIZE	0x200

/**
 * virtio_mmio_create - make a register window over a device
 * @vdev: the device; belongs to the window from now on, if this succeeds
 * @mmio: set to the window, which is what struct lkl_io_ops calls @dev
 *
 * Context: not on a vCPU. Return: 0, -ENOMEM.
 */
int virtio_mmio_create(struct virtio_device *vdev, struct virtio_mmio **mmio);

/**
 * virtio_mmio_destroy - take a device apart: window, device and its backend
 * @mmio: the window; NULL is allowed
 *
 * Waits for requests in flight.
 *
 * Context: not on a vCPU; no register access is under way or can still come.
 * Blocks: yes.
 */
void virtio_mmio_destroy(struct virtio_mmio *mmio);

/* struct lkl_io_ops, whose contract they keep: @dev is a struct virtio_mmio. */
int virtio_mmio_read(void *dev, __u32 offset, __u32 size, __u64 *value);
int virtio_mmio_write(void *dev, __u32 offset, __u32 size, __u64 value);

/*
 * Device/backend seam of the block device (blk.c)
 */

enum virtio_blk_op {
	VIRTIO_BLK_OP_READ,
	VIRTIO_BLK_OP_WRITE,
	VIRTIO_BLK_OP_FLUSH,
	VIRTIO_BLK_OP_DISCARD,
	VIRTIO_BLK_OP_WRITE_ZEROES,
};

/**
 * struct virtio_blk_request - one request of the device to its backend
 * @op: what to do
 * @unmap: VIRTIO_BLK_OP_WRITE_ZEROES: may deallocate
 * @iov: READ, WRITE: where the data is
 * @iov_count: entries in @iov, at least 1
 * @offset: bytes from the start of the disk
 * @len: bytes, for READ and WRITE the sum over @iov; 0 for FLUSH
 * @done: set by the device; see struct virtio_blk_backend_ops.submit
 * @backend: scratch space for the backend, while it has the request
 *
 * The device has checked that @offset and @len are multiples of 512 and within
 * the disk, and that the disk is not read-only if @op changes it. The backend
 * may change everything but @done, the entries of @iov included.
 */
struct virtio_blk_request {
	enum virtio_blk_op op;
	bool unmap;
	unsigned int iov_count;
	struct iovec *iov;
	uint64_t offset;
	uint64_t len;
	void (*done)(struct virtio_blk_request *req, int result);
	uint64_t backend[12];
};

struct virtio_blk_backend;

/**
 * struct virtio_blk_backend_ops - where the bytes are kept
 *
 * @submit: Do a request, or start it. A result that is known at once is
 *	returned and @done not called; a backend that never blocks for long
 *	(memory, a callback of the application) does nothing else. Else
 *	-EINPROGRESS is returned, and @done is called exactly once, from any
 *	host thread, possibly before this returned.
 *	A FLUSH covers every change whose completion was reported before it was
 *	submitted.
 *	Context: any host thread, often on a vCPU; several at once if the device
 *	has several queues. Blocks: not for I/O.
 *	Return: 0, -EINPROGRESS, -EOPNOTSUPP (the driver is told that the
 *	operation does not exist), other negative errno: an I/O error.
 * @commit: Optional: a batch of submits ends here, so that requests which
 *	could not be done at once may be started together.
 *	Context: as @submit. Blocks: no.
 * @destroy: Free the backend, when no request is with it. Called by the device
 *	when it is destroyed.
 *	Context: not on a vCPU. Blocks: yes.
 */
struct virtio_blk_backend_ops {
	int (*submit)(struct virtio_blk_backend *be,
		      struct virtio_blk_request *req);
	void (*commit)(struct virtio_blk_backend *be);
	void (*destroy)(struct virtio_blk_backend *be);
};

/* The driver reads this many bytes of @serial (virtio 1.2 section 5.2.6). */
#define VIRTIO_BLK_SERIAL_SIZE	20

/**
 * struct virtio_blk_backend - the part every backend starts with
 * @ops: the backend's side of the seam
 * @size: bytes, a multiple of 512
 * @block_size: logical block size in bytes, a power of two from 512 to 4096
 * @physical_size: physical block size in bytes, a power of two, at least
 *	@block_size
 * @optimal_size: size in bytes at which sequential I/O is fastest, 0: unknown
 * @read_only: writes are refused by the device
 * @discard: DISCARD works
 * @write_zeroes: WRITE_ZEROES works
 * @serial: identifies the disk; padded with NUL
 *
 * Filled in before virtio_blk_create() and constant afterwards.
 */
struct virtio_blk_backend {
	const struct virtio_blk_backend_ops *ops;
	uint64_t size;
	uint32_t block_size;
	uint32_t physical_size;
	uint32_t optimal_size;
	bool read_only;
	bool discard;
	bool write_zeroes;
	char serial[VIRTIO_BLK_SERIAL_SIZE];
};

/**
 * virtio_blk_create - make a block device
 * @host: surroundings, copied
 * @be: where the bytes are; belongs to the device from now on, if this succeeds
 * @queues: request queues (1..64), usefully one a vCPU
 * @vdev: set to the device
 *
 * Context: not on a vCPU. Return: 0, -ENOMEM, -EINVAL (@queues, or @be's
 * sizes).
 */
int virtio_blk_create(const struct virtio_host *host,
		      struct virtio_blk_backend *be, unsigned int queues,
		      struct virtio_device **vdev);

/* Flags of virtio_blk_fd_create. */
#define VIRTIO_BLK_FD_READ_ONLY	(1U << 0)	/* even if @fd is writable */
#define VIRTIO_BLK_FD_NO_URING	(1U << 1)	/* only worker threads */
#define VIRTIO_BLK_FD_RING_NOW	(1U << 2)	/* not when it is needed first */

/**
 * virtio_blk_fd_create - a backend over a file descriptor (blk_fd.c)
 * @host: surroundings; @mem, @sem and @thread are used
 * @fd: a regular file or a block device, open for reading or for both. It is
 *	duplicated; the caller keeps its own.
 * @flags: VIRTIO_BLK_FD_*
 * @be: set to the backend; give it to virtio_blk_create() or destroy it
 *
 * Context: not on a vCPU. Return: 0, -ENOMEM, -EINVAL (size is no multiple of
 * 512 bytes, @fd is in append mode), -ENOTBLK (neither a regular file nor a
 * block device), -EACCES (not readable), -EBADF, -EMFILE, -EIO.
 */
int virtio_blk_fd_create(const struct virtio_host *host, int fd,
			 unsigned int flags, struct virtio_blk_backend **be);

#endif /* LKL_VIRTIO_H */
