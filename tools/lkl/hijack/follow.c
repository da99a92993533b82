// SPDX-License-Identifier: GPL-2.0
/*
 * follow.c - what a hijacked program executes stays hijacked; see follow.h
 *
 * Layer:   tools/lkl/hijack, part of the preload library.
 * Users:   service/exec.c.
 */
#include "follow.h"

#include <dlfcn.h>
#include <errno.h>
#include <linux/limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "config.h"
#include "preload/cwd.h"
#include "preload/preload.h"

#define PRELOAD		"LD_PRELOAD="

/*
 * What the process was started with; written once, before main(), since a program
 * may change its environment. Each is "NAME=value", as it is to be passed on, or "".
 */
static char library[PATH_MAX];
static char preload[PATH_MAX + sizeof(PRELOAD)];
static char launcher[PATH_MAX];
static char launcher_variable[PATH_MAX + 64];
static char *settings_variable;

/* The library comes before all others, libc's getenv() among them. */
static const char *variable(char **envp, const char *name)
{
	size_t len = strlen(name);

	for (; *envp; envp++)
		if (!strncmp(*envp, name, len) && (*envp)[len] == '=')
			return *envp + len + 1;
	return NULL;
}

static void launcher_keep(const char *path)
{
	if (!path)
		return;
	snprintf(launcher, sizeof(launcher), "%s", path);
	snprintf(launcher_variable, sizeof(launcher_variable), FOLLOW_LAUNCHER "=%s",
		 path);
}

static void settings_keep(const char *settings)
{
	if (settings && asprintf(&settings_variable, "%s=%s", CONFIG_VARIABLE,
				 settings) < 0)
		settings_variable = NULL;
}

/*
 * Without new privileges: a setuid program would have the dynamic linker ignore
 * LD_PRELOAD. The launcher has seen to it; a library preloaded by hand has to.
 */
__attribute__((constructor(105)))
static void follow_init(int argc, char **argv, char **envp)
{
	Dl_info self;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	settings_keep(variable(envp, CONFIG_VARIABLE));
	launcher_keep(variable(envp, FOLLOW_LAUNCHER));
	if (dladdr((void *)follow_init, &self) && realpath(self.dli_fname, library))
		snprintf(preload, sizeof(preload), PRELOAD "%s", library);
}

size_t follow_room(char *const list[])
{
	size_t count = 0;

	while (list && list[count])
		count++;
	return count + FOLLOW_MORE;
}

/* Is @entry the variable that "NAME=value" in @variable is? */
static bool is_same_variable(const char *entry, const char *variable)
{
	size_t len = strcspn(variable, "=") + 1;

	return !strncmp(entry, variable, len);
}

/* LD_PRELOAD with our library; NULL if it does not fit. */
static char *preload_with(struct follow *f, char *entry)
{
	if (strstr(entry, library))
		return entry;
	if (snprintf(f->preload, sizeof(f->preload), "%s%s%s", entry,
		     entry[strlen(PRELOAD)] ? ":" : "", library) >=
	    (int)sizeof(f->preload))
		return preload;
	return f->preload;
}

/* LD_PRELOAD without it, for the launcher. */
static char *preload_without(struct follow *f, const char *entry)
{
	const char *ours = strstr(entry, library), *rest;
	int before;

	if (!ours)
		return (char *)entry;
	before = (int)(ours - entry);
	rest = ours + strlen(library);
	if (*rest)
		rest++;
	else if (entry[before - 1] == ':')
		before--;
	snprintf(f->preload, sizeof(f->preload), "%.*s%s", before, entry, rest);
	return f->preload;
}

/* Add a variable of ours unless the environment has it. */
static char **variable_ensure(char **vars, char **end, char *variable)
{
	char **at;

	if (!variable || !*variable)
		return end;
	for (at = vars; at < end; at++)
		if (is_same_variable(*at, variable))
			return end;
	*end++ = variable;
	return end;
}

/* With our library in LD_PRELOAD, or @without it: for the launcher. */
static void environment_make(struct follow *f, char *const envp[], bool without,
			     char **vars)
{
	char **end = vars;

	f->cwd = cwd_variable();
	for (; envp && *envp; envp++) {
		/* Where a program was that executed this one. */
		if (is_same_variable(*envp, CWD_VARIABLE "="))
			continue;
		*end = *envp;
		if (is_same_variable(*envp, PRELOAD))
			*end = without ? preload_without(f, *envp) : preload_with(f, *envp);
		end++;
	}
	if (!without)
		end = variable_ensure(vars, end, preload);
	end = variable_ensure(vars, end, settings_variable);
	end = variable_ensure(vars, end, launcher_variable);
	end = variable_ensure(vars, end, f->cwd);
	*end = NULL;
}

static void arguments_copy(char *const argv[], char **args)
{
	while (argv && *argv)
		*args++ = *argv++;
	*args = NULL;
}

/* lkl-hijack --mode trap -- PROGRAM ARGUMENT... */
static void arguments_trap(struct follow *f, char *const argv[], char **args)
{
	static char mode[] = "--mode", trap[] = "trap", end[] = "--";

	*args++ = launcher;
	*args++ = mode;
	*args++ = trap;
	*args++ = end;
	*args++ = f->cover.path;
	arguments_copy(argv && *argv ? argv + 1 : argv, args);
}

static int refuse(const struct follow *f, const char *why)
{
	complain(f->cover.path, why);
	errno = EACCES;
	return -1;
}

static int trap(struct follow *f, char *const argv[], char *const envp[],
		char **args, char **vars)
{
	if (!*launcher)
		return refuse(f, f->cover.why);
	f->path = launcher;
	arguments_trap(f, argv, args);
	environment_make(f, envp, true, vars);
	return 0;
}

/* Without a slash execve() means the working directory, and cover_find() PATH. */
static void find(struct follow *f, const char *name, bool search)
{
	char here[PATH_MAX];

	if (search || strchr(name, '/')) {
		cover_find(name, &f->cover);
		return;
	}
	snprintf(here, sizeof(here), "./%s", name);
	cover_find(here, &f->cover);
}

/* A launcher in a hijacked program makes a network of its own. */
static bool is_launcher(const struct follow *f)
{
	char path[PATH_MAX];

	return *launcher && realpath(f->cover.path, path) && !strcmp(path, launcher);
}

int follow(struct follow *f, const char *name, bool search, char *const argv[],
	   char *const envp[], char **args, char **vars)
{
	find(f, name, search);
	if (f->cover.way == COVER_REFUSE)
		return refuse(f, f->cover.why);
	if (f->cover.way == COVER_TRAP)
		return trap(f, argv, envp, args, vars);
	/* What cannot be executed fails in exec, which says why. */
	f->path = f->cover.way == COVER_PRELOAD ? f->cover.path : name;
	arguments_copy(argv, args);
	environment_make(f, envp, is_launcher(f), vars);
	return 0;
}
