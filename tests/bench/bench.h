/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bench.h - one benchmark, run on one side
 *
 * Layer: tests/bench, an ordinary program that uses liblkl.
 * Users: the files of tests/bench; bench.py runs the program and compares.
 */
#ifndef BENCH_H
#define BENCH_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#define KIB	1024L
#define MIB	(1024L * KIB)

/**
 * struct side - who does the work: the library or the host kernel
 * @name: "lkl" or "host"
 * @call: one system call; a count or a negative errno
 * @start: get ready, with a kernel command line where there is one
 * @mount: make the file system at @where available: an image for the library,
 *	a directory for the host; leaves its path in root[]
 * @umount: the opposite; nothing of it stays cached
 * @pretouch: touch the memory the kernel will use, so that its first use is
 *	not what gets measured; no-op on the host
 * @stop: the opposite of @start
 */
struct side {
	const char *name;
	long (*call)(long nr, long a, long b, long c, long d);
	void (*start)(const char *cmdline);
	void (*mount)(const char *where);
	void (*umount)(void);
	void (*pretouch)(void);
	void (*stop)(void);
};

extern const struct side lkl_side, host_side;
extern char root[256];

/**
 * struct bench - one measurement
 * @name: as in the table
 * @cmdline: what the library boots with
 * @run: do it and report() the figure
 */
struct bench {
	const char *name;
	const char *cmdline;
	void (*run)(const struct side *side, const char *where);
};

extern const struct bench call_benches[], ext4_benches[], life_benches[];
extern const struct bench net_benches[];

/* The figure, and its name where one run gives several. */
void report(const char *name, double value);

/* Nothing here goes on after an error: a figure of it would mean nothing. */
void die(const char *what, long err) __attribute__((noreturn));
long must(const char *what, long ret);

uint64_t now_ns(void);
void *touched_buffer(size_t size);

#endif /* BENCH_H */
