// SPDX-License-Identifier: GPL-2.0
/*
 * boot.c - bring the library kernel up in a hijacked process
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   kernel.c, under its lock, in the thread of the first socket().
 *
 * The descriptors that liblkl.so opens for itself (memory, devices) must not
 * take the low numbers that the program may expect, and must not be closed by
 * a program that closes all it does not know. So while it boots, the numbers
 * below our own are filled; what is open above them afterwards is marked ours.
 */
#include "boot.h"

#include <stdlib.h>
#include <sys/syscall.h>

#include "api.h"
#include "kernel.h"
#include "limits.h"
#include "real.h"
#include "signals.h"
#include "table.h"

#define LIBRARY_FDS	(FD_MAX + 4096)

/* Enough for who expects small numbers, or selects; more takes time. */
#define FILL_MAX	1024

/**
 * struct filling - numbers that keep the low ones from the library
 * @fds: them
 * @count: how many
 * @base: the library's numbers start here
 */
struct filling {
	int *fds;
	int count;
	int base;
};

/* Call @fn for each descriptor of the process. */
static void each_fd(void (*fn)(int fd, int *base), int *base)
{
	DIR *dir = real.opendir("/proc/self/fd");
	struct dirent *entry;
	int fd;

	if (!dir)
		return;
	while ((entry = real.readdir(dir))) {
		fd = atoi(entry->d_name);
		if (entry->d_name[0] != '.' && fd != real.dirfd(dir))
			fn(fd, base);
	}
	real.closedir(dir);
}

static void beyond(int fd, int *base)
{
	if (fd >= *base)
		*base = fd + 1;
}

static void fill(struct filling *filling)
{
	int fd = real.open("/dev/null", O_RDONLY | O_CLOEXEC);

	filling->count = 0;
	filling->base = limits_own_base();
	if (filling->base > FILL_MAX)
		filling->base = FILL_MAX;
	each_fd(beyond, &filling->base);
	filling->fds = malloc(sizeof(int) * filling->base);
	while (fd >= 0 && fd < filling->base && filling->fds) {
		filling->fds[filling->count++] = fd;
		fd = real.fcntl(fd, F_DUPFD_CLOEXEC, fd + 1);
	}
	if (fd >= 0)
		real.close(fd);
}

static void unfill(struct filling *filling)
{
	while (filling->count)
		real.close(filling->fds[--filling->count]);
	free(filling->fds);
}

/*
 * File-scope state: numbers that came with the library, and how many. A forked child
 * has no use for them, and a device is busy as long as anybody has it.
 */
static int *own;
static size_t own_count;

static void note_own(int fd)
{
	int *more = realloc(own, (own_count + 1) * sizeof(int));

	if (!more)
		return;
	own = more;
	own[own_count++] = fd;
}

/* Whatever is open beyond the program's numbers came with the library. */
static void mark_own(int fd, int *base)
{
	if (fd < *base || fd >= FD_MAX || file_peek(fd))
		return;
	file_publish(fd, &file_internal);
	note_own(fd);
}

void boot_forked(void)
{
	while (own_count) {
		file_withdraw(own[--own_count]);
		real.close(own[own_count]);
	}
}

static long sys(long nr, long a, long b, long c)
{
	return kernel_call(nr, a, b, c, 0, 0, 0);
}

/* The descriptor that stands in for closed ones. */
static int dead_open(void)
{
	kernel_dead = (int)sys(SYS_open, (long)"/", O_PATH | O_CLOEXEC, 0);
	return kernel_dead < 0 ? kernel_dead : 0;
}

/* What the program's settings say; kept, since the kernel lives as long as we. */
static struct config config;
static struct applied applied = { .cfg = &config, .api = &api.apply };

static int settings_apply(void)
{
	struct config_error error;
	int err = config_load(&config, &error);

	applied.library = api.library;
	if (!err)
		err = apply(&applied, &error);
	if (err)
		complain(error.text, NULL);
	return err;
}

static int set_up(void)
{
	int err;

	kernel_call_set(api.apply.lkl_syscall);
	err = api.lkl_set_fd_limit(LIBRARY_FDS);
	if (!err)
		err = dead_open();
	if (err)
		complain("cannot use the library kernel",
			 api.apply.lkl_strerror(err));
	return err;
}

static int bring_up(void)
{
	int err = api_load();

	if (!err)
		err = settings_apply();
	return err ? err : set_up();
}

void boot_dump(void)
{
	if (applied.running)
		apply_dump(&applied, STDERR_FILENO);
}

void boot_release(void)
{
	if (applied.running)
		apply_release(&applied);
}

int boot(void)
{
	struct filling filling;
	int err;

	limits_split();
	signals_before_boot();
	fill(&filling);
	err = bring_up();
	each_fd(mark_own, &filling.base);
	unfill(&filling);
	return err;
}
