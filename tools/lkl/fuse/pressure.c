// SPDX-License-Identifier: GPL-2.0
/*
 * pressure.c - keep what file systems remember within the memory there is
 *
 * Layer:   tools, over lkl.h; called by worker.c and server.c.
 * Context: any thread that serves requests.
 */
#include "pressure.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <lkl.h>

#define LOOK_EVERY	32		/* requests; each may make some inodes */
#define PART		4		/* what slabs may have of the memory */
#define TIMES		300
#define PAUSE_NS	(2 * 1000 * 1000)

/* What drop_caches takes, one at a time: it refuses their sum. */
#define DROP_INODES	"2"		/* and directory entries */
#define DROP_QUIETLY	"4"		/* from now on: no word about it */

/* One process has one kernel. */
static struct {
	int meminfo;
	int drop;
	unsigned long least;
	unsigned long limit;
	atomic_uint requests;
	atomic_bool tight;
	pthread_mutex_t lock;
} pressure = {
	.meminfo = -1,
	.drop = -1,
	.lock = PTHREAD_MUTEX_INITIALIZER,
};

void pressure_init(unsigned int mib)
{
	pressure.least = pressure.limit = mib * 1024UL / PART;
	pressure.meminfo = lkl_sys_openat(AT_FDCWD, "/proc/meminfo",
					  O_RDONLY | O_CLOEXEC, 0);
	pressure.drop = lkl_sys_openat(AT_FDCWD, "/proc/sys/vm/drop_caches",
				       O_WRONLY | O_CLOEXEC, 0);
	lkl_sys_pwrite64(pressure.drop, DROP_QUIETLY, 1, 0);
}

/* KiB in slabs, where inodes and directory entries are; 0 if not known. */
static unsigned long slabs(void)
{
	char text[2048];
	long len = lkl_sys_pread64(pressure.meminfo, text, sizeof(text) - 1, 0);
	const char *line;

	if (len <= 0)
		return 0;
	text[len] = '\0';
	line = strstr(text, "\nSlab:");
	return line ? strtoul(line + 6, NULL, 10) : 0;
}

/* What was changed has to be written before it can be given up. */
static void relieve(void)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	int i;

	for (i = 0; i < TIMES && slabs() > pressure.limit; i++) {
		if (i == 1)
			lkl_sys_sync();
		if (i)
			lkl_sys_nanosleep(&pause, NULL);
		if (lkl_sys_pwrite64(pressure.drop, DROP_INODES, 1, 0) < 0)
			return;
	}
}

/*
 * What cannot be given up, since the host knows so many inodes, is allowed for:
 * up to twice as much.
 */
static void look(void)
{
	unsigned long now = slabs();

	if (now <= pressure.limit) {
		if (now < pressure.least)
			pressure.limit = pressure.least;
		return;
	}
	atomic_store(&pressure.tight, true);
	relieve();
	if (slabs() > pressure.limit && pressure.limit < 2 * pressure.least)
		pressure.limit += pressure.least / 4;
	atomic_store(&pressure.tight, false);
}

/* While it is tight, all wait. */
void pressure_relieve(void)
{
	if (pressure.meminfo < 0 || pressure.drop < 0)
		return;
	if (atomic_fetch_add(&pressure.requests, 1) % LOOK_EVERY &&
	    !atomic_load(&pressure.tight))
		return;
	pthread_mutex_lock(&pressure.lock);
	look();
	pthread_mutex_unlock(&pressure.lock);
}
