// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - lkl-hijack: run a program on a network stack of its own
 *
 * Layer:   tools/lkl/hijack/launcher.
 *
 * Settings are checked before the program starts. Then it is either run with a
 * preload library, which boots a kernel in the program's own process at its first
 * socket (preload.c), or under a seccomp filter, its system calls served by a
 * kernel in ours (trapped.c). What can be covered by neither is refused.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "launcher.h"

int launcher_error(const char *format, ...)
{
	va_list args;

	fputs("lkl-hijack: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	putc('\n', stderr);
	return LAUNCHER_FAILED;
}

static int refuse(int status, const char *program, const char *why)
{
	launcher_error("%s: %s", program, why);
	return status;
}

static void tell(const struct options *options, const struct cover *cover,
		 bool trap)
{
	if (!options->verbose)
		return;
	launcher_error("%s: %s: %s", cover->path, trap ? "trap" : "preload", cover->why);
	if (cover->privileged)
		launcher_error("%s: runs without its privileges", cover->path);
}

/*
 * Without new privileges, setuid and setgid programs and those with capabilities
 * keep the preload library, which the dynamic linker would otherwise ignore. And
 * neither such a program nor a child of it can get onto the host's network by
 * having it ignored.
 */
static int privileges_forgo(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return launcher_error("no_new_privs: %s", strerror(errno));
	return 0;
}

static int program_run(const struct options *options, const struct cover *cover)
{
	bool trap = options->mode == MODE_TRAP ||
		    (options->mode == MODE_AUTO && cover->way == COVER_TRAP);

	if (!trap && cover->way == COVER_TRAP)
		return refuse(LAUNCHER_UNUSABLE, cover->program, "it cannot be preloaded");
	tell(options, cover, trap);
	if (host_probe(&options->cfg) || privileges_forgo())
		return LAUNCHER_FAILED;
	return trap ? trapped_run(options, cover) : preload_run(options, cover);
}

static int run(const struct options *options)
{
	const char *name = *options->program;
	struct cover cover;

	if (options->check)
		return trial_run(options);
	cover_find(name, &cover);
	switch (cover.way) {
	case COVER_MISSING:
		return refuse(LAUNCHER_MISSING, name, cover.why);
	case COVER_UNUSABLE:
	case COVER_REFUSE:
		return refuse(LAUNCHER_UNUSABLE, name, cover.why);
	default:
		return program_run(options, &cover);
	}
}

int main(int argc, char **argv)
{
	struct options options = { 0 };
	int status = options_parse(argc, argv, &options);

	if (status < 0)
		status = run(&options);
	config_free(&options.cfg);
	return status;
}
