// SPDX-License-Identifier: GPL-2.0
/*
 * hooks.c - fork() and exit() of a process on a library kernel
 *
 * Layer:   tools/lkl/hijack/service; see service.h.
 * Users:   preload/process.c and preload/exit.c, by process_hooks.
 * Locking: fork_lock from before fork() to after it, in the parent.
 */
#include "service.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "config.h"
#include "epoll_side.h"
#include "kernel.h"
#include "process.h"
#include "real.h"
#include "registry.h"
#include "table.h"
#include "wait.h"

/* As launcher/launcher.h has it. */
#define STATUS_VARIABLE	CONFIG_INTERNAL_PREFIX "STATUS_FD"

/*
 * File-scope state: one fork() at a time. What the child inherits: the library's
 * descriptors, sorted by number, and those the child has instead.
 */
static pthread_mutex_t fork_lock = PTHREAD_MUTEX_INITIALIZER;
static int *olds, *news;
static size_t count, room;
static int ends[2] = { -1, -1 };
static pid_t owner;

/* ---- what is inherited ---- */

static void collect(int lib)
{
	if (lib < 0 || lib == kernel_dead)
		return;
	if (count == room) {
		int *more = realloc(olds, (2 * room + 64) * sizeof(int));

		if (!more)
			return;		/* closed in the child */
		olds = more;
		room = 2 * room + 64;
	}
	olds[count++] = lib;
}

static void collect_file(int fd, struct file *file)
{
	(void)fd;
	collect(file->lib);
}

static void collect_epoll(int fd, struct file *file)
{
	(void)fd;
	collect(epoll_lib(file->epoll));
}

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* Descriptors that share an epoll name its library side once each. */
static void sort(void)
{
	size_t kept = 0;

	qsort(olds, count, sizeof(int), by_number);
	for (size_t i = 0; i < count; i++)
		if (!kept || olds[kept - 1] != olds[i])
			olds[kept++] = olds[i];
	count = kept;
}

static int new_number(int lib)
{
	int *at = bsearch(&lib, olds, count, sizeof(int), by_number);

	return at ? news[at - olds] : kernel_dead;
}

/* ---- around fork() ---- */

static long ask(void)
{
	news = malloc(count * sizeof(int) + 1);
	if (!news)
		return -ENOMEM;
	if (count)
		memcpy(news, olds, count * sizeof(int));
	if (client_is())
		return client_fork(news, count, ends[1]);
	return server_fork(news, count, ends[1], 0);
}

static void before(void)
{
	long err;

	process_note_status();
	pthread_mutex_lock(&fork_lock);
	count = 0;
	file_each(collect_file);
	file_each_epoll(collect_epoll);
	sort();
	err = connection_make(ends);
	if (!err)
		err = ask();
	/* A client's end was sent; the owner has taken its own. */
	if (client_is() && ends[1] >= 0)
		connection_close(ends[1]);
	if (err) {
		connection_close(ends[0]);
		ends[0] = -1;
	}
	if (client_is())
		return;
	owner = getpid();
	server_freeze();
}

static void after(void)
{
	free(news);
	news = NULL;
	ends[0] = -1;
	ends[1] = -1;
}

static void parent(void)
{
	if (!client_is())
		server_thaw();
	connection_close(ends[0]);
	after();
	pthread_mutex_unlock(&fork_lock);
}

static void adopt_file(int fd, struct file *file)
{
	(void)fd;
	file->lib = new_number(file->lib);
}

static void adopt_epoll(int fd, struct file *file)
{
	int lib = epoll_lib(file->epoll);

	(void)fd;
	/* More than one number may have it; it is the same already then. */
	if (lib >= 0 && !file->epoll->adopted)
		epoll_forked(file->epoll, new_number(lib));
}

static void forget_epoll(int fd, struct file *file)
{
	(void)fd;
	file->epoll->adopted = false;
}

static void child(void)
{
	pthread_mutex_init(&fork_lock, NULL);
	if (client_is())
		client_forget();
	else
		server_forget();
	wait_forked();
	if (ends[0] >= 0) {
		client_start(ends[0], owner);
		file_each(adopt_file);
		file_each_epoll(forget_epoll);
		file_each_epoll(adopt_epoll);
	}
	after();
}

/* ---- numbers on their way to other processes ---- */

static int keep(ino_t inode, int lib, int end)
{
	if (client_is())
		return (int)client_keep(inode, lib, end);
	if (!server_clients())
		return 0;
	return registry_keep(inode, lib, connection_keep(real.dup(end)));
}

static int find(ino_t inode, int *end)
{
	int lib;

	if (client_is())
		return client_find(inode, end);
	lib = registry_find(inode, end);
	if (lib >= 0)
		*end = connection_keep(real.dup(*end));
	return lib;
}

/* ---- the owner ends before its clients ---- */

static bool serving(void)
{
	return !client_is() && server_clients();
}

/* lkl-hijack ends as we would have; others see us end when we really do. */
static void tell_launcher(int status)
{
	const char *fd = getenv(STATUS_VARIABLE);
	const int end[2] = { getpid(), (status & 0xff) << 8 };

	if (fd && real.write(atoi(fd), end, sizeof(end)) < 0)
		return;	/* nobody waits */
}

/* Who waits for the end of what the program has open is not to wait for us. */
static void close_programs_own(void)
{
	DIR *dir = real.opendir("/proc/self/fd");
	struct dirent *entry;
	int fd;

	while (dir && (entry = real.readdir(dir))) {
		fd = atoi(entry->d_name);
		if (entry->d_name[0] != '.' && fd != real.dirfd(dir) &&
		    !fd_internal(fd))
			real.close(fd);
	}
	if (dir)
		real.closedir(dir);
}

static void serve(int status)
{
	sigset_t all;

	/* The program has ended: its handlers are not run any more. */
	sigfillset(&all);
	real.pthread_sigmask(SIG_SETMASK, &all, NULL);
	tell_launcher(status);
	close_programs_own();
	server_wait();
}

static const struct process_hooks hooks = {
	.before = before,
	.parent = parent,
	.child = child,
	.keep = keep,
	.find = find,
	.serving = serving,
	.serve = serve,
};

__attribute__((constructor(104)))
static void service_init(void)
{
	process_hooks_set(&hooks);
}
