// SPDX-License-Identifier: GPL-2.0
/*
 * remote.c - connections to NBD servers
 *
 * Layer:   tools/lkl/image, on the host, before the sandbox.
 * Context: one thread.
 */
#include "internal.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "drivers/virtio/nbd_api.h"

/* A server that says nothing for so long is taken for gone. */
#define TIMEOUT_MS	60000

bool remote_is(const char *name)
{
	static const char *const schemes[] = {
		"nbd://", "nbds://", "nbd+unix://", "nbds+unix://",
		"nbd+vsock://", "nbds+vsock://",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(schemes); i++)
		if (!strncmp(name, schemes[i], strlen(schemes[i])))
			return true;
	return false;
}

static int handle_create(struct source *source)
{
	struct images *images = source->images;
	int err;

	err = nbd_api_load(&images->nbd);
	if (err)
		return fail(images, err, "%s: needs libnbd, which is not installed (libnbd0)",
			    source->name);
	source->nbd = images->nbd->create();
	if (!source->nbd)
		return fail(images, -ENOMEM, "%s: %s", source->name,
			    images->nbd->get_error());
	return 0;
}

/* libnbd begins its messages with the name of the function. */
static int nbd_fail(struct source *source, const char *what)
{
	const struct nbd_api *api = source->images->nbd;
	const char *text = api->get_error();
	const char *colon = text ? strstr(text, ": ") : NULL;
	int err = api->get_errno();

	return fail(source->images, err ? -err : -EIO, "%s: %s: %s",
		    source->name, what,
		    colon ? colon + 2 : text ? text : "unknown error");
}

/* Fails on a socket that is not of TCP, where it is not needed. */
static void timeout_set(int fd)
{
	const int on = 1, idle = 15, interval = 15, count = 3;
	const unsigned int timeout = TIMEOUT_MS;

	if (setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout,
		       sizeof(timeout)))
		return;
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
}

static int size_take(struct source *source)
{
	int64_t size = source->images->nbd->get_size(source->nbd);

	if (size < 0)
		return nbd_fail(source, "cannot find its size");
	if (!size)
		return fail(source->images, -EINVAL, "%s: is empty",
			    source->name);
	source->size = (uint64_t)size;
	if (!source->read_only &&
	    source->images->nbd->is_read_only(source->nbd) == 1)
		source->read_only = true;
	return 0;
}

int remote_open(struct source *source)
{
	const struct nbd_api *api;
	int err;

	err = handle_create(source);
	if (err)
		return err;
	api = source->images->nbd;
	/* Whoever wrote the URI may name files of keys and certificates. */
	api->set_uri_allow_local_file(source->nbd, true);
	if (api->connect_uri(source->nbd, source->name))
		return nbd_fail(source, "cannot connect");
	timeout_set(api->aio_get_fd(source->nbd));
	return size_take(source);
}

int remote_attach(struct source *source, int fd)
{
	int err;

	err = handle_create(source);
	if (err) {
		close(fd);
		return err;
	}
	/* The descriptor is libnbd's from here on, also if this fails. */
	if (source->images->nbd->connect_socket(source->nbd, fd))
		return nbd_fail(source, "cannot open");
	return size_take(source);
}

int remote_close(struct source *source)
{
	const struct nbd_api *api = source->images->nbd;
	int err = 0;

	if (!source->nbd)
		return 0;
	if (api->aio_is_dead(source->nbd))
		err = fail(source->images, -EIO,
			   "%s: the connection to the server was lost",
			   source->name);
	else
		api->shutdown(source->nbd, 0);
	api->close(source->nbd);
	source->nbd = NULL;
	return source->read_only ? 0 : err;
}
