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

#include "channel.h"
#include "messages.h"
#include "mountpoint.h"
#include "presence.h"
#include "session.h"
#include "worker.h"

#define READ_AHEAD_KIB	1024	/* one request; the host's own is 128 */

/**
 * struct supervisor - what there is to look after
 * @config: what the user asked for
 * @se: by which it is mounted
 * @mount: the mount, once @mounted
 * @mounted: it was
 * @unmounted: the worker has been told that it is gone
 * @worker: its process
 * @helper: the process that unmounts at the moment, or 0
 * @signals: descriptor of the signals
 * @messages: what the worker says
 * @channel: to the worker; -1 once that is ready
 * @ready: to be called then
 * @presence: the images
 * @status: of the worker, once @worker is 0
 */
struct supervisor {
	struct config *config;
	struct fuse_session *se;
	struct mountpoint mount;
	bool mounted;
	bool unmounted;
	pid_t worker;
	pid_t helper;
	int signals;
	struct messages messages;
	int channel;
	void (*ready)(void);
	struct presence presence;
	enum diag_status status;
};

/* ---- the worker ---- */

static int start_worker(struct supervisor *s, struct fs *fs, int log)
{
	int ends[2];
	int err = channel_open(ends);

	if (err)
		return err;
	s->worker = fork();
	if (!s->worker) {
		close(ends[0]);
		close(s->signals);
		messages_attach(&s->messages);
		_exit(worker_run(s->config, s->se, fs, log, ends[1]));
	}
	err = s->worker < 0 ? -errno : 0;
	close(ends[1]);
	s->channel = ends[0];
	return err;
}

static void worker_ended(struct supervisor *s, int status)
{
	s->worker = 0;
	if (WIFEXITED(status)) {
		s->status = WEXITSTATUS(status) & ~WORKER_UNMOUNTED;
		s->unmounted = WEXITSTATUS(status) & WORKER_UNMOUNTED;
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

static void close_channel(struct supervisor *s)
{
	close(s->channel);
	s->channel = -1;
}

/* On failure libfuse or fusermount3 has said why. */
static void mount_and_tell(struct supervisor *s)
{
	const char *path = s->config->mountpoint;
	int fd, err;

	if (fuse_session_mount(s->se, path)) {
		close_channel(s);
		return;
	}
	err = mountpoint_find(&s->mount, path);
	if (err)
		diag_warning("%s: cannot be found among the mounts: %s", path,
			     diag_cause(err));
	s->mounted = true;
	fd = fuse_session_fd(s->se);
	channel_send(s->channel, CHANNEL_MOUNTED, fd);
	/* Else the mount would live on after the worker. */
	close(fd);
}

static void handle_channel(struct supervisor *s)
{
	int fd;

	switch (channel_receive(s->channel, &fd)) {
	case CHANNEL_OPENED:
		mount_and_tell(s);
		break;
	case CHANNEL_READY:
		s->ready();
		mountpoint_read_ahead(&s->mount, READ_AHEAD_KIB);
		if (!s->config->foreground)
			messages_to_syslog(&s->messages);
		close_channel(s);
		break;
	default:
		close_channel(s);
	}
}

static void watch(struct supervisor *s)
{
	while (s->worker) {
		struct pollfd fds[] = {
			{ .fd = s->signals, .events = POLLIN },
			{ .fd = s->messages.in, .events = POLLIN },
			{ .fd = s->channel, .events = POLLIN },
		};

		if (poll(fds, 3, -1) < 0 && errno != EINTR)
			break;
		if (fds[1].revents)
			messages_forward(&s->messages);
		if (fds[2].revents)
			handle_channel(s);
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

/*
 * A worker that was told so may have seen the connection cut instead (umount -f of a
 * mount in use); but what is there may also be another's mount by now.
 */
static bool is_left_behind(const struct supervisor *s)
{
	return s->mounted && !(s->unmounted && !s->mount.id) &&
	       mountpoint_is_there(&s->mount);
}

static void clean_up(struct supervisor *s)
{
	if (is_left_behind(s))
		mountpoint_unmount(&s->mount, true);
	if (s->helper)
		waitpid(s->helper, NULL, 0);
	if (presence_check(&s->presence, s->config) && s->status == DIAG_OK)
		s->status = DIAG_FINISH;
	messages_close(&s->messages);
}

enum diag_status supervisor_run(struct config *config, int log,
				void (*ready)(void))
{
	struct supervisor s = {
		.config = config,
		.channel = -1,
		.ready = ready,
		.status = DIAG_IMAGE,
	};
	struct fs fs = { 0 };
	int err;

	s.se = session_new(&config->args, &fs);
	if (!s.se)
		return DIAG_USAGE;
	err = prepare(&s, log);
	presence_note(&s.presence, config);
	if (!err)
		err = start_worker(&s, &fs, log);
	if (err) {
		diag_error("%s", diag_cause(err));
		return DIAG_IMAGE;
	}
	watch(&s);
	clean_up(&s);
	return s.status;
}
