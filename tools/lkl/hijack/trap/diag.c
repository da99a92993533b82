// SPDX-License-Identifier: GPL-2.0
/*
 * diag.c - does a unix socket of the host still exist?
 *
 * Layer:   tools/lkl/hijack/trap; called by sock.c.
 * Context: the thread of serve.c.
 *
 * When both directions of a pair are shut down, the host's poll cannot tell
 * whether the other end was closed as well. sock_diag(7) can, by inode number;
 * so can /proc/net/unix, slower, where there is no sock_diag.
 */
#include "inside.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct diag_request {
	struct nlmsghdr header;
	struct unix_diag_req body;
};

void diag_open(struct trap *trap)
{
	trap->diag = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
}

/* Return: 1, 0, or -1 if the host cannot say. */
static int ask(struct trap *trap, ino_t ino)
{
	struct diag_request req = {
		.header = { .nlmsg_len = sizeof(req),
			    .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			    .nlmsg_flags = NLM_F_REQUEST },
		.body = { .sdiag_family = AF_UNIX, .udiag_states = ~0U,
			  .udiag_ino = (__u32)ino,
			  .udiag_cookie = { ~0U, ~0U } },
	};
	union {
		struct nlmsghdr header;
		char bytes[4096];
	} answer;
	struct nlmsgerr *error = NLMSG_DATA(&answer.header);

	if (trap->diag < 0 || send(trap->diag, &req, sizeof(req), 0) < 0)
		return -1;
	if (recv(trap->diag, &answer, sizeof(answer), 0) <
	    (ssize_t)sizeof(answer.header))
		return -1;
	if (answer.header.nlmsg_type != NLMSG_ERROR)
		return 1;
	return error->error == -ENOENT ? 0 : -1;
}

/* The inode number is the seventh word of a line. */
static bool listed(ino_t ino)
{
	FILE *f = fopen("/proc/net/unix", "re");
	bool found = false;
	unsigned long n;
	char line[512];

	if (!f)
		return false;
	while (!found && fgets(line, sizeof(line), f))
		found = sscanf(line, "%*s %*s %*s %*s %*s %*s %lu", &n) == 1 &&
			n == ino;
	fclose(f);
	return found;
}

bool diag_exists(struct trap *trap, ino_t ino)
{
	int known = ask(trap, ino);

	return known < 0 ? listed(ino) : known;
}
