// SPDX-License-Identifier: GPL-2.0
/*
 * exec.c - a client's exec'ed programs keep the sockets they inherit
 *
 * Layer:   tools/lkl/hijack/service.
 * Users:   the program (exec*()); the constructor, in the program exec'ed.
 * Context: the thread that execs. In the exec'ed program, before main().
 *
 * Before: each number of the library that exec does not close is registered with
 * the owner (registry.h), and the owner's name put into the environment. After: if
 * one of the sockets that the process was born with is known to that owner, the
 * process is a client of it; else it has nothing to do with it, and boots a kernel
 * of its own when it opens a socket.
 *
 * A process that owns a kernel loses it by exec.
 */
#include <errno.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "follow.h"
#include "kernel.h"
#include "listen.h"
#include "place.h"
#include "preload.h"
#include "real.h"
#include "registry.h"
#include "service.h"
#include "streams.h"
#include "table.h"

#define ARGS_MAX	4096

/* ---- before ---- */

static void register_number(int fd, struct file *file)
{
	struct stat st;

	if (real.fcntl(fd, F_GETFD) & FD_CLOEXEC)
		return;
	place_identify(fd, file);
	if (real.fstat(fd, &st))
		return;
	client_keep(st.st_ino, file->lib, file->place->kept);
}

static bool is_service(const char *entry)
{
	return !strncmp(entry, SERVICE_VARIABLE "=", sizeof(SERVICE_VARIABLE));
}

/* The environment with the owner's name; freed only if exec fails. */
static char **named(char *const envp[])
{
	size_t count = 0, kept = 0;
	char **env, *entry;

	while (envp && envp[count])
		count++;
	env = calloc(count + 2, sizeof(*env));
	if (!env || asprintf(&entry, SERVICE_VARIABLE "=%s", listen_name()) < 0)
		return env;
	for (size_t i = 0; i < count; i++)
		if (!is_service(envp[i]))
			env[kept++] = envp[i];
	env[kept] = entry;
	return env;
}

/* Return: the environment to use. */
static char **prepare(char *const envp[])
{
	char **env;

	if (!client_is() || !kernel_is_up() || !listen_name())
		return (char **)envp;
	file_each(register_number);
	env = named(envp);
	return env ? env : (char **)envp;
}

/*
 * Of a program that is spawned: a number that exec closes may be duplicated before. The
 * owner itself can spawn, too: it does not exec.
 */
THREAD_LOCAL bool spawn_shares;

static void register_any(int fd, struct file *file)
{
	struct stat st;

	place_identify(fd, file);
	if (real.fstat(fd, &st))
		return;
	if (client_is())
		client_keep(st.st_ino, file->lib, file->place->kept);
	else
		registry_keep(st.st_ino, file->lib,
			      connection_keep(real.dup(file->place->kept)));
	spawn_shares = true;
}

/* Is there anything that a spawned program may inherit, and can it be known there? */
static bool spawn_prepare(void)
{
	if (!kernel_is_up() || (client_is() ? !listen_name() : server_listen() != 0))
		return false;
	spawn_shares = false;
	file_each(register_any);
	return spawn_shares;
}

static int failed(char **env, char *const envp[])
{
	int saved = errno;

	if (env != (char **)envp)
		free(env);
	errno = saved;
	return -1;
}

HIJACK int execve(const char *path, char *const argv[], char *const envp[])
{
	char **env = prepare(envp);
	char *args[follow_room(argv)], *vars[follow_room(env)];
	struct follow f;

	if (!follow(&f, path, false, argv, env, args, vars))
		real.execve(f.path, args, vars);
	return failed(env, envp);
}

HIJACK int execvpe(const char *file, char *const argv[], char *const envp[])
{
	char **env = prepare(envp);
	char *args[follow_room(argv)], *vars[follow_room(env)];
	struct follow f;

	if (!follow(&f, file, true, argv, env, args, vars))
		real.execvpe(f.path, args, vars);
	return failed(env, envp);
}

