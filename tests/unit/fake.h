/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fake.h - a fake host for devices: guest memory, interrupts, faults on demand.
 *
 * Layer:   tests/unit.
 * Users:   every suite here. Each Criterion test runs in a process of its own,
 *          so the one fake host may be file-scope state.
 */
#ifndef LKL_UNIT_FAKE_H
#define LKL_UNIT_FAKE_H

#include "drivers/virtio/virtio.h"

/* Guest-physical memory of the fake host: neither end is a round number. */
#define FAKE_START	0x12000ULL
#define FAKE_SIZE	(8ULL << 20)

/**
 * struct fake_host - what a test can look at and set
 * @host: give this to devices
 * @memory: [FAKE_START, FAKE_START + FAKE_SIZE) of the guest, from malloc, so
 *	that ASan notices an access outside
 * @used: bytes handed out by fake_alloc()
 * @interrupts: times raise was called; atomic
 * @raised: a permit for each of them
 * @allocs: allocations that live; atomic
 * @fail_alloc: fail this allocation, counting down; 0: none
 * @fail_thread: fail that many thread creations
 * @fail_sem: fail this semaphore allocation, counting down; 0: none
 * @threads: threads not joined yet; atomic
 */
struct fake_host {
	struct virtio_host host;
	char *memory;
	uint64_t used;
	unsigned int interrupts;
	struct lkl_sem *raised;
	int allocs;
	int fail_alloc;
	int fail_thread;
	int fail_sem;
	int threads;
};

extern struct fake_host fake;

/* Set up @fake; every test begins with it. */
void fake_init(void);

/* Nothing may be left of what devices allocated. */
void fake_check_clean(void);

/* Guest memory, zeroed; never freed but by fake_reset_memory(). */
guest_addr_t fake_alloc(uint64_t size, uint64_t align);
void fake_reset_memory(void);

/* The host's view of a guest address, unchecked. */
void *fake_ptr(guest_addr_t addr);

/* Wait for an interrupt that was not waited for yet; fails the test after 10 s. */
void fake_wait_interrupt(void);

#endif /* LKL_UNIT_FAKE_H */
