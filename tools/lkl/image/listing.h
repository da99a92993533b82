/* SPDX-License-Identifier: GPL-2.0 */
/*
 * listing.h - all that is in images, as a tree
 *
 * Layer:   tools/lkl/image, over images.h.
 * Users:   lklinfo.
 * Context: one thread; images plugged, the kernel running and selected.
 */
#ifndef LKL_IMAGES_LISTING_H
#define LKL_IMAGES_LISTING_H

#include "images.h"

#define TREE_FEATURES_MAX	48

/**
 * struct tree_space - how full a file system is
 * @known: it was mounted to see
 * @size: bytes it has for files
 * @used: bytes taken
 * @available: bytes that can still be taken
 * @files: files it has; 0 if it does not count them
 * @files_max: files it has room for; 0 if there is no such limit
 * @block_size: bytes
 */
struct tree_space {
	bool known;
	uint64_t size;
	uint64_t used;
	uint64_t available;
	uint64_t files;
	uint64_t files_max;
	uint32_t block_size;
};

/**
 * struct tree_luks - what the header of a LUKS container says
 * @version: 1 or 2; 0: this is no container
 * @cipher: e.g. "aes-xts-plain64"
 * @key_bits: size of the volume key
 * @sector_size: of the encryption
 * @slots: key slots in use
 * @pbkdf: how the first of them derives its key
 * @open: the content is known
 */
struct tree_luks {
	unsigned int version;
	char cipher[64];
	unsigned int key_bits;
	unsigned int sector_size;
	unsigned int slots;
	char pbkdf[32];
	bool open;
};

/**
 * struct tree_raid - what a member of an md array says of it
 * @level: "raid0", "raid1", ..., "linear"; "": this is no member
 * @name: of the array; may be empty
 * @disks: how many it has
 * @disk: which of them this is, from 0; -1: a spare, or not known
 * @chunk: bytes; 0: none, or not known
 */
struct tree_raid {
	char level[16];
	char name[40];
	uint32_t disks;
	int disk;
	uint32_t chunk;
};

/**
 * struct tree_content - what is on a block device
 * @usage: "filesystem", "crypto", "raid", "other"; "": nothing known
 * @type: as libblkid names it
 * @version: of the format
 * @label: of the file system
 * @uuid: of the file system or container
 * @features: names, of which @feature_count
 * @feature_count: see @features
 * @needs_recovery: it was not unmounted cleanly
 * @space: how full it is
 * @luks: if it is encrypted
 * @raid: if it is a member of an array
 * @inner: what is in the container, if that could be opened
 * @problem: what kept us from knowing more; "" if nothing
 */
struct tree_content {
	char usage[16];
	char type[32];
	char version[32];
	char label[256];
	char uuid[64];
	char features[TREE_FEATURES_MAX][24];
	unsigned int feature_count;
	bool needs_recovery;
	struct tree_space space;
	struct tree_luks luks;
	struct tree_raid raid;
	struct tree_content *inner;
	char problem[256];
};

/**
 * struct tree_partition - a partition
 * @number: as the kernel has it
 * @start: in bytes
 * @size: in bytes
 * @type: from the table: a number or a UUID; "" if it says nothing
 * @name: from the table
 * @uuid: from the table
 * @content: what is on it
 */
struct tree_partition {
	unsigned int number;
	uint64_t start;
	uint64_t size;
	char type[64];
	char name[128];
	char uuid[64];
	struct tree_content content;
};

/**
 * struct tree_image - an image
 * @name: as the user gave it
 * @format: "raw", "qcow2", ..., or "nbd"
 * @size: bytes of the disk
 * @sector_size: bytes
 * @table: kind of the partition table; "" if there is none
 * @table_uuid: its identifier
 * @count: how many @partitions
 * @partitions: from malloc()
 * @content: what is on the whole disk
 */
struct tree_image {
	const char *name;
	const char *format;
	uint64_t size;
	unsigned int sector_size;
	char table[64];
	char table_uuid[64];
	unsigned int count;
	struct tree_partition *partitions;
	struct tree_content content;
};

/**
 * struct tree_volume - a logical volume
 * @group: its volume group
 * @name: its name
 * @uuid: its UUID
 * @kind: "linear", "striped", ...
 * @size: bytes
 * @missing: not all disks it is on are there
 * @content: what is on it, if it could be mapped
 */
struct tree_volume {
	char group[128];
	char name[128];
	char uuid[64];
	char kind[32];
	uint64_t size;
	bool missing;
	struct tree_content content;
};

/**
 * struct tree - all images
 * @image_count: how many @images
 * @images: in the order given
 * @volume_count: how many @volumes
 * @volumes: of all groups
 */
struct tree {
	unsigned int image_count;
	struct tree_image *images;
	unsigned int volume_count;
	struct tree_volume *volumes;
};

/**
 * tree_read - look at everything
 * @images: opened read-only
 * @usage: mount file systems, to know how full they are
 * @tree: filled in; for tree_free(), also if this fails
 *
 * Containers are opened if there is a passphrase.
 *
 * Return: 0, or negative errno with images_error(): an image cannot be read at
 * all, or the passphrase is wrong.
 */
int tree_read(struct images *images, bool usage, struct tree *tree);

/** tree_free - free what tree_read() allocated */
void tree_free(struct tree *tree);

#endif /* LKL_IMAGES_LISTING_H */
