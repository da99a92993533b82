// SPDX-License-Identifier: GPL-2.0
/*
 * console.c - the console family: output goes to a function of the application.
 *
 * Layer:   host/posix.
 * Users:   the kernel's console; the application sets the function.
 * Context: any thread, also in a panic; on a kernel stack.
 */
#include <errno.h>
#include <sys/types.h>
#include <unistd.h>

#include "host/posix/posix.h"

void posix_print(const char *str, int len)
{
	int saved_errno = errno;

	while (len > 0) {
		ssize_t n = write(STDERR_FILENO, str, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		str += n;
		len -= n;
	}
	errno = saved_errno;
}

static void console_write(void *data, const char *str, __u32 len)
{
	const struct lkl_host_operations *ops = data;
	void (*print)(const char *str, int len);

	/* The application may set it to NULL between a test and a call. */
	print = __atomic_load_n(&ops->print, __ATOMIC_ACQUIRE);
	if (print)
		print(str, (int)len);
}

const struct lkl_console_ops posix_console_ops = {
	.hdr = LKL_OPS_HEADER(struct lkl_console_ops),
	.write = console_write,
};
