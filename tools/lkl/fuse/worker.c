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

#include "../image/images.h"
#include "../sandbox/sandbox.h"
#include "channel.h"
#include "pressure.h"
#include "server.h"
#include "session.h"
#include "transfer.h"
#include "volume.h"

/*
 * What may stay in memory inside for each MiB there is: descriptors of inodes
 * that nobody is using, which with their inodes take some KiB each; and, as
 * one part of so many, buffers.
 */
#define IDLE_PER_MIB		16
#define BUFFERS_PART		16

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
	channel_send((intptr_t)arg, CHANNEL_READY, -1);
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
			      struct fs *fs, int fuse_fd)
{
	const struct config *c = v->config;
	int err;

	err = node_table_init(&fs->nodes, v->root, volume_has_handles(v),
			      c->memory * IDLE_PER_MIB);
	if (err) {
		diag_error("%s: %s", c->image, diag_cause(err));
		return DIAG_IMAGE;
	}
	pressure_init(c->memory);
	transfer_limit(((size_t)c->memory << 20) / BUFFERS_PART);
	fs->owner = c->owner;
	fs->default_permissions = c->default_permissions;
	fs->write_back = c->write_back;
	fs->names_vary = volume_names_vary(v);
	fs->time_gran = volume_time_gran(v);
	err = session_attach(se, fs, fuse_fd);
	if (!err)
		err = server_run(se, fs, fuse_fd, c->threads);
	if (err)
		diag_error("%s: cannot serve it any longer: %s", c->mountpoint,
			   diag_cause(err));
	/* Who still has files open on the mount shall not wait for us. */
	fuse_session_destroy(se);
	if (!lkl_panic_message())
		node_table_free(&fs->nodes);
	return err ? DIAG_FILES : DIAG_OK;
}

static struct sandbox sandbox_of(const struct config *c)
{
	return (struct sandbox){
		.role = SANDBOX_SERVES,
		.unlock = config_may_unlock(c) && !c->self_test,
	};
}

static int plug(struct volume *v)
{
	int err = volume_plug(v);

	return err || v->config->no_sandbox ? err : sandbox_seal();
}

static enum diag_status run_booted(struct volume *v, struct fuse_session *se,
				   struct fs *fs, int channel)
{
	const struct config *c = v->config;
	const struct sandbox sandbox = sandbox_of(c);
	enum diag_status status;
	int fuse_fd;

	if (!c->no_sandbox && sandbox_enter(&sandbox))
		return DIAG_IMAGE;
	if (plug(v))
		return DIAG_IMAGE;
	if (c->self_test)
		return sandbox_test() ? DIAG_FILES : DIAG_OK;
	if (channel_receive(channel, &fuse_fd) != CHANNEL_MOUNTED)
		return DIAG_IMAGE;
	if (volume_mount(v))
		return DIAG_IMAGE;
	status = serve(v, se, fs, fuse_fd);
	if (volume_unmount(v))
		status = DIAG_FINISH;
	return status;
}

static enum diag_status run_opened(const struct config *c,
				   struct images *images,
				   struct fuse_session *se, struct fs *fs,
				   int channel)
{
	const struct sandbox sandbox = sandbox_of(c);
	enum diag_status status;
	struct volume v;

	if (!c->self_test && channel_send(channel, CHANNEL_OPENED, -1))
		return DIAG_IMAGE;
	if (chdir("/"))
		diag_warning("/: %s", diag_cause(-errno));
	if (!c->no_sandbox && sandbox_prepare(&sandbox))
		return DIAG_IMAGE;
	if (volume_boot(&v, images, c,
			log_fd >= 0 || c->verbose ? print_log : NULL))
		return DIAG_IMAGE;
	status = run_booted(&v, se, fs, channel);
	volume_halt(&v);
	return status;
}

static int open_images(struct config *c, struct images *images)
{
	const char *const *names = (const char *const *)c->names;
	const char *text;
	int err = images_open(images, names, c->count, &c->images);

	/* As mount(8) does; writing has to be insisted on with rw. */
	if ((err == -EACCES || err == -EROFS) && !c->images.read_only &&
	    !c->insist_rw && !c->images.overlay) {
		diag_warning("%s: is write-protected, mounted read-only",
			     c->image);
		c->images.read_only = true;
		err = images_open(images, names, c->count, &c->images);
	}
	while ((text = images_warning(images)))
		diag_warning("%s", text);
	if (err)
		diag_error("%s", images_error(images));
	return err;
}

int worker_run(struct config *config, struct fuse_session *se,
	       struct fs *fs, int log, int channel)
{
	struct images *images = images_new();
	int status;

	leave_signals();
	prctl(PR_SET_NAME, "lklfuse");
	log_fd = log;
	log_to_stderr = config->verbose;
	fs->ready = tell_ready;
	fs->ready_arg = (void *)(intptr_t)channel;
	if (!images) {
		diag_error("%s", diag_cause(-ENOMEM));
		return DIAG_IMAGE;
	}
	if (open_images(config, images))
		return DIAG_IMAGE;
	status = run_opened(config, images, se, fs, channel);
	if (images_close(images)) {
		diag_error("%s", images_error(images));
		status = DIAG_FINISH;
	}
	images_free(images);
	return fs->unmounted ? status | WORKER_UNMOUNTED : status;
}
