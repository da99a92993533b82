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

#ifdef __GNUC__
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* _LKL_HOST_H */
