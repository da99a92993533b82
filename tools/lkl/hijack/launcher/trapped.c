// SPDX-License-Identifier: GPL-2.0
/*
 * trapped.c - run a program under a seccomp filter; see launcher.h
 *
 * Layer:   tools/lkl/hijack/launcher, above trap.
 * Users:   main.c.
 */
#include "launcher.h"

#include <string.h>
#include <unistd.h>

#include "../apply.h"
#include "../trap/trap.h"

/**
 * struct trapped - what the serving process needs
 * @options: the settings
 * @api: functions of liblkl
 * @applied: the kernel
 */
struct trapped {
	const struct options *options;
	struct apply_api api;
	struct applied applied;
};

static int kernel_start(void *arg)
{
	struct trapped *trapped = arg;
	struct config_error error;
	int err;

	trapped->applied.cfg = &trapped->options->cfg;
	err = apply(&trapped->applied, &error);
	if (err)
		launcher_error("%s", error.text);
	return err;
}

static void kernel_stop(void *arg)
{
	struct trapped *trapped = arg;

	apply_dump(&trapped->applied, STDERR_FILENO);
	apply_undo(&trapped->applied);
}

static void message(void *arg, const char *line)
{
	launcher_error("%s", line);
}

/* What cannot be had is said, and not done otherwise. */
static bool wants_unix(const struct config *cfg)
{
	const char *side = cfg->value[CONFIG_UNIX];

	if (!side || strcmp(side, "library"))
		return false;
	launcher_error("unix: \"library\": not for a program that has to be trapped");
	return true;
}

int trapped_run(const struct options *options, const struct cover *cover)
{
	struct trapped trapped = { .options = options };
	const struct trap_config config = {
		.start = kernel_start,
		.stop = kernel_stop,
		.message = message,
		.arg = &trapped,
	};
	int status;

	if (wants_unix(&options->cfg))
		return LAUNCHER_UNUSABLE;
	if (library_load(&trapped.api, &trapped.applied))
		return LAUNCHER_FAILED;
	status = trap_run(options->program, &config);
	return status < 0 ? LAUNCHER_UNUSABLE : status;
}
