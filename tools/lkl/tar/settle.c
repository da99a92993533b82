// SPDX-License-Identifier: GPL-2.0
/*
 * settle.c - take chance and time out of an ext2, ext3 or ext4 file system
 *
 * Layer:   tools; see settle.h.
 * Context: one thread.
 */
#include "settle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <lkl.h>

/* Of the superblock. */
#define SB_POS		1024
#define SB_SIZE		1024
#define S_INODES	0x00
#define S_BLOCKS	0x04
#define S_FIRST_BLOCK	0x14
#define S_LOG_BLOCK	0x18
#define S_GROUP_BLOCKS	0x20
#define S_GROUP_INODES	0x28
#define S_MTIME		0x2c
#define S_WTIME		0x30
#define S_MOUNTS	0x34
#define S_MAGIC		0x38
#define S_STATE		0x3a
#define S_LASTCHECK	0x40
#define S_REVISION	0x4c
#define S_FIRST_INODE	0x54
#define S_INODE_SIZE	0x58
#define S_COMPAT	0x5c
#define S_INCOMPAT	0x60
#define S_RO_COMPAT	0x64
#define S_UUID		0x68
#define S_LAST_MOUNTED	0x88
#define S_JOURNAL	0xe0
#define S_DESC_SIZE	0xfe
#define S_MKFS_TIME	0x108
#define S_BLOCKS_HI	0x150
#define S_WRITTEN	0x178
#define S_BACKUPS	0x24c
#define S_SEED		0x270
#define S_WTIME_HI	0x274
#define S_MTIME_HI	0x275
#define S_MKFS_TIME_HI	0x276
#define S_LASTCHECK_HI	0x277
#define S_CHECKSUM	0x3fc

#define MAGIC		0xef53
#define STATE_CLEAN	1
#define COMPAT_JOURNAL	0x4
#define COMPAT_SPARSE2	0x200
#define INCOMPAT_RECOVER 0x4
#define INCOMPAT_EXTERNAL 0x8	/* it is a journal for others */
#define INCOMPAT_META_BG 0x10
#define INCOMPAT_64BIT	0x80
#define INCOMPAT_SEED	0x2000
#define RO_SPARSE	0x1
#define RO_GDT_CSUM	0x10
#define RO_CHECKSUMS	0x400

/* Of a group descriptor. */
#define G_INODE_TABLE	0x08
#define G_FLAGS		0x12
#define G_UNUSED	0x1c
#define G_TABLE_HI	0x28
#define G_UNUSED_HI	0x32
#define GROUP_NO_INODES	1	/* its table was never used */

/* Of a journal's superblock, big endian. */
#define J_MAGIC		0xc03b3998
#define J_SEQUENCE	0x18
#define J_START		0x1c
#define J_INCOMPAT	0x28
#define J_HEAD		0x58
#define J_CHECKSUM	0xfc
#define J_CSUM		0x18	/* of version 2 or 3 */

int settle_read(const struct settle *s, void *buf, size_t len, uint64_t pos)
{
	long n = lkl_sys_pread64((unsigned int)s->fd, buf, len, (long)pos);

	return n < 0 ? (int)n : n == (long)len ? 0 : -EIO;
}

int settle_write(const struct settle *s, const void *buf, size_t len,
		 uint64_t pos)
{
	long n = lkl_sys_pwrite64((unsigned int)s->fd, buf, len, (long)pos);

	return n < 0 ? (int)n : n == (long)len ? 0 : -EIO;
}

uint32_t crc32c(uint32_t crc, const void *data, size_t len)
{
	static uint32_t table[256];
	const uint8_t *p = data;
	uint32_t i;
	int bit;

	for (i = 0; !table[255] && i < 256; i++) {
		uint32_t c = i;

		for (bit = 0; bit < 8; bit++)
			c = c >> 1 ^ (c & 1 ? 0x82f63b78 : 0);
		table[i] = c;
	}
	while (len--)
		crc = crc >> 8 ^ table[(crc ^ *p++) & 0xff];
	return crc;
}

/* ---- the superblock and its copies ---- */

