/* SPDX-License-Identifier: GPL-2.0 */
/*
 * access.h - how the device side reads and writes memory the driver shares.
 *
 * Layer:   drivers/virtio, private to it.
 * Users:   ring.c, blk.c.
 * Locking: none needed. Each function is exactly one access of the width it
 *          says, which is what makes "check once, use the copy" true: the
 *          compiler may neither repeat nor split it.
 *
 * Everything a VIRTIO_F_VERSION_1 driver shares is little-endian.
 */
#ifndef LKL_VIRTIO_ACCESS_H
#define LKL_VIRTIO_ACCESS_H

#include <endian.h>
#include <linux/types.h>
#include <stdint.h>

static inline uint16_t shared_read16(const __u16 *p)
{
	return le16toh(__atomic_load_n(p, __ATOMIC_RELAXED));
}

static inline uint16_t shared_read16_acquire(const __u16 *p)
{
	return le16toh(__atomic_load_n(p, __ATOMIC_ACQUIRE));
}

static inline uint32_t shared_read32(const __u32 *p)
{
	return le32toh(__atomic_load_n(p, __ATOMIC_RELAXED));
}

static inline uint64_t shared_read64(const __u64 *p)
{
	return le64toh(__atomic_load_n(p, __ATOMIC_RELAXED));
}

static inline void shared_write16(__u16 *p, uint16_t value)
{
	__atomic_store_n(p, htole16(value), __ATOMIC_RELAXED);
}

static inline void shared_write16_release(__u16 *p, uint16_t value)
{
	__atomic_store_n(p, htole16(value), __ATOMIC_RELEASE);
}

static inline void shared_write32(__u32 *p, uint32_t value)
{
	__atomic_store_n(p, htole32(value), __ATOMIC_RELAXED);
}

/* Orders our stores before our later loads, against the driver doing likewise. */
static inline void shared_barrier(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

#endif /* LKL_VIRTIO_ACCESS_H */
