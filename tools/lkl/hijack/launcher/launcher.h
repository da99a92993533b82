/* SPDX-License-Identifier: GPL-2.0 */
/*
 * launcher.h - what the files of lkl-hijack share
 *
 * Layer:   tools/lkl/hijack/launcher.
 * Context: one thread.
 */
#ifndef LAUNCHER_LAUNCHER_H
#define LAUNCHER_LAUNCHER_H

#include <signal.h>
#include <sys/types.h>

#include "../cover.h"
#include "options.h"

/* Exit statuses, as env(1) has them. */
#define LAUNCHER_FAILED		125
#define LAUNCHER_UNUSABLE	126
#define LAUNCHER_MISSING	127

/*
 * A process whose kernel must outlive it writes its number and wait status, two ints,
 * to this descriptor. If it is the program itself, and not one that the program waits
 * for, lkl-hijack then ends as if it had.
 */
#define LAUNCHER_STATUS_VARIABLE	CONFIG_INTERNAL_PREFIX "STATUS_FD"

/**
 * launcher_error - print one line "lkl-hijack: ..." to standard error
 * @format: as printf()
 *
 * Return: LAUNCHER_FAILED.
 */
int launcher_error(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/**
 * preload_run - run a program with liblkl-hijack.so, and wait for its end
 * @options: the settings, and the program
 * @cover: where it is
 *
 * Return: the status to exit with; does not return if a signal has ended it, but
 * ends by the same.
 */
int preload_run(const struct options *options, const struct cover *cover);

/**
 * trapped_run - run a program under a seccomp filter, and wait for its end
 * @options: the settings, and the program
 * @cover: where it is
 *
 * Return: the status to exit with.
 */
int trapped_run(const struct options *options, const struct cover *cover);

/**
 * trial_run - bring a network up by the settings, and take it down
 * @options: the settings
 *
 * Return: the status to exit with.
 */
int trial_run(const struct options *options);

/**
 * host_probe - does the host have what the settings name?
 * @cfg: the settings
 *
 * Return: 0 or LAUNCHER_FAILED, having told what is missing.
 */
int host_probe(const struct config *cfg);

struct apply_api;
struct applied;

/**
 * library_load - load liblkl.so into the launcher
 * @api: filled with its functions
 * @applied: its @api and @library are set
 *
 * Return: 0 or LAUNCHER_FAILED, having told why.
 */
int library_load(struct apply_api *api, struct applied *applied);

/**
 * child_wait - wait for a child, passing signals on to it
 * @child: it
 * @mask: signals that are blocked, as signals_block() made it
 * @status_fd: processes tell their ends here before they end
 *
 * Return: its wait status.
 */
int child_wait(pid_t child, const sigset_t *mask, int status_fd);

/**
 * signals_block - from now on signals wait for child_wait()
 * @before: set to what was blocked before
 * @mask: set to what is blocked now besides
 */
void signals_block(sigset_t *before, sigset_t *mask);

/**
 * status_exit - the status to exit with, or the end by a signal
 * @status: a wait status
 */
int status_exit(int status);

#endif /* LAUNCHER_LAUNCHER_H */
