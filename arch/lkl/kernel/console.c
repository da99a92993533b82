// SPDX-License-Identifier: GPL-2.0
/*
 * console.c - kernel messages to the host, and the message of a panic
 *
 * Layer:   arch/lkl, on kernel stacks.
 * Users:   printk; the panic notifiers.
 */
#include <linux/console.h>
#include <linux/init.h>
#include <linux/notifier.h>
#include <linux/panic.h>
#include <linux/panic_notifier.h>

#include <asm/host.h>
#include <asm/setup.h>

static void console_write(struct console *con, const char *str,
			  unsigned int len)
{
	lkl_ops.console->write(lkl_ops.data, str, len);
}

static struct console console = {
	.name = "lkl",
	.write = console_write,
	.flags = CON_PRINTBUFFER | CON_ENABLED,
	.index = -1,
};

static int panic_report(struct notifier_block *block, unsigned long unused,
			void *message)
{
	if (lkl_ops.panic)
		lkl_ops.panic->panic(lkl_ops.data, message);
	/* Whatever kernel.panic says: callers wait for machine_restart(). */
	panic_timeout = -1;
	return NOTIFY_DONE;
}

static struct notifier_block panic_block = {
	.notifier_call = panic_report,
};

/**
 * lkl_console_init - register with printk and panic
 *
 * Context: setup_arch(), so that even an early panic is heard of.
 */
void __init lkl_console_init(void)
{
	atomic_notifier_chain_register(&panic_notifier_list, &panic_block);
	if (lkl_ops.console)
		register_console(&console);
}