HIJACK int fexecve(int fd, char *const argv[], char *const envp[])
{
	char **env = prepare(envp), path[32];
	char *args[follow_room(argv)], *vars[follow_room(env)];
	struct follow f;

	/* A program that is preloaded or fails may be one without a name. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!follow(&f, path, false, argv, env, args, vars)) {
		if (f.cover.way == COVER_TRAP)
			real.execve(f.path, args, vars);
		else
			real.fexecve(fd, args, vars);
	}
	return failed(env, envp);
}

/*
 * libc's posix_spawn() executes by a system call of its own. What may be looked up
 * by PATH has been.
 */
typedef int spawn_function(pid_t *pid, const char *path,
			   const posix_spawn_file_actions_t *actions,
			   const posix_spawnattr_t *attributes, char *const argv[],
			   char *const envp[]);

static int spawn(spawn_function *function, bool search, pid_t *pid, const char *name,
		 const posix_spawn_file_actions_t *actions,
		 const posix_spawnattr_t *attributes, char *const argv[],
		 char *const envp[])
{
	char **made = spawn_prepare() ? named(envp) : NULL;
	char **env = made ? made : (char **)envp;
	char *args[follow_room(argv)], *vars[follow_room(env)];
	struct follow f;
	int err;

	if (follow(&f, name, search, argv, env, args, vars))
		err = errno;
	else
		err = function(pid, f.path, actions, attributes, args, vars);
	free(made);
	return err;
}

HIJACK int posix_spawn(pid_t *pid, const char *path,
		       const posix_spawn_file_actions_t *actions,
		       const posix_spawnattr_t *attributes, char *const argv[],
		       char *const envp[])
{
	return spawn(real.posix_spawn, false, pid, path, actions, attributes, argv, envp);
}

HIJACK int posix_spawnp(pid_t *pid, const char *file,
			const posix_spawn_file_actions_t *actions,
			const posix_spawnattr_t *attributes, char *const argv[],
			char *const envp[])
{
	return spawn(real.posix_spawnp, true, pid, file, actions, attributes, argv, envp);
}

/* These spawn a shell by libc's own means, with the environment as it is. */

static void shell_prepare(void)
{
	if (spawn_prepare())
		setenv(SERVICE_VARIABLE, listen_name(), 1);
}

HIJACK int system(const char *command)
{
	if (command)
		shell_prepare();
	return real.system(command);
}

HIJACK FILE *popen(const char *command, const char *mode)
{
	shell_prepare();
	return real.popen(command, mode);
}

HIJACK int execv(const char *path, char *const argv[])
{
	return execve(path, argv, environ);
}

HIJACK int execvp(const char *file, char *const argv[])
{
	return execvpe(file, argv, environ);
}

/* Arguments up to NULL; -1 if there are too many. */
static int collect(char **argv, const char *arg, va_list *list)
{
	int count = 0;

	while (arg && count < ARGS_MAX - 1) {
		argv[count++] = (char *)arg;
		arg = va_arg(*list, const char *);
	}
	argv[count] = NULL;
	errno = E2BIG;
	return arg ? -1 : 0;
}

HIJACK int execl(const char *path, const char *arg, ...)
{
	char *argv[ARGS_MAX];
	va_list list;
	int err;

	va_start(list, arg);
	err = collect(argv, arg, &list);
	va_end(list);
	return err ? err : execve(path, argv, environ);
}

HIJACK int execlp(const char *file, const char *arg, ...)
{
	char *argv[ARGS_MAX];
	va_list list;
	int err;

	va_start(list, arg);
	err = collect(argv, arg, &list);
	va_end(list);
	return err ? err : execvpe(file, argv, environ);
}

HIJACK int execle(const char *path, const char *arg, ...)
{
	char *argv[ARGS_MAX], **envp;
	va_list list;
	int err;

	va_start(list, arg);
	err = collect(argv, arg, &list);
	envp = va_arg(list, char **);
	va_end(list);
	return err ? err : execve(path, argv, envp);
}

/* ---- after ---- */

static int reach_owner(const char *text)
{
	struct sockaddr_un address;
	socklen_t len = listen_address(text, &address);
	int fd = real.socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd >= 0 && real.connect(fd, (struct sockaddr *)&address, len)) {
		real.close(fd);
		return -1;
	}
	return fd < 0 ? -1 : connection_keep(fd);
}

static bool adopt(int fd)
{
	struct file *file;
	struct stat st;
	int lib, kept;

	if (fd >= FD_MAX || real.fstat(fd, &st) || !S_ISSOCK(st.st_mode))
		return false;
	lib = client_find(st.st_ino, &kept);
	if (lib < 0)
		return false;
	file = file_alloc(FILE_LIBRARY, lib);
	if (!file)
		return false;
	file->place = place_adopt(kept);
	file_publish(fd, file);
	stdio_follow(fd);
	return true;
}

/* Of all that was inherited. */
static bool adopt_all(void)
{
	DIR *dir = real.opendir("/proc/self/fd");
	struct dirent *entry;
	bool any = false;
	int fd;

	while (dir && (entry = real.readdir(dir))) {
		fd = atoi(entry->d_name);
		if (entry->d_name[0] != '.' && fd != real.dirfd(dir) &&
		    !fd_internal(fd))
			any |= adopt(fd);
	}
	if (dir)
		real.closedir(dir);
	return any;
}

/* getenv() does not work yet: our constructors run before libc's. */
static const char *owner_name(char *const envp[])
{
	while (envp && *envp && !is_service(*envp))
		envp++;
	return envp && *envp ? *envp + sizeof(SERVICE_VARIABLE) : NULL;
}

__attribute__((constructor(106)))
static void exec_init(int argc, char **argv, char **envp)
{
	const char *text = owner_name(envp);
	int control = text ? reach_owner(text) : -1;

	(void)argc;
	(void)argv;
	if (control < 0)
		return;
	listen_inherit(text);
	client_join(control);
	if (adopt_all())
		client_joined();
	else
		client_forget();
}
