// SPDX-License-Identifier: GPL-2.0
/*
 * cwd.c - chdir(), getcwd() and realpath() interposed
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   the program; see cwd.h.
 * Locking: changes take change_lock; names are read under RCU.
 *
 * The library's kernel has one current directory for all who use it, so it is not
 * used: the name is kept here, and relative paths are put behind it. The host's
 * current directory is then one in which no relative path names a file of the host, so
 * that what does not pass here fails instead of finding another file.
 */
#include "cwd.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "kernel.h"
#include "pathname.h"
#include "paths.h"
#include "real.h"

/* Files in there are numbers, and none can be made. */
#define NOWHERE		"/proc/self/fdinfo"

/* File-scope state: the process has one; NULL while it is the host's. */
static char *current;
static pthread_mutex_t change_lock = PTHREAD_MUTEX_INITIALIZER;

bool cwd_is_library(void)
{
	return __atomic_load_n(&current, __ATOMIC_RELAXED) != NULL;
}

bool cwd_library_name(char *text)
{
	char *name;

	urcu_bp_read_lock();
	name = __atomic_load_n(&current, __ATOMIC_CONSUME);
	if (name)
		strcpy(text, name);
	urcu_bp_read_unlock();
	return name != NULL;
}

int cwd_name_of(int lib, char *text)
{
	char link[32];
	long len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", lib);
	len = kernel_call(SYS_readlinkat, AT_FDCWD, (long)link, (long)text,
			  PATH_MAX - 1, 0, 0);
	if (len < 0)
		return (int)len;
	text[len] = '\0';
	pathname_of_library(text);
	return 0;
}

int cwd_host_name(int dir, char *text)
{
	char link[32];
	ssize_t len;

	/* The system call: libc's function looks for more than a name. */
	if (dir == AT_FDCWD)
		return real.syscall(SYS_getcwd, text, PATH_MAX) < 0 ? -errno : 0;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", dir);
	len = real.readlink(link, text, PATH_MAX - 1);
	if (len < 0)
		return -errno;
	text[len] = '\0';
	return 0;
}

bool cwd_leads_to_library(const char *path)
{
	char base[PATH_MAX], text[PATH_MAX];

	if (*path == '/')
		return pathname_leads_to_library(path);
	if (!cwd_library_name(base) && cwd_host_name(AT_FDCWD, base))
		return false;
	return !pathname_join(text, base, path) && pathname_leads_to_library(text);
}

char *cwd_variable(void)
{
	char name[PATH_MAX], *variable;

	if (!cwd_is_library() || !cwd_library_name(name) ||
	    asprintf(&variable, CWD_VARIABLE "=%s", name) < 0)
		return NULL;
	return variable;
}

/* Changing it */

/* system() and popen() execute by libc's own means, with this environment. */
static void environment_follow(const char *name)
{
	if (name)
		setenv(CWD_VARIABLE, name, 1);
	else
		unsetenv(CWD_VARIABLE);
}

static void current_set(char *name)
{
	char *before = current;

	__atomic_store_n(&current, name, __ATOMIC_RELEASE);
	if (before || name)
		environment_follow(name);
	if (!before)
		return;
	if (!urcu_bp_read_ongoing())
		urcu_bp_synchronize_rcu();
	free(before);
}

static int enter_library(const char *text)
{
	char *name = strdup(text);
	int err = 0;

	if (!name)
		return -ENOMEM;
	pthread_mutex_lock(&change_lock);
	if (!current && real.chdir(NOWHERE)) {
		err = -errno;
		free(name);
	} else {
		current_set(name);
	}
	pthread_mutex_unlock(&change_lock);
	return err;
}

static int enter_host(const char *path)
{
	int ret;

	pthread_mutex_lock(&change_lock);
	ret = real.chdir(path);
	if (!ret)
		current_set(NULL);
	pthread_mutex_unlock(&change_lock);
	return ret;
}

/* The library's name of a file that is there; 0 or a negative errno. */
static int resolve(struct where *where, int flags, char *text)
{
	long lib = path_call(where, SYS_openat, O_PATH | O_CLOEXEC | flags, 0, 0);
	int err;

	if (lib < 0)
		return (int)lib;
	err = cwd_name_of((int)lib, text);
	kernel_call(SYS_close, lib, 0, 0, 0, 0, 0);
	return err;
}

