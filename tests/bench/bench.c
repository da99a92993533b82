// SPDX-License-Identifier: GPL-2.0
/*
 * bench.c - run one benchmark on one side and print its figures
 *
 * Layer:   tests/bench.
 * Users:   bench.py, which alternates the sides and takes medians.
 *
 *	bench <name> lkl|host [image or directory]
 *
 * Prints one line "name value" for each figure, in the unit bench.py knows.
 * One run is one process, so that no run inherits another's state.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

void report(const char *name, double value)
{
	printf("%s %.6g\n", name, value);
}

void die(const char *what, long err)
{
	fprintf(stderr, "bench: %s: %s\n", what, strerror((int)-err));
	exit(1);
}

long must(const char *what, long ret)
{
	if (ret < 0)
		die(what, ret);
	return ret;
}

uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

void *touched_buffer(size_t size)
{
	void *buf = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (buf == MAP_FAILED)
		die("mmap", -1);
	memset(buf, 0x5a, size);
	return buf;
}

static const struct bench *find_bench(const char *name)
{
	static const struct bench *const tables[] = {
		call_benches, ext4_benches, life_benches, net_benches
	};
	const struct bench *b;

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (b = tables[i]; b->name; b++)
			if (!strcmp(b->name, name))
				return b;
	return NULL;
}

int main(int argc, char **argv)
{
	const struct bench *bench = argc > 2 ? find_bench(argv[1]) : NULL;
	const struct side *side;

	if (!bench) {
		fprintf(stderr, "usage: bench NAME lkl|host [IMAGE|DIRECTORY]\n");
		return 2;
	}
	side = strcmp(argv[2], "host") ? &lkl_side : &host_side;
	if (bench->cmdline)
		side->start(bench->cmdline);
	bench->run(side, argc > 3 ? argv[3] : "");
	if (bench->cmdline)
		side->stop();
	return 0;
}
