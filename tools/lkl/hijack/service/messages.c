// SPDX-License-Identifier: GPL-2.0
/*
 * messages.c - connections between the owner of a kernel and its clients
 *
 * Layer:   tools/lkl/hijack/service.
 * Users:   server.c, client.c.
 * Context: any thread.
 */
#include "service.h"

#include <errno.h>
#include <string.h>

#include "limits.h"
#include "real.h"
#include "table.h"

union fd_message {
	char bytes[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

int message_send(int sock, const void *data, size_t len, int fd)
{
	union fd_message control = { { 0 } };
	struct iovec iov = { (void *)data, len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *cmsg;
	ssize_t sent;

	if (fd >= 0) {
		msg.msg_control = control.bytes;
		msg.msg_controllen = sizeof(control.bytes);
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	}
	do {
		sent = real.sendmsg(sock, &msg, MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

static ssize_t receive(int sock, void *data, size_t len, int *fd, int flags)
{
	union fd_message control;
	struct iovec iov = { data, len };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control.bytes, .msg_controllen = sizeof(control.bytes),
	};
	struct cmsghdr *cmsg;
	ssize_t got = real.recvmsg(sock, &msg, MSG_CMSG_CLOEXEC | flags);

	*fd = -1;
	if (got < 0)
		return -errno;
	cmsg = CMSG_FIRSTHDR(&msg);
	if (cmsg && cmsg->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(cmsg), sizeof(*fd));
	return got;
}

ssize_t message_receive(int sock, void *data, size_t len, int *fd)
{
	return receive(sock, data, len, fd, 0);
}

ssize_t message_look(int sock, void *data, size_t len, int *fd)
{
	return receive(sock, data, len, fd, MSG_DONTWAIT);
}

int connection_keep(int fd)
{
	int kept = real.fcntl(fd, F_DUPFD_CLOEXEC, limits_own_base());
	int err = -errno;

	real.close(fd);
	if (kept < 0)
		return err;
	if (kept >= FD_MAX) {
		real.close(kept);
		return -EMFILE;
	}
	file_publish(kept, &file_internal);
	return kept;
}

void connection_close(int fd)
{
	if (fd < 0)
		return;
	file_withdraw(fd);
	real.close(fd);
}

int connection_make(int ends[2])
{
	if (real.socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -errno;
	ends[0] = connection_keep(ends[0]);
	ends[1] = connection_keep(ends[1]);
	if (ends[0] >= 0 && ends[1] >= 0)
		return 0;
	connection_close(ends[0]);
	connection_close(ends[1]);
	return -EMFILE;
}
