// SPDX-License-Identifier: GPL-2.0
/*
 * run.c - the processes of the trap tier
 *
 * Layer:   tools/lkl/hijack/trap. Users: the launcher, the tests; see trap.h.
 * Context: one thread, until the kernel runs.
 *
 * Three processes: the caller, which waits for the program's end; the server,
 * its child, which has the kernel; the program, a child of the server. All
 * descendants of the program stay descendants of the server, also those that
 * lose their parent (PR_SET_CHILD_SUBREAPER), so that it may look into their
 * memory wherever yama's ptrace_scope is 1.
 */
#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../inherit.h"

/*
 * What the server tells the caller: the program's number, and later its end. After
 * REPORT_LEFT the server lives on for processes that the program has left behind.
 */
struct report {
	enum { REPORT_PID, REPORT_LEFT, REPORT_END } kind;
	int value;
};

void trap_message(const struct trap *trap, const char *format, ...)
{
	char line[512];
	va_list args;

	if (!trap->config->message)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	trap->config->message(trap->config->arg, line);
}

/* ---- descriptors between processes ---- */

union fd_message {
	char bytes[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

static int send_fd(int sock, int value, int fd)
{
	union fd_message control = { { 0 } };
	struct iovec iov = { &value, sizeof(value) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;

	if (fd >= 0) {
		msg.msg_control = control.bytes;
		msg.msg_controllen = sizeof(control.bytes);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	return sendmsg(sock, &msg, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* Return: the descriptor, or the negative value sent instead. */
static int receive_fd(int sock)
{
	union fd_message control;
	int value = -EPIPE, fd;
	struct iovec iov = { &value, sizeof(value) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control.bytes, .msg_controllen = sizeof(control.bytes),
	};
	struct cmsghdr *c;

	if (recvmsg(sock, &msg, MSG_CMSG_CLOEXEC) != sizeof(value))
		return -EPIPE;
	c = CMSG_FIRSTHDR(&msg);
	if (!c)
		return value < 0 ? value : -EPROTO;
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

/* ---- the program ---- */

static void become_program(const struct trap *trap, int channel,
			   const sigset_t *mask, char *const argv[])
{
	char go;
	int fd;

	/* Without us its calls fail, and it may try for ever. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (read(channel, &go, 1) != 1)
		_exit(127);
	fd = filter_load();
	send_fd(channel, fd, fd);
	if (fd < 0)
		_exit(127);
	close(fd);
	sigprocmask(SIG_SETMASK, mask, NULL);
	execvp(argv[0], argv);
	fd = errno;
	trap_message(trap, "%s: %s", argv[0], strerror(fd));
	_exit(fd == ENOENT ? 127 : 126);
}

/* ---- the server ---- */

static void tell(const struct trap *trap, int kind, int value)
{
	struct report report = { .kind = (unsigned int)kind, .value = value };

	if (write(trap->reports, &report, sizeof(report)) < 0)
		return;	/* the caller is gone; the program lives on */
}

static int exit_status(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void program_ended(struct trap *trap, int status)
{
	trap->program = 0;
	trap->status = exit_status(status);
}

void reap(struct trap *trap)
{
	struct signalfd_siginfo info;
	int status;
	pid_t pid;

	while (read(trap->signals, &info, sizeof(info)) == sizeof(info))
		;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == trap->program)
			program_ended(trap, status);
}

void reap_program(struct trap *trap)
{
	int status;

	if (trap->program && waitpid(trap->program, &status, 0) == trap->program)
		program_ended(trap, status);
}

static bool anybody_left(const struct trap *trap)
{
	struct pollfd pfd = { .fd = trap->listener };

	return poll(&pfd, 1, 0) == 0;
}

/*
 * A program that leaves nobody behind has not ended for its caller before our
 * network has, so that devices and ports are free again then.
 */
void report_left(struct trap *trap)
{
	if (trap->program || trap->reports < 0 || !anybody_left(trap))
		return;
	tell(trap, REPORT_LEFT, trap->status);
	close(trap->reports);
	trap->reports = -1;
	inherit_drop_standard();
}

void caller_gone(struct trap *trap)
{
	if (trap->program)
		kill(trap->program, SIGKILL);
	epoll_ctl(trap->epoll, EPOLL_CTL_DEL, trap->reports, NULL);
}

/* The caller's signals are its own; only its death, by the pipe, is ours. */
static int server_signals(void)
{
	sigset_t mask;

	for (int sig = 1; sig < 32; sig++)
		if (sig == SIGINT || sig == SIGQUIT || sig == SIGTERM ||
		    sig == SIGHUP || sig == SIGTSTP || sig == SIGTTIN ||
		    sig == SIGTTOU || sig == SIGPIPE || sig == SIGUSR1 ||
		    sig == SIGUSR2 || sig == SIGALRM)
			signal(sig, SIG_IGN);
	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	return signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int start_program(struct trap *trap, const sigset_t *mask,
			 char *const argv[], int *channel)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -errno;
	trap->program = fork();
	if (!trap->program) {
		close(ends[0]);
		become_program(trap, ends[1], mask, argv);
	}
	close(ends[1]);
	*channel = ends[0];
	return trap->program < 0 ? -errno : 0;
}

/* The kernel first, then the program's first step. */
static int bring_up(struct trap *trap, int channel)
{
	int err;

	trap->signals = server_signals();
	err = trap->signals < 0 ? -errno : trap->config->start(trap->config->arg);
	if (!err && write(channel, "g", 1) != 1)
		err = -errno;
	if (err)
		return err;
	trap->listener = receive_fd(channel);
	if (trap->listener < 0) {
		trap_message(trap, "no seccomp notification on this host: %s",
			     strerror(-trap->listener));
		return -EOPNOTSUPP;
	}
	return trap_prepare(trap);
}

/* Messages go to standard error until the program has ended. */
static void close_inherited(int one, int other)
{
	const int keep[] = { STDERR_FILENO, one < other ? one : other,
			     one < other ? other : one };

	inherit_drop(keep, sizeof(keep) / sizeof(keep[0]));
}

static int serve(struct trap *trap, const sigset_t *mask, char *const argv[])
{
	int channel = -1;
	int err;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	err = start_program(trap, mask, argv, &channel);
	if (err)
		return err;
	close_inherited(channel, trap->reports);
	err = bring_up(trap, channel);
	close(channel);
	if (err) {
		kill(trap->program, SIGKILL);
		return err;
	}
	tell(trap, REPORT_PID, trap->program);
	err = trap_serve(trap);
	if (trap->config->stop)
		trap->config->stop(trap->config->arg);
	return err ? err : trap->status;
}

/* ---- the caller ---- */

/* File-scope state: signal handlers have no argument. */
static volatile pid_t program;

/* A terminal's signals reach the program by themselves. */
static void pass_on(int sig, siginfo_t *info, void *context)
{
	if (info->si_code <= 0 && program > 0)
		kill(program, sig);
}

static const int passed[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2,
			      SIGALRM, SIGWINCH, SIGCONT };
#define PASSED	(sizeof(passed) / sizeof(passed[0]))

static void catch_signals(struct sigaction *before)
{
	struct sigaction act = { .sa_sigaction = pass_on,
				 .sa_flags = SA_SIGINFO | SA_RESTART };

	for (size_t i = 0; i < PASSED; i++)
		sigaction(passed[i], &act, &before[i]);
}

static void restore_signals(const struct sigaction *before)
{
	for (size_t i = 0; i < PASSED; i++)
		sigaction(passed[i], &before[i], NULL);
}

/* The server's own end is waited for unless it lives on. */
static int wait_for_program(const struct trap *trap, pid_t server, int reports)
{
	struct report report;
	ssize_t n;

	while ((n = read(reports, &report, sizeof(report))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n != sizeof(report))
			break;
		program = report.kind == REPORT_PID ? report.value : 0;
		while (report.kind == REPORT_END &&
		       waitpid(server, NULL, 0) < 0 && errno == EINTR)
			;
		if (report.kind != REPORT_PID)
			return report.value;
	}
	trap_message(trap, "the process that served the network has died");
	return -ENOTRECOVERABLE;
}

static void server_run(struct trap *trap, const sigset_t *mask, char *const argv[])
{
	int ret = serve(trap, mask, argv);

	if (trap->reports >= 0)
		tell(trap, REPORT_END, ret);
	_exit(0);
}

int trap_run(char *const argv[], const struct trap_config *config)
{
	struct trap trap = { .config = config, .listener = -1 };
	struct sigaction before[PASSED];
	sigset_t mask;
	int reports[2], keep[2] = { STDERR_FILENO };
	pid_t server;
	int ret;

	sigprocmask(SIG_SETMASK, NULL, &mask);
	if (pipe2(reports, O_CLOEXEC))
		return -errno;
	server = fork();
	if (!server) {
		close(reports[0]);
		trap.reports = reports[1];
		server_run(&trap, &mask, argv);
	}
	keep[1] = reports[0];
	inherit_drop(keep, 2);
	catch_signals(before);
	ret = server < 0 ? -errno : wait_for_program(&trap, server, reports[0]);
	restore_signals(before);
	close(reports[0]);
	return ret;
}
