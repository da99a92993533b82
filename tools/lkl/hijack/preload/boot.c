// SPDX-License-Identifier: GPL-2.0
/*
 * boot.c - bring the library kernel up in a hijacked process
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   kernel.c, under its lock, in the thread of the first socket().
 *
 * The descriptors that liblkl.so opens for itself (memory, devices) must not
 * take the low numbers that the program may expect, and must not be closed by
 * a program that closes all it does not know. So while it boots, the numbers
 * below our own are filled; what is open above them afterwards is marked ours.
 */
#include "boot.h"

#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "api.h"
#include "kernel.h"
#include "limits.h"
#include "real.h"
#include "signals.h"
#include "table.h"

#define CMDLINE		"mem=64M loglevel=0"
#define LIBRARY_FDS	(FD_MAX + 4096)

/* Enough for who expects small numbers, or selects; more takes time. */
#define FILL_MAX	1024

/**
 * struct filling - numbers that keep the low ones from the library
 * @fds: them
 * @count: how many
 * @base: the library's numbers start here
 */
struct filling {
	int *fds;
	int count;
	int base;
};

/* Call @fn for each descriptor of the process. */
static void each_fd(void (*fn)(int fd, int *base), int *base)
{
	DIR *dir = real.opendir("/proc/self/fd");
	struct dirent *entry;
	int fd;

	if (!dir)
		return;
	while ((entry = real.readdir(dir))) {
		fd = atoi(entry->d_name);
		if (entry->d_name[0] != '.' && fd != real.dirfd(dir))
			fn(fd, base);
	}
	real.closedir(dir);
}

static void beyond(int fd, int *base)
{
	if (fd >= *base)
		*base = fd + 1;
}

static void fill(struct filling *filling)
{
	int fd = real.open("/dev/null", O_RDONLY | O_CLOEXEC);

	filling->count = 0;
	filling->base = limits_own_base();
	if (filling->base > FILL_MAX)
		filling->base = FILL_MAX;
	each_fd(beyond, &filling->base);
	filling->fds = malloc(sizeof(int) * filling->base);
	while (fd >= 0 && fd < filling->base && filling->fds) {
		filling->fds[filling->count++] = fd;
		fd = real.fcntl(fd, F_DUPFD_CLOEXEC, fd + 1);
	}
	if (fd >= 0)
		real.close(fd);
}

static void unfill(struct filling *filling)
{
	while (filling->count)
		real.close(filling->fds[--filling->count]);
	free(filling->fds);
}

/* Whatever is open beyond the program's numbers came with the library. */
static void mark_own(int fd, int *base)
{
	if (fd >= *base && fd < FD_MAX && !file_peek(fd))
		file_publish(fd, &file_internal);
}

static long sys(long nr, long a, long b, long c)
{
	return kernel_call(nr, a, b, c, 0, 0, 0);
}

static int loopback_up(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	long err, fd = sys(SYS_socket, AF_INET, SOCK_DGRAM, 0);

	if (fd < 0)
		return (int)fd;
	err = sys(SYS_ioctl, fd, SIOCSIFFLAGS, (long)&request);
	sys(SYS_close, fd, 0, 0);
	return (int)err;
}

/* The descriptor that stands in for closed ones. */
static int dead_open(void)
{
	kernel_dead = (int)sys(SYS_open, (long)"/", O_PATH | O_CLOEXEC, 0);
	return kernel_dead < 0 ? kernel_dead : 0;
}

/* Where the host has them, so that the files the user names are found. */
static int file_systems(void)
{
	long err = sys(SYS_mkdir, (long)"/sys", 0755, 0);

	if (!err || err == -EEXIST)
		err = kernel_call(SYS_mount, (long)"sysfs", (long)"/sys",
				  (long)"sysfs", 0, 0, 0);
	if (!err)
		err = api.lkl_mount_fs("proc");
	return err < 0 ? (int)err : 0;
}

/* The kernel prints nothing unless asked: standard error is the program's. */
static int start(void)
{
	int err;

	api.host_ops->print = NULL;
	err = api.lkl_init(api.host_ops);
	if (!err)
		err = api.lkl_start_kernel("%s", CMDLINE);
	return err;
}

static int set_up(void)
{
	int err;

	kernel_call_set(api.lkl_syscall);
	err = api.lkl_set_fd_limit(LIBRARY_FDS);
	if (!err)
		err = dead_open();
	if (!err)
		err = loopback_up();
	if (err)
		return err;
	return file_systems();
}

static int bring_up(void)
{
	int err = api_load();

	if (err)
		return err;
	err = start();
	if (!err)
		err = set_up();
	if (err)
		complain("cannot boot the library kernel", api.lkl_strerror(err));
	return err;
}

int boot(void)
{
	struct filling filling;
	int err;

	limits_split();
	signals_before_boot();
	fill(&filling);
	err = bring_up();
	each_fd(mark_own, &filling.base);
	unfill(&filling);
	return err;
}
