// SPDX-License-Identifier: GPL-2.0
/*
 * instance.c - life cycle of kernels and disks, over a fake kernel image
 *
 * Layer:   tests/unit; no kernel. What the real one has to do in boot, halt and
 *	destroy is for tests/boot; here it is what the library makes of it.
 */
#include <lkl.h>
#include <lkl_host.h>

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/virtio_mmio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/fakekernel.h"
#include "tools/lkl/lib/kernel.h"

/*
 * Where the library's image is. It is put here when a test starts; what is left
 * after its end does no harm.
 */
#define IMAGE_ROOM	"131072"

__asm__(".pushsection .data\n"
	".balign 4096\n"
	".globl lkl_image_start\n"
	"lkl_image_start: .skip " IMAGE_ROOM "\n"
	".globl lkl_image_end\n"
	"lkl_image_end:\n"
	".popsection");

#define COMPILE "-O1 -fPIC -shared -nostdlib -fvisibility=hidden -fno-stack-protector"
#define LINK	"-Wl,--build-id=sha1,-z,relro,-z,max-page-size=4096"

static char printed[4096];

static void print(const char *str, int len)
{
	strncat(printed, str, (size_t)len);
}

static void setup(void)
{
	const char *top = getenv("LKL_TOP");
	size_t room = (size_t)(lkl_image_end - lkl_image_start);
	char name[] = "/tmp/lkl-fakekernel-XXXXXX", command[512];
	int fd = mkstemp(name);

	cr_assert(fd >= 0);
	snprintf(command, sizeof(command), "cd %s && cc -I. %s %s -o %s %s",
		 top ? top : ".", COMPILE, LINK, name, "tests/unit/fakekernel.c");
	cr_assert_eq(system(command), 0, "%s", command);
	close(fd);
	fd = open(name, O_RDONLY);
	cr_assert(read(fd, (void *)lkl_image_start, room) > 0);
	cr_assert_eq(read(fd, command, 1), 0, "larger than " IMAGE_ROOM);
	close(fd);
	unlink(name);
	lkl_host_ops.print = print;
}

TestSuite(instance, .init = setup);

static long call(long nr, long a, long b)
{
	long params[6] = { a, b };

	return lkl_syscall(nr, params);
}

/* Calls fail with an errno that says why, from before start to after cleanup. */
Test(instance, every_state_has_its_errno)
{
	cr_assert_eq(call(7, 1, 0), -ENOTCONN);
	cr_assert_eq(lkl_sys_halt(), -ENOTCONN);
	cr_assert_eq(lkl_is_running(), 0);

	cr_assert_eq(lkl_init(&lkl_host_ops), 0);
	cr_assert_eq(lkl_start_kernel("mem=%dM", 64), 0);
	cr_assert_eq(call(7, 1, 0), 8);
	cr_assert_eq(lkl_is_running(), 1);
	cr_assert_eq(lkl_start_kernel("again"), -EBUSY);
	cr_assert_eq(lkl_init(&lkl_host_ops), -EBUSY);

	cr_assert_eq(lkl_sys_halt(), 0);
	cr_assert_eq(call(7, 1, 0), -ESHUTDOWN);
	cr_assert_eq(lkl_sys_halt(), -ESHUTDOWN);
	cr_assert_eq(lkl_is_running(), 0);

	lkl_cleanup();
	cr_assert_eq(call(7, 1, 0), -ENOTCONN);
	cr_assert_eq(lkl_init(NULL), -EINVAL);
	cr_assert_eq(lkl_start_kernel(NULL), -EINVAL);
	cr_assert_eq(lkl_start_kernel("%9000d", 1), -EINVAL);
}

/* A kernel starts again after halt, cleanup, panic and a failed start. */
Test(instance, starts_again)
{
	cr_assert_eq(lkl_start_kernel("a"), 0);
	cr_assert_eq(lkl_sys_halt(), 0);
	cr_assert_eq(lkl_start_kernel("a"), 0);
	cr_assert_eq(call(FAKE_PANIC, 0, 0), -ENOTRECOVERABLE);
	cr_assert_eq(lkl_start_kernel("a"), 0);
	lkl_cleanup();
	cr_assert_eq(lkl_start_kernel("Error"), -EINVAL);
	cr_assert_eq(call(7, 1, 0), -ENOTCONN);
	cr_assert_eq(lkl_start_kernel("Panic"), -ENOTRECOVERABLE);
	cr_assert_str_eq(lkl_panic_message(), "panic at boot");
	cr_assert_eq(call(7, 1, 0), -ENOTCONN);
	cr_assert_eq(lkl_start_kernel("a"), 0);
	cr_assert_null(lkl_panic_message());
	cr_assert_eq(call(7, 1, 0), 8);
	lkl_cleanup();
}

