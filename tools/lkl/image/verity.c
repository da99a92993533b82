// SPDX-License-Identifier: GPL-2.0
/*
 * verity.c - dm-verity: a volume that is checked against a root hash
 *
 * Layer:   tools/lkl/image, over lkl.h.
 * Context: one thread, in the sandbox.
 *
 * All but the root hash is in the superblock before the hash tree
 * (Documentation/admin-guide/device-mapper/verity.rst; the superblock is that of
 * veritysetup, lib/verity/verity.c of cryptsetup).
 */
#include "inside.h"

#include <ctype.h>
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct superblock {
	char signature[8];
	uint32_t version;
	uint32_t hash_type;
	unsigned char uuid[16];
	char algorithm[32];
	uint32_t data_block_size;
	uint32_t hash_block_size;
	uint64_t data_blocks;
	uint16_t salt_size;
	unsigned char pad1[6];
	unsigned char salt[256];
	unsigned char pad2[168];
};

_Static_assert(sizeof(struct superblock) == 512, "as on disk");

/**
 * struct place - where the hash tree is
 * @volume: on which device
 * @offset: of the superblock, in bytes
 */
struct place {
	struct volume volume;
	uint64_t offset;
};

static int bad_hashes(struct images *images, const char *hashes)
{
	return fail(images, -EINVAL,
		    "'%s': does not say where the hashes are; part=N, image=N,part=M or offset=BYTES expected",
		    hashes);
}

static int setting_take(char *setting, unsigned long long *image, long long *part,
			unsigned long long *offset)
{
	char *value = strchr(setting, '='), *end;
	unsigned long long number;

	if (!value || !isdigit((unsigned char)value[1]))
		return -EINVAL;
	*value++ = '\0';
	errno = 0;
	number = strtoull(value, &end, 10);
	if (*end || errno)
		return -EINVAL;
	if (!strcmp(setting, "image"))
		*image = number;
	else if (!strcmp(setting, "part") && number <= 256)
		*part = (long long)number;
	else if (!strcmp(setting, "offset"))
		*offset = number;
	else
		return -EINVAL;
	return 0;
}

static int settings_take(const char *hashes, unsigned long long *image,
			 long long *part, unsigned long long *offset)
{
	char *text = strdup(hashes), *rest = text, *setting;
	int err = text ? 0 : -ENOMEM;

	while (!err && (setting = strsep(&rest, ",")))
		err = setting_take(setting, image, part, offset);
	free(text);
	return err;
}

static int place_find(struct images *images, const struct volume *data,
		      unsigned int own, const char *hashes, struct place *place)
{
	unsigned long long image = own, offset = 0;
	long long part = -1;

	if (!hashes)
		return fail(images, -EINVAL,
			    "%s: where the hashes of dm-verity are has to be said",
			    data->name);
	if (settings_take(hashes, &image, &part, &offset) ||
	    image >= images->count)
		return bad_hashes(images, hashes);
	place->offset = offset;
	if (part >= 0 || image != own)
		return volume_of(images, (unsigned int)image,
				 part < 0 ? 0 : (unsigned int)part,
				 &place->volume);
	if (!offset)
		return bad_hashes(images, hashes);
	place->volume = *data;
	return 0;
}

static bool block_size_ok(uint32_t size)
{
	return size >= 512 && size <= 65536 && !(size & (size - 1));
}

/* Numbers in the CPU's byte order, and checked. */
static int superblock_read(struct images *images, const struct place *place,
			   struct superblock *sb)
{
	int err = volume_read(&place->volume, sb, sizeof(*sb), place->offset);

	if (err)
		return fail(images, err, "%s: its hashes cannot be read: %s",
			    place->volume.name, strerror(-err));
	sb->hash_type = le32toh(sb->hash_type);
	sb->data_block_size = le32toh(sb->data_block_size);
	sb->hash_block_size = le32toh(sb->hash_block_size);
	sb->data_blocks = le64toh(sb->data_blocks);
	sb->salt_size = le16toh(sb->salt_size);
	if (memcmp(sb->signature, "verity\0\0", 8) ||
	    le32toh(sb->version) != 1 || sb->hash_type > 1 ||
	    !block_size_ok(sb->data_block_size) ||
	    !block_size_ok(sb->hash_block_size) ||
	    sb->salt_size > sizeof(sb->salt) ||
	    sb->data_blocks > INT64_MAX / sb->data_block_size ||
	    strnlen(sb->algorithm, sizeof(sb->algorithm)) ==
		    sizeof(sb->algorithm) ||
	    sb->algorithm[strcspn(sb->algorithm, " \t\n")])
		return fail(images, -EINVAL,
			    "%s: there is no dm-verity superblock at offset %llu",
			    place->volume.name,
			    (unsigned long long)place->offset);
	return 0;
}

static void salt_text(const struct superblock *sb, char *text, size_t size)
{
	unsigned int i;

	snprintf(text, size, "-");
	for (i = 0; i < sb->salt_size; i++)
		snprintf(text + 2 * i, size - 2 * i, "%02x", sb->salt[i]);
}

static bool is_hexadecimal(const char *text)
{
	const char *p = text;

	while (isxdigit((unsigned char)*p))
		p++;
	return p > text && !*p && (p - text) % 2 == 0 && p - text <= 128;
}

/* The tree begins with the block after the superblock. */
static void params_make(const struct volume *data, const struct place *place,
			const struct superblock *sb, const char *root,
			char *params, size_t size)
{
	char salt[2 * sizeof(sb->salt) + 1];
	uint64_t first = (place->offset + sizeof(*sb) +
			  sb->hash_block_size - 1) / sb->hash_block_size;

	salt_text(sb, salt, sizeof(salt));
	snprintf(params, size, "%u %u:%u %u:%u %u %u %llu %llu %s %s %s",
		 sb->hash_type, volume_major(data), volume_minor(data),
		 volume_major(&place->volume), volume_minor(&place->volume),
		 sb->data_block_size, sb->hash_block_size,
		 (unsigned long long)sb->data_blocks,
		 (unsigned long long)first, sb->algorithm, root, salt);
}

int verity_open(struct images *images, const struct volume *data,
		unsigned int image, const struct images_choice *choice,
		struct volume *volume)
{
	struct dm_target target = { .type = "verity" };
	char name[64], params[1024];
	struct superblock sb;
	struct place place = { .offset = 0 };
	int err;

	if (!is_hexadecimal(choice->verity_root))
		return fail(images, -EINVAL,
			    "'%s': is no root hash in hexadecimal",
			    choice->verity_root);
	err = place_find(images, data, image, choice->verity_hashes, &place);
	if (!err)
		err = superblock_read(images, &place, &sb);
	if (err)
		return err;
	target.sectors = sb.data_blocks * (sb.data_block_size / SECTOR);
	if (!target.sectors || target.sectors > data->size / SECTOR)
		return fail(images, -EINVAL,
			    "%s: is smaller than what dm-verity protects",
			    data->name);
	params_make(data, &place, &sb, choice->verity_root, params,
		    sizeof(params));
	target.params = params;
	snprintf(name, sizeof(name), "verity-%u-%u", volume_major(data),
		 volume_minor(data));
	err = mapping_create(images, name, &target, 1, true);
	if (err)
		return err;
	images->mappings->volume.encrypted = data->encrypted;
	snprintf(images->mappings->volume.name,
		 sizeof(images->mappings->volume.name), "%s", data->name);
	*volume = images->mappings->volume;
	return 0;
}