HIJACK int chdir(const char *path)
{
	struct where *where = path_begin(AT_FDCWD, path);
	char text[PATH_MAX];
	int err;

	if (likely(!where))
		return unlikely(cwd_is_library()) ? enter_host(path) :
		       real.chdir(path);
	if (where->host)
		return (int)path_host(where, enter_host(where->path));
	err = resolve(where, O_DIRECTORY, text);
	if (!err)
		err = enter_library(text);
	return (int)result(err);
}

static int enter_host_descriptor(int fd)
{
	int ret;

	pthread_mutex_lock(&change_lock);
	ret = real.fchdir(fd);
	if (!ret)
		current_set(NULL);
	pthread_mutex_unlock(&change_lock);
	return ret;
}

static int enter_library_descriptor(int lib)
{
	char text[PATH_MAX];
	struct stat st = { 0 };
	long err = kernel_call(SYS_fstat, lib, (long)&st, 0, 0, 0, 0);

	if (!err && !S_ISDIR(st.st_mode))
		err = -ENOTDIR;
	if (!err)
		err = cwd_name_of(lib, text);
	return err ? (int)err : enter_library(text);
}

HIJACK int fchdir(int fd)
{
	struct use use;
	int err;

	if (likely(!use_begin(&use, fd, true)))
		return unlikely(cwd_is_library()) ? enter_host_descriptor(fd) :
		       real.fchdir(fd);
	err = enter_library_descriptor(use.file->lib);
	use_end(&use);
	return (int)result(err);
}

/* Asking for it */

/* As libc's getcwd() takes its arguments: without a buffer it makes one. */
static char *give(const char *text, char *buf, size_t size)
{
	size_t len = strlen(text) + 1;

	if (!buf) {
		if (size && size < len) {
			errno = ERANGE;
			return NULL;
		}
		buf = malloc(size ? size : len);
	} else if (size < len) {
		errno = size ? ERANGE : EINVAL;
		return NULL;
	}
	return buf ? memcpy(buf, text, len) : NULL;
}

HIJACK char *getcwd(char *buf, size_t size)
{
	char text[PATH_MAX];

	if (likely(!cwd_is_library()) || !cwd_library_name(text))
		return real.getcwd(buf, size);
	return give(text, buf, size);
}

HIJACK char *get_current_dir_name(void)
{
	return unlikely(cwd_is_library()) ? getcwd(NULL, 0) :
	       real.get_current_dir_name();
}

HIJACK char *getwd(char *buf)
{
	return getcwd(buf, PATH_MAX);
}

char *__getcwd_chk(char *buf, size_t size, size_t room);
char *__getwd_chk(char *buf, size_t room);
char *__realpath_chk(const char *path, char *buf, size_t room);

HIJACK char *__getcwd_chk(char *buf, size_t size, size_t room)
{
	return size > room ? (abort(), NULL) : getcwd(buf, size);
}

HIJACK char *__getwd_chk(char *buf, size_t room)
{
	return getcwd(buf, room < PATH_MAX ? room : PATH_MAX);
}

/* The real name of a file */

HIJACK char *realpath(const char *path, char *buf)
{
	struct where *where = path_begin(AT_FDCWD, path);
	char text[PATH_MAX];

	if (likely(!where))
		return real.realpath(path, buf);
	if (where->host)
		return (char *)path_host(where, (long)real.realpath(where->path, buf));
	if (result(resolve(where, 0, text)))
		return NULL;
	return buf ? strcpy(buf, text) : strdup(text);
}

HIJACK char *canonicalize_file_name(const char *path)
{
	return realpath(path, NULL);
}

HIJACK char *__realpath_chk(const char *path, char *buf, size_t room)
{
	return room < PATH_MAX ? (abort(), NULL) : realpath(path, buf);
}

/* The directory that whoever executed this program was in. */
__attribute__((constructor(108)))
static void cwd_init(int argc, char **argv, char **envp)
{
	size_t len = strlen(CWD_VARIABLE "=");

	(void)argc;
	(void)argv;
	for (; envp && *envp; envp++)
		if (!strncmp(*envp, CWD_VARIABLE "=", len))
			current = strdup(*envp + len);
}
