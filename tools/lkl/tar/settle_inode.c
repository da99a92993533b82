// SPDX-License-Identifier: GPL-2.0
/*
 * settle_inode.c - an inode of ext2, ext3 or ext4 without time and chance
 *
 * Layer:   tools; see settle.h.
 * Context: one thread.
 */
#include "settle.h"

#include <string.h>
#include <sys/stat.h>

#define I_MODE		0x00
#define I_ATIME		0x08
#define I_CTIME		0x0c
#define I_MTIME		0x10
#define I_DTIME		0x14
#define I_LINKS		0x1a
#define I_FLAGS		0x20
#define I_VERSION	0x24
#define I_GENERATION	0x64
#define I_CHECKSUM_LO	0x7c
#define I_EXTRA_SIZE	0x80
#define I_CHECKSUM_HI	0x82
#define I_CTIME_EXTRA	0x84
#define I_MTIME_EXTRA	0x88
#define I_ATIME_EXTRA	0x8c
#define I_CRTIME	0x90
#define I_CRTIME_EXTRA	0x94
#define I_VERSION_HI	0x98
#define CLASSIC_SIZE	128

#define FLAG_EA_INODE	0x200000	/* counts its users by times and version */

/* Has the inode the field at @at, of @len bytes? */
static bool has_field(const struct settle *s, const uint8_t *raw, size_t at,
		      size_t len)
{
	return at + len <= s->inode_size &&
	       s->inode_size > CLASSIC_SIZE + 2 &&
	       at + len <= CLASSIC_SIZE + get16(raw + I_EXTRA_SIZE);
}

void time_put(uint8_t *lo, uint8_t *extra, int64_t time)
{
	put32(lo, (uint32_t)time);
	if (extra)
		put32(extra, (uint32_t)((time - (int32_t)time) >> 32) & 3);
}

static int64_t time_get(const uint8_t *lo, const uint8_t *extra)
{
	int64_t time = (int32_t)get32(lo);

	return extra ? time + ((int64_t)(get32(extra) & 3) << 32) : time;
}

/* @always, or only if it is later. What was never set stays so. */
static void settle_time(const struct settle *s, uint8_t *raw, size_t lo,
			size_t extra, bool always)
{
	uint8_t *more = has_field(s, raw, extra, 4) ? raw + extra : NULL;

	if (!get32(raw + lo) && (!more || !get32(more)))
		return;
	if (always || time_get(raw + lo, more) >= s->epoch)
		time_put(raw + lo, more, s->epoch);
}

static void settle_times(const struct settle *s, uint8_t *raw)
{
	settle_time(s, raw, I_ATIME, I_ATIME_EXTRA, false);
	settle_time(s, raw, I_MTIME, I_MTIME_EXTRA, false);
	settle_time(s, raw, I_CTIME, I_CTIME_EXTRA, true);
	if (has_field(s, raw, I_CRTIME, 4))
		settle_time(s, raw, I_CRTIME, I_CRTIME_EXTRA, true);
	put32(raw + I_VERSION, 0);
	if (has_field(s, raw, I_VERSION_HI, 4))
		put32(raw + I_VERSION_HI, 0);
}

uint32_t inode_seed(const struct settle *s, uint32_t number,
		    const uint8_t *raw)
{
	uint8_t le[4];
	uint32_t seed;

	put32(le, number);
	seed = crc32c(s->seed, le, sizeof(le));
	return crc32c(seed, raw + I_GENERATION, 4);
}

static void sum_inode(const struct settle *s, uint32_t number, uint8_t *raw)
{
	bool high = has_field(s, raw, I_CHECKSUM_HI, 2);
	uint32_t crc;

	put16(raw + I_CHECKSUM_LO, 0);
	if (high)
		put16(raw + I_CHECKSUM_HI, 0);
	crc = crc32c(inode_seed(s, number, raw), raw, s->inode_size);
	put16(raw + I_CHECKSUM_LO, crc);
	if (high)
		put16(raw + I_CHECKSUM_HI, crc >> 16);
}

/* What starts with the generation: checksums of blocks that are the file's. */
static int settle_blocks(const struct settle *s, uint32_t number,
			 const uint8_t *raw)
{
	uint32_t mode = get16(raw + I_MODE);
	uint32_t seed = inode_seed(s, number, raw);

	if (!s->checksums)
		return 0;
	if (S_ISDIR(mode))
		return directory_settle(s, raw, seed);
	return S_ISREG(mode) ? tree_walk(s, raw, seed, NULL, NULL) : 0;
}

int inode_settle(const struct settle *s, uint32_t number, uint8_t *raw)
{
	bool reserved = number < s->first_inode && number != 2;
	int err = 0;

	if (!reserved && !get16(raw + I_LINKS)) {
		memset(raw, 0, s->inode_size);
		return 0;
	}
	if (get32(raw + I_FLAGS) & FLAG_EA_INODE)
		return 0;
	settle_times(s, raw);
	if (!reserved && get32(raw + I_GENERATION)) {
		put32(raw + I_GENERATION, 0);
		err = settle_blocks(s, number, raw);
	}
	if (!err && s->checksums && (get16(raw + I_MODE) || get16(raw + I_LINKS) ||
				     get32(raw + I_CTIME)))
		sum_inode(s, number, raw);
	return err;
}
