/* SPDX-License-Identifier: GPL-2.0 */
/*
 * lock.h - a spin lock for a few instructions.
 *
 * Layer:   drivers/virtio, private to it.
 * Users:   mmio.c (control registers), aio_pool.c (its list).
 * Locking: the holder may not call anything that could wait. A vCPU may take
 *          it, because no holder ever waits for I/O.
 */
#ifndef LKL_VIRTIO_LOCK_H
#define LKL_VIRTIO_LOCK_H

#include <stdint.h>

struct virtio_lock {
	uint32_t taken;
};

static inline void virtio_lock_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

static inline void virtio_lock(struct virtio_lock *lock)
{
	while (__atomic_exchange_n(&lock->taken, 1, __ATOMIC_ACQUIRE))
		while (__atomic_load_n(&lock->taken, __ATOMIC_RELAXED))
			virtio_lock_pause();
}

static inline void virtio_unlock(struct virtio_lock *lock)
{
	__atomic_store_n(&lock->taken, 0, __ATOMIC_RELEASE);
}

#endif /* LKL_VIRTIO_LOCK_H */