/* A panic is reported, stays readable, and ends with cleanup. */
Test(instance, panic_is_told)
{
	char log[64];

	cr_assert_eq(lkl_start_kernel("a"), 0);
	cr_assert_null(lkl_panic_message());
	call(FAKE_PRINT, (long)"last words\n", 11);
	cr_assert_eq(call(FAKE_PANIC, 0, 0), -ENOTRECOVERABLE);
	cr_assert_eq(lkl_is_running(), 0);
	cr_assert_str_eq(lkl_panic_message(), "fake panic");
	cr_assert_eq(lkl_sys_halt(), -ENOTRECOVERABLE);
	cr_assert_eq(lkl_dmesg(log, sizeof(log)), 11);
	cr_assert_str_eq(log, "last words\n");
	lkl_cleanup();
	cr_assert_null(lkl_panic_message());
	cr_assert_eq(lkl_dmesg(log, sizeof(log)), -ENOTCONN);
}

/* Output goes to the print function of the moment; the log has all of it. */
Test(instance, output)
{
	struct lkl_host_operations own = lkl_host_ops;
	char log[64];

	cr_assert_eq(lkl_init(&own), 0);
	cr_assert_eq(lkl_start_kernel("a"), 0);
	call(FAKE_PRINT, (long)"one\n", 4);
	own.print = NULL;
	call(FAKE_PRINT, (long)"two\n", 4);
	own.print = print;
	call(FAKE_PRINT, (long)"three\n", 6);
	cr_assert_str_eq(printed, "one\nthree\n");
	cr_assert_eq(lkl_printf("%s%d\n", "four", 5), 6);
	cr_assert_str_eq(printed, "one\nthree\nfour5\n");
	lkl_sys_halt();
	cr_assert_eq(lkl_dmesg(log, sizeof(log)), 14);
	cr_assert_str_eq(log, "one\ntwo\nthree\n");
	cr_assert_eq(lkl_dmesg(log, 10), 6, "whole lines from the end");
	cr_assert_str_eq(log, "three\n");
	lkl_cleanup();
}

/* Kernels do not know of each other; each thread has its own selection. */
Test(instance, two_kernels)
{
	struct lkl_kernel *other = lkl_kernel_new(&lkl_host_ops);
	long params[6] = { 1 };

	cr_assert(other);
	cr_assert_null(lkl_kernel_new(NULL));
	cr_assert_eq(lkl_start_kernel("a"), 0);
	cr_assert_eq(lkl_kernel_syscall(other, 7, params), -ENOTCONN);
	cr_assert_eq(lkl_kernel_start(other, "a"), 0);
	cr_assert_eq(lkl_kernel_syscall(other, 7, params), 8);
	cr_assert_null(lkl_kernel_use(other));
	cr_assert_eq(call(FAKE_PANIC, 0, 0), -ENOTRECOVERABLE);
	cr_assert_eq(lkl_kernel_use(lkl_kernel_default()), other);
	cr_assert_eq(call(7, 1, 0), 8);
	cr_assert_null(lkl_panic_message());
	lkl_kernel_free(other);
	cr_assert_eq(call(7, 1, 0), 8);
	lkl_kernel_free(NULL);
	lkl_kernel_free(lkl_kernel_default());
	cr_assert_eq(call(7, 1, 0), -ENOTCONN);
}

