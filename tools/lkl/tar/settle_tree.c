// SPDX-License-Identifier: GPL-2.0
/*
 * settle_tree.c - the blocks of a file of ext2, ext3 or ext4
 *
 * Layer:   tools; see settle.h.
 * Context: one thread.
 */
#include "settle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Of an inode. */
#define I_FLAGS		0x20
#define I_BLOCK		0x28
#define FLAG_INDEX	0x1000
#define FLAG_EXTENTS	0x80000
#define FLAG_INLINE	0x10000000

/* Of a block of extents: a header, then entries of the same size. */
#define EXTENT_MAGIC	0xf30a
#define EXTENT_SIZE	12
#define EXTENT_DEPTH	5
#define UNWRITTEN	32768

#define DIRECT		12
#define DEPTH_ROOT	3	/* of indirect blocks */

/* A block that nothing but @s must contain. */
static bool is_block(const struct settle *s, uint64_t number)
{
	return number >= s->first && number < s->blocks;
}

static int read_block(const struct settle *s, uint64_t number, uint8_t *buf)
{
	if (!is_block(s, number))
		return -EUCLEAN;
	return settle_read(s, buf, s->block, number * s->block);
}

static int write_block(const struct settle *s, uint64_t number,
		       const uint8_t *buf)
{
	return settle_write(s, buf, s->block, number * s->block);
}

/**
 * struct walk - a walk over the blocks of a file
 * @s: the file system
 * @seed: of checksums
 * @each: see tree_walk()
 * @arg: see tree_walk()
 * @left: blocks that may still come: a file that has more than there are goes in
 *	circles
 */
struct walk {
	const struct settle *s;
	uint32_t seed;
	block_fn each;
	void *arg;
	uint64_t left;
};

static int walk_block(struct walk *w, uint32_t logical, uint64_t number)
{
	if (!is_block(w->s, number) || !w->left)
		return -EUCLEAN;
	w->left--;
	return w->each ? w->each(w->s, logical, number, w->arg) : 0;
}

static int walk_node(struct walk *w, uint64_t number, uint8_t *node)
{
	if (!w->left)
		return -EUCLEAN;
	w->left--;
	return read_block(w->s, number, node);
}

/* ---- extents ---- */

static int walk_extents(struct walk *w, const uint8_t *node, size_t room,
			int depth);

static int walk_leaf(struct walk *w, const uint8_t *entry)
{
	uint32_t logical = get32(entry), i, len = get16(entry + 4);
	uint64_t start = (uint64_t)get16(entry + 6) << 32 | get32(entry + 8);
	int err = 0;

	if (len > UNWRITTEN)
		len -= UNWRITTEN;
	for (i = 0; w->each && !err && i < len; i++)
		err = walk_block(w, logical + i, start + i);
	return err;
}

/* The checksum lies behind the last entry there is room for. */
static int sum_extents(struct walk *w, uint64_t number, uint8_t *node)
{
	size_t tail = EXTENT_SIZE * (1 + get16(node + 4));

	if (!w->s->checksums)
		return 0;
	if (tail + 4 > w->s->block)
		return -EUCLEAN;
	put32(node + tail, crc32c(w->seed, node, tail));
	return write_block(w->s, number, node);
}

static int walk_index(struct walk *w, const uint8_t *entry, int depth)
{
	uint64_t number = (uint64_t)get16(entry + 8) << 32 | get32(entry + 4);
	uint8_t *node = malloc(w->s->block);
	int err = node ? walk_node(w, number, node) : -ENOMEM;

	if (!err)
		err = walk_extents(w, node, w->s->block, depth);
	if (!err)
		err = sum_extents(w, number, node);
	free(node);
	return err;
}

static int walk_extents(struct walk *w, const uint8_t *node, size_t room,
			int depth)
{
	uint32_t i, count = get16(node + 2);
	int err = 0;

	if (get16(node) != EXTENT_MAGIC || get16(node + 6) != (uint32_t)depth ||
	    EXTENT_SIZE * (1 + count) > room)
		return -EUCLEAN;
	for (i = 1; !err && i <= count; i++) {
		const uint8_t *entry = node + EXTENT_SIZE * i;

		err = depth ? walk_index(w, entry, depth - 1) :
			      walk_leaf(w, entry);
	}
	return err;
}

