// SPDX-License-Identifier: GPL-2.0
/*
 * supervisor.c - the process that mounts, unmounts and reports
 *
 * Layer:   tools; called by main.c.
 * Context: one thread.
 */
#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "messages.h"
#include "mountpoint.h"
#include "session.h"
#include "worker.h"

/**
 * struct supervisor - what there is to look after
 * @config: what the user asked for
 * @mount: the mount
 * @worker: its process
 * @helper: the process that unmounts at the moment, or 0
 * @signals: descriptor of the signals
 * @messages: what the worker says
 * @ready_fd: the worker writes to it when it is ready; -1 afterwards
 * @ready: to be called then
 * @was_ready: it was
 * @status: of the worker, once @worker is 0
 */
struct supervisor {
	const struct config *config;
	struct mountpoint mount;
	pid_t worker;
	pid_t helper;
	int signals;
	struct messages messages;
	int ready_fd;
	void (*ready)(void);
	bool was_ready;
	enum diag_status status;
};

/* ---- the worker ---- */

/* In the worker's process. */
static enum diag_status be_worker(struct supervisor *s, struct image *image,
				  struct fuse_session *se, struct fs *fs,
				  int log, int ready)
{
	close(s->signals);
	messages_attach(&s->messages);
	return worker_run(s->config, image, se, fs, log, ready);
}

static int start_worker(struct supervisor *s, struct image *image,
			struct fuse_session *se, struct fs *fs, int log)
{
	int ready[2];

	if (pipe2(ready, O_CLOEXEC))
		return -errno;
	s->worker = fork();
	if (!s->worker) {
		close(ready[0]);
		_exit(be_worker(s, image, se, fs, log, ready[1]));
	}
	close(ready[1]);
	s->ready_fd = ready[0];
	return s->worker < 0 ? -errno : 0;
}

static void worker_ended(struct supervisor *s, int status)
{
	s->worker = 0;
	if (WIFEXITED(status)) {
		s->status = WEXITSTATUS(status);
		return;
	}
	diag_error("%s: the process that served it was ended by signal %d (%s); what was not synced is lost",
		   s->config->mountpoint, WTERMSIG(status),
		   strsignal(WTERMSIG(status)));
	s->status = DIAG_FINISH;
}

/* ---- the end ---- */

/*
 * In a process of its own, since it blocks until the host's data is written,
 * which may take long. Tells by its status whether the worker will end by
 * itself.
 */
static int unmount_in_helper(struct supervisor *s)
{
	if (!mountpoint_unmount(&s->mount, false))
		return 0;
	if (!mountpoint_is_there(&s->mount))
		return 0;
	diag_warning("%s: is in use; files still open there will give errors",
		     s->config->mountpoint);
	mountpoint_sync(&s->mount);
	mountpoint_unmount(&s->mount, true);
	return 1;
}

static void begin_unmount(struct supervisor *s)
{
	if (s->helper) {
		/* The user insists. */
		kill(s->worker, SIGUSR1);
		return;
	}
	s->helper = fork();
	if (!s->helper)
		_exit(unmount_in_helper(s));
	if (s->helper < 0) {
		s->helper = 0;
		diag_error("cannot unmount: %s", diag_cause(-errno));
	}
}

static void helper_ended(struct supervisor *s, int status)
{
	s->helper = 0;
	if (s->worker && !(WIFEXITED(status) && !WEXITSTATUS(status)))
		kill(s->worker, SIGUSR1);
}

static void reap(struct supervisor *s)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == s->worker)
			worker_ended(s, status);
		else if (pid == s->helper)
			helper_ended(s, status);
	}
}

/* ---- events ---- */

static void handle_signals(struct supervisor *s)
{
	struct signalfd_siginfo info;

	while (read(s->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			reap(s);
		else if (s->worker)
			begin_unmount(s);
	}
}

static void handle_ready(struct supervisor *s)
{
	char byte;

	if (read(s->ready_fd, &byte, 1) == 1) {
		s->was_ready = true;
		s->ready();
		if (!s->config->foreground)
			messages_to_syslog(&s->messages);
	}
	close(s->ready_fd);
	s->ready_fd = -1;
}

static void watch(struct supervisor *s)
{
	while (s->worker) {
		struct pollfd fds[] = {
			{ .fd = s->signals, .events = POLLIN },
			{ .fd = s->messages.in, .events = POLLIN },
			{ .fd = s->ready_fd, .events = POLLIN },
		};

		if (poll(fds, 3, -1) < 0 && errno != EINTR)
			break;
		if (fds[1].revents)
			messages_forward(&s->messages);
		if (s->ready_fd >= 0 && fds[2].revents)
			handle_ready(s);
		if (fds[0].revents)
			handle_signals(s);
	}
	messages_forward(&s->messages);
}

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* ---- mounting ---- */

static int prepare(struct supervisor *s, int log)
{
	s->signals = open_signals();
	if (s->signals < 0)
		return -errno;
	return messages_open(&s->messages, log);
}

static void serve_mounted(struct supervisor *s, struct image *image,
			  struct fuse_session *se, struct fs *fs, int log)
{
	int err = start_worker(s, image, se, fs, log);

	/* Else the mount would live on after the worker. */
	close(fuse_session_fd(se));
	image_close(image);
	if (err)
		diag_error("cannot start a process: %s", diag_cause(err));
	else
		watch(s);
	if (mountpoint_is_there(&s->mount))
		mountpoint_unmount(&s->mount, true);
	if (!err && s->helper)
		waitpid(s->helper, NULL, 0);
}

enum diag_status supervisor_run(struct config *config, struct image *image,
				int log, void (*ready)(void))
{
	struct supervisor s = {
		.config = config,
		.ready_fd = -1,
		.ready = ready,
		.status = DIAG_IMAGE,
	};
	struct fs fs = { 0 };
	struct fuse_session *se = session_new(&config->args, &fs);
	int err;

	if (!se)
		return DIAG_USAGE;
	err = prepare(&s, log);
	if (err) {
		diag_error("%s", diag_cause(err));
		return DIAG_IMAGE;
	}
	/* On failure libfuse or fusermount3 has said why. */
	if (fuse_session_mount(se, config->mountpoint))
		return DIAG_USAGE;
	err = mountpoint_find(&s.mount, config->mountpoint);
	if (err)
		diag_warning("%s: cannot be found among the mounts: %s",
			     config->mountpoint, diag_cause(err));
	serve_mounted(&s, image, se, &fs, log);
	messages_close(&s.messages);
	return s.status;
}
