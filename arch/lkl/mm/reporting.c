// SPDX-License-Identifier: GPL-2.0
/*
 * reporting.c - giving free memory back to the host.
 *
 * Layer: arch/lkl; called by generic free page reporting, some seconds after
 * memory became free.
 *
 * The pages stay the kernel's; they only lose their contents and cost the host
 * nothing until they are touched again. So resident memory follows use.
 *
 * Context: a workqueue. The pages are isolated while we have them.
 */
#include <linux/init.h>
#include <linux/page_reporting.h>
#include <linux/scatterlist.h>
#include <linux/workqueue.h>
#include <asm/host.h>
#include <asm/setup.h>

static void stop_reporting(struct work_struct *work);
static DECLARE_WORK(stop_work, stop_reporting);

/* Blocks of 128 KiB and more: smaller ones cost more calls than they save. */
#define REPORT_ORDER	5

static int discard(struct page_reporting_dev_info *dev,
		   struct scatterlist *list, unsigned int nents)
{
	struct scatterlist *sg;
	unsigned int i;
	int ret;

	for_each_sg(list, sg, nents, i) {
		if (sg_phys(sg) < lkl_dma_start)
			continue;
		ret = lkl_ops.mem->discard(lkl_ram,
					   sg_phys(sg) - lkl_dma_start,
					   sg->length);
		if (ret == -EOPNOTSUPP)
			schedule_work(&stop_work);
		if (ret)
			return ret;
	}
	return 0;
}

static struct page_reporting_dev_info reporting = {
	.report = discard,
	.order = REPORT_ORDER,
};

/* Not from discard(): this waits for it. */
static void stop_reporting(struct work_struct *work)
{
	page_reporting_unregister(&reporting);
}

static int __init reporting_init(void)
{
	return page_reporting_register(&reporting);
}
late_initcall(reporting_init);
