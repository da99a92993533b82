// SPDX-License-Identifier: GPL-2.0
/*
 * time.c - the clock, and timer interrupts as deadlines
 *
 * Layer:   arch/lkl, on kernel stacks.
 * Users:   timekeeping and the tick.
 *
 * No host timer is armed: an event is a deadline in the vCPU, for which the
 * thread that waits there sleeps anyhow (vcpu.c).
 */
#include <linux/clockchips.h>
#include <linux/clocksource.h>
#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/sched/clock.h>
#include <linux/time64.h>
#include <linux/timekeeping.h>
#include <linux/timex.h>

#include <asm/host.h>
#include <asm/irq.h>
#include <asm/vcpu.h>

static DEFINE_PER_CPU(struct clock_event_device, clockevent);

static u64 clock_read(struct clocksource *cs)
{
	return lkl_ops.time->monotonic();
}

static struct clocksource clocksource = {
	.name = "lkl",
	.rating = 400,
	.read = clock_read,
	.mask = CLOCKSOURCE_MASK(64),
	.flags = CLOCK_SOURCE_IS_CONTINUOUS,
};

unsigned long long notrace sched_clock(void)
{
	return lkl_ops.time->monotonic();
}

static int event_set(unsigned long delta, struct clock_event_device *evt)
{
	u64 now = lkl_ops.time->monotonic();
	/* Ticks are aligned; a timer that happens to be is as coarse. */
	bool tick = (u64)evt->next_event % TICK_NSEC == 0;

	vcpu_set_deadline(current_thread_info()->vcpu, now + delta, now, tick);
	return 0;
}

static int event_shutdown(struct clock_event_device *evt)
{
	WRITE_ONCE(current_thread_info()->vcpu->deadline, LKL_FOREVER);
	return 0;
}

/**
 * lkl_timer_interrupt - somebody has seen the deadline pass
 * @v: the calling vCPU
 *
 * Context: interrupt. The bit may be stale, if the deadline was moved since.
 */
void lkl_timer_interrupt(struct vcpu *v)
{
	struct clock_event_device *evt = this_cpu_ptr(&clockevent);

	if (lkl_ops.time->monotonic() < READ_ONCE(v->deadline))
		return;
	WRITE_ONCE(v->deadline, LKL_FOREVER);
	if (evt->event_handler)
		evt->event_handler(evt);
}

/**
 * lkl_clockevent_init - register the calling CPU's timer
 */
void lkl_clockevent_init(void)
{
	struct clock_event_device *evt = this_cpu_ptr(&clockevent);

	*evt = (struct clock_event_device) {
		.name = "lkl",
		.features = CLOCK_EVT_FEAT_ONESHOT,
		.rating = 400,
		.cpumask = cpumask_of(smp_processor_id()),
		.set_next_event = event_set,
		.set_state_shutdown = event_shutdown,
		.set_state_oneshot_stopped = event_shutdown,
	};
	clockevents_config_and_register(evt, NSEC_PER_SEC, 1, LONG_MAX);
}

void __init time_init(void)
{
	clocksource_register_hz(&clocksource, NSEC_PER_SEC);
	lkl_clockevent_init();
	/* Any value: delays ask the host, and measuring would take a tick. */
	loops_per_jiffy = NSEC_PER_SEC / HZ;
	lpj_fine = loops_per_jiffy;
}

void read_persistent_clock64(struct timespec64 *ts)
{
	*ts = ns_to_timespec64(lkl_ops.time->realtime());
}

/* How far the wall clock is behind the host's, in ns, by the closest of some looks. */
static s64 __init wall_clock_error(void)
{
	u64 closest = U64_MAX;
	s64 error = 0;
	int i;

	for (i = 0; i < 16; i++) {
		u64 before = ktime_get_real_ns();
		u64 host = lkl_ops.time->realtime();
		u64 took = ktime_get_real_ns() - before;

		if (took >= closest)
			continue;
		closest = took;
		error = host - before - took / 2;
	}
	return error;
}

/*
 * Until our clocksource was there, jiffies were the clock, and none passed: the wall
 * clock has lost that time. The application compares it with the host's, for
 * instance the time at which a packet arrived.
 */
static int __init wall_clock_adjust(void)
{
	struct timespec64 offset = ns_to_timespec64(wall_clock_error());
	struct __kernel_timex tx = {
		.modes = ADJ_SETOFFSET | ADJ_NANO,
		.time.tv_sec = offset.tv_sec,
		.time.tv_usec = offset.tv_nsec,
	};

	return min(do_adjtimex(&tx), 0);
}
late_initcall(wall_clock_adjust);

void __ndelay(unsigned long ns)
{
	lkl_ops.time->delay(ns);
}
EXPORT_SYMBOL(__ndelay);

void __udelay(unsigned long us)
{
	lkl_ops.time->delay((u64)us * NSEC_PER_USEC);
}
EXPORT_SYMBOL(__udelay);

void __const_udelay(unsigned long xloops)
{
	/* xloops is microseconds in units of 2^32 / 10^6 per second. */
	lkl_ops.time->delay(((u64)xloops * NSEC_PER_SEC) >> 32);
}
EXPORT_SYMBOL(__const_udelay);

void __delay(unsigned long loops)
{
	lkl_ops.time->delay(loops);
}
EXPORT_SYMBOL(__delay);
