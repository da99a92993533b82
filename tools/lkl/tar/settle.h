/* SPDX-License-Identifier: GPL-2.0 */
/*
 * settle.h - take chance and time out of an ext2, ext3 or ext4 file system
 *
 * Layer:   tools; called through ../cp/repeat.c when a file system was filled and
 *          unmounted.
 *          The private half is shared by settle.c, settle_inode.c and
 *          settle_tree.c.
 * Context: one thread, in the sandbox; the kernel is running and selected.
 *
 * DOC: What differs from one run to the next
 *
 * The kernel stores in each inode when it was made and changed last (ctime and
 * crtime, which nobody can set) and a random generation number, from which
 * checksums of the inode, its extents and its directory blocks start; in the
 * superblock when and how often it was mounted and how much was written; and
 * what the journal held last. All of that gets the same value here, and
 * checksums are made anew. Which blocks and inodes a file gets does not depend on
 * chance as long as one thread writes, without delayed allocation, and the seed
 * of directory hashes is fixed (mke2fs -E hash_seed=).
 *
 * Places and rules are those of Documentation/filesystems/ext4 of the kernel.
 */
#ifndef TAR_SETTLE_H
#define TAR_SETTLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * settle_ext - make all that depends on chance and time the same
 * @fd: of the library's kernel, the unmounted block device, to read and write
 * @epoch: seconds since 1970; no time is later, and those of changes are it
 *
 * Return: 0; -EINVAL: this is no such file system, or not a clean one;
 * -EOPNOTSUPP: it has a feature (meta_bg, an orphan file in use, ...) for which
 * this is not written; another negative errno.
 */
int settle_ext(int fd, int64_t epoch);

/**
 * struct settle - a file system at work
 * @fd: the block device
 * @epoch: see settle_ext()
 * @block: bytes of a block
 * @blocks: of the file system
 * @first: number of the first block of group 0
 * @group_blocks: blocks of a group
 * @group_inodes: inodes of a group
 * @groups: how many
 * @inode_size: bytes
 * @desc_size: bytes of a group descriptor
 * @first_inode: the first that is not reserved
 * @checksums: metadata has checksums
 * @seed: where they start
 */
struct settle {
	int fd;
	int64_t epoch;
	uint32_t block;
	uint64_t blocks;
	uint32_t first;
	uint32_t group_blocks;
	uint32_t group_inodes;
	uint32_t groups;
	uint32_t inode_size;
	uint32_t desc_size;
	uint32_t first_inode;
	bool checksums;
	uint32_t seed;
};

static inline uint32_t get16(const void *p)
{
	const uint8_t *b = p;

	return b[0] | (uint32_t)b[1] << 8;
}

static inline uint32_t get32(const void *p)
{
	const uint8_t *b = p;

	return get16(b) | get16(b + 2) << 16;
}

static inline void put16(void *p, uint32_t value)
{
	uint8_t *b = p;

	b[0] = (uint8_t)value;
	b[1] = (uint8_t)(value >> 8);
}

static inline void put32(void *p, uint32_t value)
{
	put16(p, value);
	put16((uint8_t *)p + 2, value >> 16);
}

/* Read or write bytes of the device; -EIO also at its end. */
int settle_read(const struct settle *s, void *buf, size_t len, uint64_t pos);
int settle_write(const struct settle *s, const void *buf, size_t len,
		 uint64_t pos);

/* CRC-32C, on from @crc. */
uint32_t crc32c(uint32_t crc, const void *data, size_t len);

/* ---- settle_inode.c ---- */

/**
 * inode_settle - an inode
 * @s: the file system
 * @number: of the inode
 * @raw: it; changed in place
 *
 * Return: 0, or a negative errno.
 */
int inode_settle(const struct settle *s, uint32_t number, uint8_t *raw);

/* Where checksums of what belongs to the inode @raw start. */
uint32_t inode_seed(const struct settle *s, uint32_t number,
		    const uint8_t *raw);

/* Set the 34 bit time at @lo, with what is above 32 bits at @extra if not NULL. */
void time_put(uint8_t *lo, uint8_t *extra, int64_t time);

/* ---- settle_tree.c ---- */

/* Called for each block of a file; @logical counts from 0. */
typedef int (*block_fn)(const struct settle *s, uint32_t logical,
			uint64_t physical, void *arg);

/**
 * tree_walk - all blocks of a file
 * @s: the file system
 * @raw: its inode
 * @new_seed: what checksums of its extents begin with from now on
 * @each: called for each block; NULL: only the extents' checksums are of interest
 * @arg: its last argument
 *
 * Return: 0, -EUCLEAN if it is not sound, or what @each returned.
 */
int tree_walk(const struct settle *s, const uint8_t *raw, uint32_t new_seed,
	      block_fn each, void *arg);

/** directory_settle - checksums of a directory's blocks, see tree_walk() */
int directory_settle(const struct settle *s, const uint8_t *raw,
		     uint32_t new_seed);

#endif /* TAR_SETTLE_H */
