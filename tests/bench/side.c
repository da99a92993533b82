// SPDX-License-Identifier: GPL-2.0
/*
 * side.c - the two sides of a comparison: the library and the host kernel
 *
 * Layer:   tests/bench.
 * Users:   every benchmark, through struct side.
 * Context: the main thread, except @call, which any thread may use.
 */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <lkl.h>
#include <lkl_host.h>

char root[256];

/* The library ------------------------------------------------------------ */

static struct lkl_disk disk;
static int disk_id = -1;

static long lkl_call(long nr, long a, long b, long c, long d)
{
	long params[6] = { a, b, c, d };

	return lkl_syscall(nr, params);
}

static void lkl_start(const char *cmdline)
{
	must("lkl_init", lkl_init(&lkl_host_ops));
	must("lkl_start_kernel", lkl_start_kernel("%s", cmdline));
}

static void lkl_mount(const char *where)
{
	if (disk_id < 0) {
		disk.fd = open(where, O_RDWR | O_CLOEXEC);
		if (disk.fd < 0)
			die(where, -errno);
		disk.ops = NULL;
		disk_id = (int)must("lkl_disk_add", lkl_disk_add(&disk));
	}
	must("lkl_mount_dev", lkl_mount_dev((unsigned int)disk_id, 0, "ext4", 0,
					    NULL, root, sizeof(root)));
}

static void lkl_umount(void)
{
	must("lkl_umount_dev", lkl_umount_dev((unsigned int)disk_id, 0, 0, 10000));
}

/*
 * Fill most of the kernel's memory through a tmpfs and give it back. What the
 * kernel frees it returns to the host only after some seconds.
 */
static void lkl_pretouch(void)
{
	static char dir[] = "/pretouch", file[] = "/pretouch/file";
	char *buf = touched_buffer((size_t)MIB);
	long fd, n;

	must("mkdir", lkl_sys_mkdir(dir, 0700));
	must("mount tmpfs", lkl_sys_mount("none", dir, "tmpfs", 0,
					  "size=80%"));
	fd = must("create", lkl_sys_open(file, O_CREAT | O_WRONLY, 0600));
	do {
		n = lkl_sys_write((unsigned int)fd, buf, (size_t)MIB);
	} while (n > 0);
	if (n != -ENOSPC)
		die("pretouch", n);
	must("close", lkl_sys_close((unsigned int)fd));
	must("umount tmpfs", lkl_sys_umount(dir, 0));
}

static void lkl_stop(void)
{
	must("lkl_sys_halt", lkl_sys_halt());
	lkl_cleanup();
}

const struct side lkl_side = {
	.name = "lkl",
	.call = lkl_call,
	.start = lkl_start,
	.mount = lkl_mount,
	.umount = lkl_umount,
	.pretouch = lkl_pretouch,
	.stop = lkl_stop,
};

/* The host kernel: bench.py has mounted the image, if that is possible ---- */

static long host_call(long nr, long a, long b, long c, long d)
{
	long ret = syscall(nr, a, b, c, d);

	return ret < 0 ? -errno : ret;
}

static void host_start(const char *cmdline)
{
}

static void host_mount(const char *where)
{
	snprintf(root, sizeof(root), "%s", where);
}

static void host_nothing(void)
{
}

const struct side host_side = {
	.name = "host",
	.call = host_call,
	.start = host_start,
	.mount = host_mount,
	.umount = host_nothing,
	.pretouch = host_nothing,
	.stop = host_nothing,
};
