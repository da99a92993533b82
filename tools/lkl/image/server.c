// SPDX-License-Identifier: GPL-2.0
/*
 * server.c - private helpers: qemu-nbd, nbdkit, decompressors
 *
 * Layer:   tools/lkl/image, on the host, before the sandbox.
 * Users:   source.c, unpack.c, overlay.c.
 * Context: one thread.
 *
 * DOC: How a helper lives and ends
 *
 * Nothing of a helper is left behind, whatever becomes of us. qemu-nbd gets a
 * listening socket (LISTEN_FDS, as from systemd) in a directory that only we may
 * enter. We are connected to it before qemu-nbd even runs, and then take socket
 * and directory away, so no name exists while it serves and nobody else can ever
 * connect. It ends when its last client is gone, which the host's kernel sees to
 * even if we are killed. nbdkit serves one client on its standard input, a
 * socketpair, and ends likewise. A helper is never killed: it may have something
 * to write.
 *
 * What it says on its standard error goes to a pipe that never blocks it; we
 * look at it when something went wrong.
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* LISTEN_FDS begin here (sd_listen_fds(3)). */
#define LISTEN_FD	3

/* Exit status of a child that could not become the helper. */
#define NOT_STARTED	127

/**
 * struct ends - the child's ends of what connects us
 * @in: its standard input, or -1
 * @out: its standard output, or -1
 * @words: its standard error
 * @listen: its listening socket, or -1
 * @ruleset: what it may touch, or -1
 */
struct ends {
	int in;
	int out;
	int words;
	int listen;
	int ruleset;
};

static void close_if(int fd)
{
	if (fd >= 0)
		close(fd);
}

static void ends_close(const struct ends *ends)
{
	close_if(ends->in);
	if (ends->out != ends->in)
		close_if(ends->out);
	close_if(ends->words);
	close_if(ends->listen);
	close_if(ends->ruleset);
}

/* A socket bound in @dir, and a connection to it. Return: ours, or errno. */
static int listen_at(const char *path, int *listening)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, err;

	memcpy(address.sun_path, path, strlen(path));
	*listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*listening < 0)
		return -errno;
	if (bind(*listening, (void *)&address, sizeof(address)) ||
	    listen(*listening, 1))
		return -errno;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && !connect(fd, (void *)&address, sizeof(address)))
		return fd;
	err = -errno;
	close_if(fd);
	return err;
}

#define NAME		"/lkl-image.XXXXXX"
#define SOCKET_PATH_MAX	sizeof(((struct sockaddr_un *)0)->sun_path)

/* The name exists for a moment only, in a directory of mode 0700. */
static int channel_listen(struct ends *ends)
{
	const char *tmp = getenv("TMPDIR");
	char dir[SOCKET_PATH_MAX - 2], path[SOCKET_PATH_MAX];
	int fd;

	if (!tmp || tmp[0] != '/' || strlen(tmp) > sizeof(dir) - sizeof(NAME))
		tmp = "/tmp";
	snprintf(dir, sizeof(dir), "%s" NAME, tmp);
	if (!mkdtemp(dir))
		return -errno;
	snprintf(path, sizeof(path), "%s/s", dir);
	fd = listen_at(path, &ends->listen);
	unlink(path);
	rmdir(dir);
	return fd;
}

static int channel_stdio(struct ends *ends)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		return -errno;
	ends->in = fds[1];
	ends->out = fds[1];
	return fds[0];
}

static int channel_pipe(struct ends *ends)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	ends->out = fds[1];
	return fds[0];
}

static int channel_open(enum server_channel channel, struct ends *ends)
{
	switch (channel) {
	case SERVER_LISTEN:
		return channel_listen(ends);
	case SERVER_STDIO:
		return channel_stdio(ends);
	case SERVER_PIPE:
		return channel_pipe(ends);
	case SERVER_NONE:
		break;
	}
	return 0;
}

/* Its end must not block it: what nobody reads is dropped. */
static int words_open(struct ends *ends)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK))
		return -errno;
	ends->words = fds[1];
	return fds[0];
}

/*
 * In the child. Descriptors are put in place by dup2(), which clears
 * O_CLOEXEC; all were moved above the places first.
 */
static int child_move(int fd)
{
	return fd < 0 ? fd : fcntl(fd, F_DUPFD_CLOEXEC, 64);
}

