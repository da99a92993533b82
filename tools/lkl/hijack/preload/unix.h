/* SPDX-License-Identifier: GPL-2.0 */
/*
 * unix.h - unix sockets of the library
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   sockets.c, io.c and messages.c, for sockets of the library; paths.c.
 * Context: any thread, signal handlers too.
 *
 * What is said of unix sockets here holds for those that the library makes, which
 * it does if the setting "unix" says so.
 */
#ifndef HIJACK_UNIX_H
#define HIJACK_UNIX_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "table.h"

/**
 * struct unix_address - an address as the library is to see it
 * @addr: what to pass on
 * @len: its length
 * @own: where a changed one is kept
 */
struct unix_address {
	const struct sockaddr *addr;
	socklen_t len;
	struct sockaddr_un own;
};

/**
 * unix_address_take - make an address the library's
 * @to: filled
 * @addr: as the program has it; NULL is allowed
 * @len: its length
 *
 * All addresses but relative paths, which start at the host's current directory,
 * stay as they are.
 *
 * Return: 0; -ENAMETOOLONG; why the current directory has no name.
 */
int unix_address_take(struct unix_address *to, const struct sockaddr *addr,
		      socklen_t len);

/**
 * unix_bind - bind() of a socket of the library
 * @lib: the library's descriptor
 * @addr: as unix_address_take() made it
 *
 * A directory that the host has and the library lacks is made.
 *
 * Return: 0 or a negative errno.
 */
long unix_bind(int lib, const struct unix_address *addr);

/**
 * enum unix_name - what a path names where unix sockets are the library's
 * @UNIX_NONE: no unix socket
 * @UNIX_LIBRARY: a socket of the library
 * @UNIX_HOST: one of the host, which the program can neither reach nor means
 */
enum unix_name { UNIX_NONE, UNIX_LIBRARY, UNIX_HOST };

/* Of an absolute path. */
enum unix_name unix_name(const char *path);

/* Messages: unix_rights.c */

/**
 * struct unix_rights - a message with numbers of the library's in its control data
 * @msg: to be sent instead
 * @control: its control data; NULL if nothing had to be changed
 * @uses: of the files it names
 * @count: how many
 */
struct unix_rights {
	struct msghdr msg;
	void *control;
	struct use *uses;
	int count;
};

/**
 * unix_rights_take - let a message name descriptors and processes as the library does
 * @rights: filled
 * @msg: as the program has it
 *
 * Return: 0, followed by unix_rights_done(); -EBADF; -EXDEV if one of the
 * descriptors is the host's; -ENOMEM; -EINVAL if control data is malformed.
 */
int unix_rights_take(struct unix_rights *rights, const struct msghdr *msg);
void unix_rights_done(struct unix_rights *rights);

/**
 * unix_rights_give - a message was received: give its descriptors numbers
 * @msg: changed as recvmsg() of the host would have it
 * @flags: of the call
 */
void unix_rights_give(struct msghdr *msg, int flags);

/* The same for SO_PEERCRED's value. */
void unix_peer_give(void *value, socklen_t len);

/* Could a message have to be changed? Control data is rare. */
static inline bool unix_rights_any(const struct msghdr *msg)
{
	return unlikely(msg && msg->msg_controllen >= sizeof(struct cmsghdr));
}

#endif /* HIJACK_UNIX_H */
