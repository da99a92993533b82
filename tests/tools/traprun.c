// SPDX-License-Identifier: GPL-2.0
/*
 * traprun.c - run a program in the trap tier on a kernel with a loopback device
 *
 * Layer:   tests/tools. traprun PROGRAM ARGS...
 */
#include <errno.h>
#include <lkl.h>
#include <lkl_host.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "trap.h"

static int loopback_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	long fd = lkl_sys_socket(LKL_AF_INET, LKL_SOCK_STREAM, 0);
	long err = fd;

	if (fd >= 0) {
		err = lkl_sys_ioctl((unsigned int)fd, 0x8914, (long)&ifr);
		lkl_sys_close((unsigned int)fd);
	}
	return (int)err;
}

static int start(void *arg)
{
	int err;

	lkl_host_ops.print = NULL;
	err = lkl_init(&lkl_host_ops);
	if (!err)
		err = lkl_start_kernel("mem=256M loglevel=0");
	if (!err)
		err = lkl_mount_fs("proc");
	return err ? err : loopback_up();
}

static void stop(void *arg)
{
	lkl_sys_halt();
}

static void message(void *arg, const char *line)
{
	fprintf(stderr, "traprun: %s\n", line);
}

int main(int argc, char **argv)
{
	const struct trap_config config = {
		.start = start, .stop = stop, .message = message,
	};
	int ret;

	if (argc < 2)
		return 2;
	ret = trap_run(argv + 1, &config);
	if (ret < 0)
		fprintf(stderr, "traprun: %s\n", strerror(-ret));
	return ret < 0 ? 125 : ret;
}
