// SPDX-License-Identifier: GPL-2.0
/*
 * file.c - files that a trapped program sees the library's for
 *
 * Layer:   tools/lkl/hijack/trap; called by call.c.
 * Context: the thread of serve.c.
 *
 * What the kernel says of its network, and which name servers can be reached by it: the
 * program gets a copy of the library's file, as it was when it was opened. What cannot be
 * had that way (writing, directories) is refused: the host's is of another network.
 */
#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <lkl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define RESOLV_CONF	"/etc/resolv.conf"

/* Prefixes of paths, with the slash that ends a name. */
static const char * const of_kernel[] = {
	"/proc/net/", "/proc/self/net/", "/proc/thread-self/net/", "/proc/sys/net/",
	"/sys/class/net/", "/etc/resolv.conf/",
};

/* With or without what comes after the last slash. */
static bool is_of_kernel(const char *path)
{
	for (size_t i = 0; i < sizeof(of_kernel) / sizeof(of_kernel[0]); i++) {
		size_t len = strlen(of_kernel[i]);

		if (!strncmp(path, of_kernel[i], len) ||
		    (!strncmp(path, of_kernel[i], len - 1) && !path[len - 1]))
			return true;
	}
	return false;
}

/* openat2() has its flags in memory. */
static long flags_of(const struct call *call, uint64_t *flags)
{
	const __u64 *args = call->req->data.args;

	if (call->req->data.nr != __lkl__NR_openat2) {
		*flags = args[call->req->data.nr == __lkl__NR_openat ? 2 : 1];
		return 0;
	}
	return peer_read((pid_t)call->req->pid, args[2], flags, sizeof(*flags));
}

static long copy_out(struct trap *trap, long fd, int copy)
{
	long n;

	while ((n = kernel(__lkl__NR_read, fd, (long)trap->buf, BUFFER_SIZE, 0, 0,
			   0)) > 0)
		if (write(copy, trap->buf, (size_t)n) != n)
			return -ENOSPC;
	lseek(copy, 0, SEEK_SET);
	return n;
}

static bool names_server(const char *line)
{
	while (line && strncmp(line, "nameserver", strlen("nameserver"))) {
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	return line;
}

/* Who reads the file is about to look a name up. */
static void name_servers_look(struct trap *trap, int copy)
{
	char text[4096];
	ssize_t len = pread(copy, text, sizeof(text) - 1, 0);

	text[len > 0 ? len : 0] = '\0';
	if (!trap->names_said && !names_server(text))
		trap_message(trap, "no name server can be reached: see --nameserver");
	trap->names_said = true;
}

/* Return: a descriptor of the host with what the library's file says. */
static long copy_of(struct trap *trap, const char *path)
{
	long fd = kernel(__lkl__NR_openat, AT_FDCWD, (long)path, O_RDONLY | O_CLOEXEC,
			 0, 0, 0);
	int copy;
	long err;

	if (fd < 0)
		return fd;
	copy = memfd_create("lkl", MFD_CLOEXEC);
	err = copy < 0 ? -errno : copy_out(trap, fd, copy);
	kernel(__lkl__NR_close, fd, 0, 0, 0, 0, 0);
	if (!err)
		return copy;
	if (copy >= 0)
		close(copy);
	return err;
}

static long give(struct call *call, int fd, uint64_t flags)
{
	struct seccomp_notif_addfd add = {
		.id = call->req->id,
		.flags = SECCOMP_ADDFD_FLAG_SEND,
		.srcfd = (__u32)fd,
		.newfd_flags = flags & O_CLOEXEC,
	};
	long err = 0;

	if (ioctl(call->trap->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add) < 0)
		err = -errno;
	close(fd);
	return err ? err : CALL_ANSWERED;
}

long file_open(struct call *call)
{
	bool at = call->req->data.nr == __lkl__NR_openat ||
		  call->req->data.nr == __lkl__NR_openat2;
	uint64_t flags;
	char path[256];
	long fd;

	if (peer_string((pid_t)call->req->pid, call->req->data.args[at], path,
			sizeof(path)) < 0)
		return CALL_CONTINUE;
	if (!is_of_kernel(path))
		return CALL_CONTINUE;
	if (flags_of(call, &flags))
		return -EFAULT;
	if ((flags & O_ACCMODE) != O_RDONLY || flags & O_DIRECTORY)
		return -EACCES;
	fd = copy_of(call->trap, path);
	if (fd >= 0 && !strcmp(path, RESOLV_CONF))
		name_servers_look(call->trap, (int)fd);
	return fd < 0 ? fd : give(call, (int)fd, flags);
}
