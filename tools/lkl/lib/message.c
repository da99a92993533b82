// SPDX-License-Identifier: GPL-2.0
/*
 * message.c - messages to the application, and the kernel's log
 *
 * Layer:   tools/lkl/lib, the C API; documented in lkl.h.
 * Users:   applications; sysctl.c prints.
 */
#include "kernel.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* syslog(2): read all of the log buffer, leaving it as it is. */
#define SYSLOG_READ_ALL	3

static int print_format(const struct lkl_kernel *kernel, const char *fmt,
			va_list args)
{
	char *str = NULL;
	int len = vasprintf(&str, fmt, args);

	if (len < 0)
		return -ENOMEM;
	kernel_print(kernel, str, len);
	free(str);
	return len;
}

int lkl_printf(const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = print_format(kernel_selected(), fmt, args);
	va_end(args);
	return len;
}

void lkl_bug(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_format(kernel_selected(), fmt, args);
	va_end(args);
	abort();
}

void lkl_perror(const char *msg, int err)
{
	fprintf(stderr, "%s: %s\n", msg, lkl_strerror(err));
}

const char *lkl_panic_message(void)
{
	const struct lkl_kernel *kernel = kernel_selected();

	if (!__atomic_load_n(&kernel->panicked, __ATOMIC_ACQUIRE))
		return NULL;
	return kernel->panic_message;
}

/* A log that starts in the middle of a line starts with the next one. */
static size_t drop_part_line(char *buf, size_t len)
{
	char *end = memchr(buf, '\n', len);
	size_t rest;

	if (!end)
		return len;
	rest = len - (size_t)(end + 1 - buf);
	memmove(buf, end + 1, rest);
	return rest;
}

static long console_log(const struct lkl_kernel *kernel, char *buf, size_t len)
{
	size_t got = log_read(kernel->log, buf, len - 1);

	if (got == len - 1 || got == LOG_RING_SIZE)
		got = drop_part_line(buf, got);
	buf[got] = '\0';
	return (long)got;
}

long lkl_dmesg(char *buf, size_t len)
{
	struct lkl_kernel *kernel = kernel_selected();
	long params[6] = { SYSLOG_READ_ALL, (long)buf };
	long got;

	if (!buf || !len)
		return -EINVAL;
	params[2] = len - 1 > INT32_MAX ? INT32_MAX : (long)(len - 1);
	got = lkl_syscall(__lkl__NR_syslog, params);
	if (got < 0) {
		/* Never started, as opposed to halted or panicked. */
		if (got == -ENOTCONN && !kernel->log->written)
			return got;
		return console_log(kernel, buf, len);
	}
	buf[got] = '\0';
	return got;
}