/* A forked child is told so, and can have a kernel of its own. */
Test(instance, fork)
{
	int status;
	pid_t pid;

	cr_assert_eq(lkl_start_kernel("a"), 0);
	pid = fork();
	cr_assert(pid >= 0);
	if (!pid) {
		bool ok = call(7, 1, 0) == -ENOLINK && !lkl_is_running() &&
			  lkl_sys_halt() == -ENOLINK &&
			  !lkl_start_kernel("a") && call(7, 1, 0) == 8;

		lkl_cleanup();
		_exit(ok && call(7, 1, 0) == -ENOTCONN ? 0 : 1);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(status, 0);
	cr_assert_eq(call(7, 1, 0), 8);
	lkl_cleanup();
}

/*
 * Disks.
 */

static struct lkl_disk disk_make(size_t size, int flags)
{
	char name[] = "/tmp/lkl-disk-XXXXXX";
	struct lkl_disk disk = { .fd = mkostemp(name, flags) };

	cr_assert(disk.fd >= 0);
	cr_assert_eq(ftruncate(disk.fd, (off_t)size), 0);
	unlink(name);
	return disk;
}

#define MAGIC 0x74726976	/* "virt" */

/* The window of the disk plugged last answers. */
static long magic(void)
{
	return call(FAKE_READ_WINDOW, VIRTIO_MMIO_MAGIC_VALUE, 0);
}

/* A disk the kernel could not use is refused at once, and it is said why. */
Test(instance, bad_disks_are_refused)
{
	struct lkl_disk disk = disk_make(0, 0), pipe_disk = { .fd = -1 };
	int fds[2];

	cr_assert_eq(lkl_disk_add(NULL), -EINVAL);
	cr_assert_eq(lkl_disk_add(&disk), -EINVAL);
	cr_assert_str_eq(lkl_disk_error(), "the disk is empty");
	cr_assert_eq(ftruncate(disk.fd, 1000), 0);
	cr_assert_eq(lkl_disk_add(&disk), -EINVAL);
	cr_assert_str_eq(lkl_disk_error(),
			 "the size of the disk is not a multiple of 512 bytes");
	cr_assert_eq(ftruncate(disk.fd, 1024), 0);
	cr_assert_eq(lkl_disk_add(&disk), 0);
	cr_assert_str_eq(lkl_disk_error(), "");

	cr_assert_eq(lkl_disk_add(&pipe_disk), -EBADF);
	cr_assert_eq(pipe(fds), 0);
	pipe_disk.fd = fds[0];
	cr_assert_eq(lkl_disk_add(&pipe_disk), -ENOTBLK);
	disk = disk_make(4096, O_APPEND);
	cr_assert_eq(lkl_disk_add(&disk), -EINVAL);
	lkl_cleanup();
}

/* Disks are there from the start or later, keep their ids, and go. */
Test(instance, disks_come_and_go)
{
	struct lkl_disk a = disk_make(4096, 0), b = a, c = a;

	cr_assert_eq(lkl_disk_add(&a), 0);
	cr_assert_eq(close(a.fd), 0, "the library has its own");
	cr_assert_eq(lkl_start_kernel("a"), 0);
	cr_assert_eq(call(FAKE_DEVICE, 0, 0), 0);
	cr_assert_eq(magic(), MAGIC);

	b = disk_make(4096, 0);
	c = disk_make(4096, 0);
	cr_assert_eq(lkl_disk_add(&b), 1);
	cr_assert_eq(lkl_disk_add(&c), 2);
	cr_assert_eq(call(FAKE_DEVICE, 0, 0), 2);
	cr_assert_eq(lkl_disk_remove(c), 0);
	cr_assert_eq(lkl_disk_remove(c), -ENODEV);
	cr_assert_eq(lkl_disk_add(&c), 2, "the lowest free id");
	cr_assert_eq(lkl_sys_halt(), 0);
	cr_assert_eq(lkl_disk_remove(b), 0);
	cr_assert_eq(lkl_start_kernel("a"), 0);
	cr_assert_eq(call(FAKE_DEVICE, 0, 0), 1, "two of three are left");
	lkl_cleanup();
	cr_assert_eq(lkl_disk_remove(a), -ENODEV);
}

/* Once a disk was removed, or its kernel taken apart, the window is shut. */
Test(instance, window_is_shut_after_halt)
{
	struct lkl_disk disk = disk_make(4096, 0);

	cr_assert_eq(lkl_disk_add(&disk), 0);
	cr_assert_eq(lkl_start_kernel("a"), 0);
	cr_assert_eq(magic(), MAGIC);
	cr_assert_eq(call(FAKE_PANIC, 0, 0), -ENOTRECOVERABLE);
	cr_assert_eq(magic(), MAGIC, "the kernel may still be at it");
	cr_assert_eq(lkl_disk_remove(disk), 0);
	cr_assert_eq(magic(), -EINVAL);
	cr_assert_eq(call(FAKE_WRITE_WINDOW, VIRTIO_MMIO_STATUS, 0), -EINVAL);
	lkl_cleanup();
}

static int app_capacity(struct lkl_disk disk, unsigned long long *res)
{
	*res = (uintptr_t)disk.handle;
	return 0;
}

static int app_request(struct lkl_disk disk, struct lkl_blk_req *req)
{
	return LKL_DEV_BLK_STATUS_OK;
}

/* An application's own disk is asked for its size, and a bad one is refused. */
Test(instance, disks_of_the_application)
{
	struct lkl_dev_blk_ops ops = {
		.get_capacity = app_capacity, .request = app_request,
	};
	struct lkl_dev_blk_ops half = { .get_capacity = app_capacity };
	struct lkl_disk disk = { .handle = (void *)4096, .ops = &ops };
	struct lkl_disk odd = { .handle = (void *)1000, .ops = &ops };
	struct lkl_disk part = { .handle = (void *)4096, .ops = &half };

	cr_assert_eq(lkl_start_kernel("a"), 0);
	cr_assert_eq(lkl_disk_add(&odd), -EINVAL);
	cr_assert_eq(lkl_disk_add(&part), -EINVAL);
	cr_assert_eq(lkl_disk_add(&disk), 0);
	/* Configuration: capacity in sectors, virtio 1.2 section 5.2.4. */
	cr_assert_eq(call(FAKE_READ_WINDOW, VIRTIO_MMIO_CONFIG, 0), 8);
	lkl_cleanup();
}

/* The library's operations of a file, as an application may call them. */
Test(instance, file_operations)
{
	struct lkl_disk disk = disk_make(8192, 0);
	char a[512], b[1536], out[2048];
	struct iovec iov[] = { { a, sizeof(a) }, { NULL, 0 }, { b, sizeof(b) } };
	struct lkl_blk_req req = {
		.type = LKL_DEV_BLK_TYPE_WRITE, .sector = 2, .buf = iov, .count = 3,
	};
	unsigned long long size;

	cr_assert_eq(lkl_dev_blk_ops.get_capacity(disk, &size), 0);
	cr_assert_eq(size, 8192);
	memset(a, 'a', sizeof(a));
	memset(b, 'b', sizeof(b));
	cr_assert_eq(lkl_dev_blk_ops.request(disk, &req), LKL_DEV_BLK_STATUS_OK);
	cr_assert_eq(pread(disk.fd, out, sizeof(out), 1024), 2048);
	cr_assert(out[511] == 'a' && out[512] == 'b' && out[2047] == 'b');

	iov[0] = (struct iovec){ out, sizeof(out) };
	req = (struct lkl_blk_req){
		.type = LKL_DEV_BLK_TYPE_READ, .sector = 14, .buf = iov, .count = 1,
	};
	cr_assert_eq(lkl_dev_blk_ops.request(disk, &req),
		     LKL_DEV_BLK_STATUS_IOERR, "beyond the end");
	req.type = LKL_DEV_BLK_TYPE_FLUSH;
	cr_assert_eq(lkl_dev_blk_ops.request(disk, &req), LKL_DEV_BLK_STATUS_OK);
	req.type = 77;
	cr_assert_eq(lkl_dev_blk_ops.request(disk, &req),
		     LKL_DEV_BLK_STATUS_UNSUP);
}

static int descriptors(void)
{
	int fd, open_ones = 0;

	for (fd = 0; fd < 1024; fd++)
		open_ones += fcntl(fd, F_GETFD) >= 0;
	return open_ones;
}

/* A hundred boots leave no descriptor, thread or address space behind. */
Test(instance, nothing_leaks)
{
	struct lkl_disk disk = disk_make(1 << 20, 0);
	int before = descriptors(), i;
	unsigned long pages, more;
	FILE *statm;

	for (i = 0; i < 101; i++) {
		cr_assert_eq(lkl_disk_add(&disk), 0);
		cr_assert_eq(lkl_start_kernel(i % 10 ? "a" : "maxcpus=4"), 0);
		cr_assert_eq(magic(), MAGIC);
		if (i % 2)
			cr_assert_eq(lkl_sys_halt(), 0);
		lkl_cleanup();
		statm = fopen("/proc/self/statm", "r");
		cr_assert_eq(fscanf(statm, "%lu", i ? &more : &pages), 1);
		fclose(statm);
	}
	cr_assert_eq(descriptors(), before);
	/* A kernel's span is more than 60 million pages. */
	cr_assert_lt(more - pages, 1000000UL);
}
