// SPDX-License-Identifier: GPL-2.0
/*
 * fakekernel.c - an image that keeps the contracts of host/ops.h and little more
 *
 * Layer:   tests/unit; compiled by instance.c of this directory when it runs,
 *	as the kernel is: without libc, into a shared object with one door.
 *
 * Its system calls are the FAKE_* of fakekernel.h; any other number comes back
 * with its first argument added.
 */
#include "host/ops.h"
#include "tests/unit/fakekernel.h"

#define MEMORY		(1ULL << 20)

enum state { IDLE, BOOTED, HALTED, PANICKED };

static struct lkl_host_operations ops;
static struct lkl_image_info info;
static struct lkl_kernel_calls calls;
static enum state state;
static __u64 object;
static void *device;
static int device_id = -1;
static long interrupts;

static long stopped(void)
{
	static const long why[] = { -107, 0, -108, -131 };

	return why[state];
}

static void panic(const char *message)
{
	state = PANICKED;
	ops.panic->panic(ops.data, message);
}

static __u64 memory(void)
{
	return info.image_base + info.image_size;
}

static long window(__u32 offset, __u64 *value, int write)
{
	return write ? ops.io->write(device, offset, 4, *value) :
		       ops.io->read(device, offset, 4, value);
}

static long fake_syscall(long nr, const long *params)
{
	__u64 value = (__u64)params[1];
	long err;

	if (nr == FAKE_READ_WINDOW || nr == FAKE_WRITE_WINDOW) {
		err = window((__u32)params[0], &value, nr == FAKE_WRITE_WINDOW);
		return err ? err : (long)value;
	}
	if (stopped())
		return stopped();
	switch (nr) {
	case FAKE_PRINT:
		ops.console->write(ops.data, (const char *)params[0],
				   (__u32)params[1]);
		return 0;
	case FAKE_PANIC:
		panic("fake panic");
		return stopped();
	case FAKE_INTERRUPTS:
		return interrupts;
	case FAKE_DEVICE:
		return device_id;
	default:
		return nr + params[0];
	}
}

static int fake_boot(const char *cmdline)
{
	int err;

	if (*cmdline == 'E')
		return -22;
	err = ops.mem->object_create(MEMORY, &object);
	if (err)
		return err;
	err = ops.mem->map(object, memory(), MEMORY, 0,
			   LKL_PROT_READ | LKL_PROT_WRITE);
	if (err)
		return err;
	calls.dma_start = info.image_size;
	calls.dma_end = info.image_size + MEMORY;
	state = BOOTED;
	if (*cmdline == 'P')
		panic("panic at boot");
	return (int)stopped();
}

static int fake_halt(void)
{
	if (stopped())
		return (int)stopped();
	state = HALTED;
	return 0;
}

static void fake_destroy(void)
{
	if (!calls.dma_end)
		return;
	ops.mem->unmap(memory(), MEMORY);
	ops.mem->object_destroy(object);
}

static int fake_device_add(struct lkl_device *dev)
{
	if (stopped())
		return (int)stopped();
	dev->irq = 5;
	device = dev->dev;
	return ++device_id;
}

static int fake_device_remove(int id)
{
	return stopped() ? (int)stopped() : id == device_id ? 0 : -19;
}

static int fake_irq_raise(__u32 irq)
{
	interrupts += irq == 5;
	return 0;
}

static struct lkl_kernel_calls calls = {
	.hdr = LKL_OPS_HEADER(struct lkl_kernel_calls),
	.boot = fake_boot,
	.syscall = fake_syscall,
	.halt = fake_halt,
	.destroy = fake_destroy,
	.device_add = fake_device_add,
	.device_remove = fake_device_remove,
	.irq_raise = fake_irq_raise,
};

lkl_kernel_entry_t lkl_kernel_entry __attribute__((visibility("default")));

int lkl_kernel_entry(const struct lkl_host_operations *host,
		     const struct lkl_image_info *where,
		     const struct lkl_kernel_calls **result)
{
	if (host->data == (void *)0)
		return -38;
	ops = *host;
	info = *where;
	*result = &calls;
	return 0;
}
