// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - cptofs and cpfromfs: copy files into and out of disk images
 *
 * Layer:   tools; the main() of both, which differ in their names only.
 * Context: one thread.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "copy.h"
#include "diag.h"
#include "expand.h"
#include "image.h"
#include "measure.h"
#include "options.h"
#include "progress.h"
#include "sandbox.h"
#include "stop.h"
#include "volume.h"

/* Each level of a tree that is being copied holds a descriptor open. */
static void raise_fd_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static struct progress *start_progress(struct tree *src,
				       const struct expand *sources)
{
	uint64_t files = 0, bytes = 0;

	if (!progress_wanted())
		return NULL;
	measure(src, sources->paths, sources->count, &stop, &files, &bytes);
	return progress_new(files, bytes);
}

static int copy_files(const struct options *o, struct tree *src,
		      struct tree *dst, const struct expand *sources,
		      struct progress **progress)
{
	struct copy copy = {
		.src = src,
		.dst = dst,
		.options = o->copy,
		.stop = &stop,
	};

	*progress = start_progress(src, sources);
	copy.progress = *progress;
	return copy_run(&copy, sources->paths, sources->count, o->destination);
}

/* The image is open and mounted: expand the patterns, copy, write back. */
static enum diag_status run_mounted(const struct options *o,
				    struct tree *host, struct tree *inside,
				    struct volume *volume)
{
	struct tree *src = o->from ? inside : host;
	struct tree *dst = o->from ? host : inside;
	struct expand sources = { 0 };
	struct progress *progress = NULL;
	enum diag_status status = DIAG_OK;

	if (expand_sources(&sources, src, o->sources, o->count, o->from))
		status = DIAG_FILES;
	if (sources.count &&
	    copy_files(o, src, dst, &sources, &progress))
		status = DIAG_FILES;
	progress_note(progress, "writing back");
	if (volume_close(volume))
		status = DIAG_FINISH;
	progress_free(progress);
	expand_free(&sources);
	return status;
}

static enum diag_status run_with_image(const struct options *o,
				       struct image *image)
{
	struct tree host = {
		.ops = &tree_host_ops,
		.label = "",
		.uid = geteuid(),
		.gid = getegid(),
		.skip_dev = image->dev,
		.skip_ino = image->ino,
	};
	struct tree inside = { .ops = &tree_image_ops };
	enum diag_status status = DIAG_IMAGE;
	struct volume *volume;
	char *label;

	if (asprintf(&label, "%s:", image->path) < 0) {
		diag_error("%s", diag_cause(-ENOMEM));
		return DIAG_IMAGE;
	}
	inside.label = label;
	host.base = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (host.base < 0) {
		diag_error(".: %s", diag_cause(-errno));
		goto out_free;
	}
	sandbox_enter(o->from ? o->destination : NULL);
	volume = volume_open(image, o);
	if (volume) {
		stop_catch();
		inside.base = volume_root(volume);
		status = run_mounted(o, &host, &inside, volume);
	}
	close(host.base);
out_free:
	free(label);
	return status;
}

static enum diag_status run(const struct options *o)
{
	enum diag_status status;
	struct image image;
	int err;

	if (image_open(&image, o->image, !o->from))
		return DIAG_IMAGE;
	status = run_with_image(o, &image);
	err = image_close(&image);
	if (err) {
		diag_error("%s: %s", image.path, diag_cause(err));
		status = DIAG_FINISH;
	}
	return status;
}

/* An answer that did not reach anybody is no success. */
static enum diag_status flush_stdout(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return DIAG_OK;
	diag_error("standard output: %s", diag_cause(-errno));
	return DIAG_FILES;
}

int main(int argc, char **argv)
{
	enum diag_status status;
	struct options o;

	switch (options_parse(&o, argc, argv)) {
	case OPTIONS_DONE:
		return flush_stdout();
	case OPTIONS_WRONG:
		return DIAG_USAGE;
	case OPTIONS_RUN:
		break;
	}
	umask(0);
	raise_fd_limit();
	/* Beyond a file size limit a write shall fail, and so be reported. */
	signal(SIGXFSZ, SIG_IGN);
	status = run(&o);
	if (status != DIAG_FINISH)
		stop_raise("copy");
	return status;
}
