// SPDX-License-Identifier: GPL-2.0
/*
 * preload.c - run a program with the preload library; see launcher.h
 *
 * Layer:   tools/lkl/hijack/launcher.
 * Users:   main.c.
 */
#include "launcher.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../follow.h"
#include "../inherit.h"

#define LIBRARY		"liblkl-hijack.so"

/* It is installed beside liblkl.so, which the launcher is linked against. */
static bool library_find(char *path)
{
	void *symbol = dlsym(RTLD_DEFAULT, "lkl_syscall");
	char tried[PATH_MAX];
	const char *slash;
	Dl_info found;

	if (!symbol || !dladdr(symbol, &found))
		return false;
	slash = strrchr(found.dli_fname, '/');
	if (!slash)
		return false;
	snprintf(tried, sizeof(tried), "%.*s/%s", (int)(slash - found.dli_fname),
		 found.dli_fname, LIBRARY);
	return realpath(tried, path);
}

/* After what the user preloads already. */
static int preload_add(const char *library)
{
	const char *before = getenv("LD_PRELOAD");
	char *value;
	int err;

	if (asprintf(&value, "%s%s%s", before ? before : "",
		     before && *before ? ":" : "", library) < 0)
		return -1;
	err = setenv("LD_PRELOAD", value, 1);
	free(value);
	return err;
}

static int settings_add(const struct config *cfg)
{
	char *text = config_write(cfg);
	int err = text ? setenv(CONFIG_VARIABLE, text, 1) : -1;

	free(text);
	return err;
}

/* What the program executes may have to be trapped. */
static int own_path_add(void)
{
	char own[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", own, sizeof(own) - 1);

	if (len < 0)
		return -1;
	own[len] = '\0';
	return setenv(FOLLOW_LAUNCHER, own, 1);
}

static int environment_make(const struct options *options, const char *library,
			    int status_fd)
{
	char number[16];

	snprintf(number, sizeof(number), "%d", status_fd);
	if (preload_add(library) || settings_add(&options->cfg) || own_path_add() ||
	    setenv(LAUNCHER_STATUS_VARIABLE, number, 1))
		return launcher_error("%s", strerror(errno));
	return 0;
}

/* Runs in the child. The launcher's blocked signals are not for the program. */
static void child_run(const struct options *options, const struct cover *cover,
		      const sigset_t *before, int error_fd)
{
	int err;

	sigprocmask(SIG_SETMASK, before, NULL);
	/* As execvp(), but for the search, which was done. */
	execv(cover->path, options->program);
	if (errno == ENOEXEC)
		execvp(cover->path, options->program);
	err = errno;
	if (write(error_fd, &err, sizeof(err)) != sizeof(err))
		_exit(LAUNCHER_FAILED);
	_exit(LAUNCHER_UNUSABLE);
}

/* Did exec fail? Then the child has told why, else the pipe was closed by it. */
static int exec_failed(int error_fd, const struct cover *cover)
{
	int err;

	if (read(error_fd, &err, sizeof(err)) != sizeof(err))
		return -1;
	launcher_error("%s: %s", cover->path, strerror(err));
	return err == ENOENT ? LAUNCHER_MISSING : LAUNCHER_UNUSABLE;
}

/* High up, where programs do not expect to find their first descriptors. */
#define STATUS_FD_MIN	512

static int status_pipe(int fds[2])
{
	int high;

	if (pipe2(fds, O_CLOEXEC))
		return -1;
	high = fcntl(fds[1], F_DUPFD, STATUS_FD_MIN);
	if (high < 0)
		high = fcntl(fds[1], F_DUPFD, 3);
	close(fds[1]);
	fds[1] = high;
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	return high < 0 ? -1 : 0;
}

static int start_and_wait(const struct options *options, const struct cover *cover,
			  int status_fds[2])
{
	sigset_t before, mask;
	int error_fds[2], failed, status;
	pid_t child;

	if (pipe2(error_fds, O_CLOEXEC))
		return launcher_error("%s", strerror(errno));
	signals_block(&before, &mask);
	child = fork();
	if (child < 0)
		return launcher_error("%s", strerror(errno));
	if (!child)
		child_run(options, cover, &before, error_fds[1]);
	close(error_fds[1]);
	close(status_fds[1]);
	failed = exec_failed(error_fds[0], cover);
	close(error_fds[0]);
	/* All has been said. */
	inherit_drop(status_fds, 1);
	status = child_wait(child, &mask, status_fds[0]);
	return failed >= 0 ? failed : status_exit(status);
}

int preload_run(const struct options *options, const struct cover *cover)
{
	char library[PATH_MAX];
	int status_fds[2];

	if (!library_find(library))
		return launcher_error("%s is not installed", LIBRARY);
	if (strpbrk(library, ": "))
		return launcher_error("%s: LD_PRELOAD takes no such path", library);
	if (status_pipe(status_fds))
		return launcher_error("%s", strerror(errno));
	if (environment_make(options, library, status_fds[1]))
		return LAUNCHER_FAILED;
	return start_and_wait(options, cover, status_fds);
}
