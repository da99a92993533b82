/* SPDX-License-Identifier: GPL-2.0 */
/*
 * asm/io.h - device registers.
 *
 * Layer: arch/lkl, for drivers.
 *
 * A device's registers are a window at a fake physical address
 * (mm/ioremap.c). ioremap() returns a cookie, never to be dereferenced, that
 * says which window and where in it; readl(), writel() and the rest decode it
 * and call the host's struct lkl_io_ops. What a driver gets by memremap() is
 * ordinary memory.
 *
 * Context: on a vCPU; nothing here blocks.
 */
#ifndef _ASM_LKL_IO_H
#define _ASM_LKL_IO_H

#include <linux/types.h>
#include <asm/page.h>

u64 lkl_io_read(const volatile void __iomem *addr, u32 size);
void lkl_io_write(volatile void __iomem *addr, u32 size, u64 value);

int lkl_io_window_add(void *dev, u32 size, phys_addr_t *phys);
void lkl_io_window_remove(phys_addr_t phys);

#define __raw_readb __raw_readb
static inline u8 __raw_readb(const volatile void __iomem *addr)
{
	return lkl_io_read(addr, 1);
}

#define __raw_readw __raw_readw
static inline u16 __raw_readw(const volatile void __iomem *addr)
{
	return lkl_io_read(addr, 2);
}

#define __raw_readl __raw_readl
static inline u32 __raw_readl(const volatile void __iomem *addr)
{
	return lkl_io_read(addr, 4);
}

#define __raw_readq __raw_readq
static inline u64 __raw_readq(const volatile void __iomem *addr)
{
	return lkl_io_read(addr, 8);
}

#define __raw_writeb __raw_writeb
static inline void __raw_writeb(u8 value, volatile void __iomem *addr)
{
	lkl_io_write(addr, 1, value);
}

#define __raw_writew __raw_writew
static inline void __raw_writew(u16 value, volatile void __iomem *addr)
{
	lkl_io_write(addr, 2, value);
}

#define __raw_writel __raw_writel
static inline void __raw_writel(u32 value, volatile void __iomem *addr)
{
	lkl_io_write(addr, 4, value);
}

#define __raw_writeq __raw_writeq
static inline void __raw_writeq(u64 value, volatile void __iomem *addr)
{
	lkl_io_write(addr, 8, value);
}

void __iomem *ioremap(phys_addr_t phys, size_t size);
#define ioremap ioremap
#define ioremap_wc ioremap
#define ioremap_wt ioremap
#define ioremap_np ioremap

static inline void iounmap(volatile void __iomem *addr)
{
}
#define iounmap iounmap

#include <asm-generic/io.h>

#endif /* _ASM_LKL_IO_H */
