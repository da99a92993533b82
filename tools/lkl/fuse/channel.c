// SPDX-License-Identifier: GPL-2.0
/*
 * channel.c - what supervisor and worker tell each other
 *
 * Layer:   tools; called by supervisor.c and worker.c.
 * Context: one thread at each end.
 */
#include "channel.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* Room for a descriptor beside a message; see cmsg(3). */
union control {
	char room[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

int channel_open(int ends[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) ?
	       -errno : 0;
}

int channel_send(int end, char what, int fd)
{
	struct iovec iov = { &what, 1 };
	union control control = { 0 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c = &control.align;
	ssize_t n;

	if (fd >= 0) {
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	do {
		n = sendmsg(end, &msg, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

char channel_receive(int end, int *fd)
{
	char what = 0;
	struct iovec iov = { &what, 1 };
	union control control;
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *c;
	ssize_t n;

	*fd = -1;
	do {
		n = recvmsg(end, &msg, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n <= 0)
		return 0;
	c = CMSG_FIRSTHDR(&msg);
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(c), sizeof(*fd));
	return what;
}
