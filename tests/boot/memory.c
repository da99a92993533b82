// SPDX-License-Identifier: GPL-2.0
/*
 * memory.c - memory mapped from the kernel, and memory it gives back
 *
 * Layer:   tests/boot.
 */
#include "tests/boot/boot.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

BOOT_SUITE(memory);

#define PAGE		4096UL
#define PAGES		64
#define RW		(PROT_READ | PROT_WRITE)

static char *map(size_t size, int prot, int flags, int fd)
{
	char *p = lkl_sys_mmap(NULL, size, prot, flags, fd, 0);

	cr_assert_neq(p, LKL_MAP_FAILED);
	return p;
}

static int all_bytes(const char *p, size_t size, char value)
{
	for (size_t i = 0; i < size; i++)
		if (p[i] != value)
			return 0;
	return 1;
}

/* --- mappings --- */

Test(memory, anonymous_memory_comes_as_it_is_touched)
{
	char *p = map(PAGES * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	for (int i = 0; i < PAGES; i++) {
		cr_assert_eq(p[i * PAGE + i], 0);
		p[i * PAGE + i] = i;
	}
	for (int i = 0; i < PAGES; i++)
		cr_assert_eq(p[i * PAGE + i], i);
	check_call(lkl_sys_munmap((unsigned long)p, PAGES * PAGE), 0);
}

static int make_file(size_t size)
{
	static char buf[PAGE];
	int fd = must(lkl_sys_open("/file", LKL_O_RDWR | LKL_O_CREAT | LKL_O_TRUNC, 0600));

	for (size_t done = 0; done < size; done += PAGE) {
		memset(buf, 'a' + done / PAGE % 26, PAGE);
		check_call(lkl_sys_write(fd, buf, PAGE), PAGE);
	}
	return fd;
}

Test(memory, a_file_can_be_read_and_written_by_its_mapping)
{
	int fd = make_file(PAGES * PAGE);
	char *p = map(PAGES * PAGE, RW, MAP_SHARED, fd);
	char buf[16];

	for (int i = 0; i < PAGES; i++)
		cr_assert(all_bytes(p + i * PAGE, PAGE, 'a' + i % 26));
	memcpy(p + 5 * PAGE + 1, "written", 7);
	check_call(lkl_sys_msync((unsigned long)p, PAGES * PAGE, MS_SYNC), 0);
	check_call(lkl_sys_pread64(fd, buf, 9, 5 * PAGE), 9);
	cr_assert_eq(memcmp(buf, "fwrittenf", 9), 0);
	/* And the other way round. */
	check_call(lkl_sys_pwrite64(fd, "again", 5, 7 * PAGE), 5);
	cr_assert_eq(memcmp(p + 7 * PAGE, "again", 5), 0);
	check_call(lkl_sys_munmap((unsigned long)p, PAGES * PAGE), 0);
}

Test(memory, a_private_mapping_does_not_change_its_file)
{
	int fd = make_file(4 * PAGE);
	char *p = map(4 * PAGE, RW, MAP_PRIVATE, fd);
	char byte;

	p[0] = 'X';
	check_call(lkl_sys_pread64(fd, &byte, 1, 0), 1);
	cr_assert_eq(byte, 'a');
	cr_assert_eq(p[0], 'X');
	cr_assert_eq(p[1], 'a');
}

Test(memory, two_mappings_of_a_file_are_the_same_pages)
{
	int fd = make_file(4 * PAGE);
	char *a = map(4 * PAGE, RW, MAP_SHARED, fd);
	char *b = map(4 * PAGE, RW, MAP_SHARED, fd);

	cr_assert_neq(a, b);
	a[PAGE] = 'X';
	cr_assert_eq(b[PAGE], 'X');
}

static sigjmp_buf escape;

static void on_fault(int signo)
{
	siglongjmp(escape, signo);
}

static int touch(volatile char *p, int write)
{
	int signo = sigsetjmp(escape, 1);

	if (signo)
		return signo;
	if (write)
		*p = 1;
	else
		(void)*p;
	return 0;
}

/* The handlers have to be there before the kernel is. */
static void boot_with_handlers(void)
{
	signal(SIGSEGV, on_fault);
	signal(SIGBUS, on_fault);
	boot_kernel();
}

TestSuite(mapping_faults, .init = boot_with_handlers, .fini = halt_kernel);

Test(mapping_faults, what_was_unmapped_is_the_applications_fault)
{
	char *p = map(4 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	cr_assert_eq(touch(p, 1), 0);
	check_call(lkl_sys_munmap((unsigned long)p, 4 * PAGE), 0);
	cr_assert_eq(touch(p, 0), SIGSEGV);
	cr_assert_eq(touch(p + PAGE, 1), SIGSEGV);
	check_call(lkl_sys_uname((void *)p), -LKL_EFAULT);
}

Test(mapping_faults, protection_is_kept)
{
	char *p = map(4 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	cr_assert_eq(touch(p, 0), 0);
	cr_assert_eq(touch(p, 1), SIGSEGV);
	check_call(lkl_sys_mprotect((unsigned long)p, 4 * PAGE, RW), 0);
	cr_assert_eq(touch(p, 1), 0);
	check_call(lkl_sys_mprotect((unsigned long)p, 4 * PAGE, PROT_READ), 0);
	cr_assert_eq(touch(p, 0), 0);
	cr_assert_eq(touch(p, 1), SIGSEGV);
	cr_assert_eq(p[0], 1);
}

Test(mapping_faults, beyond_the_end_of_a_file_there_is_nothing)
{
	int fd = make_file(PAGE);
	char *p = map(4 * PAGE, RW, MAP_SHARED, fd);
	int signo;

	cr_assert_eq(touch(p, 0), 0);
	signo = touch(p + 2 * PAGE, 0);
	cr_assert(signo == SIGBUS || signo == SIGSEGV, "signal %d", signo);
}

Test(memory, calls_work_on_memory_that_is_not_there_yet)
{
	char *p = map(PAGES * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	int fd = make_file(PAGES * PAGE);

	check_call(lkl_sys_pread64(fd, p, PAGES * PAGE, 0), PAGES * PAGE);
	for (int i = 0; i < PAGES; i++)
		cr_assert(all_bytes(p + i * PAGE, PAGE, 'a' + i % 26));
}

static char *shared_pages;

static void *touch_pages(void *arg)
{
	long me = (long)arg;

	for (int i = 0; i < PAGES * 16; i++)
		__atomic_add_fetch(&shared_pages[i * PAGE + me], 1, __ATOMIC_RELAXED);
	return NULL;
}

Test(memory, threads_touch_the_same_new_pages)
{
	pthread_t threads[4];

	shared_pages = map(PAGES * 16 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	for (long i = 0; i < 4; i++)
		threads[i] = thread_start(touch_pages, (void *)i);
	for (int i = 0; i < 4; i++)
		thread_join(threads[i]);
	for (int i = 0; i < PAGES * 16; i++)
		for (int t = 0; t < 4; t++)
			cr_assert_eq(shared_pages[i * PAGE + t], 1);
}

Test(memory, a_shared_futex_works_on_mapped_memory)
{
	uint32_t *word = (uint32_t *)map(PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1);
	struct timespec ts = { .tv_nsec = 10 * NSEC_PER_MSEC };

	*word = 5;
	check_call(lkl_sys_futex(word, LKL_FUTEX_WAIT, 4, NULL, NULL, 0), -LKL_EAGAIN);
	check_call(lkl_sys_futex(word, LKL_FUTEX_WAIT, 5, &ts, NULL, 0), -LKL_ETIMEDOUT);
	check_call(lkl_sys_futex(word, LKL_FUTEX_WAKE, 1, NULL, NULL, 0), 0);
}

Test(memory, mapping_and_unmapping_leave_nothing_behind)
{
	int before = 0;

	for (int i = 0; i < 500; i++) {
		char *p = map(16 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1);

		for (int k = 0; k < 16; k += 2)
			p[k * PAGE] = 1;
		check_call(lkl_sys_munmap((unsigned long)p, 16 * PAGE), 0);
		if (i == 50)
			before = host_mappings();
	}
	cr_assert_leq(host_mappings(), before + 8);
}

/* --- memory goes back to the host --- */

#define BIG	(24UL << 20)

Test(memory, memory_of_deleted_files_goes_back_to_the_host)
{
	static char buf[1 << 16];
	long before, full;
	int fd;

	before = host_resident_kib();
	fd = must(lkl_sys_open("/big", LKL_O_RDWR | LKL_O_CREAT, 0600));
	memset(buf, 'x', sizeof(buf));
	for (size_t done = 0; done < BIG; done += sizeof(buf))
		check_call(lkl_sys_write(fd, buf, sizeof(buf)), sizeof(buf));
	full = host_resident_kib();
	cr_assert_gt(full - before, (long)(BIG >> 10) * 3 / 4);
	must(lkl_sys_close(fd));
	must(lkl_sys_unlink("/big"));
	/* Free page reporting looks every two seconds. */
	cr_assert(eventually(host_resident_kib() < full - (long)(BIG >> 10) / 2),
		  "%ld KiB, of %ld", host_resident_kib(), full);
}
