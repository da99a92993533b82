// SPDX-License-Identifier: GPL-2.0
/*
 * session.c - what is agreed with the host's kernel, and each of its requests
 *
 * Layer:   tools; called by worker.c and server.c, calls libfuse, which calls
 *          the op_*.c files.
 *
 * libfuse as of 3.14 (Debian 12) does not know some of what the protocol has and
 * we want:
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
#include <unistd.h>

#include "extra.h"
#include "transfer.h"

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

void session_request(struct fuse_session *se, struct fs *fs, int fd,
		     void *request, size_t size)
{
	struct fuse_buf buf = { .mem = request, .size = size };
	struct fuse_in_header *head = request;

	note_extra(head, head + 1);
	if (head->opcode == EXTRA_STATX) {
		extra_statx(fs, fd, head);
		return;
	}
	if (head->opcode == EXTRA_TMPFILE)
		head->opcode = FUSE_CREATE;
	fuse_session_process_buf(se, &buf);
}

/* ---- libfuse ---- */

static void want(struct fuse_conn_info *conn, unsigned int caps)
{
	conn->want |= conn->capable & caps;
}

static void op_init(void *userdata, struct fuse_conn_info *conn)
{
	struct fs *fs = userdata;

	if (fs->write_back)
		want(conn, FUSE_CAP_WRITEBACK_CACHE);
	want(conn, FUSE_CAP_ASYNC_READ |
		   FUSE_CAP_ASYNC_DIO |
		   FUSE_CAP_PARALLEL_DIROPS | FUSE_CAP_READDIRPLUS |
		   FUSE_CAP_READDIRPLUS_AUTO | FUSE_CAP_CACHE_SYMLINKS |
		   FUSE_CAP_DONT_MASK | FUSE_CAP_IOCTL_DIR);
	if (fs->default_permissions)
		want(conn, FUSE_CAP_POSIX_ACL);
	/* Nobody changes files behind the host's back. */
	conn->want &= ~(FUSE_CAP_AUTO_INVAL_DATA | FUSE_CAP_HANDLE_KILLPRIV |
			FUSE_CAP_ATOMIC_O_TRUNC |
			FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE |
			FUSE_CAP_SPLICE_MOVE);
	conn->max_write = TRANSFER_MAX;
	conn->max_read = TRANSFER_MAX;
	conn->max_background = 64;
	conn->congestion_threshold = 48;
	conn->time_gran = fs->time_gran;
}

int session_attach(struct fuse_session *se, struct fs *fs, int fd)
{
	fs->session = se;
	return fuse_session_custom_io(se, &own_io, fd);
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
