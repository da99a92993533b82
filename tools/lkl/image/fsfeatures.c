// SPDX-License-Identifier: GPL-2.0
/*
 * fsfeatures.c - which features a file system uses
 *
 * Layer:   tools/lkl/image, over lkl.h.
 * Context: one thread, in the sandbox.
 *
 * Names are those that each file system's own tools print (e2fsprogs'
 * lib/e2p/feature.c, xfs_info, btrfs inspect-internal dump-super); bits and
 * places are those of the kernel's on-disk headers.
 */
#include "fsfeatures.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

/**
 * struct word - a word of feature bits in a superblock
 * @type: of the file system; several words may be of one
 * @offset: bytes from the start of the volume
 * @big_endian: its byte order
 * @names: by bit, NULL if a bit has none; 32 of them
 */
struct word {
	const char *type;
	uint64_t offset;
	bool big_endian;
	const char *names[32];
};

#define EXT_SUPER	1024
#define BTRFS_SUPER	65536

#define EXT_WORDS(t)							\
	{ t, EXT_SUPER + 92, false, {					\
		[0] = "dir_prealloc", [2] = "has_journal", [3] = "ext_attr", \
		[4] = "resize_inode", [5] = "dir_index", [9] = "sparse_super2", \
		[10] = "fast_commit", [12] = "orphan_file" } },		\
	{ t, EXT_SUPER + 96, false, {					\
		[1] = "filetype", [2] = "needs_recovery",		\
		[3] = "journal_dev", [4] = "meta_bg", [6] = "extent",	\
		[7] = "64bit", [8] = "mmp", [9] = "flex_bg", [10] = "ea_inode", \
		[13] = "metadata_csum_seed", [14] = "large_dir",	\
		[15] = "inline_data", [16] = "encrypt", [17] = "casefold" } }, \
	{ t, EXT_SUPER + 100, false, {					\
		[0] = "sparse_super", [1] = "large_file", [3] = "huge_file", \
		[4] = "uninit_bg", [5] = "dir_nlink", [6] = "extra_isize", \
		[8] = "quota", [9] = "bigalloc", [10] = "metadata_csum", \
		[12] = "read-only", [13] = "project", [15] = "verity",	\
		[16] = "orphan_present" } }

static const struct word words[] = {
	EXT_WORDS("ext2"),
	EXT_WORDS("ext3"),
	EXT_WORDS("ext4"),
	{ "xfs", 212, true, {
		[0] = "finobt", [1] = "rmapbt", [2] = "reflink",
		[3] = "inobtcount" } },
	{ "xfs", 216, true, {
		[0] = "ftype", [1] = "sparse_inodes", [2] = "meta_uuid",
		[3] = "bigtime", [4] = "needs_repair", [5] = "nrext64",
		[6] = "exchange", [7] = "parent" } },
	{ "btrfs", BTRFS_SUPER + 180, false, {
		[0] = "free_space_tree", [1] = "free_space_tree_valid",
		[2] = "verity", [3] = "block_group_tree" } },
	{ "btrfs", BTRFS_SUPER + 188, false, {
		[0] = "mixed_backref", [1] = "default_subvol",
		[2] = "mixed_groups", [3] = "compress_lzo",
		[4] = "compress_zstd", [5] = "big_metadata",
		[6] = "extended_iref", [7] = "raid56",
		[8] = "skinny_metadata", [9] = "no_holes",
		[10] = "metadata_uuid", [11] = "raid1c34", [12] = "zoned",
		[13] = "extent_tree_v2", [14] = "raid_stripe_tree",
		[16] = "simple_quota" } },
};

static void feature_add(struct tree_content *content, const char *name,
			size_t len)
{
	if (!len || content->feature_count == TREE_FEATURES_MAX)
		return;
	snprintf(content->features[content->feature_count++],
		 sizeof(content->features[0]), "%.*s", (int)len, name);
}

static void word_read(const struct volume *volume, const struct word *word,
		      struct tree_content *content)
{
	unsigned char b[4];
	uint32_t bits;
	int i;

	if (volume_read(volume, b, sizeof(b), word->offset))
		return;
	bits = word->big_endian ?
	       (uint32_t)b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3] :
	       (uint32_t)b[3] << 24 | b[2] << 16 | b[1] << 8 | b[0];
	for (i = 0; i < 32; i++)
		if (bits >> i & 1 && word->names[i])
			feature_add(content, word->names[i],
				    strlen(word->names[i]));
}

/* XFS has these words from version 5 on only (version in 100, 101). */
static bool has_words(const struct volume *volume, const char *type)
{
	unsigned char version[2];

	if (strcmp(type, "xfs"))
		return true;
	return !volume_read(volume, version, sizeof(version), 100) &&
	       (version[1] & 15) == 5;
}

void features_stored(const struct volume *volume, struct tree_content *content)
{
	size_t i;

	if (!has_words(volume, content->type))
		return;
	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(words[i].type, content->type))
			word_read(volume, &words[i], content);
}

/* f2fs lists its own in sysfs: "extra_attr, inode_checksum, pin_file". */
void features_mounted(const struct volume *volume, struct tree_content *content)
{
	const char *node = strrchr(volume->path, '/');
	char path[256], text[512], *p = text;
	long fd, len;

	if (strcmp(content->type, "f2fs") || !node)
		return;
	snprintf(path, sizeof(path), "/sysfs/fs/f2fs/%s/features", node + 1);
	fd = lkl_sys_openat(AT_FDCWD, path, O_RDONLY, 0);
	if (fd < 0)
		return;
	len = lkl_sys_read((unsigned int)fd, text, sizeof(text) - 1);
	lkl_sys_close((unsigned int)fd);
	text[len > 0 ? len : 0] = '\0';
	while (*p) {
		size_t n = strcspn(p, " ,\n");

		feature_add(content, p, n);
		p += n + strspn(p + n, " ,\n");
	}
}
