/* SPDX-License-Identifier: GPL-2.0 */
/*
 * owner.h - owners as the image has them and as the mount shows them
 *
 * Layer:   tools; filled in from the command line, used by the requests.
 */
#ifndef FUSE_OWNER_H
#define FUSE_OWNER_H

#include <stdbool.h>
#include <stdint.h>

#define OWNER_RANGES	16

/**
 * struct owner_range - a run of ids that correspond
 * @inside: the first, in the image
 * @outside: the first, on the mount
 * @count: how many
 */
struct owner_range {
	uint32_t inside;
	uint32_t outside;
	uint32_t count;
};

/**
 * struct owner_ids - the map of user ids, or of group ids
 * @show_as: every id is shown as this one, OWNER_NONE for none such
 * @store_as: what is stored instead of an id from outside if @show_as is set
 * @ranges: the map, otherwise; no ranges: ids are shown as they are stored
 * @count: of @ranges
 */
struct owner_ids {
	uint32_t show_as;
	uint32_t store_as;
	struct owner_range ranges[OWNER_RANGES];
	unsigned int count;
};

/** struct owner_map - both maps */
struct owner_map {
	struct owner_ids users;
	struct owner_ids groups;
};

#define OWNER_NONE	UINT32_MAX	/* chown(2): leave it as it is */
#define OWNER_OVERFLOW	65534		/* shown for what no range covers */

/** owner_map_init - show ids as they are stored */
void owner_map_init(struct owner_map *map);

/**
 * owner_ids_parse - read a map "inside:outside:count", several joined by "+"
 * @ids: result
 * @text: from the command line
 *
 * Return: 0, or -EINVAL.
 */
int owner_ids_parse(struct owner_ids *ids, const char *text);

/**
 * owner_show - an id of the image as the mount shows it
 * @ids: the map
 * @id: as stored
 */
uint32_t owner_show(const struct owner_ids *ids, uint32_t id);

/**
 * owner_store - an id of the host as the image is to have it
 * @ids: the map
 * @id: of the host; OWNER_NONE stays what it is
 * @stored: result
 *
 * Return: 0, or -EOVERFLOW if the map has no room for it.
 */
int owner_store(const struct owner_ids *ids, uint32_t id, uint32_t *stored);

#endif /* FUSE_OWNER_H */
