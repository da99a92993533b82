// SPDX-License-Identifier: GPL-2.0
/*
 * ioremap.c - windows of device registers.
 *
 * Layer: arch/lkl; windows are added and removed by kernel/device.c, and
 * accessed by drivers through asm/io.h.
 *
 * Window n has the fake physical addresses from LKL_IO_BASE + n * 4 KiB up.
 * The cookie of ioremap() is that address itself: nothing is mapped there,
 * neither in the kernel's range nor, on today's processors, in any other.
 *
 * Locking: a window is only removed after its driver was unbound, so accesses
 * need none; windows_lock is for adding and removing.
 */
#include <linux/bitmap.h>
#include <linux/export.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <asm/host.h>

/**
 * struct window - the registers of one device
 * @dev: the host's name for it
 * @size: bytes; 0 while the window is free
 */
struct window {
	void *dev;
	u32 size;
};

static struct window windows[LKL_IO_WINDOWS];
static DECLARE_BITMAP(windows_used, LKL_IO_WINDOWS);
static DEFINE_MUTEX(windows_lock);

/**
 * lkl_io_window_add - make a device's registers reachable
 * @dev: passed to struct lkl_io_ops
 * @size: bytes, at most 4096
 * @phys: set to the physical address of the first
 *
 * Context: task, may sleep.
 * Return: 0, -EINVAL (bad size), -ENOSPC (all windows used).
 */
int lkl_io_window_add(void *dev, u32 size, phys_addr_t *phys)
{
	unsigned long nr;

	if (!size || size > LKL_IO_WINDOW_SIZE)
		return -EINVAL;

	mutex_lock(&windows_lock);
	nr = find_first_zero_bit(windows_used, LKL_IO_WINDOWS);
	if (nr < LKL_IO_WINDOWS) {
		windows[nr] = (struct window) { .dev = dev, .size = size };
		__set_bit(nr, windows_used);
	}
	mutex_unlock(&windows_lock);
	if (nr == LKL_IO_WINDOWS)
		return -ENOSPC;

	*phys = LKL_IO_BASE + (nr << LKL_IO_WINDOW_SHIFT);
	return 0;
}

/**
 * lkl_io_window_remove - forget a device's registers
 * @phys: as lkl_io_window_add() said
 *
 * Context: task, may sleep; the device's driver is gone.
 */
void lkl_io_window_remove(phys_addr_t phys)
{
	unsigned long nr = (phys - LKL_IO_BASE) >> LKL_IO_WINDOW_SHIFT;

	if (WARN_ON(phys < LKL_IO_BASE || nr >= LKL_IO_WINDOWS))
		return;
	mutex_lock(&windows_lock);
	windows[nr] = (struct window) { };
	__clear_bit(nr, windows_used);
	mutex_unlock(&windows_lock);
}

/* The window that @addr lies in, if @size bytes from there do so too. */
static const struct window *window_find(unsigned long addr, u32 size)
{
	unsigned long nr = (addr - LKL_IO_BASE) >> LKL_IO_WINDOW_SHIFT;
	const struct window *window;

	if (addr < LKL_IO_BASE || nr >= LKL_IO_WINDOWS)
		return NULL;
	window = &windows[nr];
	if (offset_in_page(addr) + size > window->size)
		return NULL;
	return window;
}

/**
 * ioremap - get a cookie for device registers
 * @phys: physical address of the first
 * @size: bytes
 *
 * Context: any.
 * Return: the cookie, or NULL if that is not all inside one window.
 */
void __iomem *ioremap(phys_addr_t phys, size_t size)
{
	if (size > LKL_IO_WINDOW_SIZE || !window_find(phys, size))
		return NULL;
	return (void __iomem *)phys;
}
EXPORT_SYMBOL(ioremap);

/**
 * lkl_io_read - read a device register
 * @addr: cookie of ioremap(), plus an offset
 * @size: bytes: 1, 2, 4 or 8
 *
 * Context: on a vCPU; does not block.
 * Return: the value; all ones if there is no such register.
 */
u64 lkl_io_read(const volatile void __iomem *addr, u32 size)
{
	const struct window *window = window_find((unsigned long)addr, size);
	u64 value;

	if (WARN_ON_ONCE(!window) ||
	    lkl_ops.io->read(window->dev, offset_in_page(addr), size, &value))
		return ~0ULL;
	return value;
}
EXPORT_SYMBOL(lkl_io_read);

/**
 * lkl_io_write - write a device register
 * @addr: cookie of ioremap(), plus an offset
 * @size: bytes: 1, 2, 4 or 8
 * @value: what to write
 *
 * A write that no register takes is dropped, as on a bus.
 *
 * Context: on a vCPU; does not block.
 */
void lkl_io_write(volatile void __iomem *addr, u32 size, u64 value)
{
	const struct window *window = window_find((unsigned long)addr, size);

	if (!WARN_ON_ONCE(!window))
		lkl_ops.io->write(window->dev, offset_in_page(addr), size,
				  value);
}
EXPORT_SYMBOL(lkl_io_write);
