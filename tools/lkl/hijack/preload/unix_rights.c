// SPDX-License-Identifier: GPL-2.0
/*
 * unix_rights.c - descriptors and processes in messages over the library's unix
 * sockets
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   messages.c and sockets.c; see unix.h.
 * Context: any thread.
 *
 * The library's kernel takes and gives its own numbers. A file of the host means
 * nothing to it, so such a message is refused. It knows one process and one user, who
 * is root; both are the program for the program.
 */
#include "unix.h"

#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "fd.h"
#include "kernel.h"
#include "real.h"

/* What a message can carry at most (SCM_MAX_FD). */
#define RIGHTS_MAX	253

static pid_t library_pid(void)
{
	return (pid_t)kernel_call(SYS_getpid, 0, 0, 0, 0, 0, 0);
}

static size_t data_len(const struct cmsghdr *cmsg)
{
	return cmsg->cmsg_len - CMSG_LEN(0);
}

/* Sending */

static void host_descriptor(void)
{
	static bool said;

	if (!__atomic_exchange_n(&said, true, __ATOMIC_RELAXED))
		complain("a descriptor of the host cannot be sent over a unix socket of the library",
			 NULL);
}

static int number_take(struct unix_rights *rights, int *fd)
{
	struct use *use = &rights->uses[rights->count];

	if (!use_begin_any(use, *fd, true)) {
		if (real.fcntl(*fd, F_GETFD) < 0)
			return -EBADF;
		host_descriptor();
		return -EXDEV;
	}
	rights->count++;
	if (use->file->kind == FILE_INTERNAL)
		return -EBADF;
	if (use->file->kind != FILE_LIBRARY) {
		host_descriptor();
		return -EXDEV;
	}
	/* Whoever receives it may clear its O_NONBLOCK, which is ours too. */
	fd_share(use);
	*fd = use->file->lib;
	return 0;
}

static int numbers_take(struct unix_rights *rights, struct cmsghdr *cmsg)
{
	size_t count = data_len(cmsg) / sizeof(int);
	int *fds = (int *)CMSG_DATA(cmsg), err = 0;

	if (count > (size_t)(RIGHTS_MAX - rights->count))
		return -EINVAL;
	if (!rights->uses)
		rights->uses = calloc(RIGHTS_MAX, sizeof(*rights->uses));
	if (!rights->uses)
		return -ENOMEM;
	for (size_t i = 0; i < count && !err; i++)
		err = number_take(rights, &fds[i]);
	return err;
}

/* As the host would: whoever is not root may only say the truth. */
static int credentials_take(struct cmsghdr *cmsg)
{
	struct ucred *said = (struct ucred *)CMSG_DATA(cmsg);
	bool root = !geteuid();

	if (data_len(cmsg) != sizeof(*said))
		return -EINVAL;
	if (!root && (said->pid != getpid() ||
		      (said->uid != getuid() && said->uid != geteuid()) ||
		      (said->gid != getgid() && said->gid != getegid())))
		return -EPERM;
	if (said->pid == getpid())
		said->pid = library_pid();
	return 0;
}

static int part_take(struct unix_rights *rights, struct cmsghdr *cmsg)
{
	if (cmsg->cmsg_level != SOL_SOCKET)
		return 0;
	if (cmsg->cmsg_type == SCM_RIGHTS)
		return numbers_take(rights, cmsg);
	return cmsg->cmsg_type == SCM_CREDENTIALS ? credentials_take(cmsg) : 0;
}

int unix_rights_take(struct unix_rights *rights, const struct msghdr *msg)
{
	struct cmsghdr *cmsg;
	int err = 0;

	rights->msg = *msg;
	rights->uses = NULL;
	rights->count = 0;
	rights->control = malloc(msg->msg_controllen);
	if (!rights->control)
		return -ENOMEM;
	rights->msg.msg_control = memcpy(rights->control, msg->msg_control,
					 msg->msg_controllen);
	for (cmsg = CMSG_FIRSTHDR(&rights->msg); cmsg && !err;
	     cmsg = CMSG_NXTHDR(&rights->msg, cmsg)) {
		/* The library's kernel says what is wrong with it. */
		if (cmsg->cmsg_len < CMSG_LEN(0) ||
		    (char *)cmsg + cmsg->cmsg_len >
		    (char *)rights->control + msg->msg_controllen)
			break;
		err = part_take(rights, cmsg);
	}
	if (err)
		unix_rights_done(rights);
	return err;
}

void unix_rights_done(struct unix_rights *rights)
{
	while (rights->count)
		use_end(&rights->uses[--rights->count]);
	free(rights->uses);
	free(rights->control);
}

/* Receiving */

/* No number for the one after @kept, which is closed: nor for those after it. */
static void numbers_drop(struct msghdr *msg, struct cmsghdr *cmsg, size_t kept,
			 size_t count)
{
	const int *fds = (const int *)CMSG_DATA(cmsg);

	for (size_t i = kept + 1; i < count; i++)
		lib_close(fds[i]);
	cmsg->cmsg_len = CMSG_LEN(kept * sizeof(int));
	msg->msg_flags |= MSG_CTRUNC;
}

static void numbers_give(struct msghdr *msg, struct cmsghdr *cmsg, int flags)
{
	size_t count = data_len(cmsg) / sizeof(int);
	int *fds = (int *)CMSG_DATA(cmsg), fd;

	for (size_t i = 0; i < count; i++) {
		fd = fd_new(fds[i], flags & MSG_CMSG_CLOEXEC, false);
		if (fd < 0) {
			numbers_drop(msg, cmsg, i, count);
			return;
		}
		fds[i] = fd;
	}
}

/* The library's one process is the program; root, unless root itself says so. */
static void credentials_give(struct ucred *peer)
{
	if (peer->pid != library_pid())
		return;
	peer->pid = getpid();
	if (!peer->uid)
		peer->uid = getuid();
	if (!peer->gid)
		peer->gid = getgid();
}

void unix_rights_give(struct msghdr *msg, int flags)
{
	struct cmsghdr *cmsg;

	for (cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_len < CMSG_LEN(0))
			continue;
		if (cmsg->cmsg_type == SCM_RIGHTS)
			numbers_give(msg, cmsg, flags);
		else if (cmsg->cmsg_type == SCM_CREDENTIALS &&
			 data_len(cmsg) >= sizeof(struct ucred))
			credentials_give((struct ucred *)CMSG_DATA(cmsg));
	}
}

void unix_peer_give(void *value, socklen_t len)
{
	if (len >= sizeof(struct ucred))
		credentials_give(value);
}
