// SPDX-License-Identifier: GPL-2.0
/*
 * refused.c - functions of libc that would mean the host without saying so, interposed
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   the program.
 * Context: any thread.
 *
 * What libc does on sockets that it makes itself would be done on the host's network;
 * what it does with a descriptor of the library, on its place. Few programs use these
 * functions; who does is told.
 */
#include <aio.h>
#include <netdb.h>
#include <netinet/in.h>
#include <spawn.h>
#include <stdio.h>

#include "paths.h"
#include "real.h"
#include "table.h"

static long refuse(const char *function)
{
	complain("a function that would use the host's network is refused", function);
	errno = ENOSYS;
	return -1;
}

/* The r-commands */

HIJACK int rcmd_af(char **host, in_port_t port, const char *user, const char *remote,
		   const char *command, int *errors, sa_family_t family)
{
	(void)host, (void)port, (void)user, (void)remote, (void)command, (void)errors;
	(void)family;
	return (int)refuse("rcmd");
}

HIJACK int rcmd(char **host, in_port_t port, const char *user, const char *remote,
		const char *command, int *errors)
{
	return rcmd_af(host, port, user, remote, command, errors, AF_INET);
}

HIJACK int rexec_af(char **host, int port, const char *user, const char *password,
		    const char *command, int *errors, sa_family_t family)
{
	(void)host, (void)port, (void)user, (void)password, (void)command, (void)errors;
	(void)family;
	return (int)refuse("rexec");
}

HIJACK int rexec(char **host, int port, const char *user, const char *password,
		 const char *command, int *errors)
{
	return rexec_af(host, port, user, password, command, errors, AF_INET);
}

HIJACK int ruserok_af(const char *host, int root, const char *remote, const char *local,
		      sa_family_t family)
{
	(void)host, (void)root, (void)remote, (void)local, (void)family;
	return (int)refuse("ruserok");
}

HIJACK int ruserok(const char *host, int root, const char *remote, const char *local)
{
	return ruserok_af(host, root, remote, local, AF_INET);
}

/* A socket with a port that only root may have: this can be done. */

static int port_bind(int fd, struct sockaddr_storage *addr, int port)
{
	bool v6 = addr->ss_family == AF_INET6;

	if (v6)
		((struct sockaddr_in6 *)addr)->sin6_port = htons((uint16_t)port);
	else
		((struct sockaddr_in *)addr)->sin_port = htons((uint16_t)port);
	return bind(fd, (struct sockaddr *)addr, v6 ? sizeof(struct sockaddr_in6) :
		    sizeof(struct sockaddr_in));
}

HIJACK int rresvport_af(int *port, sa_family_t family)
{
	struct sockaddr_storage addr = { .ss_family = family };
	int fd, from = *port;

	if (family != AF_INET && family != AF_INET6) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	fd = socket(family, SOCK_STREAM, 0);
	if (fd < 0)
		return -1;
	if (from < IPPORT_RESERVED / 2 || from >= IPPORT_RESERVED)
		from = IPPORT_RESERVED - 1;
	for (*port = from; *port >= IPPORT_RESERVED / 2; --*port) {
		if (!port_bind(fd, &addr, *port))
			return fd;
		if (errno != EADDRINUSE)
			break;
	}
	close(fd);
	errno = errno == EADDRINUSE ? EAGAIN : errno;
	return -1;
}

HIJACK int rresvport(int *port)
{
	return rresvport_af(port, AF_INET);
}

/* Asynchronous input and output of descriptors of the library */

static bool is_library(const struct aiocb *request)
{
	return request && file_peek(request->aio_fildes);
}

static int refuse_aio(void)
{
	errno = EOPNOTSUPP;
	return -1;
}

HIJACK int aio_read(struct aiocb *request)
{
	return is_library(request) ? refuse_aio() : real.aio_read(request);
}

HIJACK int aio_write(struct aiocb *request)
{
	return is_library(request) ? refuse_aio() : real.aio_write(request);
}

HIJACK int aio_fsync(int operation, struct aiocb *request)
{
	return is_library(request) ? refuse_aio() : real.aio_fsync(operation, request);
}

HIJACK int lio_listio(int mode, struct aiocb *const list[], int count,
		      struct sigevent *event)
{
	for (int i = 0; i < count; i++)
		if (is_library(list[i]))
			return refuse_aio();
	return real.lio_listio(mode, list, count, event);
}

HIJACK int aio_read64(struct aiocb64 *request)
{
	return aio_read((struct aiocb *)request);
}

HIJACK int aio_write64(struct aiocb64 *request)
{
	return aio_write((struct aiocb *)request);
}

HIJACK int aio_fsync64(int operation, struct aiocb64 *request)
{
	return aio_fsync(operation, (struct aiocb *)request);
}

HIJACK int lio_listio64(int mode, struct aiocb64 *const list[], int count,
			struct sigevent *event)
{
	return lio_listio(mode, (struct aiocb *const *)list, count, event);
}

/* What a child opens before exec, it opens by libc's own means. */

static bool path_is_library(const char *path)
{
	struct where *where = path_begin(AT_FDCWD, path);
	bool ours = where && !where->host;

	if (where)
		path_end(where);
	return ours;
}

HIJACK int posix_spawn_file_actions_addopen(posix_spawn_file_actions_t *actions, int fd,
					    const char *path, int flags, mode_t mode)
{
	return path_is_library(path) ? EOPNOTSUPP :
	       real.posix_spawn_file_actions_addopen(actions, fd, path, flags, mode);
}

HIJACK int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions,
						const char *path)
{
	return path_is_library(path) ? EOPNOTSUPP :
	       real.posix_spawn_file_actions_addchdir_np(actions, path);
}

HIJACK int posix_spawn_file_actions_addfchdir_np(posix_spawn_file_actions_t *actions,
						 int fd)
{
	return file_peek(fd) ? EOPNOTSUPP :
	       real.posix_spawn_file_actions_addfchdir_np(actions, fd);
}
