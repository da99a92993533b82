// SPDX-License-Identifier: GPL-2.0
/*
 * peer.c - memory and descriptors of a trapped program
 *
 * Layer:   tools/lkl/hijack/trap; called by whatever serves a call.
 * Context: the thread of serve.c. Thread numbers come from notifications.
 */
#include "inside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef PIDFD_THREAD
#define PIDFD_THREAD	O_EXCL
#endif

#define PAGE	4096UL

/*
 * File-scope state: pidfds of threads seen lately, by thread number. A cache; an
 * entry is looked at again at each use.
 */
static struct {
	pid_t tid;
	int pidfd;
} pidfds[256];

int peer_read(pid_t tid, uint64_t addr, void *buf, size_t len)
{
	struct iovec here = { buf, len };
	struct iovec there = { (void *)addr, len };

	if (!len)
		return 0;
	return process_vm_readv(tid, &here, 1, &there, 1, 0) == (ssize_t)len ?
	       0 : -EFAULT;
}

int peer_write(pid_t tid, uint64_t addr, const void *buf, size_t len)
{
	struct iovec here = { (void *)buf, len };
	struct iovec there = { (void *)addr, len };

	if (!len)
		return 0;
	return process_vm_writev(tid, &here, 1, &there, 1, 0) == (ssize_t)len ?
	       0 : -EFAULT;
}

/* Page by page, since the one after the string may not be there. */
ssize_t peer_string(pid_t tid, uint64_t addr, char *buf, size_t size)
{
	size_t have = 0;

	while (have < size) {
		size_t step = PAGE - (addr + have) % PAGE;
		char *end;

		if (step > size - have)
			step = size - have;
		if (peer_read(tid, addr + have, buf + have, step))
			return -EFAULT;
		end = memchr(buf + have, 0, step);
		if (end)
			return end - buf;
		have += step;
	}
	return -ENAMETOOLONG;
}

static int fd_stat(pid_t tid, int fd, struct stat *st)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)tid, fd);
	return stat(path, st);
}

bool peer_has(pid_t tid, int fd)
{
	struct stat st;

	return fd_stat(tid, fd, &st) == 0;
}

ino_t peer_inode(pid_t tid, int fd)
{
	struct stat st;

	if (fd_stat(tid, fd, &st) || !S_ISSOCK(st.st_mode))
		return 0;
	return st.st_ino;
}

/* The process of a thread, for hosts without pidfds of threads. */
static pid_t process_of(pid_t tid)
{
	char path[64], line[256];
	int tgid = tid;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)tid);
	f = fopen(path, "re");
	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, "Tgid:", 5)) {
			tgid = (int)strtol(line + 5, NULL, 10);
			break;
		}
	fclose(f);
	return tgid;
}

static int open_pidfd(pid_t tid)
{
	int fd = (int)syscall(SYS_pidfd_open, tid, PIDFD_THREAD);

	if (fd < 0 && errno == EINVAL)
		fd = (int)syscall(SYS_pidfd_open, process_of(tid), 0);
	return fd < 0 ? -errno : fd;
}

static bool pidfd_alive(int pidfd)
{
	return syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0) == 0;
}

static int pidfd_of(pid_t tid)
{
	unsigned int slot = (unsigned int)tid % (sizeof(pidfds) / sizeof(pidfds[0]));

	if (pidfds[slot].tid == tid && pidfd_alive(pidfds[slot].pidfd))
		return pidfds[slot].pidfd;
	if (pidfds[slot].tid)
		close(pidfds[slot].pidfd);
	pidfds[slot].pidfd = open_pidfd(tid);
	pidfds[slot].tid = pidfds[slot].pidfd < 0 ? 0 : tid;
	return pidfds[slot].pidfd;
}

int peer_getfd(pid_t tid, int fd)
{
	int pidfd = pidfd_of(tid);
	int ours;

	if (pidfd < 0)
		return pidfd;
	ours = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	return ours < 0 ? -errno : ours;
}

/* Return: the number of the socket among the descriptors of @directory, or -1. */
static int directory_search(int directory, ino_t ino)
{
	DIR *dir = fdopendir(directory);
	struct dirent *entry;
	struct stat st;
	int found = -1;

	if (!dir) {
		close(directory);
		return -1;
	}
	while (found < 0 && (entry = readdir(dir)))
		if (!fstatat(directory, entry->d_name, &st, 0) &&
		    S_ISSOCK(st.st_mode) && st.st_ino == ino)
			found = (int)strtol(entry->d_name, NULL, 10);
	closedir(dir);
	return found;
}

bool peer_search(ino_t ino, pid_t *pid, int *fd)
{
	DIR *all = opendir("/proc");
	struct dirent *entry;
	char path[64];
	int directory;

	*fd = -1;
	while (all && *fd < 0 && (entry = readdir(all))) {
		*pid = (pid_t)strtol(entry->d_name, NULL, 10);
		if (*pid <= 0 || *pid == getpid())
			continue;
		snprintf(path, sizeof(path), "/proc/%d/fd", (int)*pid);
		directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (directory >= 0)
			*fd = directory_search(directory, ino);
	}
	if (all)
		closedir(all);
	return *fd >= 0;
}
