// SPDX-License-Identifier: GPL-2.0
/*
 * child.c - helper processes the application does not notice.
 *
 * Layer:   tests/unit.
 */
#include "drivers/virtio/child.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/fake.h"

static char words[128];

static int shell(const char *script, const int *fds, unsigned int fd_count)
{
	const char *argv[] = { "sh", "-c", script, NULL };

	return child_start(&fake.host, argv, fds, fd_count, words,
			   sizeof(words));
}

static int free_descriptor(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

/* Read what the helper writes until it is gone. */
static const char *read_all(int fd)
{
	static char text[4096];
	size_t len = 0;
	ssize_t n;

	while ((n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += n;
	text[len] = '\0';
	close(fd);
	return text;
}

/* Success and failure of the first process are told, with its last words. */
Test(child, status_and_words)
{
	int next;

	fake_init();
	next = free_descriptor();
	cr_expect_eq(shell("echo not read >&2", NULL, 0), 0);
	cr_expect_str_empty(words);
	cr_expect_eq(shell("echo first; echo one >&2; echo two words >&2; exit 3",
			   NULL, 0), -EIO);
	cr_expect_str_eq(words, "two words");
	cr_expect_eq(shell("echo why >&2; echo Failed to send 4 bytes to syslog >&2; exit 1",
			   NULL, 0), -EIO);
	cr_expect_str_eq(words, "why");
	cr_expect_eq(shell("kill -9 $$", NULL, 0), -EIO);
	cr_expect_str_empty(words);
	cr_expect_eq(free_descriptor(), next);
	fake_check_clean();
}

/* A helper that says more than a pipe holds is not blocked by it. */
Test(child, many_words)
{
	fake_init();
	cr_expect_eq(shell("i=0; while [ $i -lt 3000 ]; do echo 123456789012345678901234567890 >&2; i=$((i+1)); done; exit 1",
			   NULL, 0), -EIO);
	fake_check_clean();
}

/* A program that does not exist, or cannot be run. */
Test(child, no_program)
{
	const char *argv[] = { "lkl-no-such-program", NULL };
	int next;

	fake_init();
	setenv("PATH", "/usr/bin:/bin", 1);
	next = free_descriptor();
	cr_expect_eq(child_start(&fake.host, argv, NULL, 0, words,
				 sizeof(words)), -ENOENT);
	argv[0] = "/etc/passwd";
	cr_expect_eq(child_start(&fake.host, argv, NULL, 0, words,
				 sizeof(words)), -EACCES);
	fake.fail_alloc = 1;
	cr_expect_eq(shell("exit 0", NULL, 0), -ENOMEM);
	cr_expect_eq(free_descriptor(), next);
	fake_check_clean();
}

/* The helper has its descriptors in order, and none of ours. */
Test(child, descriptors)
{
	int a[2], b[2], fds[2], leak;

	fake_init();
	cr_assert_eq(pipe2(a, O_CLOEXEC), 0);
	cr_assert_eq(pipe2(b, O_CLOEXEC), 0);
	leak = fcntl(0, F_DUPFD, 40);
	/* The worst order: each is where the other shall be. */
	fds[0] = fcntl(a[1], F_DUPFD_CLOEXEC, CHILD_FD);
	fds[1] = fcntl(b[1], F_DUPFD_CLOEXEC, CHILD_FD);
	close(a[1]);
	close(b[1]);
	cr_assert_eq(shell("echo three >&3; echo four >&4; ls /proc/self/fd >&3; readlink /proc/self/fd/0 >&4",
			   fds, 2), 0);
	close(fds[0]);
	close(fds[1]);
	close(leak);
	/* The last number is the directory that ls itself reads. */
	cr_expect_str_eq(read_all(a[0]), "three\n0\n1\n2\n3\n4\n5\n");
	cr_expect_str_eq(read_all(b[0]), "four\n/dev/null\n");
	fake_check_clean();
}

static volatile sig_atomic_t children;

static void on_child(int sig)
{
	children++;
}

/* wait() knows nothing of it, SIGCHLD does not come, when it starts or ends. */
Test(child, nobodys_child)
{
	int ends[2];

	fake_init();
	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	signal(SIGCHLD, on_child);
	cr_assert_eq(shell("(sleep 0.2) & exit 0", &ends[1], 1), 0);
	close(ends[1]);
	cr_expect_eq(waitpid(-1, NULL, WNOHANG), -1);
	cr_expect_eq(errno, ECHILD);
	cr_expect_str_empty(read_all(ends[0]));
	cr_expect_eq(waitpid(-1, NULL, WNOHANG), -1);
	cr_expect_eq(children, 0);
	fake_check_clean();
}

/* Blocked and ignored signals and preloaded libraries are not the helper's. */
Test(child, signals_and_environment)
{
	sigset_t set, after;
	int out[2];

	fake_init();
	cr_assert_eq(pipe2(out, O_CLOEXEC), 0);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	setenv("LD_PRELOAD", "/nonexistent.so", 1);
	/* In the upper half are two of the C library's own. */
	cr_assert_eq(shell("sed -n 's/^SigBlk:.*\\(....\\)$/\\1/p; s/^SigIgn:.*\\(....\\)$/\\1/p' /proc/self/status >&3; echo \"$LD_PRELOAD\" >&3",
			   &out[1], 1), 0);
	close(out[1]);
	cr_expect_str_eq(read_all(out[0]), "0000\n0000\n\n");
	sigprocmask(SIG_SETMASK, NULL, &after);
	cr_expect(sigismember(&after, SIGTERM));
	cr_expect_not(sigismember(&after, SIGUSR1));
	fake_check_clean();
}
