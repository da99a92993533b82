/* SPDX-License-Identifier: GPL-2.0 */
/*
 * lkl_host.h - what a program may give the library to run on
 *
 * Layer:   public, beside lkl.h.
 * Users:   applications that set the print function, bring their own disks
 *	(struct lkl_dev_blk_ops) or their own host operations.
 */
#ifndef _LKL_HOST_H
#define _LKL_HOST_H

#include <sys/uio.h>

#include <lkl.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __GNUC__
#pragma GCC visibility push(default)
#endif

#include "host/ops.h"

/*
 * lkl_host_ops - the POSIX host: threads, clocks and memory of this process
 *
 * Its print member gets the kernel's console output; it starts as a function
 * that writes to standard error. NULL drops the output. It may be set at any
 * time. The other members are read by lkl_start_kernel().
 */
extern struct lkl_host_operations lkl_host_ops;

/*
 * Disks that are not files.
 */

#define LKL_DEV_BLK_TYPE_READ		0
#define LKL_DEV_BLK_TYPE_WRITE		1
#define LKL_DEV_BLK_TYPE_FLUSH		4
#define LKL_DEV_BLK_TYPE_FLUSH_OUT	5

#define LKL_DEV_BLK_STATUS_OK		0
#define LKL_DEV_BLK_STATUS_IOERR	1
#define LKL_DEV_BLK_STATUS_UNSUP	2

/**
 * struct lkl_blk_req - a request to such a disk
 * @type: LKL_DEV_BLK_TYPE_READ, _WRITE or _FLUSH
 * @prio: 0
 * @sector: first sector of 512 bytes
 * @buf: where the data is; the entries may be changed
 * @count: entries in @buf; 0 for a flush
 */
struct lkl_blk_req {
	unsigned int type;
	unsigned int prio;
	unsigned long long sector;
	struct iovec *buf;
	int count;
};

struct virtio_host;
struct virtio_blk_backend;

/**
 * struct lkl_dev_blk_ops - a disk that is not a file
 *
 * @get_capacity: Set *@res to the disk's size in bytes, a multiple of 512.
 *	Called by lkl_disk_add(). Return: 0, or a negative error.
 * @request: Do a request and wait for it. Called by threads of the library,
 *	several at once; must not call into the kernel, which may be waiting.
 *	A long wait delays other work of the same virtual processor.
 *	Return: LKL_DEV_BLK_STATUS_*.
 * @backend: Optional, then @request is not called and may be NULL: make a block
 *	backend that does requests while others are under way. The seam is that
 *	of drivers/virtio/virtio.h, which is not a public header, so this is for
 *	programs built with the library. Called at each start of the kernel,
 *	which destroys the backend at its end.
 *	Return: 0 and *@be set, or a negative error.
 */
struct lkl_dev_blk_ops {
	int (*get_capacity)(struct lkl_disk disk, unsigned long long *res);
	int (*request)(struct lkl_disk disk, struct lkl_blk_req *req);
	int (*backend)(struct lkl_disk disk, const struct virtio_host *host,
		       struct virtio_blk_backend **be);
};

/*
 * lkl_dev_blk_ops - those of the file at struct lkl_disk.fd, the default
 *
 * What a program may call to do as the library does; a disk whose ops member
 * is &lkl_dev_blk_ops or NULL is handled by faster means.
 */
extern struct lkl_dev_blk_ops lkl_dev_blk_ops;

/*
 * Network devices that are not the library's own.
 */

struct lkl_netdev;
struct virtio_net_backend;

/* What poll of struct lkl_dev_net_ops returns; several may be or-ed. */
#define LKL_DEV_NET_POLL_RX		1
#define LKL_DEV_NET_POLL_TX		2
#define LKL_DEV_NET_POLL_HUP		4

