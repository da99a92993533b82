// SPDX-License-Identifier: GPL-2.0
/*
 * sandbox_probe.c - what could an image do that has taken the kernel over?
 *
 * Layer:   tests; preloaded into cptofs and cpfromfs by tests/tools/sandbox.sh.
 *          Stands in for lkl_mount_dev(), the moment before the file system
 *          is parsed, and prints what the process is still permitted.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

static void tell(const char *what, int result)
{
	printf("%s: %s\n", what, result < 0 ? strerror(errno) : "permitted");
	fflush(stdout);
}

static void try_open(const char *what, const char *variable, int flags)
{
	const char *path = getenv(variable);

	if (path)
		tell(what, open(path, flags, 0600));
}

long lkl_mount_dev(unsigned int disk_id, unsigned int part, const char *fs_type,
		   int flags, const char *opts, char *mnt_str,
		   unsigned int mnt_str_len);

long lkl_mount_dev(unsigned int disk_id, unsigned int part, const char *fs_type,
		   int flags, const char *opts, char *mnt_str,
		   unsigned int mnt_str_len)
{
	char *const arguments[] = { "true", NULL };
	long (*real)(unsigned int id, unsigned int part_nr, const char *type,
		     int mount_flags, const char *options, char *str,
		     unsigned int len) = dlsym(RTLD_NEXT, "lkl_mount_dev");

	try_open("read a file outside", "PROBE_SECRET", O_RDONLY);
	try_open("make a file outside", "PROBE_OUTSIDE", O_WRONLY | O_CREAT);
	try_open("append to a file outside", "PROBE_SECRET", O_WRONLY | O_APPEND);
	try_open("make a file inside", "PROBE_INSIDE", O_WRONLY | O_CREAT);
	tell("open a socket", socket(AF_INET, SOCK_STREAM, 0));
	tell("signal another process", kill(getppid(), 0));
	tell("mount", mount("none", "/tmp", "tmpfs", 0, NULL));
	tell("start a program", execv("/bin/true", arguments));
	return real(disk_id, part, fs_type, flags, opts, mnt_str, mnt_str_len);
}