/* ---- indirect blocks ---- */

static int walk_indirect(struct walk *w, uint64_t number, int depth,
			 uint32_t *logical)
{
	uint32_t i, count = w->s->block / 4;
	uint64_t under = 1;
	uint8_t *node;
	int err;

	for (i = 0; (int)i < depth; i++)
		under *= count;
	if (!number) {
		*logical += (uint32_t)under;
		return 0;
	}
	if (!depth)
		return walk_block(w, (*logical)++, number);
	node = malloc(w->s->block);
	err = node ? walk_node(w, number, node) : -ENOMEM;
	for (i = 0; !err && i < count; i++)
		err = walk_indirect(w, get32(node + 4 * i), depth - 1, logical);
	free(node);
	return err;
}

static int walk_classic(struct walk *w, const uint8_t *i_block)
{
	uint32_t logical = 0;
	int i, err = 0;

	if (!w->each)
		return 0;
	for (i = 0; !err && i < DIRECT + DEPTH_ROOT; i++)
		err = walk_indirect(w, get32(i_block + 4 * i),
				    i < DIRECT ? 0 : i - DIRECT + 1, &logical);
	return err;
}

int tree_walk(const struct settle *s, const uint8_t *raw, uint32_t new_seed,
	      block_fn each, void *arg)
{
	struct walk w = {
		.s = s, .seed = new_seed, .each = each, .arg = arg,
		.left = s->blocks,
	};
	uint32_t flags = get32(raw + I_FLAGS);
	int depth;

	if (flags & FLAG_INLINE)
		return 0;
	if (!(flags & FLAG_EXTENTS))
		return walk_classic(&w, raw + I_BLOCK);
	depth = (int)get16(raw + I_BLOCK + 6);
	if (depth > EXTENT_DEPTH)
		return -EUCLEAN;
	return walk_extents(&w, raw + I_BLOCK, 60, depth);
}

/* ---- directories ---- */

/**
 * struct directory - a directory at work
 * @seed: of checksums
 * @indexed: its first block is the root of an index
 * @block: room for one
 */
struct directory {
	uint32_t seed;
	bool indexed;
	uint8_t *block;
};

#define TAIL_SIZE	12	/* looks like an entry without a name */
#define TAIL_TYPE	0xde

static int sum_leaf(const struct settle *s, struct directory *d)
{
	uint8_t *tail = d->block + s->block - TAIL_SIZE;

	if (get32(tail) || get16(tail + 4) != TAIL_SIZE || tail[6] ||
	    tail[7] != TAIL_TYPE)
		return -EUCLEAN;
	put32(tail + 8, crc32c(d->seed, d->block, s->block - TAIL_SIZE));
	return 0;
}

/* Where an index has its two counters: entries there is room for, and in use. */
static int sum_index(const struct settle *s, struct directory *d, size_t start)
{
	static const uint8_t none[4];
	uint32_t limit = get16(d->block + start);
	uint32_t count = get16(d->block + start + 2);
	size_t tail = start + 8 * limit;
	uint32_t crc;

	if (count > limit || tail + 8 > s->block)
		return -EUCLEAN;
	crc = crc32c(d->seed, d->block, start + 8 * count);
	crc = crc32c(crc, d->block + tail, 4);
	put32(d->block + tail + 4, crc32c(crc, none, 4));
	return 0;
}

static int directory_block(const struct settle *s, uint32_t logical,
			   uint64_t physical, void *arg)
{
	struct directory *d = arg;
	int err = read_block(s, physical, d->block);

	if (err)
		return err;
	if (d->indexed && !logical)
		err = sum_index(s, d, 32);
	else if (d->indexed && !get32(d->block) &&
		 get16(d->block + 4) == (s->block & 0xffff))
		err = sum_index(s, d, 8);
	else
		err = sum_leaf(s, d);
	return err ? err : write_block(s, physical, d->block);
}

int directory_settle(const struct settle *s, const uint8_t *raw,
		     uint32_t new_seed)
{
	struct directory d = {
		.seed = new_seed,
		.indexed = get32(raw + I_FLAGS) & FLAG_INDEX,
		.block = malloc(s->block),
	};
	int err;

	if (!d.block)
		return -ENOMEM;
	err = tree_walk(s, raw, new_seed, directory_block, &d);
	free(d.block);
	return err;
}
