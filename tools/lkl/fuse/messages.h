/* SPDX-License-Identifier: GPL-2.0 */
/*
 * messages.h - what the worker says, on its way to the user
 *
 * Layer:   tools; called by supervisor.c.
 *
 * The worker may not open anything, and in the background there is no terminal.
 * So its standard error is a pipe to the supervisor.
 */
#ifndef FUSE_MESSAGES_H
#define FUSE_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct messages - a pipe, and where its contents go
 * @in: the supervisor's end
 * @out: the worker's end
 * @log: descriptor that they are appended to, or -1
 * @syslog: they go to the system's log, else to standard error
 * @line: the beginning of a line for the system's log
 * @length: of it
 */
struct messages {
	int in;
	int out;
	int log;
	bool syslog;
	char line[512];
	size_t length;
};

/**
 * messages_open - make the pipe
 * @m: result
 * @log: descriptor that messages are appended to, or -1
 *
 * Return: 0, or a negative errno.
 */
int messages_open(struct messages *m, int log);

/** messages_attach - in the worker: make it standard error */
void messages_attach(struct messages *m);

/** messages_forward - hand on what there is, without waiting for more */
void messages_forward(struct messages *m);

/** messages_to_syslog - from now on there is no terminal */
void messages_to_syslog(struct messages *m);

/** messages_close - hand on the rest, and close the pipe */
void messages_close(struct messages *m);

#endif /* FUSE_MESSAGES_H */
