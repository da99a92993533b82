// SPDX-License-Identifier: GPL-2.0
/*
 * daemonprobe.c - what becomes of forked processes when others end
 *
 * Layer:   tests/tools; run by hijack_fork.sh under lkl-hijack.
 *
 * daemonprobe daemon FILE: a server by daemon(3) and a client, in children; the
 *	first process ends at once with status 3, the client writes to FILE.
 * daemonprobe orphan: prints the pid of the process that has the kernel and what a
 *	child's calls return once that was killed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int listener(struct sockaddr_in *a)
{
	socklen_t len = sizeof(*a);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	memset(a, 0, sizeof(*a));
	a->sin_family = AF_INET;
	a->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)a, len) || listen(fd, 5) ||
	    getsockname(fd, (struct sockaddr *)a, &len))
		exit(9);
	return fd;
}

/* Runs when the first process is gone for good. */
static void client(const struct sockaddr_in *a, const char *path, int first_gone)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char text[16] = "nothing", c;
	FILE *f;

	if (read(first_gone, &c, 1) != 0)
		_exit(1);
	if (connect(fd, (const struct sockaddr *)a, sizeof(*a)) ||
	    read(fd, text, sizeof(text)) < 0)
		strcpy(text, "failed");
	f = fopen(path, "w");
	if (f) {
		fputs(text, f);
		fclose(f);
	}
	_exit(0);
}

static int daemonise(const char *path)
{
	struct sockaddr_in a;
	int l = listener(&a), gone[2], fd;
	pid_t child;

	if (pipe(gone))
		return 9;
	child = fork();
	if (child)
		exit(3);
	setsid();
	close(gone[1]);
	if (!fork())
		client(&a, path, gone[0]);
	fd = accept(l, NULL, NULL);
	_exit(write(fd, "served", 7) != 7);
}

static int orphan(void)
{
	struct sockaddr_in a;
	int l = listener(&a), gone[2];
	char c;

	if (pipe(gone))
		return 9;
	if (!fork()) {
		pid_t owner = getppid();

		close(gone[1]);
		if (listen(l, 6))
			_exit(1);
		kill(owner, SIGKILL);
		if (read(gone[0], &c, 1))
			_exit(1);
		printf("listen %d\n", listen(l, 7) ? errno : 0);
		printf("socket %d\n", socket(AF_INET, SOCK_STREAM, 0) < 0 ? errno : 0);
		fflush(stdout);
		_exit(0);
	}
	close(gone[0]);
	pause();
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "daemon"))
		return daemonise(argv[2]);
	if (argc == 2 && !strcmp(argv[1], "orphan"))
		return orphan();
	return 2;
}