/**
 * struct lkl_dev_net_ops - where the frames of a network device come from and go to
 *
 * @tx: Send one frame, @cnt buffers in @iov, whose entries may be changed. All of it or
 *	nothing.
 *	Return: bytes sent, or a negative value if there is no room: the frame is
 *	offered again when poll has returned LKL_DEV_NET_POLL_TX.
 * @rx: Receive one frame into the buffers. One that does not fit is dropped or cut.
 *	Return: its bytes, or a negative value when there is none: rx is called again
 *	when poll has returned LKL_DEV_NET_POLL_RX.
 * @poll: Wait until there is a frame to receive or room to send, and return which;
 *	room need be told only after @tx has found none, and is better told only then,
 *	since poll is called again at once. It is not called again while there are
 *	frames that have not been received.
 *	Called by a thread of the device's own. May come before the kernel is up.
 *	Return: LKL_DEV_NET_POLL_*. A negative value, or a hang-up that was not asked
 *	for: the device is gone for good, connections over it end with
 *	-LKL_ECONNABORTED.
 * @poll_hup: Make poll return LKL_DEV_NET_POLL_HUP, also if it is entered only later.
 *	A device that is to be added again, or whose kernel is to be started again, has
 *	to poll then as at first.
 * @free: Free the device: lkl_netdev_free() was called. May be NULL.
 * @backend: Instead of @tx to @poll_hup: make a backend, with up to @pairs queue pairs.
 *	The seam is that of drivers/virtio/net.h, which is not a public header, so this
 *	is for programs built with the library. Called at each start of the kernel,
 *	which destroys the backend at its end. nd->mac is put into it afterwards, if it
 *	is not all zeros.
 *	Return: 0 and *@be set, or a negative error.
 *
 * @tx and @rx are each called by one thread at a time, by any thread of the application
 * that is in the library, also on a stack of the kernel, of which they may take 4 KiB.
 * They must not block, nor call the library.
 */
struct lkl_dev_net_ops {
	int (*tx)(struct lkl_netdev *nd, struct iovec *iov, int cnt);
	int (*rx)(struct lkl_netdev *nd, struct iovec *iov, int cnt);
	int (*poll)(struct lkl_netdev *nd);
	void (*poll_hup)(struct lkl_netdev *nd);
	void (*free)(struct lkl_netdev *nd);
	int (*backend)(struct lkl_netdev *nd, const struct virtio_host *host,
		       unsigned int pairs, struct virtio_net_backend **be);
};

/**
 * struct lkl_netdev - a network device, before it is given to a kernel
 * @ops: its operations
 * @id: what lkl_netdev_add() returned last
 * @has_vnet_hdr: each frame of @ops->tx and @ops->rx begins with a struct
 *	virtio_net_hdr_v1 of <linux/virtio_net.h>, which is 12 bytes; without it nothing
 *	can be offloaded. With it, what struct lkl_netdev_args.offload says is
 * @mac: its address, or all zeros
 * @capture: the library's own, NULL at first
 *
 * A device of the application's own is a struct of its own that begins with this one,
 * all zeros but for @ops, and what it wants to say of @has_vnet_hdr and @mac.
 */
struct lkl_netdev {
	struct lkl_dev_net_ops *ops;
	int id;
	uint8_t has_vnet_hdr : 1;
	uint8_t mac[6];
	void *capture;
};

/*
 * Waiting for the library and for the host at once
 *
 * A thread that waits for both looks at both without blocking, watches the host's
 * descriptors with a function that interrupts it, waits in the library, and looks at
 * both again:
 *
 *	lkl_waker_self(&waker);
 *	lkl_watch_add(host_fd, interrupt, &waker, &watch);
 *	do {
 *		if (ready_in_library() || ready_on_host())
 *			break;
 *	} while (lkl_waker_syscall(__NR_ppoll, params) == -EINTR);
 *	lkl_watch_remove(watch);
 *
 * No event is lost: an interrupt that comes between the look and the wait ends the
 * wait at once. It costs no thread and no wake-up more than either alone.
 */

struct lkl_watch;

