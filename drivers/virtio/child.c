// SPDX-License-Identifier: GPL-2.0
/*
 * child.c - starting a helper process the application does not notice.
 *
 * Layer:   drivers/virtio, private to it.
 * Users:   net_passt.c.
 * Locking: none; signals are blocked in the calling thread meanwhile.
 *
 * DOC: Theory of operation
 *
 * A library that forks is a bad guest: a program that waits for any child would
 * get one it does not know, its SIGCHLD handler would run, and its fork handlers
 * too. So we go through an intermediary, made by clone() with no signal at its
 * end, which wait() does not see either. It shares our memory and we stand still
 * until it is done (as with vfork), so it costs little however large the process
 * is. It starts the helper as its own child, waits until the helper's first process
 * has ended, which is what a daemon does when it is ready, and ends itself.
 * The daemon was then inherited by init.
 */
#include "drivers/virtio/child.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define STACK_SIZE	(64U << 10)

/* Above what a helper is given, so that moving one cannot overwrite another. */
#define FD_ASIDE	16

/**
 * struct start - what the intermediary needs and finds out
 * @argv: see child_start()
 * @actions: its descriptors
 * @attributes: its signals
 * @err: 0 or why it could not be started
 * @status: of its first process, as from wait()
 */
struct start {
	const char *const *argv;
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int err;
	int status;
};

/* On a stack of its own, in our memory, while the calling thread stands still. */
static int intermediary(void *arg)
{
	/* Messages are looked at; and nothing may be preloaded into a helper. */
	static char locale[] = "LC_ALL=C";
	char *environment[] = { locale, NULL };
	struct start *start = arg;
	pid_t pid;

	start->err = posix_spawnp(&pid, start->argv[0], &start->actions,
				  &start->attributes,
				  (char *const *)start->argv, environment);
	if (start->err)
		return 0;
	while (waitpid(pid, &start->status, 0) < 0) {
		if (errno != EINTR) {
			start->err = errno;
			break;
		}
	}
	return 0;
}

static int intermediary_run(const struct virtio_host *host, struct start *start)
{
	char *stack = host->mem->alloc(STACK_SIZE);
	int cancel, err = 0;
	sigset_t all, old;
	pid_t pid;

	if (!stack)
		return -ENOMEM;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	pid = clone(intermediary, stack + STACK_SIZE, CLONE_VM | CLONE_VFORK,
		    start);
	if (pid < 0)
		err = -errno;
	while (pid >= 0 && waitpid(pid, NULL, __WCLONE) < 0 && errno == EINTR)
		;
	pthread_setcancelstate(cancel, NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	host->mem->free(stack);
	return err ? err : -start->err;
}

static int start_describe(struct start *start, const int *aside,
			  unsigned int fd_count, int words)
{
	posix_spawn_file_actions_t *actions = &start->actions;
	sigset_t set;
	unsigned int i;
	int err;

	err = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDWR,
					       0);
	if (!err)
		err = posix_spawn_file_actions_adddup2(actions, 0, 1);
	if (!err)
		err = posix_spawn_file_actions_adddup2(actions, words, 2);
	for (i = 0; i < fd_count && !err; i++)
		err = posix_spawn_file_actions_adddup2(actions, aside[i],
						       CHILD_FD + (int)i);
	if (!err)
		err = posix_spawn_file_actions_addclosefrom_np(
			actions, CHILD_FD + (int)fd_count);
	sigemptyset(&set);
	posix_spawnattr_setsigmask(&start->attributes, &set);
	sigfillset(&set);
	posix_spawnattr_setsigdefault(&start->attributes, &set);
	posix_spawnattr_setflags(&start->attributes, POSIX_SPAWN_SETSIGMASK |
				 POSIX_SPAWN_SETSIGDEF);
	return -err;
}

/* The last line that a helper said; what it says of the system's log is noise. */
static void words_read(int fd, char *words, size_t size)
{
	static const char noise[] = "Failed to send ";
	char text[1024], *line, *rest = text;
	ssize_t len = read(fd, text, sizeof(text) - 1);

	text[len > 0 ? len : 0] = '\0';
	while ((line = strsep(&rest, "\n"))) {
		if (!*line || !strncmp(line, noise, sizeof(noise) - 1))
			continue;
		words[0] = '\0';
		strncat(words, line, size - 1);
	}
}

static int start_run(const struct virtio_host *host, struct start *start,
		     const int *aside, unsigned int fd_count, char *words,
		     size_t size)
{
	int err, said[2];

	/* What nobody reads in time is dropped: it must not block the helper. */
	if (pipe2(said, O_CLOEXEC | O_NONBLOCK))
		return -errno;
	err = start_describe(start, aside, fd_count, said[1]);
	if (!err)
		err = intermediary_run(host, start);
	close(said[1]);
	if (!err && start->status) {
		words_read(said[0], words, size);
		err = -EIO;
	}
	close(said[0]);
	return err;
}

int child_start(const struct virtio_host *host, const char *const *argv,
		const int *fds, unsigned int fd_count, char *words, size_t size)
{
	struct start start = { .argv = argv };
	int aside[CHILD_FDS_MAX], err = 0;
	unsigned int i;

	words[0] = '\0';
	for (i = 0; i < fd_count; i++) {
		aside[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, FD_ASIDE);
		if (aside[i] < 0) {
			err = -errno;
			goto out_close;
		}
	}
	posix_spawn_file_actions_init(&start.actions);
	posix_spawnattr_init(&start.attributes);
	err = start_run(host, &start, aside, fd_count, words, size);
	posix_spawnattr_destroy(&start.attributes);
	posix_spawn_file_actions_destroy(&start.actions);
out_close:
	while (i--)
		close(aside[i]);
	return err;
}
