// SPDX-License-Identifier: GPL-2.0
/*
 * session.c - requests from the host's kernel, served by several threads
 *
 * Layer:   tools; called by worker.c, calls libfuse, which calls the op_*.c
 *          files.
 *
 * The loop is our own rather than libfuse's, which as of 3.14 (Debian 12)
 * does not know some of what the protocol has and we want:
 *
 * - FUSE_HANDLE_KILLPRIV_V2: without it, the host asks for the attribute
 *   security.capability before each write. Its flag goes into the answer to
 *   FUSE_INIT on the way out, and the flags that come with requests are taken
 *   from them before libfuse drops them (struct request_extra).
 * - FUSE_TMPFILE: the same request as FUSE_CREATE under another number.
 * - FUSE_STATX: answered by extra.c.
 */
#include "session.h"

#include <errno.h>
#include <linux/fuse.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../cp/diag.h"
#include "creds.h"
#include "extra.h"
#include "transfer.h"

/* Bytes of a FUSE_WRITE request before its data. */
#define WRITE_HEAD	(sizeof(struct fuse_in_header) + \
			 sizeof(struct fuse_write_in))

/* libfuse refuses to read into less than this, and so does the kernel. */
#define REQUEST_HEAD	0x1000

/**
 * struct server - the threads
 * @se: libfuse's
 * @fs: what is served
 * @fd: of /dev/fuse
 * @count: how many there are
 * @threads: they
 * @ended: counts those that have ended, and signals
 * @stopping: they are to end
 * @err: why the first of them has ended
 */
struct server {
	struct fuse_session *se;
	struct fs *fs;
	int fd;
	unsigned int count;
	pthread_t *threads;
	sem_t ended;
	volatile sig_atomic_t stopping;
	int err;
};

/* One process serves one mount; a signal handler has to find it. */
static struct server *server;

/* ---- what libfuse does not know ---- */

/* The request that starts it all; written by the thread that gets it. */
static uint64_t init_unique;
static uint32_t init_flags;

static ssize_t send_answer(int fd, struct iovec *iov, int count, void *userdata)
{
	const struct fuse_out_header *head = iov[0].iov_base;
	struct fuse_init_out *init;

	if (head->unique == init_unique && count > 1 && !head->error &&
	    init_flags & FUSE_HANDLE_KILLPRIV_V2) {
		init = iov[1].iov_base;
		init->flags |= FUSE_HANDLE_KILLPRIV_V2;
		init_unique = 0;
	}
	return writev(fd, iov, count);
}

static ssize_t receive_request(int fd, void *buf, size_t size, void *userdata)
{
	return read(fd, buf, size);
}

static const struct fuse_custom_io own_io = {
	.writev = send_answer,
	.read = receive_request,
};

static void note_extra(const struct fuse_in_header *head, const void *args)
{
	const struct fuse_setattr_in *setattr = args;
	const struct fuse_create_in *create = args;
	const struct fuse_write_in *write = args;
	const struct fuse_open_in *open = args;
	const struct fuse_init_in *init = args;
	bool kill = false;

	switch (head->opcode) {
	case FUSE_SETATTR:
		kill = setattr->valid & FATTR_KILL_SUIDGID;
		break;
	case FUSE_WRITE:
		kill = write->write_flags & FUSE_WRITE_KILL_SUIDGID;
		break;
	case FUSE_OPEN:
		kill = open->open_flags & FUSE_OPEN_KILL_SUIDGID;
		break;
	case FUSE_CREATE:
	case EXTRA_TMPFILE:
		kill = create->open_flags & FUSE_OPEN_KILL_SUIDGID;
		break;
	case FUSE_INIT:
		init_unique = head->unique;
		init_flags = init->flags;
		break;
	}
	request_extra.kill_privileged = kill;
	request_extra.tmpfile = head->opcode == EXTRA_TMPFILE;
}

static void serve_request(struct server *s, void *request, size_t size)
{
	struct fuse_buf buf = { .mem = request, .size = size };
	struct fuse_in_header *head = request;

	note_extra(head, head + 1);
	if (head->opcode == EXTRA_STATX) {
		extra_statx(s->fs, s->fd, head);
		return;
	}
	if (head->opcode == EXTRA_TMPFILE)
		head->opcode = FUSE_CREATE;
	fuse_session_process_buf(s->se, &buf);
}

/* ---- threads ---- */

/* Returns 0 to go on. */
static int serve_one(struct server *s)
{
	size_t size;
	void *request = transfer_request(WRITE_HEAD, &size);
	ssize_t len = read(s->fd, request, size);

	if (len < 0) {
		switch (errno) {
		case EINTR:
		case EAGAIN:
		case ENOENT:	/* it was interrupted before we got it */
			return 0;
		default:
			return -errno;
		}
	}
	if ((size_t)len < sizeof(struct fuse_in_header))
		return -EIO;
	serve_request(s, request, len);
	return 0;
}

