// SPDX-License-Identifier: GPL-2.0
/*
 * midcall.c - host signals that come while their thread runs kernel code
 *
 * Layer:   tests/boot. lkl_signal_handled() of lkl_host.h.
 *
 * The thread is held in the middle of a call by user memory that is not there yet
 * (userfaultfd(2)); so its handler runs there, before the call sleeps.
 */
#include "tests/boot/boot.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

BOOT_SUITE(midcall);

#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY	1
#endif

static int uffd;
static char *page;
static size_t page_size;
static pthread_t caller;
static volatile sig_atomic_t handled;
static int restarts;

static void on_signal(int signo)
{
	handled++;
	lkl_signal_handled(restarts);
}

static void handle(int flags)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = flags };

	restarts = flags & SA_RESTART;
	cr_assert_eq(sigaction(SIGUSR1, &action, NULL), 0);
}

/* A page whose first access waits for us. */
static void page_prepare(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };

	page_size = (size_t)sysconf(_SC_PAGESIZE);
	uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
	if (uffd < 0)
		cr_skip_test("userfaultfd is not to be had: %s", strerror(errno));
	page = mmap(NULL, page_size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	reg.range.start = (uintptr_t)page;
	reg.range.len = page_size;
	cr_assert_eq(ioctl(uffd, UFFDIO_API, &api), 0);
	cr_assert_eq(ioctl(uffd, UFFDIO_REGISTER, &reg), 0);
}

/* Once the caller's call has touched the page: the signal, then what it reads. */
static void *signal_in_the_middle(void *contents)
{
	struct uffd_msg msg;
	struct uffdio_copy copy = {
		.dst = (uintptr_t)page, .src = (uintptr_t)contents, .len = page_size,
	};

	cr_assert_eq(read(uffd, &msg, sizeof(msg)), sizeof(msg));
	pthread_kill(caller, SIGUSR1);
	cr_assert(eventually(handled));
	cr_assert_eq(ioctl(uffd, UFFDIO_COPY, &copy), 0);
	return NULL;
}

static char contents[1 << 16] __attribute__((aligned(1 << 16)));

static pthread_t begin(int flags)
{
	handle(flags);
	page_prepare();
	caller = pthread_self();
	return thread_start(signal_in_the_middle, contents);
}

Test(midcall, a_signal_ends_the_sleep_that_follows)
{
	struct lkl_pollfd *fds = (void *)contents;
	pthread_t other;
	int pipe[2];

	must(lkl_sys_pipe2(pipe, 0));
	fds->fd = pipe[0];
	fds->events = LKL_POLLIN;
	other = begin(0);
	check_call(lkl_sys_ppoll((void *)page, 1, NULL, NULL, 8), -LKL_EINTR);
	thread_join(other);
	cr_assert_eq(handled, 1);
	/* It has ended one sleep, and not the next one's. */
	fds->revents = 0;
	check_call(lkl_sys_poll((void *)fds, 1, 30), 0);
}

static int later[2];

static void *write_later(void *arg)
{
	sleep_ms(50);
	check_call(lkl_sys_write(later[1], "x", 1), 1);
	return NULL;
}

static struct lkl_iovec *read_one(char *byte)
{
	struct lkl_iovec *iov = (void *)contents;

	must(lkl_sys_pipe2(later, 0));
	iov->iov_base = byte;
	iov->iov_len = 1;
	return (void *)page;
}

Test(midcall, a_call_that_restarts_goes_on)
{
	pthread_t other, writer;
	char byte;

	read_one(&byte);
	other = begin(SA_RESTART);
	writer = thread_start(write_later, NULL);
	check_call(lkl_sys_readv(later[0], (void *)page, 1), 1);
	thread_join(other);
	thread_join(writer);
	cr_assert_eq(handled, 1);
}

Test(midcall, and_without_restart_it_ends)
{
	pthread_t other;
	char byte;

	read_one(&byte);
	other = begin(0);
	check_call(lkl_sys_readv(later[0], (void *)page, 1), -LKL_EINTR);
	thread_join(other);
}

Test(midcall, a_call_that_need_not_sleep_is_done)
{
	pthread_t other;
	char byte;

	read_one(&byte);
	check_call(lkl_sys_write(later[1], "x", 1), 1);
	other = begin(0);
	check_call(lkl_sys_readv(later[0], (void *)page, 1), 1);
	thread_join(other);
	/* The signal was that call's, not this one's. */
	thread_start(write_later, NULL);
	check_call(lkl_sys_read(later[0], &byte, 1), 1);
}

Test(midcall, outside_it_means_nothing)
{
	char byte;

	handle(0);
	read_one(&byte);
	for (int i = 0; i < 100; i++)
		raise(SIGUSR1);
	cr_assert_eq(handled, 100);
	thread_start(write_later, NULL);
	check_call(lkl_sys_read(later[0], &byte, 1), 1);
}
