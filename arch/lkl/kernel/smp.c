// SPDX-License-Identifier: GPL-2.0
/*
 * smp.c - several vCPUs
 *
 * Layer:   arch/lkl, on kernel stacks.
 * Users:   the generic SMP code.
 *
 * Each vCPU has a host thread of its own; an interprocessor interrupt is a
 * pending bit. Everything else about vCPUs is in vcpu.c.
 */
#include <linux/completion.h>
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/init.h>
#include <linux/irq_work.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched/hotplug.h>
#include <linux/sched/mm.h>
#include <linux/sched/task_stack.h>
#include <linux/smp.h>

#include <asm/host.h>
#include <asm/irq.h>
#include <asm/processor.h>
#include <asm/setup.h>
#include <asm/vcpu.h>

/* How many vCPUs to boot when the command line does not say. */
static unsigned int lkl_maxcpus = 1;

static int __init parse_maxcpus(char *str)
{
	if (kstrtouint(str, 0, &lkl_maxcpus) || !lkl_maxcpus)
		return -EINVAL;
	return 0;
}
early_param("maxcpus", parse_maxcpus);

/**
 * lkl_smp_setup - decide how many CPUs are possible
 *
 * Context: setup_arch(), after the early parameters and before per-CPU data.
 */
void __init lkl_smp_setup(void)
{
	unsigned int cpu;

	lkl_maxcpus = min_t(unsigned int, lkl_maxcpus, NR_CPUS);
	for (cpu = 0; cpu < NR_CPUS; cpu++) {
		set_cpu_possible(cpu, cpu < lkl_maxcpus);
		set_cpu_present(cpu, cpu < lkl_maxcpus);
	}
}

void __init smp_prepare_boot_cpu(void)
{
	current_thread_info()->percpu_offset = per_cpu_offset(0);
}

void __init smp_prepare_cpus(unsigned int max_cpus)
{
}

void __init smp_cpus_done(unsigned int max_cpus)
{
}

/* First code of a secondary CPU, on its idle task's stack. */
static long secondary_start(struct host_thread *self, long nr,
			    const long *params)
{
	unsigned int cpu = smp_processor_id();

	current_thread_info()->percpu_offset = per_cpu_offset(cpu);
	mmgrab_lazy_tlb(&init_mm);
	current->active_mm = &init_mm;
	lkl_clockevent_init();
	notify_cpu_starting(cpu);
	set_cpu_online(cpu, true);
	local_irq_enable();
	cpu_startup_entry(CPUHP_AP_ONLINE_IDLE);
	return 0;
}

int __cpu_up(unsigned int cpu, struct task_struct *idle)
{
	struct vcpu *v = &lkl_vcpus[cpu];
	struct thread_info *ti = task_thread_info(idle);
	int err;

	ti->cpu = cpu;
	ti->vcpu = v;
	ti->irqs_off = 1;
	err = vcpu_start_thread(v, secondary_start, task_entry_sp(idle));
	if (err)
		return err;
	while (!cpu_online(cpu))
		cpu_relax();
	return 0;
}

void arch_cpu_idle(void)
{
	vcpu_idle(current_thread_info()->vcpu);
}

void arch_smp_send_reschedule(int cpu)
{
	vcpu_raise(&lkl_vcpus[cpu], VCPU_IRQ_RESCHED);
}

void arch_send_call_function_single_ipi(int cpu)
{
	vcpu_raise(&lkl_vcpus[cpu], VCPU_IRQ_CALL);
}

void arch_send_call_function_ipi_mask(const struct cpumask *mask)
{
	unsigned int cpu;

	for_each_cpu(cpu, mask)
		vcpu_raise(&lkl_vcpus[cpu], VCPU_IRQ_CALL);
}

void arch_irq_work_raise(void)
{
	vcpu_raise(current_thread_info()->vcpu, VCPU_IRQ_WORK);
}

void smp_send_stop(void)
{
	unsigned int cpu, self = smp_processor_id();

	for_each_online_cpu(cpu)
		if (cpu != self)
			vcpu_raise(&lkl_vcpus[cpu], VCPU_IRQ_STOP);
}
