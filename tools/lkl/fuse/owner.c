// SPDX-License-Identifier: GPL-2.0
/*
 * owner.c - owners as the image has them and as the mount shows them
 *
 * Layer:   tools; called by config.c and by the requests.
 * Context: any thread; maps do not change once they are made.
 */
#include "owner.h"

#include <errno.h>
#include <stdlib.h>

void owner_map_init(struct owner_map *map)
{
	*map = (struct owner_map){
		.users.show_as = OWNER_NONE,
		.groups.show_as = OWNER_NONE,
	};
}

static int parse_id(const char **text, char end, uint32_t *id)
{
	unsigned long long n;
	char *rest;

	if (**text < '0' || **text > '9')
		return -EINVAL;
	errno = 0;
	n = strtoull(*text, &rest, 10);
	if (errno || n > UINT32_MAX || (*rest != end && (end != '+' || *rest)))
		return -EINVAL;
	*text = rest + (*rest != '\0');
	*id = n;
	return 0;
}

static int parse_range(const char **text, struct owner_range *range)
{
	if (parse_id(text, ':', &range->inside) ||
	    parse_id(text, ':', &range->outside) ||
	    parse_id(text, '+', &range->count) || !range->count)
		return -EINVAL;
	/* The highest number is no id but means "none". */
	if (range->count > UINT32_MAX - range->inside ||
	    range->count > UINT32_MAX - range->outside)
		return -EINVAL;
	return 0;
}

int owner_ids_parse(struct owner_ids *ids, const char *text)
{
	if (!*text)
		return -EINVAL;
	ids->count = 0;
	while (*text) {
		if (ids->count == OWNER_RANGES ||
		    parse_range(&text, &ids->ranges[ids->count]))
			return -EINVAL;
		ids->count++;
	}
	return 0;
}

uint32_t owner_show(const struct owner_ids *ids, uint32_t id)
{
	unsigned int i;

	if (ids->show_as != OWNER_NONE)
		return ids->show_as;
	if (!ids->count)
		return id;
	for (i = 0; i < ids->count; i++) {
		const struct owner_range *r = &ids->ranges[i];

		if (id - r->inside < r->count)
			return r->outside + (id - r->inside);
	}
	return OWNER_OVERFLOW;
}

int owner_store(const struct owner_ids *ids, uint32_t id, uint32_t *stored)
{
	unsigned int i;

	*stored = id;
	if (id == OWNER_NONE)
		return 0;
	if (ids->show_as != OWNER_NONE) {
		*stored = ids->store_as;
		return 0;
	}
	if (!ids->count)
		return 0;
	for (i = 0; i < ids->count; i++) {
		const struct owner_range *r = &ids->ranges[i];

		if (id - r->outside < r->count) {
			*stored = r->inside + (id - r->outside);
			return 0;
		}
	}
	return -EOVERFLOW;
}
