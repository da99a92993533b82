// SPDX-License-Identifier: GPL-2.0
/*
 * worker.c - the process that reads the image
 *
 * Layer:   tools; called by supervisor.c in a process of its own.
 * Context: one thread, until session.c starts others.
 */
#include "worker.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "sandbox.h"
#include "session.h"
#include "volume.h"

/* Descriptors of inodes that are kept open though nobody is using them. */
#define IDLE_DESCRIPTORS	4096

/* Where the kernel's log goes to, for a function that gets no argument. */
static int log_fd = -1;
static bool log_to_stderr;

static void put_all(int fd, const char *text, int len)
{
	ssize_t n;

	while (len > 0) {
		n = write(fd, text, len);
		if (n < 0 && errno != EINTR)
			return;
		if (n > 0) {
			text += n;
			len -= n;
		}
	}
}

static void print_log(const char *text, int len)
{
	if (log_fd >= 0)
		put_all(log_fd, text, len);
	if (log_to_stderr)
		put_all(STDERR_FILENO, text, len);
}

static void tell_ready(void *arg)
{
	put_all((intptr_t)arg, "R", 1);
}

/*
 * Signals that end the mount are the supervisor's business, which unmounts:
 * then there is no request any more, and this process ends by itself.
 */
static void leave_signals(void)
{
	static const int ignored[] = {
		SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ, SIGTSTP,
	};
	sigset_t none;
	size_t i;

	for (i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static enum diag_status serve(struct volume *v, struct fuse_session *se,
			      struct fs *fs)
{
	const struct config *c = v->config;
	int err;

	err = node_table_init(&fs->nodes, v->root, volume_has_handles(v),
			      IDLE_DESCRIPTORS);
	if (err) {
		diag_error("%s: %s", c->image, diag_cause(err));
		return DIAG_IMAGE;
	}
	fs->owner = c->owner;
	fs->default_permissions = c->default_permissions;
	fs->names_vary = volume_names_vary(v);
	fs->time_gran = volume_time_gran(v);
	err = session_serve(se, fs, c->threads);
	if (err)
		diag_error("%s: cannot serve it any longer: %s", c->mountpoint,
			   diag_cause(err));
	/* Who still has files open on the mount shall not wait for us. */
	fuse_session_destroy(se);
	if (!lkl_panic_message())
		node_table_free(&fs->nodes);
	return err ? DIAG_FILES : DIAG_OK;
}

static enum diag_status run_booted(struct volume *v, struct fuse_session *se,
				   struct fs *fs)
{
	enum diag_status status;

	if (v->config->sandbox && sandbox_enter())
		return DIAG_IMAGE;
	if (v->config->self_test)
		return sandbox_test() ? DIAG_FILES : DIAG_OK;
	if (volume_mount(v))
		return DIAG_IMAGE;
	status = serve(v, se, fs);
	if (volume_unmount(v))
		status = DIAG_FINISH;
	return status;
}

enum diag_status worker_run(const struct config *config, struct image *image,
			    struct fuse_session *se, struct fs *fs, int log,
			    int ready)
{
	enum diag_status status;
	struct volume v;
	int err;

	leave_signals();
	prctl(PR_SET_NAME, "lklfuse");
	log_fd = log;
	log_to_stderr = config->verbose;
	fs->ready = tell_ready;
	fs->ready_arg = (void *)(intptr_t)ready;
	if (config->sandbox && sandbox_prepare())
		return DIAG_IMAGE;
	if (volume_boot(&v, image, config,
			log >= 0 || config->verbose ? print_log : NULL))
		return DIAG_IMAGE;
	status = run_booted(&v, se, fs);
	volume_halt(&v);
	err = image_close(image);
	if (err) {
		diag_error("%s: %s", image->path, diag_cause(err));
		status = DIAG_FINISH;
	}
	return status;
}
