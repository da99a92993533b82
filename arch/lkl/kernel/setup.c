// SPDX-License-Identifier: GPL-2.0
/*
 * setup.c - memory, and what generic boot code asks the architecture for.
 *
 * Layer: arch/lkl. lkl_mem_init() and lkl_mem_exit() are called by
 * kernel/entry.c on a host stack, before start_kernel() and after the end:
 * there is no current and nothing may be printed. The rest is called by
 * generic code while it boots.
 */
#include <linux/bug.h>
#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <asm/host.h>
#include <asm/page.h>
#include <asm/sections.h>
#include <asm/setup.h>

#define MEM_DEFAULT	SZ_64M
#define MEM_MIN		SZ_16M
#define MEM_MAX		(LKL_VMALLOC_OFFSET - LKL_GUARD_SIZE)

static_assert(LKL_SPAN_SIZE == LKL_SPAN_MIN);

u64 lkl_ram __ro_after_init;
phys_addr_t lkl_dma_start __ro_after_init;
phys_addr_t lkl_dma_end __ro_after_init;

/*
 * Parameters whose defaults suit a machine with hardware; the caller's own
 * come after them and win. Sixteen nbd devices would be made at every boot:
 * who needs one asks for it by netlink, or says how many there shall be.
 */
#define OWN_PARAMETERS	"nbd.nbds_max=0 "

static char command_line[sizeof(OWN_PARAMETERS) + COMMAND_LINE_SIZE] __initdata;

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/*
 * The value of the last "mem=" of the command line, or NULL. Text in quotes is
 * looked at too; nothing that has a "mem=" there is known.
 */
static const char *mem_option(const char *cmdline)
{
	const char *value = NULL;
	const char *s;

	for (s = cmdline; *s; s++)
		if ((s == cmdline || is_space(s[-1])) &&
		    !strncmp(s, "mem=", 4))
			value = s + 4;
	return value;
}

/* Bytes of memory that the command line asks for, or 0 if it makes no sense. */
static u64 mem_size(const char *cmdline)
{
	const char *value = mem_option(cmdline);
	char *end;
	u64 size;

	if (!value)
		return MEM_DEFAULT;
	size = memparse(value, &end);
	if (end == value || (*end && !is_space(*end)))
		return 0;
	size &= PAGE_MASK;
	return size >= MEM_MIN && size <= MEM_MAX - lkl_dma_start ? size : 0;
}

/**
 * lkl_mem_init - make the kernel's memory
 * @cmdline: the kernel command line
 *
 * Context: on a host stack, before anything else of the kernel runs.
 * Return: 0, -EINVAL for a mem= that is no size or out of range, or what the
 * host said.
 */
int lkl_mem_init(const char *cmdline)
{
	u64 size;
	int ret;

	lkl_cpu_init();
	lkl_dma_start = PAGE_ALIGN(__pa(_end));
	size = mem_size(cmdline);
	if (!size)
		return -EINVAL;

	ret = lkl_ops.mem->object_create(size, &lkl_ram);
	if (ret)
		return ret;
	ret = lkl_ops.mem->map(lkl_ram, (u64)__va(lkl_dma_start), size, 0,
			       LKL_PROT_READ | LKL_PROT_WRITE);
	if (ret) {
		lkl_ops.mem->object_destroy(lkl_ram);
		return ret;
	}
	lkl_dma_end = lkl_dma_start + size;
	return 0;
}

/**
 * lkl_mem_exit - give the kernel's memory back
 *
 * Context: on a host stack, after the last kernel code that uses memory ran.
 */
void lkl_mem_exit(void)
{
	if (!lkl_dma_end)
		return;
	lkl_ops.mem->unmap((u64)__va(lkl_dma_start),
			   LKL_SPAN_SIZE - lkl_dma_start);
	lkl_ops.mem->object_destroy(lkl_ram);
	lkl_dma_end = 0;
}

/* The value was used by lkl_mem_init(); without this it is called unknown. */
static int __init mem_known(char *value)
{
	return 0;
}
early_param("mem", mem_known);

void __init setup_arch(char **cmdline_p)
{
	setup_initial_init_mm(_stext, _etext, _edata, _end);

	/* parse_args() writes to what it is given. */
	snprintf(command_line, sizeof(command_line), OWN_PARAMETERS "%s",
		 boot_command_line);
	*cmdline_p = command_line;
	parse_early_param();
	lkl_console_init();

	/*
	 * The image is memory that was never free: virt_to_page() works on it,
	 * but it is not part of the host object and devices cannot reach it.
	 */
	memblock_add(0, lkl_dma_end);
	memblock_reserve(0, lkl_dma_start);
	min_low_pfn = 0;
	max_low_pfn = max_pfn = PFN_DOWN(lkl_dma_end);

	lkl_paging_init();
	lkl_smp_setup();
}

/* The image's pages cannot be mapped elsewhere or reached by a device. */
void free_initmem(void)
{
}

void __init arch_cpu_finalize_init(void)
{
}

/* /proc/cpuinfo ******************************************************/

static int cpuinfo_show(struct seq_file *m, void *v)
{
	int cpu = (long)v - 1;

	if (cpu_online(cpu))
		seq_printf(m, "processor\t: %d\nmodel name\t: library vCPU\n\n",
			   cpu);
	return 0;
}

static void *cpuinfo_start(struct seq_file *m, loff_t *pos)
{
	return *pos < nr_cpu_ids ? (void *)(long)(*pos + 1) : NULL;
}

static void *cpuinfo_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return cpuinfo_start(m, pos);
}

static void cpuinfo_stop(struct seq_file *m, void *v)
{
}

const struct seq_operations cpuinfo_op = {
	.start = cpuinfo_start,
	.next = cpuinfo_next,
	.stop = cpuinfo_stop,
	.show = cpuinfo_show,
};
