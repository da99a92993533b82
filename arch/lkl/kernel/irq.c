// SPDX-License-Identifier: GPL-2.0
/*
 * irq.c - running pending interrupts, and the lines of devices
 *
 * Layer:   arch/lkl. lkl_irq_raise() on any host thread, the rest on kernel
 *          stacks.
 * Users:   irqflags.h and cpu_relax() (polling), task.c (before user mode),
 *          device.c (lines).
 *
 * An interrupt is a bit in vcpu.pending. It is taken where the context enables
 * interrupts, spins, returns to user mode or idles; see vcpu.c.
 */
#include <linux/bitmap.h>
#include <linux/hardirq.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irq_work.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/smp.h>

#include <asm/host.h>
#include <asm/irq.h>
#include <asm/irq_regs.h>
#include <asm/ptrace.h>
#include <asm/vcpu.h>

static_assert(LKL_NR_LINES <= NR_IRQS);

/* Which vCPU gets a line; written by set_affinity, read by any host thread. */
static unsigned int line_cpu[LKL_NR_LINES];
static DECLARE_BITMAP(lines_used, LKL_NR_LINES);

/* All that the tick asks of the interrupted context is whether it was user. */
static struct pt_regs user_regs = { .cs = 3 };
static struct pt_regs kernel_regs;

/**
 * lkl_irq_raise - raise a device's line
 * @line: its number
 *
 * Context: any host thread, inside or outside the kernel. Does not block.
 * Return: 0 or -EINVAL.
 */
int lkl_irq_raise(u32 line)
{
	struct vcpu *v;

	if (line >= LKL_NR_LINES || !test_bit(line, lines_used))
		return -EINVAL;
	v = &lkl_vcpus[READ_ONCE(line_cpu[line])];
	set_bit(line, v->lines);
	vcpu_raise(v, VCPU_IRQ_DEVICE);
	return 0;
}

static void run_lines(struct vcpu *v)
{
	unsigned int word;

	for (word = 0; word < ARRAY_SIZE(v->lines); word++) {
		unsigned long lines = READ_ONCE(v->lines[word]);

		if (!lines)
			continue;
		lines = xchg(&v->lines[word], 0);
		while (lines) {
			unsigned int bit = __ffs(lines);

			lines &= lines - 1;
			generic_handle_irq(word * BITS_PER_LONG + bit);
		}
	}
}

static void run_pending(struct vcpu *v, unsigned long pending)
{
	if (pending & VCPU_BIT(STOP))
		vcpu_leave(v, LEFT_DEAD);
	if (pending & VCPU_BIT(TIMER))
		lkl_timer_interrupt(v);
	if (pending & VCPU_BIT(DEVICE))
		run_lines(v);
	if (pending & VCPU_BIT(ENTRY))
		task_enter(v);
	if (pending & VCPU_BIT(CALL))
		generic_smp_call_function_interrupt();
	if (pending & VCPU_BIT(WORK))
		irq_work_run();
	if (pending & VCPU_BIT(RESCHED))
		scheduler_ipi();
}

static void irq_run(struct pt_regs *regs)
{
	struct thread_info *ti = current_thread_info();
	struct pt_regs *old = set_irq_regs(regs);

	ti->irqs_off = 1;
	vcpu_mind_timer(ti->vcpu);
	do {
		unsigned long pending = xchg(&ti->vcpu->pending, 0);

		irq_enter();
		run_pending(ti->vcpu, pending);
		irq_exit();
	} while (READ_ONCE(ti->vcpu->pending));
	ti->irqs_off = 0;
	barrier();
	set_irq_regs(old);
}

/**
 * lkl_irq_poll - take pending interrupts in kernel mode
 *
 * Context: on a kernel stack, interrupts enabled.
 */
void lkl_irq_poll(void)
{
	irq_run(&kernel_regs);
}

/**
 * lkl_irq_user - take pending interrupts, if any, in user mode
 *
 * Context: on the empty kernel stack of a task in user mode.
 */
void lkl_irq_user(void)
{
	if (READ_ONCE(current_thread_info()->vcpu->pending))
		irq_run(&user_regs);
}

/* Rounds of a spin loop, about a microsecond, before others may run. */
#define SPIN_ROUNDS	64

/**
 * lkl_cpu_relax - one round of a spin loop
 *
 * What is waited for may be an interrupt's doing, or that of another vCPU
 * which waits for this one to take an interrupt, or whose host thread waits for
 * this one's processor.
 */
void lkl_cpu_relax(void)
{
	struct thread_info *ti = current_thread_info();

	cpu_pause();
	if (unlikely(++ti->vcpu->spins % SPIN_ROUNDS == 0))
		lkl_ops.thread->yield();
	if (unlikely(READ_ONCE(ti->vcpu->pending))) {
		if (!ti->irqs_off)
			lkl_irq_poll();
		else if (READ_ONCE(lkl_stopped))
			vcpu_leave(ti->vcpu, LEFT_DEAD);
	}
}
EXPORT_SYMBOL(lkl_cpu_relax);

/* Lines */

static void line_mask(struct irq_data *data)
{
}

static int line_set_affinity(struct irq_data *data, const struct cpumask *mask,
			     bool force)
{
	unsigned int cpu = cpumask_any_and(mask, cpu_online_mask);

	if (cpu >= nr_cpu_ids)
		return -EINVAL;
	WRITE_ONCE(line_cpu[data->hwirq], cpu);
	irq_data_update_effective_affinity(data, cpumask_of(cpu));
	return IRQ_SET_MASK_OK;
}

static struct irq_chip line_chip = {
	.name = "lkl",
	.irq_ack = line_mask,
	.irq_mask = line_mask,
	.irq_unmask = line_mask,
	.irq_set_affinity = line_set_affinity,
};

/**
 * lkl_line_get - reserve a line for a device
 *
 * Context: process.
 * Return: its number, also that of the Linux irq, or -ENOSPC.
 */
int lkl_line_get(void)
{
	unsigned int line;

	/* Number 0 means "no interrupt" to many drivers. */
	for (line = 1; line < LKL_NR_LINES; line++) {
		if (test_and_set_bit(line, lines_used))
			continue;
		irq_get_irq_data(line)->hwirq = line;
		irq_set_chip_and_handler(line, &line_chip, handle_edge_irq);
		return line;
	}
	return -ENOSPC;
}

/**
 * lkl_line_put - give a line back that nobody raises any more
 * @line: its number
 */
void lkl_line_put(int line)
{
	clear_bit(line, lines_used);
}

/*
 * Lines get their chip when a device gets the line: for each that has one, boot
 * would make a directory in /proc/irq (1.5 ms for all of them).
 */
void __init init_IRQ(void)
{
}
