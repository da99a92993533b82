// SPDX-License-Identifier: GPL-2.0
/*
 * progress.c - one line on a terminal: how far, how fast, how long still
 *
 * Layer:   tools; see progress.h.
 * Context: one thread.
 */
#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "diag.h"

#define NS		1000000000LL
#define FIRST_SHOWN	(NS / 2)
#define INTERVAL	(NS / 5)
#define RATE_WINDOW	(3 * NS)
#define LINE_MAX_LEN	256
#define CLEAR_LINE	"\r\033[K"

/**
 * struct progress - the state of the line
 * @total_files: expected, or 0
 * @total_bytes: expected, or 0
 * @files: so far
 * @bytes: so far
 * @start: when it began, monotonic ns
 * @first: how long nothing is shown, ns: short runs show nothing
 * @interval: between two looks, ns
 * @due: when to show the line next
 * @mark_time: beginning of the window that the rate is measured over
 * @mark_bytes: @bytes then
 * @rate: bytes a second
 */
struct progress {
	uint64_t total_files, total_bytes;
	uint64_t files, bytes;
	int64_t start, due;
	int64_t first, interval;
	int64_t mark_time;
	uint64_t mark_bytes;
	double rate;
};

static int64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NS + ts.tv_nsec;
}

static void erase(void)
{
	fputs(CLEAR_LINE, stderr);
	fflush(stderr);
}

int progress_wanted(void)
{
	const char *term = getenv("TERM");

	return isatty(STDERR_FILENO) && term && *term && strcmp(term, "dumb");
}

/* LKL_PROGRESS_INTERVAL, in milliseconds, says when to look. */
static void set_pace(struct progress *p)
{
	const char *text = getenv("LKL_PROGRESS_INTERVAL");
	char *end;
	long ms;

	p->first = FIRST_SHOWN;
	p->interval = INTERVAL;
	if (!text || !*text)
		return;
	ms = strtol(text, &end, 10);
	if (*end || ms < 0 || ms > 60000)
		return;
	p->first = ms * (NS / 1000);
	p->interval = p->first;
}

struct progress *progress_new(uint64_t files, uint64_t bytes)
{
	struct progress *p;

	if (!progress_wanted())
		return NULL;
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->total_files = files;
	p->total_bytes = bytes;
	p->start = now();
	p->mark_time = p->start;
	set_pace(p);
	p->due = p->start + p->first;
	return p;
}

static void format_size(char *out, size_t len, double bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	unsigned int u = 0;

	while (bytes >= 1000 && u < 4) {
		bytes /= 1024;
		u++;
	}
	snprintf(out, len, "%.*f %s", u && bytes < 10 ? 1 : 0, bytes,
		 units[u]);
}

static void measure_rate(struct progress *p, int64_t time)
{
	int64_t passed = time - p->mark_time;

	if (passed <= 0)
		return;
	p->rate = (double)(p->bytes - p->mark_bytes) * NS / passed;
	if (passed >= RATE_WINDOW) {
		p->mark_time = time;
		p->mark_bytes = p->bytes;
	}
}

/* Seconds left by bytes, or by files where there are few bytes; -1 unknown. */
static long seconds_left(const struct progress *p, int64_t time)
{
	double passed = (double)(time - p->start) / NS;
	double by_bytes = 0, by_files = 0;

	if (p->total_files <= p->files && p->total_bytes <= p->bytes)
		return -1;
	if (p->bytes && p->total_bytes > p->bytes)
		by_bytes = passed * (p->total_bytes - p->bytes) / p->bytes;
	if (p->files && p->total_files > p->files)
		by_files = passed * (p->total_files - p->files) / p->files;
	/* Whichever of the two is further along tells less. */
	return by_bytes > by_files ? by_bytes + 0.5 : by_files + 0.5;
}

static int terminal_width(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || !size.ws_col)
		return 80;
	return size.ws_col;
}

static void show_line(const char *line)
{
	fprintf(stderr, CLEAR_LINE "%.*s", terminal_width() - 1, line);
	fflush(stderr);
	diag_line_hook(erase);
}

static int put_left(char *line, int len, long left)
{
	if (left < 0)
		return 0;
	if (left >= 3600)
		return snprintf(line, len, ", %ld:%02ld:%02ld left",
				left / 3600, left / 60 % 60, left % 60);
	return snprintf(line, len, ", %ld:%02ld left", left / 60, left % 60);
}

static void show(struct progress *p, int64_t time)
{
	char line[LINE_MAX_LEN], done[16], total[16], rate[16];
	int n;

	measure_rate(p, time);
	format_size(done, sizeof(done), p->bytes);
	format_size(rate, sizeof(rate), p->rate);
	n = snprintf(line, sizeof(line), "%s: %s", diag_program(), done);
	if (p->total_bytes) {
		format_size(total, sizeof(total), p->total_bytes);
		n += snprintf(line + n, sizeof(line) - n, " of %s", total);
	}
	if (p->files)
		n += snprintf(line + n, sizeof(line) - n, ", %" PRIu64,
			      p->files);
	if (p->files && p->total_files)
		n += snprintf(line + n, sizeof(line) - n, " of %" PRIu64,
			      p->total_files);
	n += snprintf(line + n, sizeof(line) - n, "%s, %s/s",
		      p->files ? " files" : "", rate);
	put_left(line + n, sizeof(line) - n, seconds_left(p, time));
	show_line(line);
}

static void tick(struct progress *p)
{
	int64_t time = now();

	if (time < p->due)
		return;
	p->due = time + p->interval;
	show(p, time);
}

void progress_file(struct progress *p)
{
	if (!p)
		return;
	p->files++;
	tick(p);
}

void progress_bytes(struct progress *p, uint64_t count)
{
	if (!p)
		return;
	p->bytes += count;
	tick(p);
}

void progress_note(struct progress *p, const char *text)
{
	char line[LINE_MAX_LEN];

	/* Only a run long enough to have shown something shows its end. */
	if (!p || now() < p->start + p->first)
		return;
	snprintf(line, sizeof(line), "%s: %s", diag_program(), text);
	show_line(line);
}

void progress_free(struct progress *p)
{
	if (!p)
		return;
	diag_line_hook(NULL);
	erase();
	free(p);
}
