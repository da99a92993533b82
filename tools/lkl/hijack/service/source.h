/* SPDX-License-Identifier: GPL-2.0 */
/*
 * source.h - what the owner's control thread waits for
 *
 * Layer:   tools/lkl/hijack/service. Users: server.c, registry.c, listen.c.
 */
#ifndef HIJACK_SOURCE_H
#define HIJACK_SOURCE_H

#include <stdint.h>

/**
 * struct source - the first member of whatever has a descriptor to wait for
 * @event: called by the control thread; may free it
 */
struct source {
	void (*event)(struct source *source);
};

/* Level-triggered; a hang-up is always an event. 0 or a negative errno. */
int source_add(int fd, uint32_t events, struct source *source);
/* Before its descriptor is closed: a child just forked may have it open still. */
void source_remove(int fd);

#endif /* HIJACK_SOURCE_H */