static int take_sizes(struct settle *s, const uint8_t *sb)
{
	bool wide = get32(sb + S_INCOMPAT) & INCOMPAT_64BIT;

	s->block = 1024U << (get32(sb + S_LOG_BLOCK) & 7);
	s->blocks = get32(sb + S_BLOCKS);
	if (wide)
		s->blocks |= (uint64_t)get32(sb + S_BLOCKS_HI) << 32;
	s->first = get32(sb + S_FIRST_BLOCK);
	s->group_blocks = get32(sb + S_GROUP_BLOCKS);
	s->group_inodes = get32(sb + S_GROUP_INODES);
	s->desc_size = wide ? get16(sb + S_DESC_SIZE) : 32;
	s->inode_size = 128;
	s->first_inode = 11;
	if (get32(sb + S_REVISION)) {
		s->inode_size = get16(sb + S_INODE_SIZE);
		s->first_inode = get32(sb + S_FIRST_INODE);
	}
	if (!s->group_blocks || !s->group_inodes || s->blocks <= s->first ||
	    s->desc_size < 32 || s->desc_size > 1024 || s->inode_size < 128 ||
	    s->inode_size > s->block || s->group_inodes > s->block * 8 ||
	    s->block > 65536)
		return -EUCLEAN;
	s->groups = (uint32_t)((s->blocks - s->first + s->group_blocks - 1) /
			       s->group_blocks);
	return 0;
}

static void take_seed(struct settle *s, const uint8_t *sb)
{
	s->checksums = get32(sb + S_RO_COMPAT) & RO_CHECKSUMS;
	s->seed = get32(sb + S_INCOMPAT) & INCOMPAT_SEED ?
		  get32(sb + S_SEED) : crc32c(~0U, sb + S_UUID, 16);
}

static int open_super(struct settle *s, uint8_t *sb)
{
	int err = settle_read(s, sb, SB_SIZE, SB_POS);
	uint32_t incompat = get32(sb + S_INCOMPAT);

	if (err)
		return err;
	if (get16(sb + S_MAGIC) != MAGIC || get16(sb + S_STATE) != STATE_CLEAN ||
	    (incompat & (INCOMPAT_RECOVER | INCOMPAT_EXTERNAL)))
		return -EINVAL;
	if (incompat & INCOMPAT_META_BG)
		return -EOPNOTSUPP;
	take_seed(s, sb);
	return take_sizes(s, sb);
}

static void super_time(const struct settle *s, uint8_t *sb, size_t lo,
		       size_t hi)
{
	put32(sb + lo, (uint32_t)s->epoch);
	sb[hi] = (uint8_t)(s->epoch >> 32);
}

static void settle_super(const struct settle *s, uint8_t *sb)
{
	super_time(s, sb, S_WTIME, S_WTIME_HI);
	super_time(s, sb, S_MTIME, S_MTIME_HI);
	super_time(s, sb, S_MKFS_TIME, S_MKFS_TIME_HI);
	super_time(s, sb, S_LASTCHECK, S_LASTCHECK_HI);
	put16(sb + S_MOUNTS, 0);
	memset(sb + S_LAST_MOUNTED, 0, 64);
	memset(sb + S_WRITTEN, 0, 8);
	if (s->checksums)
		put32(sb + S_CHECKSUM, crc32c(~0U, sb, S_CHECKSUM));
}

static bool is_power(uint32_t n, uint32_t base)
{
	while (n > 1 && !(n % base))
		n /= base;
	return n == 1;
}

static bool has_copy(const uint8_t *sb, uint32_t group)
{
	if (get32(sb + S_COMPAT) & COMPAT_SPARSE2)
		return group == get32(sb + S_BACKUPS) ||
		       group == get32(sb + S_BACKUPS + 4);
	if (!(get32(sb + S_RO_COMPAT) & RO_SPARSE))
		return true;
	return is_power(group, 3) || is_power(group, 5) || is_power(group, 7);
}

static int settle_copies(const struct settle *s, const uint8_t *sb)
{
	uint8_t copy[SB_SIZE];
	uint32_t group;
	uint64_t pos;
	int err = 0;

	for (group = 1; !err && group < s->groups; group++) {
		if (!has_copy(sb, group))
			continue;
		pos = ((uint64_t)group * s->group_blocks + s->first) * s->block;
		err = settle_read(s, copy, sizeof(copy), pos);
		if (err || get16(copy + S_MAGIC) != MAGIC)
			continue;
		settle_super(s, copy);
		err = settle_write(s, copy, sizeof(copy), pos);
	}
	return err;
}

/* ---- inodes ---- */