static void child_descriptors(const struct ends *ends)
{
	int in = child_move(ends->in), out = child_move(ends->out);
	int words = child_move(ends->words), listening;
	int null = child_move(open("/dev/null", O_RDWR | O_CLOEXEC));

	listening = child_move(ends->listen);
	dup2(in >= 0 ? in : null, 0);
	dup2(out >= 0 ? out : null, 1);
	dup2(words, 2);
	if (listening >= 0)
		dup2(listening, LISTEN_FD);
}

static void child_environment(const struct ends *ends)
{
	char pid[16];

	/* Messages are shown as they are, and some are looked for. */
	setenv("LC_ALL", "C", 1);
	if (ends->listen < 0)
		return;
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	unsetenv("LISTEN_FDNAMES");
}

static void child_run(const char *const *argv, const struct ends *ends)
{
	int ruleset = child_move(ends->ruleset);
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigset_t none;

	child_descriptors(ends);
	child_environment(ends);
	/* A ^C at the terminal is for us; the helper ends after us. */
	sigaction(SIGINT, &ignore, NULL);
	sigaction(SIGHUP, &ignore, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* Whatever the tool had open without O_CLOEXEC is not the helper's. */
	syscall(SYS_close_range, ends->listen >= 0 ? LISTEN_FD + 1 : 3, ~0U,
		4 /* CLOSE_RANGE_CLOEXEC */);
	if (!confines_enter(ruleset))
		execvp(argv[0], (char *const *)argv);
	dprintf(2, "%s: %s", argv[0], strerror(errno));
	_exit(NOT_STARTED);
}

static int child_start(struct server *server, const char *const *argv,
		       const struct ends *ends)
{
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (!pid)
		child_run(argv, ends);
	server->pid = pid;
	server->name = argv[0];
	server->pidfd = syscall(SYS_pidfd_open, pid, 0);
	return 0;
}

int server_start(struct images *images, struct server *server,
		 const char *const *argv, enum server_channel channel, int input,
		 const struct confines *confines)
{
	struct ends ends = { -1, -1, -1, -1, -1 };
	int fd, words, err;

	fd = channel_open(channel, &ends);
	if (fd < 0) {
		ends_close(&ends);
		return fail(images, fd, "cannot talk to %s: %s", argv[0],
			    strerror(-fd));
	}
	if (input >= 0)
		ends.in = fcntl(input, F_DUPFD_CLOEXEC, 0);
	words = words_open(&ends);
	if (words < 0) {
		err = words;
		goto err_close;
	}
	ends.ruleset = confines_prepare(confines);
	err = child_start(server, argv, &ends);
	if (err) {
		close(words);
		goto err_close;
	}
	server->words = words;
	ends_close(&ends);
	return fd;

err_close:
	ends_close(&ends);
	if (channel != SERVER_NONE)
		close(fd);
	return fail(images, err, "cannot start %s: %s", argv[0],
		    strerror(-err));
}

/* All on one line, without the program's name if it begins with that. */
static void words_read(const struct server *server, char *words, size_t size)
{
	char text[4096], *line = text, *p;
	size_t name = strlen(server->name);
	ssize_t len = read(server->words, text, sizeof(text) - 1);

	words[0] = '\0';
	if (len <= 0)
		return;
	while (len && (text[len - 1] == '\n' || text[len - 1] == '\r'))
		len--;
	text[len] = '\0';
	if (!strncmp(line, server->name, name) && line[name] == ':')
		line += name + 1;
	while (*line == ' ')
		line++;
	for (p = line; *p; p++)
		if (*p == '\n')
			*p = ' ';
	snprintf(words, size, "%s", line);
}

static bool ended_in_time(const struct server *server, int timeout_ms)
{
	struct pollfd fd = { .fd = server->pidfd, .events = POLLIN };
	int n;

	if (server->pidfd < 0)
		return true;
	do
		n = poll(&fd, 1, timeout_ms);
	while (n < 0 && errno == EINTR);
	return n > 0;
}

int server_wait(struct server *server, int timeout_ms, char *words, size_t size)
{
	int status = 0;

	if (size)
		words[0] = '\0';
	if (!server->pid)
		return 0;
	if (!ended_in_time(server, timeout_ms))
		return -ETIMEDOUT;
	while (waitpid(server->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (size)
		words_read(server, words, size);
	close_if(server->pidfd);
	close_if(server->words);
	*server = (struct server){ .pidfd = -1, .words = -1 };
	if (!WIFEXITED(status))
		return -EIO;
	return !WEXITSTATUS(status) ? 0 :
	       WEXITSTATUS(status) == NOT_STARTED ? -ENOENT : -EIO;
}
