// SPDX-License-Identifier: GPL-2.0
/*
 * presence.c - are the images still there when they are no longer mounted?
 *
 * Layer:   tools; called by supervisor.c.
 * Context: one thread.
 */
#include "presence.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../cp/diag.h"

void presence_note(struct presence *p, const struct config *config)
{
	unsigned int i;

	p->count = config->count;
	for (i = 0; i < p->count; i++)
		p->fds[i] = open(config->names[i], O_PATH | O_CLOEXEC);
}

static bool was_removed(int fd)
{
	struct stat st;

	return fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) &&
	       !st.st_nlink;
}

int presence_check(struct presence *p, const struct config *config)
{
	bool written = !config->images.read_only && !config->images.overlay;
	unsigned int i;
	int err = 0;

	for (i = 0; i < p->count; i++) {
		if (written && was_removed(p->fds[i])) {
			diag_error("%s: was removed while it was mounted; what was written is lost",
				   config->names[i]);
			err = -ESTALE;
		}
		if (p->fds[i] >= 0)
			close(p->fds[i]);
	}
	p->count = 0;
	return err;
}
