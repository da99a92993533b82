// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - lklfuse: mount a file system of a disk image
 *
 * Layer:   tools.
 * Context: one thread.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../cp/diag.h"
#include "config.h"
#include "supervisor.h"

/* To the process that the user has started, or -1 in the foreground. */
static int status_pipe = -1;

static void send_status(unsigned char status)
{
	if (status_pipe < 0)
		return;
	/* Nobody may be left to hear it. */
	if (write(status_pipe, &status, 1) < 0)
		status = 0;
	close(status_pipe);
	status_pipe = -1;
}

/* The mount can be used: let go of the terminal and of whoever waits. */
static void on_ready(void)
{
	int null;

	if (status_pipe < 0)
		return;
	setsid();
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		close(null);
	}
	if (chdir("/"))
		diag_warning("/: %s", diag_cause(-errno));
	send_status(DIAG_OK);
}

static enum diag_status run(struct config *config)
{
	int log = -1;

	if (config->log) {
		log = open(config->log, O_WRONLY | O_CREAT | O_APPEND |
			   O_CLOEXEC, 0666);
		if (log < 0) {
			diag_error("%s: %s", config->log, diag_cause(-errno));
			return DIAG_USAGE;
		}
	}
	return supervisor_run(config, log, on_ready);
}

/* Wait until the mount is ready, or until there is none. */
static enum diag_status wait_for_status(int fd)
{
	unsigned char status;
	ssize_t len;

	do {
		len = read(fd, &status, 1);
	} while (len < 0 && errno == EINTR);
	return len == 1 ? status : DIAG_FINISH;
}

static enum diag_status run_in_background(struct config *config)
{
	enum diag_status status;
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC)) {
		diag_error("%s", diag_cause(-errno));
		return DIAG_IMAGE;
	}
	pid = fork();
	if (pid < 0) {
		diag_error("%s", diag_cause(-errno));
		return DIAG_IMAGE;
	}
	if (pid) {
		close(ends[1]);
		return wait_for_status(ends[0]);
	}
	close(ends[0]);
	status_pipe = ends[1];
	status = run(config);
	send_status(status);
	return status;
}

int main(int argc, char **argv)
{
	enum diag_status status = DIAG_USAGE;
	struct config config;

	signal(SIGPIPE, SIG_IGN);
	switch (config_parse(&config, argc, argv)) {
	case CONFIG_DONE:
		status = DIAG_OK;
		break;
	case CONFIG_WRONG:
		break;
	case CONFIG_RUN:
		status = config.foreground ? run(&config) :
					     run_in_background(&config);
		break;
	}
	config_free(&config);
	return status;
}
