// SPDX-License-Identifier: GPL-2.0
/*
 * raid.c - what a member of a Linux software RAID (md) says of its array
 *
 * Layer:   tools/lkl/image, over lkl.h.
 * Context: one thread, in the sandbox.
 *
 * The superblock of version 1 is at one of three places, told by the minor
 * number; that of version 0.90 is near the end (include/uapi/linux/raid/md_p.h).
 */
#include "raid.h"

#include <errno.h>
#include <stdio.h>

#define MAGIC		0xa92b4efcU
#define SIZE		1024U
#define RESERVED	(64ULL << 10)	/* of version 0.90 */
#define ROLES		256
#define ROLES_MAX	((SIZE - ROLES) / 2)

#define LEVEL_MULTIPATH	(-4)
#define LEVEL_LINEAR	(-1)
#define LEVEL_CONTAINER	(-100)

static uint32_t get16(const unsigned char *p)
{
	return p[0] | (uint32_t)p[1] << 8;
}

static uint32_t get32(const unsigned char *p)
{
	return get16(p) | get16(p + 2) << 16;
}

static bool found(const struct volume *volume, uint64_t offset,
		  unsigned char *sb, uint32_t version)
{
	return offset + SIZE <= volume->size &&
	       !volume_read(volume, sb, SIZE, offset) && get32(sb) == MAGIC &&
	       get32(sb + 4) == version;
}

static void level_name(int32_t level, char *text, size_t size)
{
	if (level == LEVEL_LINEAR)
		snprintf(text, size, "linear");
	else if (level == LEVEL_MULTIPATH)
		snprintf(text, size, "multipath");
	else if (level == LEVEL_CONTAINER)
		snprintf(text, size, "container");
	else
		snprintf(text, size, "raid%d", level);
}

/* Which of the disks this is; spare and faulty ones have numbers beyond. */
static void take_role(const unsigned char *sb, struct raid *raid)
{
	uint32_t number = get32(sb + 160);
	uint32_t role = number < ROLES_MAX ? get16(sb + ROLES + 2 * number) :
					     0xffff;

	raid->disk = role < raid->disks ? (int)role : -1;
}

static void take_version_1(const unsigned char *sb, struct raid *raid)
{
	level_name((int32_t)get32(sb + 72), raid->level, sizeof(raid->level));
	snprintf(raid->name, sizeof(raid->name), "%.32s",
		 (const char *)sb + 32);
	raid->chunk = get32(sb + 88) * SECTOR;
	raid->disks = get32(sb + 92);
	take_role(sb, raid);
}

static void take_version_0(const unsigned char *sb, struct raid *raid)
{
	level_name((int32_t)get32(sb + 4 * 7), raid->level,
		   sizeof(raid->level));
	raid->disks = get32(sb + 4 * 10);
	raid->disk = -1;
}

int raid_examine(const struct volume *volume, struct raid *raid)
{
	const uint64_t end = volume->size & ~(uint64_t)(4096 - 1);
	const uint64_t old = (volume->size & ~(RESERVED - 1)) - RESERVED;
	unsigned char sb[SIZE];

	memset(raid, 0, sizeof(*raid));
	if (found(volume, 4096, sb, 1) || found(volume, 0, sb, 1) ||
	    (end > 8192 && found(volume, end - 8192, sb, 1)))
		take_version_1(sb, raid);
	else if (volume->size > RESERVED && found(volume, old, sb, 0))
		take_version_0(sb, raid);
	else
		return -ENOENT;
	return 0;
}
