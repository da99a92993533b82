/* SPDX-License-Identifier: GPL-2.0 */
/*
 * supervisor.h - the process that mounts, unmounts and reports
 *
 * Layer:   tools; called by main.c.
 */
#ifndef FUSE_SUPERVISOR_H
#define FUSE_SUPERVISOR_H

#include "../cp/diag.h"
#include "config.h"

/**
 * supervisor_run - mount the image and stay until it is unmounted
 * @config: what the user asked for
 * @log: descriptor that messages are appended to, or -1
 * @ready: called once when the mount can be used
 *
 * DOC: Processes
 *
 * The worker, a child of this process, reads the image and answers requests,
 * and may do nothing else (../sandbox). This process never reads a byte of the
 * image. It keeps what the worker gives up: it mounts, and unmounts when it is
 * asked to end by a signal, which for the host's cached data has to happen
 * while the worker still answers. Should the worker come to a bad end, it says
 * so and removes the dead mount.
 *
 * Return: exit status of the program.
 */
enum diag_status supervisor_run(struct config *config, int log,
				void (*ready)(void));

#endif /* FUSE_SUPERVISOR_H */
