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
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "copy.h"
#include "diag.h"
#include "expand.h"
#include "measure.h"
#include "options.h"
#include "progress.h"
#include "repeat.h"
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
		.parents = o->parents,
		.no_recursion = o->no_recursion,
		.stop = &stop,
	};

	*progress = start_progress(src, sources);
	copy.progress = *progress;
	return copy_run(&copy, sources->paths, sources->count, o->destination);
}

/**
 * struct run - what is open
 * @o: what is wanted
 * @images: the disk images
 * @host: the files of the host
 * @inside: the files of the image
 * @sources: paths of what is copied
 * @incomplete: not all of them could be found
 */
struct run {
	const struct options *o;
	struct images *images;
	struct tree host;
	struct tree inside;
	struct expand sources;
	bool incomplete;
};

static void find_sources(struct run *r, struct tree *src)
{
	if (expand_sources(&r->sources, src, r->o->sources, r->o->count))
		r->incomplete = true;
}

static bool is_listed_twice(const struct options *o)
{
	return o->files_from && !strcmp(o->files_from, "-") &&
	       o->image.images.key_file &&
	       !strcmp(o->image.images.key_file, "-");
}

/* The image is open and mounted: copy, write back. */
static enum diag_status run_mounted(struct run *r, struct volume *volume)
{
	struct tree *src = r->o->from ? &r->inside : &r->host;
	struct tree *dst = r->o->from ? &r->host : &r->inside;
	struct progress *progress = NULL;
	enum diag_status status = DIAG_OK;

	if (r->o->from)
		find_sources(r, src);
	if (r->sources.count &&
	    copy_files(r->o, src, dst, &r->sources, &progress))
		status = DIAG_FILES;
	progress_note(progress, "writing back");
	if (volume_close(volume))
		status = DIAG_FINISH;
	progress_free(progress);
	return status ? status : r->incomplete ? DIAG_FILES : DIAG_OK;
}

/* What is read of the host is known before the image is looked at. */
static enum diag_status run_confined(struct run *r)
{
	char *destination = (char *)r->o->destination;
	const struct sandbox sandbox = {
		.role = r->o->from ? SANDBOX_WRITES : SANDBOX_READS,
		.unlock = imageopts_may_unlock(&r->o->image),
		.count = r->o->from ? 1 : r->sources.count,
		.paths = r->o->from ? &destination : r->sources.paths,
		.parents = r->o->parents,
	};
	const struct sandbox closed = { .role = SANDBOX_CLOSED };
	struct volume *volume;
	enum diag_status status;

	status = volume_open(r->images, &r->o->image,
			     r->o->image.self_test ? &closed : &sandbox,
			     &volume);
	if (!volume)
		return status;
	stop_catch();
	r->inside.base = volume_root(volume);
	if (r->o->image.repeatable)
		repeat_begin(volume, r->o->image.names[0], r->o->copy.epoch);
	return run_mounted(r, volume);
}

static bool is_image(const void *images, dev_t dev, ino_t ino)
{
	return images_contains(images, dev, ino);
}

static enum diag_status run_with_images(struct run *r)
{
	const struct options *o = r->o;
	enum diag_status status;
	char *label;

	r->host = (struct tree){
		.ops = &tree_host_ops, .label = "",
		.uid = geteuid(), .gid = getegid(),
		.is_image = is_image, .images = r->images,
	};
	if (asprintf(&label, "%s:", o->image.names[0]) < 0) {
		diag_error("%s", diag_cause(-ENOMEM));
		return DIAG_IMAGE;
	}
	r->inside = (struct tree){ .ops = &tree_image_ops, .label = label };
	r->host.base = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (r->host.base < 0) {
		diag_error(".: %s", diag_cause(-errno));
		free(label);
		return DIAG_IMAGE;
	}
	if (!o->from)
		find_sources(r, &r->host);
	status = run_confined(r);
	close(r->host.base);
	free(label);
	return status;
}

static enum diag_status run(const struct options *o)
{
	struct run r = { .o = o };
	enum diag_status status;

	if (is_listed_twice(o)) {
		diag_error("standard input cannot be both list and passphrase");
		return DIAG_USAGE;
	}
	r.images = volume_images_open(&o->image);
	if (!r.images)
		return DIAG_IMAGE;
	if (o->files_from && expand_list(&r.sources, o->files_from, o->null))
		status = DIAG_FILES;
	else
		status = run_with_images(&r);
	expand_free(&r.sources);
	if (volume_images_close(r.images))
		status = DIAG_FINISH;
	return status;
}

int main(int argc, char **argv)
{
	enum diag_status status;
	struct options o;

	switch (options_parse(&o, argc, argv)) {
	case OPTIONS_DONE:
		return diag_flush_stdout();
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
