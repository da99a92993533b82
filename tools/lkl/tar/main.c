// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - fs2tar and tar2fs: disk images to tar archives and back
 *
 * Layer:   tools; the main() of both, which differ in their names only.
 * Context: one thread.
 */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../cp/diag.h"
#include "../cp/measure.h"
#include "../cp/progress.h"
#include "../cp/repeat.h"
#include "../cp/stop.h"
#include "../cp/volume.h"
#include "../sandbox/sandbox.h"
#include "cmdline.h"
#include "pack.h"
#include "stream.h"
#include "unpack.h"

/**
 * struct run - what is open
 * @c: what is wanted
 * @images: the disk images
 * @stream: the archive
 * @contexts: where SELinux contexts go, or NULL
 * @tree: the file system, when it is mounted
 */
struct run {
	const struct cmdline *c;
	struct images *images;
	struct stream stream;
	FILE *contexts;
	struct tree tree;
};

/* Counting takes as long as a walk does; only a terminal makes it worth it. */
static struct progress *start_pack_progress(struct run *r)
{
	char *root[] = { "." };
	uint64_t files = 0, bytes = 0;

	if (!progress_wanted())
		return NULL;
	measure(&r->tree, root, 1, &stop, &files, &bytes);
	return progress_new(files, bytes);
}

static int pack(struct run *r, struct progress **progress)
{
	struct pack p = {
		.tree = &r->tree,
		.stream = &r->stream,
		.contexts = r->contexts,
		.clamp = r->c->clamp,
		.epoch = r->c->epoch,
		.stop = &stop,
	};

	*progress = start_pack_progress(r);
	p.progress = *progress;
	return pack_run(&p);
}

static int unpack(struct run *r, struct progress **progress)
{
	struct unpack u = {
		.tree = &r->tree,
		.stream = &r->stream,
		.whiteouts = r->c->whiteouts,
		.clamp = r->c->clamp,
		.epoch = r->c->epoch,
		.stop = &stop,
	};

	*progress = progress_new(0, r->stream.size);
	u.progress = *progress;
	r->stream.progress = *progress;
	return unpack_run(&u);
}

static enum diag_status run_mounted(struct run *r, struct volume *volume)
{
	struct progress *progress = NULL;
	enum diag_status status = DIAG_OK;

	stop_catch();
	r->tree.base = volume_root(volume);
	r->stream.stop = &stop;
	if (r->c->image.repeatable)
		repeat_begin(volume, r->c->image.names[0], r->c->epoch);
	if (r->c->pack ? pack(r, &progress) : unpack(r, &progress))
		status = DIAG_FILES;
	r->stream.progress = NULL;
	progress_note(progress, "writing back");
	if (volume_close(volume))
		status = DIAG_FINISH;
	progress_free(progress);
	return status;
}

/* What may be written is open by now; nothing else is needed of the host. */
static enum diag_status run_confined(struct run *r)
{
	const struct sandbox sandbox = {
		.role = SANDBOX_CLOSED,
		.unlock = imageopts_may_unlock(&r->c->image) &&
			  !r->c->image.self_test,
	};
	struct volume *volume;
	enum diag_status status;
	char *label;

	if (asprintf(&label, "%s:", r->c->image.names[0]) < 0) {
		diag_error("%s", diag_cause(-ENOMEM));
		return DIAG_IMAGE;
	}
	r->tree = (struct tree){ .ops = &tree_image_ops, .label = label };
	status = volume_open(r->images, &r->c->image, &sandbox, &volume);
	if (volume)
		status = run_mounted(r, volume);
	free(label);
	return status;
}

static enum diag_status open_contexts(struct run *r)
{
	if (!r->c->contexts)
		return DIAG_OK;
	r->contexts = fopen(r->c->contexts, "we");
	if (r->contexts)
		return DIAG_OK;
	diag_error("%s: %s", r->c->contexts, diag_cause(-errno));
	return DIAG_FILES;
}

static enum diag_status close_contexts(struct run *r)
{
	bool failed;

	if (!r->contexts)
		return DIAG_OK;
	failed = ferror(r->contexts);
	if (!fclose(r->contexts) && !failed)
		return DIAG_OK;
	diag_error("%s: %s", r->c->contexts, diag_cause(-errno));
	return DIAG_FILES;
}

/* Both ends count; the graver one is told. */
static enum diag_status graver(enum diag_status a, enum diag_status b)
{
	return a > b ? a : b;
}

static enum diag_status run_with_images(struct run *r)
{
	enum diag_status status;

	if (r->c->image.self_test)
		return run_confined(r);
	if (stream_open(&r->stream, r->c->archive, r->c->pack, r->images))
		return DIAG_FILES;
	status = open_contexts(r);
	if (!status) {
		status = run_confined(r);
		status = graver(status, close_contexts(r));
	}
	if (stream_close(&r->stream))
		status = graver(status, DIAG_FILES);
	return status;
}

/* Nothing is overwritten for an archive that is not there. */
static enum diag_status make_file_system(const struct cmdline *c)
{
	int err;

	if (!c->mkfs.type)
		return DIAG_OK;
	if (strcmp(c->archive, "-") && access(c->archive, R_OK)) {
		diag_error("%s: %s", c->archive, diag_cause(-errno));
		return DIAG_FILES;
	}
	err = mkfs_run(&c->mkfs, c->image.names[0]);
	if (err == -EINVAL)
		return DIAG_USAGE;
	return err ? DIAG_IMAGE : DIAG_OK;
}

static enum diag_status run(const struct cmdline *c)
{
	struct run r = { .c = c };
	enum diag_status status;

	status = make_file_system(c);
	if (status)
		return status;
	r.images = volume_images_open(&c->image);
	if (!r.images)
		return DIAG_IMAGE;
	status = run_with_images(&r);
	if (volume_images_close(r.images))
		status = DIAG_FINISH;
	return status;
}

int main(int argc, char **argv)
{
	enum diag_status status;
	struct cmdline c;

	switch (cmdline_parse(&c, argc, argv)) {
	case OPTIONS_DONE:
		return diag_flush_stdout();
	case OPTIONS_WRONG:
		return DIAG_USAGE;
	case OPTIONS_RUN:
		break;
	}
	/* A pax header wants UTF-8; for reading see is_about_names(). */
	if (c.pack)
		setlocale(LC_CTYPE, "C.UTF-8");
	/* Beyond a file size limit a write shall fail, and so be reported. */
	signal(SIGXFSZ, SIG_IGN);
	status = run(&c);
	if (status != DIAG_FINISH)
		stop_raise(c.pack ? "archive" : "copy");
	return status;
}