/* Inodes of a group that have been used, and where they are. */
static int find_table(const struct settle *s, const uint8_t *sb, uint32_t group,
		      uint64_t *pos, uint32_t *count)
{
	bool sums = get32(sb + S_RO_COMPAT) & (RO_CHECKSUMS | RO_GDT_CSUM);
	uint8_t desc[1024] = { 0 };
	uint32_t unused = 0;
	int err;

	err = settle_read(s, desc, s->desc_size,
			  (uint64_t)(s->first + 1) * s->block +
			  (uint64_t)group * s->desc_size);
	if (err)
		return err;
	*pos = get32(desc + G_INODE_TABLE);
	if (s->desc_size >= 64) {
		*pos |= (uint64_t)get32(desc + G_TABLE_HI) << 32;
		unused = get16(desc + G_UNUSED_HI) << 16;
	}
	*pos *= s->block;
	unused |= get16(desc + G_UNUSED);
	*count = s->group_inodes;
	if (sums && (get16(desc + G_FLAGS) & GROUP_NO_INODES))
		*count = 0;
	else if (sums)
		*count -= unused < *count ? unused : *count;
	return 0;
}

static int settle_group(const struct settle *s, const uint8_t *sb,
			uint32_t group)
{
	uint32_t i, count;
	uint8_t *table;
	uint64_t pos;
	int err = find_table(s, sb, group, &pos, &count);

	if (err || !count)
		return err;
	table = malloc((size_t)count * s->inode_size);
	if (!table)
		return -ENOMEM;
	err = settle_read(s, table, (size_t)count * s->inode_size, pos);
	for (i = 0; !err && i < count; i++)
		err = inode_settle(s, group * s->group_inodes + i + 1,
				   table + (size_t)i * s->inode_size);
	if (!err)
		err = settle_write(s, table, (size_t)count * s->inode_size,
				   pos);
	free(table);
	return err;
}

/* ---- the journal ---- */

static uint32_t get32be(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static void put32be(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)(value >> 24);
	p[1] = (uint8_t)(value >> 16);
	p[2] = (uint8_t)(value >> 8);
	p[3] = (uint8_t)value;
}

static int journal_super(const struct settle *s, uint8_t *block)
{
	if (get32be(block) != J_MAGIC || get32be(block + J_START))
		return -EUCLEAN;
	put32be(block + J_SEQUENCE, 1);
	put32be(block + J_HEAD, 0);
	if (!(get32be(block + J_INCOMPAT) & J_CSUM))
		return 0;
	put32be(block + J_CHECKSUM, 0);
	put32be(block + J_CHECKSUM, crc32c(~0U, block, 1024));
	return 0;
}

/* @arg: room for a block. Nothing is written where nothing was. */
static int journal_block(const struct settle *s, uint32_t logical,
			 uint64_t physical, void *arg)
{
	uint8_t *block = arg;
	uint64_t pos = physical * s->block;
	int err = settle_read(s, block, s->block, pos);

	if (err)
		return err;
	if (logical && !block[0] && !memcmp(block, block + 1, s->block - 1))
		return 0;
	if (logical)
		memset(block, 0, s->block);
	else
		err = journal_super(s, block);
	return err ? err : settle_write(s, block, s->block, pos);
}

static int settle_journal(const struct settle *s, const uint8_t *sb)
{
	uint32_t count, number = get32(sb + S_JOURNAL);
	uint8_t raw[65536], *block;
	uint64_t pos;
	int err;

	if (!(get32(sb + S_COMPAT) & COMPAT_JOURNAL) || !number)
		return 0;
	err = find_table(s, sb, (number - 1) / s->group_inodes, &pos, &count);
	if (err)
		return err;
	pos += (uint64_t)((number - 1) % s->group_inodes) * s->inode_size;
	err = settle_read(s, raw, s->inode_size, pos);
	block = malloc(s->block);
	if (!err && !block)
		err = -ENOMEM;
	if (!err)
		err = tree_walk(s, raw, inode_seed(s, number, raw),
				journal_block, block);
	free(block);
	return err;
}

int settle_ext(int fd, int64_t epoch)
{
	struct settle s = { .fd = fd, .epoch = epoch };
	uint8_t sb[SB_SIZE];
	uint32_t group;
	int err;

	err = open_super(&s, sb);
	for (group = 0; !err && group < s.groups; group++)
		err = settle_group(&s, sb, group);
	if (!err)
		err = settle_journal(&s, sb);
	if (!err)
		err = settle_copies(&s, sb);
	if (err)
		return err;
	settle_super(&s, sb);
	return settle_write(&s, sb, sizeof(sb), SB_POS);
}