static int serve_until_end(struct server *s)
{
	int err = creds_thread_init();

	if (!err)
		err = transfer_thread_init();
	if (err)
		return err;
	while (!err && !s->stopping && !fuse_session_exited(s->se))
		err = serve_one(s);
	transfer_thread_exit();
	return err == -ENODEV ? 0 : err;
}

static void *serve_thread(void *arg)
{
	struct server *s = arg;
	int err = serve_until_end(s);

	if (err)
		s->err = err;
	sem_post(&s->ended);
	return NULL;
}

static void on_stop(int signo)
{
	if (server && !server->stopping)
		session_stop();
}

void session_stop(void)
{
	server->stopping = 1;
	sem_post(&server->ended);
}

static void a_moment_later(struct timespec *t)
{
	clock_gettime(CLOCK_REALTIME, t);
	t->tv_nsec += 10 * 1000 * 1000;
	t->tv_sec += t->tv_nsec / 1000000000;
	t->tv_nsec %= 1000000000;
}

/*
 * Once the file system is unmounted, all threads end by themselves. Those that
 * are to stop before may be waiting for a request, or be just about to, so
 * they are signalled until they have noticed.
 */
static void wait_for_threads(struct server *s)
{
	unsigned int left = s->count, i;
	struct timespec soon;

	while (left && !s->stopping) {
		if (!sem_wait(&s->ended))
			left--;
	}
	for (i = 0; i < s->count; i++) {
		for (a_moment_later(&soon);
		     pthread_timedjoin_np(s->threads[i], NULL, &soon);
		     a_moment_later(&soon))
			pthread_kill(s->threads[i], SIGUSR1);
	}
}

static int start_threads(struct server *s, unsigned int count)
{
	int err = 0;

	s->threads = calloc(count, sizeof(*s->threads));
	if (!s->threads)
		return -ENOMEM;
	while (!err && s->count < count) {
		err = -pthread_create(&s->threads[s->count], NULL, serve_thread,
				      s);
		if (!err)
			s->count++;
	}
	/* With fewer than wanted it works as well. */
	return s->count > 1 ? 0 : err;
}

int session_serve(struct fuse_session *se, struct fs *fs, int fd,
		  unsigned int threads)
{
	struct sigaction action = { .sa_handler = on_stop };
	struct server s = { .se = se, .fs = fs, .fd = fd };
	int err;

	err = fuse_session_custom_io(se, &own_io, fd);
	if (err)
		return err;
	fs->session = se;
	sem_init(&s.ended, 0, 0);
	server = &s;
	sigaction(SIGUSR1, &action, NULL);
	err = start_threads(&s, threads);
	if (err)
		s.stopping = 1;
	wait_for_threads(&s);
	server = NULL;
	free(s.threads);
	sem_destroy(&s.ended);
	return err ? err : s.err;
}

/* ---- libfuse ---- */

static void want(struct fuse_conn_info *conn, unsigned int caps)
{
	conn->want |= conn->capable & caps;
}

static void op_init(void *userdata, struct fuse_conn_info *conn)
{
	struct fs *fs = userdata;

	want(conn, FUSE_CAP_WRITEBACK_CACHE | FUSE_CAP_ASYNC_READ |
		   FUSE_CAP_ASYNC_DIO | FUSE_CAP_ATOMIC_O_TRUNC |
		   FUSE_CAP_PARALLEL_DIROPS | FUSE_CAP_READDIRPLUS |
		   FUSE_CAP_READDIRPLUS_AUTO | FUSE_CAP_CACHE_SYMLINKS |
		   FUSE_CAP_DONT_MASK | FUSE_CAP_IOCTL_DIR);
	if (fs->default_permissions)
		want(conn, FUSE_CAP_POSIX_ACL);
	/* Nobody changes files behind the host's back. */
	conn->want &= ~(FUSE_CAP_AUTO_INVAL_DATA | FUSE_CAP_HANDLE_KILLPRIV |
			FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE |
			FUSE_CAP_SPLICE_MOVE);
	conn->max_write = TRANSFER_MAX;
	conn->max_read = TRANSFER_MAX;
	conn->max_background = 64;
	conn->congestion_threshold = 48;
	conn->time_gran = fs->time_gran;
	if (fs->ready)
		fs->ready(fs->ready_arg);
}

struct fuse_session *session_new(struct fuse_args *args, struct fs *fs)
{
	/* libfuse copies it. */
	struct fuse_lowlevel_ops ops = { .init = op_init };

	op_inode_register(&ops);
	op_name_register(&ops);
	op_file_register(&ops);
	op_dir_register(&ops);
	op_xattr_register(&ops);
	return fuse_session_new(args, &ops, sizeof(ops), fs);
}
