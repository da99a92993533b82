/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hijack_rows.h - for programs that print what calls do, one row a call
 *
 * Layer:   tests/tools, ordinary programs that know nothing of the library.
 * Users:   hijack_calls.c, hijack_unix.c, hijack_paths.c, hijack_files.c,
 *	hijack_resolve.c.
 */
#ifndef HIJACK_ROWS_H
#define HIJACK_ROWS_H

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A row: the call, its result, and its error if it is negative. */
#define say(call) \
do { \
	long ret_; \
\
	errno = 0; \
	ret_ = (long)(call); \
	printf("%s: %ld%s%s\n", #call, ret_, ret_ < 0 ? " " : "", \
	       ret_ < 0 ? strerror(errno) : ""); \
} while (0)

/* A connection over the loopback interface. */
static inline void tcp_pair(int *near, int *far)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(addr);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	if (listener < 0 || bind(listener, (struct sockaddr *)&addr, len) ||
	    listen(listener, 1) ||
	    getsockname(listener, (struct sockaddr *)&addr, &len)) {
		perror("listener");
		exit(1);
	}
	*far = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(*far, (struct sockaddr *)&addr, len))
		exit(1);
	*near = accept(listener, NULL, NULL);
	close(listener);
}

/* Send a descriptor over a unix socket; receive one, -1 if there is none. */
static inline int send_fd(int to, int fd)
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { .head = { CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS } };
	struct iovec iov = { "f", 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
		.msg_controllen = sizeof(control),
	};

	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	return (int)sendmsg(to, &msg, 0);
}

static inline int receive_fd(int from)
{
	char control[CMSG_SPACE(sizeof(int))], byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
		.msg_controllen = sizeof(control),
	};
	int fd = -1;

	if (recvmsg(from, &msg, MSG_CMSG_CLOEXEC) == 1 && CMSG_FIRSTHDR(&msg))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

#endif /* HIJACK_ROWS_H */
