// SPDX-License-Identifier: GPL-2.0
/*
 * device.c - devices that the host announces
 *
 * Layer:   arch/lkl, on the kernel stack of the calling thread's task.
 * Users:   entry.c (device_add, device_remove).
 *
 * A device is a window of registers (mm/ioremap.c), a line (irq.c) and a
 * platform device that a stock driver binds to.
 */
#include <linux/err.h>
#include <linux/idr.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

#include <asm/host.h>
#include <asm/io.h>
#include <asm/irq.h>
#include <asm/devices.h>

struct lkl_platform_device {
	struct platform_device *pdev;
	phys_addr_t phys;
	int line;
};

static DEFINE_IDR(devices);
static DEFINE_MUTEX(devices_lock);

static int platform_register(struct lkl_platform_device *dev, int id,
			   const char *driver, u32 size)
{
	struct resource res[] = {
		DEFINE_RES_MEM(dev->phys, size),
		DEFINE_RES_IRQ(dev->line),
	};

	dev->pdev = platform_device_register_simple(driver, id, res,
						    ARRAY_SIZE(res));
	return PTR_ERR_OR_ZERO(dev->pdev);
}

/**
 * lkl_device_add - announce a device to the kernel
 * @d: the device; its irq is set
 *
 * Return: an id, or a negative errno.
 */
long lkl_device_add(struct lkl_device *d)
{
	struct lkl_platform_device *dev;
	int id, err;

	if (!lkl_ops.io)
		return -ENOSYS;
	if (!d->driver || !d->size || d->size > PAGE_SIZE)
		return -EINVAL;
	dev = kzalloc(sizeof(*dev), GFP_KERNEL);
	if (!dev)
		return -ENOMEM;
	mutex_lock(&devices_lock);
	id = idr_alloc(&devices, dev, 0, 0, GFP_KERNEL);
	mutex_unlock(&devices_lock);
	if (id < 0) {
		err = id;
		goto err_free;
	}
	err = lkl_line_get();
	if (err < 0)
		goto err_id;
	dev->line = err;
	d->irq = dev->line;
	err = lkl_io_window_add(d->dev, d->size, &dev->phys);
	if (err)
		goto err_line;
	err = platform_register(dev, id, d->driver, d->size);
	if (err)
		goto err_window;
	return id;

err_window:
	lkl_io_window_remove(dev->phys);
err_line:
	lkl_line_put(dev->line);
err_id:
	mutex_lock(&devices_lock);
	idr_remove(&devices, id);
	mutex_unlock(&devices_lock);
err_free:
	kfree(dev);
	return err;
}

/**
 * lkl_device_remove - take a device away
 * @id: what lkl_device_add() returned
 *
 * Return: 0 or -ENODEV.
 */
long lkl_device_remove(int id)
{
	struct lkl_platform_device *dev;

	mutex_lock(&devices_lock);
	dev = idr_remove(&devices, id);
	mutex_unlock(&devices_lock);
	if (!dev)
		return -ENODEV;
	platform_device_unregister(dev->pdev);
	lkl_io_window_remove(dev->phys);
	lkl_line_put(dev->line);
	kfree(dev);
	return 0;
}