/**
 * lkl_watch_add - be told when a descriptor of the host is ready
 * @fd: a descriptor that epoll takes, an epoll instance among them
 * @ready: called with EPOLL* bits each time @fd becomes readable or writable, is hung
 *	up or has an error (edge-triggered), and soon if it is so already; perhaps for
 *	nothing. Called by whichever thread waits for the selected kernel, by one at a
 *	time; may come late by a tick while another thread computes in a call. Must not
 *	block, nor call the library, but for lkl_waker_interrupt().
 * @arg: its first argument
 * @watch: set to the watch
 *
 * A descriptor is watched once by a kernel; a duplicate of it is another.
 *
 * Return: 0; -EEXIST (watched already), -EPERM (a file that is always ready), -EBADF,
 * -ENOMEM, -ENOSPC (the host's limit), -ENOTCONN (the kernel does not run),
 * -ENOSYS (it runs on semaphores that are not the library's own).
 */
int lkl_watch_add(int fd, void (*ready)(void *arg, uint32_t events), void *arg,
		  struct lkl_watch **watch);

/**
 * lkl_watch_remove - and no more
 * @watch: the watch; NULL is allowed
 *
 * Its descriptor must still be open, and the kernel not have been stopped. When this
 * returns, @ready is not running and will not be called.
 */
void lkl_watch_remove(struct lkl_watch *watch);

/**
 * struct lkl_waker - a thread whose wait can be interrupted
 * @kernel: where it waits
 * @thread: what that kernel knows it by
 *
 * Valid while the thread lives and the kernel runs.
 */
struct lkl_waker {
	struct lkl_kernel *kernel;
	struct host_thread *thread;
};

/**
 * lkl_waker_self - the calling thread in the selected kernel
 * @waker: set to it
 *
 * Return: 0, or the error of a system call (-ENOTCONN, -ENOMEM ...).
 */
int lkl_waker_self(struct lkl_waker *waker);

/**
 * lkl_waker_interrupt - end a thread's lkl_waker_syscall() with -EINTR
 * @waker: the thread
 *
 * If it is in none, its next one ends so at once. Many interrupts end one call.
 *
 * Context: any thread; signal handlers; a function given to lkl_watch_add().
 */
void lkl_waker_interrupt(const struct lkl_waker *waker);

/**
 * lkl_waker_syscall - a system call that can be interrupted
 * @no: as lkl_syscall()
 * @params: as lkl_syscall()
 *
 * A call that does not block is some hundred ns slower this way than by
 * lkl_syscall().
 *
 * Return: as lkl_syscall(); -EINTR also when interrupted.
 */
long lkl_waker_syscall(long no, long *params);

/**
 * lkl_signal_handled - a handler of a host signal runs on the calling thread
 * @restarts: it was installed with SA_RESTART
 *
 * To be called by handlers whose signals are to end system calls, as signal(7) has
 * it: -EINTR, or once more from the beginning. A call that sleeps is ended by the
 * signal itself; one that is about to sleep, only if the library is told.
 *
 * Context: signal handlers; elsewhere it does nothing.
 */
void lkl_signal_handled(int restarts);

/**
 * lkl_fd_users - how many hold an open file
 * @fd: a descriptor of the library's
 *
 * Descriptors, messages that carry it, and calls under way count. If it is 1, nobody
 * but the caller can use the file, or come to have it, until the caller shares it.
 *
 * Return: the number, -EBADF, or the error of a system call.
 */
long lkl_fd_users(int fd);

/**
 * lkl_peer_set - work for another process
 * @pid: a process of the host: pointers that the calling thread gives to system calls
 *	are addresses of that process from now on; 0: of its own again
 *
 * The host must allow this process to trace that one (ptrace(2), "Ptrace access mode
 * checking"); if it does not, or the process is gone, system calls fail with -EFAULT.
 * Mappings, futexes and O_DIRECT are not to be had.
 *
 * Return: 0, or the error of a system call; -ENOSYS if the kernel's host operations
 * lack the peer family.
 */
int lkl_peer_set(int pid);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* _LKL_HOST_H */
