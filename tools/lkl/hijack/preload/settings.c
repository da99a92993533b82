// SPDX-License-Identifier: GPL-2.0
/*
 * settings.c - the settings that matter before a kernel is booted
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   see settings.h.
 * Context: the constructor runs before main(); single-threaded.
 *
 * A path, or a unix socket, may be what the kernel is booted for, or be the host's
 * for good. So what decides is read when the program starts. What is wrong with the
 * settings is said by boot, which reads them again.
 */
#include "settings.h"

#include <string.h>

#include "config.h"
#include "preload.h"
#include "real.h"

#define FILE_VARIABLE	"LKL_HIJACK_CONFIG_FILE"

/* File-scope state: settings are the process's. */
static struct config settings;

/* getenv() does not work yet: our constructors run before libc's. */
static const char *variable(char **envp, const char *name)
{
	size_t len = strlen(name);

	for (; envp && *envp; envp++)
		if (!strncmp(*envp, name, len) && (*envp)[len] == '=')
			return *envp + len + 1;
	return NULL;
}

/* As config_load() does without the launcher. */
static int sources_read(char **envp, struct config_error *error)
{
	const char *path = variable(envp, FILE_VARIABLE);
	int err = 0;

	if (!path || !*path)
		path = real.access(CONFIG_FILE_DEFAULT, F_OK) ? NULL : CONFIG_FILE_DEFAULT;
	if (path)
		err = config_read_file(&settings, path, error);
	return err ? err : config_read_environment(&settings, envp, error);
}

__attribute__((constructor(107)))
static void settings_init(int argc, char **argv, char **envp)
{
	const char *text = variable(envp, CONFIG_VARIABLE);
	struct config_error error;
	int err;

	(void)argc;
	(void)argv;
	if (text)
		err = config_read_text(&settings, CONFIG_VARIABLE, text, &error);
	else
		err = sources_read(envp, &error);
	if (err)
		config_free(&settings);
}

const char *settings_mounts(void)
{
	return settings.value[CONFIG_MOUNT];
}

bool settings_unix_library(void)
{
	const char *side = settings.value[CONFIG_UNIX];

	return unlikely(side != NULL) && *side == 'l';
}
