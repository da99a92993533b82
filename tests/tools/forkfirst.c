// SPDX-License-Identifier: GPL-2.0
/*
 * forkfirst.c - a preload library that lets a program run in a forked child
 *
 * Layer:   tests/tools. Preloaded after liblkl-hijack.so, by the scripts.
 *
 * Before main(), it makes sure that the library kernel is up, in this process, and
 * forks: the program goes on in the child, whose calls the parent's kernel serves.
 * The parent ends as the child does.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int status_of(pid_t child)
{
	int status;

	if (child < 0 || waitpid(child, &status, 0) != child)
		return 125;
	if (WIFSIGNALED(status))
		raise(WTERMSIG(status));
	return WEXITSTATUS(status);
}

__attribute__((constructor))
static void fork_first(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	pid_t child;

	if (fd < 0) {
		perror("forkfirst: socket");
		_exit(125);
	}
	close(fd);
	/* Programs that it runs do not fork first once more. */
	unsetenv("LD_PRELOAD");
	child = fork();
	if (child)
		_exit(status_of(child));
}
