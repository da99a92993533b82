// SPDX-License-Identifier: GPL-2.0
/*
 * listen.c - where exec'ed programs find the owner of the kernel they came with
 *
 * Layer:   tools/lkl/hijack/service, in the owner.
 * Users:   server.c; the control thread.
 *
 * An abstract unix socket, whose name is passed on in the environment. Processes
 * of other users are turned away.
 */
#include "listen.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/un.h>

#include "real.h"
#include "service.h"
#include "source.h"

/* File-scope state: one name for the kernel of this process and its children. */
static char name[64];
static int listener = -1;

const char *listen_name(void)
{
	return *name ? name : NULL;
}

socklen_t listen_address(const char *text, struct sockaddr_un *address)
{
	size_t len = strlen(text);

	if (len > sizeof(address->sun_path) - 1)
		len = sizeof(address->sun_path) - 1;
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path + 1, text, len);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + len);
}

static bool is_ours(int fd)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (real.getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len))
		return false;
	return cred.uid == geteuid() || !cred.uid;
}

static void incoming(struct source *source)
{
	int fd = real.accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	(void)source;
	if (fd >= 0 && !is_ours(fd)) {
		real.close(fd);
		return;
	}
	if (fd >= 0)
		server_join(connection_keep(fd));
}

static struct source source = { .event = incoming };

int listen_start(void)
{
	struct sockaddr_un address;
	unsigned long random = 0;
	socklen_t len;
	int fd;

	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return -EIO;
	snprintf(name, sizeof(name), "lkl-hijack-%d-%lx", (int)getpid(), random);
	len = listen_address(name, &address);
	fd = real.socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	listener = fd < 0 ? -errno : connection_keep(fd);
	if (listener < 0)
		return listener;
	if (real.bind(listener, (struct sockaddr *)&address, len) ||
	    real.listen(listener, SOMAXCONN))
		return -errno;
	return source_add(listener, EPOLLIN, &source);
}

void listen_forget(void)
{
	connection_close(listener);
	listener = -1;
}

void listen_inherit(const char *text)
{
	snprintf(name, sizeof(name), "%s", text);
}
