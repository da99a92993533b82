// SPDX-License-Identifier: GPL-2.0
/*
 * life.c - what it costs to have a kernel: to boot, in memory, when idle
 *
 * Layer: tests/bench.
 * Users: bench.c, through life_benches. Only the library's side exists.
 */
#include "bench.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CMDLINE		"mem=64M loglevel=0"

static void boot_run(const struct side *side, const char *where)
{
	uint64_t start = now_ns();

	side->start(CMDLINE);
	report("boot", (double)(now_ns() - start) / 1e6);
	side->stop();
}

/* The number after @key in a /proc status file. */
static long status_value(const char *path, const char *key)
{
	char line[256];
	long value = -1;
	FILE *file = fopen(path, "re");

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file))
		if (!strncmp(line, key, strlen(key)))
			value = strtol(line + strlen(key), NULL, 10);
	fclose(file);
	if (value < 0)
		die(key, -ENOENT);
	return value;
}

static void rss_run(const struct side *side, const char *where)
{
	report("rss_boot", (double)status_value("/proc/self/status", "VmRSS:") / 1024);
}

/* Context switches so far of all threads but this one. */
static long switches_of_others(void)
{
	struct dirent *entry;
	char path[300];
	long sum = 0;
	DIR *dir = opendir("/proc/self/task");

	if (!dir)
		die("/proc/self/task", -errno);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || atoi(entry->d_name) == getpid())
			continue;
		snprintf(path, sizeof(path), "/proc/self/task/%s/status", entry->d_name);
		sum += status_value(path, "voluntary_ctxt_switches:");
		sum += status_value(path, "nonvoluntary_ctxt_switches:");
	}
	closedir(dir);
	return sum;
}

static double cpu_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

/* After three seconds, in which a fresh kernel still tidies up. */
static void idle_run(const struct side *side, const char *where)
{
	double cpu;
	long switches;

	sleep(3);
	switches = switches_of_others();
	cpu = cpu_ms();
	sleep(5);
	cpu = cpu_ms() - cpu;
	switches = switches_of_others() - switches;
	report("idle", cpu);
	report("idle_wakeups", (double)switches);
}

const struct bench life_benches[] = {
	{ "boot", NULL, boot_run },
	{ "rss_boot", CMDLINE, rss_run },
	{ "idle", CMDLINE, idle_run },
	{ NULL, NULL, NULL }
};
